"""Transactions on a SQLite file. There is one writer at a time, whoever the user is."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Final, Self

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from kirotodo.core.store.engine import transaction_of
from kirotodo.core.store.leases import OwnedEvent, events_json
from kirotodo.core.store.sqlite import driver, errors, files
from kirotodo.core.store.sqlite.search import Fts5
from kirotodo.core.store.waiting import MovingQueue, Pace

QUEUE_SECONDS: Final = 3 * driver.BUSY_SECONDS
"""How long one waits to write, or for a connection, in a queue that does not move: only there another program is in the
way."""


# CROSS JOIN keeps SQLite from walking along the turns.
_APPEND_EVENTS: Final = text(
    """
    INSERT INTO turn_events (user_id, turn_id, seq, data)
    SELECT t.user_id, t.id, json_extract(given.value, '$.of_seq'),
        CAST(json_extract(given.value, '$.content') AS BLOB)
    FROM json_each(:pieces) AS given CROSS JOIN turns AS t
    WHERE t.user_id = json_extract(given.value, '$.of_user') AND t.id = json_extract(given.value, '$.of_turn')
        AND t.epoch = json_extract(given.value, '$.of_epoch') AND t.status IN ('running', 'awaiting_approval')
    RETURNING turn_id, (SELECT t.cancel_requested FROM turns AS t
        WHERE t.user_id = turn_events.user_id AND t.id = turn_events.turn_id)
    """
)


class SqliteEngine:
    """See `core.store.engine.Engine` for what each method promises."""

    def __init__(self, path: Path, mode: driver.Mode) -> None:
        self.path = path
        self.full_text = Fts5()
        self._mode = mode
        self.read_only = mode != "write"
        self.pool = driver.make_engine(path, mode)
        self._writer = self.pool.execution_options(**{driver.BEGIN: "BEGIN IMMEDIATE"})
        self._single_writer = self.pool.execution_options(**{driver.BEGIN: ""})
        pace = Pace()
        busy = partial(errors.busy, path)
        self._connections = MovingQueue(driver.POOL_SIZE, patience=QUEUE_SECONDS, stuck=busy, pace=pace)
        self._writers = MovingQueue(1, patience=QUEUE_SECONDS, stuck=busy, pace=pace)
        self._watch: sqlite3.Connection | None = None
        self._identity = _identity(path)

    @classmethod
    async def open(cls, url: str, *, read_only_ok: bool) -> Self:
        """Open the file that the URL names, after its migration. Raises `StorageError`."""
        path = driver.path_of(url)
        mode = await asyncio.to_thread(files.prepare, path, read_only_ok=read_only_ok)
        return cls(path, mode)

    def write(self, user_id: str, *, single: bool = False) -> AbstractAsyncContextManager[AsyncConnection]:
        return self._write(self._single_writer if single else self._writer)

    @asynccontextmanager
    async def _write(self, engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
        if self.read_only:
            raise errors.read_only(self.path)
        async with self._writers.place(), self._transaction(engine) as connection:
            yield connection

    async def append_events(
        self, connection: AsyncConnection, events: Sequence[OwnedEvent], *, waits: bool
    ) -> dict[str, bool]:
        rows = await connection.execute(_APPEND_EVENTS, {"pieces": events_json(events)})
        return {turn_id: bool(cancel_requested) for turn_id, cancel_requested in rows}

    def read(self, user_id: str) -> AbstractAsyncContextManager[AsyncConnection]:
        return self._transaction(self.pool)

    def operate(self, *, writing: bool = False) -> AbstractAsyncContextManager[AsyncConnection]:
        return self._write(self._writer) if writing else self._transaction(self.pool)

    def change_token(self) -> object:
        """Equal tokens mean that nobody committed anything in between, in this program or another. Does not block."""
        try:
            # `data_version` changes only for commits of other connections, so the connection that asks never writes.
            if self._watch is None:
                self._watch = driver.connect(self.path, "read" if self._mode == "write" else self._mode, timeout=0)
            return self._watch.execute("PRAGMA data_version").fetchone()
        except sqlite3.Error:
            return object()

    async def require_writable(self) -> None:
        if self._mode != "write":
            raise errors.read_only(self.path)

    async def aclose(self) -> None:
        if self._watch is not None:
            self._watch.close()
            self._watch = None
        await self.pool.dispose()

    @asynccontextmanager
    async def _transaction(self, engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
        # A file that was replaced or deleted stays writable through its open descriptor, and the writes are lost.
        if _identity(self.path) != self._identity:
            raise errors.gone(self.path)
        with errors.translate_errors(self.path):
            async with self._connections.place(), transaction_of(engine.connect().start) as connection:
                yield connection


def _identity(path: Path) -> tuple[int, int] | None:
    """Which file bears this name. One that was deleted can be written into while it is open, and then it is gone."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino
