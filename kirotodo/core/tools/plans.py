"""Plans over a list: what to do first, and new days for what is overdue, proposed and then carried out.

They read a few pages and counts however long the list is, so that a plan costs the same on each.
"""

from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Final

from kirotodo.core.backend import TaskFields
from kirotodo.core.domain.plan import (
    ASSUMED_MINUTES,
    MINUTES_MAX,
    PER_DAY,
    PER_DAY_MAX,
    DayPlan,
    Kept,
    Load,
    Move,
    Period,
    Spread,
    Spreading,
    next_week,
    ordered,
    rank,
    spread,
)
from kirotodo.core.domain.task import PAGE_MAX, Changed, Task, TaskFilter
from kirotodo.core.errors import Conflict, InvalidInput
from kirotodo.core.text.dates import describe_due
from kirotodo.core.tools.edits import update_tasks
from kirotodo.core.tools.user_clock import UserClock

if TYPE_CHECKING:
    from kirotodo.core.store.database import Store

_LOOKED_AT: Final = (
    TaskFilter(due="overdue"),
    TaskFilter(due="today"),
    TaskFilter(due="week"),
    TaskFilter(due="none"),
    TaskFilter(sort="priority"),
)
_PAGE: Final = 50
"""How many tasks of each of these a plan looks at."""
_AHEAD: Final = timedelta(days=366)


async def day_plan(store: "Store", period: Period, *, minutes: int | None = None, at: UserClock) -> DayPlan:
    """Return what to do first, today or this week. Without `minutes` a day has what is left of it. Raises
    `InvalidInput`."""
    if minutes is not None and not 1 <= minutes <= MINUTES_MAX:
        raise InvalidInput(f"The time for a plan is between 1 and {MINUTES_MAX:,} minutes.")
    found: dict[int, Task] = {}
    today, due = at.now.date(), 0
    for where in _LOOKED_AT:
        page = await store.tasks.page(where, today=today, zone=at.zone, limit=_PAGE)
        found.update((task.id, task) for task in page.items if task.parent_id is None or task.due_date is not None)
        due += (page.total or 0) if where.due in ("overdue", "week" if period == "week" else "today") else 0
    if minutes is None and period == "today":
        minutes = _left_today(at)
    return ordered(found.values(), now=at.now, period=period, minutes=minutes, due=due)


def _left_today(at: UserClock) -> int | None:
    """Return how many minutes are left of the day, None after its end."""
    end = datetime.combine(at.now.date(), at.preferences.end_of_day)
    left = (end - at.now.replace(tzinfo=None)) // timedelta(minutes=1)
    return left if left > 0 else None


async def propose_spread(store: "Store", *, per_day: int | None = None, at: UserClock) -> Spread:
    """Return days of next week for what is overdue, as a proposal; nothing is changed. Raises `InvalidInput`."""
    per_day = PER_DAY if per_day is None else per_day
    if not 1 <= per_day <= PER_DAY_MAX:
        raise InvalidInput(f"A day takes between 1 and {PER_DAY_MAX} tasks.")
    today = at.now.date()
    page = await store.tasks.page(TaskFilter(due="overdue"), today=today, zone=at.zone, limit=PAGE_MAX)
    tasks = [task for task in page.items if task.due_date is not None]
    first, last = next_week(today)
    ends = {task.id: _end_of(task, at=at) for task in tasks}
    days = spread(
        [_spreading(task, ends[task.id][0]) for task in tasks],
        await _load(store, first, last, at=at),
        first=first,
        last=last,
        per_day=per_day,
    )
    moves = [
        Move(task_id=task.id, due_date=task.due_date, to=days[task.id])
        for task in tasks
        if task.due_date is not None and task.id in days
    ]
    ranks = {task.id: rank(task) for task in tasks}
    moves.sort(key=lambda move: (move.to, -ranks[move.task_id], move.task_id))
    kept = tuple(Kept(task_id=task.id, reason=ends[task.id][1]) for task in tasks if task.id not in days)
    return Spread(moves=tuple(moves), kept=kept, tasks=tuple(tasks), more=(page.total or len(tasks)) - len(tasks))


def _spreading(task: Task, end: date | None) -> Spreading:
    assert task.due_date is not None
    minutes = task.duration or ASSUMED_MINUTES
    return Spreading(id=task.id, due_date=task.due_date, priority=rank(task), minutes=minutes, last_day=end)


def _end_of(task: Task, *, at: UserClock) -> tuple[date | None, str]:
    """Return the last day on which an occurrence of a routine makes sense, and why: before the next one is due, and
    before the rule ends. A task that does not repeat has none."""
    if task.recurrence is None:
        return None, ""
    from kirotodo.core.domain.routine import following
    from kirotodo.core.domain.rule import read_rule

    today, until = at.now.date(), read_rule(task.recurrence).until
    ends = [] if until is None else [(until, f"it repeats until {describe_due(until, None, today=today)} only")]
    after = following(task, done=at.now, zone=at.zone)
    if after is not None and task.recurs_from == "schedule":
        again = f"its next occurrence is due {describe_due(after.date, None, today=today)}; skip or do it"
        ends.append((after.date - timedelta(days=1), again))
    return min(ends) if ends else (None, "")


async def _load(store: "Store", first: date, last: date, *, at: UserClock) -> dict[date, Load]:
    """Return what the days from `first` on have already; durations count until `last`."""
    counts = await store.tasks.due_counts(first, first + _AHEAD)
    within = TaskFilter(due_from=first, due_to=last)
    page = await store.tasks.page(within, today=at.now.date(), zone=at.zone, limit=PAGE_MAX)
    known: Counter[date] = Counter()
    for task in page.items:
        if task.due_date is not None and task.duration is not None:
            known[task.due_date] += task.duration - ASSUMED_MINUTES
    return {
        day: Load(tasks=count, minutes=max(count * ASSUMED_MINUTES + known[day], 0)) for day, count in counts.items()
    }


async def move_tasks(store: "Store", moves: Sequence[Move], *, for_once: bool = True, at: UserClock) -> Changed:
    """Give tasks days of their own, all or none. `for_once` leaves the series of a routine where it is.

    Raises `NotFound`, `InvalidInput`, or `Conflict` where a task is not as it was when the moves were proposed.
    """
    if not moves or len({move.task_id for move in moves}) != len(moves):
        raise InvalidInput("Name each task that is to move once, and at least one.")
    tasks = await store.tasks.get_many([move.task_id for move in moves])
    for task, move in zip(tasks, moves, strict=True):
        if task.completed or task.due_date != move.due_date:
            raise Conflict(
                f"Task {task.id} “{task.title}” has changed meanwhile, so nothing was moved. Look again at its date."
            )
    for task, move in zip(tasks, moves, strict=True):
        fields = TaskFields(due_date=move.to)
        if for_once and task.recurrence is not None:
            fields["occurrence"] = "this"
        await update_tasks(store, [task.id], fields, at=at)
    return store.journal.changed
