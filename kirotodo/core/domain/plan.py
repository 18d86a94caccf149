"""What to do first, and on which days to do what is overdue: pure rules that explain themselves.

An order gives each task a score made of reasons in words. A spread gives overdue tasks new days, as a proposal.
"""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from typing import Final, Literal

from kirotodo.core.domain.task import PRIORITIES, Task
from kirotodo.core.lazy_dataclasses import dataclass

Period = Literal["today", "week"]
SHOWN: Final = 20
"""Tasks of a plan."""
PER_DAY: Final = 5
"""How many tasks a spread puts on a day that has none, unless it is asked for another number."""
PER_DAY_MAX: Final = 100
MINUTES_MAX: Final = 7 * 24 * 60
ASSUMED_MINUTES: Final = 30
"""What a task without a duration counts as, where days are compared."""
WEEKDAYS: Final = 5
_AHEAD: Final = 7
"""A plan also looks at what is due so many days after its period."""
_HORIZON: Final = 366
_PRIORITY_SCORES: Final = {"high": 60, "medium": 30, "low": 10, "none": 0}


@dataclass(frozen=True, kw_only=True, slots=True)
class PlannedTask:
    """A task with its place in a plan: why it stands there, and whether it fits into the time there is.

    `fits` is None where the task has no duration or the time is not known.
    """

    task: Task
    score: int
    reasons: tuple[str, ...] = ()
    fits: bool | None = None

    @property
    def why(self) -> str:
        """Return the reasons in one line."""
        return ", ".join(self.reasons)


@dataclass(frozen=True, kw_only=True, slots=True)
class DayPlan:
    """Tasks in the order to do them.

    `minutes` is the time there is, `planned` how much of it the tasks with durations take; `more` counts the tasks that
    are due in the period and are not among `items`.
    """

    period: Period
    items: tuple[PlannedTask, ...] = ()
    minutes: int | None = None
    planned: int = 0
    more: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class Move:
    """A task and its new due date; `due_date` is the one it has, None for none."""

    task_id: int
    due_date: dt.date | None
    to: dt.date


@dataclass(frozen=True, kw_only=True, slots=True)
class Kept:
    """A task that a spread leaves where it is, and why."""

    task_id: int
    reason: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Spread:
    """New days for what is overdue, as a proposal. `tasks` are those that it is about; `more` are overdue too, and were
    not looked at."""

    moves: tuple[Move, ...] = ()
    kept: tuple[Kept, ...] = ()
    tasks: tuple[Task, ...] = ()
    more: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class Load:
    """What a day has already."""

    tasks: int = 0
    minutes: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class Spreading:
    """An overdue task to be moved, and the last day on which that makes sense."""

    id: int
    due_date: dt.date
    priority: int = 0
    minutes: int = ASSUMED_MINUTES
    last_day: dt.date | None = None


def last_day(period: Period, today: dt.date) -> dt.date:
    """Return the last day of a period that begins today."""
    return today + dt.timedelta(days=6 if period == "week" else 0)


def ordered(
    tasks: Iterable[Task], *, now: dt.datetime, period: Period, minutes: int | None = None, due: int | None = None
) -> DayPlan:
    """Return the open tasks that may be begun in the period, each once, in the order to do them. `due` is how many are
    due in it, if there are more than `tasks`."""
    last = last_day(period, now.date())
    open_ = {task.id: task for task in tasks if not task.completed and _concerns(task, last)}
    scored = [scored_task(task, now=now) for task in open_.values()]
    scored.sort(key=lambda each: (-each.score, _moment(each.task), each.task.id))
    items: list[PlannedTask] = []
    planned = 0
    for each in scored[:SHOWN]:
        length, fits = each.task.duration, None
        if length is not None and minutes is not None:
            fits = planned + length <= minutes
        if length is not None and fits is not False:
            planned += length
        items.append(PlannedTask(task=each.task, score=each.score, reasons=each.reasons, fits=fits))
    known = sum(_is_due(each.task, last) for each in scored)
    shown = sum(_is_due(each.task, last) for each in items)
    return DayPlan(
        period=period, items=tuple(items), minutes=minutes, planned=planned, more=max(due or 0, known) - shown
    )


def _is_due(task: Task, last: dt.date) -> bool:
    return task.due_date is not None and task.due_date <= last


def _concerns(task: Task, last: dt.date) -> bool:
    """Whether a task may be begun by a day, and is not due long after it."""
    begun = task.start_date is None or task.start_date <= last
    return begun and (task.due_date is None or task.due_date <= last + dt.timedelta(days=_AHEAD))


def _moment(task: Task) -> tuple[dt.date, dt.time]:
    return task.due_date or dt.date.max, task.due_time or dt.time.max


def scored_task(task: Task, *, now: dt.datetime) -> PlannedTask:
    """Return how pressing a task is, with the reasons that its score is made of."""
    parts = [*_due_part(task, now), *_priority_part(task), *_age_part(task, now), *_length_part(task)]
    return PlannedTask(task=task, score=sum(points for points, _ in parts), reasons=tuple(words for _, words in parts))


def _due_part(task: Task, now: dt.datetime) -> list[tuple[int, str]]:
    if task.due_date is None:
        return []
    days = (task.due_date - now.date()).days
    if days < 0:
        return [(100 + min(-days, 50), f"overdue by {_count(-days, 'day')}")]
    if days == 0 and task.due_time is not None:
        if task.due_time < now.time():
            return [(98, f"was due at {task.due_time:%H:%M}")]
        return [(90, f"due today at {task.due_time:%H:%M}")]
    if days == 0:
        return [(85, "due today")]
    if days == 1:
        return [(50, "due tomorrow")]
    return [(max(45 - 5 * days, 0), f"due in {days} days")] if days <= 7 else [(0, f"due in {days} days")]


def _priority_part(task: Task) -> list[tuple[int, str]]:
    score = _PRIORITY_SCORES[task.priority]
    return [(score, task.priority)] if score else []


def _age_part(task: Task, now: dt.datetime) -> list[tuple[int, str]]:
    """Without a date, what has waited for long comes first; a start day that has come is as good as a date."""
    if task.due_date is not None:
        return []
    if task.start_date is not None:
        return [(30, "can be started")]
    weeks = (now - task.created_at).days // 7
    return [(min(weeks, 20), f"on the list for {_count(weeks, 'week')}")] if weeks >= 2 else [(0, "no date")]


def _length_part(task: Task) -> list[tuple[int, str]]:
    if task.duration is None:
        return []
    return [(5 if task.duration <= 15 else 0, f"takes {in_hours(task.duration)}")]


def in_hours(minutes: int) -> str:
    """Return a length in words: 45 min, 2 h, 1 h 30 min."""
    hours, rest = divmod(minutes, 60)
    return " ".join([*([f"{hours} h"] if hours else []), *([f"{rest} min"] if rest or not hours else [])])


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def spread(
    tasks: Sequence[Spreading],
    load: Mapping[dt.date, Load],
    *,
    first: dt.date,
    last: dt.date,
    per_day: int = PER_DAY,
) -> dict[int, dt.date]:
    """Return a weekday for each task: early ends first, then priorities, each on the day with least to do so far.

    A day that has `per_day` tasks takes no more as long as another has room: one after `last`, if need be. A task is
    never put after its last day; where all days until then are full, or are past, it goes to the one with least to do,
    and is left out if there is none.
    """
    counts = {day: each.tasks for day, each in load.items()}
    minutes = {day: each.minutes for day, each in load.items()}
    days = [first + dt.timedelta(days=number) for number in range(_HORIZON)]
    days = [day for day in days if day.weekday() < WEEKDAYS]
    found: dict[int, dt.date] = {}
    # By their ends, so that no day has too many that could have been avoided: all of them may begin on the first day.
    for task in sorted(tasks, key=lambda each: (each.last_day or dt.date.max, -each.priority, each.due_date, each.id)):
        allowed = [day for day in days if task.last_day is None or day <= task.last_day]
        room = [day for day in allowed if counts.get(day, 0) < per_day]
        within = [day for day in room if day <= last] or room[:1] or allowed
        if not within:
            continue
        day = min(within, key=lambda each: (counts.get(each, 0), minutes.get(each, 0), each))
        found[task.id] = day
        counts[day] = counts.get(day, 0) + 1
        minutes[day] = minutes.get(day, 0) + task.minutes
    return found


def next_week(today: dt.date) -> tuple[dt.date, dt.date]:
    """Return the Monday and the Friday of the week after that of a day."""
    monday = today + dt.timedelta(days=7 - today.weekday())
    return monday, monday + dt.timedelta(days=WEEKDAYS - 1)


def rank(task: Task) -> int:
    """Return 0 for no priority up to 3 for high."""
    return PRIORITIES.index(task.priority)
