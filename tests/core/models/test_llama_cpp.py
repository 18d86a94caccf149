"""Turns with a real model on a real server: one so small that it says anything, which every turn has to survive.

Not part of the default suite: `make test-llm` installs what it needs and runs it.
"""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from kirotodo.core.events import (
    FINAL_EVENTS,
    ApprovalRequested,
    ToolCallFinished,
    ToolCallStarted,
    TurnEvent,
    TurnFailed,
)
from tests.core.models.provider import endpoint, opened, say

pytestmark = pytest.mark.llm

SECONDS = 40.0
"""How long a turn may take; a few more are for what is around it."""
SENTENCES = ("Add a task to buy groceries", "What's pending?", "Delete the meeting task", "hello, who are you?")


@contextmanager
def llama(context: int) -> Iterator[str]:
    pytest.importorskip("xllamacpp", reason="make test-llm installs it")
    command = [sys.executable, "-m", "tests.core.models.llama_server", str(context)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as server:
        assert server.stdout is not None
        assert server.stdin is not None
        try:
            address = next((line for line in server.stdout if line.startswith(b"http")), b"").decode().strip()
            assert address, "the server did not start"
            yield f"{address}/v1"
        finally:
            server.stdin.close()
            server.terminate()


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with llama(4096) as address:
        yield address


@pytest.mark.timeout(300)
@pytest.mark.parametrize("sentence", SENTENCES)
async def test_a_turn_survives_whatever_the_model_says(address: str, tmp_path: Path, sentence: str) -> None:
    async with opened(tmp_path, endpoint(address), seconds=SECONDS, stall=SECONDS) as backend:
        for title in ("Call mom", "Team meeting"):
            await backend.add_from_text(title)
        began = time.monotonic()
        sent = await backend.send(sentence)
        events: list[TurnEvent] = []
        async for event in backend.watch(sent.turn_id):
            events.append(event)
            if isinstance(event, ApprovalRequested):
                await backend.answer(sent.turn_id, event.approval.call_id, "no")
        assert time.monotonic() - began < SECONDS + 10
        (after,) = await backend.add_from_text("afterwards")
        assert (await backend.task(after.id)).title == "afterwards"
        await backend.undo()
    assert [isinstance(event, FINAL_EVENTS) for event in events] == [False] * (len(events) - 1) + [True]
    started = [event.call_id for event in events if isinstance(event, ToolCallStarted)]
    assert started == [event.call_id for event in events if isinstance(event, ToolCallFinished)]
    last = events[-1]
    assert not isinstance(last, TurnFailed) or "Your message is kept" in last.message or "rounds" in last.message


@pytest.mark.timeout(300)
async def test_a_window_too_small_is_said_so(tmp_path: Path) -> None:
    with llama(512) as address:
        async with opened(tmp_path, endpoint(address), seconds=SECONDS, stall=SECONDS) as backend:
            events = await say(backend, "What's pending? " * 500)
    last = events[-1]
    assert isinstance(last, TurnFailed)
    assert "too long for the model" in last.message
