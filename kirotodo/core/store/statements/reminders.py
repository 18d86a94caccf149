"""The statements of `core.store.reminders`."""

from typing import Any, Final

from sqlalchemy import (
    BindParameter,
    Integer,
    Select,
    String,
    Update,
    bindparam,
    delete,
    func,
    insert,
    null,
    or_,
    select,
    tuple_,
    update,
)

from kirotodo.core.store.columns import UtcDateTime
from kirotodo.core.store.statements.leases import LEASE_END, LEASE_NOW
from kirotodo.core.store.statements.transaction import UID
from kirotodo.core.store.tables import reminder_targets, reminders, tasks

R: Final = reminders.c
NOW: Final[BindParameter[Any]] = bindparam("the_now", type_=UtcDateTime())
OWNER: Final[BindParameter[Any]] = bindparam("the_owner", type_=String())
MOST: Final[BindParameter[Any]] = bindparam("most", type_=Integer())
RELEASED: Final = ""
MINE: Final = R.user_id == UID
UNLEASED: Final = or_(R.lease_until.is_(None), R.lease_until <= LEASE_NOW)
FREE: Final = or_(R.owner.in_((RELEASED, OWNER)), UNLEASED)
"""What is claimed by nobody else who may still be alive. What a server let go of, to try its receiver again later, is
free for an open chat at once."""


def _claim(due: Select[Any]) -> Update:
    # In a CTE, since PostgreSQL may run a subquery again for each row, and its limit with it.
    found = due.with_for_update(skip_locked=True, of=reminders).cte("due")
    return (
        update(reminders)
        .where(tuple_(R.user_id, R.task_id).in_(select(found.c.user_id, found.c.task_id)))
        .values(owner=OWNER, epoch=R.epoch + 1, lease_until=LEASE_END)
        .returning(R.user_id, R.task_id, R.next_at, R.epoch)
    )


CLAIM: Final = _claim(
    select(R.user_id, R.task_id).where(MINE, R.next_at <= NOW, FREE).order_by(R.next_at, R.task_id).limit(MOST)
)
"""Claims what is due of one user: an update of rows found along `ix_reminders_next`."""
CLAIM_FOR_TARGETS: Final = _claim(
    select(R.user_id, R.task_id)
    .where(R.user_id.in_(select(reminder_targets.c.user_id)), R.next_at <= NOW, UNLEASED)
    .order_by(R.next_at)
    .limit(MOST)
)
"""Claims what is due of all users that have a target: those users are looked up one by one in `ix_reminders_next`."""
NEXT: Final = (
    select(R.next_at, tasks.c.id, tasks.c.title, R.lease_until, R.owner)
    .join(tasks, (tasks.c.user_id == R.user_id) & (tasks.c.id == R.task_id))
    .where(MINE, R.next_at.is_not(None))
    .order_by(R.next_at, R.task_id)
    .limit(1)
)
NEXT_FREE: Final = select(func.min(R.next_at)).where(MINE, R.next_at > NOW)
FREE_AGAIN: Final = select(func.min(R.lease_until)).where(MINE, R.next_at <= NOW, R.lease_until.is_not(None))
SETTLE: Final = (
    update(reminders)
    .where(MINE, R.task_id == bindparam("the_task"), R.owner == OWNER, R.epoch == bindparam("the_epoch"))
    .where(R.next_at == bindparam("the_moment", type_=UtcDateTime()))
    .values(
        next_at=null(),
        rung_for=R.next_at,
        rung_at=NOW,
        owner=RELEASED,
        epoch=0,
        lease_until=null(),
        revision=bindparam("new_revision"),
    )
    .returning(R.task_id)
)
"""The receipt. It fails where the lease was lost, or where the reminder was moved or settled meanwhile."""
RELEASE: Final = (
    update(reminders)
    .where(MINE, R.task_id == bindparam("the_task"), R.owner == OWNER, R.epoch == bindparam("the_epoch"))
    .values(owner=RELEASED, lease_until=LEASE_END)
)
RUNG_SINCE: Final = (
    select(R.task_id, R.rung_for, R.rung_at)
    .where(MINE, R.revision > bindparam("since"), R.revision > 0, R.rung_at.is_not(None))
    .order_by(R.revision, R.task_id)
    .limit(MOST)
)
TARGETS: Final = (
    select(reminder_targets.c.kind, reminder_targets.c.url, reminder_targets.c.secret)
    .where(reminder_targets.c.user_id == UID)
    .order_by(reminder_targets.c.kind)
)
SET_TARGET: Final = insert(reminder_targets)
REMOVE_TARGET: Final = (
    delete(reminder_targets)
    .where(reminder_targets.c.user_id == UID, reminder_targets.c.kind == bindparam("the_kind"))
    .returning(reminder_targets.c.kind)
)
NEXT_OF_TARGETS: Final = select(func.min(R.next_at)).where(
    R.user_id.in_(select(reminder_targets.c.user_id)), R.next_at > NOW
)
RETRY_OF_TARGETS: Final = select(func.min(R.lease_until)).where(
    R.user_id.in_(select(reminder_targets.c.user_id)), R.next_at <= NOW
)
