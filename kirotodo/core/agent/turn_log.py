"""Writes on one turn by the process that owns it.

Every write is one short transaction whose first statement checks that the turn is still ours. It numbers its events,
and hands them to viewers only once they are committed. So nothing a viewer saw is ever lost, and a process that lost
its lease cannot write. Text on its way from the model is gathered for a tenth of a second and written as one event,
together with that of all other turns of this process.
"""

import asyncio
import math
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from types import TracebackType
from typing import Any, Final, Self

from kirotodo.core.agent.event_hub import EventHub
from kirotodo.core.domain.history import Actor
from kirotodo.core.errors import StorageError
from kirotodo.core.events import EncodedEvent, TextDelta, TurnEvent
from kirotodo.core.store.database import Database, Store
from kirotodo.core.store.leases import Lease, OwnedEvent, StaleOwner
from kirotodo.core.store.turns import TurnStore
from kirotodo.core.text.sanitize import SurrogateJoiner

Fence = Callable[[TurnStore], Awaitable[bool]]
FLUSH_SECONDS: Final = 0.1
"""How long text is gathered before it becomes an event, unless writing takes longer; the first goes out at once."""
TOGETHER_MAX: Final = 64
"""Events of one write: their viewers wake in the same round of the event loop, which should stay short."""


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


class EventWriter:
    """Writes events of this process's turns: whatever came while one write was under way goes along with the next.
    `on_stored` is called with the seconds that each took."""

    def __init__(self, database: Database, on_stored: Callable[[float], None]) -> None:
        self._database = database
        self._on_stored = on_stored
        self._waiting: list[tuple[OwnedEvent, asyncio.Future[bool]]] = []
        self._writing: asyncio.Task[None] | None = None

    async def append(self, event: OwnedEvent) -> bool:
        """Store one event; return whether a cancel was requested. Raises `StaleOwner` and storage errors."""
        loop = asyncio.get_running_loop()
        written: asyncio.Future[bool] = loop.create_future()
        self._waiting.append((event, written))
        if self._writing is None:
            self._writing = asyncio.create_task(self._write(), name="events")
        began = loop.time()
        try:
            return await written
        finally:
            self._on_stored(loop.time() - began)

    async def _write(self) -> None:
        try:
            while self._waiting:
                together, self._waiting = self._waiting[:TOGETHER_MAX], self._waiting[TOGETHER_MAX:]
                if len(together) > 1:
                    await self._write_together(together)
                for event, written in together:
                    if not written.done():
                        await self._write_alone(event, written)
        finally:
            self._writing = None

    async def _write_together(self, together: list[tuple[OwnedEvent, asyncio.Future[bool]]]) -> None:
        """Write these in one statement, as far as that is possible."""
        try:
            held = await self._database.append_events([event for event, _ in together])
        except StorageError as error:  # it would come to the same for each
            for _, written in together:
                _fail(written, error)
            return
        except Exception:  # of one of them, perhaps: each tries alone
            return
        for event, written in together:
            if event.lease.turn_id in held and not written.done():
                written.set_result(held[event.lease.turn_id])

    async def _write_alone(self, event: OwnedEvent, written: asyncio.Future[bool]) -> None:
        try:
            held = await self._database.append_events([event])
        except Exception as error:
            _fail(written, error)
            return
        if written.done():
            return
        if event.lease.turn_id in held:
            written.set_result(held[event.lease.turn_id])
        else:
            _fail(written, StaleOwner("This turn is over, or goes on somewhere else."))


def _fail(written: asyncio.Future[bool], error: Exception) -> None:
    if not written.done():
        written.set_exception(error)


class TurnLog:
    """Writes of one turn by its owner. `on_cancel` is called where another process asked for a stop."""

    def __init__(
        self,
        *,
        database: Database,
        hub: EventHub,
        writer: EventWriter,
        user_id: str,
        turn_id: str,
        epoch: int,
        last_seq: int,
    ) -> None:
        self.database = database
        self._writer = writer
        self.user_id = user_id
        self.turn_id = turn_id
        self.epoch = epoch
        self.on_cancel: Callable[[], None] = lambda: None
        self.actor: Actor | None = None
        """Who makes the changes of this turn, once its model is known."""
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
        async with self.database.begin(self.user_id, turn_id=self.turn_id, call_id=call_id, actor=self.actor) as store:
            # The fence comes first and locks the row: an owner of an older epoch fails before it changes anything.
            cancel_requested = await (first(store.turns) if first else store.turns.fence(self.turn_id, self.epoch))
            entry = TurnTransaction(store, self.turn_id, self.last_seq)
            yield entry
            await entry.append()
            changed, news = store.changed, store.news()
        # Only now: viewers must never see an event that a rollback takes back.
        self._committed(entry.events, cancel_requested=cancel_requested)
        if changed:
            self._hub.list_changed(self.user_id, news)

    async def append(self, kind: Callable[..., TurnEvent], **fields: Any) -> None:
        """Write one event and nothing else, with those that other turns write now. Raises `StaleOwner`."""
        # The INSERT selects from the turn of this epoch, so it is its own fence and needs no transaction around it.
        event = EncodedEvent.of(kind(turn_id=self.turn_id, seq=self.last_seq + 1, **fields))
        cancel_requested = await self._writer.append(OwnedEvent(lease=self.lease, seq=event.seq, data=event.data))
        self._committed([event], cancel_requested=cancel_requested)

    def _committed(self, events: list[EncodedEvent], *, cancel_requested: bool) -> None:
        self.last_seq += len(events)
        if cancel_requested:
            self.on_cancel()
        self._hub.publish(self.turn_id, events)


class TextFlow:
    """Feeds a step's text to the log while the model still speaks.

    An `asyncio.Task` of its own writes, so that stopping the model never cuts a transaction. `text` is all the text of
    this attempt, begun with `lead` (what parts it from the step before); `rest` is what is not written yet and is for
    the caller to write together with what ends the step (`emit_rest`). `on_error` is called where writing failed: see
    `error`.
    """

    def __init__(self, log: TurnLog, *, step: int, attempt: int, lead: str, on_error: Callable[[], None]) -> None:
        self.step = step
        self.attempt = attempt
        self.text = ""
        self.rest = ""
        self.error: BaseException | None = None
        self._lead = lead
        self._joiner = SurrogateJoiner()
        self._shown_attempt = attempt - 1
        self._log = log
        self._on_error = on_error
        self._fed = asyncio.Event()
        self._closing = asyncio.Event()

    def feed(self, text: str) -> None:
        """Take more text of the model."""
        self._add(self._joiner.feed(text))

    def _add(self, text: str) -> None:
        if not text:
            return
        if not self.text:
            text = self._lead + text
        self.text += text
        self.rest += text
        self._fed.set()

    def restart(self) -> None:
        """Start over: the model begins its step anew."""
        self.attempt += 1
        self._joiner = SurrogateJoiner()
        self.text = ""
        self.rest = ""

    @property
    def is_stale(self) -> bool:
        """Return whether viewers still hold the text of an attempt that was given up."""
        return 0 <= self._shown_attempt < self.attempt

    def emit_rest(self, entry: TurnTransaction) -> None:
        """Emit what is not written yet, with what ends the step."""
        if self.rest or self.is_stale:
            entry.emit(TextDelta, step=self.step, attempt=self.attempt, text=self.rest)

    async def __aenter__(self) -> Self:
        self._writer = asyncio.create_task(self._write(), name=f"text of {self._log.turn_id}")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._add(self._joiner.finish())
        self._closing.set()
        self._fed.set()
        await self._writer

    async def _write(self) -> None:
        try:
            while not self._closing.is_set():
                await self._fed.wait()
                self._fed.clear()
                if self._closing.is_set():
                    return
                began = time.monotonic()
                if self.rest:
                    await self._flush()
                pause = _until_next_beat(time.monotonic(), began)
                try:
                    async with asyncio.timeout(pause):
                        await self._closing.wait()
                except TimeoutError:
                    continue
        except Exception as error:
            self.error = error
            self._on_error()

    async def _flush(self) -> None:
        attempt, text = self.attempt, self.rest
        self.rest = ""
        try:
            await self._log.append(TextDelta, step=self.step, attempt=attempt, text=text)
        except BaseException:
            self.rest = text + self.rest
            raise
        self._shown_attempt = attempt


def _until_next_beat(now: float, began: float) -> float:
    """Return how long to gather text after a write that began then: until the next beat, which all turns of a process
    share so that they write together; at least half a beat, and as long as the write took."""
    earliest = max(began + FLUSH_SECONDS / 2, now + (now - began) / 2)
    return math.ceil(earliest / FLUSH_SECONDS) * FLUSH_SECONDS - now
