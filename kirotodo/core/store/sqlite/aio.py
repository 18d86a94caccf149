"""Connections to SQLite that live in threads of their own, through aiosqlite, and SQLAlchemy on top of them."""

import sqlite3
from collections.abc import Callable, Sequence
from contextvars import ContextVar
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import aiosqlite

from kirotodo.core.store.sqlite import driver
from kirotodo.core.store.sqlite.transactions import Parameters, SqliteConnection, Transactions
from kirotodo.core.store.statement import Result

if TYPE_CHECKING:
    from sqlalchemy import Executable
    from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine


class ThreadDriver(Transactions):
    """A connection in a thread of its own."""

    def __init__(self, connector: Callable[[], sqlite3.Connection]) -> None:
        super().__init__()
        self._aiosqlite = aiosqlite.Connection(connector, iter_chunk_size=64)
        # The thread of a connection that was never closed must not keep the process from ending.
        self._aiosqlite._thread.daemon = True

    async def open(self) -> None:
        """Connect."""
        await self._aiosqlite

    async def close(self) -> None:
        """Close the connection."""
        await self._aiosqlite.close()

    async def hop(self, function: Callable[[sqlite3.Connection], Any]) -> Any:
        return await self._aiosqlite._execute(function, self._aiosqlite._conn)  # type: ignore[no-untyped-call]

    def commit_here(self) -> None:
        self._aiosqlite._conn.commit()


async def connect(path: Path, mode: driver.Mode) -> ThreadDriver:
    """Open a connection."""
    opened = ThreadDriver(partial(driver.connect, path, mode))
    await opened.open()
    return opened


class ThreadConnection(SqliteConnection):
    """Statements in the transaction of a connection in a thread."""

    driver: ThreadDriver

    def __init__(self, driver: ThreadDriver, engine: Callable[[], "AsyncEngine"]) -> None:
        super().__init__(driver)
        self._engine = engine
        self._sqlalchemy: AsyncConnection | None = None

    async def _through_sqlalchemy(self, statement: "Executable", parameters: Parameters) -> Result:
        if self._sqlalchemy is None:
            _LENT.set(self.driver)
            self._sqlalchemy = await self._engine().connect()
        result: Result = await self._sqlalchemy.execute(statement, parameters)
        return result

    async def close(self) -> None:
        """Let go of what SQLAlchemy made of it; the driver stays open."""
        if self._sqlalchemy is not None:
            await self._sqlalchemy.close()


_LENT: Final[ContextVar[ThreadDriver]] = ContextVar("lent")
"""The connection that SQLAlchemy is to have next."""


def make_engine() -> "AsyncEngine":
    """Return the engine that builds statements and runs them on the connection it is lent. It neither begins nor ends a
    transaction, and opens no connection of its own."""
    from sqlalchemy.ext.asyncio import create_async_engine
    from sqlalchemy.pool import NullPool

    return create_async_engine(
        "sqlite+aiosqlite://",
        connect_args={"async_creator_fn": _lent},
        poolclass=NullPool,
        pool_reset_on_return=None,
    )


async def _lent(*_: Any, **__: Any) -> "_Lent":
    return _Lent(_LENT.get())


class _Lent:
    """What SQLAlchemy sees of a connection: that it can be asked. Ending the transaction or closing it is up to us."""

    _connection = None  # to SQLAlchemy's adapter: nothing is open that it would have to commit or roll back

    def __init__(self, driver: ThreadDriver) -> None:
        self._driver = driver

    def cursor(self) -> "_Cursor":
        return _Cursor(self._driver)

    async def nothing(self, *_: Any, **__: Any) -> None:
        return None

    commit = rollback = close = create_function = nothing


class _Cursor:
    """What SQLAlchemy needs of a cursor: executes and fetches at once, or lets a statement wait."""

    __slots__ = ("_driver", "_rows", "arraysize", "description", "lastrowid", "rowcount")

    def __init__(self, driver: ThreadDriver) -> None:
        self._driver = driver
        self._rows: list[Any] = []
        self.description: Any = None
        self.rowcount = -1
        self.lastrowid: int | None = None
        self.arraysize = 1

    async def __aenter__(self) -> "_Cursor":
        return self

    async def execute(self, operation: str, parameters: Sequence[Any] = ()) -> "_Cursor":
        return await self._do(operation, parameters, many=False)

    async def executemany(self, operation: str, parameters: Sequence[Sequence[Any]]) -> "_Cursor":
        return await self._do(operation, parameters, many=True)

    async def _do(self, operation: str, parameters: Sequence[Any], *, many: bool) -> "_Cursor":
        text = (operation, parameters, many)
        if not self._driver.can_wait(text):
            self.description, self.rowcount, self.lastrowid, self._rows = await self._driver.run(text)
        return self

    async def fetchall(self) -> list[Any]:
        return self._rows

    async def close(self) -> None:
        self._rows = []
