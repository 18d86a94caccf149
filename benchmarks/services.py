"""A model service behind a turn: what the turn costs over its streams alone, and a thousand streams at once."""

import asyncio
import json
import os
import resource
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

import httpx2

from benchmarks.figure import Figure, middle
from benchmarks.local_backend import cpu, local_backend, say, scratch, settings
from benchmarks.moment import NOW, settled
from benchmarks.upstream import WORDS, upstream
from kirotodo.core.agent.prompt import INSTRUCTIONS, tokens
from kirotodo.core.domain.task import TaskDraft
from kirotodo.core.local import Core
from kirotodo.core.models.model import (
    AssistantStep,
    Facts,
    ModelRequest,
    PromptItem,
    TextDelta,
    ToolCallRequest,
    ToolOutcome,
    UserText,
)
from kirotodo.core.models.openai.chat_completions import ChatCompletions
from kirotodo.core.models.openai.model import Endpoint, OpenAIModel
from kirotodo.core.models.scripted import ScriptedModel, call
from kirotodo.core.tools.task_tools import TOOLS

TURNS: Final = 40
PACE: Final = 0.002
STREAMS: Final = 1_000
SLOW: Final = 0.1
QUESTION: Final = UserText(text="add milk tomorrow")
CALLED: Final[tuple[PromptItem, ...]] = (
    QUESTION,
    AssistantStep(text="", calls=(ToolCallRequest(call_id="0.0", tool="add_task", arguments={"title": "buy milk"}),)),
    ToolOutcome(call_id="0.0", tool="add_task", status="succeeded", result={"status": "created", "task_id": 1}),
)


def turn_over_its_streams() -> Iterator[Figure]:
    """CPU of a whole turn, all writes included, over a byte pass-through of the same two streams."""
    with upstream(PACE) as address:
        bare, port, whole = asyncio.run(_costs(address))
    yield Figure(
        what="turn of 50 tokens and a tool call, CPU over pass-through",
        value=middle(whole) / middle(bare),
        unit="×",
        limit=2,
        digits=2,
        detail=f"{middle(whole) * 1000:.1f} ms over {middle(bare) * 1000:.1f} ms; {TURNS} turns each",
    )
    yield Figure(
        what="  of it the model port alone",
        value=middle(port) / middle(bare),
        unit="×",
        digits=2,
        detail=f"{middle(port) * 1000:.1f} ms",
    )


async def _costs(address: str) -> tuple[list[float], list[float], list[float]]:
    endpoint = Endpoint(model="fake", api_key="none", base_url=address)
    bare: list[float] = []
    port: list[float] = []
    whole: list[float] = []
    with scratch() as folder:
        model = OpenAIModel(endpoint)
        async with httpx2.AsyncClient(timeout=30) as client, local_backend(folder, model=model) as backend:
            await _passed_through(client, address)
            await say(backend, "add milk tomorrow")
            settled()
            for _ in range(TURNS):
                bare.append(await cpu(lambda: _passed_through(client, address)))
                port.append(await cpu(lambda: _streamed(model)))
                whole.append(await cpu(lambda: say(backend, "add milk tomorrow")))
    return bare, port, whole


async def _passed_through(client: httpx2.AsyncClient, address: str) -> int:
    """Both streams of a turn, read and counted as bytes."""
    size = 0
    for content in bodies():
        headers = {"content-type": "application/json"}
        async with client.stream("POST", f"{address}/chat/completions", content=content, headers=headers) as response:
            async for data in response.aiter_raw():
                size += len(data)
    return size


def bodies() -> list[str]:
    """The requests of both streams. Made each time, as a turn makes them."""
    return [
        json.dumps(ChatCompletions().body(_request(history), model="fake", strict=False, effort=None))
        for history in ((QUESTION,), CALLED)
    ]


async def _streamed(model: OpenAIModel) -> int:
    """Both streams of a turn as events."""
    return sum([len([event async for event in model.stream(_request(each))]) for each in ((QUESTION,), CALLED)])


def _request(history: tuple[PromptItem, ...], seconds: float = 60.0) -> ModelRequest:
    return ModelRequest(
        instructions=INSTRUCTIONS,
        tools=TOOLS.schemas(),
        history=history,
        facts=Facts(now=NOW, zone=ZoneInfo("Europe/Vienna"), open_tasks=3),
        deadline=asyncio.get_running_loop().time() + seconds,
    )


def many_streams() -> Iterator[Figure]:
    """A thousand answers at once from a service of fixed latency, each read to its end through the model port."""
    with many_files(), upstream(SLOW) as address:
        failed, each = asyncio.run(_at_once(address))
    yield Figure(what=f"{STREAMS:,} streams at once: failed", value=failed, unit="", limit=0)
    yield Figure(what="  memory of an open stream", value=each / 1024, unit="KiB", limit=60, digits=1)


def many_turns() -> Iterator[Figure]:
    """A thousand whole turns at once, of as many users, each with a tool call, a watcher and all its writes."""
    with many_files(), upstream(SLOW) as address:
        failed, each, seconds = asyncio.run(_turns_at_once(address))
    yield Figure(what=f"{STREAMS:,} turns at once on SQLite: failed", value=failed, unit="", limit=0)
    yield Figure(
        what="  memory of an open turn",
        value=each / 1024,
        unit="KiB",
        limit=60,
        digits=1,
        detail=f"all over in {seconds:.0f} s; their streams alone take {57 * SLOW:.0f} s",
    )


@contextmanager
def many_files() -> Iterator[None]:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 8192), hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


async def _turns_at_once(address: str) -> tuple[int, float, float]:
    """How many failed, the bytes of memory that an open turn takes, and the seconds until all were over."""
    model = OpenAIModel(Endpoint(model="fake", api_key="none", base_url=address), stall_seconds=60)
    with scratch() as folder:
        core = await Core.open(settings(folder), model=model)
        try:
            await say(core.of("warm"), "add milk tomorrow")
            settled()
            before = highest = _resident()
            speaking = 0

            async def one(user: str) -> bool:
                nonlocal speaking, highest
                backend = core.of(user)
                sent = await backend.send("add milk tomorrow")
                started = False
                async for event in backend.watch(sent.turn_id):
                    if event.kind == "text_delta" and not started:
                        started = True
                        speaking += 1
                        highest = max(highest, _resident()) if speaking % 50 == 0 else highest
                    if event.kind == "turn_finished":
                        return len(event.response.split()) == WORDS and (await backend.tasks()).total == 1
                return False

            began = time.monotonic()
            whole = await asyncio.gather(*(one(f"user {n}") for n in range(STREAMS)), return_exceptions=True)
            seconds = time.monotonic() - began
        finally:
            await core.aclose()
    return sum(each is not True for each in whole), (highest - before) / STREAMS, seconds


async def _at_once(address: str) -> tuple[int, float]:
    model = OpenAIModel(Endpoint(model="fake", api_key="none", base_url=address), stall_seconds=60)
    await _streamed(model)
    settled()
    before = _resident()
    speaking = 0
    highest = before

    async def one() -> int:
        nonlocal speaking, highest
        words = 0
        async for event in model.stream(_request(CALLED, seconds=300)):
            if isinstance(event, TextDelta):
                words += 1
                if words == 1:
                    speaking += 1
                    highest = max(highest, _resident()) if speaking % 100 == 0 else highest
        return words

    texts = await asyncio.gather(*(one() for _ in range(STREAMS)), return_exceptions=True)
    await model.aclose()
    return sum(words != WORDS for words in texts), (highest - before) / STREAMS


def _resident() -> int:
    """Bytes of memory this process holds now."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def prompt_and_list() -> Iterator[Figure]:
    """What a service is sent in a turn that lists tasks, in a list of 50 and in one of 10,000."""
    small, large = (asyncio.run(_sent_with(tasks)) for tasks in (50, 10_000))
    yield Figure(
        what="prompt tokens of a listing turn, 10,000 tasks over 50",
        value=large / small,
        unit="×",
        limit=1.05,
        digits=3,
        detail=f"{small:,} and {large:,}, both requests together",
    )


async def _sent_with(tasks: int) -> int:
    model = ScriptedModel([call("list_tasks")], ["Those."])
    with scratch() as folder:
        async with local_backend(folder, model=model) as backend:
            await backend.import_tasks([TaskDraft(title=f"water plant {number:05}") for number in range(tasks)])
            await say(backend, "What is pending?")
    bodies = (ChatCompletions().body(each, model="fake", strict=False, effort=None) for each in model.requests)
    return sum(tokens(json.dumps(body)) for body in bodies)
