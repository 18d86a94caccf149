"""Transactions on a SQLite file, many at a time. There is one writer at a time, whoever the user is."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Final, Self

from kirotodo.core.store.engine import to_the_end
from kirotodo.core.store.sqlite import aio, driver, errors, files
from kirotodo.core.store.sqlite.base import BaseEngine
from kirotodo.core.store.statement import Connection
from kirotodo.core.store.waiting import MovingQueue, Pace

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncEngine

QUEUE_SECONDS: Final = 3 * driver.BUSY_SECONDS
"""How long one waits to write, or for a connection, in a queue that does not move: only there another program is in the
way."""


class SqliteEngine(BaseEngine):
    """See `core.store.engine.Engine` for what each method promises."""

    def __init__(self, path: Path, mode: driver.Mode) -> None:
        super().__init__(path, mode)
        pace = Pace()
        busy = partial(errors.busy, path)
        self._connections = MovingQueue(driver.POOL_SIZE, patience=QUEUE_SECONDS, stuck=busy, pace=pace)
        self._writers = MovingQueue(1, patience=QUEUE_SECONDS, stuck=busy, pace=pace)
        self._idle: list[aio.ThreadDriver] = []
        self._in_use = 0
        self._closed = False
        self._watch: sqlite3.Connection | None = None

    @classmethod
    async def open(cls, url: str, *, read_only_ok: bool) -> Self:
        """Open the file that the URL names, after its migration. Raises `StorageError`."""
        path = driver.path_of(url)
        mode = await asyncio.to_thread(files.prepare, path, read_only_ok=read_only_ok)
        return cls(path, mode)

    @cached_property
    def pool(self) -> "AsyncEngine":
        """Return what builds the statements that are not compiled."""
        return aio.make_engine()

    def connections(self) -> tuple[int, int]:
        return self._in_use, driver.POOL_SIZE

    def change_token(self) -> object:
        """Equal tokens mean that nobody committed anything in between, in this program or another. Does not block."""
        try:
            # `data_version` changes only for commits of other connections, so the connection that asks never writes.
            if self._watch is None:
                self._watch = driver.connect(self.path, "read" if self._mode == "write" else self._mode, timeout=0)
            return self._watch.execute("PRAGMA data_version").fetchone()
        except sqlite3.Error:
            return object()

    async def aclose(self) -> None:
        self._closed = True
        if self._watch is not None:
            self._watch.close()
            self._watch = None
        while self._idle:
            await self._idle.pop().close()

    @asynccontextmanager
    async def _write(self, begin: str) -> AsyncIterator[Connection]:
        await self.require_writable()
        async with self._writers.place(), self._transaction(begin) as connection:
            yield connection

    @asynccontextmanager
    async def _transaction(self, begin: str) -> AsyncIterator[Connection]:
        self.require_same_file()
        with errors.translate_errors(self.path):
            async with self._connections.place(), self._driver() as driver:
                connection = aio.ThreadConnection(driver, lambda: self.pool)
                driver.will_begin(begin)
                try:
                    yield connection
                    # Shielded: a cancellation between sending COMMIT and its end would leave the outcome unknown.
                    await to_the_end(driver.end())
                finally:
                    await connection.close()

    @asynccontextmanager
    async def _driver(self) -> AsyncIterator[aio.ThreadDriver]:
        """Lend a connection. One whose transaction failed is rolled back, whoever is cancelled meanwhile; one that
        cannot even do that is thrown away."""
        self._in_use += 1
        try:
            # The one that was used last has the warmest cache.
            driver = self._idle.pop() if self._idle else await aio.connect(self.path, self._mode)
            whole = True
            try:
                yield driver
            except BaseException:
                whole = False
                await to_the_end(self._given_back(driver))
                raise
            finally:
                if whole:
                    await self._put_away(driver)
        finally:
            self._in_use -= 1

    async def _given_back(self, driver: aio.ThreadDriver) -> None:
        try:
            await driver.undo()
        except Exception:
            await driver.close()
        else:
            await self._put_away(driver)

    async def _put_away(self, driver: aio.ThreadDriver) -> None:
        if self._closed:
            await driver.close()
        else:
            self._idle.append(driver)
