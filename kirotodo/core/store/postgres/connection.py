"""A connection to PostgreSQL that spares itself round trips.

What costs here is the way to the server and back, not the statement. So a transaction begins with one message, which
also says whose it is; and an INSERT that returns nothing waits for the next statement, or for the commit, and goes
along with it, as one statement (`WITH w1 AS (INSERT …) UPDATE …`). A row that could not be inserted is therefore told
of by a later statement, or by the commit, as on SQLite.

What is left at the end goes along with the COMMIT. A message of several statements takes no parameters: they stand in
it as literals, of prepared statements, so that nothing is planned anew.
"""

import re
from collections import OrderedDict
from collections.abc import Sequence
from datetime import date, time
from functools import lru_cache
from typing import Any, Final

import asyncpg

MANY: Final = 4
"""Rows of one INSERT that wait; more are sent at once, as a batch."""
PREPARED_MAX: Final = 300
"""Statements that stay prepared on a connection."""
_Waiting = tuple[str, Sequence[Any]]
"""A statement and its parameters."""
# It must read no table: those that are joined with it all see the tables as they were before.
_CAN_WAIT: Final = re.compile(
    r"INSERT INTO (\w+) (?!.*(?:\bRETURNING\b|\bON CONFLICT\b|\bFROM (?!json_array_)))", re.DOTALL
)
_JOINS: Final = ("INSERT ", "UPDATE ", "SELECT ")
_COUNTED: Final = frozenset({"tasks", "task_tags"})
"""What triggers count."""
_SURROGATE: Final = re.compile("[\ud800-\udfff]")
_PARAMETER: Final = re.compile(r"\$(\d+)")


class Connection(asyncpg.Connection):  # type: ignore[misc]
    """What SQLAlchemy's dialect sees of asyncpg, with what waits to go along with the next statement.

    `begin`, `commit` and `rollback` are called by the engine; the transactions that the dialect begins are these.
    """

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.keeps_prepared = True
        self._waiting: list[_Waiting] = []
        self._open = False
        self._joined: OrderedDict[str, Any] = OrderedDict()

    async def begin(self, script: str) -> None:
        """Begin a transaction with these statements, in one message. Where that fails, roll back all the same.

        Whoever is cancelled while the message is on its way cannot know whether the transaction has begun: what the
        driver knows of it is from before. To roll back where none has begun does no harm.
        """
        self._waiting = []
        self._open = True
        await self.execute(script)

    async def commit(self) -> None:
        """Send what waits, and commit. Without a transaction, nothing."""
        if self._open:
            last = await self._last_words()
            if last is None:
                await self._flush()
            await self.execute("COMMIT" if last is None else f"{last};COMMIT")
            self._open = False

    async def rollback(self) -> None:
        """Forget what waits, and roll back. Without a transaction, nothing."""
        self._waiting = []
        if self._open:
            self._open = False
            await self.execute("ROLLBACK")

    # --- what SQLAlchemy calls ---

    def transaction(self, **_: Any) -> "_Transaction":
        return _Transaction(self)

    async def prepare(self, query: str, *, name: str | None = None, **options: Any) -> Any:
        if self._open and table_of(query) is not None:
            return _Deferred(self, query)
        return _Statement(self, query, await super().prepare(query, name=name, **options))

    async def executemany(self, command: str, args: Any, **options: Any) -> None:
        rows = list(args)
        if self._open and len(rows) <= MANY and table_of(command) is not None:
            self._waiting += [(command, row) for row in rows]
            return
        await self._flush()
        await super().executemany(command, rows, **options)

    async def ask(self, query: str, parameters: Sequence[Any]) -> list[Any]:
        """Run a statement with what waits and return its rows; or let it wait itself, where it can."""
        if self._open and table_of(query) is not None:
            self.wait(query, parameters)
            return []
        rows, _ = await self.run(query, parameters)
        return rows

    # --- what waits ---

    def wait(self, query: str, parameters: Sequence[Any]) -> None:
        """Let this go along with a later statement."""
        self._waiting.append((query, parameters))

    async def run(self, query: str, parameters: Sequence[Any], plain: Any = None) -> tuple[list[Any], str]:
        """Run a statement with what waits; its rows and its status. `plain` is the statement, where it is prepared."""
        waiting, self._waiting = self._waiting, []
        if waiting and not _can_join(query, [each for each, _ in waiting]):
            await self._send(waiting)
            waiting = []
        if plain is not None and not waiting:
            return await plain.fetch(*parameters), plain.get_statusmsg()
        return await self._send([*waiting, (query, parameters)])

    async def _last_words(self) -> str | None:
        """Return what waits as a statement without parameters; None where nothing does, or it cannot be one."""
        if not self._waiting or not self.keeps_prepared:
            return None
        query, values = _joined(self._waiting)
        texts = [literal(value) for value in values]
        if None in texts or self.get_settings().standard_conforming_strings != "on":
            return None
        prepared = await self._prepared(query)
        self._waiting = []
        return f"EXECUTE {prepared.get_name()}({', '.join(filter(None, texts))})"

    async def _flush(self) -> None:
        if self._waiting:
            waiting, self._waiting = self._waiting, []
            await self._send(waiting)

    async def _send(self, statements: Sequence[_Waiting]) -> tuple[list[Any], str]:
        """Run these as one statement, the last of which it is that returns something."""
        joined, values = _joined(statements)
        try:
            prepared = await self._prepared(joined)
            return await prepared.fetch(*values), prepared.get_statusmsg()
        except asyncpg.InvalidCachedStatementError:  # the tables changed: it is prepared anew the next time
            self._joined.clear()
            raise

    async def _prepared(self, query: str) -> Any:
        if not self.keeps_prepared:
            return await super().prepare(query, name="")
        prepared = self._joined.get(query)
        if prepared is None:
            prepared = self._joined[query] = await super().prepare(query)
            if len(self._joined) > PREPARED_MAX:
                self._joined.popitem(last=False)
        self._joined.move_to_end(query)
        return prepared


class _Transaction:
    """The transaction that the engine has begun, as SQLAlchemy ends it."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def start(self) -> None:
        pass

    async def commit(self) -> None:
        await self._connection.commit()

    async def rollback(self) -> None:
        await self._connection.rollback()


class _Deferred:
    """A prepared INSERT that waits when it is run."""

    def __init__(self, connection: Connection, query: str) -> None:
        self._connection = connection
        self._query = query

    def get_attributes(self) -> tuple[()]:
        return ()

    async def fetch(self, *parameters: Any) -> list[Any]:
        self._connection.wait(self._query, parameters)
        return []

    def get_statusmsg(self) -> str:
        return "INSERT 0 1"


class _Statement:
    """A prepared statement that takes along what waits."""

    def __init__(self, connection: Connection, query: str, plain: Any) -> None:
        self.query = query
        self.plain = plain
        self._connection = connection
        self._status = ""

    def get_attributes(self) -> Any:
        return self.plain.get_attributes()

    async def fetch(self, *parameters: Any) -> list[Any]:
        rows, self._status = await self._connection.run(self.query, parameters, self.plain)
        return rows

    def get_statusmsg(self) -> str:
        return self._status


def _joined(statements: Sequence[_Waiting]) -> tuple[str, list[Any]]:
    """Return these as one statement, the last of which it is that returns something."""
    *first, (query, parameters) = _gathered(statements)
    # The parameters of the last one keep their numbers, so that its text stays as it is.
    values, parts = list(parameters), []
    for number, (inserted, row) in enumerate(first, 1):
        parts.append(f"w{number} AS ({_renumbered(inserted, len(values))})")
        values += row
    return (f"WITH {', '.join(parts)} {query}" if parts else query), values


def _gathered(statements: Sequence[_Waiting]) -> list[_Waiting]:
    """Return these with the rows that go into one table by the same INSERT as one statement: what costs is to begin
    one. The last stays as it is where it returns something, which no INSERT that waits does."""
    rows: dict[str, list[Sequence[Any]]] = {}
    for query, row in statements:
        rows.setdefault(query, []).append(row)
    return [part for query, some in rows.items() for part in _with_rows(query, some)]


def _with_rows(query: str, rows: Sequence[Sequence[Any]]) -> list[_Waiting]:
    head, values, row = query.rpartition(" VALUES ")
    if len(rows) == 1 or not values or table_of(query) is None:
        return [(query, row) for row in rows]
    texts = (_renumbered(row, at * len(rows[0])) for at in range(len(rows)))
    return [(f"{head}{values}{', '.join(texts)}", [value for each in rows for value in each])]


def literal(value: Any) -> str | None:
    """Return a parameter as it stands in a statement, where strings conform to the standard; None for kinds of values
    of which none is known. A text without quotation marks of its own can end nowhere but at ours."""
    match value:
        case None:
            return "NULL"
        case bool():
            return "true" if value else "false"
        case int():
            return f"'{value}'"
        case bytes():
            return f"'\\x{value.hex()}'"
        case date() | time():  # a datetime is a date as well
            return f"'{value.isoformat()}'"
        case str() if "\0" not in value and not _SURROGATE.search(value):
            return "'" + value.replace("'", "''") + "'"
        case _:
            return None


@lru_cache(maxsize=1_000)
def table_of(query: str) -> str | None:
    """Return the table of an INSERT that can wait, None for any other statement."""
    found = _CAN_WAIT.match(query)
    return None if found is None else found.group(1)


def _can_join(query: str, waiting: Sequence[str]) -> bool:
    """Return whether a statement can run with these INSERTs as one: it must not look at what they insert, nor at what
    triggers make of it."""
    tables = {table_of(each) for each in waiting}
    if not tables.isdisjoint(_COUNTED):
        tables.add("task_counts")
    return query.startswith(_JOINS) and not any(_names(query, table) for table in tables)


@lru_cache(maxsize=1_000)
def _names(query: str, table: str | None) -> bool:
    return re.search(rf"\b{table}\b", query) is not None


@lru_cache(maxsize=1_000)
def _renumbered(query: str, by: int) -> str:
    return _PARAMETER.sub(lambda found: f"${int(found.group(1)) + by}", query)
