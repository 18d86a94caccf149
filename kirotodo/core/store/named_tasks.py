"""Tasks that a tag, a search or another condition names.

Where it names few tasks, these are looked up; where it names many, the walk along the sort asks each task it passes,
and gives up for a look-up where it passes too many in vain.
"""

import json
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Select, SelectBase, func, intersect, select

from kirotodo.core.domain.filters import Condition, Days, InProject, Lacks, OfPriority, conjuncts
from kirotodo.core.domain.task import TaskFilter
from kirotodo.core.lazy_dataclasses import dataclass
from kirotodo.core.store.columns import JsonNumbers
from kirotodo.core.store.filter_conditions import FEW, FilterSql, Ids, has_tag, matching, tagged
from kirotodo.core.store.statement import AnyRow
from kirotodo.core.store.statements.task_queries import (
    MINE,
    NOT_DELETED,
    beyond,
    conditions,
    key_of,
    ordered,
    rows,
)
from kirotodo.core.store.statements.transaction import joined
from kirotodo.core.store.tables import tasks
from kirotodo.core.store.task_queries import FIELDS, SORTED_MAX, Conditions, Finder, Order, Stage, is_short
from kirotodo.core.store.transaction import Scope
from kirotodo.core.text.search_terms import terms

_NOT_DELETED_BY_ID: Final = (MINE, func.coalesce(tasks.c.deleted_at, None).is_(None))
"""The same, worded so that no index of a sort serves it: a few known ids are looked up instead of the list walked."""
_STRIDES: Final = (1_000, 5_000)
"""How many tasks a walk passes, and then again, to find those that hold something. Then it passes as many as a look-up
would have to, and gives up."""


@dataclass(frozen=True, kw_only=True, slots=True)
class IdSource:
    """A tag, a search or another condition that names its tasks along an index; `holds` asks it of one task."""

    named: Ids
    holds: ColumnElement[bool]


async def finder_of(
    scope: Scope, where: TaskFilter, asked: Conditions, *, today: date, zone: ZoneInfo
) -> "NamedTasks | None":
    """Return what finds the tasks of a filter with a tag, a search or a condition; None where these say nothing after
    all."""
    sources, rest = await _sources(scope, where, today=today, zone=zone)
    if not sources and not rest:
        return None
    ids: set[int] | None = None
    many = []
    for source in sources:
        few = await _few_ids(scope, source.named.glance)
        if few is None:
            many.append(source)
            continue
        ids = set(few) if ids is None else ids & set(few)
        if not source.named.exact:
            rest.append(source.holds)
    return NamedTasks(scope, asked, None if ids is None else tuple(sorted(ids)), tuple(many), tuple(rest))


async def crossing_finder(
    scope: Scope, where: TaskFilter, walk: Finder, crossed: frozenset[str], *, today: date, zone: ZoneInfo
) -> Finder:
    """Return what finds the tasks of fields that lie across the order and hold of very many: on a walk along the order
    that asks for them. They are counted as `walk` counts them."""
    sql = FilterSql(today, zone, {})
    sources = [
        IdSource(named=named, holds=sql.holds(condition))
        for condition in _conditions_of(where, crossed, today)
        if (named := sql.named(condition)) is not None
    ]
    asked = Conditions(where, today, zone).without(frozenset().union(*(FIELDS[field] for field in crossed)))
    return _Counted(NamedTasks(scope, asked, None, tuple(sources), ()), walk)


def _conditions_of(where: TaskFilter, fields: frozenset[str], today: date) -> Iterator[Condition]:
    """Yield what these fields of a filter ask for."""
    if "project" in fields and where.project is not None:
        yield InProject(where.project)
    if "priority" in fields and where.priority is not None:
        yield OfPriority(where.priority)
    if "due" not in fields:
        return
    match where.due:
        case "none":
            yield Lacks("date")
        case "overdue":
            yield Days("due", None, today - timedelta(days=1))
        case "today" | "week":
            yield Days("due", today, today + timedelta(days=6 if where.due == "week" else 0))
    if where.due_from is not None or where.due_to is not None:
        yield Days("due", where.due_from, where.due_to)


async def _few_ids(scope: Scope, glance: Select[Any], *, most: int = FEW) -> list[int] | None:
    """The ids, if they are few."""
    row = await scope.first(glance)
    if row is None or row[0] is None or row[0].count(",") >= most:
        return None
    return list(map(int, row[0].split(","))) if row[0] else []


async def _sources(
    scope: Scope, where: TaskFilter, *, today: date, zone: ZoneInfo
) -> tuple[list[IdSource], list[ColumnElement[bool]]]:
    """Return a source of ids for each condition that another table or an index answers, and the other conditions."""
    sources = []
    rest = []
    if where.tag is not None:
        sources.append(IdSource(named=tagged(where.tag), holds=has_tag(where.tag)))
    if where.search is not None and (wanted := terms(where.search)) is not None:
        found = await scope.find(("task",), wanted)
        sources.append(IdSource(named=matching(found), holds=found.holds(tasks.c.id)))
    if where.condition is not None:
        sql = await FilterSql.of(scope, where.condition, today=today, zone=zone)
        for part in conjuncts(where.condition):
            named = sql.named(part)
            if named is None:
                rest.append(sql.holds(part))
            else:
                sources.append(IdSource(named=named, holds=sql.holds(part)))
    return sources, rest


class NamedTasks:
    """Finds tasks by what their own rows say, among `ids` where these are few, else asking each `many`."""

    def __init__(
        self,
        scope: Scope,
        asked: Conditions,
        ids: tuple[int, ...] | None,
        many: tuple[IdSource, ...],
        rest: tuple[ColumnElement[bool], ...],
    ) -> None:
        self._scope = scope
        self._asked = [*conditions(asked.names), *rest]
        self._parameters = asked.parameters
        self._ids = ids
        self._many = many

    async def rows(self, stage: Stage, key: tuple[Any, ...] | None, limit: int) -> list[AnyRow]:
        order = stage.order
        start = [*conditions(stage.names), *([] if key is None else [_beyond(order, key)])]
        if self._ids is not None:
            if not self._ids:
                return []
            return await self._rows(order, (tasks.c.done.in_(stage.parts), *self._among_ids(), *start), limit)
        # `done` stands before the sort in every index, so open and done tasks are walked apart and merged.
        found: list[AnyRow] = []
        for done in stage.parts:
            # What comes after a full page of the one is not looked for among the other.
            until = [~_beyond(order, order.of(found[-1]))] if len(found) == limit else []
            found += await self._walk(done, order, [*start, *until], limit)
        return stage.merged(found, limit)

    async def total(self, parts: tuple[bool, ...]) -> int | None:
        if self._ids is not None:
            among = self._among_ids()
        elif self._many or not await is_short(self._scope, parts, FEW):
            return None
        else:
            among = (*NOT_DELETED, *self._asked)
        count = select(func.count()).select_from(tasks).where(tasks.c.done.in_(parts), *among)
        row = await self._scope.first(count, self._parameters)
        return 0 if row is None else int(row[0])

    def _among_ids(self, met: tuple[int, ...] | None = None) -> tuple[ColumnElement[bool], ...]:
        """For a look-up of the named ids, however many they are; `met` are those that all sources name, if known."""
        ids, asked = self._ids, self._many
        if ids is None:
            ids, asked = met, tuple(source for source in self._many if not source.named.exact)
        known = None if ids is None else JsonNumbers(json.dumps(ids)).table_valued("value")
        those = tasks.c.id.in_(self._in_common() if known is None else select(known.c.value))
        return (*_NOT_DELETED_BY_ID, *self._asked, those, *(source.holds for source in asked))

    def _in_common(self) -> SelectBase:
        named = [source.named.ids for source in self._many]
        return named[0] if len(named) == 1 else intersect(*named)

    async def _few_in_common(self) -> tuple[int, ...] | None:
        """The ids that several sources name, if they are few: their indexes know, before any task is looked up.

        Within one statement PostgreSQL takes them for more than they are, and reads the whole table to meet them.
        """
        if len(self._many) == 1:
            return None
        common = self._in_common().subquery()
        met = await _few_ids(self._scope, joined(select(common.c[0]).limit(SORTED_MAX + 1)), most=SORTED_MAX)
        return None if met is None else tuple(met)

    async def _walk(self, done: bool, order: Order, within: Sequence[ColumnElement[bool]], limit: int) -> list[AnyRow]:
        """Open or done tasks in order, stride by stride, and at last whatever is left."""
        part = tasks.c.done == done
        walked = (part, *NOT_DELETED, *self._asked, *within)
        if not self._many:
            return await self._rows(order, walked, limit)
        start: list[ColumnElement[bool]] = []
        found: list[AnyRow] = []
        # A planner cannot know whether matches lie near the start of the sort or are spread thinly. So walk the sort
        # for a stride and look, then for a longer one, and only then look up every match by id and sort them.
        # Of several sources the look-up knows what they have in common, which may be little: so it comes sooner.
        for stride in (*_STRIDES, None) if len(self._many) == 1 else _STRIDES:
            passed = stride or (await self._scope.rows(self._many[0].named.size))[0][0]
            # The end of the stride as a key, not as a row count: the query then stops there whatever it finds.
            key = select(*key_of(order.columns)).where(*walked, *start)
            last = ordered(key, order.columns).limit(1).offset(passed)
            end = await self._scope.first(last, self._parameters)
            until = [] if end is None else [~_beyond(order, end, and_at=True)]
            asked = (*walked, *(source.holds for source in self._many), *start, *until)
            found += await self._rows(order, asked, limit - len(found))
            if end is None or len(found) == limit:
                return found
            start = [_beyond(order, end, and_at=True)]
        met = await self._few_in_common()
        if met == ():
            return found
        return found + await self._rows(order, (part, *self._among_ids(met), *within, *start), limit - len(found))

    async def _rows(self, order: Order, asked: Sequence[ColumnElement[bool]], limit: int) -> list[AnyRow]:
        statement = rows(order.columns, *asked)
        return list(await self._scope.rows(statement, {**self._parameters, "most": limit}))


@dataclass(frozen=True, slots=True)
class _Counted:
    """Finds tasks in one way, and counts them in another."""

    found: Finder
    counted: Finder

    async def rows(self, stage: Stage, key: tuple[Any, ...] | None, limit: int) -> list[AnyRow]:
        return await self.found.rows(stage, key, limit)

    async def total(self, parts: tuple[bool, ...]) -> int | None:
        return await self.counted.total(parts)


def _beyond(order: Order, key: Any, *, and_at: bool = False) -> ColumnElement[bool]:
    """What comes after a key in this order, or at it too."""
    condition: ColumnElement[bool] = beyond(order.columns, tuple(key), and_at=and_at)
    return condition
