"""The statements of `core.store.tasks`."""

from typing import Final

from sqlalchemy import bindparam, select

from kirotodo.core.store.statements.task_rows import COLUMNS
from kirotodo.core.store.statements.transaction import UID
from kirotodo.core.store.tables import tasks, users
from kirotodo.core.store.task_counts import C, of_kind

PART: Final = select(*COLUMNS).where(tasks.c.user_id == UID, tasks.c.deleted_at.is_(None)).limit(bindparam("most"))
OPEN: Final = PART.where(tasks.c.done == False).order_by(tasks.c.due_key, tasks.c.id)  # noqa: E712
REPEATING_BEFORE: Final = (
    select(*COLUMNS)
    .where(tasks.c.user_id == UID, tasks.c.deleted_at.is_(None), tasks.c.done == False)  # noqa: E712
    .where(tasks.c.due_key < bindparam("the_day"), tasks.c.recurrence.is_not(None))
    .order_by(tasks.c.due_key, tasks.c.id)
)
DUE_COUNTS: Final = select(C.slot, C.pending).where(
    *of_kind("due", C.slot >= bindparam("the_first"), C.slot <= bindparam("the_last"), C.pending > 0)
)
DONE: Final = PART.where(tasks.c.done == True).order_by(tasks.c.completed_at.desc(), tasks.c.id.desc())  # noqa: E712
DONE_TOTAL: Final = select(users.c.completed_count).where(users.c.id == UID)
PENDING: Final = select(users.c.pending_count).where(users.c.id == UID)
NEXT: Final = (
    select(tasks.c.id)
    .where(
        tasks.c.user_id == UID,
        tasks.c.previous_id == bindparam("the_id"),
        tasks.c.deleted_at.is_(None),
    )
    .limit(1)
)
STEPS: Final = (
    select(*COLUMNS)
    .where(tasks.c.user_id == UID, tasks.c.parent_id == bindparam("the_id"), tasks.c.deleted_at.is_(None))
    .order_by(tasks.c.position, tasks.c.id)
)
