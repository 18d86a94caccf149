"""Pages of tasks: which rows a filter means, in what order, and how a page goes on where the last one ended.

Open and done tasks are walked apart, each along the index of its sort, and merged: so no page ever sorts the list.
Where a tag or a search names few tasks, these are looked up instead; where it names many, the walk asks each task it
passes, and gives up for a look-up where it passes too many in vain.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import Column, ColumnElement, Select, func, literal, select, tuple_

from kirotodo.core.domain.task import Page, Sort, Status, Task, TaskFilter
from kirotodo.core.store import task_counts as counts
from kirotodo.core.store.columns import JsonNumbers
from kirotodo.core.store.cursors import Cursor, checked_limit, decode, encode
from kirotodo.core.store.search_terms import terms
from kirotodo.core.store.tables import task_tags, tasks, users
from kirotodo.core.store.task_rows import COLUMNS, NO_DATE, TaskRows, name_key, rank
from kirotodo.core.store.transaction import UID, AnyRow, Matches, Scope, joined

FEW: Final = 1_000
"""So many ids are looked up one by one; more are found sooner on a walk along the list."""
_FIRST: Final = datetime(1, 1, 1, tzinfo=UTC)
_LAST: Final = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)


@dataclass(frozen=True, kw_only=True, slots=True)
class IdSource:
    """A tag or a search. `glance` gives the ids as one text with commas: more than `FEW`, or no text, where they are
    many. `ids` gives all of them; `size` about how many; `holds` asks it of one task."""

    glance: Select[Any]
    ids: Select[Any]
    size: Select[Any]
    holds: ColumnElement[bool]


async def few_ids(scope: Scope, named: IdSource) -> list[int] | None:
    """The ids, if they are few."""
    row = await scope.first(named.glance)
    if row is None or row[0] is None or row[0].count(",") >= FEW:
        return None
    return list(map(int, row[0].split(","))) if row[0] else []


async def names(scope: Scope, where: TaskFilter) -> list[IdSource]:
    """Return a source of ids for each filter that another table answers: a tag, a search."""
    found = []
    if where.tag is not None:
        found.append(_tagged(name_key(where.tag)))
    if where.search is not None and (wanted := terms(where.search)) is not None:
        found.append(_holding(await scope.find(("task",), wanted)))
    return found


def _tagged(key: str) -> IdSource:
    of_tag = (task_tags.c.user_id == UID, task_tags.c.tag_key == key)
    ids = select(task_tags.c.task_id).where(*of_tag)
    one = select(literal(1)).where(*of_tag, task_tags.c.task_id == tasks.c.id)
    return IdSource(
        glance=joined(ids.limit(FEW + 1)), ids=ids, size=select(func.count()).where(*of_tag), holds=one.exists()
    )


def _holding(found: Matches) -> IdSource:
    return IdSource(glance=found.few_refs(FEW + 1), ids=found.refs(), size=found.size(), holds=found.holds(tasks.c.id))


def conditions_of(where: TaskFilter, today: date, zone: ZoneInfo) -> list[ColumnElement[bool]]:
    """What can be asked of a task's own row."""
    conditions = [*_due_conditions(where, today), *_completion_conditions(where, zone)]
    if where.project is not None:
        conditions.append(tasks.c.project_key == name_key(where.project))
    if where.priority is not None:
        conditions.append(tasks.c.priority == rank(where.priority))
    return conditions


def due_before(day: date) -> ColumnElement[bool]:
    """Return the condition that a task is due before this day."""
    return tasks.c.due_key < day.isoformat()


def due_between(first: date, last: date) -> ColumnElement[bool]:
    """Return the condition that a task is due on one of these days."""
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


_COUNTS: Final = select(users.c.pending_count, users.c.completed_count).where(users.c.id == UID)
_PARTS: Final[dict[Status, tuple[bool, ...]]] = {"pending": (False,), "completed": (True,), "all": (False, True)}
_MINE: Final = tasks.c.user_id == UID
_NOT_DELETED: Final = (_MINE, tasks.c.deleted_at.is_(None))
_NOT_DELETED_BY_ID: Final = (_MINE, func.coalesce(tasks.c.deleted_at, None).is_(None))
"""The same, worded so that no index of a sort serves it: a few known ids are looked up instead of the list walked."""
_STRIDES: Final = (1_000, 5_000)
"""How many tasks a walk passes, and then again, to find those that hold something. Then it passes as many as a look-up
would have to, and gives up."""


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


@dataclass(frozen=True, slots=True)
class _Plan:
    """How the tasks are found: by what their own rows say, among `ids` where these are few, else asking each `many`."""

    conditions: tuple[ColumnElement[bool], ...]
    ids: tuple[int, ...] | None = None
    many: tuple[IdSource, ...] = ()

    def among_ids(self) -> tuple[ColumnElement[bool], ...]:
        """For a look-up of the named ids, however many they are."""
        if self.ids is None:
            return (*_NOT_DELETED_BY_ID, *self.conditions, *(tasks.c.id.in_(named.ids) for named in self.many))
        known = JsonNumbers(json.dumps(self.ids)).table_valued("value")
        those = tasks.c.id.in_(select(known.c.value))
        return (*_NOT_DELETED_BY_ID, *self.conditions, those, *(named.holds for named in self.many))


async def page_of(
    scope: Scope, where: TaskFilter, *, today: date, zone: ZoneInfo, limit: int, cursor: str | None
) -> Page[Task]:
    """Return a page of tasks; see `TaskStore.page`."""
    checked_limit(limit)
    stages = _stages(where)
    mark = None
    if cursor is not None:
        mark = decode(cursor, sort=where.sort, kinds=stages[0].order.kinds, stages=len(stages))
    plan = await _plan(scope, where, conditions_of(where, today, zone))
    found: list[tuple[int, AnyRow]] = []
    first = mark.stage if mark else 0
    for at in range(first, len(stages)):
        here = mark if at == first else None
        rows = await _of_stage(scope, stages[at], plan, here, limit + 1 - len(found))
        found += [(at, row) for row in rows]
        if len(found) > limit:
            break
    more = len(found) > limit
    total = mark.total if mark else await _total(scope, where, plan, today) if more else len(found)
    following = None
    if more:
        at, row = found[limit - 1]
        following = encode(Cursor(sort=where.sort, stage=at, key=stages[at].order.of(row), total=total))
    items = await TaskRows(scope).values([row for _, row in found[:limit]])
    return Page(items=items, next=following, total=total)


async def _plan(scope: Scope, where: TaskFilter, conditions: Sequence[ColumnElement[bool]]) -> _Plan:
    ids: set[int] | None = None
    many = []
    for named in await names(scope, where):
        few = await few_ids(scope, named)
        if few is None:
            many.append(named)
        else:
            ids = set(few) if ids is None else ids & set(few)
    return _Plan(tuple(conditions), None if ids is None else tuple(sorted(ids)), tuple(many))


def _stages(where: TaskFilter) -> list[_Stage]:
    """What comes after what: one stage, but by completion the done tasks come before all open ones."""
    parts = _PARTS[where.status]
    if where.sort != "completed":
        return [_Stage(_ORDERS[where.sort], parts)]
    return [_Stage(_ORDERS["completed"] if done else _NEWEST, (done,)) for done in reversed(parts)]


async def _of_stage(scope: Scope, stage: _Stage, plan: _Plan, mark: Cursor | None, limit: int) -> list[AnyRow]:
    order = stage.order
    start = [] if mark is None else [_beyond(order, mark.key)]
    if plan.ids is not None:
        conditions = (tasks.c.done.in_(stage.parts), *plan.among_ids(), *start) if plan.ids else ()
        return await _rows(scope, order, conditions, limit) if conditions else []
    # `done` stands before the sort in every index, so open and done tasks are walked apart and merged.
    rows: list[AnyRow] = []
    for done in stage.parts:
        # What comes after a full page of the one is not looked for among the other.
        until = [~_beyond(order, order.of(rows[-1]))] if plan.many and len(rows) == limit else []
        rows += await _walk(scope, done, order, plan, [*start, *until], limit)
    return rows if len(stage.parts) == 1 else sorted(rows, key=order.of, reverse=order.descending)[:limit]


async def _walk(
    scope: Scope, done: bool, order: _Order, plan: _Plan, within: Sequence[ColumnElement[bool]], limit: int
) -> list[AnyRow]:
    """Open or done tasks in order. Among many named ones, stride by stride, and at last whatever is left."""
    part = tasks.c.done == done
    walked = (part, *_NOT_DELETED, *plan.conditions, *within)
    start: list[ColumnElement[bool]] = []
    if not plan.many:
        return await _rows(scope, order, walked, limit)
    found: list[AnyRow] = []
    # A planner cannot know whether matches lie near the start of the sort or are spread thinly. So walk the sort for a
    # stride and look, then for a longer one, and only then look up every match by id and sort them.
    for stride in (*_STRIDES, None):
        passed = stride or min([(await scope.rows(named.size))[0][0] for named in plan.many])
        # The end of the stride as a key, not as a row count: the query then stops there whatever it finds.
        key = _ordered(select(*order.key).where(*walked, *start), order).limit(1).offset(passed)
        end = await scope.first(key)
        until = [] if end is None else [~_beyond(order, end, and_at=True)]
        conditions = (*walked, *(named.holds for named in plan.many), *start, *until)
        found += await _rows(scope, order, conditions, limit - len(found))
        if end is None or len(found) == limit:
            return found
        start = [_beyond(order, end, and_at=True)]
    return found + await _rows(scope, order, (part, *plan.among_ids(), *within, *start), limit - len(found))


async def _rows(scope: Scope, order: _Order, conditions: Sequence[ColumnElement[bool]], limit: int) -> list[AnyRow]:
    statement = select(*COLUMNS, tasks.c.due_key, tasks.c.title_key).where(*conditions)
    return list(await scope.rows(_ordered(statement, order).limit(limit)))


def _ordered(statement: Select[Any], order: _Order) -> Select[Any]:
    return statement.order_by(*(column.desc() if order.descending else column.asc() for column in order.key))


def _beyond(order: _Order, key: Sequence[Any], *, and_at: bool = False) -> ColumnElement[bool]:
    """What comes after a key in this order, or at it too."""
    # A row-value comparison seeks to the place in the index; an offset would read and drop every row before it.
    here = tuple_(*order.key)
    there = tuple_(*key, types=[column.type for column in order.key])
    if and_at:
        return here <= there if order.descending else here >= there
    return here < there if order.descending else here > there


async def _total(scope: Scope, where: TaskFilter, plan: _Plan, today: date) -> int | None:
    """How many the list holds; None for many named tasks, which nobody has counted."""
    parts = _PARTS[where.status]
    if plan.ids is None and plan.many:
        return None
    if plan.ids is None and not plan.conditions:
        row = await scope.first(_COUNTS)
        return 0 if row is None else sum(row[int(done)] for done in parts)
    kept = _kept_total(where, today) if plan.ids is None and len(plan.conditions) == 1 else None
    if kept is not None:
        row = await scope.first(select(kept))
        return 0 if row is None else int(row[0])
    conditions = (*_NOT_DELETED, *plan.conditions) if plan.ids is None else plan.among_ids()
    row = await scope.first(select(func.count()).select_from(tasks).where(tasks.c.done.in_(parts), *conditions))
    return 0 if row is None else int(row[0])


def _kept_total(where: TaskFilter, today: date) -> ColumnElement[int] | None:
    """The number of tasks as an expression, where one count says it: they are asked for by one thing alone."""
    anything = TaskFilter(status=where.status, sort=where.sort)
    if where.project is not None and where == replace(anything, project=where.project):
        return counts.total(where.status, "project", counts.C.slot == 0, counts.C.name == name_key(where.project))
    if where.priority is not None and where == replace(anything, priority=where.priority):
        return counts.total(where.status, "priority", counts.C.slot == rank(where.priority))
    if where.due != "any" and where == replace(anything, due=where.due):
        slot, now = counts.C.slot, counts.day(today)
        days = {
            "today": slot == now,
            "overdue": (slot > counts.NO_DAY) & (slot < now),
            "week": slot.between(now, now + 6),
            "none": slot == counts.NO_DAY,
        }
        return counts.total(where.status, "due", days[where.due])
    return None
