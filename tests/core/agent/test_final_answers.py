"""Turns whose model falls silent, or goes round in circles, after its tools have run."""

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from kirotodo.core.domain.task import TaskFilter
from kirotodo.core.events import TurnFailed, TurnFinished
from kirotodo.core.local import LocalBackend
from kirotodo.core.models.model import ModelEvent, ToolCall
from kirotodo.core.models.scripted import ScriptedModel, call
from kirotodo.core.settings import Settings
from tests.contract.harness import Clock
from tests.core.models.provider import final, results, say, shown


@pytest.fixture
def model() -> ScriptedModel:
    return ScriptedModel()


@pytest.fixture
async def backend(model: ScriptedModel, tmp_path: Path, empty_list: Path) -> AsyncIterator[LocalBackend]:
    shutil.copy(empty_list, tmp_path / "list.db")
    settings = Settings(
        kirotodo_home=tmp_path, database_url=f"sqlite+aiosqlite:///{tmp_path / 'list.db'}", timezone="UTC"
    )
    backend = await LocalBackend.open(settings, clock=Clock(), model=model)
    await backend.add_from_text("Call mom")
    try:
        yield backend
        model.assert_done()
    finally:
        await backend.aclose()


async def titles(backend: LocalBackend) -> list[str]:
    return [task.title for task in (await backend.tasks(TaskFilter(status="pending"))).items]


MILK = call("add_task", title="milk", due="tomorrow")
SILENT: list[tuple[list[list[ModelEvent]], str]] = [
    ([[MILK]], "Added #2 milk — Tue 24 Nov."),
    ([[MILK, call("add_task", title="eggs")]], "Added #2 milk — Tue 24 Nov.\n\nAdded #3 eggs."),
    ([[call("list_tasks", search="mom")], [call("complete_task", task_id=1)]], "Marked as done: #1 Call mom."),
    ([[call("update_task", task_id=1, title="Call dad")]], "Updated #1 Call dad."),
    ([[call("delete_task", task_id=1)]], "Deleted #1 Call mom."),
    ([[call("undo")]], "Undid changes to 1 task."),
    ([[call("list_tasks")]], "Found 1 task:\n- #1 Call mom"),
    ([[call("list_tasks", search="zebra")]], "Found no tasks."),
    ([[call("get_task", task_id=1)]], "#1 Call mom."),
    ([[call("task_stats")]], "1 open, 0 overdue, 0 due today."),
    ([[MILK, call("complete_task", task_id=7)]], "Added #2 milk — Tue 24 Nov.\n\nNot done: There is no task 7."),
]


@pytest.mark.parametrize(("steps", "answer"), SILENT)
@pytest.mark.parametrize("silence", [[], [" \n"]], ids=["nothing", "blanks"])
async def test_silence_after_a_tool_that_worked_ends_the_turn_in_our_words(
    backend: LocalBackend, model: ScriptedModel, steps: list[list[ModelEvent]], answer: str, silence: list[str]
) -> None:
    model.extend(*steps, silence)
    events = await say(backend, "please")
    last = final(events)
    assert isinstance(last, TurnFinished)
    assert last.response.strip() == shown(events).strip() == answer


async def test_what_was_said_before_the_tool_stays(backend: LocalBackend, model: ScriptedModel) -> None:
    model.extend(["I add it.", MILK], [])
    last = final(await say(backend, "add milk"))
    assert isinstance(last, TurnFinished)
    assert last.response == "I add it.\n\nAdded #2 milk — Tue 24 Nov."


async def test_a_model_that_says_nothing_is_asked_once_more(backend: LocalBackend, model: ScriptedModel) -> None:
    model.extend(["\n"], ["Hello."])
    last = final(await say(backend, "hi"))
    assert isinstance(last, TurnFinished)
    assert last.response.strip() == "Hello."


async def test_one_that_says_nothing_twice_is_told_honestly(backend: LocalBackend, model: ScriptedModel) -> None:
    model.extend([], [])
    last = final(await say(backend, "hi"))
    assert isinstance(last, TurnFailed)
    assert "gave no answer, though it was asked twice" in last.message


async def test_silence_after_a_tool_that_failed_tells_what_failed(backend: LocalBackend, model: ScriptedModel) -> None:
    model.extend([call("complete_task", task_id=7)], [], [])
    last = final(await say(backend, "done with 7"))
    assert isinstance(last, TurnFinished)
    assert last.response.strip() == "Not done: There is no task 7."


async def test_the_same_call_in_a_later_step_is_not_carried_out_again(
    backend: LocalBackend, model: ScriptedModel
) -> None:
    again = call("add_task", title="milk", due="tomorrow", notes="")
    model.extend([MILK], [again], ["Added."])
    events = await say(backend, "add milk")
    first, second = results(events)
    assert await titles(backend) == ["milk", "Call mom"]
    assert second.status == "succeeded"
    assert (second.result["status"], second.result["task_id"]) == ("already_done", first.result["task_id"])
    assert not second.undoable


async def test_equal_calls_of_one_step_are_all_meant(backend: LocalBackend, model: ScriptedModel) -> None:
    model.extend([MILK, MILK], ["Added twice."])
    await say(backend, "add milk twice")
    assert (await titles(backend)).count("milk") == 2


async def test_a_changed_list_is_looked_at_again(backend: LocalBackend, model: ScriptedModel) -> None:
    look = call("list_tasks")
    model.extend([look], [MILK], [look], [look], ["So it is."])
    totals = [each.result.get("total") for each in results(await say(backend, "add milk, what is there?"))]
    assert totals == [1, None, 2, None]


CIRCLES: list[tuple[ToolCall, int, str]] = [
    (MILK, 2, "Added #2 milk — Tue 24 Nov."),
    (call("complete_task", task_id=7), 1, "Not done: There is no task 7."),
    (call("list_tasks"), 1, "Found 1 task:\n- #1 Call mom"),
]


@pytest.mark.parametrize(("repeated", "left", "answer"), CIRCLES)
async def test_a_model_that_goes_in_circles_is_stopped_with_an_honest_line(
    backend: LocalBackend, model: ScriptedModel, repeated: ToolCall, left: int, answer: str
) -> None:
    model.extend(*[[repeated]] * 4)
    last = final(await say(backend, "go"))
    assert isinstance(last, TurnFinished)
    assert last.response.strip() == f"{answer}\n\nThe model kept repeating the same call and was stopped."
    assert len(await titles(backend)) == left
