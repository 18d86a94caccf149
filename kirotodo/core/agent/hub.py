"""Who is watching what in this process: viewers of turns, and viewers of lists.

The database holds every event before it comes here, so a viewer that is too slow loses nothing: it is told to read on
from the database. Nobody here ever waits for a viewer.
"""

import asyncio
from collections import defaultdict, deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Final

from kirotodo.core.events import TurnEvent

VIEWER_QUEUE: Final = 512
"""Events kept for a viewer in memory; past that it reads from the database again."""


class TurnViewer:
    """One viewer of one turn. `behind` is True where memory cannot tell what comes next and the database must."""

    def __init__(self) -> None:
        self._events: deque[TurnEvent] = deque()
        self._wake = asyncio.Event()
        self.behind = False
        self.error: BaseException | None = None

    def offer(self, events: Sequence[TurnEvent]) -> None:
        if len(self._events) + len(events) > VIEWER_QUEUE:
            self._events.clear()
            self.behind = True
        if not self.behind:
            self._events.extend(events)
        self._wake.set()

    def fail(self, error: BaseException) -> None:
        self.error = error
        self._wake.set()

    def take(self) -> tuple[TurnEvent, ...]:
        """Everything that came since the last call."""
        taken = tuple(self._events)
        self._events.clear()
        self._wake.clear()
        return taken

    async def wait(self, seconds: float | None) -> None:
        """Until something came, or `seconds` went by; None waits for ever."""
        try:
            async with asyncio.timeout(seconds):
                await self._wake.wait()
        except TimeoutError:
            return


class EventHub:
    """Hands events to the viewers of this process."""

    def __init__(self) -> None:
        self._turns: dict[str, set[TurnViewer]] = defaultdict(set)
        self._lists: dict[str, set[asyncio.Event]] = defaultdict(set)

    @property
    def viewers(self) -> int:
        """How many watch a turn or a list in this process."""
        return sum(map(len, self._turns.values())) + sum(map(len, self._lists.values()))

    @contextmanager
    def viewer(self, turn_id: str) -> Iterator[TurnViewer]:
        viewer = TurnViewer()
        self._turns[turn_id].add(viewer)
        try:
            yield viewer
        finally:
            self._turns[turn_id].discard(viewer)
            if not self._turns[turn_id]:
                del self._turns[turn_id]

    def publish(self, turn_id: str, events: Sequence[TurnEvent]) -> None:
        for viewer in self._turns.get(turn_id, ()):
            viewer.offer(events)

    def nudge(self, turn_id: str) -> None:
        """The turn is not run here any more: its viewers are to look for themselves how it goes on."""
        self.publish(turn_id, ())

    def fail(self, turn_id: str, error: BaseException) -> None:
        """The turn cannot go on and cannot say so in the database: its viewers here get `error`."""
        for viewer in self._turns.get(turn_id, ()):
            viewer.fail(error)

    @contextmanager
    def list_viewer(self, user_id: str) -> Iterator[asyncio.Event]:
        """An `asyncio.Event` that is set whenever the user's list or conversations changed in this process."""
        changed = asyncio.Event()
        self._lists[user_id].add(changed)
        try:
            yield changed
        finally:
            self._lists[user_id].discard(changed)
            if not self._lists[user_id]:
                del self._lists[user_id]

    def list_changed(self, user_id: str) -> None:
        for changed in self._lists.get(user_id, ()):
            changed.set()
