"""Who is watching what in this process: viewers of turns, and viewers of lists.

The database holds every event before it comes here, so a viewer that is too slow loses nothing: it is told to read on
from the database. Nobody here ever waits for a viewer. The newest events of turns that run here are kept while they do,
so that a viewer who comes a little later need not read them from the database either.
"""

import asyncio
from collections import defaultdict, deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from kirotodo.core.backend import ListChanged
from kirotodo.core.events import EncodedEvent

VIEWER_QUEUE: Final = 512
"""Events kept for a viewer in memory; past that it reads from the database again."""
LIST_QUEUE: Final = 32
"""Changes of a list kept for a viewer in memory."""


class TurnViewer:
    """One viewer of one turn, who has all events up to the seq `last_seen`. `behind` is True where the next events must
    be read from the database."""

    def __init__(self, user_id: str, *, last_seen: int) -> None:
        self.user_id = user_id
        self.last_seen = last_seen
        self._events: deque[EncodedEvent] = deque()
        self._wake = asyncio.Event()
        self.behind = True
        self.error: BaseException | None = None

    def offer(self, events: Sequence[EncodedEvent]) -> None:
        """Hand an event to the viewer, who falls behind where memory would grow too large."""
        if len(self._events) + len(events) > VIEWER_QUEUE:
            self._events.clear()
            self.behind = True
        if not self.behind:
            self._events.extend(events)
        self._wake.set()

    def fall_behind(self) -> None:
        """Drop what waits here: the viewer reads it from the database."""
        self.behind = True
        self._wake.set()

    def fail(self, error: BaseException) -> None:
        """Let the viewer raise `error` at its next wait."""
        self.error = error
        self._wake.set()

    def take(self) -> tuple[EncodedEvent, ...]:
        """Return every event since the last call."""
        taken = tuple(self._events)
        self._events.clear()
        self._wake.clear()
        return taken

    async def wait(self) -> None:
        """Wait until an event came, or may have come."""
        await self._wake.wait()


class ListViewer(asyncio.Event):
    """One who follows a list: set whenever there may be news of it."""

    def __init__(self) -> None:
        super().__init__()
        self._news: list[ListChanged] = []
        self._unknown = False
        self._grown = 0

    def offer(self, news: ListChanged | None) -> None:
        """Take what one transaction changed; None where only the database can tell."""
        if news is None or len(self._news) >= LIST_QUEUE:
            self._unknown = True
        else:
            self._news.append(news)
        self.set()

    def grown(self, revision: int) -> None:
        """Note that the list has come to this revision, wherever it was changed."""
        self._grown = max(self._grown, revision)
        self.set()

    def after(self, revision: int) -> list[ListChanged] | None:
        """Return the changes that came after this revision, and forget them; None where the database has to be read.

        A transaction moves the revision on by one: a gap is one of another process, or one that is still to be offered.
        """
        news, unknown = sorted(self._news, key=lambda each: each.revision), self._unknown
        self._news, self._unknown = [], False
        self.clear()
        fresh: list[ListChanged] = []
        for each in news:
            if each.revision == revision + 1:
                fresh.append(each)
                revision = each.revision
            elif each.revision > revision:
                return None
        return None if unknown or self._grown > revision else fresh


@dataclass(kw_only=True, slots=True)
class _TurnEvents:
    """The newest events of a turn that runs here; `before` is the seq that they follow on."""

    user_id: str
    before: int
    events: list[EncodedEvent]


class EventHub:
    """Hands events to the viewers of this process."""

    def __init__(self) -> None:
        self._turns: dict[str, set[TurnViewer]] = defaultdict(set)
        self._kept: dict[str, _TurnEvents] = {}
        self._lists: dict[str, set[ListViewer]] = defaultdict(set)
        self.on_list_changed: Callable[[str, ListChanged | None], None] | None = None
        """Called with every change that this process makes to any list, and what is known of it."""

    @property
    def viewers(self) -> int:
        """Return how many viewers watch a turn or a list in this process."""
        return sum(map(len, self._turns.values())) + sum(map(len, self._lists.values()))

    @property
    def turns_elsewhere(self) -> list[tuple[str, str]]:
        """Return user and id of each turn that is watched here and does not run here."""
        return [
            (next(iter(viewers)).user_id, turn_id)
            for turn_id, viewers in self._turns.items()
            if viewers and turn_id not in self._kept
        ]

    @property
    def lists(self) -> list[str]:
        """Return the users whose list is watched here."""
        return list(self._lists)

    def keep(self, user_id: str, turn_id: str, *, before: int, events: Sequence[EncodedEvent] = ()) -> None:
        """Keep the events of a turn that runs here from now on; `events` are those stored after the seq `before`."""
        self._kept[turn_id] = _TurnEvents(user_id=user_id, before=before, events=list(events))

    def keeps(self, user_id: str, turn_id: str) -> bool:
        """Return whether the events of this turn of the user are kept here."""
        kept = self._kept.get(turn_id)
        return kept is not None and kept.user_id == user_id

    def forget(self, turn_id: str) -> None:
        """Drop a turn that no longer runs here: its viewers read on from the database."""
        self._kept.pop(turn_id, None)
        self.publish(turn_id, ())

    @contextmanager
    def viewer(self, user_id: str, turn_id: str, *, after: int) -> Iterator[TurnViewer]:
        """Return a viewer who saw all events up to `after`; `behind` unless memory holds all that came since."""
        viewer = TurnViewer(user_id, last_seen=after)
        kept = self._kept.get(turn_id)
        if kept is not None and kept.user_id == user_id and kept.before <= after:
            viewer.behind = False
            viewer.offer([event for event in kept.events if event.seq > after])
        self._turns[turn_id].add(viewer)
        try:
            yield viewer
        finally:
            self._turns[turn_id].discard(viewer)
            if not self._turns[turn_id]:
                del self._turns[turn_id]

    def publish(self, turn_id: str, events: Sequence[EncodedEvent]) -> None:
        """Hand new events of a turn to its viewers here."""
        kept = self._kept.get(turn_id)
        if kept is not None:
            kept.events.extend(events)
            if (beyond := len(kept.events) - VIEWER_QUEUE) > 0:
                # A viewer from before this seq would miss events, so it starts from the database instead.
                kept.before = kept.events[beyond - 1].seq
                del kept.events[:beyond]
        for viewer in self._turns.get(turn_id, ()):
            viewer.offer(events)

    def grown(self, turn_id: str, last_seq: int) -> bool:
        """Note that the database holds events up to this seq; return whether any viewer of the turn lacks some."""
        late = [viewer for viewer in self._turns.get(turn_id, ()) if viewer.last_seen < last_seq]
        for viewer in late:
            viewer.fall_behind()
        return bool(late)

    def fail(self, turn_id: str, error: BaseException) -> None:
        """Give `error` to the viewers of a turn that can neither go on nor write that down."""
        for viewer in self._turns.get(turn_id, ()):
            viewer.fail(error)

    @contextmanager
    def list_viewer(self, user_id: str) -> Iterator[ListViewer]:
        """Return a viewer who is told whenever the user's list or conversations changed."""
        changed = ListViewer()
        self._lists[user_id].add(changed)
        try:
            yield changed
        finally:
            self._lists[user_id].discard(changed)
            if not self._lists[user_id]:
                del self._lists[user_id]

    def list_changed(self, user_id: str, news: ListChanged | None = None) -> None:
        """Tell everyone who watches the user's list here that a transaction of this process changed it, and how if that
        is known."""
        if self.on_list_changed is not None:
            self.on_list_changed(user_id, news)
        for viewer in self._lists.get(user_id, ()):
            viewer.offer(news)

    def list_grown(self, user_id: str, revision: int) -> None:
        """Tell everyone who watches the user's list here which revision it has come to."""
        for viewer in self._lists.get(user_id, ()):
            viewer.grown(revision)
