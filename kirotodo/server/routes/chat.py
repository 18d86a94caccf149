"""Chat: send a message, and get the outcome at once or as a stream."""

from typing import Final

from starlette.responses import Response

from kirotodo.core.domain.conversation import ChatOutcome, Sent
from kirotodo.core.errors import KirotodoError
from kirotodo.core.events import TurnFailed
from kirotodo.core.local import LocalBackend
from kirotodo.server.dependencies import Caller, Draining, MessageKey, Spoken, Viewed, user_router
from kirotodo.server.openapi import TURN_STREAM, problems
from kirotodo.server.problems import STATUS, problem, problem_of
from kirotodo.server.schemas import ChatBody
from kirotodo.server.sse import EventStream, outcome, turn_frames

router = user_router("chat")

REFUSALS: Final = problems(404, 409, 412, 413)


async def begin(caller: Caller, body: ChatBody, key: str | None) -> tuple[LocalBackend, Sent]:
    """Store the message and start its turn, which belongs to the runner from here on, whoever stays to watch."""
    backend = await caller.backend(zone=body.timezone)
    sent = await backend.send(
        body.message,
        conversation_id=body.conversation_id,
        request_key=key,
        model=body.model,
        instead_of=body.instead_of,
        keep_changes=body.keep_changes,
    )
    return backend, sent


@router.post("/chat", response_model=ChatOutcome, responses={**REFUSALS, **problems(504)})
async def chat(body: ChatBody, caller: Spoken, drain: Draining, key: MessageKey = None) -> ChatOutcome | Response:
    """Say something and wait for the outcome.

    The answer comes once the turn is over or waits for an approval (`awaiting_approval`). Hanging up changes nothing:
    the turn goes on, and the same `Idempotency-Key` gets its outcome.
    """
    backend, sent = await begin(caller, body, key)
    try:
        reached = await drain.unless_over(outcome(backend, sent.turn_id))
    except KirotodoError as error:
        return problem_of(error, turn_id=sent.turn_id, conversation_id=sent.conversation_id)
    if reached.failure is not None:
        return _failed(reached.failure, sent)
    return ChatOutcome.of(reached.turn)


@router.post("/chat/stream", status_code=200, response_class=EventStream, responses={**TURN_STREAM, **REFUSALS})
async def chat_stream(
    body: ChatBody, caller: Spoken, drain: Draining, viewing: Viewed, key: MessageKey = None
) -> Response:
    """Say something and follow the turn: its events as they come, up to the final one."""
    backend, sent = await begin(caller, body, key)
    return EventStream(turn_frames(backend, sent.turn_id), drain=drain, viewing=viewing)


def _failed(failure: TurnFailed, sent: Sent) -> Response:
    status = next((status for code, status in STATUS.items() if code == failure.code and status > 500), 503)
    return problem(status, failure.code, failure.message, turn_id=sent.turn_id, conversation_id=sent.conversation_id)
