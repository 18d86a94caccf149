"""The streams of known providers, as their documentation shows them, and the events they have to become."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from kirotodo.core.domain.conversation import Usage
from kirotodo.core.models.model import ModelEvent, Opaque, TextDelta, ToolCall, UsageReport
from kirotodo.core.models.openai.errors import ProviderFault
from kirotodo.core.models.openai.model import OpenAIModel
from tests.core.models.model_server import Answer, model_server
from tests.core.models.provider import endpoint, model_request, run, small_jitter
from tests.core.models.test_opaque import DETAILS, THOUGHT

RECORDED = Path(__file__).parent / "recorded"
ADD = ToolCall(tool="add_task", arguments={"title": "milk"})
TOMORROW = ToolCall(tool="add_task", arguments={"title": "milk", "due": "tomorrow"})
STATS = ToolCall(tool="task_stats")


def used(prompt: int, completion: int, cached: int = 0) -> UsageReport:
    return UsageReport(usage=Usage(input_tokens=prompt, output_tokens=completion, cached_tokens=cached))


def thoughts(**message: Any) -> Opaque:
    return Opaque(data={"message": message, "calls": {}, "items": []}, lasting="reasoning_content" in message)


def signed(signature: str) -> Opaque:
    """Of the first call."""
    calls = {"0": {"extra_content": {"google": {"thought_signature": signature}}}}
    return Opaque(data={"message": {}, "calls": calls, "items": []})


EXPECTED: dict[str, list[ModelEvent]] = {
    "openai": [TOMORROW, STATS, used(1219, 24, 1024)],
    "azure": [TextDelta(text="Done.")],
    "openrouter": [
        ADD,
        thoughts(reasoning_details=[{"type": "reasoning.text", "text": "They want milk."}]),
        used(900, 31),
    ],
    "openrouter_thinking": [ADD, thoughts(reasoning_details=DETAILS)],
    "ollama": [TOMORROW, STATS, used(512, 40)],
    "vllm": [ADD, thoughts(reasoning_content="Add milk."), used(700, 20)],
    "llama_cpp": [ADD, used(640, 18)],
    "lm_studio": [ADD],
    "mistral": [TextDelta(text="I add it."), ADD, used(300, 22)],
    "groq": [ADD, used(800, 19)],
    "deepseek": [TextDelta(text="Done."), thoughts(reasoning_content="Two tasks?"), used(500, 9, 448)],
    "deepseek_thinking": [ADD, thoughts(reasoning_content="They want milk."), used(400, 30, 384)],
    "gemini": [ADD, signed("c2ln"), used(210, 12)],
    "gemini_signed": [ADD, STATS, signed("c2lnMQ=="), used(310, 20)],
    "gemini_signed_late": [ADD, signed("c2lnMg==")],
    "openai_responses": [TextDelta(text="I add it."), ADD, used(640, 33, 512)],
    "openai_responses_thinking": [
        ADD,
        Opaque(data={"message": {}, "calls": {}, "items": [THOUGHT]}),
        used(640, 60),
    ],
}
FAULTS = {"openrouter_broken": "an error of its own", "openai_responses_failed": "too many requests"}


def test_every_recording_has_its_meaning() -> None:
    assert {path.stem for path in RECORDED.glob("*.sse")} == EXPECTED.keys() | FAULTS.keys()


async def played(name: str, cut: int) -> list[ModelEvent]:
    stream = (RECORDED / f"{name}.sse").read_bytes()
    async with model_server() as server:
        server.answers.append(Answer(pieces=[stream[at : at + cut] for at in range(0, len(stream), cut)]))
        where = endpoint(server.url, api="responses" if "responses" in name else "chat")
        model = OpenAIModel(where, jitter=small_jitter)
        try:
            events = await run(model, model_request())
            return [replace(event, origin="") if isinstance(event, Opaque) else event for event in events]
        finally:
            await model.aclose()


@pytest.mark.parametrize("cut", [100_000, 53])
@pytest.mark.parametrize("name", EXPECTED)
async def test_a_providers_stream_becomes_our_events(name: str, cut: int) -> None:
    assert await played(name, cut) == EXPECTED[name]


@pytest.mark.parametrize("name", FAULTS)
async def test_a_providers_fault_becomes_our_sentence(name: str) -> None:
    with pytest.raises(ProviderFault, match=FAULTS[name]):
        await played(name, 100_000)
