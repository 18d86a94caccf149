"""The statements of `core.store.database`."""

from typing import Final

from sqlalchemy import bindparam, delete, select, update

from kirotodo.core.store.statements.task_rows import COLUMNS
from kirotodo.core.store.statements.transaction import UID
from kirotodo.core.store.tables import conversations, deleted_users, tasks, users

REVISION: Final = select(users.c.revision, users.c.pending_count).where(users.c.id == UID)
REVISIONS: Final = select(users.c.id, users.c.revision).where(users.c.id.in_(bindparam("watched", expanding=True)))
NEXT_USERS: Final = (
    select(users.c.id).where(users.c.id > bindparam("last")).order_by(users.c.id).limit(bindparam("most"))
)
DUE: Final = (
    select(users.c.id)
    .where(users.c.deletion_at <= bindparam("now", type_=users.c.deletion_at.type))
    .order_by(users.c.deletion_at, users.c.id)
)
FORGET_DELETED: Final = delete(deleted_users).where(
    deleted_users.c.deleted_at < bindparam("until", type_=deleted_users.c.deleted_at.type)
)
TIMEZONE: Final = select(users.c.timezone).where(users.c.id == UID)
SET_TIMEZONE: Final = (
    update(users).where(users.c.id == UID).values(timezone=bindparam("new_timezone")).returning(users.c.id)
)
SINCE: Final = bindparam("since", type_=users.c.revision.type)
TASKS_SINCE: Final = (
    select(*COLUMNS, tasks.c.deleted_at)
    .where(tasks.c.user_id == UID, tasks.c.revision > SINCE)
    .order_by(tasks.c.revision, tasks.c.id)
)
CONVERSATIONS_SINCE: Final = (
    select(conversations.c.id, conversations.c.title, conversations.c.last_seq, conversations.c.deleted_at)
    .where(conversations.c.user_id == UID, conversations.c.revision > SINCE)
    .order_by(conversations.c.revision.desc(), conversations.c.id)
    .limit(bindparam("most"))
)
