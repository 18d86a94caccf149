"""Webhooks: where the server sends each change of a list. An agent's token opens none of this."""

from typing import Annotated

from fastapi import Path, Query
from pydantic import BaseModel, Field, StrictBool
from starlette.requests import Request
from starlette.responses import Response

from kirotodo.core.domain.task import Page
from kirotodo.core.domain.webhook import Webhook, WebhookDelivery, WebhookEvent, WebhookTest
from kirotodo.server.dependencies import PERSON, Editing, Mine, located, user_router
from kirotodo.server.openapi import carries, problems
from kirotodo.server.schemas import ID_MAX, Body, Number, PageQuery, Text, example
from kirotodo.server.webhook_sender import check_secret, check_url, new_secret
from kirotodo.server.webhook_worker import send_test

router = user_router("webhooks", prefix="/webhooks")

WebhookId = Annotated[int, Number, Path(ge=1, le=ID_MAX, description="Counted per user.")]
ChangeId = Annotated[int, Number, Path(ge=1, le=ID_MAX, description="As `GET /changes` numbers them.")]


class WebhookBody(Body, json_schema_extra=example(url="https://example.com/hook", events=["task.completed"])):
    """Where to send changes, and which."""

    url: Text = Field(max_length=2_000, description="A public address.", examples=["https://example.com/hook"])
    events: Annotated[list[WebhookEvent], Field(min_length=1, max_length=20)] | None = Field(
        default=None, description="The kinds of changes to send; all of them without.", examples=[["task.completed"]]
    )
    secret: Annotated[Text, Field(max_length=200)] | None = Field(
        default=None, description="`whsec_` and 24 to 64 bytes in base64; a new one without."
    )


class EnabledBody(Body, json_schema_extra=example(enabled=False)):
    """Whether to send anything."""

    enabled: StrictBool = Field(description="false disables it: what changes meanwhile is not sent.", examples=[False])


class Webhooks(BaseModel):
    """The webhooks of the user, without their secrets."""

    items: tuple[Webhook, ...]


@router.get("", dependencies=[PERSON])
async def list_webhooks(backend: Mine) -> Webhooks:
    """Return the webhooks, disabled ones too."""
    return Webhooks(items=await backend.webhooks())


@router.post(
    "", status_code=201, dependencies=[PERSON], responses={201: carries("Location"), **problems(409, 412, 413)}
)
async def add_webhook(body: WebhookBody, backend: Editing, response: Response) -> Webhook:
    """Send changes there from now on. This answer is the only one that holds the secret."""
    url = check_url(body.url)
    if body.secret is not None:
        check_secret(body.secret)
    added = await backend.add_webhook(url, tuple(dict.fromkeys(body.events or ())), secret=body.secret or new_secret())
    located(response, backend.user_id, f"webhooks/{added.id}")
    return added


@router.patch("/{webhook_id}", dependencies=[PERSON], responses=problems(404, 413))
async def enable_webhook(webhook_id: WebhookId, body: EnabledBody, backend: Mine) -> Webhook:
    """Enable or disable a webhook."""
    return await backend.enable_webhook(webhook_id, enabled=body.enabled)


@router.delete("/{webhook_id}", status_code=204, dependencies=[PERSON], responses=problems(404))
async def remove_webhook(webhook_id: WebhookId, backend: Mine) -> None:
    """Forget a webhook and everything that is on its way there."""
    await backend.remove_webhook(webhook_id)


@router.post("/{webhook_id}/test", dependencies=[PERSON], responses=problems(404))
async def test_webhook(webhook_id: WebhookId, backend: Mine, request: Request) -> WebhookTest:
    """Send a message of the type `webhook.test`, now and once, and return what came of it."""
    webhook = await backend.webhook(webhook_id)
    state = request.app.state
    return await send_test(state.webhook_sender, webhook, user_id=backend.user_id, now=state.core.clock())


@router.get("/{webhook_id}/deliveries", dependencies=[PERSON], responses=problems(404))
async def list_deliveries(
    webhook_id: WebhookId, where: Annotated[PageQuery, Query()], backend: Mine
) -> Page[WebhookDelivery]:
    """Return a page of deliveries, the newest change first; those that are over are kept for seven days."""
    return await backend.webhook_deliveries(webhook_id, limit=where.limit, cursor=where.cursor)


@router.post("/{webhook_id}/deliveries/{change_id}/redeliver", dependencies=[PERSON], responses=problems(404, 412))
async def redeliver(webhook_id: WebhookId, change_id: ChangeId, backend: Editing) -> WebhookDelivery:
    """Send a change once more, with the same id."""
    return await backend.redeliver(webhook_id, change_id)
