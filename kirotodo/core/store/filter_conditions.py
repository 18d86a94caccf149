"""Conditions of filters as SQL, and the tables that name the tasks of one.

Every condition can be asked of one task. Some also name their tasks by themselves, along an index: a tag, a word, a
project, days. Where a filter has such a condition, its tasks are looked up; see `core.store.named_tasks`.
"""

import datetime as dt
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any, Final, assert_never
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Select, and_, func, literal, not_, or_, select, true, union_all

from kirotodo.core.domain.filters import (
    AllOf,
    AnyOf,
    Condition,
    Days,
    InProject,
    Is,
    Lackable,
    Lacks,
    Not,
    OfPriority,
    Phrase,
    Tagged,
    Word,
    leaves,
    wanted_terms,
)
from kirotodo.core.lazy_dataclasses import dataclass
from kirotodo.core.store.statements.transaction import UID, joined
from kirotodo.core.store.tables import task_tags, tasks
from kirotodo.core.store.task_queries import after_day, day_start
from kirotodo.core.store.task_rows import NO_DATE, rank
from kirotodo.core.store.transaction import Matches, Scope
from kirotodo.core.text.folding import name_key

FEW: Final = 1_000
"""So many ids are looked up one by one; more are found sooner on a walk along the list."""
_T: Final = tasks.c
_MINE: Final = (_T.user_id == UID, _T.deleted_at.is_(None))


@dataclass(frozen=True, kw_only=True, slots=True)
class Ids:
    """A query for the ids that a condition names, along an index, and one for about how many there are. `glance` gives
    few ids as one text with commas, as `Matches.few_refs` does. `exact` says that no other tasks are among them."""

    ids: Select[Any]
    size: Select[Any]
    glance: Select[Any]
    exact: bool = True


class FilterSql:
    """The conditions of one filter as SQL. Make it with `of`, which asks the search what it knows about the words."""

    def __init__(self, today: dt.date, zone: ZoneInfo, found: Mapping[Word | Phrase, Matches]) -> None:
        self._today = today
        self._zone = zone
        self._found = found

    @classmethod
    async def of(cls, scope: Scope, condition: Condition, *, today: dt.date, zone: ZoneInfo) -> "FilterSql":
        """Return the SQL for a condition and its parts."""
        found: dict[Word | Phrase, Matches] = {}
        for leaf in leaves(condition):
            if isinstance(leaf, Word | Phrase) and (wanted := wanted_terms(leaf)) is not None:
                found[leaf] = await scope.find(("task",), wanted)
        return cls(today, zone, found)

    def holds(self, condition: Condition) -> ColumnElement[bool]:
        """Return whether a condition holds of a row of `tasks`; never NULL."""
        match condition:
            case AllOf(parts):
                return and_(*map(self.holds, parts))
            case AnyOf(parts):
                return or_(*map(self.holds, parts))
            case Not(part):
                return not_(self.holds(part))
            case Word() | Phrase():
                matches = self._found.get(condition)
                return true() if matches is None else matches.holds(_T.id)
            case Tagged(name):
                return has_tag(name)
            case InProject(name):
                return func.coalesce(_T.project_key, "") == name_key(name)
            case OfPriority(priority):
                return func.coalesce(_T.priority, None) == rank(priority)
            case Days():
                return and_(*self._between(condition, nullable=True))
            case Lacks(field):
                return _IS_EMPTY[field]()
            case Is(state):
                return self._is(state)
            case _:
                assert_never(condition)

    def named(self, condition: Condition) -> Ids | None:
        """Return the query for all tasks of which a condition holds, and perhaps others; None where no index serves."""
        match condition:
            case AllOf(parts):
                first = next((ids for part in parts if (ids := self.named(part)) is not None), None)
                return None if first is None else replace(first, exact=False)
            case AnyOf(parts):
                return self._union(parts)
            case Word() | Phrase():
                matches = self._found.get(condition)
                return None if matches is None else matching(matches)
            case Tagged(name):
                return tagged(name)
            case InProject(name):
                return self._along(_T.project_key == name_key(name))
            case OfPriority(priority):
                return self._along(_T.priority == rank(priority))
            case Days(field) if field != "start":
                return self._along(*self._between(condition, nullable=False))
            case Not(Lacks("tag")):
                return _query(task_tags.c.task_id, (task_tags.c.user_id == UID,))
            case Is("overdue"):
                return _query(_T.id, (*_MINE, ~_T.done, _T.due_key < self._today.isoformat()))
            case _:
                indexed = _INDEXED.get(condition)
                return None if indexed is None else self._along(indexed)

    def _union(self, parts: tuple[Condition, ...]) -> Ids | None:
        named = [self.named(part) for part in parts]
        known = [each for each in named if each is not None]
        if len(known) < len(named):
            return None
        ids = union_all(*(each.ids for each in known)).subquery()
        sizes = [each.size.scalar_subquery() for each in known]
        distinct = select(ids.c[0]).distinct()
        return Ids(
            ids=distinct,
            size=select(sum(sizes[1:], start=sizes[0])),
            glance=joined(distinct.limit(FEW + 1)),
            exact=all(each.exact for each in known),
        )

    def _along(self, *where: ColumnElement[bool]) -> Ids:
        # `done` stands before the rest in every index.
        return _query(_T.id, (*_MINE, _T.done.in_((False, True)), *where))

    def _between(self, days: Days, *, nullable: bool) -> Iterator[ColumnElement[bool]]:
        if days.field == "due":
            # Asked of one task, no index is to serve: the walk has one already.
            key = func.coalesce(_T.due_key, None) if nullable else _T.due_key
            yield key >= (days.first or dt.date.min).isoformat()
            yield key < (NO_DATE if days.last is None else after_day(days.last))
            return
        if days.field == "start":
            yield _T.start_date.between(days.first or dt.date.min, days.last or dt.date.max)
            yield _T.start_date.is_not(None)
            return
        column = _T.completed_at if days.field == "done" else _T.created_at
        if nullable and days.field == "done":
            yield column.is_not(None)
        if days.first is not None:
            yield column >= day_start(days.first, self._zone)
        if days.last is not None:
            yield column < day_start(days.last, self._zone, days_later=1)

    def _is(self, state: str) -> ColumnElement[bool]:
        match state:
            case "open":
                return ~_T.done
            case "done":
                return _T.done == true()
            case "recurring":
                return _T.recurrence.is_not(None)
            case _:
                return and_(~_T.done, _T.due_key < self._today.isoformat())


def _of_tag(name: str) -> tuple[ColumnElement[bool], ...]:
    return (task_tags.c.user_id == UID, task_tags.c.tag_key == name_key(name))


def has_tag(name: str) -> ColumnElement[bool]:
    """Return whether a row of `tasks` has a tag."""
    return select(literal(1)).where(*_of_tag(name), task_tags.c.task_id == _T.id).exists()


def tagged(name: str) -> Ids:
    """Return the tasks with a tag."""
    return _query(task_tags.c.task_id, _of_tag(name))


def matching(found: Matches) -> Ids:
    """Return the tasks that a search finds."""
    return Ids(ids=found.refs(), size=found.size(), glance=found.few_refs(FEW + 1))


def _query(column: Any, where: tuple[ColumnElement[bool], ...]) -> Ids:
    ids = select(column).where(*where)
    count = select(func.count()).select_from(column.table).where(*where)
    return Ids(ids=ids, size=count, glance=joined(ids.limit(FEW + 1)))


_INDEXED: Final[Mapping[Condition, ColumnElement[bool]]] = {
    Lacks("date"): _T.due_key >= NO_DATE,
    Not(Lacks("date")): _T.due_key < NO_DATE,
    Not(Lacks("time")): _T.due_time.is_not(None),
    Not(Lacks("start")): _T.start_date.is_not(None),
    Not(Lacks("project")): _T.project_key.is_not(None),
    Not(Lacks("notes")): _T.notes != "",
    Not(Lacks("reminder")): _T.remind_at.is_not(None),
    Is("recurring"): _T.recurrence.is_not(None),
}
"""What an index finds tasks by, and the condition as it serves that index."""
_IS_EMPTY: Final[Mapping[Lackable, Callable[[], ColumnElement[bool]]]] = {
    "date": lambda: _T.due_key >= NO_DATE,
    "time": lambda: _T.due_time.is_(None),
    "start": lambda: _T.start_date.is_(None),
    "project": lambda: _T.project_key.is_(None),
    "tag": lambda: ~select(literal(1)).where(task_tags.c.user_id == UID, task_tags.c.task_id == _T.id).exists(),
    "notes": lambda: _T.notes == "",
    "reminder": lambda: _T.remind_at.is_(None),
}
