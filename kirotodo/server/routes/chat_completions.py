"""The list as a model: OpenAI's Chat Completions, for any chat program that speaks them.

A completion is a whole durable turn: the newest message is sent, and the answer of its turn comes back, at once or as
it is written. What the turn asks about is asked in the answer, and the next message of the thread answers it.
"""

import time
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Header
from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from kirotodo.core.domain.conversation import Sent, Usage
from kirotodo.core.errors import KirotodoError, LiveTurn, NotFound
from kirotodo.core.events import ApprovalRequested, TextDelta, TurnCancelled, TurnFailed, TurnFinished
from kirotodo.core.local import LocalBackend
from kirotodo.protocols import chat_completions as protocol
from kirotodo.protocols.chat_completions import DEFAULT_MODEL, Reply
from kirotodo.server.auth.authenticator import Principal, authenticator_of
from kirotodo.server.dependencies import Caller, Draining, Handle, UserRoute, actor_of
from kirotodo.server.openapi import answer_like, named, problems
from kirotodo.server.problems import STATUS, problem, problem_of, public_message
from kirotodo.server.schemas import Zone, example
from kirotodo.server.sse import EventStream, outcome

PREFIX: Final = "chatcmpl-"


class OpenAiRoute(UserRoute):
    """A route whose errors OpenAI's clients can read: problems as everywhere, with an `error` in them."""

    def get_route_handler(self) -> Handle:
        """Return a handler that answers errors in both words."""
        handle = super().get_route_handler()

        async def handle_openai(request: Request) -> Response:
            try:
                return await handle(request)
            except KirotodoError as error:
                return _refusal(error)

        return handle_openai


router = APIRouter(
    prefix="/v1",
    tags=["openai"],
    responses=problems(401, 403, 415, 422, 429, 500, 503),
    route_class=OpenAiRoute,
    generate_unique_id_function=named,
)


class ThreadMessage(BaseModel):
    """A message of the thread; `content` is text or parts of it."""

    model_config = ConfigDict(extra="ignore")

    role: str
    content: str | list[dict[str, Any]] | None = None


class StreamOptions(BaseModel):
    """How to stream."""

    model_config = ConfigDict(extra="ignore")

    include_usage: bool = False


class CompletionBody(
    BaseModel,
    json_schema_extra=example(
        model="kirotodo", messages=[{"role": "user", "content": "What is due today?"}], stream=False
    ),
):
    """A thread whose newest message is to be answered. Whatever else OpenAI's clients send has no effect."""

    model_config = ConfigDict(extra="ignore")

    messages: list[ThreadMessage] = Field(min_length=1, max_length=10_000)
    model: str = Field(default=DEFAULT_MODEL, max_length=200)
    stream: bool | None = False
    stream_options: StreamOptions | None = None


async def conversing(request: Request, x_timezone: Annotated[Zone | None, Header()] = None) -> Caller:
    """Return the caller, whom the route has verified: the list is that of the token's user."""
    principal: Principal = request.state.principal
    return Caller(
        core=request.app.state.core,
        authenticator=authenticator_of(request),
        principal=principal,
        zone=x_timezone,
        actor=actor_of(request),
    )


Conversing = Annotated[Caller, Depends(conversing)]


@router.get("/models", responses=answer_like({"object": "list", "data": [protocol.model_of(DEFAULT_MODEL)]}))
async def list_openai_models(caller: Conversing) -> dict[str, Any]:
    """Return the models to choose from: `kirotodo` is the default one, whichever that is."""
    return {"object": "list", "data": [protocol.model_of(name) for name in await _models(await caller.backend())]}


@router.get(
    "/models/{model}",
    response_model=None,
    responses={**answer_like(protocol.model_of(DEFAULT_MODEL)), **problems(404)},
)
async def get_openai_model(model: str, caller: Conversing) -> dict[str, Any]:
    """Return one of them."""
    await _chosen(await caller.backend(), model)
    return protocol.model_of(model)


COMPLETION: Final = protocol.completion(
    Reply(id=f"{PREFIX}t1", model=DEFAULT_MODEL, text="Nothing is due today.", created=1_795_420_800, usage=Usage())
)


@router.post(
    "/chat/completions",
    response_model=None,
    responses={**answer_like(COMPLETION), **problems(404, 409, 413, 504)},
)
async def complete_chat(body: CompletionBody, request: Request, caller: Conversing, drain: Draining) -> Response:
    """Answer the newest message of a thread. The same thread again gets the same answer, and changes nothing."""
    backend = await caller.backend()
    model = await _chosen(backend, body.model)
    chat_id = request.headers.get("x-openwebui-chat-id", "")
    thread = protocol.thread_of([message.model_dump() for message in body.messages], chat_id=chat_id)
    system = "\n".join(protocol.text_of(each.model_dump()) for each in body.messages if each.role == "system")
    answer = protocol.about_the_chat(thread.text, system=system)
    if answer is not None:
        whole = _reply(body.model, text=answer)
        return (
            _streamed(request, drain, _at_once(whole, body))
            if body.stream
            else JSONResponse(protocol.completion(whole))
        )
    principal: Principal = request.state.principal
    await authenticator_of(request).limits.take_for(request, "turn", principal.user_id)
    try:
        sent = await backend.send_in_thread(
            thread.text, thread=thread.name, follows=thread.follows, model=model, agent=principal.agent
        )
    except LiveTurn as live:
        turn = await backend.turn(live.turn_id)
        if turn.approval is None:
            raise
        whole = _reply(body.model, turn.id, text=protocol.question_of(turn.approval))
        return (
            _streamed(request, drain, _at_once(whole, body))
            if body.stream
            else JSONResponse(protocol.completion(whole))
        )
    if body.stream:
        return _streamed(request, drain, _frames(backend, sent, body))
    reached = await drain.unless_over(outcome(backend, sent.turn_id))
    if reached.failure is not None:
        return _failed(reached.failure)
    turn = reached.turn
    whole = _reply(body.model, turn.id, text=protocol.text_of_turn(turn), usage=turn.usage)
    return JSONResponse(protocol.completion(whole))


async def _models(backend: LocalBackend) -> tuple[str, ...]:
    return tuple(dict.fromkeys((DEFAULT_MODEL, *(choice.name for choice in await backend.models()))))


async def _chosen(backend: LocalBackend, name: str) -> str | None:
    """Return the model to ask, None for the default one. Raises `NotFound`."""
    if name in ("", DEFAULT_MODEL):
        return None
    known = await _models(backend)
    if name not in known:
        raise NotFound(f"There is no model {name[:50]!r}. There are {', '.join(known)}.")
    return name


def _reply(model: str, turn_id: str = "about-the-chat", *, text: str = "", usage: Usage | None = None) -> Reply:
    return Reply(
        id=PREFIX + turn_id, model=model or DEFAULT_MODEL, text=text, created=int(time.time()), usage=usage or Usage()
    )


def _streamed(request: Request, drain: Any, frames: AsyncGenerator[bytes, None]) -> Response:
    return EventStream(frames, drain=drain, parting=b"")


def _asks_for_usage(body: CompletionBody) -> bool:
    return body.stream_options is not None and body.stream_options.include_usage


async def _at_once(reply: Reply, body: CompletionBody) -> AsyncGenerator[bytes, None]:
    """Yield a whole answer as a stream."""
    yield protocol.frame(protocol.chunk(reply, delta={"role": "assistant", "content": reply.text}))
    for each in _end(reply, body):
        yield each


def _end(reply: Reply, body: CompletionBody) -> list[bytes]:
    last = [protocol.frame(protocol.chunk(reply, delta={}, end=True))]
    if _asks_for_usage(body):
        last.append(protocol.frame(protocol.usage_chunk(reply)))
    return [*last, protocol.DONE]


async def _frames(backend: LocalBackend, sent: Sent, body: CompletionBody) -> AsyncGenerator[bytes, None]:
    """Yield the answer of a turn as it is written, and its question where it waits for one."""
    reply = _reply(body.model, sent.turn_id)
    yield protocol.frame(protocol.chunk(reply, delta={"role": "assistant", "content": ""}))
    written, attempt = False, (0, 0)
    rest: str | None = None
    async with aclosing(backend.watch(sent.turn_id)) as events:
        async for event in events:
            match event:
                case TextDelta(text=text, step=step):
                    again = written and (step, event.attempt) != attempt
                    attempt, written = (step, event.attempt), True
                    text = f"\n\n{text}" if again else text
                    yield protocol.frame(protocol.chunk(reply, delta={"content": text}))
                case ApprovalRequested():
                    turn = await backend.turn(sent.turn_id)
                    if turn.status == "awaiting_approval" and turn.approval is not None:
                        rest = ("\n\n" if written else "") + protocol.question_of(turn.approval)
                        break
                case TurnFailed():
                    status = STATUS.get(event.code, 503)  # type: ignore[call-overload]
                    yield protocol.frame({"error": protocol.error_of(event.message, code=event.code, status=status)})
                    return
                case TurnFinished(response=response) | TurnCancelled(response=response):
                    rest = "" if written else response
                    reply = _reply(body.model, sent.turn_id, usage=event.usage)
                case _:
                    pass
    if rest:
        yield protocol.frame(protocol.chunk(reply, delta={"content": rest}))
    for each in _end(reply, body):
        yield each


def _refusal(error: KirotodoError) -> Response:
    message = public_message(error)
    return problem_of(error, error=protocol.error_of(message, code=error.code, status=STATUS[error.code]))


def _failed(failure: TurnFailed) -> Response:
    status = next((status for code, status in STATUS.items() if code == failure.code and status > 500), 503)
    error = protocol.error_of(failure.message, code=failure.code, status=status)
    return problem(status, failure.code, failure.message, error=error)
