"""Odd answers seen through to the list: what a turn stores of them, and that the conversation goes on."""

import json
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from kirotodo.core.events import TurnFinished
from kirotodo.core.local import LocalBackend
from tests.core.models.model_server import ModelServer, delta, model_server
from tests.core.models.provider import endpoint, final, opened, results, say

HALF = "\ud83c"


@pytest.fixture
async def server() -> AsyncIterator[ModelServer]:
    async with model_server() as server:
        yield server


@pytest.fixture
async def backend(server: ModelServer, tmp_path: Path, empty_list: Path) -> AsyncIterator[LocalBackend]:
    shutil.copy(empty_list, tmp_path / "list.db")
    async with opened(tmp_path, endpoint(server.url)) as backend:
        yield backend


def called(arguments: str, name: str = "add_task") -> list[dict[str, Any]]:
    call = {"index": 0, "id": "a", "function": {"name": name, "arguments": arguments}}
    return [delta(tool_calls=[call]), delta("tool_calls")]


STORED: dict[str, tuple[list[dict[str, Any]], list[str], str]] = {
    "half a character in a title": (called(json.dumps({"title": f"party {HALF}"})), ["party \ufffd"], "succeeded"),
    "half a character in a name": (called(json.dumps({"title": "x", f"no{HALF}tes": "y"})), [], "failed"),
    "zero bytes in a title": (called(json.dumps({"title": "par\0ty"})), ["party"], "succeeded"),
    "half a character in what is no JSON": (called(f'{{"title": {HALF}'), [], "failed"),
    "a number that is none": (called('{"title": "x", "priority": NaN}'), [], "failed"),
    "half a character in a tool's name": (called("{}", f"add{HALF}"), [], "failed"),
    "a list as text": (called(json.dumps({"title": "x", "tags": '["home","shop"]'})), ["x"], "succeeded"),
    "written by Kimi": (
        [
            delta(content="<|tool_calls_section_begin|><|tool_call_begin|>functions.add_task:0<|tool_call_arg"),
            delta(content='ument_begin|>{"title": "x"}<|tool_call_end|><|tool_calls_section_end|>'),
            delta("stop"),
        ],
        ["x"],
        "succeeded",
    ),
}


@pytest.mark.parametrize("case", STORED)
async def test_odd_calls_are_stored_and_the_conversation_goes_on(
    server: ModelServer, backend: LocalBackend, case: str
) -> None:
    payloads, titles, status = STORED[case]
    server.say(*payloads)
    server.say(delta(content=f"Done {HALF}"), delta(content="\udf89"), delta("stop"))
    events = await say(backend, "add it")
    last = final(events)
    assert isinstance(last, TurnFinished)
    assert last.response.strip() == "Done 🎉"
    assert [each.status for each in results(events)] == [status]
    assert [task.title for task in (await backend.tasks()).items] == titles
    first = events[0]
    again = final(await say(backend, "thanks", conversation=getattr(first, "conversation_id", None)))
    assert isinstance(again, TurnFinished)
