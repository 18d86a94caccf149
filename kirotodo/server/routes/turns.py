"""Turns: start one without waiting, read it, follow it, stop it, approve it, undo a call of it."""

from typing import Annotated

from fastapi import Depends, Query
from starlette.responses import Response

from kirotodo.core.domain.conversation import Sent, Turn
from kirotodo.core.domain.task import Changed
from kirotodo.server.conditional_requests import unconditional
from kirotodo.server.dependencies import (
    CallId,
    Draining,
    Editing,
    LastEventId,
    MessageKey,
    Mine,
    Spoken,
    TurnId,
    Viewed,
    located,
    user_router,
)
from kirotodo.server.openapi import TURN_STREAM, carries, problems
from kirotodo.server.routes.chat import begin
from kirotodo.server.schemas import SEQ_MAX, ApprovalBody, ChatBody, Number
from kirotodo.server.sse import EventStream, turn_frames

router = user_router("turns", prefix="/turns")


@router.post("", status_code=202, responses={202: carries("Location"), **problems(404, 409, 412, 413)})
async def send_message(body: ChatBody, caller: Spoken, response: Response, key: MessageKey = None) -> Sent:
    """Say something; the answer comes at once and names the turn to follow."""
    _, sent = await begin(caller, body, key)
    located(response, caller.principal.user_id, f"turns/{sent.turn_id}")
    return sent


@router.get("/{turn_id}", responses=problems(404))
async def get_turn(turn_id: TurnId, backend: Mine) -> Turn:
    """Return the turn as it stands."""
    return await backend.turn(turn_id)


@router.get(
    "/{turn_id}/events", status_code=200, response_class=EventStream, responses={**TURN_STREAM, **problems(404)}
)
async def follow_turn(
    turn_id: TurnId,
    backend: Mine,
    drain: Draining,
    viewing: Viewed,
    after: Annotated[int, Number, Query(ge=0, le=SEQ_MAX, description="Only events with a higher `seq`.")] = 0,
    last_event_id: LastEventId = None,
) -> Response:
    """Stream the turn's events: the stored ones, then new ones, up to the final one.

    `Last-Event-ID` wins over `after`. A stream that ends without a final event was cut: take it up again.
    """
    if not backend.runs(turn_id):
        await backend.turn(turn_id)  # refuses one that is not there, before the stream begins
    start = after if last_event_id is None else last_event_id
    return EventStream(turn_frames(backend, turn_id, after=start), drain=drain, viewing=viewing)


@router.post("/{turn_id}/cancel", dependencies=[Depends(unconditional)], responses=problems(404, 412))
async def cancel_turn(turn_id: TurnId, backend: Mine) -> Turn:
    """Stop the turn; its partial answer is kept. A turn that is over stays as it is."""
    return await backend.cancel(turn_id)


@router.post("/{turn_id}/approval", dependencies=[Depends(unconditional)], responses=problems(404, 409, 412, 413))
async def answer_approval(turn_id: TurnId, body: ApprovalBody, backend: Mine) -> Turn:
    """Answer the approval that the turn waits for; it goes on from there."""
    return await backend.answer(turn_id, body.call_id, body.decision, arguments=body.arguments)


@router.post("/{turn_id}/calls/{call_id}/undo", responses=problems(404, 409, 412))
async def undo_call(turn_id: TurnId, call_id: CallId, backend: Editing) -> Changed:
    """Put back what one tool call changed."""
    return await backend.undo_call(turn_id, call_id)
