"""What is peculiar to SQLite: where the file is, how a connection is set up, and how transactions begin.

What costs here is the hop to the connection's thread, not the statement. So rows are fetched in the hop that asked for
them; and what returns nothing (the begin, a write without RETURNING) waits for the next statement that does, or for the
commit, and goes along with it. A write that fails is therefore told by a later statement, or by the commit.
"""

import re
import sqlite3
from collections.abc import Callable, Sequence
from functools import cache, partial
from pathlib import Path
from typing import Any, Final, Literal

import aiosqlite
from sqlalchemy import Connection as SyncConnection
from sqlalchemy import Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import AsyncAdaptedQueuePool, NullPool

from kirotodo.core.errors import ConfigError
from kirotodo.core.text.masking import hide_secrets

Mode = Literal["write", "read", "immutable"]
"""`read` opens without writing; `immutable` also does without the files that readers usually share."""

BUSY_SECONDS: Final = 5.0
BEGIN: Final = "kirotodo_begin"
"""The execution option that says how a transaction begins; with "" each statement is one of its own."""
POOL_SIZE: Final = 5


def path_of(url: str) -> Path:
    """The file that a database URL names. Raises `ConfigError`."""
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        raise ConfigError(
            f"DATABASE_URL is not a database address: {hide_secrets(url)}. Use sqlite:///path/to/file.db."
        ) from None
    if parsed.get_backend_name() != "sqlite":
        raise ConfigError(
            f"The list is kept in SQLite or PostgreSQL, not {parsed.get_backend_name()}; "
            "set DATABASE_URL to sqlite:///path/to/file.db or postgresql://user:password@host/database."
        )
    if not parsed.database or parsed.database == ":memory:" or parsed.database.startswith("file:"):
        raise ConfigError("DATABASE_URL names no file. Use sqlite:///path/to/file.db.")
    return Path(parsed.database).expanduser().absolute()


def connect(path: Path, mode: Mode = "write", *, timeout: float = BUSY_SECONDS) -> sqlite3.Connection:
    """A plain connection that begins no transactions of its own accord."""
    query = {"write": "mode=rwc", "read": "mode=ro", "immutable": "mode=ro&immutable=1"}[mode]
    connection = sqlite3.connect(
        f"{path.as_uri()}?{query}", uri=True, timeout=timeout, isolation_level=None, check_same_thread=False
    )
    try:
        connection.execute("PRAGMA foreign_keys = ON")
        connection.create_function("regexp", 2, _matches, deterministic=True)
        if mode == "write":
            connection.execute("PRAGMA synchronous = NORMAL")
    except BaseException:
        connection.close()
        raise
    return connection


def _matches(pattern: str, text: str) -> bool:
    return re.search(pattern, text) is not None


def make_engine(path: Path, mode: Mode) -> AsyncEngine:
    """The engine whose transactions begin as `BEGIN` says, deferred where it does not."""
    engine = create_async_engine(
        "sqlite+aiosqlite://",
        connect_args={"async_creator_fn": partial(_connection, path, mode)},
        poolclass=AsyncAdaptedQueuePool,
        pool_size=POOL_SIZE,
        max_overflow=0,
        pool_use_lifo=True,
        pool_timeout=3 * BUSY_SECONDS,
        # Every transaction is ended by `transaction_of`; a reset would be a hop more for each.
        pool_reset_on_return=None,
    )
    event.listen(engine.sync_engine, "begin", _begin_with_first_statement)
    return engine


def make_migration_engine(path: Path) -> Engine:
    """A blocking engine for migrations: the whole of one is a single transaction that keeps every other writer out."""
    engine = create_engine(
        "sqlite://",
        creator=partial(_connect_for_migration, path),
        poolclass=NullPool,
        execution_options={BEGIN: "BEGIN IMMEDIATE"},
    )
    event.listen(engine, "begin", _begin)
    return engine


def _connect_for_migration(path: Path) -> sqlite3.Connection:
    connection = connect(path, timeout=6 * BUSY_SECONDS)
    # Batch migrations copy a table and drop the old one, which foreign keys would answer by deleting its children.
    connection.execute("PRAGMA foreign_keys = OFF")
    return connection


def _begin_with_first_statement(connection: SyncConnection) -> None:
    driver: Any = connection.connection.driver_connection
    driver.will_begin(connection.get_execution_options().get(BEGIN, "BEGIN"))


def _begin(connection: SyncConnection) -> None:
    connection.exec_driver_sql(connection.get_execution_options().get(BEGIN, "BEGIN"))


def _connection(path: Path, mode: Mode, *_: Any, **__: Any) -> "_Connection":
    connection = _Connection(partial(connect, path, mode))
    # The thread of a connection that was never closed must not keep the process from ending.
    connection._thread.daemon = True
    return connection


_Statement = tuple[str, Sequence[Any], bool]
"""What to execute, its parameters, and whether these are many sets of them."""
_Outcome = tuple[Any, int, int | None, list[Any]]
"""Description, row count, last row id and rows of a cursor."""


class _Connection(aiosqlite.Connection):
    """A connection with what waits to go along in its next hop."""

    def __init__(self, connector: Callable[[], sqlite3.Connection]) -> None:
        super().__init__(connector, iter_chunk_size=64)
        self._waiting: list[_Statement] = []
        self._reading = self._begun = False
        self._alone = True

    def will_begin(self, begin: str) -> None:
        self._alone = not begin
        # BEGIN is not sent yet: it goes along with the first statement, and saves a hop to the thread.
        self._waiting = [] if self._alone else [(begin, (), False)]
        # A plain BEGIN is deferred and takes no write lock, so ending it has nothing to write and nobody to wait for.
        self._reading = begin == "BEGIN"
        self._begun = False

    def cursor(self) -> "_Cursor":  # type: ignore[override]
        return _Cursor(self)

    def can_wait(self, statement: _Statement) -> bool:
        """Whether this is done with the next statement, or the commit."""
        if self._alone or not _returns_nothing(statement[0]):
            return False
        # Its error, if any, is then raised by a later statement or the commit: each rolls all of it back alike.
        self._waiting.append(statement)
        return True

    async def run(self, statement: _Statement) -> _Outcome:
        outcome: _Outcome = await self._execute(_run, self._conn, self._taken(statement))  # type: ignore[no-untyped-call]
        return outcome

    async def commit(self) -> None:
        # Where nothing but the begin waits, SQLite never heard of this transaction.
        if self._alone or (not self._begun and len(self._waiting) <= 1):
            return
        if self._reading and not self._waiting:
            self._conn.commit()  # lets go of a moment: nothing is written and nobody is waited for
        else:
            await self._execute(_commit, self._conn, self._taken(("COMMIT", (), False)))  # type: ignore[no-untyped-call]

    async def rollback(self) -> None:
        self._waiting = []
        # What was never sent is dropped with the list above; SQLite has nothing to undo.
        if self._begun:
            await super().rollback()

    def _taken(self, last: _Statement) -> list[_Statement]:
        # Marked as begun before it runs: if the statement fails half way, the rollback has to reach SQLite.
        statements, self._waiting, self._begun = [*self._waiting, last], [], True
        return statements


class _Cursor:
    """What SQLAlchemy needs of a cursor: executes and fetches at once, or lets a statement wait."""

    __slots__ = ("_connection", "_rows", "arraysize", "description", "lastrowid", "rowcount")

    def __init__(self, connection: _Connection) -> None:
        self._connection = connection
        self._rows: list[Any] = []
        self.description: Any = None
        self.rowcount = -1
        self.lastrowid: int | None = None
        self.arraysize = 1

    async def __aenter__(self) -> "_Cursor":
        return self

    async def execute(self, operation: str, parameters: Sequence[Any] = ()) -> "_Cursor":
        return await self._do((operation, parameters, False))

    async def executemany(self, operation: str, parameters: Sequence[Sequence[Any]]) -> "_Cursor":
        return await self._do((operation, parameters, True))

    async def _do(self, statement: _Statement) -> "_Cursor":
        if not self._connection.can_wait(statement):
            self.description, self.rowcount, self.lastrowid, self._rows = await self._connection.run(statement)
        return self

    async def fetchall(self) -> list[Any]:
        return self._rows

    async def close(self) -> None:
        self._rows = []


@cache
def _returns_nothing(operation: str) -> bool:
    return operation.startswith(("INSERT ", "UPDATE ", "DELETE ")) and " RETURNING " not in operation


def _run(connection: sqlite3.Connection, statements: Sequence[_Statement]) -> _Outcome:
    """Execute these, and say what came of the last one."""
    for operation, parameters, many in statements:
        cursor = (connection.executemany if many else connection.execute)(operation, parameters)
        rows = cursor.fetchall() if cursor.description else []
        outcome = (cursor.description, cursor.rowcount, cursor.lastrowid, rows)
        cursor.close()
    return outcome


def _commit(connection: sqlite3.Connection, statements: Sequence[_Statement]) -> None:
    """Execute these, the last of which commits; a transaction that cannot is undone, since nobody else will."""
    try:
        _run(connection, statements)
    except BaseException:
        connection.rollback()
        raise
