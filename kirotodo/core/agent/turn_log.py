"""Writes on one turn by the process that owns it.

Every write is one short transaction whose first statement checks that the turn is still ours. It numbers its events,
and hands them to viewers only once they are committed. So nothing a viewer saw is ever lost, and a process that lost
its lease cannot write.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

from kirotodo.core.agent.event_hub import EventHub
from kirotodo.core.events import EncodedEvent, TurnEvent
from kirotodo.core.store.database import Database, Store
from kirotodo.core.store.turns import Lease, TurnStore

Fence = Callable[[TurnStore], Awaitable[bool]]


class TurnTransaction:
    """One transaction of a turn: its open store, and the events it will append."""

    def __init__(self, store: Store, turn_id: str, last_seq: int) -> None:
        self.store = store
        self.events: list[EncodedEvent] = []
        self._turn_id = turn_id
        self._last_seq = last_seq

    @property
    def last_seq(self) -> int:
        """Return the sequence number of the last event, those not yet written included."""
        return self._last_seq + len(self.events)

    async def append(self) -> None:
        """Write the events, as the transaction's last statement."""
        if self.events:
            await self.store.turns.append_events(self._turn_id, [(event.seq, event.data) for event in self.events])

    def emit(self, kind: Callable[..., TurnEvent], **fields: Any) -> None:
        """Append an event of class `kind`; `turn_id` and `seq` are filled in."""
        self.events.append(EncodedEvent.of(kind(turn_id=self._turn_id, seq=self.last_seq + 1, **fields)))


class TurnLog:
    """Writes of one turn by its owner. `on_cancel` is called where another process asked for a stop."""

    def __init__(
        self, *, database: Database, hub: EventHub, user_id: str, turn_id: str, epoch: int, last_seq: int
    ) -> None:
        self.database = database
        self.user_id = user_id
        self.turn_id = turn_id
        self.epoch = epoch
        self.on_cancel: Callable[[], None] = lambda: None
        self._hub = hub
        self.last_seq = last_seq

    @property
    def lease(self) -> Lease:
        """Return the lease by which this process owns the turn."""
        return Lease(user_id=self.user_id, turn_id=self.turn_id, epoch=self.epoch)

    @asynccontextmanager
    async def write(self, *, call_id: str | None = None, first: Fence | None = None) -> AsyncIterator[TurnTransaction]:
        """Open one transaction. `first` is what it begins with, where that is a fence too; it returns whether a cancel
        was requested. Raises `StaleOwner` where the turn was taken over or is over."""
        async with self.database.begin(self.user_id, turn_id=self.turn_id, call_id=call_id) as store:
            # The fence comes first and locks the row: an owner of an older epoch fails before it changes anything.
            cancel_requested = await (first(store.turns) if first else store.turns.fence(self.turn_id, self.epoch))
            entry = TurnTransaction(store, self.turn_id, self.last_seq)
            yield entry
            await entry.append()
            list_changed = bool(store.journal.changed.tasks or store.journal.changed.removed)
        # Only now: viewers must never see an event that a rollback takes back.
        self._committed(entry.events, cancel_requested=cancel_requested)
        if list_changed:
            self._hub.list_changed(self.user_id)

    async def append(self, kind: Callable[..., TurnEvent], **fields: Any) -> None:
        """Write one event and nothing else, in a transaction of one statement. Raises `StaleOwner`."""
        event = EncodedEvent.of(kind(turn_id=self.turn_id, seq=self.last_seq + 1, **fields))
        async with self.database.begin(self.user_id, turn_id=self.turn_id, single=True) as store:
            cancel_requested = await store.turns.append_event(self.turn_id, self.epoch, event.seq, event.data)
        self._committed([event], cancel_requested=cancel_requested)

    def _committed(self, events: list[EncodedEvent], *, cancel_requested: bool) -> None:
        self.last_seq += len(events)
        if cancel_requested:
            self.on_cancel()
        self._hub.publish(self.turn_id, events)
