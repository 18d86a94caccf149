"""Counts over the whole list: how many, how late, how many days in a row, by project and by tag."""

import json
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import BindParameter, ColumnElement, String, bindparam, func, literal, select

from kirotodo.core.domain.task import ProjectCount, TaskStats
from kirotodo.core.store.columns import JsonValues, ParsedMoment, moment_text
from kirotodo.core.store.tables import task_tags, tasks
from kirotodo.core.store.task_queries import day_start, due_before, due_between
from kirotodo.core.store.transaction import UID, Scope

_NOT_DELETED: Final = (tasks.c.user_id == UID, tasks.c.deleted_at.is_(None))
_DONE: Final[BindParameter[Any]] = bindparam("done")
_OPEN: Final = tasks.c.done == literal(False)
_CLOSED: Final = tasks.c.done == literal(True)
_EITHER: Final = tasks.c.done.in_((False, True))
"""Both, worded so that an index that goes on after `done` serves."""
_BLOCK: Final = 1_500
"""How many days one statement looks at."""
_FEW: Final = 200
"""So many completions are read rather than looked for day by day."""
_LATEST: Final = (
    select(tasks.c.completed_at).where(*_NOT_DELETED, _CLOSED).order_by(tasks.c.completed_at.desc()).limit(_FEW + 1)
)
_STARTS: Final = JsonValues(bindparam("starts", type_=String())).table_valued("value")
_SINCE: Final = tasks.c.completed_at >= ParsedMoment(_STARTS.c.value)
_FIRST_SINCE: Final = select(func.min(tasks.c.completed_at)).where(*_NOT_DELETED, _CLOSED, _SINCE).correlate(_STARTS)
_FIRST_OF_EACH: Final = select(_FIRST_SINCE.scalar_subquery()).select_from(_STARTS)
"""The first completion since each of these moments: one look along the index each, however many there are."""
_NAMED: Final = tasks.alias("named")
_NAME: Final = (
    select(_NAMED.c.project)
    .where(
        _NAMED.c.user_id == UID,
        _NAMED.c.deleted_at.is_(None),
        _NAMED.c.done == tasks.c.done,
        _NAMED.c.project_key == tasks.c.project_key,
    )
    .order_by(_NAMED.c.due_key, _NAMED.c.id)
    .limit(1)
    .correlate(tasks)
    .scalar_subquery()
)
_PROJECTS: Final = (
    select(tasks.c.project_key, tasks.c.done, _NAME, func.count())
    .where(*_NOT_DELETED, _EITHER)
    .group_by(tasks.c.done, tasks.c.project_key)
    .order_by(tasks.c.done, tasks.c.project_key)
)
"""Of each project the name as its most urgent task has it: the open ones come first."""
_TAGS: Final = (
    select(func.min(task_tags.c.tag), func.count(task_tags.c.task_id.distinct()))
    .join(tasks, (tasks.c.user_id == task_tags.c.user_id) & (tasks.c.id == task_tags.c.task_id))
    .where(task_tags.c.user_id == UID, *_NOT_DELETED, tasks.c.done == _DONE)
    .group_by(task_tags.c.tag_key)
    .order_by(task_tags.c.tag_key)
)


async def stats_of(scope: Scope, *, pending: int, today: date, zone: ZoneInfo, period_days: int) -> TaskStats:
    """Return the counts of the period that ends today; see `TaskStore.stats`."""
    first = today - timedelta(days=max(period_days, 1) - 1)
    start, end = day_start(first, zone), day_start(today, zone, days_later=1)
    overdue, due_today, completed, created = await _counts(
        scope,
        (_OPEN, due_before(today)),
        (_OPEN, due_between(today, today)),
        (_CLOSED, tasks.c.completed_at >= start, tasks.c.completed_at < end),
        (_EITHER, tasks.c.created_at >= start, tasks.c.created_at < end),
    )
    days = await _active_days(scope, zone)
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
    )


async def _active_days(scope: Scope, zone: ZoneInfo) -> set[date]:
    """The local days with a completion. Costs what there are days, not what there are tasks."""
    latest = [row[0].astimezone(zone).date() for row in await scope.rows(_LATEST)]
    days = set(latest)
    if len(latest) <= _FEW:
        return days
    # Skip scan: from each day found, seek the first completion after its end, many days a statement.
    starts = [datetime.min.replace(tzinfo=UTC)]
    while starts:
        given = json.dumps([moment_text(start) for start in starts])
        found = [row[0].astimezone(zone).date() for row in await scope.rows(_FIRST_OF_EACH, {"starts": given})]
        days.update(found)
        left = (latest[0] - found[-1]).days
        starts = [day_start(found[-1], zone, days_later=1 + later) for later in range(min(left, _BLOCK))]
    return days


async def projects_of(scope: Scope) -> tuple[ProjectCount, ...]:
    """Return every project with its counts; see `TaskStore.projects`."""
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
    """Return every tag of a pending task with its count; see `TaskStore.tags`."""
    return {str(name): int(count) for name, count in await scope.rows(_TAGS, {"done": False})}


async def _counts(scope: Scope, *several: Sequence[ColumnElement[bool]]) -> tuple[int, ...]:
    counts = (select(func.count()).select_from(tasks).where(*_NOT_DELETED, *each).scalar_subquery() for each in several)
    row: Any = await scope.first(select(*counts))
    return tuple(row)


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
