"""Reminders: claimed and settled by clients that ring them, and where the server rings for a user who may be away."""

from collections.abc import Sequence
from typing import Annotated

from fastapi import Path
from pydantic import BaseModel, Field, StrictBool

from kirotodo.core.backend import Rung
from kirotodo.core.domain.reminder import CLAIM_MAX, Claim, Claimed, ReminderTarget, TargetKind
from kirotodo.core.errors import InvalidInput
from kirotodo.server.dependencies import PERSON, Mine, user_router
from kirotodo.server.openapi import problems
from kirotodo.server.schemas import Body, Id, Moment, Text, example
from kirotodo.server.webhook_sender import check_secret, check_url, new_secret

router = user_router("reminders", prefix="/reminders")

Owner = Annotated[
    Text,
    Field(
        min_length=1, max_length=100, pattern=r"^[!-~ ]+$", description="Names who rings, as long as that program runs."
    ),
]


class ClaimBody(Body, json_schema_extra=example(owner="laptop 4711", limit=10)):
    """Who rings, and how many at once."""

    owner: Owner
    limit: Annotated[int, Field(strict=True, ge=1, le=CLAIM_MAX)] = CLAIM_MAX


class ClaimOf(Body):
    """A claimed reminder, as it was given."""

    task_id: Id
    remind_at: Moment
    epoch: Annotated[int, Field(strict=True, ge=0, le=2**31 - 1)]


class SettleBody(
    Body,
    json_schema_extra=example(
        owner="laptop 4711", claims=[{"task_id": 3, "remind_at": "2026-11-27T15:50:00Z", "epoch": 1}]
    ),
):
    """Reminders that rang, or that could not be rung."""

    owner: Owner
    claims: Annotated[list[ClaimOf], Field(max_length=CLAIM_MAX)]
    rung: StrictBool = Field(default=True, description="false lets go of them, for another program to ring.")


class Receipts(
    BaseModel,
    json_schema_extra=example(
        items=[{"task_id": 3, "remind_at": "2026-11-27T15:50:00Z", "rung_at": "2026-11-27T15:50:01Z"}]
    ),
):
    """The reminders whose receipts were written now."""

    items: Sequence[Rung]


class TargetBody(Body, json_schema_extra=example(kind="ntfy", url="https://ntfy.sh/some-secret-topic")):
    """Where to ring."""

    kind: TargetKind = Field(
        description="`webhook`: signed JSON, as Standard Webhooks says. `ntfy`: a topic of an ntfy server."
    )
    url: Text = Field(max_length=2_000, description="For example https://ntfy.sh/some-secret-topic.")
    secret: Text | None = Field(
        default=None,
        max_length=200,
        description="Of a webhook: `whsec_…`, a new one without. Of ntfy: an access token, where the topic needs one.",
    )


class Targets(BaseModel, json_schema_extra=example(items=[{"kind": "webhook", "url": "https://example.com/hook"}])):
    """Where the server rings."""

    items: Sequence[ReminderTarget]


@router.post("/claim", responses=problems(413))
async def claim_reminders(body: ClaimBody, backend: Mine) -> Claimed:
    """Claim reminders that are due, to ring them here: nobody else gets them for 30 seconds. Settle them once they
    rang. The same `owner` gets what it has claimed again."""
    return await backend.claim_reminders(body.owner, limit=body.limit)


@router.post("/settle", responses=problems(413))
async def settle_reminders(body: SettleBody, backend: Mine) -> Receipts:
    """Write down that claimed reminders rang. Those that were moved meanwhile, or claimed by others since, are left
    out of the answer."""
    claims = [Claim(task_id=each.task_id, remind_at=each.remind_at, epoch=each.epoch) for each in body.claims]
    return Receipts(items=await backend.settle_reminders(body.owner, claims, rung=body.rung))


@router.get("/targets", dependencies=[PERSON])
async def list_reminder_targets(backend: Mine) -> Targets:
    """Return where the server rings, without the secrets."""
    return Targets(items=await backend.reminder_targets())


@router.post("/targets", status_code=201, dependencies=[PERSON], responses=problems(413))
async def set_reminder_target(body: TargetBody, backend: Mine) -> ReminderTarget:
    """Ring here from now on, in place of an earlier target of this kind. Only this answer holds the secret."""
    secret = body.secret or ""
    if body.kind == "webhook":
        secret = body.secret or new_secret()
        check_secret(secret)
    elif not secret.isascii() or not secret.isprintable():
        raise InvalidInput("An access token consists of letters, digits and symbols.")
    return await backend.set_reminder_target(body.kind, check_url(body.url), secret=secret or None)


@router.delete("/targets/{kind}", status_code=204, dependencies=[PERSON], responses=problems(404))
async def remove_reminder_target(kind: Annotated[TargetKind, Path(description="Which target.")], backend: Mine) -> None:
    """Ring there no more."""
    await backend.remove_reminder_target(kind)
