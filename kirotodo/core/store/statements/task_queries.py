"""The statements of `core.store.task_queries`, and the conditions that its filters consist of."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from sqlalchemy import BindParameter, Column, ColumnElement, Select, bindparam, func, select, tuple_

from kirotodo.core.domain.task import Status
from kirotodo.core.store.statements.task_rows import COLUMNS
from kirotodo.core.store.statements.transaction import UID
from kirotodo.core.store.tables import tasks, users
from kirotodo.core.store.task_counts import NO_DAY, NUMBERS, C, Kind, of_kind
from kirotodo.core.store.task_rows import NO_DATE

COUNTS: Final = select(users.c.pending_count, users.c.completed_count).where(users.c.id == UID)
MINE: Final = tasks.c.user_id == UID
NOT_DELETED: Final = (MINE, tasks.c.deleted_at.is_(None))
_T: Final = tasks.c
CONDITIONS: Final[Mapping[str, ColumnElement[bool]]] = {
    "due_within": (_T.due_key >= bindparam("within_first")) & (_T.due_key < bindparam("within_last")),
    "due_between": (_T.due_key >= bindparam("between_first")) & (_T.due_key < bindparam("between_last")),
    "due_before": _T.due_key < bindparam("due_today"),
    "undated": _T.due_key >= NO_DATE,
    "completed_from": _T.completed_at >= bindparam("completed_first"),
    "completed_to": _T.completed_at < bindparam("completed_last"),
    "project": _T.project_key == bindparam("the_project"),
    "priority": _T.priority == bindparam("the_priority"),
}
"""What can be asked of a task's own row, by the names that `Conditions` has for it."""


def conditions(names: Sequence[str]) -> list[ColumnElement[bool]]:
    """Return the conditions of these names."""
    return [CONDITIONS[name] for name in names]


def key_of(columns: Sequence[str]) -> list[Column[Any]]:
    """Return the columns of a sort, with the id that settles ties."""
    return [*(_T[name] for name in columns), _T.id]


def rows(columns: Sequence[str], descending: bool, *where: ColumnElement[bool]) -> Select[Any]:
    """Return tasks in an order, as many as the parameter `most` says."""
    found = select(*COLUMNS, _T.due_key, _T.title_key).where(*where)
    return ordered(found, columns, descending).limit(bindparam("most"))


def ordered(statement: Select[Any], columns: Sequence[str], descending: bool) -> Select[Any]:
    """Return the statement with an order."""
    return statement.order_by(*(column.desc() if descending else column.asc() for column in key_of(columns)))


def beyond(columns: Sequence[str], descending: bool, key: Sequence[Any] | None = None, *, and_at: bool = False) -> Any:
    """Return the condition that a row comes after a key in an order, or at it too; without `key` the parameters
    `key_0`, `key_1` … are its parts."""
    # A row-value comparison seeks to the place in the index; an offset would read and drop every row before it.
    here, types = tuple_(*key_of(columns)), [column.type for column in key_of(columns)]
    if key is None:
        there = tuple_(*(bindparam(f"key_{place}", type_=kind) for place, kind in enumerate(types)))
    else:
        there = tuple_(*key, types=types)
    if and_at:
        return here <= there if descending else here >= there
    return here < there if descending else here > there


def walk(done: bool, columns: tuple[str, ...], descending: bool, names: tuple[str, ...], goes_on: bool) -> Select[Any]:
    """Return open or done tasks in order; where it `goes_on`, those after a key."""
    start = [beyond(columns, descending)] if goes_on else []
    return rows(columns, descending, _T.done == done, *NOT_DELETED, *conditions(names), *start)


def count(parts: tuple[bool, ...], names: tuple[str, ...]) -> Select[Any]:
    """Count open or done tasks, or both."""
    return select(func.count()).select_from(tasks).where(_T.done.in_(parts), *NOT_DELETED, *conditions(names))


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
    }
    kind, conditions = kinds[asked]
    status: Status = "all" if len(parts) > 1 else "completed" if parts[0] else "pending"
    return select(func.coalesce(func.sum(NUMBERS[status]), 0)).where(*of_kind(kind, *conditions))
