"""The models, the user's status, and the changes of their list."""

from typing import Annotated

from fastapi import Query
from pydantic import BaseModel
from starlette.responses import Response

from kirotodo.core.domain.integration import Integration
from kirotodo.server.dependencies import PERSON, Called, Draining, LastEventId, Mine, Viewed, user_router
from kirotodo.server.openapi import LIST_STREAM
from kirotodo.server.schemas import SEQ_MAX, Models, Number, UserStatus
from kirotodo.server.sse import EventStream, list_frames

router = user_router("user")


@router.get("/models")
async def list_models(backend: Mine) -> Models:
    """Return the models to choose from, the default one first."""
    return Models(items=await backend.models())


@router.get("/status")
async def get_status(backend: Mine, caller: Called) -> UserStatus:
    """Return the default model, the user, and how many tasks are open."""
    found = await backend.status()
    return UserStatus(model=found.model, user=found.user, pending=found.pending, email=caller.principal.email)


class Integrations(BaseModel):
    """What is connected to the list."""

    items: tuple[Integration, ...]


@router.get("/integrations", dependencies=[PERSON])
async def list_integrations(backend: Mine) -> Integrations:
    """Return the programs that may use the list, and where changes and reminders are sent; see `Integration`."""
    return Integrations(items=await backend.integrations())


@router.get("/events", status_code=200, response_class=EventStream, responses=LIST_STREAM)
async def follow_list(
    backend: Mine,
    drain: Draining,
    viewing: Viewed,
    after: Annotated[
        Annotated[int, Number] | None,
        Query(ge=0, le=SEQ_MAX, description="From this revision on; from now without."),
    ] = None,
    last_event_id: LastEventId = None,
) -> Response:
    """Stream the changes of the list, wherever they are made: `list_changed` events, whose id is the list's
    revision."""
    start = after if last_event_id is None else last_event_id
    return EventStream(list_frames(backend, after=start), drain=drain, viewing=viewing)
