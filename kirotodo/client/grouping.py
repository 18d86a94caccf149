"""How a list of tasks is laid out for a person: sections, their order, and how pressing each is. Pure."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final, Literal

from kirotodo.core.domain.task import PRIORITIES, Task

SectionKind = Literal["overdue", "today", "upcoming", "no_date", "done"]
Urgency = Literal["late", "today", "later", "none"]

TITLES: Final[dict[SectionKind, str]] = {
    "overdue": "Overdue",
    "today": "Today",
    "upcoming": "Upcoming",
    "no_date": "No date",
    "done": "Done",
}
RECENT: Final = timedelta(days=1)
"""How long a done task is still worth showing."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Section:
    kind: SectionKind
    tasks: tuple[Task, ...]

    @property
    def title(self) -> str:
        return TITLES[self.kind]


def sections(tasks: Iterable[Task], *, today: date, now: datetime, keep: Collection[int] = ()) -> list[Section]:
    """The tasks in sections, each sorted, empty ones left out. `now` is aware.

    What is due today at a time that has passed stays under Today, where it comes first. Tasks done lately form the
    last section, latest first, save those of `keep`: they stay where they stood while open, so that nothing moves
    under the cursor. What was done longer ago is left out.
    """
    found: dict[SectionKind, list[Task]] = {kind: [] for kind in TITLES}
    for task in tasks:
        if task.completed_at is None or task.id in keep:
            found[_open_kind(task, today)].append(task)
        elif now - task.completed_at < RECENT:
            found["done"].append(task)
    for members in found.values():
        members.sort(key=order)
    found["done"].sort(key=lambda task: task.completed_at or now, reverse=True)
    return [Section(kind=kind, tasks=tuple(members)) for kind, members in found.items() if members]


def order(task: Task) -> tuple[date, time, int, int]:
    """Earlier first; on one day those with a time before those without; then the higher priority, then the number."""
    return (
        task.due_date or date.max,
        task.due_time or time.max,
        -PRIORITIES.index(task.priority),
        task.id,
    )


def urgency(task: Task, *, today: date, now: time) -> Urgency:
    """How pressing a task is: past its day or its time, due today, later, or never. `now` is the local time of day."""
    if task.due_date is None or task.completed:
        return "none"
    if task.due_date < today or (task.due_date == today and task.due_time is not None and task.due_time < now):
        return "late"
    return "today" if task.due_date == today else "later"


def _open_kind(task: Task, today: date) -> SectionKind:
    if task.due_date is None:
        return "no_date"
    if task.due_date == today:
        return "today"
    return "overdue" if task.due_date < today else "upcoming"
