"""Turns through LocalBackend on SQLite: what one costs, and what a model is shown."""

import asyncio
import json
from collections.abc import Iterator
from typing import Final

from benchmarks.figure import Figure, middle, percentile
from benchmarks.local_backend import cpu, local_backend, long_conversation, say, scratch
from benchmarks.moment import settled
from kirotodo.core.agent.prompt import cost, tokens
from kirotodo.core.models.model import ModelRequest
from kirotodo.core.models.scripted import ScriptedModel

TALK: Final = (
    "add milk tomorrow at 5pm",
    "what is due this week?",
    "remind me to water the plants every other friday at 9",
    "mark the milk as done",
    "move the plants to saturday",
    "delete the plants task",
    "undo that",
    "What's pending?",
)
ROUNDS: Final = 12


def builtin_turn() -> Iterator[Figure]:
    samples = asyncio.run(_talk())
    yield Figure(
        what="built-in model, whole turn in-process, CPU",
        value=middle(samples) * 1000,
        unit="ms",
        limit=15,
        digits=1,
        detail=f"{len(samples)} turns; the slowest of twenty {percentile(samples, 95) * 1000:.1f} ms",
    )


async def _talk() -> list[float]:
    with scratch() as folder:
        async with local_backend(folder) as backend:
            conversation = await say(backend, "add buy groceries")
            settled()
            return [
                await cpu(lambda text=text: say(backend, text, conversation))  # type: ignore[misc]
                for _ in range(ROUNDS)
                for text in TALK
            ]


def prompt_tokens() -> Iterator[Figure]:
    """The prompt of one more turn in conversations of several lengths, by the estimate the window is cut with."""
    sizes = {messages: asyncio.run(_prompt(messages)) for messages in (0, 20, 1_000, 10_000)}
    alone, full, longest = sizes[0], sizes[20], sizes[10_000]
    shown = ", ".join(f"{size:,} with {messages + 1:,}" for messages, size in sizes.items())
    yield Figure(
        what="prompt tokens, 10,001 messages over 21 (a full window)",
        value=longest / full,
        unit="×",
        limit=1.05,
        digits=3,
        detail=shown,
    )
    yield Figure(what="  over 1 message", value=longest / alone, unit="×", limit=1.05, digits=3)


async def _prompt(messages: int) -> int:
    model = ScriptedModel(["Nothing is due."])
    with scratch() as folder:
        conversation = await long_conversation(folder, messages) if messages else None
        async with local_backend(folder, model=model) as backend:
            await say(backend, "What is due this week?", conversation)
    return _size(model.requests[-1])


def _size(request: ModelRequest) -> int:
    schemas = sum(tokens(json.dumps([tool.name, tool.description, tool.parameters])) for tool in request.tools)
    return tokens(request.instructions) + schemas + cost(request.history)
