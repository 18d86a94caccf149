"""Reminders that are due: frozen values of a claim, and of what rang."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from kirotodo.core.domain.task import Task

LATE_AFTER: Final = timedelta(minutes=2)
"""A reminder that rings so long after its moment says that it is late."""
CLAIM_MAX: Final = 50
"""Reminders that are claimed at once."""
LEASE: Final = timedelta(seconds=30)
"""How long whoever claimed a reminder has to ring it; after that it is anybody's again."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Claim:
    """A reminder that somebody is about to ring: of which task, for which moment, and the how-manieth attempt it is."""

    task_id: int
    remind_at: datetime
    epoch: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Reminder:
    """A claimed reminder, with its task as it is now. `again` says that an earlier claim ended without a receipt: it
    may have been shown before."""

    task: Task
    remind_at: datetime
    epoch: int
    late: bool = False
    again: bool = False

    @property
    def claim(self) -> Claim:
        """Return what names it when it is settled."""
        return Claim(task_id=self.task.id, remind_at=self.remind_at, epoch=self.epoch)


@dataclass(frozen=True, kw_only=True, slots=True)
class Upcoming:
    """The next reminder that waits."""

    task_id: int
    title: str
    remind_at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Claimed:
    """What is due and was claimed, the earliest first; when there may be more to claim (None: not before the list
    changes), and the next reminder that waits."""

    items: tuple[Reminder, ...] = ()
    next_at: datetime | None = None
    upcoming: Upcoming | None = None
