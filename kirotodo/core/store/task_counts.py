"""The counts that triggers keep of a user's tasks: read, compared with the tasks, counted anew. Never commits.

`TaskCountRow` says what is counted. Here it is said once more, as one query over the tasks, so that a check finds what
a trigger missed; the migration that made the triggers keeps a copy of its own, as migrations do.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final, Literal

from sqlalchemy import ColumnElement, FromClause, Select, String, case, delete, func, insert, literal, select, union_all

from kirotodo.core.domain.task import Status
from kirotodo.core.store.columns import DayNumber, QuarterHour
from kirotodo.core.store.statements.transaction import UID
from kirotodo.core.store.tables import task_counts, task_tags, tasks
from kirotodo.core.store.transaction import Scope

Kind = Literal["project", "tag", "priority", "due", "created", "done"]

NO_DAY: Final = 0
"""The slot of tasks without a due date."""
NO_NAME: Final = ""
"""The name that tasks without a project are counted under, and all that are counted by slot alone."""
_SLOT: Final = timedelta(minutes=15)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
C: Final = task_counts.c
NUMBERS: Final[dict[Status, ColumnElement[int]]] = {
    "pending": C.pending,
    "completed": C.completed,
    "all": C.pending + C.completed,
}


def quarter(moment: datetime) -> int:
    """Return the slot that a moment is counted in."""
    return (moment - _EPOCH) // _SLOT


def moment(slot: int) -> datetime:
    """Return when a quarter of an hour begins."""
    return _EPOCH + slot * _SLOT


def day(of: date) -> int:
    """Return the slot that a due date is counted in."""
    return of.toordinal()


def of_kind(kind: Kind, *conditions: ColumnElement[bool]) -> tuple[ColumnElement[bool], ...]:
    """Return the conditions for a user's counts of one kind."""
    return (C.user_id == UID, C.kind == kind, *conditions)


def total(status: Status, kind: Kind, *conditions: ColumnElement[bool]) -> ColumnElement[int]:
    """Return what these counts add up to, as an expression."""
    number = func.coalesce(func.sum(NUMBERS[status]), 0)
    return select(number).where(*of_kind(kind, *conditions)).scalar_subquery()


_DONE: Final = case((tasks.c.done, 1), else_=0)
_KEY: Final = (C.user_id, C.kind, C.slot, C.name)


def _entries(
    kind: Kind,
    *,
    slot: ColumnElement[Any] | None = None,
    name: ColumnElement[Any] | None = None,
    source: FromClause = tasks,
    where: ColumnElement[bool] | None = None,
) -> Select[Any]:
    """Return a row for each task that is counted under a kind."""
    slot = literal(0) if slot is None else slot
    name = literal(NO_NAME, String) if name is None else name
    key = (tasks.c.user_id, literal(kind, String).label("kind"), slot.label("slot"), name.label("name"))
    found = select(*key, (1 - _DONE).label("pending"), _DONE.label("completed")).select_from(source)
    found = found.where(tasks.c.deleted_at.is_(None))
    return found if where is None else found.where(where)


_PROJECT: Final = func.coalesce(tasks.c.project_key, NO_NAME)
_OF_TASK: Final = (task_tags.c.user_id == tasks.c.user_id) & (task_tags.c.task_id == tasks.c.id)
_COUNTED: Final = union_all(
    _entries("project", name=_PROJECT),
    _entries("tag", name=task_tags.c.tag, source=tasks.join(task_tags, _OF_TASK)),
    _entries("priority", slot=tasks.c.priority),
    _entries("due", slot=func.coalesce(DayNumber(tasks.c.due_date), NO_DAY)),
    _entries("created", slot=QuarterHour(tasks.c.created_at)),
    _entries("done", slot=QuarterHour(tasks.c.completed_at), name=_PROJECT, where=tasks.c.completed_at.is_not(None)),
).subquery()
_KEPT: Final = select(*_KEY, (-C.pending).label("pending"), (-C.completed).label("completed"))


def _summed(entries: FromClause) -> Select[Any]:
    key = [entries.c[column.name] for column in _KEY]
    numbers = [func.sum(entries.c[name]).label(name) for name in ("pending", "completed")]
    return select(*key, *numbers).group_by(*key)


_BOTH: Final = union_all(select(_COUNTED), _KEPT).subquery()
_WRONG: Final = _summed(_BOTH).having((func.sum(_BOTH.c.pending) != 0) | (func.sum(_BOTH.c.completed) != 0)).subquery()
WRONG: Final = select(func.count(), func.count(_WRONG.c.user_id.distinct())).select_from(_WRONG)
"""How many counts of all users are not what the tasks say, and of how many users."""
_MINE_IS_WRONG: Final = select(literal(1)).select_from(_WRONG).where(_WRONG.c.user_id == UID).limit(1)
_FORGET_ZEROS: Final = delete(task_counts).where(C.user_id == UID, C.pending == 0, C.completed == 0)
_FORGET: Final = delete(task_counts).where(C.user_id == UID)
_COUNT: Final = insert(task_counts).from_select(
    [*(column.name for column in _KEY), "pending", "completed"], _summed(_COUNTED).where(_COUNTED.c.user_id == UID)
)


async def recount(scope: Scope) -> None:
    """Count the user's tasks anew where their counts are wrong. Nobody else may write to them meanwhile."""
    await scope.execute(_FORGET_ZEROS)
    if await scope.first(_MINE_IS_WRONG) is not None:
        await scope.execute(_FORGET)
        await scope.execute(_COUNT)


def wrong_counts(wrong: int, users: int) -> Iterator[str]:
    """Yield what is to be said of counts that are not what the tasks say."""
    if wrong:
        yield (
            f"{wrong} counts of tasks of {users} users are wrong. "
            "`kirotodo db purge --older-than 90d` counts them again."
        )
