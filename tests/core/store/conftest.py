"""A real database per test, on SQLite and on PostgreSQL, and a clock that moves on by a second whenever it is read."""

import asyncio
import shutil
import sqlite3
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import event

from kirotodo.core.domain.task import Page, Task, TaskDraft, TaskFilter
from kirotodo.core.store.database import Database, Store
from kirotodo.core.store.postgres.connection import Connection as PostgresConnection
from kirotodo.core.store.postgres.engine import PostgresEngine
from kirotodo.core.store.sqlite import transactions
from kirotodo.core.store.sqlite.base import BaseEngine

ANN: Final = "ann"
BOB: Final = "bob"
TODAY: Final = date(2026, 11, 23)
BERLIN: Final = ZoneInfo("Europe/Berlin")


class Undecided(Exception):
    """Raised to roll a transaction back."""


class Clock:
    def __init__(self) -> None:
        self.now = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        self.now += timedelta(seconds=1)
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(params=["sqlite", "postgres"])
def kind(request: pytest.FixtureRequest) -> str:
    """Every test that asks for a database runs on both; `ON_SQLITE` keeps one to what only a file can show."""
    return str(request.param)


ON_SQLITE: Final = pytest.mark.parametrize("kind", ["sqlite"])
ON_POSTGRES: Final = pytest.mark.parametrize("kind", ["postgres"])


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "kirotodo.db"


@pytest.fixture
def url(path: Path) -> str:
    """A SQLite file that is yet to be made."""
    return f"sqlite:///{path}"


@pytest.fixture
def database_url(kind: str, request: pytest.FixtureRequest, path: Path, empty_list: Path) -> str:
    """A migrated, empty database."""
    if kind != "sqlite":
        return str(request.getfixturevalue("postgres_url"))
    shutil.copy(empty_list, path)
    return f"sqlite:///{path}"


@pytest.fixture
async def database(database_url: str, clock: Clock) -> AsyncIterator[Database]:
    opened = await Database.open(database_url, clock=clock)
    yield opened
    await opened.aclose()


async def shown(
    store: Store, where: TaskFilter | None = None, *, limit: int = 50, cursor: str | None = None
) -> Page[Task]:
    """A page as a person in Berlin sees it today."""
    return await store.tasks.page(where or TaskFilter(), today=TODAY, zone=BERLIN, limit=limit, cursor=cursor)


async def titles(store: Store, where: TaskFilter) -> list[str]:
    return [task.title for task in (await shown(store, where)).items]


async def write_spellings(database: Database) -> None:
    """Write words that can be spelled in several ways into every kind of text that is searched, for two users."""
    for user in (ANN, BOB):
        async with database.begin(user) as store:
            await store.tasks.add(TaskDraft(title="Don't send e-mail", notes="\u2019s", tags=("b-side", "a-side")))
            await store.tasks.add(TaskDraft(title="\u0152uvre", project="rock'n'roll"))
            await store.conversations.create("O'Brien's follow-up")
            await store.conversations.add_message(1, role="user", content="re-read the chef d'\u0153uvre", turn_id="t")


async def find_spellings(database: Database) -> None:
    for user in (ANN, BOB):
        async with database.read(user) as store:
            for typed, found in (
                ("dont", [1]),
                ("email", [1]),
                ("bside aside", [1]),
                ("oeuvre", [2]),
                ("rocknroll", [2]),
            ):
                page = await shown(store, TaskFilter(search=typed))
                assert [task.id for task in page.items] == found, typed
            for typed in ("obriens", "followup", "reread", "doeuvre"):
                assert len((await store.conversations.page(search=typed)).items) == 1, typed


async def write_occurrences(url: str, *, title: str) -> None:
    """Write a task, its next occurrence, and a step of it."""
    database = await Database.open(url, clock=Clock())
    async with database.begin(ANN) as store:
        await store.tasks.add(TaskDraft(title=title))
    async with database.begin(ANN, turn_id="t", call_id="1.1") as store:
        await store.tasks.update(1, {"completed_at": store.now})
        await store.tasks.add(TaskDraft(title=title, previous_id=1))
    async with database.begin(ANN, turn_id="t2", call_id="1.1") as store:
        await store.tasks.add(TaskDraft(title="step", parent_id=2, position=3))
    await database.aclose()


async def undo_occurrences(url: str, *, title: str) -> None:
    """Open them again, where an earlier release had them meanwhile, and undo what completed the first one."""
    database = await Database.open(url, clock=Clock())
    async with database.begin(ANN, turn_id="later") as store:
        following = await store.tasks.get(2)
        assert (following.title, following.previous_id, following.parent_id) == (title, 1, None)
        assert await store.tasks.next_of(1) == following
        assert (await store.tasks.get(3)).previous_id is None
        changed = await store.journal.undo_tasks([1], skip_turn="later")
        assert ([task.id for task in changed.tasks], changed.removed, changed.skipped) == ([1], (2,), ())
    await database.aclose()


@asynccontextmanager
async def counted_statements(database: Database) -> AsyncIterator[list[str]]:
    """The statements that are run meanwhile; those that are run for many rows at once count once."""
    with seen_statements(database) as seen:
        statements: list[str] = []
        yield statements
        statements += [statement for statement, _ in seen]


@contextmanager
def seen_statements(database: Database) -> Iterator[list[tuple[str, Any]]]:
    """The statements that are run meanwhile, with their parameters, but for those that begin and end a transaction."""
    statements: list[tuple[str, Any]] = []
    engine = database._engine
    if isinstance(engine, BaseEngine):
        original = transactions.execute

        def run(connection: sqlite3.Connection, texts: Sequence[transactions.Text]) -> transactions.Outcome:
            statements.extend(each[:2] for each in texts if not each[0].startswith(("BEGIN", "COMMIT")))
            return original(connection, texts)

        transactions.execute = run  # type: ignore[assignment]
        try:
            yield statements
        finally:
            transactions.execute = original
        return

    def listen(_: Any, __: Any, statement: str, parameters: Any, *___: Any) -> None:
        statements.append((statement, parameters))

    assert isinstance(engine, PostgresEngine)
    ask = PostgresConnection.ask

    async def asked(self: PostgresConnection, query: str, parameters: Sequence[Any]) -> list[Any]:
        statements.append((query, parameters))
        return await ask(self, query, parameters)

    event.listen(engine.pool.sync_engine, "before_cursor_execute", listen)
    PostgresConnection.ask = asked  # type: ignore[method-assign]
    try:
        yield statements
    finally:
        PostgresConnection.ask = ask  # type: ignore[method-assign]
        event.remove(engine.pool.sync_engine, "before_cursor_execute", listen)


async def open_at_once(url: str, clock: Clock) -> None:
    """Open a database that is yet to be made four times at once, and see that it is one."""
    opened = await asyncio.gather(*(Database.open(url, clock=clock) for _ in range(4)))
    for database in opened:
        async with database.begin(ANN) as store:
            await store.tasks.add(TaskDraft(title="a"))
    async with opened[0].read(ANN) as store:
        assert await store.tasks.count_pending() == 4
    for database in opened:
        await database.aclose()
