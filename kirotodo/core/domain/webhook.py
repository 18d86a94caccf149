"""Webhooks: where a server sends each change of a list, and what came of it."""

from datetime import datetime
from typing import Final, Literal, get_args

from kirotodo.core.lazy_dataclasses import dataclass

WebhookEvent = Literal[
    "task.created", "task.updated", "task.completed", "task.reopened", "task.deleted", "task.restored"
]
WEBHOOK_EVENTS: Final[tuple[WebhookEvent, ...]] = get_args(WebhookEvent)
WEBHOOKS_MAX: Final = 10
"""Webhooks that a user may have."""
STREAM: Final = 0
"""The id under which the outbox holds what goes to the operator's stream of events. No user has such a webhook."""
NO_SERVER: Final = "Webhooks are sent by a server, and this list is on no server. Sign in to one: kirotodo login URL"
DeliveryStatus = Literal["pending", "delivered", "dead"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Webhook:
    """An address that is sent the changes of a list, signed as Standard Webhooks says.

    `secret` is shown once, when the webhook is added. From `failing_since` on nothing was accepted there.
    `disabled_reason` says why it is disabled, where the server did it.
    """

    id: int
    url: str
    events: tuple[WebhookEvent, ...]
    created_at: datetime
    secret: str | None = None
    failing_since: datetime | None = None
    disabled_at: datetime | None = None
    disabled_reason: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class WebhookDelivery:
    """One change on its way to one webhook.

    `message_id` is the same however often it is sent. `status_code` and `detail` tell of the latest attempt; None and
    "" before the first. A pending one is sent, or sent again, at `next_at`.
    """

    webhook_id: int
    change_id: int
    event: WebhookEvent
    message_id: str
    status: DeliveryStatus
    attempts: int
    created_at: datetime
    next_at: datetime | None = None
    finished_at: datetime | None = None
    status_code: int | None = None
    detail: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class WebhookTest:
    """What came of a message that was sent to try a webhook."""

    accepted: bool
    status_code: int | None = None
    detail: str = ""
