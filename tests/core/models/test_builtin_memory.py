"""What the built-in model keeps of a conversation is stored with its turns: it outlives the process and stays small."""

import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from kirotodo.core.agent.prompt import HISTORY_TOKENS, tokens
from kirotodo.core.domain.task import TaskFilter
from kirotodo.core.language.context import Call, DialogueState
from kirotodo.core.local import LocalBackend
from kirotodo.core.models.builtin.memory import done_by, state_of, turns_of
from kirotodo.core.models.builtin.model import BuiltinModel
from kirotodo.core.models.model import AssistantStep, ToolCallRequest, ToolOutcome, UserText
from kirotodo.core.settings import Settings
from tests.contract.harness import Clock
from tests.core.models.dialogue import Dialogue
from tests.lists import list_at


@asynccontextmanager
async def opened(folder: Path) -> AsyncIterator[LocalBackend]:
    settings = Settings(kirotodo_home=folder, timezone="UTC", database_url=list_at(folder / "list.db"))
    backend = await LocalBackend.open(settings, clock=Clock(), model=BuiltinModel())
    try:
        yield backend
    finally:
        await backend.aclose()


async def say(folder: Path, text: str, conversation_id: int | None = None) -> int:
    """One turn in a process of its own; its conversation."""
    async with opened(folder) as backend:
        sent = await backend.send(text, conversation_id=conversation_id)
        async for _ in backend.watch(sent.turn_id):
            pass
        return sent.conversation_id


async def titles(folder: Path) -> list[str]:
    async with opened(folder) as backend:
        return [task.title for task in (await backend.tasks(TaskFilter(sort="created"))).items]


async def hold(folder: Path, texts: Sequence[str]) -> None:
    conversation_id: int | None = None
    for text in texts:
        conversation_id = await say(folder, text, conversation_id)


async def test_an_answer_in_another_process_is_to_the_question_that_was_asked(tmp_path: Path) -> None:
    await hold(tmp_path, ["add team meeting", "add board meeting", "delete the meeting", "the second one"])
    assert await titles(tmp_path) == ["team meeting"]


async def test_a_turn_that_called_no_tool_is_remembered_too(tmp_path: Path) -> None:
    await hold(tmp_path, ["add a task", "buy stamps"])
    assert await titles(tmp_path) == ["buy stamps"]


async def test_what_is_kept_of_a_turn_is_small_however_much_it_did(talk: Dialogue) -> None:
    for text in ("\n".join(f"- chore number {number} with a long title" for number in range(150)), "show my tasks"):
        await talk.say(text)
        await talk.say("mark everything as done")
        kept = [item.opaque.data for item in talk.history if isinstance(item, AssistantStep) and item.opaque]
        assert tokens(json.dumps(kept[-1])) < HISTORY_TOKENS / 4
        assert "chore number" not in json.dumps(kept[-1])


def turn_of_another_model(*calls: tuple[str, dict[str, object], dict[str, object]]) -> list[object]:
    requests = tuple(
        ToolCallRequest(call_id=f"0.{place}", tool=tool, arguments=arguments)
        for place, (tool, arguments, _) in enumerate(calls)
    )
    outcomes = [
        ToolOutcome(call_id=f"0.{place}", tool=tool, status="succeeded", result=result)
        for place, (tool, _, result) in enumerate(calls)
    ]
    return [UserText(text="?"), AssistantStep(text="", calls=requests), *outcomes, AssistantStep(text="Done.")]


def test_of_a_turn_that_another_model_answered_its_calls_say_what_was_done() -> None:
    history = turn_of_another_model(
        ("list_tasks", {}, {"tasks": [{"id": 7}]}),
        ("add_task", {"title": "milk", "project": "shop"}, {"task_id": 3}),
        ("add_task", {"title": "bread", "project": "shop"}, {"task_id": 4}),
    )
    state = state_of(turns_of(history))  # type: ignore[arg-type]
    assert state == DialogueState(
        done=(Call(tool="add_task", arguments={"project": "shop"}, task_ids=(3, 4)),), about=(3, 4)
    )


def test_what_failed_or_was_refused_was_not_done() -> None:
    call = ToolCallRequest(call_id="0.0", tool="delete_task", arguments={"task_id": 3})
    for status in ("failed", "denied", "cancelled"):
        outcome = ToolOutcome(call_id="0.0", tool="delete_task", status=status, result={})
        assert done_by([(call, outcome)]) == ()
