"""The database: opening it, and the transactions that everything else happens in.

`async with database.begin(user_id) as store:` is one write transaction, committed at the end and rolled back on an
exception; `read` is one reading transaction. Both are short: nobody waits for a model, a user or a viewer in one.
"""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final, Self

from sqlalchemy import bindparam, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from kirotodo.core.domain.task import Task
from kirotodo.core.store import faults, files, sqlite
from kirotodo.core.store.accounts import BY_EMAIL, Account, AccountStore
from kirotodo.core.store.conversations import ConversationStore
from kirotodo.core.store.journal import Journal
from kirotodo.core.store.scope import UID, Scope
from kirotodo.core.store.tables import conversations, tasks, turns, users
from kirotodo.core.store.task_rows import COLUMNS, TaskRows
from kirotodo.core.store.tasks import TaskStore
from kirotodo.core.store.turns import DanglingTurn, TurnStore

_REVISION: Final = select(users.c.revision).where(users.c.id == UID)
_TIMEZONE: Final = select(users.c.timezone).where(users.c.id == UID)
_SET_TIMEZONE: Final = (
    update(users).where(users.c.id == UID).values(timezone=bindparam("new_timezone")).returning(users.c.id)
)
_SINCE: Final = bindparam("since", type_=users.c.revision.type)
_TASKS_SINCE: Final = (
    select(*COLUMNS, tasks.c.deleted_at)
    .where(tasks.c.user_id == UID, tasks.c.revision > _SINCE)
    .order_by(tasks.c.revision, tasks.c.id)
)
_CONVERSATIONS_SINCE: Final = select(func.count()).where(
    conversations.c.user_id == UID, conversations.c.revision > _SINCE
)
_DANGLING: Final = (
    select(turns.c.user_id, turns.c.id.label("turn_id"), turns.c.owner, turns.c.epoch, turns.c.lease_until)
    .where(turns.c.status == "running")
    .order_by(turns.c.user_id, turns.c.created_at, turns.c.id)
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Since:
    """What changed after a revision: tasks as they are now, ids that are gone, whether any conversation changed, and
    the revision to ask with next time."""

    tasks: tuple[Task, ...]
    removed: tuple[int, ...]
    conversations: bool
    revision: int


class Store:
    """Everything of one user, in one open transaction. Never commits itself."""

    def __init__(self, scope: Scope) -> None:
        rows = TaskRows(scope)
        self._scope = scope
        self._rows = rows
        self.user_id: str = scope.user_id
        self.now: datetime = scope.now
        self.journal = Journal(scope, rows)
        self.tasks = TaskStore(scope, rows, self.journal)
        self.conversations = ConversationStore(scope)
        self.turns = TurnStore(scope)
        self.accounts = AccountStore(scope)

    async def revision(self) -> int:
        """Grows with every committed write to tasks or conversations; 0 before the first."""
        row = await self._scope.first(_REVISION)
        return 0 if row is None else int(row[0])

    async def changed_since(self, revision: int) -> Since:
        now = await self.revision()
        if now <= revision:
            return Since(tasks=(), removed=(), conversations=False, revision=now)
        rows = await self._scope.rows(_TASKS_SINCE, {"since": revision})
        seen = await self._rows.values([row for row in rows if row.deleted_at is None])
        count = await self._scope.first(_CONVERSATIONS_SINCE, {"since": revision})
        return Since(
            tasks=seen,
            removed=tuple(row.id for row in rows if row.deleted_at is not None),
            conversations=count is not None and count[0] > 0,
            revision=now,
        )

    async def timezone(self) -> str | None:
        """The user's IANA time zone, if it was ever set."""
        row = await self._scope.first(_TIMEZONE)
        return None if row is None else row[0]

    async def set_timezone(self, name: str) -> None:
        await self._scope.on_user(_SET_TIMEZONE, {"new_timezone": name})


class Database:
    """An open database. Made by `open`, let go of by `aclose`."""

    def __init__(self, path: Path, mode: sqlite.Mode, clock: Callable[[], datetime]) -> None:
        self.path = path
        self._mode = mode
        self._clock = clock
        self._engine: AsyncEngine = sqlite.make_engine(path, mode)
        self._writer = self._engine.execution_options(**{sqlite.BEGIN: "BEGIN IMMEDIATE"})
        self._writing = asyncio.Lock()
        self._watch: sqlite3.Connection | None = None

    @classmethod
    async def open(cls, url: str, *, clock: Callable[[], datetime], read_only_ok: bool = False) -> Self:
        """Open the database at `url` (`sqlite:///path`), making it where there is none and migrating an older one
        after a backup copy. `clock` gives the aware UTC moment of each transaction.

        With `read_only_ok` a database that cannot be written is opened for reading, and `begin` raises
        `StorageReadOnly`. Raises `StorageTooNew` for a newer one, and other kinds of `StorageError`.
        """
        path = sqlite.path_of(url)
        mode = await asyncio.to_thread(files.prepare, path, read_only_ok=read_only_ok)
        return cls(path, mode, clock)

    def begin(
        self, user_id: str, *, turn_id: str | None = None, call_id: str | None = None
    ) -> AbstractAsyncContextManager[Store]:
        """One write transaction. Its changes are journaled for this turn and call, or as one direct edit.

        Makes the user's row with the first write that needs it. Never begin a second one inside the first.
        """
        return self._begin(user_id, turn_id, call_id)

    @asynccontextmanager
    async def _begin(self, user_id: str, turn_id: str | None, call_id: str | None) -> AsyncIterator[Store]:
        if self._mode != "write":
            raise faults.read_only(self.path)
        async with self._turn_to_write(), self._transaction(self._writer) as connection:
            yield Store(Scope(connection, user_id=user_id, now=self._clock(), turn_id=turn_id, call_id=call_id))

    def read(self, user_id: str) -> AbstractAsyncContextManager[Store]:
        """One reading transaction: every query in it sees the same moment."""
        return self._read(user_id)

    @asynccontextmanager
    async def _read(self, user_id: str) -> AsyncIterator[Store]:
        async with self._transaction(self._engine) as connection:
            yield Store(Scope(connection, user_id=user_id, now=self._clock()))

    async def dangling(self) -> list[DanglingTurn]:
        """Every user's turns with status `running`."""
        async with self._transaction(self._engine) as connection:
            return [DanglingTurn(**row._mapping) for row in await connection.execute(_DANGLING)]

    async def account_of(self, email: str) -> Account | None:
        """The account with this address, folded, whoever's it is."""
        async with self._transaction(self._engine) as connection:
            row = (await connection.execute(BY_EMAIL, {"the_email": email})).first()
            return None if row is None else Account(**row._mapping)

    def change_token(self) -> object:
        """Equal tokens mean that nobody committed anything in between, in this program or another. Does not block."""
        try:
            if self._watch is None:
                self._watch = sqlite.connect(self.path, "read" if self._mode == "write" else self._mode, timeout=0)
            return self._watch.execute("PRAGMA data_version").fetchone()
        except sqlite3.Error:
            return object()

    def pool(self) -> tuple[int, int]:
        """Connections in use, and how many there may be."""
        pool: Any = self._engine.pool
        return pool.checkedout(), pool.size()

    async def aclose(self) -> None:
        if self._watch is not None:
            self._watch.close()
            self._watch = None
        await self._engine.dispose()

    @asynccontextmanager
    async def _turn_to_write(self) -> AsyncIterator[None]:
        """Writers of this process queue here, in order, and only the first of them asks the file."""
        try:
            async with asyncio.timeout(3 * sqlite.BUSY_SECONDS):
                await self._writing.acquire()
        except TimeoutError:
            raise faults.busy(self.path) from None
        try:
            yield
        finally:
            self._writing.release()

    @asynccontextmanager
    async def _transaction(self, engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
        """Commits at the end, rolls back on any exception, and tells the driver's errors in ours."""
        with faults.told(self.path):
            connection = await engine.connect()
            try:
                yield connection
                await _to_the_end(connection.commit())
            except BaseException:
                await _to_the_end(_abandon(connection))
                raise
            finally:
                await connection.close()


async def _abandon(connection: AsyncConnection) -> None:
    """Roll back; a connection that cannot even do that is thrown away."""
    try:
        await connection.rollback()
    except Exception:
        await connection.invalidate()


async def _to_the_end(work: Awaitable[Any]) -> None:
    """Await it whole: a cancellation waits until it is done, so that no connection is left half way."""
    running = asyncio.ensure_future(work)
    try:
        await asyncio.shield(running)
    except asyncio.CancelledError:
        await asyncio.wait([running])
        raise
