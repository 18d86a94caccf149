"""Delivers changes to webhooks: claimed under a lease, sent outside of any transaction, and written down.

Every server does this, and they share the work by claims. A server that dies between sending and writing down leaves a
claim that runs out, and the change is sent again, under the same id: at least once. Changes are sent in their order,
but one that is tried again comes later than those after it.
"""

import asyncio
import random
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import cache
from typing import Any, Final

from pydantic import TypeAdapter

from kirotodo.core.domain.history import HistoryEntry
from kirotodo.core.domain.webhook import Webhook, WebhookTest
from kirotodo.core.errors import NotFound
from kirotodo.core.store.database import Database
from kirotodo.core.store.webhooks import ClaimedDelivery, DeliveryResult, message_id
from kirotodo.server.outbox import keep_sending
from kirotodo.server.webhook_sender import Delivery, WebhookSender

AT_ONCE: Final = 50
"""Webhooks that a server sends to at the same time."""
BATCH: Final = 10
"""Changes that one claim takes for a webhook, and sends one after another."""
LEASE: Final = timedelta(minutes=3)
"""Longer than a batch takes whose receiver answers each at the last moment."""
DELAYS: Final = tuple(
    timedelta(seconds=seconds)
    for seconds in (5, 30, 120, 600, 1_800, 3_600, 2 * 3_600, 4 * 3_600, 6 * 3_600, 8 * 3_600)
)
"""How long to wait after each failed attempt: about 22 hours in all, and then the delivery is given up."""
JITTER: Final = 0.2
DISABLED_AFTER: Final = timedelta(days=3)
"""A webhook that has accepted nothing for so long is disabled."""
KEPT: Final = timedelta(days=7)
"""How long it is known what became of a delivery."""
CLEAN_SECONDS: Final = 3_600.0
GONE: Final = 410


class WebhookWorker:
    """Delivers what is due, of all users."""

    def __init__(
        self,
        *,
        database: Database,
        sender: WebhookSender,
        jitter: Callable[[], float] = lambda: random.uniform(1 - JITTER, 1 + JITTER),
        lease: timedelta = LEASE,
    ) -> None:
        self._database = database
        self._lease = lease
        self._sender = sender
        self._jitter = jitter

    async def keep_delivering(self) -> None:
        """Deliver what becomes due, until cancelled. What is on its way then is sent again by whoever comes next."""
        loop = asyncio.get_running_loop()
        cleaned = loop.time() - random.uniform(0, CLEAN_SECONDS)

        async def deliver() -> int:
            nonlocal cleaned
            sent = await self.deliver_due()
            if loop.time() - cleaned >= CLEAN_SECONDS:
                cleaned = loop.time()
                await self._database.forget_deliveries(until=self._database.now() - KEPT)
            return sent

        await keep_sending(deliver, what="webhooks")

    async def deliver_due(self) -> int:
        """Claim and send what is due now; return how many were sent."""
        due = await self._database.due_webhooks(limit=AT_ONCE)
        return sum(await asyncio.gather(*(self._deliver(user_id, webhook_id) for user_id, webhook_id in due)))

    async def _deliver(self, user_id: str, webhook_id: int) -> int:
        claims = await self._database.claim_deliveries(user_id, webhook_id, limit=BATCH, lease=self._lease)
        if not claims:
            return 0
        try:
            async with self._database.read(user_id) as store:
                webhook = await store.webhooks.get(webhook_id)
                changes = {claim.change_id: await store.webhooks.change(claim.change_id) for claim in claims}
        except NotFound:  # removed meanwhile, and its deliveries with it
            return 0
        for place, claim in enumerate(claims):
            result, gone = await self._attempt(user_id, webhook, claim, changes[claim.change_id])
            async with self._database.begin(user_id) as store:
                held = await store.webhooks.settle(webhook_id, claim, result)
                if not result.delivered and held:
                    await store.webhooks.disable_if_failing(webhook_id, after=DISABLED_AFTER, gone=gone)
                    # Its receiver is in trouble: the rest waits too, instead of waiting for it one by one.
                    for rest in claims[place + 1 :]:
                        later = result.next_at or self._database.now() + DELAYS[0]
                        await store.webhooks.release(webhook_id, rest, next_at=later)
            if not result.delivered:
                return place + 1
        return len(claims)

    async def _attempt(
        self, user_id: str, webhook: Webhook, claim: ClaimedDelivery, change: HistoryEntry | None
    ) -> tuple[DeliveryResult, bool]:
        """Send a change; return what came of it, and whether the webhook says that it is gone."""
        if change is None:
            purged = "The change was purged before it could be sent."
            return DeliveryResult(delivered=False, next_at=None, status_code=None, detail=purged), False
        sent = await self._send(user_id, webhook, claim, change)
        next_at = None if sent.outcome == "accepted" else self._next_at(claim)
        result = DeliveryResult(
            delivered=sent.outcome == "accepted", next_at=next_at, status_code=sent.status, detail=sent.detail
        )
        return result, sent.status == GONE

    async def _send(self, user_id: str, webhook: Webhook, claim: ClaimedDelivery, change: HistoryEntry) -> Delivery:
        assert webhook.secret is not None
        body = payload(claim.event, change.at, {"change": _entries().dump_python(change, mode="json")})
        return await self._sender.send_signed(
            webhook.url,
            secret=webhook.secret,
            message_id=message_id(user_id, webhook.id, claim.change_id),
            body=body,
        )

    def _next_at(self, claim: ClaimedDelivery) -> datetime | None:
        if claim.attempts > len(DELAYS):
            return None
        return self._database.now() + DELAYS[claim.attempts - 1] * self._jitter()


async def send_test(sender: WebhookSender, webhook: Webhook, *, user_id: str, now: datetime) -> WebhookTest:
    """Send a message that is no change, once."""
    assert webhook.secret is not None
    sent = await sender.send_signed(
        webhook.url,
        secret=webhook.secret,
        message_id=f"{message_id(user_id, webhook.id, 0)}_{int(now.timestamp())}",
        body=payload("webhook.test", now, {"webhook_id": webhook.id}),
    )
    return WebhookTest(accepted=sent.outcome == "accepted", status_code=sent.status, detail=sent.detail)


def payload(kind: str, at: datetime, data: dict[str, Any]) -> bytes:
    """Return a message as Standard Webhooks lays it out."""
    message = {"type": kind, "timestamp": at, "data": data}
    return TypeAdapter(dict[str, Any]).dump_json(message)


@cache
def _entries() -> TypeAdapter[HistoryEntry]:
    return TypeAdapter(HistoryEntry)
