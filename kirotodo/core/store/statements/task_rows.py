"""The statements of `core.store.task_rows`."""

from dataclasses import fields
from typing import Any, Final

from sqlalchemy import BindParameter, bindparam, case, delete, func, insert, or_, select, update

from kirotodo.core.domain.task import Task
from kirotodo.core.store.statements.transaction import UID
from kirotodo.core.store.tables import task_tags, tasks

PLAIN: Final = tuple(field.name for field in fields(Task) if field.name not in {"priority", "tags", "series", "steps"})
_STEPS: Final = tasks.alias("steps")
_COUNTED_STEPS: Final = (
    select(func.coalesce(func.sum(case((_STEPS.c.done, 1_000_001), else_=1)), 0))
    .where(_STEPS.c.user_id == tasks.c.user_id, _STEPS.c.parent_id == tasks.c.id, _STEPS.c.deleted_at.is_(None))
    .correlate(tasks)
    .scalar_subquery()
)
"""How many steps a task has, and a million more for each that is done: both numbers from one look along an index."""
COLUMNS: Final = (*(tasks.c[name] for name in PLAIN), tasks.c.priority, tasks.c.series, _COUNTED_STEPS.label("steps"))
IDS: Final[BindParameter[Any]] = bindparam("ids", expanding=True)
LOAD: Final = select(*COLUMNS, tasks.c.deleted_at).where(tasks.c.user_id == UID, tasks.c.id.in_(IDS))
LOAD_TAGS: Final = (
    select(task_tags.c.task_id, task_tags.c.tag)
    .where(task_tags.c.user_id == UID, task_tags.c.task_id.in_(IDS))
    .order_by(task_tags.c.task_id, task_tags.c.position)
)
_SERIES: Final = func.coalesce(tasks.c.series_id, tasks.c.id)
_NAMED: Final[BindParameter[Any]] = bindparam("series", expanding=True)
_OF_SERIES: Final = (
    tasks.c.user_id == UID,
    or_(tasks.c.series_id.in_(_NAMED), tasks.c.id.in_(_NAMED)),
    tasks.c.deleted_at.is_(None),
)
SERIES: Final = select(tasks.c.id, _SERIES).where(tasks.c.user_id == UID, tasks.c.id.in_(IDS))
NEWEST: Final = select(_SERIES, func.max(tasks.c.id)).where(*_OF_SERIES).group_by(_SERIES)
REPEATING: Final = select(_SERIES, tasks.c.id).where(
    *_OF_SERIES,
    tasks.c.done == False,  # noqa: E712
    tasks.c.recurrence.is_not(None),
)
INSERT: Final = insert(tasks)
UPDATE: Final = update(tasks).where(tasks.c.user_id == UID, tasks.c.id == bindparam("the_id"))
SHOW_MANY: Final = (
    update(tasks)
    .where(tasks.c.user_id == UID, tasks.c.id.between(bindparam("the_first"), bindparam("the_last")))
    .where(tasks.c.revision == 0)
    .values(deleted_at=None, revision=bindparam("new_revision"))
)
SET_DELETED: Final = (
    update(tasks)
    .where(tasks.c.user_id == UID, tasks.c.id.in_(bindparam("ids", expanding=True)))
    .values(deleted_at=bindparam("new_deleted_at"), revision=bindparam("new_revision"))
)
INSERT_TAGS: Final = insert(task_tags)
DELETE_TAGS: Final = delete(task_tags).where(task_tags.c.user_id == UID, task_tags.c.task_id == bindparam("the_id"))
TOUCH: Final = (
    update(tasks)
    .where(tasks.c.user_id == UID, tasks.c.id.in_(bindparam("ids", expanding=True)))
    .values(revision=bindparam("new_revision"))
)
