"""Tasks, filters and pages of tasks, statistics and changes: frozen values that know no storage, wire or screen."""

from dataclasses import field, fields
from datetime import date, datetime, time
from typing import TYPE_CHECKING, Final, Generic, Literal, TypeVar, get_args

from kirotodo.core.errors import InvalidInput
from kirotodo.core.lazy_dataclasses import dataclass

if TYPE_CHECKING:
    from kirotodo.core.domain.filters import Condition

Priority = Literal["none", "low", "medium", "high"]
RecursFrom = Literal["schedule", "completion"]
Status = Literal["pending", "completed", "all"]
Due = Literal["today", "overdue", "week", "none", "any"]
Sort = Literal["due", "created", "updated", "completed", "priority", "title", "project"]
Steps = Literal["show", "hide"]
Scheduled = Literal["show", "hide", "only"]

PRIORITIES: Final[tuple[Priority, ...]] = ("none", "low", "medium", "high")
TITLE_MAX: Final = 200
NOTES_MAX: Final = 2_000
NAME_MAX: Final = 50
"""Longest project name or tag, in characters."""
PAGE_MAX: Final = 200

T = TypeVar("T")


SKIPPED_MAX: Final = 366
"""How many occurrences are skipped at once."""
STEPS_MAX: Final = 100
"""The most steps that a task has."""


@dataclass(frozen=True, kw_only=True, slots=True)
class StepCount:
    """How many steps of a task are done, of how many."""

    done: int
    total: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Series:
    """What a series has as title, date and time where its open occurrence was changed for once."""

    title: str
    due_date: date
    due_time: time | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Task:
    """A to-do item. Ids are small integers, counted per user.

    `due_date` and `due_time` are what a person means: a local date and, if they said so, a local time in the user's
    zone. Every other moment is an aware UTC datetime. `recurrence` is an RFC 5545 rule without DTSTART, such as
    `FREQ=WEEKLY;INTERVAL=2;BYDAY=FR`; `recurs_from` says whether the next occurrence is counted from the schedule or
    from the day it was done; `series` is what the series has where this occurrence was changed for once. `remind_at`
    is when the reminder rings next; with `remind_before`, so many minutes before it is due, it moves with the due date
    and to the next occurrence. `previous_id` is the task of which this is the next occurrence.

    Before its `start_date` a task is not yet to be done. `duration` is how long it takes, in minutes. `parent_id` is
    the task of which this is a step; the steps of a task are in the order of `position`, then of their ids. `steps`
    counts those that it has, None where it has none; it follows from them, so nobody sets it and no journal undoes it.
    """

    id: int
    title: str
    notes: str = ""
    priority: Priority = "none"
    due_date: date | None = None
    due_time: time | None = None
    start_date: date | None = None
    duration: int | None = None
    recurrence: str | None = None
    recurs_from: RecursFrom = "schedule"
    series: Series | None = None
    remind_at: datetime | None = None
    remind_before: int | None = None
    project: str | None = None
    tags: tuple[str, ...] = ()
    parent_id: int | None = None
    position: int = 0
    previous_id: int | None = None
    completed_at: datetime | None = None
    created_at: datetime
    updated_at: datetime
    steps: StepCount | None = None

    @property
    def is_listed(self) -> bool:
        """Return whether lists show it by itself: a step without a date of its own only stands under its task."""
        return self.parent_id is None or self.due_date is not None

    @property
    def open_steps(self) -> int:
        """Return how many of its steps are open."""
        return self.steps.total - self.steps.done if self.steps is not None else 0

    @property
    def completed(self) -> bool:
        """Return whether the task is done."""
        return self.completed_at is not None

    @property
    def repeats(self) -> bool:
        """Return whether this is the open occurrence of a series: there is at most one."""
        return self.recurrence is not None and self.completed_at is None

    @classmethod
    def from_draft(cls, draft: "TaskDraft", *, id: int, now: datetime) -> "Task":
        """Return the task that a draft makes at a moment."""
        given = {name: getattr(draft, name) for name in _DRAFTED}
        return cls(id=id, updated_at=now, **{**given, "created_at": draft.created_at or now, "tags": tuple(draft.tags)})


TaskField = Literal[
    "title",
    "notes",
    "priority",
    "due_date",
    "due_time",
    "start_date",
    "duration",
    "recurrence",
    "recurs_from",
    "series",
    "remind_at",
    "remind_before",
    "project",
    "tags",
    "parent_id",
    "position",
    "completed_at",
]
"""What of a task a person can change; the journal compares these."""


@dataclass(frozen=True, kw_only=True, slots=True)
class TaskDraft:
    """A task to be created. Its values are final: words such as "tomorrow" have been resolved."""

    title: str
    notes: str = ""
    priority: Priority = "none"
    due_date: date | None = None
    due_time: time | None = None
    start_date: date | None = None
    duration: int | None = None
    recurrence: str | None = None
    recurs_from: RecursFrom = "schedule"
    series: Series | None = None
    remind_at: datetime | None = None
    remind_before: int | None = None
    project: str | None = None
    tags: tuple[str, ...] = ()
    parent_id: int | None = None
    """In an import, the place of another draft before it, counted from 1; as is `previous_id`."""
    position: int = 0
    previous_id: int | None = None
    completed_at: datetime | None = None
    created_at: datetime | None = None
    """Set by an import that keeps history; now where it is None."""

    @classmethod
    def from_task(cls, task: Task) -> "TaskDraft":
        """Return a draft with everything of a task but its number."""
        return cls(**{name: getattr(task, name) for name in _DRAFTED})


_DRAFTED: Final = tuple(each.name for each in fields(TaskDraft))
"""What a draft and a task have in common: all of a draft."""


@dataclass(frozen=True, kw_only=True, slots=True)
class TaskFilter:
    """Which tasks a list shows, and in what order.

    `due` is relative to the user's today ("week" is today and the six days after it); `due_from` and `due_to` bound the
    due date, `completed_from` and `completed_to` the local day of completion, all inclusive. `search` matches words and
    beginnings of words in title, notes, project and tags. Names and tags compare without case.

    `parent_id` asks for the steps of a task, which are always in their order. Otherwise steps without a date of their
    own are in a list where it is of open and done tasks alike, or names a project, tag, priority or word; `steps`
    shows or hides them anyway. Tasks that start later are left out of a list of open tasks that names no word, unless
    `scheduled` shows them, or asks for them only.

    `filter` says more in words (`due:today -#waiting`), which a backend reads into the other fields and a `condition`;
    see `core.tools.filters`. A `status` of None is what the filter says, else pending.
    """

    status: Status | None = "pending"
    due: Due = "any"
    due_from: date | None = None
    due_to: date | None = None
    completed_from: date | None = None
    completed_to: date | None = None
    project: str | None = None
    tag: str | None = None
    priority: Priority | None = None
    search: str | None = None
    filter: str | None = None
    condition: "Condition | None" = None
    parent_id: int | None = None
    steps: Steps | None = None
    scheduled: Scheduled | None = None
    sort: str = "due"
    """Names of `Sort` with commas, as `sort_keys` reads them."""


_DOWNWARD: Final = frozenset({"created", "updated", "completed", "priority"})
"""Sorts that usually begin with the newest or the highest."""


def sort_keys(words: str) -> tuple[tuple[Sort, bool], ...]:
    """Read an order such as `project,priority,created-asc`: each key, and whether its usual direction is reversed.

    Usually the soonest, the most urgent and the first letter come first, and the newest of moments. Raises
    `InvalidInput`.
    """
    known: dict[str, Sort] = {name: name for name in get_args(Sort)}
    found: dict[Sort, bool] = {}
    for word in words.split(","):
        name, _, direction = word.strip().lower().partition("-")
        if name not in known or direction not in ("", "asc", "desc"):
            raise InvalidInput(
                f"“{word.strip()[:40]}” isn't an order. Use {', '.join(known)}, with -asc or -desc, and commas between "
                "several."
            )
        found.setdefault(known[name], direction == ("asc" if name in _DOWNWARD else "desc"))
    return tuple(found.items())


@dataclass(frozen=True, kw_only=True, slots=True)
class Page(Generic[T]):
    """A page of a list.

    `next` is the opaque cursor of the following page, None on the last; `total` counts the whole list where that is
    cheap enough to know.
    """

    items: tuple[T, ...]
    next: str | None = None
    total: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class ProjectCount:
    """A project (None: tasks without one) and how many of its tasks are open and done."""

    project: str | None
    pending: int
    completed: int


@dataclass(frozen=True, kw_only=True, slots=True)
class TagCount:
    """A tag, and how many of its tasks are open and done."""

    tag: str
    pending: int
    completed: int


@dataclass(frozen=True, kw_only=True, slots=True)
class DayCount:
    """How many tasks were completed and added on a local day, and how many were overdue at its end.

    A task is overdue from the day after it is due until the day it is done, by the dates it has now. `overdue` is None
    where a server of an earlier release doesn't count it.
    """

    day: date
    completed: int
    created: int
    overdue: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class TaskStats:
    """Counts of a list.

    `completed` and `created` count the requested period of days, which ends today; `streak` is how many consecutive
    days up to today (or yesterday) have at least one completion, `best_streak` the longest ever. `days` are all of the
    period, the oldest first, and `hours` says how many tasks were completed in each hour of its days.
    """

    period_days: int
    pending: int
    overdue: int
    due_today: int
    completed: int
    created: int
    streak: int
    best_streak: int
    projects: tuple[ProjectCount, ...] = ()
    tags: tuple[TagCount, ...] = ()
    days: tuple[DayCount, ...] = ()
    hours: tuple[int, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Change:
    """A journal entry: one task before and after.

    `before` is None where the task was created, `after` where it was deleted.
    """

    id: int
    task_id: int
    before: Task | None
    after: Task | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Changed:
    """The result of an edit, an undo or a redo: the tasks as they are now, and the ids that are gone from the list.

    `skipped` says in one sentence each which tasks were left alone because they have changed since, and `views` what
    became of saved views.
    """

    tasks: tuple[Task, ...] = ()
    removed: tuple[int, ...] = ()
    changes: tuple[Change, ...] = ()
    skipped: tuple[str, ...] = field(default=())
    views: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class TaskSnapshot:
    """What is on a list at one moment, as far as it helps to understand a text about it.

    `tasks` are the open ones by due date, `done` the latest completed ones; of a long list only the first of each, and
    what matches the words of the text. `complete` says whether every open task is there, `done_total` counts all that
    are completed. `projects` and `tags` are those in use, `views` the saved ones, where the text speaks of a view.
    """

    tasks: tuple[Task, ...] = ()
    done: tuple[Task, ...] = ()
    projects: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    complete: bool = True
    done_total: int = 0
    views: tuple[str, ...] = ()
