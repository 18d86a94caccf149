"""SQLite without threads and without an event loop: for a command, which has nothing else to do meanwhile.

To import asyncio takes longer than a command's work with the list. The coroutines that run on this engine never wait
for anything but SQLite, so `core.inline.run` can run them.
"""

import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from kirotodo.core.store.sqlite import driver, errors, files
from kirotodo.core.store.sqlite.base import BaseEngine
from kirotodo.core.store.sqlite.transactions import Parameters, SqliteConnection, Transactions, execute
from kirotodo.core.store.statement import Connection, Result

if TYPE_CHECKING:
    from sqlalchemy import Connection as SyncConnection
    from sqlalchemy import Executable


class InlineEngine(BaseEngine):
    """See `core.store.engine.Engine` for what each method promises; one transaction at a time."""

    def __init__(self, path: Path, mode: driver.Mode) -> None:
        super().__init__(path, mode)
        self._driver: _HereDriver | None = None

    @classmethod
    async def open(cls, url: str, *, read_only_ok: bool) -> Self:
        """Open the file that the URL names, after its migration. Raises `StorageError`."""
        path = driver.path_of(url)
        return cls(path, files.prepare(path, read_only_ok=read_only_ok))

    def connections(self) -> tuple[int, int]:
        return int(self._driver is not None), 1

    def change_token(self) -> object:
        return object()

    async def aclose(self) -> None:
        if self._driver is not None:
            self._driver.connection.close()
            self._driver = None

    @asynccontextmanager
    async def _transaction(self, begin: str) -> AsyncIterator[Connection]:
        self.require_same_file()
        with errors.translate_errors(self.path):
            if self._driver is None:
                self._driver = _HereDriver(driver.connect(self.path, self._mode))
            self._driver.will_begin(begin)
            try:
                yield _HereConnection(self._driver)
                await self._driver.end()
            except BaseException:
                await self._driver.undo()
                raise


class _HereDriver(Transactions):
    """A connection whose statements run here and now."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        super().__init__()
        self.connection = connection

    async def hop(self, function: Callable[[sqlite3.Connection], Any]) -> Any:
        return function(self.connection)

    def commit_here(self) -> None:
        self.connection.commit()

    def flush(self) -> None:
        """Execute what waits: SQLAlchemy asks SQLite itself."""
        execute(self.connection, self._taken(("SELECT 1", (), False)))

    @cached_property
    def sqlalchemy(self) -> "SyncConnection":
        """What builds statements and runs them on this connection, whose transactions are up to us."""
        from sqlalchemy import create_engine
        from sqlalchemy.pool import NullPool

        engine = create_engine(
            "sqlite://", creator=lambda: _Lent(self.connection), poolclass=NullPool, pool_reset_on_return=None
        )
        return engine.connect()


class _HereConnection(SqliteConnection):
    """Statements in the transaction of a connection without a thread."""

    driver: _HereDriver

    async def _through_sqlalchemy(self, statement: "Executable", parameters: Parameters) -> Result:
        self.driver.flush()
        result: Result = self.driver.sqlalchemy.execute(statement, parameters)
        return result


class _Lent:
    """What SQLAlchemy sees of a connection: that it can be asked. Ending the transaction or closing it is up to us."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.cursor = connection.cursor

    def nothing(self, *_: Any, **__: Any) -> None:
        return None

    commit = rollback = close = create_function = nothing
