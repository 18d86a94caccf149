"""Transactions on PostgreSQL.

Each begins with one statement that says whose it is, and changes to a role that owns nothing: so row-level security
shows that user's rows alone, whatever the statements after it forget to ask. Where it may write, it then waits for its
turn among that user's transactions: so a user's writes come one after another, as on SQLite, while users do not wait
for each other.
"""

import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import partial
from typing import Any, Final, Self

import asyncpg
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from kirotodo.core.errors import InvalidInput, StorageError
from kirotodo.core.store import statement
from kirotodo.core.store.engine import to_the_end
from kirotodo.core.store.leases import OwnedEvent, events_json
from kirotodo.core.store.postgres import errors, schema
from kirotodo.core.store.postgres.address import Address, address_of
from kirotodo.core.store.postgres.connection import MANY, Connection
from kirotodo.core.store.postgres.direct import DirectStatements, Rows
from kirotodo.core.store.postgres.driver import STATEMENT_SECONDS, WAIT_SECONDS, Pooler, make_engine
from kirotodo.core.store.postgres.search import WordIndex
from kirotodo.core.store.revisions import HEAD
from kirotodo.core.store.statement import AnyStatement, built
from kirotodo.core.store.waiting import MovingQueue, Pace

log = logging.getLogger(__name__)

ROLE: Final = "kirotodo_app"
"""The role of every transaction; the migrations make it, where they may."""
_WRITING: Final = "BEGIN ISOLATION LEVEL READ COMMITTED"
_READING: Final = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
_SETTINGS: Final = (
    f"set_config('lock_timeout', '{WAIT_SECONDS:.0f}s', true), "
    f"set_config('idle_in_transaction_session_timeout', '{STATEMENT_SECONDS:.0f}s', true)"
)
_READ_ONLY: Final = text("SELECT current_setting('transaction_read_only')")
_APPEND_EVENTS: Final = text("SELECT written, stop FROM append_events(CAST(:pieces AS json), :app_role, :waits)")
_GUARDED: Final = text("SELECT row_security_active('users')")


class BuildingConnection:
    """Runs statements as SQLAlchemy builds them. See `core.store.statement.Connection`."""

    def __init__(self, connection: AsyncConnection, driver: Connection, known: DirectStatements) -> None:
        self.plain = connection
        self._driver = driver
        self._known = known

    async def execute(self, sql: AnyStatement, parameters: Any = None) -> Any:
        """Run a statement, with several sets of parameters if so many are given."""
        several = parameters if isinstance(parameters, list) else [parameters or {}]
        statement = self._known.find(sql, several[0]) if len(several) <= MANY else None
        if statement is None:
            return await self.plain.execute(built(sql), parameters)
        rows = Rows()
        try:
            for each in several:
                rows = statement.rows(await self._driver.ask(statement.text, statement.values(each)))
        except asyncpg.IntegrityConstraintViolationError as error:
            raise IntegrityError(None, None, error) from error
        return rows

    async def scalar(self, sql: AnyStatement) -> Any:
        """Run a statement and return the first value of its first row."""
        return await self.plain.scalar(built(sql))


class PostgresEngine:
    """See `core.store.engine.Engine` for what each method promises."""

    def __init__(self, address: Address, *, pool_size: int, pooler: Pooler) -> None:
        self.place = address.place
        self.full_text = WordIndex()
        self.read_only = False
        self.pool = make_engine(address, pool_size=pool_size, pooler=pooler)
        self._pool_size = pool_size
        self._pace = Pace()
        self._connections = self._queue(pool_size)
        self._users: dict[str, tuple[MovingQueue, int]] = {}
        self._role = ROLE
        self._known = DirectStatements(self.pool.dialect)
        self._closed = False

    @classmethod
    async def open(cls, url: str, *, pool_size: int, pooler: Pooler, migrate: bool) -> Self:
        """Raises `StorageBehind` where the database is of an older release and may not be migrated here."""
        address = address_of(url)
        if migrate and pooler == "none":
            await schema.move(address, HEAD, down=False)
        engine = cls(address, pool_size=pool_size, pooler=pooler)
        try:
            async with engine._transaction(_READING) as connection:
                schema.refuse_older(await schema.revision_of(connection.plain), address.place)
            await engine._choose_role()
        except BaseException:
            await engine.aclose()
            raise
        return engine

    def write(self, user_id: str, *, single: bool = False) -> AbstractAsyncContextManager[BuildingConnection]:
        return self._alone() if single else self._write(user_id)

    async def append_events(
        self, connection: statement.Connection, events: Sequence[OwnedEvent], *, waits: bool
    ) -> dict[str, bool]:
        rows = await connection.execute(
            _APPEND_EVENTS, {"pieces": events_json(events), "app_role": self._role, "waits": waits}
        )
        return {turn_id: bool(cancel_requested) for turn_id, cancel_requested in rows}

    @asynccontextmanager
    async def _write(self, user_id: str) -> AsyncIterator[BuildingConnection]:
        # Queue in this process first: a writer that waits for the advisory lock would hold a connection meanwhile.
        # The lock is one for each user, held until the transaction ends: it orders the writes of several servers too.
        uid = _literal(user_id)
        begin = f"{_WRITING};{self._scope_of(uid)}, pg_advisory_xact_lock(hashtextextended({uid}, 0))"
        async with self._turn_to_write(user_id), self._transaction(begin) as connection:
            yield connection

    def read(self, user_id: str) -> AbstractAsyncContextManager[BuildingConnection]:
        return self._transaction(f"{_READING};{self._scope_of(_literal(user_id))}")

    def operate(self, *, writing: bool = False) -> AbstractAsyncContextManager[BuildingConnection]:
        scope = f"SELECT set_config('role', '{self._role}', true), {_SETTINGS}, set_config('app.operator', 'on', true)"
        return self._transaction(f"{_WRITING if writing else _READING};{scope}")

    def _scope_of(self, uid: str) -> str:
        """The statement that says whose a transaction is, and under which role it runs."""
        return f"SELECT set_config('role', '{self._role}', true), {_SETTINGS}, set_config('app.user_id', {uid}, true)"

    def change_token(self) -> object:
        return object()

    async def require_writable(self) -> None:
        async with self.operate(writing=True) as connection:
            revision = await schema.revision_of(connection.plain)
            read_only = (await connection.execute(_READ_ONLY)).scalar() == "on"  # a standby, or set so
        schema.refuse_older(revision, self.place)  # somebody may have migrated it back while this runs
        if read_only:
            raise errors.read_only(self.place)

    def connections(self) -> tuple[int, int]:
        pool: Any = self.pool.pool
        return pool.checkedout(), pool.size()

    async def aclose(self) -> None:
        self._closed = True
        await self.pool.dispose()

    async def _choose_role(self) -> None:
        """Stay the user of DATABASE_URL where that one may not become the role that the migrations make."""
        try:
            guarded = await self._guarded()
        except (InvalidInput, StorageError):
            self._role = "none"
            guarded = await self._guarded()
        if not guarded:
            log.warning("row-level security does not hold for the user of DATABASE_URL; grant %s to it", ROLE)

    async def _guarded(self) -> bool:
        async with self.read("") as connection:
            return bool(await connection.scalar(_GUARDED))

    def _queue(self, places: int) -> MovingQueue:
        busy = partial(errors.busy, self.place)
        return MovingQueue(places, patience=WAIT_SECONDS, stuck=busy, pace=self._pace)

    @asynccontextmanager
    async def _turn_to_write(self, user_id: str) -> AsyncIterator[None]:
        """A user's writers in this process queue here, so that they hold no more than one connection."""
        queue, length = self._users.get(user_id) or (self._queue(1), 0)
        self._users[user_id] = (queue, length + 1)
        try:
            async with queue.place():
                yield
        finally:
            _, length = self._users[user_id]
            if length == 1:
                del self._users[user_id]
            else:
                self._users[user_id] = (queue, length - 1)

    @asynccontextmanager
    async def _transaction(self, begin: str) -> AsyncIterator[BuildingConnection]:
        driver: Connection | None = None
        with errors.translate_errors(self.place, lost=lambda: driver is None or driver.is_closed()):
            async with self._connections.place():
                connection, driver = await self._begun(begin)
                try:
                    yield BuildingConnection(connection, driver, self._known)
                    await to_the_end(driver.commit())
                except BaseException:
                    await to_the_end(_rolled_back(connection, driver))
                    raise
                finally:
                    await self._give_back(connection)

    @asynccontextmanager
    async def _alone(self) -> AsyncIterator[BuildingConnection]:
        """A connection for one statement, which says by itself whose it is and is a transaction of its own."""
        driver: Connection | None = None
        with errors.translate_errors(self.place, lost=lambda: driver is None or driver.is_closed()):
            async with self._connections.place():
                connection = await self.pool.connect()
                while _driver_of(connection).is_closed():  # by a restart of the server
                    await connection.invalidate()
                    await connection.close()
                    connection = await self.pool.connect()
                driver = _driver_of(connection)
                try:
                    yield BuildingConnection(connection, driver, self._known)
                finally:
                    await self._give_back(connection)

    async def _give_back(self, connection: AsyncConnection) -> None:
        """Return a connection to the pool, or end it where the pool was closed meanwhile and nobody would."""
        if self._closed:
            await connection.invalidate()
        await connection.close()

    async def _begun(self, begin: str) -> tuple[AsyncConnection, Connection]:
        """A connection in a transaction. Those that a restart of the server left dead in the pool are thrown away here,
        which costs nothing as long as all is well."""
        # After a restart of the server every pooled connection may be dead; the one after them is new.
        for attempt in range(self._pool_size + 1):
            connection = await self.pool.connect()
            driver = _driver_of(connection)
            try:
                # Nothing has been written yet, so to retry on another connection can do nothing twice.
                await driver.begin(begin)
            except BaseException as error:
                dead = driver.is_closed() or errors.lost(error)
                try:
                    await (connection.invalidate() if dead else to_the_end(_rolled_back(connection, driver)))
                finally:
                    await connection.close()
                if not dead or attempt == self._pool_size:
                    raise
            else:
                return connection, driver
        raise AssertionError("unreachable")


def _literal(text: str) -> str:
    """A text within a statement, in which no sign can mean anything else: hexadecimal digits alone."""
    return f"convert_from(decode('{text.encode('utf-8', 'surrogatepass').hex()}', 'hex'), 'UTF8')"


def _driver_of(connection: AsyncConnection) -> Connection:
    assert connection.sync_connection is not None
    driver = connection.sync_connection.connection.driver_connection
    assert isinstance(driver, Connection)
    return driver


async def _rolled_back(connection: AsyncConnection, driver: Connection) -> None:
    """Roll back; a connection that cannot even do that is thrown away."""
    try:
        await driver.rollback()
    except Exception:
        await connection.invalidate()
