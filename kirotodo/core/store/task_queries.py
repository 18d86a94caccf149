"""Pages of tasks: which rows a filter means, in what order, and how a page goes on where the last one ended.

Open and done tasks are walked apart, each along the index of its sort, and merged: so no page ever sorts the list.
Where a tag or a search names tasks, `core.store.named_tasks` finds them in place of the walk.
"""

from collections.abc import Mapping, Sequence
from copy import copy
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from operator import attrgetter
from typing import Any, Final, Protocol
from zoneinfo import ZoneInfo

from kirotodo.core.domain.task import Page, Sort, Status, Task, TaskFilter, sort_keys
from kirotodo.core.lazy_dataclasses import dataclass
from kirotodo.core.store.cursors import Cursor, checked_limit, decode, encode
from kirotodo.core.store.statement import AnyRow, Statements
from kirotodo.core.store.task_rows import TaskRows, rank
from kirotodo.core.store.transaction import Scope
from kirotodo.core.text.folding import name_key

_SQL: Final = Statements("task_queries")
_FIRST: Final = datetime(1, 1, 1, tzinfo=UTC)
CROWD: Final = 1_000
"""So many tasks are found by themselves and sorted; more are found sooner on a walk along the order."""
SORTED_MAX: Final = 10_000
"""So many tasks are sorted where no index has them in their order; more are asked for on a walk along that order. A
walk may pass many tasks in vain, so sorting a few thousand is usually cheaper."""
COUNTED_MAX: Final = 5_000
"""Where no count is kept, so many tasks are counted for the total of a page; it is unknown where there are more."""
FIELDS: Final[Mapping[str, frozenset[str]]] = {
    "due": frozenset({"due_within", "due_between", "due_before", "undated"}),
    "project": frozenset({"project"}),
    "priority": frozenset({"priority"}),
}
"""The conditions that a field of a filter is."""
_LAST: Final = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)


class Conditions:
    """What a filter asks of a task's own row: the names of conditions of `core.store.statements.task_queries`, and
    their parameters."""

    def __init__(self, where: TaskFilter, today: date, zone: ZoneInfo) -> None:
        self.parameters: dict[str, Any] = {}
        self._names: list[str] = []
        self.kept = _kept(where)
        """The one thing that is asked for, where a count of it is kept."""
        self.day = today.toordinal()
        self._due(where, today)
        if where.completed_from is not None:
            self._add("completed_from", completed_first=day_start(where.completed_from, zone))
        if where.completed_to is not None:
            self._add("completed_to", completed_last=day_start(where.completed_to, zone, days_later=1))
        if where.project is not None:
            self._add("project", the_project=name_key(where.project))
        if where.priority is not None:
            self._add("priority", the_priority=rank(where.priority))
        if where.parent_id is not None:
            self._add("of_parent", the_parent=where.parent_id)
        elif _hides_steps(where):
            self._add("listed")
        if where.scheduled == "only":
            self._add("scheduled", start_today=today)
        elif _hides_scheduled(where):
            self._add("started", start_today=today)

    @property
    def names(self) -> tuple[str, ...]:
        """Return the names, always in the same order."""
        return tuple(self._names)

    def without(self, names: frozenset[str]) -> "Conditions":
        """Return the conditions but these, which are asked for otherwise."""
        left = copy(self)
        left._names = [name for name in self._names if name not in names]
        return left

    def _due(self, where: TaskFilter, today: date) -> None:
        match where.due:
            case "today" | "week":
                last = today if where.due == "today" else today + timedelta(days=6)
                self._add("due_within", within_first=today.isoformat(), within_last=after_day(last))
            case "overdue":
                self._add("due_before", due_today=today.isoformat())
            case "none":
                self._add("undated")
            case "any":
                pass
        if where.due_from is not None or where.due_to is not None:
            first, last = where.due_from or date.min, where.due_to or date.max
            self._add("due_between", between_first=first.isoformat(), between_last=after_day(last))

    def _add(self, name: str, **parameters: Any) -> None:
        self._names.append(name)
        self.parameters.update(parameters)


def _hides_steps(where: TaskFilter) -> bool:
    """Return whether steps without a date of their own are left out; see `TaskFilter`."""
    if where.steps is not None:
        return where.steps == "hide"
    return where.status != "all" and not _names(where, words_only=False)


def _hides_scheduled(where: TaskFilter) -> bool:
    """Return whether tasks that start later are left out; see `TaskFilter`."""
    if where.scheduled is not None:
        return where.scheduled == "hide"
    if where.parent_id is not None:
        return False
    return where.status in ("pending", None) and not _names(where, words_only=True)


def _names(where: TaskFilter, *, words_only: bool) -> bool:
    """Return whether a filter names a word, or else a project, tag or priority."""
    if where.search is not None:
        return True
    if not words_only and (where.project or where.tag or where.priority) is not None:
        return True
    if where.condition is None:
        return False
    from kirotodo.core.domain.filters import names

    return names(where.condition, words_only=words_only)


def _kept(where: TaskFilter) -> str | None:
    """Return by what alone tasks are asked for, where that is something that is counted."""
    anything = TaskFilter(status=where.status, sort=where.sort, steps=where.steps, scheduled=where.scheduled)
    if where.project is not None and where == replace(anything, project=where.project):
        return "project"
    if where.priority is not None and where == replace(anything, priority=where.priority):
        return "priority"
    return where.due if where.due != "any" and where == replace(anything, due=where.due) else None


def after_day(day: date) -> str:
    """After every key of this day."""
    return f"{day.isoformat()}~"


def day_start(day: date, zone: ZoneInfo, *, days_later: int = 0) -> datetime:
    """When a local day begins, as a UTC moment; the first or last moment there is where the calendar ends."""
    try:
        return datetime.combine(day + timedelta(days=days_later), time(), zone).astimezone(UTC)
    except OverflowError:
        return _LAST if day.year > 1 else _FIRST


PARTS: Final[dict[Status | None, tuple[bool, ...]]] = {
    None: (False,),
    "pending": (False,),
    "completed": (True,),
    "all": (False, True),
}


@dataclass(frozen=True, slots=True)
class Order:
    """The columns of a sort, before the id; one with a - before its name is descending, and the id as the last one."""

    columns: tuple[str, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """Return the names of the columns, with that of the id."""
        return (*(column.removeprefix("-") for column in self.columns), "id")

    @property
    def kinds(self) -> tuple[type, ...]:
        """Return the type of each part of a key."""
        return tuple(_KINDS[name] for name in self.names)

    def of(self, row: AnyRow) -> tuple[Any, ...]:
        """Return the key of a row."""
        return tuple(getattr(row, name) for name in self.names)

    def sorted(self, rows: Sequence[AnyRow]) -> list[AnyRow]:
        """Return rows in this order."""
        found = list(rows)
        directions = [column.startswith("-") for column in self.columns]
        for name, downward in reversed(list(zip(self.names, (*directions, directions[-1]), strict=True))):
            found.sort(key=attrgetter(name), reverse=downward)
        return found


_KINDS: Final[Mapping[str, type]] = {
    **dict.fromkeys(
        ("due_key", "due_or_first", "title_key", "project_key", "project_or_first", "project_or_last"), str
    ),
    **dict.fromkeys(("created_at", "updated_at", "completed_at", "completed_or_never", "completed_or_last"), datetime),
    **dict.fromkeys(("priority", "position", "id"), int),
}


@dataclass(frozen=True, slots=True)
class Stage:
    """Open tasks, done ones or both, merged in one order; `names` are conditions that hold of all of them.

    Where `crowd` names a count that is kept, and that is high, `many_` stands before those names.
    """

    order: Order
    parts: tuple[bool, ...]
    names: tuple[str, ...] = ()
    crowd: str = ""

    def merged(self, rows: Sequence[AnyRow], limit: int) -> list[AnyRow]:
        """Return the first rows of several parts."""
        return list(rows) if len(self.parts) == 1 else self.order.sorted(rows)[:limit]


_COLUMNS: Final[Mapping[Sort, str]] = {
    "due": "due_key",
    "priority": "priority",
    "title": "title_key",
    "created": "-created_at",
    "updated": "-updated_at",
    "completed": "-completed_at",
    "project": "project_key",
}
_LATER: Final[Mapping[tuple[Sort, bool], str]] = {
    ("due", True): "-due_or_first",
    ("completed", False): "-completed_or_never",
    ("completed", True): "completed_or_last",
    ("project", False): "project_or_last",
    ("project", True): "-project_or_first",
}
"""Columns for sorts that come after another, by whether they are reversed: what is NULL comes last either way."""


def _reversed(column: str) -> str:
    return column.removeprefix("-") if column.startswith("-") else f"-{column}"


def _column(sort: Sort, back: bool) -> str:
    return _reversed(_COLUMNS[sort]) if back else _COLUMNS[sort]


def _stages(where: TaskFilter) -> list[Stage]:
    """Return what comes after what: tasks without a project or date after those with one, done tasks before open ones
    where the order is that of completion, and priorities one by one where more than the due date orders them."""
    parts = PARTS[where.status]
    if where.parent_id is not None:
        return [Stage(Order(("position",)), parts)]
    (first, back), *later = sort_keys(where.sort)
    rest = tuple(_LATER.get(key) or _column(*key) for key in later)
    own = (_column(first, back), *rest)
    by_due = rest or ("due_key",)
    match first:
        case "completed":
            newest = Order(rest or ("-created_at",))
            return [Stage(Order(own) if done else newest, (done,)) for done in reversed(parts)]
        case "project":
            named = Stage(Order((own[0], *by_due)), parts, ("with_project",))
            return [named, Stage(Order(by_due), parts, ("without_project",), "without_project" if rest else "")]
        case "priority" if back or by_due != ("due_key",):
            ranks = [f"rank_{rank}" for rank in (range(3, -1, -1) if back else range(4))]
            return [Stage(Order(by_due), parts, (rank,), rank if rest else "") for rank in ranks]
        case "priority":
            return [Stage(Order(("priority", "due_key")), parts)]
        case "due" if back or rest:
            return [
                Stage(Order(own), parts, ("dated",)),
                Stage(Order(rest or ("due_key",)), parts, ("undated",), "undated" if rest else ""),
            ]
        case _:
            return [Stage(Order(own), parts)]


class Finder(Protocol):
    """How the tasks of a filter are found."""

    async def rows(self, stage: Stage, key: tuple[Any, ...] | None, limit: int) -> list[AnyRow]:
        """Return the first rows of a stage, or the first ones after a key."""

    async def total(self, parts: tuple[bool, ...]) -> int | None:
        """Return how many the list holds, None where nobody has counted them."""


async def page_of(
    scope: Scope, where: TaskFilter, *, today: date, zone: ZoneInfo, limit: int, cursor: str | None
) -> Page[Task]:
    """Return a page of tasks; see `TaskStore.page`."""
    checked_limit(limit)
    stages = _stages(where)
    mark = None
    if cursor is not None:
        mark = decode(cursor, sort=where.sort, stages=[stage.order.kinds for stage in stages])
    finder = await _finder(scope, where, today=today, zone=zone)
    found: list[tuple[int, AnyRow]] = []
    first = mark.stage if mark else 0
    for at in range(first, len(stages)):
        key = mark.key if mark is not None and at == first else None
        stage = await _worded(scope, stages[at])
        found += [(at, row) for row in await finder.rows(stage, key, limit + 1 - len(found))]
        if len(found) > limit:
            break
    more = len(found) > limit
    total = mark.total if mark else await finder.total(PARTS[where.status]) if more else len(found)
    following = None
    if more:
        at, row = found[limit - 1]
        following = encode(Cursor(sort=where.sort, stage=at, key=stages[at].order.of(row), total=total))
    items = await TaskRows(scope).values([row for _, row in found[:limit]])
    return Page(items=items, next=following, total=total)


async def _worded(scope: Scope, stage: Stage) -> Stage:
    """Return a stage whose conditions hold of so many tasks that the index of its order is walked for them, so worded.

    Where they are few, they are found along the index of the condition, and sorted.
    """
    if not stage.crowd:
        return stage
    row = await scope.first(_SQL.made("kept_total", stage.parts, stage.crowd))
    crowded = row is not None and row[0] > CROWD
    return replace(stage, names=tuple(f"many_{name}" for name in stage.names)) if crowded else stage


async def _finder(scope: Scope, where: TaskFilter, *, today: date, zone: ZoneInfo) -> Finder:
    conditions = Conditions(where, today, zone)
    walk = Walk(scope, conditions)
    if where.tag is None and where.search is None and where.condition is None:
        crowded = await _crowded(scope, where, walk)
        if not crowded:
            return walk
        from kirotodo.core.store.named_tasks import crossing_finder

        return await crossing_finder(scope, where, walk, crowded, today=today, zone=zone)
    from kirotodo.core.store.named_tasks import finder_of

    return await finder_of(scope, where, conditions, today=today, zone=zone) or walk


async def _crowded(scope: Scope, where: TaskFilter, walk: "Walk") -> frozenset[str]:
    """Return the fields that lie across the order and hold of so many tasks that these are not to be sorted."""
    crossed = _crossed(where)
    parts = PARTS[where.status]
    if not crossed or await is_short(scope, parts, SORTED_MAX):
        return frozenset()
    found = set()
    for field in crossed:
        count = await walk.number_of(field, parts)
        if count > SORTED_MAX:
            found.add(field)
    return frozenset(found)


def _crossed(where: TaskFilter) -> frozenset[str]:
    """Return the fields whose tasks no index has in the order of the sort."""
    keys = sort_keys(where.sort)
    first = keys[0][0]
    if first == "due" or where.parent_id is not None:
        return frozenset()
    by_rank = first == "priority" and (len(keys) == 1 or keys[1][0] == "due")
    asked = {
        "due": where.due != "any" or where.due_from is not None or where.due_to is not None,
        "project": where.project is not None and first != "project",
        "priority": where.priority is not None and not by_rank,
    }
    return frozenset(name for name, is_asked in asked.items() if is_asked)


async def is_short(scope: Scope, parts: tuple[bool, ...], most: int) -> bool:
    """Return whether there are at most so many open or done tasks."""
    return await _whole(scope, parts) <= most


async def _whole(scope: Scope, parts: tuple[bool, ...], *, steps: bool = True) -> int:
    """How many open or done tasks there are, with the steps that lists don't show by themselves or without them."""
    counts = await scope.first(_SQL.COUNTS)
    if counts is None:
        return 0
    return sum(counts[int(done)] + (counts[2 + int(done)] if steps else 0) for done in parts)


async def _steps(scope: Scope, parts: tuple[bool, ...]) -> int:
    counts = await scope.first(_SQL.COUNTS)
    return 0 if counts is None else sum(counts[2 + int(done)] for done in parts)


class Walk:
    """Finds tasks along the index of the sort, by what their own rows say."""

    def __init__(self, scope: Scope, conditions: Conditions) -> None:
        self._scope = scope
        self.conditions = conditions

    async def rows(self, stage: Stage, key: tuple[Any, ...] | None, limit: int) -> list[AnyRow]:
        order, names = stage.order, (*stage.names, *self.conditions.names)
        given: Mapping[str, Any] = {
            **self.conditions.parameters,
            **{f"key_{place}": part for place, part in enumerate(key or ())},
            "most": limit,
        }
        found: list[AnyRow] = []
        # `done` stands before the sort in every index, so open and done tasks are walked apart and merged.
        for done in stage.parts:
            walk = _SQL.made("walk", done, order.columns, names, key is not None)
            found += await self._scope.rows(walk, given)
        return stage.merged(found, limit)

    async def total(self, parts: tuple[bool, ...]) -> int | None:
        asked = self.conditions
        fields = [name for name in asked.names if name not in ("listed", "started")]
        if fields and (asked.kept is None or (asked.kept in ("project", "priority") and "listed" in asked.names)):
            return await self._counted(parts)
        later = await self._later(fields) if "started" in asked.names else 0
        if not fields:
            return await _whole(self._scope, parts, steps="listed" not in asked.names) - later
        hidden = await _steps(self._scope, parts) if asked.kept == "none" and "listed" in asked.names else 0
        return await self._kept(asked.kept or "", parts) - hidden - later

    async def number_of(self, field: str, parts: tuple[bool, ...]) -> int:
        """Return how many tasks a field of the filter asks for by itself; at most `SORTED_MAX` and one where no count
        of these is kept."""
        name = next(name for name in self.conditions.names if name in FIELDS[field])
        if name in ("project", "priority"):
            return await self._kept(name, parts)
        row = await self._scope.first(
            _SQL.made("count_some", parts, (name,)), {**self.conditions.parameters, "most": SORTED_MAX + 1}
        )
        return 0 if row is None else int(row[0])

    async def _kept(self, kept: str, parts: tuple[bool, ...]) -> int:
        row = await self._scope.first(
            _SQL.made("kept_total", parts, kept), {**self.conditions.parameters, "the_day": self.conditions.day}
        )
        return 0 if row is None else int(row[0])

    async def _counted(self, parts: tuple[bool, ...]) -> int | None:
        """Count row by row, for as long as that is cheap."""
        count = _SQL.made("count_some", parts, self.conditions.names)
        row = await self._scope.first(count, {**self.conditions.parameters, "most": COUNTED_MAX + 1})
        number = 0 if row is None else int(row[0])
        return None if number > COUNTED_MAX else number

    async def _later(self, fields: Sequence[str]) -> int:
        """How many open tasks start later, of those that the list would show otherwise. They are the few."""
        listed = ("listed",) if "listed" in self.conditions.names else ()
        names = (*listed, "scheduled", *(f"many_{name}" for name in fields))
        row = await self._scope.first(_SQL.made("count", (False,), names), self.conditions.parameters)
        return 0 if row is None else int(row[0])
