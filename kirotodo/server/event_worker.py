"""Publishes changes to the operator's stream: from the outbox of webhooks, at least once, and in order per user.

A change enters the outbox in the transaction that makes it. Of each user one server at a time publishes, the oldest
changes first, and takes off the outbox what the stream has accepted; a server that dies between leaves a claim that
runs out, and what it had published is published again, under the same ids (decision 0058).
"""

import asyncio
import logging
from datetime import timedelta
from typing import Final

from kirotodo.core.domain.webhook import STREAM
from kirotodo.core.store.database import Database
from kirotodo.core.store.webhooks import ClaimedDelivery
from kirotodo.server.event_stream import EventMessage, Publisher, messages_of
from kirotodo.server.outbox import keep_sending

log = logging.getLogger(__name__)

USERS_AT_ONCE: Final = 20
BATCH: Final = 100
"""Changes that one claim takes of a user."""
LEASE: Final = timedelta(minutes=1)
LONGEST_SECONDS: Final = 30.0
"""How long to wait, at most, while the stream accepts nothing."""


class EventWorker:
    """Publishes what is in the outbox, of all users."""

    def __init__(self, *, database: Database, publisher: Publisher, lease: timedelta = LEASE) -> None:
        self._database = database
        self._publisher = publisher
        self._lease = lease

    async def keep_publishing(self) -> None:
        """Publish what comes, until cancelled. What is on its way then is published again by whoever comes next."""
        await keep_sending(self.publish_due, what="events", longest=LONGEST_SECONDS)

    async def publish_due(self) -> int:
        """Publish what is there now; return how many changes were. Raises `Unreachable` where the stream fails."""
        users = await self._database.users_to_publish(limit=USERS_AT_ONCE)
        done = await asyncio.gather(*(self._publish(user_id) for user_id in users), return_exceptions=True)
        for each in done:
            if isinstance(each, BaseException):
                raise each
        return sum(each for each in done if isinstance(each, int))

    async def _publish(self, user_id: str) -> int:
        claims = await self._database.claim_changes(user_id, limit=BATCH, lease=self._lease)
        if not claims:
            return 0
        try:
            await self._publisher.publish(await self._messages(user_id, claims))
        except Exception:
            await self._let_go(user_id, claims)
            raise
        async with self._database.begin(user_id) as store:
            await store.webhooks.published(claims)
        return len(claims)

    async def _messages(self, user_id: str, claims: list[ClaimedDelivery]) -> list[EventMessage]:
        messages: list[EventMessage] = []
        async with self._database.read(user_id) as store:
            for claim in claims:
                change = await store.webhooks.change(claim.change_id)
                if change is None:
                    log.warning("a change was purged before it could be published")
                    continue
                messages += messages_of(user_id, claim.event, change)
        return messages

    async def _let_go(self, user_id: str, claims: list[ClaimedDelivery]) -> None:
        async with self._database.begin(user_id) as store:
            for claim in claims:
                await store.webhooks.release(STREAM, claim, next_at=store.now)
