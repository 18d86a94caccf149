"""Steps of a task, start dates and durations through the port, without a model."""

from collections.abc import Sequence
from datetime import date
from typing import Final

import pytest

from kirotodo.core.backend import Backend, TaskFields
from kirotodo.core.domain.conversation import Decision
from kirotodo.core.domain.task import STEPS_MAX, StepCount, TaskDraft, TaskFilter
from kirotodo.core.errors import InvalidInput, NotFound
from kirotodo.core.events import ToolCallFinished
from kirotodo.core.models.scripted import call
from tests.contract.harness import BackendHarness, say, until_final, until_parked

ALL: Final = TaskFilter(status="all")


async def dentist(backend: Backend, *steps: str, **fields: str) -> None:
    """Add task 1, with steps from 2 on."""
    await backend.add_task(TaskFields(title="dentist", **fields))  # type: ignore[typeddict-item]
    for title in steps:
        await backend.add_task(TaskFields(title=title, parent_id=1))


async def titles(backend: Backend, where: TaskFilter = ALL) -> list[str]:
    return [task.title for task in (await backend.tasks(where, limit=200)).items]


async def steps(backend: Backend, task_id: int = 1) -> list[tuple[str, bool]]:
    page = await backend.tasks(TaskFilter(parent_id=task_id, status="all"), limit=200)
    return [(step.title, step.completed) for step in page.items]


async def count(backend: Backend, task_id: int = 1) -> StepCount | None:
    return (await backend.task(task_id)).steps


async def test_steps_stand_under_their_task_in_order(backend: Backend) -> None:
    await dentist(backend, "card", "x-rays", "pay", due="friday")
    page = await backend.tasks()
    assert ([task.title for task in page.items], page.total) == (["dentist"], 1)
    assert page.items[0].steps == StepCount(done=0, total=3)
    assert await steps(backend) == [("card", False), ("x-rays", False), ("pay", False)]
    assert [(await backend.task(number)).parent_id for number in (2, 3, 4)] == [1, 1, 1]
    assert (await backend.status()).pending == 1
    await backend.complete_tasks([3])
    assert await count(backend) == StepCount(done=1, total=3)
    assert await steps(backend) == [("card", False), ("x-rays", True), ("pay", False)]
    assert await titles(backend, TaskFilter(status="completed")) == []


async def test_lists_show_steps_that_are_asked_for_or_have_a_date(backend: Backend) -> None:
    await dentist(backend, "card")
    await backend.add_task(TaskFields(title="pay", parent_id=1, due="today", tags=["money"]))
    await backend.add_task(TaskFields(title="call", parent_id=1, tags=["money"]))
    for where, wanted in (
        (TaskFilter(), ["pay", "dentist"]),
        (TaskFilter(due="today"), ["pay"]),
        (TaskFilter(due="none"), ["dentist"]),
        (TaskFilter(search="card"), ["card"]),
        (TaskFilter(tag="money"), ["pay", "call"]),
        (TaskFilter(filter="money or card"), ["pay", "card", "call"]),
        (TaskFilter(filter="-#other"), ["pay", "dentist"]),
        (ALL, ["pay", "dentist", "card", "call"]),
        (TaskFilter(status="all", steps="hide"), ["pay", "dentist"]),
        (TaskFilter(steps="show"), ["pay", "dentist", "card", "call"]),
    ):
        page = await backend.tasks(where)
        assert [task.title for task in page.items] == wanted, where
        first = await backend.tasks(where, limit=1)
        assert first.total in (len(wanted), None), where
    assert (await backend.status()).pending == 2


@pytest.mark.parametrize(
    ("moved", "fields", "order"),
    [
        ([4], TaskFields(position=1), ["c", "a", "b"]),
        ([2], TaskFields(position=2), ["b", "a", "c"]),
        ([2], TaskFields(position=9), ["b", "c", "a"]),
        ([4, 3], TaskFields(position=1), ["c", "b", "a"]),
        ([3], TaskFields(parent_id=1, position=2), ["a", "b", "c"]),
        ([3], TaskFields(parent_id=None), ["a", "c"]),
    ],
)
async def test_steps_move(backend: Backend, moved: Sequence[int], fields: TaskFields, order: list[str]) -> None:
    await dentist(backend, "a", "b", "c")
    before = await steps(backend)
    changed = await backend.update_tasks(moved, fields)
    assert [title for title, _ in await steps(backend)] == order
    if changed.changes:
        await backend.undo()
    assert await steps(backend) == before


async def test_a_step_moves_to_another_task_and_becomes_a_task(backend: Backend) -> None:
    await dentist(backend, "a", "b")
    await backend.add_task(TaskFields(title="move"))
    await backend.add_task(TaskFields(title="boxes", parent_id=4))
    await backend.update_tasks([2], TaskFields(parent_id=4, position=1))
    assert (await steps(backend), await steps(backend, 4)) == ([("b", False)], [("a", False), ("boxes", False)])
    await backend.update_tasks([2], TaskFields(parent_id=None))
    assert await titles(backend, TaskFilter()) == ["dentist", "a", "move"]
    await backend.update_tasks([2], TaskFields(parent_id=1))
    assert await steps(backend) == [("b", False), ("a", False)]
    await backend.undo(groups=3)
    assert await steps(backend) == [("a", False), ("b", False)]


async def test_what_can_be_no_step(backend: Backend) -> None:
    await dentist(backend, "card")
    await backend.add_task(TaskFields(title="other"))
    await backend.add_task(TaskFields(title="done"))
    await backend.complete_tasks([4])
    for step, parent, error, sentence in (
        (1, 1, InvalidInput, "itself"),
        (3, 2, InvalidInput, "steps have no steps"),
        (1, 3, InvalidInput, "has steps of its own"),
        (3, 4, InvalidInput, "is done. Reopen it"),
        (3, 99, NotFound, "no task 99"),
    ):
        with pytest.raises(error, match=sentence):
            await backend.update_tasks([step], TaskFields(parent_id=parent))
    for parent, error in ((2, InvalidInput), (4, InvalidInput), (99, NotFound)):
        with pytest.raises(error):
            await backend.add_task(TaskFields(title="step", parent_id=parent))
    with pytest.raises(InvalidInput, match="no place among steps"):
        await backend.update_tasks([3], TaskFields(position=1))
    await backend.delete_tasks([3])
    with pytest.raises(NotFound):
        await backend.add_task(TaskFields(title="step", parent_id=3))
    assert await titles(backend) == ["dentist", "card", "done"]


async def test_a_task_has_so_many_steps_and_no_more(backend: Backend) -> None:
    drafts = [TaskDraft(title="many"), *(TaskDraft(title=f"{n}", parent_id=1) for n in range(STEPS_MAX))]
    await backend.import_tasks(drafts)
    with pytest.raises(InvalidInput, match="at most 100 steps"):
        await backend.add_task(TaskFields(title="one more", parent_id=1))
    assert await count(backend) == StepCount(done=0, total=STEPS_MAX)


async def test_open_steps_are_completed_with_their_task_and_opened_by_one_undo(backend: Backend) -> None:
    await dentist(backend, "card", "x-rays")
    await backend.complete_tasks([2])
    before = [await backend.task(number) for number in (1, 2, 3)]
    changed = await backend.complete_tasks([1])
    assert {task.id for task in changed.tasks} == {1, 3}
    assert await count(backend) == StepCount(done=2, total=2)
    with pytest.raises(InvalidInput, match="Reopen task 1 as well"):
        await backend.complete_tasks([3], completed=False)
    undone = await backend.undo()
    assert [(task.id, task.steps) for task in undone.tasks if task.steps] == [(1, StepCount(done=1, total=2))]
    after = [await backend.task(number) for number in (1, 2, 3)]
    assert [(task.completed, task.steps) for task in after] == [(task.completed, task.steps) for task in before]


async def test_steps_come_back_open_with_the_next_occurrence(backend: Backend) -> None:
    await dentist(backend, "card", "x-rays", due="2026-11-27", recurrence="every 7 days")
    await backend.update_tasks([3], TaskFields(position=1, due="2026-11-26"))
    await backend.complete_tasks([2])
    await backend.complete_tasks([1])
    following = (await backend.tasks(TaskFilter(due_from=date(2026, 12, 4)))).items[0]
    assert (following.title, following.previous_id, following.steps) == ("dentist", 1, StepCount(done=0, total=2))
    assert await steps(backend, following.id) == [("x-rays", False), ("card", False)]
    page = await backend.tasks(TaskFilter(parent_id=following.id, status="all"))
    assert [step.due_date for step in page.items] == [date(2026, 12, 3), None]
    await backend.complete_tasks([1], completed=False)
    assert [task.id for task in (await backend.tasks(ALL)).items] == [3, 1, 2]
    await backend.undo(groups=2)
    assert await steps(backend) == [("x-rays", False), ("card", True)]
    assert [task.id for task in (await backend.tasks(ALL)).items] == [3, 1, 2]


async def test_steps_go_with_their_task_and_come_back_in_order(backend: Backend) -> None:
    await dentist(backend, "a", "b", "c")
    await backend.update_tasks([4], TaskFields(position=1))
    before = await steps(backend)
    changed = await backend.delete_tasks([1, 3])
    assert set(changed.removed) == {1, 2, 3, 4}
    assert ((await backend.tasks(ALL)).items, (await backend.status()).pending) == ((), 0)
    undone = await backend.undo()
    assert next(task.steps for task in undone.tasks if task.id == 1) == StepCount(done=0, total=3)
    assert await steps(backend) == before
    assert (await backend.status()).pending == 1


async def test_a_task_is_hidden_until_it_starts(backend: Backend) -> None:
    for title, start in (("now", "today"), ("later", "2026-11-30"), ("past", "2026-11-01")):
        await backend.add_task(TaskFields(title=title, start=start, project="work"))
    task = await backend.add_task(TaskFields(title="plan later"))
    await backend.update_tasks([task.id], TaskFields(start_date=date(2026, 12, 1), duration=90))
    for where, wanted in (
        (TaskFilter(), ["now", "past"]),
        (TaskFilter(project="work"), ["now", "past"]),
        (TaskFilter(scheduled="only"), ["later", "plan later"]),
        (TaskFilter(scheduled="show"), ["now", "later", "past", "plan later"]),
        (TaskFilter(search="later"), ["later", "plan later"]),
        (ALL, ["now", "later", "past", "plan later"]),
    ):
        page = await backend.tasks(where)
        assert [task.title for task in page.items] == wanted, where
        assert (await backend.tasks(where, limit=1)).total in (len(wanted), None), where
    assert (await backend.task(4)).duration == 90
    await backend.update_tasks([4], TaskFields(start=None, duration=None))
    plain = await backend.task(4)
    assert (plain.start_date, plain.duration) == (None, None)
    for fields in (TaskFields(start="banana"), TaskFields(duration=0), TaskFields(duration=43_201)):
        with pytest.raises(InvalidInput):
            await backend.update_tasks([4], fields)


@pytest.mark.parametrize(("decision", "done"), [("yes", 3), ("no", 1)])
async def test_the_chat_asks_before_open_steps_are_completed(
    harness: BackendHarness, decision: Decision, done: int
) -> None:
    backend = harness.backend
    await dentist(backend, "card", "x-rays", "pay")
    harness.model.extend([call("complete_task", task_id=2)], ["Done."])
    await say(backend, "card is done")
    harness.model.extend([call("complete_task", task_id=1)], ["Ready."])
    sent = await backend.send("dentist is done")
    requested = await until_parked(backend, sent)
    assert requested.approval.question == "Mark 1 task with 2 open steps as done?"
    assert [task.id for task in requested.approval.tasks] == [1]
    await backend.answer(sent.turn_id, requested.approval.call_id, decision)
    await until_final(backend, sent)
    task = await backend.task(1)
    assert (task.completed, task.steps) == (decision == "yes", StepCount(done=done, total=3))
    await backend.undo()
    assert await count(backend) == StepCount(done=1 if decision == "yes" else 0, total=3)


async def test_tools_add_list_and_move_steps(harness: BackendHarness) -> None:
    backend = harness.backend
    await dentist(backend, "card")
    harness.model.extend(
        [
            call("add_task", title="x-rays", parent_id=1, duration="1h30", start="tomorrow"),
            call("update_task", task_id=3, position=1),
            call("list_tasks", parent_id=1),
        ],
        ["Added."],
    )
    _, events = await say(backend, "add x-rays under dentist")
    results = [event.result for event in events if isinstance(event, ToolCallFinished)]
    assert [task["title"] for task in results[-1]["tasks"]] == ["x-rays", "card"]
    step = await backend.task(3)
    assert (step.parent_id, step.duration, step.start_date) == (1, 90, date(2026, 11, 24))
    harness.model.extend([call("update_task", task_id=3, clear=["parent_id", "start", "duration"])], ["Done."])
    await say(backend, "x-rays is a task of its own")
    step = await backend.task(3)
    assert (step.parent_id, step.duration, step.start_date) == (None, None, None)


async def test_a_skip_tells_of_the_steps_as_they_are_after_it(backend: Backend) -> None:
    gym = await backend.add_task(TaskFields(title="gym", due="tomorrow", recurrence="every week"))
    towel = await backend.add_task(TaskFields(title="towel", parent_id=gym.id))
    await backend.complete_tasks([towel.id])
    changed = await backend.skip_tasks([gym.id])
    (moved,) = [task for task in changed.tasks if task.id == gym.id]
    assert moved.steps == (await backend.task(gym.id)).steps
    assert moved.steps is not None
    assert moved.steps.done == 0
    await backend.undo()
    assert (await backend.task(towel.id)).completed
