"""Rings reminders on this machine: claims what is due, has it shown, and writes the receipt once it was.

How it is shown is for others: the chat, a terminal, the desktop. Whoever shows it says whether it was; only then is the
receipt written (decision 0040). Between reminders this sleeps, until `wake` is called for a change of the list.
"""

import asyncio
import uuid
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from kirotodo.core.backend import Backend
from kirotodo.core.domain.reminder import Claim, Claimed, Reminder
from kirotodo.core.errors import KirotodoError

SLEEP_MAX: Final = 60.0
"""The clock of a machine that was suspended goes on, that of a sleeping loop does not: it looks at the clock again."""
RETRY_SECONDS: Final = 60.0
"""When to try again after nobody could show a reminder, the list could not be reached or a receipt was not kept."""
PAUSE: Final = timedelta(seconds=1)
"""How long to wait where the next look was due in the past: whatever the list answers, it is not asked without end."""
TOGETHER: Final = 5
"""Up to so many reminders that are due at once are shown one by one, more of them as one notice."""

Show = Callable[[Sequence[Reminder]], Awaitable[bool]]
"""Shows reminders, as one notice where they are several. Returns whether it could."""


class ClientRinger:
    """Rings for the user of a backend, in this program."""

    def __init__(self, backend: Backend, show: Show, *, clock: Callable[[], datetime]) -> None:
        self._backend = backend
        self._show = show
        self._clock = clock
        self._owner = f"client {uuid.uuid4().hex}"
        self._news = asyncio.Event()
        self._until: datetime | None = None
        """When it looks again by itself."""
        self._shown: dict[tuple[int, datetime], Claim] = {}
        """What was shown, as long as its receipt is not written."""

    def wake(self) -> None:
        """Look again: the list may have changed."""
        self._news.set()

    def hear(self, moments: Iterable[datetime | None], *, first: bool = False) -> None:
        """Look again where tasks changed whose reminders, at these moments, come before the next look.

        The `first` change of a stream wakes in any case: what changed before it began has not been heard of.
        """
        soonest = min((moment for moment in moments if moment is not None), default=None)
        if first or (soonest is not None and (self._until is None or soonest < self._until)):
            self.wake()

    async def ring_due(self) -> Claimed:
        """Ring everything that is due, and return what comes next. Raises what the backend raises."""
        rung = set[tuple[int, datetime]]()
        while True:
            claimed = await self._backend.claim_reminders(self._owner)
            moments = {(each.task.id, each.remind_at) for each in claimed.items}
            if not moments:
                return claimed
            if moments & rung:  # the list keeps no receipts
                return self._later(claimed)
            for some in _notices(claimed.items):
                if not await self._ring(some):
                    await self._backend.settle_reminders(self._owner, [each.claim for each in some], rung=False)
                    return self._later(claimed)
            rung |= moments

    def _later(self, claimed: Claimed) -> Claimed:
        return replace(claimed, next_at=self._clock() + timedelta(seconds=RETRY_SECONDS))

    async def _ring(self, reminders: Sequence[Reminder]) -> bool:
        fresh = [each for each in reminders if (each.task.id, each.remind_at) not in self._shown]
        if fresh and not await self._show(fresh):
            return False
        # Claimed once more after a receipt that may not have arrived, it is settled and not shown again.
        self._shown.update({(each.task.id, each.remind_at): each.claim for each in reminders})
        await self._backend.settle_reminders(self._owner, [each.claim for each in reminders])
        for each in reminders:
            del self._shown[each.task.id, each.remind_at]
        return True

    async def run(self, *, waiting: Callable[[Claimed], None], trouble: Callable[[KirotodoError], None]) -> None:
        """Ring for ever. `waiting` is called with what comes next, `trouble` where the list could not be reached."""
        while True:
            self._news.clear()
            self._until = None  # whatever comes from now on may not be in what is claimed
            try:
                claimed = await self.ring_due()
                waiting(claimed)
                until = claimed.next_at
            except KirotodoError as error:
                trouble(error)
                until = self._clock() + timedelta(seconds=RETRY_SECONDS)
            self._until = until
            await self._sleep(until)

    async def _sleep(self, until: datetime | None) -> None:
        if until is not None and until <= self._clock():
            until = self._clock() + PAUSE
        while until is None or until > self._clock():
            seconds = None if until is None else min(SLEEP_MAX, (until - self._clock()).total_seconds())
            try:
                async with asyncio.timeout(seconds):
                    await self._news.wait()
                return
            except TimeoutError:
                continue


def _notices(reminders: Sequence[Reminder]) -> list[Sequence[Reminder]]:
    return [reminders] if len(reminders) > TOGETHER else [[each] for each in reminders]
