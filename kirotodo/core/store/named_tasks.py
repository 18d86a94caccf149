"""Tasks that a tag or a search names.

Where it names few tasks, these are looked up; where it names many, the walk along the sort asks each task it passes,
and gives up for a look-up where it passes too many in vain.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, func, literal, select

from kirotodo.core.domain.task import TaskFilter
from kirotodo.core.store.columns import JsonNumbers
from kirotodo.core.store.search_terms import terms
from kirotodo.core.store.statement import AnyRow
from kirotodo.core.store.statements.task_queries import MINE, NOT_DELETED, beyond, conditions, key_of, ordered, rows
from kirotodo.core.store.statements.transaction import UID, joined
from kirotodo.core.store.tables import task_tags, tasks
from kirotodo.core.store.task_queries import Conditions, Order, Stage
from kirotodo.core.store.task_rows import name_key
from kirotodo.core.store.transaction import Matches, Scope

FEW: Final = 1_000
"""So many ids are looked up one by one; more are found sooner on a walk along the list."""
_NOT_DELETED_BY_ID: Final = (MINE, func.coalesce(tasks.c.deleted_at, None).is_(None))
"""The same, worded so that no index of a sort serves it: a few known ids are looked up instead of the list walked."""
_STRIDES: Final = (1_000, 5_000)
"""How many tasks a walk passes, and then again, to find those that hold something. Then it passes as many as a look-up
would have to, and gives up."""


@dataclass(frozen=True, kw_only=True, slots=True)
class IdSource:
    """A tag or a search. `glance` gives the ids as one text with commas: more than `FEW`, or no text, where they are
    many. `ids` gives all of them; `size` about how many; `holds` asks it of one task."""

    glance: Select[Any]
    ids: Select[Any]
    size: Select[Any]
    holds: ColumnElement[bool]


async def finder_of(scope: Scope, where: TaskFilter, asked: Conditions) -> "NamedTasks | None":
    """Return what finds the tasks of a filter with a tag or a search; None where they name nothing after all."""
    ids: set[int] | None = None
    many = []
    for named in await _names(scope, where):
        few = await _few_ids(scope, named)
        if few is None:
            many.append(named)
        else:
            ids = set(few) if ids is None else ids & set(few)
    if ids is None and not many:
        return None
    return NamedTasks(scope, asked, None if ids is None else tuple(sorted(ids)), tuple(many))


async def _few_ids(scope: Scope, named: IdSource) -> list[int] | None:
    """The ids, if they are few."""
    row = await scope.first(named.glance)
    if row is None or row[0] is None or row[0].count(",") >= FEW:
        return None
    return list(map(int, row[0].split(","))) if row[0] else []


async def _names(scope: Scope, where: TaskFilter) -> list[IdSource]:
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


class NamedTasks:
    """Finds tasks by what their own rows say, among `ids` where these are few, else asking each `many`."""

    def __init__(
        self, scope: Scope, asked: Conditions, ids: tuple[int, ...] | None, many: tuple[IdSource, ...]
    ) -> None:
        self._scope = scope
        self._asked = conditions(asked.names)
        self._parameters = asked.parameters
        self._ids = ids
        self._many = many

    async def rows(self, stage: Stage, key: tuple[Any, ...] | None, limit: int) -> list[AnyRow]:
        order = stage.order
        start = [] if key is None else [_beyond(order, key)]
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
        if self._ids is None:
            return None
        count = select(func.count()).select_from(tasks).where(tasks.c.done.in_(parts), *self._among_ids())
        row = await self._scope.first(count, self._parameters)
        return 0 if row is None else int(row[0])

    def _among_ids(self) -> tuple[ColumnElement[bool], ...]:
        """For a look-up of the named ids, however many they are."""
        if self._ids is None:
            return (*_NOT_DELETED_BY_ID, *self._asked, *(tasks.c.id.in_(named.ids) for named in self._many))
        known = JsonNumbers(json.dumps(self._ids)).table_valued("value")
        those = tasks.c.id.in_(select(known.c.value))
        return (*_NOT_DELETED_BY_ID, *self._asked, those, *(named.holds for named in self._many))

    async def _walk(self, done: bool, order: Order, within: Sequence[ColumnElement[bool]], limit: int) -> list[AnyRow]:
        """Open or done tasks in order, stride by stride, and at last whatever is left."""
        part = tasks.c.done == done
        walked = (part, *NOT_DELETED, *self._asked, *within)
        start: list[ColumnElement[bool]] = []
        found: list[AnyRow] = []
        # A planner cannot know whether matches lie near the start of the sort or are spread thinly. So walk the sort
        # for a stride and look, then for a longer one, and only then look up every match by id and sort them.
        for stride in (*_STRIDES, None):
            passed = stride or min([(await self._scope.rows(named.size))[0][0] for named in self._many])
            # The end of the stride as a key, not as a row count: the query then stops there whatever it finds.
            key = select(*key_of(order.columns)).where(*walked, *start)
            last = ordered(key, order.columns, order.descending).limit(1).offset(passed)
            end = await self._scope.first(last, self._parameters)
            until = [] if end is None else [~_beyond(order, end, and_at=True)]
            asked = (*walked, *(named.holds for named in self._many), *start, *until)
            found += await self._rows(order, asked, limit - len(found))
            if end is None or len(found) == limit:
                return found
            start = [_beyond(order, end, and_at=True)]
        return found + await self._rows(order, (part, *self._among_ids(), *within, *start), limit - len(found))

    async def _rows(self, order: Order, asked: Sequence[ColumnElement[bool]], limit: int) -> list[AnyRow]:
        statement = rows(order.columns, order.descending, *asked)
        return list(await self._scope.rows(statement, {**self._parameters, "most": limit}))


def _beyond(order: Order, key: Any, *, and_at: bool = False) -> ColumnElement[bool]:
    """What comes after a key in this order, or at it too."""
    condition: ColumnElement[bool] = beyond(order.columns, order.descending, tuple(key), and_at=and_at)
    return condition
