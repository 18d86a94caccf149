"""The statements of `core.store.task_queries`, and the conditions that its filters consist of."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import BindParameter, ColumnElement, Select, and_, bindparam, case, func, literal, or_, select, tuple_

from kirotodo.core.domain.task import Status
from kirotodo.core.store.statements.task_rows import COLUMNS
from kirotodo.core.store.statements.transaction import UID
from kirotodo.core.store.tables import tasks, users
from kirotodo.core.store.task_counts import NO_DAY, NO_NAME, NUMBERS, C, Kind, of_kind
from kirotodo.core.store.task_rows import NO_DATE

COUNTS: Final = select(
    users.c.pending_count, users.c.completed_count, users.c.pending_steps, users.c.completed_steps
).where(users.c.id == UID)
MINE: Final = tasks.c.user_id == UID
NOT_DELETED: Final = (MINE, tasks.c.deleted_at.is_(None))
_T: Final = tasks.c
_ANY_DUE: Final = func.coalesce(_T.due_key, None)
CONDITIONS: Final[Mapping[str, ColumnElement[bool]]] = {
    "due_within": (_T.due_key >= bindparam("within_first")) & (_T.due_key < bindparam("within_last")),
    "due_between": (_T.due_key >= bindparam("between_first")) & (_T.due_key < bindparam("between_last")),
    "due_before": _T.due_key < bindparam("due_today"),
    "undated": _T.due_key >= NO_DATE,
    "completed_from": _T.completed_at >= bindparam("completed_first"),
    "completed_to": _T.completed_at < bindparam("completed_last"),
    "project": _T.project_key == bindparam("the_project"),
    "priority": _T.priority == bindparam("the_priority"),
    "dated": _T.due_key < NO_DATE,
    "with_project": _T.project_key.is_not(None),
    "without_project": _T.project_key.is_(None),
    **{f"rank_{rank}": _T.priority == rank for rank in range(4)},
    # The same, worded so that no index on them serves: for what holds of so many that another index is walked.
    "many_undated": _ANY_DUE >= NO_DATE,
    "many_due_within": (bindparam("within_first") <= _ANY_DUE) & (bindparam("within_last") > _ANY_DUE),
    "many_due_between": (bindparam("between_first") <= _ANY_DUE) & (bindparam("between_last") > _ANY_DUE),
    "many_due_before": bindparam("due_today") > _ANY_DUE,
    "many_project": func.coalesce(_T.project_key, None) == bindparam("the_project"),
    "many_priority": func.coalesce(_T.priority, None) == bindparam("the_priority"),
    "many_completed_from": _T.completed_at >= bindparam("completed_first"),
    "many_completed_to": _T.completed_at < bindparam("completed_last"),
    "many_without_project": func.coalesce(_T.project_key, None).is_(None),
    **{f"many_rank_{rank}": func.coalesce(_T.priority, None) == rank for rank in range(4)},
    "of_parent": _T.parent_id == bindparam("the_parent"),
    "listed": _T.parent_id.is_(None) | (_T.due_key < NO_DATE),
    "started": _T.start_date.is_(None) | (_T.start_date <= bindparam("start_today")),
    "scheduled": _T.start_date > bindparam("start_today"),
}
"""What can be asked of a task's own row, by the names that `Conditions` and `Stage` have for it."""
_MOMENT: Final = _T.completed_at.type
SORTED: Final[Mapping[str, ColumnElement[Any]]] = {
    **{name: _T[name] for name in ("due_key", "priority", "title_key", "created_at", "updated_at")},
    **{name: _T[name] for name in ("completed_at", "project_key", "position")},
    "due_or_first": case((_T.due_key >= NO_DATE, ""), else_=_T.due_key),
    "completed_or_never": func.coalesce(_T.completed_at, literal(datetime(1, 1, 1, tzinfo=UTC), _MOMENT)),
    "completed_or_last": func.coalesce(_T.completed_at, literal(datetime(9999, 12, 31, tzinfo=UTC), _MOMENT)),
    "project_or_first": func.coalesce(_T.project_key, literal("", _T.project_key.type)),
    "project_or_last": func.coalesce(_T.project_key, literal("\U0010ffff", _T.project_key.type)),
}
"""What tasks are sorted by, by the names that `Order` has for it; what can be NULL has a column for where it is not."""
_SELECTED: Final = frozenset({*(column.name for column in COLUMNS), "due_key", "title_key"})


def conditions(names: Sequence[str]) -> list[ColumnElement[bool]]:
    """Return the conditions of these names."""
    return [CONDITIONS[name] for name in names]


def _name(column: str) -> str:
    return column.removeprefix("-")


def key_of(columns: Sequence[str]) -> list[ColumnElement[Any]]:
    """Return what a sort goes by, with the id that settles ties."""
    return [*(SORTED[_name(column)] for column in columns), _T.id]


def _descending(columns: Sequence[str]) -> list[bool]:
    """Return the direction of each part of a key; the id follows the last column."""
    downward = [column.startswith("-") for column in columns]
    return [*downward, downward[-1]]


def rows(columns: Sequence[str], *where: ColumnElement[bool]) -> Select[Any]:
    """Return tasks in an order, as many as the parameter `most` says."""
    more = [SORTED[name].label(name) for name in map(_name, columns) if name not in _SELECTED]
    found = select(*COLUMNS, _T.due_key, _T.title_key, *more).where(*where)
    return ordered(found, columns).limit(bindparam("most"))


def ordered(statement: Select[Any], columns: Sequence[str]) -> Select[Any]:
    """Return the statement with an order; a column with a - before its name is descending."""
    parts = zip(key_of(columns), _descending(columns), strict=True)
    return statement.order_by(*(part.desc() if down else part.asc() for part, down in parts))


def beyond(columns: Sequence[str], key: Sequence[Any] | None = None, *, and_at: bool = False) -> Any:
    """Return the condition that a row comes after a key in an order, or at it too; without `key` the parameters
    `key_0`, `key_1` … are its parts."""
    here, down = key_of(columns), _descending(columns)
    there: list[Any] = [
        bindparam(f"key_{place}", type_=part.type) if key is None else literal(key[place], part.type)
        for place, part in enumerate(here)
    ]
    if len(set(down)) > 1:
        return _beyond_each(here, there, down, and_at=and_at)
    # A row-value comparison seeks to the place in the index; an offset would read and drop every row before it.
    left, right = tuple_(*here), tuple_(*there, types=[part.type for part in here])
    if and_at:
        return left <= right if down[0] else left >= right
    return left < right if down[0] else left > right


def _beyond_each(
    here: Sequence[ColumnElement[Any]], there: Sequence[Any], down: Sequence[bool], *, and_at: bool
) -> ColumnElement[bool]:
    """The same for a key whose parts go in different directions, which no row value can be compared with."""
    first, value, downward = here[0], there[0], down[0]
    after: ColumnElement[bool] = first < value if downward else first > value
    same: ColumnElement[bool] = first == value
    if len(here) == 1:
        return or_(after, same) if and_at else after
    within = or_(after, and_(same, _beyond_each(here[1:], there[1:], down[1:], and_at=and_at)))
    # Said once more of the first part alone, which an index can seek to.
    return and_(first <= value if downward else first >= value, within)


def walk(done: bool, columns: tuple[str, ...], names: tuple[str, ...], goes_on: bool) -> Select[Any]:
    """Return open or done tasks in order; where it `goes_on`, those after a key."""
    start = [beyond(columns)] if goes_on else []
    return rows(columns, _T.done == done, *NOT_DELETED, *conditions(names), *start)


def count(parts: tuple[bool, ...], names: tuple[str, ...]) -> Select[Any]:
    """Count open or done tasks, or both."""
    return select(func.count()).select_from(tasks).where(_T.done.in_(parts), *NOT_DELETED, *conditions(names))


def count_some(parts: tuple[bool, ...], names: tuple[str, ...]) -> Select[Any]:
    """Count open or done tasks, or both, up to `most`."""
    some = select(_T.id).where(_T.done.in_(parts), *NOT_DELETED, *conditions(names)).limit(bindparam("most"))
    return select(func.count()).select_from(some.subquery())


def kept_total(parts: tuple[bool, ...], asked: str) -> Select[Any]:
    """Return how many tasks there are of a project, a priority, or due then, from the counts that are kept."""
    today: BindParameter[int] = bindparam("the_day", type_=C.slot.type)
    kinds: Mapping[str, tuple[Kind, tuple[ColumnElement[bool], ...]]] = {
        "project": ("project", (C.slot == 0, C.name == bindparam("the_project"))),
        "priority": ("priority", (C.slot == bindparam("the_priority"),)),
        "today": ("due", (C.slot == today,)),
        "overdue": ("due", (C.slot > NO_DAY, C.slot < today)),
        "week": ("due", (C.slot.between(today, today + 6),)),
        "none": ("due", (C.slot == NO_DAY,)),
        "undated": ("due", (C.slot == NO_DAY,)),
        "without_project": ("project", (C.slot == 0, C.name == NO_NAME)),
        **{f"rank_{rank}": ("priority", (C.slot == rank,)) for rank in range(4)},
    }
    kind, conditions = kinds[asked]
    status: Status = "all" if len(parts) > 1 else "completed" if parts[0] else "pending"
    return select(func.coalesce(func.sum(NUMBERS[status]), 0)).where(*of_kind(kind, *conditions))
