"""Webhooks of one user, and the outbox: the changes that are on their way to them. Never commits.

A change enters the outbox in the transaction that makes it, so that it is sent if, and only if, it was made. A server
claims what is due under a lease and sends it outside of any transaction; see decision 0044.
"""

import hashlib
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, Final, cast

from kirotodo.core.domain.history import HistoryEntry
from kirotodo.core.domain.task import Page, Task
from kirotodo.core.domain.webhook import STREAM, WEBHOOK_EVENTS, WEBHOOKS_MAX, Webhook, WebhookDelivery, WebhookEvent
from kirotodo.core.errors import Conflict, NotFound
from kirotodo.core.lazy_dataclasses import dataclass
from kirotodo.core.store.cursors import Cursor, checked_limit, decode, encode
from kirotodo.core.store.statement import AnyRow, Statements
from kirotodo.core.store.transaction import Scope

_SQL: Final = Statements("webhooks")
_SORT: Final = "deliveries"
_LAST: Final = 2**31 - 1


@dataclass(frozen=True, kw_only=True, slots=True)
class ClaimedDelivery:
    """A delivery that this process has to send: how often it was tried, with this time, and the epoch of its claim."""

    change_id: int
    event: WebhookEvent
    attempts: int
    epoch: int
    created_at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class DeliveryResult:
    """What came of an attempt: it is tried again at `next_at`, or over."""

    delivered: bool
    next_at: datetime | None
    status_code: int | None
    detail: str


def event_of(before: Task | None, after: Task | None, *, restored: bool = False) -> WebhookEvent:
    """Return what kind of event a change is."""
    if before is None:
        return "task.restored" if restored else "task.created"
    if after is None:
        return "task.deleted"
    if before.completed != after.completed:
        return "task.completed" if after.completed else "task.reopened"
    return "task.updated"


def message_id(user_id: str, webhook_id: int, change_id: int) -> str:
    """Return what a receiver knows a message by that comes again."""
    return "msg_" + hashlib.sha256(f"{webhook_id}/{change_id}/{user_id}".encode()).hexdigest()[:32]


class WebhookStore:
    """Webhooks in an open transaction."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope

    async def all(self) -> tuple[Webhook, ...]:
        """Return the webhooks, without their secrets."""
        return tuple(_webhook(row) for row in await self._scope.rows(_SQL.ALL))

    async def get(self, webhook_id: int) -> Webhook:
        """Return a webhook with its secret. Raises `NotFound`."""
        row = await self._scope.first(_SQL.ONE, {"the_webhook": webhook_id})
        if row is None:
            raise _no_such(webhook_id)
        return _webhook(row, secret=row.secret)

    async def add(self, url: str, events: Sequence[WebhookEvent], *, secret: str) -> Webhook:
        """Send the changes of these kinds there from now on. Raises `Conflict` where there are too many."""
        await self._scope.advance()  # makes the user's row, and holds it while ids are given out
        known = await self.all()
        if len(known) >= WEBHOOKS_MAX:
            raise Conflict(f"You have {WEBHOOKS_MAX} webhooks already. Remove one first.")
        new_id = max((each.id for each in known), default=0) + 1
        await self._scope.insert(_SQL.INSERT, _row(new_id, url, events, secret, self._scope.now))
        await self._count()
        return await self.get(new_id)

    async def set_enabled(self, webhook_id: int, *, enabled: bool, reason: str | None = None) -> Webhook:
        """Enable or disable a webhook. What waits meanwhile is sent once it is enabled again. Raises `NotFound`."""
        await self.get(webhook_id)
        if enabled:
            await self._scope.first(_SQL.ENABLE, {"the_webhook": webhook_id})
        else:
            parameters = {"the_webhook": webhook_id, "the_now": self._scope.now, "the_reason": reason}
            await self._scope.execute(_SQL.DISABLE, parameters)
        await self._count()
        return _without_secret(await self.get(webhook_id))

    async def remove(self, webhook_id: int) -> None:
        """Forget a webhook and everything that is on its way there. Raises `NotFound`."""
        await self._scope.execute(_SQL.REMOVE_DELIVERIES, {"the_webhook": webhook_id})
        if await self._scope.first(_SQL.REMOVE, {"the_webhook": webhook_id}) is None:
            raise _no_such(webhook_id)
        await self._count()

    async def _count(self) -> None:
        await self._scope.first(_SQL.COUNT)

    # --- the outbox ---

    async def enqueue(self, outbox: Iterable[tuple[int, WebhookEvent]], groups: Iterable[int] = ()) -> None:
        """Put changes of this transaction, and the tasks that these groups added, on their way to every webhook that
        wants them."""
        items = list(outbox)
        for group in groups:
            items += [(row[0], "task.created") for row in await self._scope.rows(_SQL.ADDED_IN, {"group": group})]
        rows = [
            {
                "webhook_id": webhook_id,
                "change_id": change_id,
                "event": event,
                "status": "pending",
                "attempts": 0,
                "epoch": 0,
                "created_at": self._scope.now,
                "next_at": self._scope.now,
                "detail": "",
            }
            for webhook_id, events in await self._open()
            for change_id, event in items
            if event in events.split()
        ]
        await self._scope.insert(_SQL.ENQUEUE, *rows)

    async def _open(self) -> list[tuple[int, str]]:
        """Return where changes are sent, and which: the webhooks that are enabled, and the operator's stream."""
        found = [(row[0], row[1]) for row in await self._scope.rows(_SQL.OPEN)]
        if self._scope.publishes:
            if await self._scope.first(_SQL.HAS_STREAM) is None:
                await self._scope.insert(_SQL.INSERT, _row(STREAM, "", WEBHOOK_EVENTS, "", self._scope.now))
            found.append((STREAM, " ".join(WEBHOOK_EVENTS)))
        return found

    async def published(self, claims: Iterable[ClaimedDelivery]) -> None:
        """Take what the stream has accepted off the outbox, unless the claim was lost meanwhile."""
        for claim in claims:
            await self._scope.execute(_SQL.PUBLISHED, self._claim(STREAM, claim))

    async def deliveries(self, webhook_id: int, *, limit: int = 50, cursor: str | None = None) -> Page[WebhookDelivery]:
        """Return a page of deliveries to a webhook, the newest change first. Raises `NotFound`."""
        checked_limit(limit)
        await self.get(webhook_id)
        before = _LAST if cursor is None else decode(cursor, sort=_SORT, stages=[(int,)]).key[0]
        parameters = {"the_webhook": webhook_id, "before_id": before, "most": limit + 1}
        rows = await self._scope.rows(_SQL.PAGE, parameters)
        more = len(rows) > limit
        following = encode(Cursor(sort=_SORT, key=(rows[limit - 1].change_id,), total=None)) if more else None
        return Page(items=tuple(self._delivery(row) for row in rows[:limit]), next=following)

    async def redeliver(self, webhook_id: int, change_id: int) -> WebhookDelivery:
        """Send a change once more, as if it had just been made. Raises `NotFound`."""
        given = {"the_webhook": webhook_id, "the_change": change_id}
        await self.get(webhook_id)
        if await self._scope.first(_SQL.REDELIVER, {**given, "the_now": self._scope.now}) is None:
            raise NotFound(f"No delivery of change {change_id} to webhook {webhook_id} is known.")
        row = await self._scope.first(_SQL.DELIVERY, given)
        assert row is not None
        return self._delivery(row)

    async def change(self, change_id: int) -> HistoryEntry | None:
        """Return the change that is to be sent; None where it was purged."""
        from kirotodo.core.store.history import History

        return await History(self._scope).one(change_id)

    async def settle(self, webhook_id: int, claim: ClaimedDelivery, result: DeliveryResult) -> bool:
        """Write down what came of an attempt. Return False where the claim was lost meanwhile."""
        now = self._scope.now
        over = result.next_at is None
        parameters: dict[str, Any] = {
            **self._claim(webhook_id, claim),
            "new_status": "delivered" if result.delivered else "dead" if over else "pending",
            "new_next_at": result.next_at,
            "new_finished_at": now if over else None,
            "new_code": result.status_code,
            "new_detail": result.detail,
        }
        if await self._scope.first(_SQL.SETTLE, parameters) is None:
            return False
        mark = _SQL.WORKS if result.delivered else _SQL.FAILING
        await self._scope.execute(mark, {"the_webhook": webhook_id, **({} if result.delivered else {"the_now": now})})
        return True

    async def release(self, webhook_id: int, claim: ClaimedDelivery, *, next_at: datetime) -> None:
        """Let go of what was not sent, which does not count as an attempt."""
        await self._scope.execute(_SQL.RELEASE, {**self._claim(webhook_id, claim), "new_next_at": next_at})

    async def disable_if_failing(self, webhook_id: int, *, after: timedelta, gone: bool) -> bool:
        """Disable a webhook that has accepted nothing for so long, or that says that it is `gone`."""
        row = await self._scope.first(_SQL.ONE, {"the_webhook": webhook_id})
        if row is None or row.disabled_at is not None or row.failing_since is None:
            return False
        if gone:
            reason = "It answered that it is gone (410)."
        elif self._scope.now - row.failing_since >= after:
            reason = f"It accepted nothing for {after.days} days."
        else:
            return False
        await self.set_enabled(webhook_id, enabled=False, reason=reason)
        return True

    @staticmethod
    def _claim(webhook_id: int, claim: ClaimedDelivery) -> dict[str, int]:
        return {"the_webhook": webhook_id, "the_change": claim.change_id, "the_epoch": claim.epoch}

    def _delivery(self, row: AnyRow) -> WebhookDelivery:
        return WebhookDelivery(
            webhook_id=row.webhook_id,
            change_id=row.change_id,
            event=row.event,
            message_id=message_id(self._scope.user_id, row.webhook_id, row.change_id),
            status=row.status,
            attempts=row.attempts,
            created_at=row.created_at,
            next_at=row.next_at,
            finished_at=row.finished_at,
            status_code=row.status_code,
            detail=row.detail,
        )


def _row(webhook_id: int, url: str, events: Sequence[str], secret: str, now: datetime) -> dict[str, Any]:
    return {
        "id": webhook_id,
        "url": url,
        "events": " ".join(events),
        "secret": secret,
        "created_at": now,
        "failing_since": None,
        "disabled_at": None,
        "disabled_reason": None,
    }


def _webhook(row: AnyRow, *, secret: str | None = None) -> Webhook:
    return Webhook(
        id=row.id,
        url=row.url,
        events=cast(tuple[WebhookEvent, ...], tuple(row.events.split())),
        created_at=row.created_at,
        secret=secret,
        failing_since=row.failing_since,
        disabled_at=row.disabled_at,
        disabled_reason=row.disabled_reason,
    )


def _without_secret(webhook: Webhook) -> Webhook:
    from dataclasses import replace

    return replace(webhook, secret=None)


def _no_such(webhook_id: int) -> NotFound:
    return NotFound(f"There is no webhook {webhook_id}.")
