"""Rings reminders from the server: a signed webhook or a notification through ntfy, for users who gave such a target.

Any server of a database may ring any reminder. It claims a page of those that are due, sends them, and writes each
receipt once a receiver has accepted it; a claim that ends without a receipt is another server's after its lease. Each
attempt has the same id, by which a receiver knows what it has got already (decision 0040).
"""

import asyncio
import hashlib
import json
import logging
import uuid
from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

import httpx2
import msgspec

from kirotodo.core.aio import shielded
from kirotodo.core.backend import ListChanged
from kirotodo.core.domain.reminder import CLAIM_MAX, LEASE, Claim, Reminder, ReminderTarget
from kirotodo.core.errors import KirotodoError
from kirotodo.core.local import Core
from kirotodo.core.text.dates import describe_due, describe_moment
from kirotodo.core.text.sanitize import sanitize_line
from kirotodo.server.webhook_sender import Delivery, WebhookSender

log = logging.getLogger(__name__)

LOOK_SECONDS: Final = 30.0
"""How long a reminder that another server took in, and died, can wait for this one."""
SETTLE_SECONDS: Final = 1.0
"""What comes in within a second is looked at together, however many users write."""
LEAST_SECONDS: Final = 0.2
"""Leases end by the clock of the database, which may be behind this one: there is no looking again without a pause."""
RETRY: Final = timedelta(minutes=1)
RETRY_MAX: Final = timedelta(hours=1)


class Ringer:
    """Rings for all users of a server, as long as `keep_ringing` runs."""

    def __init__(
        self,
        core: Core,
        sender: WebhookSender,
        *,
        lease: timedelta = LEASE,
        retry: timedelta = RETRY,
        page: int = CLAIM_MAX,
        owner: str | None = None,
    ) -> None:
        self._core = core
        self._sender = sender
        self._lease = lease
        self._retry = retry
        self._page = page
        self._owner = owner or f"server {uuid.uuid4().hex}"
        self._news = asyncio.Event()
        core.hub.on_list_changed = self._heard

    def _heard(self, user_id: str, news: ListChanged | None) -> None:
        if news is None or any(task.remind_at is not None for task in news.tasks):
            self._news.set()

    async def keep_ringing(self) -> None:
        """Ring what is due, then sleep until the next reminder, or until one is set here."""
        while True:
            self._news.clear()
            seconds = LOOK_SECONDS
            try:
                next_at = await self.ring_due()
                if next_at is not None:
                    seconds = min(LOOK_SECONDS, max(LEAST_SECONDS, (next_at - self._core.clock()).total_seconds()))
            except KirotodoError as error:
                log.warning("reminders could not be rung: %s", error.message)
            except Exception:
                log.exception("reminders could not be rung")
            try:
                async with asyncio.timeout(seconds):
                    await self._news.wait()
                await asyncio.sleep(SETTLE_SECONDS)
            except TimeoutError:
                pass

    async def ring_due(self) -> datetime | None:
        """Ring everything that is due, a page at a time. Return when the next may be."""
        database = self._core.database
        while True:
            claims = await shielded(database.claim_reminders(self._owner, limit=self._page, lease=self._lease))
            by_user: dict[str, list[Claim]] = defaultdict(list)
            for user_id, claim in claims:
                by_user[user_id].append(claim)
            await asyncio.gather(*(self._ring_for(user_id, some) for user_id, some in by_user.items()))
            if len(claims) < self._page:
                return await shielded(database.next_reminder())

    async def _ring_for(self, user_id: str, claims: Sequence[Claim]) -> None:
        targets, reminders, zone = await shielded(self._read(user_id, claims))
        await asyncio.gather(*(self._ring(user_id, targets, reminder, zone) for reminder in reminders))

    async def _read(
        self, user_id: str, claims: Sequence[Claim]
    ) -> tuple[tuple[ReminderTarget, ...], tuple[Reminder, ...], ZoneInfo]:
        async with self._core.database.read(user_id) as store:
            name = await store.timezone()
            return (
                await store.reminders.targets(),
                await store.reminders.claimed(claims),
                ZoneInfo(name) if name else self._core.settings.zone,
            )

    async def _ring(self, user_id: str, targets: Sequence[ReminderTarget], reminder: Reminder, zone: ZoneInfo) -> None:
        """Send to every target; one that accepts is enough for the receipt."""
        done = await asyncio.gather(*(self._send(user_id, target, reminder, zone) for target in targets))
        backend = self._core.of(user_id)
        if any(each.outcome == "accepted" for each in done):
            await shielded(backend.settle_reminders(self._owner, [reminder.claim]))
            return
        log.info("reminder of task %d was not accepted: %s", reminder.task.id, "; ".join(each.detail for each in done))
        retry_after = min(self._retry * 2 ** min(reminder.epoch - 1, 10), RETRY_MAX)
        await shielded(backend.release_reminders(self._owner, [reminder.claim], retry_after=retry_after))

    async def _send(self, user_id: str, target: ReminderTarget, reminder: Reminder, zone: ZoneInfo) -> Delivery:
        message_id = id_of(user_id, reminder)
        if target.kind == "webhook":
            body = webhook_body(user_id, reminder, now=self._core.clock())
            return await self._sender.send_signed(
                target.url, secret=target.secret or "", message_id=message_id, body=body
            )
        url, topic = _topic(target.url)
        headers = {"Content-Type": "application/json"}
        if target.secret:
            headers["Authorization"] = f"Bearer {target.secret}"
        body = ntfy_body(topic, reminder, message_id=message_id, now=self._core.clock().astimezone(zone))
        return await self._sender.send(url, body=body, headers=headers)


def id_of(user_id: str, reminder: Reminder) -> str:
    """Return what names this ring, the same in each attempt."""
    text = json.dumps([user_id, reminder.task.id, reminder.remind_at.astimezone(UTC).isoformat()])
    return f"reminder_{hashlib.sha256(text.encode()).hexdigest()[:32]}"


def webhook_body(user_id: str, reminder: Reminder, *, now: datetime) -> bytes:
    """Return the message of a webhook, in the form that Standard Webhooks recommends."""
    data = {"user_id": user_id, "task": reminder.task, "remind_at": reminder.remind_at, "late": reminder.late}
    return msgspec.json.encode({"type": "reminder.due", "timestamp": now, "data": data})


def ntfy_body(topic: str, reminder: Reminder, *, message_id: str, now: datetime) -> bytes:
    """Return a message in JSON, as ntfy takes it: so no title can be taken for a header. `now` is in the user's zone.

    https://docs.ntfy.sh/publish/#publish-as-json
    """
    task = reminder.task
    words = (
        [f"due {describe_due(task.due_date, task.due_time, today=now.date(), relative=True)}"] if task.due_date else []
    )
    if reminder.late:
        words.append(f"missed at {describe_moment(reminder.remind_at, now=now)}")
    message: dict[str, Any] = {
        "topic": topic,
        "title": sanitize_line(task.title),
        "message": ", ".join(words).capitalize() or "Reminder",
        "tags": ["alarm_clock"],
        "sequence_id": message_id,
    }
    if task.priority == "high":
        message["priority"] = 4
    return msgspec.json.encode(message)


def _topic(address: str) -> tuple[str, str]:
    """Return the address of an ntfy server, and the topic that ends the given one."""
    url = httpx2.URL(address)
    folder, _, topic = url.path.rstrip("/").rpartition("/")
    return str(url.copy_with(path=f"{folder}/", query=None)), topic
