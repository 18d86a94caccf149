"""Statistics of the whole list, from the counts that triggers keep: their cost does not grow with the list."""

import json
from bisect import bisect_right
from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from functools import lru_cache
from itertools import accumulate
from typing import Any, Final, TypedDict
from zoneinfo import ZoneInfo

from sqlalchemy import BindParameter, Date, Integer, String, bindparam, cast, func, select

from kirotodo.core.domain.task import DayCount, ProjectCount, TagCount, TaskStats
from kirotodo.core.store import task_counts as counts
from kirotodo.core.store.columns import DayNumber, JsonNumbers, QuarterHour, UtcDateTime
from kirotodo.core.store.statements.transaction import UID
from kirotodo.core.store.tables import task_counts, tasks
from kirotodo.core.store.task_counts import C, of_kind, total
from kirotodo.core.store.task_queries import day_start
from kirotodo.core.store.transaction import Scope
from kirotodo.core.text.folding import name_key

_TODAY: Final[BindParameter[int]] = bindparam("the_today", type_=Integer())
_IN_PERIOD: Final = C.slot.between(bindparam("the_first", type_=Integer()), bindparam("the_last", type_=Integer()))
_FIRST_DAY: Final[BindParameter[int]] = bindparam("the_first_day", type_=Integer())
_ANY_DONE: Final = of_kind("done", C.completed > 0)
_COUNTS: Final = select(
    total("pending", "due", C.slot > counts.NO_DAY, C.slot < _TODAY),
    total("pending", "due", C.slot == _TODAY),
    total("pending", "due", C.slot > counts.NO_DAY, C.slot < _FIRST_DAY),
    total("completed", "done", _IN_PERIOD),
    total("all", "created", _IN_PERIOD),
    select(func.min(C.slot)).where(*_ANY_DONE).scalar_subquery(),
    select(func.max(C.slot)).where(*_ANY_DONE).scalar_subquery(),
)
_STARTS: Final = JsonNumbers(bindparam("starts", type_=String())).table_valued("value")
_FIRST_SINCE: Final = (
    select(func.min(C.slot)).where(*_ANY_DONE, C.slot >= _STARTS.c.value).correlate(_STARTS).scalar_subquery()
)
_FIRST_OF_EACH: Final = select(func.aggregate_strings(cast(_FIRST_SINCE, String()), ",")).select_from(_STARTS)
"""The first completion since each of these moments: one look along the key each, and one row for all of them."""
_NAME: Final = (
    select(tasks.c.project)
    .where(
        tasks.c.user_id == UID,
        tasks.c.deleted_at.is_(None),
        tasks.c.done == (C.pending == 0),
        tasks.c.project_key == C.name,
    )
    .order_by(tasks.c.due_key, tasks.c.id)
    .limit(1)
    .correlate(task_counts)
    .scalar_subquery()
)
_PROJECTS: Final = (
    select(C.name, _NAME, C.pending, C.completed).where(*of_kind("project", C.slot == 0)).order_by(C.name)
)
"""Of each project the name as its most urgent task has it: the open ones come first."""
_TAGS: Final = select(C.name, C.pending).where(*of_kind("tag", C.slot == 0, C.pending > 0)).order_by(C.name)

_ALL_TAGS: Final = (
    select(C.name, C.pending, C.completed)
    .where(*of_kind("tag", C.slot == 0, (C.pending > 0) | (C.completed > 0)))
    .order_by(C.name)
)
_MOMENTS: Final = (
    select(C.kind, C.slot, func.sum(C.completed), func.sum(C.pending + C.completed))
    .where(C.user_id == UID, C.kind.in_(("created", "done")), _IN_PERIOD)
    .group_by(C.kind, C.slot)
)
"""How many tasks were done and added in each quarter of an hour of a period."""
_OVERDUE_SINCE: Final = select(C.slot, C.pending).where(
    *of_kind("due", C.pending > 0, C.slot >= _FIRST_DAY, C.slot < _TODAY)
)
"""How many open tasks were due on each day of a period."""
_QUARTER: Final = QuarterHour(tasks.c.completed_at)
_DUE: Final = DayNumber(tasks.c.due_date)
_DONE_LATE: Final = (
    select(_QUARTER, _DUE, func.count())
    .where(
        tasks.c.user_id == UID,
        tasks.c.deleted_at.is_(None),
        tasks.c.done.is_(True),
        tasks.c.completed_at >= bindparam("the_start", type_=UtcDateTime()),
        tasks.c.due_date < bindparam("the_date", type_=Date()),
    )
    .group_by(_QUARTER, _DUE)
)
"""The tasks that were done in a period, by the moment and by the day they were due: only as many as were done."""


async def stats_of(scope: Scope, *, pending: int, today: date, zone: ZoneInfo, period_days: int) -> TaskStats:
    """Return the counts of the period that ends today; see `TaskStore.stats`."""
    first = today - timedelta(days=max(period_days, 1) - 1)
    period = {
        "the_today": counts.day(today),
        "the_first_day": counts.day(first),
        "the_first": counts.quarter(day_start(first, zone)),
        "the_last": counts.quarter(day_start(today, zone, days_later=1)) - 1,
    }
    row: Any = await scope.first(_COUNTS, period)
    overdue, due_today, overdue_before, completed, created, *ends = row
    days = [] if ends[0] is None else await _active_days(scope, zone, *ends)
    return TaskStats(
        period_days=period_days,
        pending=pending,
        overdue=overdue,
        due_today=due_today,
        completed=completed,
        created=created,
        streak=streak(days, today),
        best_streak=best_streak(days),
        projects=await projects_of(scope),
        tags=await tag_counts_of(scope),
        **await _moments(scope, zone, period, overdue_before),
    )


class _Moments(TypedDict):
    days: tuple[DayCount, ...]
    hours: tuple[int, ...]


async def _moments(scope: Scope, zone: ZoneInfo, period: Mapping[str, int], overdue_before: int) -> _Moments:
    """The counts of each local day of a period, and of each hour of all its days."""
    first = date.fromordinal(period["the_first_day"])
    length = period["the_today"] - period["the_first_day"] + 1
    completed, created, hours = [0] * length, [0] * length, [0] * 24
    overdue = await _overdue(scope, zone, period, overdue_before)
    for kind, slot, done, all_ in await scope.rows(_MOMENTS, period):
        moment = counts.moment(slot).astimezone(zone)
        place = min(max((moment.date() - first).days, 0), length - 1)  # where a day begins within a quarter
        if kind == "created":
            created[place] += all_
        else:
            completed[place] += done
            hours[moment.hour] += done
    days = (
        DayCount(
            day=first + timedelta(days=place),
            completed=completed[place],
            created=created[place],
            overdue=overdue[place],
        )
        for place in range(length)
    )
    return {"days": tuple(days), "hours": tuple(hours)}


async def _overdue(scope: Scope, zone: ZoneInfo, period: Mapping[str, int], before: int) -> list[int]:
    """How many tasks were overdue at the end of each local day of a period; `before` it those that are open were."""
    start, today = period["the_first_day"], period["the_today"]
    more = [before, *[0] * (today - start + 1)]  # how many more than on the day before
    for due, open_ in await scope.rows(_OVERDUE_SINCE, period):
        more[due + 1 - start] += open_
    late = {"the_start": day_start(date.fromordinal(start), zone), "the_date": date.fromordinal(today)}
    for slot, due, number in await scope.rows(_DONE_LATE, late):
        from_, to = max(due + 1, start), min(counts.day(_local_day(slot, zone)), today + 1)
        if from_ < to:
            more[from_ - start] += number
            more[to - start] -= number
    return list(accumulate(more))[:-1]


async def _active_days(scope: Scope, zone: ZoneInfo, first: int, last: int) -> list[date]:
    """The local days with a completion, of which these are the first and the last."""
    years = range(_local_day(first, zone).year, _local_day(last, zone).year + 1)
    starts = [start for year in years for start in _starts_of_days(zone, year)]
    from_first = bisect_right(starts, first) - 1
    row: Any = await scope.first(
        _FIRST_OF_EACH, {"starts": json.dumps(starts[from_first : bisect_right(starts, last)])}
    )
    places = {bisect_right(starts, int(slot)) - 1 for slot in row[0].split(",")}
    new_year = date(years[0], 1, 1)
    return [new_year + timedelta(days=place) for place in places]


def _local_day(slot: int, zone: ZoneInfo) -> date:
    return counts.moment(slot).astimezone(zone).date()


@lru_cache(maxsize=1_000)
def _starts_of_days(zone: ZoneInfo, year: int) -> tuple[int, ...]:
    """When each local day of a year begins, as slots of counts."""
    new_year = date(year, 1, 1)
    days = (date(year, 12, 31) - new_year).days + 1
    return tuple(counts.quarter(day_start(new_year, zone, days_later=later)) for later in range(days))


async def projects_of(scope: Scope) -> tuple[ProjectCount, ...]:
    """Return every project with its counts; see `TaskStore.projects`."""
    found = [
        ProjectCount(project=name if key else None, pending=pending, completed=completed)
        for key, name, pending, completed in await scope.rows(_PROJECTS)
        if pending or completed
    ]
    return tuple(sorted(found, key=lambda each: each.project is None))


async def tag_counts_of(scope: Scope) -> tuple[TagCount, ...]:
    """Return every tag with its counts, by name; spellings that differ in case alone are one tag."""
    found: dict[str, TagCount] = {}
    for spelled, pending, completed in await scope.rows(_ALL_TAGS):
        key = name_key(spelled)
        before = found.get(key, TagCount(tag=spelled, pending=0, completed=0))
        found[key] = TagCount(tag=before.tag, pending=before.pending + pending, completed=before.completed + completed)
    return tuple(found[key] for key in sorted(found))


async def tags_of(scope: Scope) -> dict[str, int]:
    """Return every tag of a pending task with its count; see `TaskStore.tags`."""
    found: dict[str, tuple[str, int]] = {}
    for spelled, count in await scope.rows(_TAGS):
        first, before = found.get(name_key(spelled), (spelled, 0))
        found[name_key(spelled)] = (first, before + count)
    return {found[key][0]: found[key][1] for key in sorted(found)}


def streak(days: Iterable[date], today: date) -> int:
    """How many days in a row up to today, or up to yesterday where today has none yet."""
    active = set(days)
    day = today if today in active else today - timedelta(days=1)
    length = 0
    while day in active:
        length += 1
        day -= timedelta(days=1)
    return length


def best_streak(days: Iterable[date]) -> int:
    """Return the longest run of days in a row."""
    best = length = 0
    last: date | None = None
    for day in sorted(set(days)):
        length = length + 1 if last is not None and day - last == timedelta(days=1) else 1
        best, last = max(best, length), day
    return best
