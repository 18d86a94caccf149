"""The statements of `core.store.webhooks`."""

from typing import Any, Final

from sqlalchemy import CTE, BindParameter, Integer, bindparam, delete, exists, func, insert, or_, select, tuple_, update
from sqlalchemy.sql.dml import ReturningUpdate

from kirotodo.core.domain.webhook import STREAM
from kirotodo.core.store.columns import UtcDateTime
from kirotodo.core.store.statements.journal import HOLDS
from kirotodo.core.store.statements.journal import MINE as MY_CHANGES
from kirotodo.core.store.statements.leases import LEASE_END, LEASE_NOW
from kirotodo.core.store.statements.transaction import UID
from kirotodo.core.store.tables import changes, users, webhook_deliveries, webhooks

W: Final = webhooks.c
D: Final = webhook_deliveries.c
NOW: Final[BindParameter[Any]] = bindparam("the_now", type_=UtcDateTime())
MOST: Final[BindParameter[Any]] = bindparam("most", type_=Integer())
WEBHOOK: Final[BindParameter[Any]] = bindparam("the_webhook", type_=Integer())
CHANGE: Final[BindParameter[Any]] = bindparam("the_change", type_=Integer())
MINE: Final = W.user_id == UID
MY_DELIVERIES: Final = D.user_id == UID
ENABLED: Final = W.disabled_at.is_(None)
UNLEASED: Final = or_(D.lease_until.is_(None), D.lease_until <= LEASE_NOW)
OF_USER: Final = W.id != STREAM
"""Webhooks that the user added; the stream is the operator's."""

ALL: Final = select(webhooks).where(MINE, OF_USER).order_by(W.id)
ONE: Final = select(webhooks).where(MINE, OF_USER, W.id == WEBHOOK)
OPEN: Final = select(W.id, W.events).where(MINE, OF_USER, ENABLED)
HAS_STREAM: Final = select(W.id).where(MINE, W.id == STREAM)
INSERT: Final = insert(webhooks)
REMOVE: Final = delete(webhooks).where(MINE, OF_USER, W.id == WEBHOOK).returning(W.id)
REMOVE_DELIVERIES: Final = delete(webhook_deliveries).where(MY_DELIVERIES, D.webhook_id == WEBHOOK)
ENABLE: Final = (
    update(webhooks)
    .where(MINE, W.id == WEBHOOK)
    .values(disabled_at=None, disabled_reason=None, failing_since=None)
    .returning(W.id)
)
DISABLE: Final = (
    update(webhooks)
    .where(MINE, W.id == WEBHOOK, ENABLED)
    .values(disabled_at=NOW, disabled_reason=bindparam("the_reason"))
)
COUNT: Final = (
    update(users)
    .where(users.c.id == UID)
    .values(webhooks=select(func.count()).select_from(webhooks).where(MINE, OF_USER, ENABLED).scalar_subquery())
    .returning(users.c.webhooks)
)
"""How many are enabled, on the user's row: every writer learns it there, with the ids it gets."""
FAILING: Final = update(webhooks).where(MINE, W.id == WEBHOOK, W.failing_since.is_(None)).values(failing_since=NOW)
WORKS: Final = update(webhooks).where(MINE, W.id == WEBHOOK, W.failing_since.is_not(None)).values(failing_since=None)

ADDED_IN: Final = select(changes.c.id).where(MY_CHANGES, HOLDS, changes.c.group_id == bindparam("group"))
ENQUEUE: Final = insert(webhook_deliveries)
PAGE: Final = (
    select(webhook_deliveries)
    .where(MY_DELIVERIES, D.webhook_id == WEBHOOK, bindparam("before_id") > D.change_id)
    .order_by(D.change_id.desc())
    .limit(MOST)
)
DELIVERY: Final = select(webhook_deliveries).where(MY_DELIVERIES, D.webhook_id == WEBHOOK, D.change_id == CHANGE)
REDELIVER: Final = (
    update(webhook_deliveries)
    .where(MY_DELIVERIES, D.webhook_id == WEBHOOK, D.change_id == CHANGE)
    .values(status="pending", attempts=0, next_at=NOW, lease_until=None, finished_at=None, created_at=NOW)
    .returning(D.change_id)
)

DUE: Final = (
    select(D.user_id, D.webhook_id)
    .join(webhooks, (W.user_id == D.user_id) & (D.webhook_id == W.id))
    .where(OF_USER, ENABLED, D.next_at <= NOW, UNLEASED)
    .distinct()
    .limit(MOST)
)
"""The webhooks, of all users, that something is due for: each looks into its own part of the index."""


def _claiming(some: CTE) -> ReturningUpdate[Any]:
    """Return the statement that claims these deliveries."""
    those = select(some.c.user_id, some.c.webhook_id, some.c.change_id)
    return (
        update(webhook_deliveries)
        .where(tuple_(D.user_id, D.webhook_id, D.change_id).in_(those))
        .values(epoch=D.epoch + 1, attempts=D.attempts + 1, lease_until=LEASE_END)
        .returning(D.change_id, D.event, D.attempts, D.epoch, D.created_at)
    )


_CLAIMED: Final = (
    select(D.user_id, D.webhook_id, D.change_id)
    .where(D.user_id == bindparam("the_user"), D.webhook_id == WEBHOOK, D.next_at <= NOW, UNLEASED)
    .order_by(D.attempts, D.change_id)
    .limit(MOST)
    .with_for_update(skip_locked=True)
    .cte("due")
)
CLAIM: Final = _claiming(_CLAIMED)
"""Claims what is due for one webhook. What failed before comes last, so that it holds up nothing else."""
_OTHERS = webhook_deliveries.alias("others")
_BEING_SENT: Final = exists(
    select(1).where(_OTHERS.c.user_id == D.user_id, _OTHERS.c.webhook_id == STREAM, _OTHERS.c.lease_until > LEASE_NOW)
)
"""Somebody sends changes of this user at the moment."""
DUE_ON_STREAM: Final = (
    select(D.user_id).where(D.webhook_id == STREAM, D.next_at <= NOW, ~_BEING_SENT).distinct().limit(MOST)
)
LOCK_STREAM: Final = select(W.id).where(W.user_id == bindparam("the_user"), W.id == STREAM).with_for_update()
_NEXT_ON_STREAM: Final = (
    select(D.user_id, D.webhook_id, D.change_id)
    .where(D.user_id == bindparam("the_user"), D.webhook_id == STREAM, D.next_at <= NOW, ~_BEING_SENT)
    .order_by(D.change_id)
    .limit(MOST)
    .cte("next")
)
CLAIM_ON_STREAM: Final = _claiming(_NEXT_ON_STREAM)
"""Claims the oldest changes of a user for the stream, unless others of theirs are being sent: so they stay in order.
Comes after `LOCK_STREAM` in its transaction, so that it sees the claims of whoever was there before."""
_CLAIM_HELD: Final = (
    MY_DELIVERIES,
    D.webhook_id == WEBHOOK,
    D.change_id == CHANGE,
    D.epoch == bindparam("the_epoch"),
)
SETTLE: Final = (
    update(webhook_deliveries)
    .where(*_CLAIM_HELD)
    .values(
        status=bindparam("new_status"),
        next_at=bindparam("new_next_at", type_=UtcDateTime()),
        finished_at=bindparam("new_finished_at", type_=UtcDateTime()),
        status_code=bindparam("new_code", type_=Integer()),
        detail=bindparam("new_detail"),
        lease_until=None,
    )
    .returning(D.change_id)
)
RELEASE: Final = (
    update(webhook_deliveries)
    .where(*_CLAIM_HELD)
    .values(attempts=D.attempts - 1, next_at=bindparam("new_next_at", type_=UtcDateTime()), lease_until=None)
)
PUBLISHED: Final = delete(webhook_deliveries).where(*_CLAIM_HELD)
FORGET: Final = delete(webhook_deliveries).where(
    D.user_id.in_(select(W.user_id)), D.next_at.is_(None), D.finished_at < bindparam("until", type_=UtcDateTime())
)
