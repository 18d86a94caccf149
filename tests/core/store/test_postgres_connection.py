"""What goes along with the next statement on PostgreSQL, and that nobody can tell but by the round trips."""

from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from uuid import UUID

import asyncpg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kirotodo.core.store.postgres.connection import MANY, Connection, literal, table_of

INSERT = "INSERT INTO seen (id, word) VALUES ($1::INTEGER, $2::VARCHAR)"


class Counted(Connection):
    """Counts the messages that are sent, but for those that prepare a statement."""

    sent = 0

    async def execute(self, *arguments: object, **options: object) -> object:
        self.sent += 1
        return await super().execute(*arguments, **options)

    async def _send(self, *arguments: object) -> object:  # type: ignore[override]
        self.sent += 1
        return await super()._send(*arguments)  # type: ignore[arg-type]


@pytest.fixture
async def connection(bare_postgres_url: str) -> AsyncIterator[Counted]:
    connection: Counted = await asyncpg.connect(bare_postgres_url, connection_class=Counted)
    await connection.execute(
        "CREATE TABLE seen (id int PRIMARY KEY, word varchar);"
        "CREATE TABLE parts (seen_id int REFERENCES seen (id), n int);"
        "CREATE TABLE counts (id int PRIMARY KEY, n int); INSERT INTO counts VALUES (1, 0)"
    )
    connection.sent = 0
    yield connection
    await connection.close()


async def run(connection: Connection, query: str, *parameters: object) -> list[object]:
    """As SQLAlchemy runs a statement."""
    statement = await connection.prepare(query)
    return [tuple(row) for row in await statement.fetch(*parameters)]


@pytest.mark.parametrize(
    ("query", "table"),
    [
        (INSERT, "seen"),
        (
            "INSERT INTO words (word) SELECT each.word FROM json_array_elements_text(CAST($1 AS json)) AS each(word)",
            "words",
        ),
        (f"{INSERT} RETURNING id", None),
        (f"{INSERT} ON CONFLICT DO NOTHING", None),
        ("INSERT INTO seen (id) SELECT max(id) FROM seen", None),
        ("INSERT INTO seen (id) VALUES ((SELECT max(n) FROM counts))", None),
        ("UPDATE seen SET word = $1", None),
        ("DELETE FROM seen", None),
        ("SELECT 1", None),
    ],
)
def test_only_an_insert_that_reads_and_returns_nothing_waits(query: str, table: str | None) -> None:
    assert table_of(query) == table


async def test_what_waits_goes_along_with_a_statement_on_another_table(connection: Counted) -> None:
    await connection.begin("BEGIN")
    await run(connection, INSERT, 1, "a")
    await run(connection, "INSERT INTO parts (seen_id, n) VALUES ($1::INTEGER, $2::INTEGER)", 1, 7)
    rows = await run(connection, "UPDATE counts SET n = n + $1::INTEGER WHERE id = $2::INTEGER RETURNING n", 5, 1)
    await connection.commit()
    assert rows == [(5,)]
    assert connection.sent == 3  # begin, all three statements, commit
    assert await run(connection, "SELECT word, n FROM seen JOIN parts ON seen_id = id") == [("a", 7)]


async def test_a_statement_on_the_same_table_sees_what_waited(connection: Counted) -> None:
    await connection.begin("BEGIN")
    await run(connection, INSERT, 1, "a")
    await run(connection, "UPDATE seen SET word = word || $1::VARCHAR", "b")
    await run(connection, INSERT, 2, "c")
    assert await run(connection, "SELECT word FROM seen ORDER BY id") == [("ab",), ("c",)]
    await connection.rollback()
    assert await run(connection, "SELECT word FROM seen") == []


@pytest.mark.parametrize("rows", [1, MANY, MANY + 1])
async def test_few_rows_wait_and_many_are_sent(connection: Counted, rows: int) -> None:
    await connection.begin("BEGIN")
    await connection.executemany(INSERT, [(number, "x") for number in range(rows)])
    await connection.commit()
    assert await run(connection, "SELECT count(*) FROM seen") == [(rows,)]


async def test_a_row_that_cannot_be_inserted_is_told_of_by_the_commit(connection: Counted) -> None:
    await connection.begin("BEGIN")
    await run(connection, INSERT, 1, "a")
    await run(connection, INSERT, 1, "again")
    with pytest.raises(asyncpg.UniqueViolationError):
        await connection.commit()
    await connection.rollback()
    assert await run(connection, "SELECT word FROM seen") == []


VALUES = [
    None,
    True,
    -7,
    "it's \\' ; DROP TABLE seen; -- é 🎉 $1 \n",
    b"\x00'\xff",
    datetime(2026, 11, 23, 9, 30, 1, 2, tzinfo=UTC),
    date(2026, 11, 23),
    time(9, 30),
]
TYPES = ["VARCHAR", "BOOLEAN", "INTEGER", "VARCHAR", "BYTEA", "TIMESTAMPTZ", "DATE", "TIME"]


async def test_what_is_left_goes_along_with_the_commit_whatever_it_holds(connection: Counted) -> None:
    columns = ", ".join(f"c{place} {kind}" for place, kind in enumerate(TYPES))
    given = ", ".join(f"${place}::{kind}" for place, kind in enumerate(TYPES, 1))
    await connection.execute(f"CREATE TABLE kinds ({columns})")
    connection.sent = 0
    await connection.begin("BEGIN")
    await run(connection, f"INSERT INTO kinds VALUES ({given})", *VALUES)
    await run(connection, INSERT, 1, "a")
    await connection.commit()
    assert connection.sent == 2  # begin, all the rest
    assert await run(connection, "SELECT * FROM kinds") == [tuple(VALUES)]
    assert await run(connection, "SELECT word FROM seen") == [("a",)]


@pytest.mark.parametrize("odd", [1.5, Decimal(2), "a\0b", "half \ud83d", UUID(int=7), timedelta(1)])
def test_a_value_of_a_kind_that_is_not_known_is_no_literal(odd: object) -> None:
    assert literal(odd) is None


async def test_where_backslashes_mean_something_nothing_is_written_as_a_literal(connection: Counted) -> None:
    await connection.execute("SET standard_conforming_strings = off")
    connection.sent = 0
    await connection.begin("BEGIN")
    await run(connection, INSERT, 1, "\\'")
    await connection.commit()
    assert connection.sent == 3
    assert await run(connection, "SELECT word FROM seen") == [("\\'",)]


@given(st.text(alphabet=st.characters(exclude_characters="\0", exclude_categories=["Cs"])))
def test_a_text_ends_only_at_our_quotation_mark(text: str) -> None:
    written = literal(text)
    assert written is not None
    assert written[0] == written[-1] == "'"
    assert written[1:-1].replace("''", "") == text.replace("'", "")


async def test_without_a_transaction_nothing_waits(connection: Counted) -> None:
    await run(connection, INSERT, 1, "a")
    assert await run(connection, "SELECT word FROM seen") == [("a",)]


async def test_what_a_transaction_left_waiting_is_not_in_the_next(connection: Counted) -> None:
    await connection.begin("BEGIN")
    await run(connection, INSERT, 1, "a")
    await connection.rollback()
    await connection.begin("BEGIN")
    await run(connection, INSERT, 2, "b")
    await connection.commit()
    assert await run(connection, "SELECT id FROM seen") == [(2,)]


async def test_rows_of_one_table_go_along_as_one_insert(connection: Counted) -> None:
    await connection.begin("BEGIN")
    for number in range(3):
        await connection.ask(INSERT, (number, f"word {number}"))
    await connection.ask("INSERT INTO parts (seen_id, n) VALUES ($1::INTEGER, $2::INTEGER)", (2, 7))
    connection.sent = 0
    [row] = await connection.ask("UPDATE counts SET n = n + $1::INTEGER RETURNING n", (5,))
    await connection.commit()

    assert (row["n"], connection.sent) == (5, 2), "one statement, and the COMMIT"
    [joined] = [query for query in connection._joined if "parts" in query]
    assert joined.count("INSERT") == 2
    assert [tuple(each) for each in await connection.fetch("SELECT id, word FROM seen ORDER BY id")] == [
        (number, f"word {number}") for number in range(3)
    ]
    assert await connection.fetchval("SELECT n FROM parts") == 7
