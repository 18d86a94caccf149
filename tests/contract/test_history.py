"""The history of a list through the port: who changed what, the list as it was, and undo out of order."""

from datetime import date

import pytest

from kirotodo.core.backend import Backend
from kirotodo.core.domain.history import ChangeSelection
from kirotodo.core.domain.task import TaskDraft, TaskFilter
from kirotodo.core.errors import InvalidInput, NotFound, NotUndoable
from kirotodo.core.models.scripted import ScriptedModel, call
from tests.contract.harness import BackendHarness, say, until_final, until_parked


async def test_the_history_says_who_changed_what(
    harness: BackendHarness, backend: Backend, model: ScriptedModel
) -> None:
    await backend.add_from_text("milk")
    harness.clock.advance(days=1)
    model.extend([call("update_task", task_id=1, title="oat milk")], ["Renamed."])
    await say(backend, "make it oat milk")
    await backend.import_tasks([TaskDraft(title="bread")])
    await backend.undo()
    page = await backend.history()
    assert [(entry.deed, entry.task_id, entry.by.kind) for entry in page.items] == [
        ("deleted", 2, "you" if harness.link == "online" else "unknown"),
        ("added", 2, "import"),
        ("changed", 1, "model"),
        ("added", 1, "you" if harness.link == "online" else "unknown"),
    ]
    (renamed,) = (await backend.history(task_id=1, by="assistant")).items
    assert renamed.before is not None
    assert renamed.after is not None
    assert (renamed.by.name, renamed.before.title, renamed.after.title) == ("scripted", "milk", "oat milk")
    assert [entry.task_id for entry in (await backend.history(until="yesterday")).items] == [1]
    assert len((await backend.history(since="today")).items) == 3
    first = await backend.history(limit=3)
    assert [entry.id for entry in (await backend.history(limit=3, cursor=first.next)).items] == [1]


async def test_the_list_is_shown_as_it_was(harness: BackendHarness, backend: Backend) -> None:
    await backend.add_from_text("milk tomorrow #shop")
    await backend.add_from_text("bread")
    harness.clock.advance(days=1)
    await backend.complete_tasks([1])
    await backend.delete_tasks([2])
    await backend.add_from_text("tea #shop")
    page = await backend.tasks_as_of("yesterday")
    assert [task.title for task in page.items] == ["milk", "bread"]
    assert page.as_of.date() == date(2026, 11, 23)
    assert [task.title for task in (await backend.tasks_as_of("yesterday", TaskFilter(tag="shop"))).items] == ["milk"]
    assert (await backend.tasks_as_of("yesterday", TaskFilter(due="today"))).items == ()
    first = await backend.tasks_as_of("yesterday", limit=1)
    assert first.total == 2
    assert [task.title for task in (await backend.tasks_as_of("yesterday", cursor=first.next)).items] == ["bread"]
    assert [task.title for task in (await backend.tasks()).items] == ["tea"], "nothing was changed by looking back"
    for words in ("tomorrow", "the wombat"):
        with pytest.raises(InvalidInput):
            await backend.tasks_as_of(words)


async def test_one_change_is_undone_out_of_order_and_later_ones_stay(
    harness: BackendHarness, backend: Backend, model: ScriptedModel
) -> None:
    await backend.add_from_text("dentist")
    model.extend([call("update_task", task_id=1, due="friday", priority="high")], ["Done."])
    await say(backend, "dentist on friday, high")
    await backend.update_tasks([1], {"priority": "low"})
    await backend.add_from_text("tea")
    (entry,) = (await backend.history(by="assistant")).items
    changed = await backend.undo_changes(ChangeSelection(change_id=entry.id))
    (task,) = changed.tasks
    assert (task.due_date, task.priority) == (None, "low")
    (left,) = changed.skipped
    assert left.startswith("The priority of task 1 “dentist” changed since")
    with pytest.raises(NotUndoable):
        await backend.undo_changes(ChangeSelection(change_id=entry.id))
    with pytest.raises(NotFound):
        await backend.undo_changes(ChangeSelection(turn_id="none"))
    with pytest.raises(InvalidInput):
        await backend.undo_changes(ChangeSelection(by="assistant"))
    assert [task.title for task in (await backend.tasks()).items] == ["dentist", "tea"]


async def test_an_hour_is_undone_and_what_came_before_stays(harness: BackendHarness, backend: Backend) -> None:
    await backend.add_from_text("milk")
    harness.clock.advance(hours=5)
    await backend.add_from_text("bread")
    await backend.update_tasks([1], {"title": "oat milk"})
    changed = await backend.undo_changes(ChangeSelection(since="1h"))
    assert changed.removed == (2,)
    assert [task.title for task in (await backend.tasks()).items] == ["milk"]


async def test_a_completion_is_undone_with_the_next_occurrence_that_it_made(backend: Backend) -> None:
    await backend.add_from_text("water the plants every day")
    await backend.complete_tasks([1])
    await backend.add_from_text("tea")
    entry = next(entry for entry in (await backend.history()).items if entry.deed == "completed")
    changed = await backend.undo_changes(ChangeSelection(change_id=entry.id))
    assert changed.removed == (2,)
    assert [task.id for task in (await backend.tasks()).items] == [1, 3]


async def test_a_model_reads_the_history(harness: BackendHarness, backend: Backend, model: ScriptedModel) -> None:
    await backend.add_from_text("milk")
    harness.clock.advance(days=1)
    model.extend([call("update_task", task_id=1, title="oat milk")], ["Renamed."])
    await say(backend, "make it oat milk")
    model.extend([call("list_changes", when="today", by="assistant")], ["That."])
    sent, _ = await say(backend, "what did you do today?")
    (read,) = (await backend.turn(sent.turn_id)).tool_calls
    assert read.result == {
        "changes": [
            {
                "id": 2,
                "at": "Tue 24 Nov, 10:30",
                "by": "model scripted",
                "change": "Changed 1 oat milk: title “milk” → “oat milk”",
            }
        ],
        "more": False,
    }


async def test_a_model_asks_before_it_undoes_what_was_done_in_a_time_and_undoes_just_that(
    harness: BackendHarness, backend: Backend, model: ScriptedModel
) -> None:
    await backend.add_from_text("milk")
    harness.clock.advance(hours=20)
    for title in ("bread", "tea"):
        model.extend([call("add_task", title=title)], ["Added."])
        await say(backend, f"add {title}")
    await backend.add_from_text("eggs")
    model.extend([call("undo", since="1 hour", by="assistant")], ["Undone."])
    sent = await backend.send("undo what you did in the last hour")
    asked = await until_parked(backend, sent)
    assert asked.approval.question == "Take back 2 changes?"
    assert {task.title for task in asked.approval.tasks} == {"bread", "tea"}
    harness.clock.advance(minutes=59, seconds=59)
    await backend.answer(sent.turn_id, asked.approval.call_id, "yes")
    await until_final(backend, sent)
    assert [task.title for task in (await backend.tasks()).items] == ["milk", "eggs"]
