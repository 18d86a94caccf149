"""A list whose model is one at an endpoint under test, and what every request to an endpoint must be."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import aclosing, asynccontextmanager
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

from openai.types.chat.completion_create_params import CompletionCreateParamsStreaming
from openai.types.responses.response_create_params import ResponseCreateParamsStreaming
from pydantic import TypeAdapter

from kirotodo.core.agent.prompt import INSTRUCTIONS
from kirotodo.core.domain.conversation import Sent
from kirotodo.core.events import FINAL_EVENTS, FinalEvent, TextDelta, ToolCallFinished, TurnEvent, TurnFailed
from kirotodo.core.local import LocalBackend
from kirotodo.core.models import model as port
from kirotodo.core.models.builtin.model import BuiltinModel
from kirotodo.core.models.fallback import FallbackModel
from kirotodo.core.models.model import Facts, Model, ModelEvent, ModelRequest, PromptItem, UserText
from kirotodo.core.models.openai.circuit_breaker import CircuitBreaker
from kirotodo.core.models.openai.model import API_KINDS, Endpoint, OpenAIModel
from kirotodo.core.settings import Settings
from kirotodo.core.tools.task_tools import TOOLS
from tests.contract.harness import MONDAY, Clock
from tests.lists import list_at

APIS: Final[tuple[API_KINDS, ...]] = ("chat", "responses")
KEY: Final = "sk-secret-of-the-test"

_BODIES: Final[dict[str, TypeAdapter[Any]]] = {
    "chat": TypeAdapter(CompletionCreateParamsStreaming),
    "responses": TypeAdapter(ResponseCreateParamsStreaming),
}


def endpoint(base_url: str, *, api: API_KINDS = "chat", **more: Any) -> Endpoint:
    return Endpoint(model="test-model", api_key=KEY, base_url=base_url, api=api, **more)


def small_jitter(most: float) -> float:
    """Waits that grow as the real ones, an eighth as long."""
    return most / 8


@asynccontextmanager
async def opened(
    folder: Path,
    where: Endpoint,
    *,
    seconds: float = 120.0,
    stall: float = 60.0,
    fallback: bool = False,
    breaker: CircuitBreaker | None = None,
    sleep: Callable[[float], Any] = asyncio.sleep,
) -> AsyncIterator[LocalBackend]:
    model: Model = OpenAIModel(where, stall_seconds=stall, jitter=small_jitter, breaker=breaker, sleep=sleep)
    if fallback:
        model = FallbackModel(model, BuiltinModel())
    settings = Settings(
        kirotodo_home=folder,
        database_url=list_at(folder / "list.db"),
        timezone="Europe/Vienna",
        agent_timeout=seconds,
    )
    backend = await LocalBackend.open(settings, clock=Clock(), model=model)
    try:
        yield backend
    finally:
        await backend.aclose()


async def events_of(backend: LocalBackend, sent: Sent) -> list[TurnEvent]:
    return [event async for event in backend.watch(sent.turn_id)]


async def say(backend: LocalBackend, text: str, conversation: int | None = None) -> list[TurnEvent]:
    """See a turn through. Its last event is its only final one."""
    events = await events_of(backend, await backend.send(text, conversation_id=conversation))
    assert [isinstance(event, FINAL_EVENTS) for event in events] == [False] * (len(events) - 1) + [True]
    return events


async def run(model: Model, request: ModelRequest) -> list[ModelEvent]:
    """One step of `model`, texts in a row as one."""
    received: list[ModelEvent] = []
    async with aclosing(model.stream(request)) as events:
        async for event in events:
            if isinstance(event, port.TextDelta) and received and isinstance(last := received[-1], port.TextDelta):
                received[-1] = port.TextDelta(text=last.text + event.text)
            else:
                received.append(event)
    return received


def model_request(*history: PromptItem, seconds: float = 120.0) -> ModelRequest:
    """A request with all the tools; the history is one question unless given."""
    return ModelRequest(
        instructions=INSTRUCTIONS,
        tools=TOOLS.schemas(),
        history=history or (UserText(text="what is due?"),),
        facts=Facts(now=MONDAY, zone=ZoneInfo("UTC"), open_tasks=3),
        deadline=asyncio.get_running_loop().time() + seconds,
    )


def final(events: list[TurnEvent]) -> FinalEvent:
    last = events[-1]
    assert isinstance(last, FINAL_EVENTS)
    return last


def failure(events: list[TurnEvent]) -> TurnFailed:
    last = events[-1]
    assert isinstance(last, TurnFailed), last
    assert KEY not in last.message
    return last


def results(events: list[TurnEvent]) -> list[ToolCallFinished]:
    return [event for event in events if isinstance(event, ToolCallFinished)]


def shown(events: list[TurnEvent]) -> str:
    """The answer as a viewer has it in the end: of each step, its last attempt."""
    steps: dict[int, tuple[int, str]] = {}
    for event in events:
        if isinstance(event, TextDelta):
            attempt, text = steps.get(event.step, (event.attempt, ""))
            assert event.attempt >= attempt
            steps[event.step] = (event.attempt, (text if event.attempt == attempt else "") + event.text)
    return "".join(text for _, (_, text) in sorted(steps.items()))


def assert_valid(body: Mapping[str, Any]) -> None:
    """`body` is a request as the SDK's own types describe it, of calls and results in pairs."""
    api = "chat" if "messages" in body else "responses"
    known = _BODIES[api].validate_python(body)
    _exhaust(known)
    annotations = (CompletionCreateParamsStreaming if api == "chat" else ResponseCreateParamsStreaming).__annotations__
    assert set(body) <= set(annotations)
    assert_paired(list(calls_and_results(body)))


def calls_and_results(body: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """What the conversation in `body` is made of, in order: (kind, id)."""
    for message in body.get("messages", ()):
        match message["role"]:
            case "assistant":
                assert message.get("content") or message.get("tool_calls")
                yield "text", ""
                yield from (("call", call["id"]) for call in message.get("tool_calls", ()))
            case "tool":
                yield "result", message["tool_call_id"]
            case _:
                yield "text", ""
    for item in body.get("input", ()):
        match item["type"]:  # llama.cpp refuses a message that leaves it out
            case "function_call":
                yield "call", item["call_id"]
            case "function_call_output":
                yield "result", item["call_id"]
            case _:
                yield "text", ""


def assert_paired(parts: list[tuple[str, str]]) -> None:
    """Every call has its result before anything else is said, every result its call, no id comes twice."""
    waiting: list[str] = []
    seen: set[str] = set()
    for kind, known in parts:
        match kind:
            case "call":
                assert known not in seen, f"{known} twice"
                seen.add(known)
                waiting.append(known)
            case "result":
                assert waiting, f"an orphan result of {known}"
                assert waiting.pop(0) == known
            case _:
                assert not waiting, f"{waiting} without a result"
    assert not waiting, f"{waiting} without a result"


def _exhaust(value: Any) -> None:
    """Walk through all of it: pydantic checks an iterable only as it is read."""
    if isinstance(value, Mapping):
        for inner in value.values():
            _exhaust(inner)
    elif not isinstance(value, str | bytes | int | float | bool | None):
        for inner in value:
            _exhaust(inner)
