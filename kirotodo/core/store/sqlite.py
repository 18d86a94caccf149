"""What is peculiar to SQLite: where the file is, how a connection is set up, and how transactions begin.

A statement costs one hop to the connection's thread here: its rows are fetched in the same hop, and a transaction
begins with its first statement.
"""

import re
import sqlite3
from collections.abc import Iterable, Sequence
from functools import partial
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

Mode = Literal["write", "read", "immutable"]
"""`read` opens without writing; `immutable` also does without the files that readers usually share."""

BUSY_SECONDS: Final = 5.0
BEGIN: Final = "kirotodo_begin"
"""The execution option that says how a transaction begins."""
_POOL_SIZE: Final = 5


def path_of(url: str) -> Path:
    """The file that a database URL names. Raises `ConfigError`."""
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise ConfigError(f"DATABASE_URL is not a database address: {url}; write sqlite:///path/to/file.db.") from None
    if parsed.get_backend_name() != "sqlite":
        raise ConfigError(
            f"This release keeps its list in SQLite, not {parsed.get_backend_name()}; "
            "set DATABASE_URL to sqlite:///path/to/file.db."
        )
    if not parsed.database or parsed.database == ":memory:" or parsed.database.startswith("file:"):
        raise ConfigError("DATABASE_URL names no file; write sqlite:///path/to/file.db.")
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
        pool_size=_POOL_SIZE,
        max_overflow=0,
        pool_use_lifo=True,
        pool_timeout=3 * BUSY_SECONDS,
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
    connection.execute("PRAGMA foreign_keys = OFF")
    return connection


def _begin_with_first_statement(connection: SyncConnection) -> None:
    driver: Any = connection.connection.driver_connection
    driver.pending = connection.get_execution_options().get(BEGIN, "BEGIN")


def _begin(connection: SyncConnection) -> None:
    connection.exec_driver_sql(connection.get_execution_options().get(BEGIN, "BEGIN"))


def _connection(path: Path, mode: Mode, *_: Any, **__: Any) -> "_Connection":
    connection = _Connection(partial(connect, path, mode), iter_chunk_size=64)
    connection._thread.daemon = True
    return connection


class _Connection(aiosqlite.Connection):
    pending: str | None = None
    """What the next statement has to begin with."""

    def cursor(self) -> "_Cursor":  # type: ignore[override]
        return _Cursor(self)

    async def in_thread(self, function: Any, *arguments: Any) -> Any:
        pending, self.pending = self.pending, None
        return await self._execute(function, self._conn, pending, *arguments)  # type: ignore[no-untyped-call]


class _Cursor:
    """What SQLAlchemy needs of a cursor: executes and fetches in one hop to the thread."""

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
        self._take(await self._connection.in_thread(_execute, operation, parameters))
        return self

    async def executemany(self, operation: str, parameters: Iterable[Sequence[Any]]) -> "_Cursor":
        self._take(await self._connection.in_thread(_execute_many, operation, parameters))
        return self

    def _take(self, outcome: tuple[Any, ...]) -> None:
        self.description, self.rowcount, self.lastrowid, self._rows = outcome

    async def fetchall(self) -> list[Any]:
        return self._rows

    async def close(self) -> None:
        self._rows = []


def _execute(
    connection: sqlite3.Connection, pending: str | None, operation: str, parameters: Sequence[Any]
) -> tuple[Any, ...]:
    if pending is not None:
        connection.execute(pending).close()
    cursor = connection.execute(operation, parameters)
    rows = cursor.fetchall() if cursor.description else []
    outcome = (cursor.description, cursor.rowcount, cursor.lastrowid, rows)
    cursor.close()
    return outcome


def _execute_many(
    connection: sqlite3.Connection, pending: str | None, operation: str, parameters: Iterable[Sequence[Any]]
) -> tuple[Any, ...]:
    if pending is not None:
        connection.execute(pending).close()
    cursor = connection.executemany(operation, parameters)
    outcome: tuple[Any, ...] = (None, cursor.rowcount, cursor.lastrowid, [])
    cursor.close()
    return outcome
