"""Transactions on a SQLite file. There is one writer at a time, whoever the user is."""

import asyncio
import sqlite3
import time
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Final, Self

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from kirotodo.core.errors import StorageBusy
from kirotodo.core.store import faults, files, sqlite
from kirotodo.core.store.engine import seen_through
from kirotodo.core.store.sqlite_search import Fts5

QUEUE_SECONDS: Final = 3 * sqlite.BUSY_SECONDS
"""How long writers wait in a queue that does not move."""


class SqliteEngine:
    """See `core.store.engine.Engine` for what each method promises."""

    def __init__(self, path: Path, mode: sqlite.Mode) -> None:
        self.path = path
        self.full_text = Fts5()
        self._mode = mode
        self.pool = sqlite.make_engine(path, mode)
        self._writer = self.pool.execution_options(**{sqlite.BEGIN: "BEGIN IMMEDIATE"})
        self._single_writer = self.pool.execution_options(**{sqlite.BEGIN: ""})
        self._writing = asyncio.Lock()
        self._moved = 0.0
        self._watch: sqlite3.Connection | None = None

    @classmethod
    async def open(cls, url: str, *, read_only_ok: bool) -> Self:
        path = sqlite.path_of(url)
        mode = await asyncio.to_thread(files.prepare, path, read_only_ok=read_only_ok)
        return cls(path, mode)

    def write(self, user_id: str, *, single: bool = False) -> AbstractAsyncContextManager[AsyncConnection]:
        return self._write(self._single_writer if single else self._writer)

    @asynccontextmanager
    async def _write(self, engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
        if self._mode != "write":
            raise faults.read_only(self.path)
        async with self._turn_to_write(), self._transaction(engine) as connection:
            yield connection

    def read(self, user_id: str) -> AbstractAsyncContextManager[AsyncConnection]:
        return self._transaction(self.pool)

    def operate(self, *, writing: bool = False) -> AbstractAsyncContextManager[AsyncConnection]:
        return self._write(self._writer) if writing else self._transaction(self.pool)

    def change_token(self) -> object:
        """Equal tokens mean that nobody committed anything in between, in this program or another. Does not block."""
        try:
            if self._watch is None:
                self._watch = sqlite.connect(self.path, "read" if self._mode == "write" else self._mode, timeout=0)
            return self._watch.execute("PRAGMA data_version").fetchone()
        except sqlite3.Error:
            return object()

    async def aclose(self) -> None:
        if self._watch is not None:
            self._watch.close()
            self._watch = None
        await self.pool.dispose()

    @asynccontextmanager
    async def _turn_to_write(self) -> AsyncIterator[None]:
        """Writers of this process queue here, in order, and only the first of them asks the file. They wait for as long
        as the queue moves, however long it is: another program is in the way only where it does not."""
        await (self._wait_in_queue() if self._writing.locked() else self._writing.acquire())
        stuck = False
        try:
            yield
        except StorageBusy:
            stuck = True
            raise
        finally:
            if not stuck:
                self._moved = time.monotonic()
            self._writing.release()

    async def _wait_in_queue(self) -> None:
        began = time.monotonic()
        acquiring = asyncio.ensure_future(self._writing.acquire())
        try:
            while not acquiring.done():
                left = max(began, self._moved) + QUEUE_SECONDS - time.monotonic()
                if left <= 0:
                    raise faults.busy(self.path)
                await asyncio.wait([acquiring], timeout=left)
        except BaseException:
            acquiring.cancel()
            if (await asyncio.gather(acquiring, return_exceptions=True))[0] is True:
                self._writing.release()
            raise

    @asynccontextmanager
    async def _transaction(self, engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
        with faults.told(self.path):
            async with seen_through(engine.connect().start) as connection:
                yield connection
