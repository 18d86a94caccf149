"""The streams of known providers, as their documentation shows them, and the events they have to become."""

from pathlib import Path

import pytest

from kirotodo.core.domain.conversation import Usage
from kirotodo.core.models.faults import ProviderFault
from kirotodo.core.models.model import ModelEvent, TextDelta, ToolCall, UsageReport
from kirotodo.core.models.openai import OpenAIModel
from tests.core.models.provider import asked, endpoint, run, small_jitter
from tests.core.models.raw_server import Answer, raw_server

RECORDED = Path(__file__).parent / "recorded"
ADD = ToolCall(tool="add_task", arguments={"title": "milk"})
TOMORROW = ToolCall(tool="add_task", arguments={"title": "milk", "due": "tomorrow"})
STATS = ToolCall(tool="task_stats")


def used(prompt: int, completion: int, cached: int = 0) -> UsageReport:
    return UsageReport(usage=Usage(input_tokens=prompt, output_tokens=completion, cached_tokens=cached))


EXPECTED: dict[str, list[ModelEvent]] = {
    "openai": [TOMORROW, STATS, used(1219, 24, 1024)],
    "azure": [TextDelta(text="Done.")],
    "openrouter": [ADD, used(900, 31)],
    "ollama": [TOMORROW, STATS, used(512, 40)],
    "vllm": [ADD, used(700, 20)],
    "llama_cpp": [ADD, used(640, 18)],
    "lm_studio": [ADD],
    "mistral": [TextDelta(text="I add it."), ADD, used(300, 22)],
    "groq": [ADD, used(800, 19)],
    "deepseek": [TextDelta(text="Done."), used(500, 9, 448)],
    "gemini": [ADD, used(210, 12)],
    "openai_responses": [TextDelta(text="I add it."), ADD, used(640, 33, 512)],
}
FAULTS = {"openrouter_broken": "a fault of its own", "openai_responses_failed": "too many requests"}


def test_every_recording_has_its_meaning() -> None:
    assert {path.stem for path in RECORDED.glob("*.sse")} == EXPECTED.keys() | FAULTS.keys()


async def played(name: str, cut: int) -> list[ModelEvent]:
    stream = (RECORDED / f"{name}.sse").read_bytes()
    async with raw_server() as server:
        server.answers.append(Answer(pieces=[stream[at : at + cut] for at in range(0, len(stream), cut)]))
        where = endpoint(server.url, api="responses" if "responses" in name else "chat")
        model = OpenAIModel(where, jitter=small_jitter)
        try:
            return await run(model, asked())
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
