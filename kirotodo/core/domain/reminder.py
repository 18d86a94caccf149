"""Reminders that are due: frozen values of a claim, and of what rang."""

from datetime import datetime, timedelta
from typing import Final, Literal

from kirotodo.core.domain.task import Task
from kirotodo.core.lazy_dataclasses import dataclass

LATE_AFTER: Final = timedelta(minutes=2)
"""A reminder that rings so long after its moment says that it is late."""
CLAIM_MAX: Final = 50
"""Reminders that are claimed at once."""
LEASE: Final = timedelta(seconds=30)
"""How long whoever claimed a reminder has to ring it; after that it is anybody's again."""
TargetKind = Literal["webhook", "ntfy"]
NO_SERVER: Final = (
    "Only a server rings elsewhere, and this list is on no server. Sign in to one (kirotodo login URL), or ring here: "
    "kirotodo remind"
)


@dataclass(frozen=True, kw_only=True, slots=True)
class ReminderTarget:
    """Where a server rings for a user who may be elsewhere: one of each kind.

    `secret` signs what a webhook is sent, and is the access token of an ntfy topic; None where there is none, or where
    it isn't shown.
    """

    kind: TargetKind
    url: str
    secret: str | None = None


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
