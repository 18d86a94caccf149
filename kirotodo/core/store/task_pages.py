"""Pages of tasks: which rows a filter means, in what order, and how a page goes on where the last one ended.

Open and done tasks are walked apart, each along the index of its sort, and merged: so no page ever sorts the list.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import Column, ColumnElement, func, select, tuple_

from kirotodo.core.domain.task import Page, Sort, Status, Task, TaskFilter
from kirotodo.core.store import search
from kirotodo.core.store.cursors import Mark, checked_limit, decode, encode
from kirotodo.core.store.scope import UID, AnyRow, Scope
from kirotodo.core.store.tables import task_tags, tasks, users
from kirotodo.core.store.task_rows import COLUMNS, NO_DATE, TaskRows, name_key, rank

_COUNTS: Final = select(users.c.pending_count, users.c.completed_count).where(users.c.id == UID)
_PARTS: Final[dict[Status, tuple[bool, ...]]] = {"pending": (False,), "completed": (True,), "all": (False, True)}
_FIRST: Final = datetime(1, 1, 1, tzinfo=UTC)
_LAST: Final = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)
_MINE: Final = tasks.c.user_id == UID
_SEEN: Final = (_MINE, tasks.c.deleted_at.is_(None))
_SEEN_BY_ID: Final = (_MINE, func.coalesce(tasks.c.deleted_at, None).is_(None))
"""The same, worded so that no index of a sort serves it: a few known ids are looked up instead of the list walked."""
_FEW: Final = 2_000


@dataclass(frozen=True, slots=True)
class _Order:
    """The columns of a sort, before the id, and whether the greatest comes first."""

    columns: tuple[Column[Any], ...]
    kinds: tuple[type, ...]
    descending: bool = False

    @property
    def key(self) -> tuple[Column[Any], ...]:
        return (*self.columns, tasks.c.id)

    def of(self, row: AnyRow) -> tuple[Any, ...]:
        return tuple(row._mapping[column] for column in self.key)


@dataclass(frozen=True, slots=True)
class _Stage:
    """Open tasks, done ones or both, merged in one order."""

    order: _Order
    parts: tuple[bool, ...]


_NEWEST: Final = _Order((tasks.c.created_at,), (datetime, int), descending=True)
_ORDERS: Final[dict[Sort, _Order]] = {
    "due": _Order((tasks.c.due_key,), (str, int)),
    "priority": _Order((tasks.c.priority, tasks.c.due_key), (int, str, int)),
    "title": _Order((tasks.c.title_key,), (str, int)),
    "created": _NEWEST,
    "updated": _Order((tasks.c.updated_at,), (datetime, int), descending=True),
    "completed": _Order((tasks.c.completed_at,), (datetime, int), descending=True),
}


async def page_of(
    scope: Scope, where: TaskFilter, *, today: date, zone: ZoneInfo, limit: int, cursor: str | None
) -> Page[Task]:
    checked_limit(limit)
    conditions = _conditions(where, today, zone)
    stages = _stages(where)
    mark = None
    if cursor is not None:
        mark = decode(cursor, sort=where.sort, kinds=stages[0].order.kinds, stages=len(stages))
    total = mark.total if mark else await _count(scope, where, conditions)
    seen = _SEEN_BY_ID if _names_ids(where) and total <= _FEW else _SEEN
    found: list[tuple[int, AnyRow]] = []
    first = mark.stage if mark else 0
    for at in range(first, len(stages)):
        wanted = limit + 1 - len(found)
        here = mark if at == first else None
        rows = await _merged(scope, stages[at], (*seen, *conditions), here, wanted)
        found += [(at, row) for row in rows]
        if len(found) > limit:
            break
    following = None
    if len(found) > limit:
        at, row = found[limit - 1]
        following = encode(Mark(sort=where.sort, stage=at, key=stages[at].order.of(row), total=total))
    items = await TaskRows(scope).values([row for _, row in found[:limit]])
    return Page(items=items, next=following, total=total)


def _stages(where: TaskFilter) -> list[_Stage]:
    """What comes after what: one stage, but by completion the done tasks come before all open ones."""
    parts = _PARTS[where.status]
    if where.sort != "completed":
        return [_Stage(_ORDERS[where.sort], parts)]
    return [_Stage(_ORDERS["completed"] if done else _NEWEST, (done,)) for done in reversed(parts)]


async def _merged(
    scope: Scope, stage: _Stage, conditions: Sequence[ColumnElement[bool]], mark: Mark | None, limit: int
) -> list[AnyRow]:
    rows = [row for done in stage.parts for row in await _walk(scope, done, stage.order, conditions, mark, limit)]
    return sorted(rows, key=stage.order.of, reverse=stage.order.descending)[:limit]


async def _walk(
    scope: Scope,
    done: bool,
    order: _Order,
    conditions: Sequence[ColumnElement[bool]],
    mark: Mark | None,
    limit: int,
) -> list[AnyRow]:
    statement = select(*COLUMNS, tasks.c.due_key, tasks.c.title_key).where(tasks.c.done == done, *conditions)
    if mark is not None:
        here = tuple_(*order.key)
        there = tuple_(*mark.key, types=[column.type for column in order.key])
        statement = statement.where(here < there if order.descending else here > there)
    direction = [column.desc() if order.descending else column.asc() for column in order.key]
    return list(await scope.rows(statement.order_by(*direction).limit(limit)))


async def _count(scope: Scope, where: TaskFilter, conditions: list[ColumnElement[bool]]) -> int:
    parts = _PARTS[where.status]
    if not conditions:
        counts = await scope.first(_COUNTS)
        return 0 if counts is None else sum(counts[int(done)] for done in parts)
    seen = _SEEN_BY_ID if _names_ids(where) else _SEEN
    statement = select(func.count()).select_from(tasks).where(*seen, tasks.c.done.in_(parts), *conditions)
    row = await scope.first(statement)
    return 0 if row is None else int(row[0])


def _names_ids(where: TaskFilter) -> bool:
    """Whether the filter comes down to ids that another index knows."""
    return where.tag is not None or where.search is not None


def _conditions(where: TaskFilter, today: date, zone: ZoneInfo) -> list[ColumnElement[bool]]:
    conditions = [*_due_conditions(where, today), *_completion_conditions(where, zone)]
    if where.project is not None:
        conditions.append(tasks.c.project_key == name_key(where.project))
    if where.priority is not None:
        conditions.append(tasks.c.priority == rank(where.priority))
    if where.tag is not None:
        tagged = select(task_tags.c.task_id).where(task_tags.c.user_id == UID)
        conditions.append(tasks.c.id.in_(tagged.where(task_tags.c.tag_key == name_key(where.tag))))
    if where.search is not None:
        found = search.refs(("task",), where.search)
        if found is not None:
            conditions.append(tasks.c.id.in_(found))
    return conditions


def due_before(day: date) -> ColumnElement[bool]:
    return tasks.c.due_key < day.isoformat()


def due_between(first: date, last: date) -> ColumnElement[bool]:
    return (tasks.c.due_key >= first.isoformat()) & (tasks.c.due_key < f"{last.isoformat()}~")


def _due_conditions(where: TaskFilter, today: date) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    match where.due:
        case "today":
            conditions.append(due_between(today, today))
        case "overdue":
            conditions.append(due_before(today))
        case "week":
            conditions.append(due_between(today, today + timedelta(days=6)))
        case "none":
            conditions.append(tasks.c.due_key >= NO_DATE)
        case "any":
            pass
    if where.due_from is not None or where.due_to is not None:
        conditions.append(due_between(where.due_from or date.min, where.due_to or date.max))
    return conditions


def _completion_conditions(where: TaskFilter, zone: ZoneInfo) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if where.completed_from is not None:
        conditions.append(tasks.c.completed_at >= day_start(where.completed_from, zone))
    if where.completed_to is not None:
        conditions.append(tasks.c.completed_at < day_start(where.completed_to, zone, days_later=1))
    return conditions


def day_start(day: date, zone: ZoneInfo, *, days_later: int = 0) -> datetime:
    """When a local day begins, as a UTC moment; the first or last moment there is where the calendar ends."""
    try:
        return datetime.combine(day + timedelta(days=days_later), time(), zone).astimezone(UTC)
    except OverflowError:
        return _LAST if day.year > 1 else _FIRST
