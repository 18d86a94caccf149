"""What a database has to offer to the stores, whichever it is: SQLite and PostgreSQL each have an engine."""

from collections.abc import Awaitable, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any, Protocol

from kirotodo.core.store.leases import OwnedEvent
from kirotodo.core.store.statement import Connection
from kirotodo.core.store.transaction import FullText


class Engine(Protocol):
    """Transactions on one database. Each commits at the end, rolls back on any exception, and tells the driver's errors
    in ours."""

    def connections(self) -> tuple[int, int]:
        """Return how many connections are in use, and how many there may be."""

    @property
    def read_only(self) -> bool:
        """Whether nothing can be written, as was found when it was opened."""

    @property
    def full_text(self) -> FullText:
        """How texts are searched."""

    def write(self, user_id: str, *, single: bool = False) -> AbstractAsyncContextManager[Connection]:
        """A transaction of one user that may write. Those of one user come one after another. With `single` there is
        no transaction around the one statement, which is `append_events`."""

    async def append_events(
        self, connection: Connection, events: Sequence[OwnedEvent], *, waits: bool
    ) -> dict[str, bool]:
        """Store events of turns of whichever users, in one statement. Return the turns that are still so owned, each
        with whether a cancel was requested; unless it `waits`, without those that somebody else is writing to."""

    def read(self, user_id: str) -> AbstractAsyncContextManager[Connection]:
        """A transaction of one user that sees one moment, and writes nothing."""

    def operate(self, *, writing: bool = False) -> AbstractAsyncContextManager[Connection]:
        """A transaction of whoever runs this: it sees every user's rows, and changes them only if `writing`."""

    def change_token(self) -> object:
        """Equal tokens mean that nobody committed anything in between, in this program or another. Does not block."""

    async def require_writable(self) -> None:
        """Raise `StorageReadOnly` where the database is known to let nobody write, `StorageBehind` where it lacks
        tables of this release."""

    async def aclose(self) -> None:
        """Close every connection."""


async def to_the_end(work: Awaitable[Any]) -> None:
    """Await it whole: a cancellation waits until it is done, so that no connection is left half way.

    It is waited for however often one is cancelled: a cancelled scope of anyio cancels its tasks until they have ended.
    """
    import asyncio  # here, since a command on the list of this computer does without it

    running = asyncio.ensure_future(work)
    cancelled: asyncio.CancelledError | None = None
    while not running.done():
        try:
            await asyncio.wait([running])
        except asyncio.CancelledError as error:
            cancelled = error
    if cancelled is not None:
        if not running.cancelled():
            running.exception()  # it is known of, and matters no more
        raise cancelled
    running.result()
