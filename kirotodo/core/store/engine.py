"""What a database has to offer to the stores, whichever it is: SQLite and PostgreSQL each have an engine."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any, Protocol

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from kirotodo.core.store.leases import OwnedEvent
from kirotodo.core.store.transaction import FullText


class Engine(Protocol):
    """Transactions on one database. Each commits at the end, rolls back on any exception, and tells the driver's errors
    in ours."""

    @property
    def pool(self) -> AsyncEngine:
        """Where the connections come from."""

    @property
    def read_only(self) -> bool:
        """Whether nothing can be written, as was found when it was opened."""

    @property
    def full_text(self) -> FullText:
        """How texts are searched."""

    def write(self, user_id: str, *, single: bool = False) -> AbstractAsyncContextManager[AsyncConnection]:
        """A transaction of one user that may write. Those of one user come one after another. With `single` there is
        no transaction around the one statement, which is `append_events`."""

    async def append_events(
        self, connection: AsyncConnection, events: Sequence[OwnedEvent], *, waits: bool
    ) -> dict[str, bool]:
        """Store events of turns of whichever users, in one statement. Return the turns that are still so owned, each
        with whether a cancel was requested; unless it `waits`, without those that somebody else is writing to."""

    def read(self, user_id: str) -> AbstractAsyncContextManager[AsyncConnection]:
        """A transaction of one user that sees one moment, and writes nothing."""

    def operate(self, *, writing: bool = False) -> AbstractAsyncContextManager[AsyncConnection]:
        """A transaction of whoever runs this: it sees every user's rows, and changes them only if `writing`."""

    def change_token(self) -> object:
        """Equal tokens mean that nobody committed anything in between, in this program or another. Does not block."""

    async def require_writable(self) -> None:
        """Raise `StorageReadOnly` where the database is known to let nobody write."""

    async def aclose(self) -> None:
        """Close every connection."""


@asynccontextmanager
async def transaction_of(connect: Callable[[], Awaitable[AsyncConnection]]) -> AsyncIterator[AsyncConnection]:
    """Give a connection whose transaction is committed at the end, and rolled back on any exception."""
    connection = await connect()
    try:
        yield connection
        # Shielded: a cancellation between sending COMMIT and reading its answer would leave the outcome unknown.
        await to_the_end(connection.commit())
    except BaseException:
        await abandon(connection)
        raise
    finally:
        await connection.close()


async def abandon(connection: AsyncConnection) -> None:
    """Roll back, whoever is cancelled meanwhile; a connection that cannot even do that is thrown away."""
    await to_the_end(_rolled_back(connection))


async def _rolled_back(connection: AsyncConnection) -> None:
    try:
        await connection.rollback()
    except Exception:
        await connection.invalidate()


async def to_the_end(work: Awaitable[Any]) -> None:
    """Await it whole: a cancellation waits until it is done, so that no connection is left half way."""
    running = asyncio.ensure_future(work)
    try:
        await asyncio.shield(running)
    except asyncio.CancelledError:
        await asyncio.wait([running])
        raise
