"""Tool calls of other programs, over every backend: once, with the same questions as in a turn, and undone alike."""

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest

from kirotodo.core.backend import Backend, ToolAnswer, ToolOutcome
from kirotodo.core.domain.task import TaskDraft, TaskFilter
from kirotodo.core.errors import Conflict, KeyReused
from kirotodo.core.events import TurnFinished
from kirotodo.core.models.scripted import ScriptedModel, call


async def _add(backend: Backend, *titles: str) -> None:
    await backend.import_tasks([TaskDraft(title=title) for title in titles])


async def _titles(backend: Backend) -> list[str]:
    return [task.title for task in (await backend.tasks(TaskFilter(sort="created"))).items]


async def _call(backend: Backend, tool: str, **arguments: Any) -> ToolOutcome:
    return await backend.call_tool(tool, arguments, agent="claude")


async def test_the_tools_are_those_of_a_turn_and_say(backend: Backend) -> None:
    scopes = {info.name: info.changes for info in await backend.tools()}
    assert scopes["list_tasks"] == "read"
    assert scopes["add_task"] == "add"
    assert scopes["delete_task"] == scopes["undo"] == scopes["say"] == "all"


async def test_a_tool_does_what_it_does_in_a_turn(backend: Backend) -> None:
    outcome = await _call(backend, "add_task", title="Milk", due="tomorrow at 5pm")
    assert (outcome.status, outcome.result["status"]) == ("succeeded", "created")
    listed = await _call(backend, "list_tasks")
    assert [task["title"] for task in listed.result["tasks"]] == ["Milk"]
    undone = await _call(backend, "undo")
    assert undone.result["status"] == "undone"
    assert await _titles(backend) == []


async def test_the_same_call_again_is_answered_from_its_receipt(backend: Backend) -> None:
    first = await _call(backend, "add_task", title="Milk")
    again = await _call(backend, "add_task", title="Milk", notes="")
    assert (first.repeated, again.repeated) == (False, True)
    assert again.result == first.result
    assert await _titles(backend) == ["Milk"]


async def test_equal_calls_at_once_have_one_effect(backend: Backend) -> None:
    outcomes = await asyncio.gather(*(_call(backend, "add_task", title="Milk") for _ in range(5)))
    assert len({outcome.result["task_id"] for outcome in outcomes}) == 1
    assert await _titles(backend) == ["Milk"]


async def test_the_same_call_counts_anew_once_its_effect_is_gone(backend: Backend) -> None:
    await _call(backend, "add_task", title="Milk")
    await _call(backend, "undo")
    assert (await _call(backend, "add_task", title="Milk")).repeated is False
    assert await _titles(backend) == ["Milk"]
    for completed in (True, False, True):
        await _call(backend, "complete_task", task_id=2, completed=completed)
    assert await _titles(backend) == []


async def test_another_agent_and_another_key_are_other_calls(backend: Backend) -> None:
    await backend.call_tool("add_task", {"title": "Milk"}, agent="claude")
    await backend.call_tool("add_task", {"title": "Milk"}, agent="phone")
    await backend.call_tool("add_task", {"title": "Milk"}, agent="phone", request_key="k1")
    repeated = await backend.call_tool("add_task", {"title": "Milk"}, agent="phone", request_key="k1")
    assert repeated.repeated
    assert await _titles(backend) == ["Milk"] * 3
    with pytest.raises(KeyReused):
        await backend.call_tool("add_task", {"title": "Bread"}, agent="phone", request_key="k1")


@pytest.mark.parametrize(
    ("tool", "arguments"),
    [
        ("delete_task", {"task_ids": [1, 2]}),
        ("update_task", {"task_ids": [1, 2, 3, 4, 5, 6], "priority": "high"}),
        ("complete_task", {"task_ids": [1, 2, 3, 4, 5, 6]}),
        ("undo", {"turns": 2}),
    ],
)
async def test_what_a_turn_asks_about_is_asked_about(backend: Backend, tool: str, arguments: Mapping[str, Any]) -> None:
    await _add(backend, *(f"Wine {number}" for number in range(1, 7)))
    before = await _titles(backend)
    asked = await backend.call_tool(tool, arguments)
    assert asked.status == "needs_approval"
    assert asked.approval is not None
    assert await _titles(backend) == before
    denied = await backend.call_tool(tool, arguments, answer=ToolAnswer(id=asked.approval.id, decision="no"))
    assert denied.status == "denied"
    assert await _titles(backend) == before
    late = await backend.call_tool(tool, arguments, answer=ToolAnswer(id=asked.approval.id, decision="yes"))
    assert late.status == "denied", "an answer is given once"


async def test_a_yes_is_bound_to_the_tasks_of_the_question_and_counts_once(backend: Backend) -> None:
    await _add(backend, "Milk", "Bread", "Eggs")
    asked = await _call(backend, "delete_task", task_ids=[1, 2])
    assert asked.approval is not None
    assert [task.title for task in asked.approval.tasks] == ["Milk", "Bread"]
    yes = ToolAnswer(id=asked.approval.id, decision="yes")
    with pytest.raises(Conflict):
        await backend.call_tool("delete_task", {"task_ids": [1, 3]}, answer=yes, agent="claude")
    with pytest.raises(Conflict):
        await backend.call_tool("delete_task", {"task_ids": [1, 2]}, answer=yes, agent="another")
    forged = ToolAnswer(id="x" * 32, decision="yes")
    with pytest.raises(Conflict):
        await backend.call_tool("delete_task", {"task_ids": [1, 2]}, answer=forged, agent="claude")
    assert sorted(await _titles(backend)) == ["Bread", "Eggs", "Milk"]
    done = await backend.call_tool("delete_task", {"task_ids": [1, 2]}, answer=yes, agent="claude")
    assert done.status == "succeeded"
    assert await _titles(backend) == ["Eggs"]
    await backend.undo()
    replayed = await backend.call_tool("delete_task", {"task_ids": [1, 2]}, answer=yes, agent="claude")
    assert replayed.result == done.result
    assert sorted(await _titles(backend)) == ["Bread", "Eggs", "Milk"], "an old yes deletes nothing"


async def test_many_small_calls_do_not_slip_past_the_question(backend: Backend) -> None:
    await _add(backend, "Milk", "Bread", "Eggs")
    assert (await _call(backend, "delete_task", task_id=1)).status == "succeeded"
    second = await _call(backend, "delete_task", task_id=2)
    assert second.status == "needs_approval"
    assert second.approval is not None
    assert second.approval.question == "Delete 1 more task?"


async def test_what_an_agent_added_itself_it_may_delete(backend: Backend) -> None:
    for title in ("Milk", "Bread"):
        await _call(backend, "add_task", title=title)
    for task_id in (1, 2):
        assert (await _call(backend, "delete_task", task_id=task_id)).status == "succeeded"


@pytest.mark.parametrize(
    ("tool", "arguments", "words"),
    [
        ("add_task", {}, "needs `title`"),
        ("add_task", {"title": "Milk", "user_id": "2"}, "no argument"),
        ("delete_task", {"task_id": 99}, "no task"),
        ("fly", {}, "no tool"),
        ("say", {"text": 7}, "say takes"),
    ],
)
async def test_a_wrong_call_fails_in_words(
    backend: Backend, tool: str, arguments: Mapping[str, Any], words: str
) -> None:
    outcome = await backend.call_tool(tool, arguments)
    assert outcome.status == "failed"
    assert words.casefold() in outcome.result["error"].casefold()


@pytest.mark.parametrize("key", [None, "k1"])
async def test_say_begins_one_turn_however_often_it_comes(
    backend: Backend, model: ScriptedModel, key: str | None
) -> None:
    model.extend([call("add_task", title="Milk")], ["Added."])
    first = await backend.call_tool("say", {"text": "add milk"}, request_key=key, agent="claude")
    again = await backend.call_tool("say", {"text": "add milk"}, request_key=key, agent="claude")
    assert first.result == again.result
    assert again.repeated
    async for event in backend.watch(first.result["turn_id"]):
        last = event
    assert isinstance(last, TurnFinished)
    assert await _titles(backend) == ["Milk"]
