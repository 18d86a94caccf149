"""Deleting a user, and keeping one after all: the routes that are open to a user who is about to be deleted."""

from datetime import datetime

from pydantic import BaseModel, Field
from starlette.requests import Request
from starlette.responses import Response

from kirotodo.server.auth.authenticator import authenticator_of
from kirotodo.server.auth.rate_limit import address_of
from kirotodo.server.dependencies import Leaving, user_router
from kirotodo.server.openapi import problems
from kirotodo.server.routes.auth import Password
from kirotodo.server.schemas import Body, Text, example

router = user_router("user", prefix="/deletion")


class DeletionBody(Body, json_schema_extra=example(confirm="ann@example.com", password="correct horse battery")):
    """The confirmation that the account is to be deleted."""

    confirm: Text = Field(max_length=500, description="The e-mail address of the account, or the user's id.")
    password: Password | None = Field(default=None, description="Of a user who has one here.")


class Deletion(BaseModel, json_schema_extra=example(deletion_at="2026-12-23T08:00:00Z")):
    """When an account will be deleted."""

    deletion_at: datetime = Field(description="When the user is deleted.")


@router.post("", status_code=202, responses=problems(413))
async def delete_user(body: DeletionBody, request: Request, caller: Leaving) -> Deletion:
    """Have the user deleted, with everything of theirs, when the grace time is over. Every session ends now."""
    authenticator, password = authenticator_of(request), None
    if body.password is not None:
        password = body.password.get_secret_value()
        await authenticator.limits.require("sign_in", address_of(request))
        await authenticator.limits.require_guess(caller.email or caller.user_id, address_of(request))
    at = await authenticator.deletions.request(
        caller.user_id, email=caller.email, confirm=body.confirm, password=password
    )
    return Deletion(deletion_at=at)


@router.delete("", status_code=204, responses=problems(404, 409))
async def keep_user(request: Request, caller: Leaving) -> Response:
    """Keep the user after all, as long as the grace time is not over."""
    await authenticator_of(request).deletions.take_back(caller.user_id)
    return Response(status_code=204)
