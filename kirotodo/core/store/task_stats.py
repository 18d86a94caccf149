"""Counts over the whole list: how many, how late, how many days in a row, by project and by tag."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import BindParameter, ColumnElement, bindparam, func, literal, select

from kirotodo.core.domain.task import ProjectCount, TaskStats
from kirotodo.core.store.columns import QuarterHour
from kirotodo.core.store.scope import UID, Scope
from kirotodo.core.store.tables import task_tags, tasks
from kirotodo.core.store.task_pages import day_start, due_before, due_between

_SEEN: Final = (tasks.c.user_id == UID, tasks.c.deleted_at.is_(None))
_DONE: Final[BindParameter[Any]] = bindparam("done")
_OPEN: Final = tasks.c.done == literal(False)
_CLOSED: Final = tasks.c.done == literal(True)
_COMPLETIONS: Final = select(QuarterHour(tasks.c.completed_at)).where(*_SEEN, tasks.c.done == _DONE).distinct()
_PROJECTS: Final = (
    select(tasks.c.project_key, tasks.c.done, func.min(tasks.c.project), func.count())
    .where(*_SEEN)
    .group_by(tasks.c.project_key, tasks.c.done)
)
_TAGS: Final = (
    select(func.min(task_tags.c.tag), func.count(task_tags.c.task_id.distinct()))
    .join(tasks, (tasks.c.user_id == task_tags.c.user_id) & (tasks.c.id == task_tags.c.task_id))
    .where(task_tags.c.user_id == UID, *_SEEN, tasks.c.done == _DONE)
    .group_by(task_tags.c.tag_key)
    .order_by(task_tags.c.tag_key)
)


async def stats_of(scope: Scope, *, pending: int, today: date, zone: ZoneInfo, period_days: int) -> TaskStats:
    first = today - timedelta(days=max(period_days, 1) - 1)
    start, end = day_start(first, zone), day_start(today, zone, days_later=1)
    quarters = await scope.rows(_COMPLETIONS, {"done": True})
    days = {datetime.fromtimestamp(int(row[0]) * 900, zone).date() for row in quarters}
    return TaskStats(
        period_days=period_days,
        pending=pending,
        overdue=await _count(scope, _OPEN, due_before(today)),
        due_today=await _count(scope, _OPEN, due_between(today, today)),
        completed=await _count(
            scope,
            _CLOSED,
            tasks.c.completed_at >= start,
            tasks.c.completed_at < end,
        ),
        created=await _count(scope, tasks.c.created_at >= start, tasks.c.created_at < end),
        streak=streak(days, today),
        best_streak=best_streak(days),
        projects=await projects_of(scope),
    )


async def projects_of(scope: Scope) -> tuple[ProjectCount, ...]:
    names: dict[str | None, str | None] = {}
    counts: dict[tuple[str | None, bool], int] = {}
    for key, done, name, count in await scope.rows(_PROJECTS):
        names.setdefault(key, name)
        counts[key, done] = count
    return tuple(
        ProjectCount(project=names[key], pending=counts.get((key, False), 0), completed=counts.get((key, True), 0))
        for key in sorted(names, key=lambda key: (key is None, key or ""))
    )


async def tags_of(scope: Scope) -> dict[str, int]:
    return {str(name): int(count) for name, count in await scope.rows(_TAGS, {"done": False})}


async def _count(scope: Scope, *conditions: ColumnElement[bool]) -> int:
    row: Any = await scope.first(select(func.count()).select_from(tasks).where(*_SEEN, *conditions))
    return int(row[0])


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
    best = length = 0
    last: date | None = None
    for day in sorted(set(days)):
        length = length + 1 if last is not None and day - last == timedelta(days=1) else 1
        best, last = max(best, length), day
    return best
