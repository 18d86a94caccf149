"""plan and move_tasks: a proposal, a question that names each move, and one undo."""

from datetime import date

import pytest

from kirotodo.core.domain.task import TaskDraft
from kirotodo.core.errors import Conflict
from tests.core.tools.tool_harness import ToolHarness

MOVES = [
    {"task_id": 1, "due_date": "2026-11-20", "to": "2026-11-30"},
    {"task_id": 2, "due_date": "2026-11-20", "to": "2026-12-01"},
]


@pytest.fixture
async def late(tools: ToolHarness) -> ToolHarness:
    for title in ("tax", "photos"):
        async with tools.database.begin("ann") as store:
            await store.tasks.add(TaskDraft(title=title, due_date=date(2026, 11, 20)))
    return tools


async def test_a_plan_has_reasons(late: ToolHarness) -> None:
    plan = await late.call("plan")
    assert [(task["title"], task["why"]) for task in plan["tasks"]] == [
        ("tax", "overdue by 3 days"),
        ("photos", "overdue by 3 days"),
    ]


async def test_a_proposal_can_be_carried_out_as_it_is_and_always_asks(late: ToolHarness) -> None:
    proposal = await late.call("plan", period="spread", per_day=1)
    assert proposal["moves"] == MOVES
    question = await late.approval("move_tasks", moves=proposal["moves"])
    assert question is not None
    assert question.text == "Move 2 tasks (#1 to Mon 30 Nov, #2 to Tue 1 Dec)?"
    assert question.arguments == {"task_ids": [1, 2], "moves": MOVES}
    assert await late.approval("move_tasks", moves=MOVES[:1]) is not None
    late.turn += 1
    moved = await late.call("move_tasks", **question.arguments)
    assert (moved["status"], moved["task_ids"]) == ("moved", [1, 2])
    assert [task.due_date for task in await late.tasks()] == [date(2026, 11, 30), date(2026, 12, 1)]
    late.turn += 1
    await late.call("undo")
    assert [task.due_date for task in await late.tasks()] == [date(2026, 11, 20)] * 2


async def test_the_user_may_choose_and_change_moves(late: ToolHarness) -> None:
    edited = [{**MOVES[0], "to": "2026-12-04"}, MOVES[1]]
    await late.call("move_tasks", moves=edited, task_ids=[1])
    assert [task.due_date for task in await late.tasks()] == [date(2026, 12, 4), date(2026, 11, 20)]


async def test_what_changed_since_is_not_moved(late: ToolHarness) -> None:
    await late.call("update_task", task_id=2, due="tomorrow")
    with pytest.raises(Conflict, match="has changed meanwhile"):
        await late.call("move_tasks", moves=MOVES)
    assert (await late.task(1)).due_date == date(2026, 11, 20)


async def test_steps_begin_anew_with_the_occurrence_that_is_next(late: ToolHarness) -> None:
    await late.call("add_task", title="gym", due="2026-11-27", recurrence="every friday")
    async with late.database.begin("ann") as store:
        step = await store.tasks.add(TaskDraft(title="pack", parent_id=3, due_date=date(2026, 11, 26)))
    await late.call("complete_task", task_id=step.id)
    late.turn += 1
    await late.call("update_task", task_id=3, skip="once")
    packed = await late.task(step.id)
    assert (packed.completed, packed.due_date) == (False, date(2026, 12, 3))
    late.turn += 1
    await late.call("undo")
    packed = await late.task(step.id)
    assert (packed.completed, packed.due_date) == (True, date(2026, 11, 26))


async def test_skipping_is_a_change_of_its_own(late: ToolHarness) -> None:
    await late.call("add_task", title="gym", due="2026-11-27", recurrence="every friday")
    skipped = await late.call("update_task", task_id=3, skip="once")
    assert (skipped["status"], skipped["tasks"][0]["due"]) == ("skipped", "Fri 4 Dec")
    ahead = await late.call("update_task", task_id=3, skip="on 18 december")
    assert ahead["tasks"][0]["due"] == "Fri 4 Dec"
    assert ahead["tasks"][0]["repeats"] == "every Friday, except 18 Dec 2026"
    assert ahead["tasks"][0]["before"]["repeats"] == "every Friday"
    several = await late.call("update_task", task_id=3, skip="next 2")
    assert several["tasks"][0]["due"] == "Fri 25 Dec"
    away = await late.call("update_task", task_id=3, skip="2026-12-27")
    assert away["tasks"][0]["due"] == "Fri 1 Jan 2027"
    for number in range(6):
        await late.call("add_task", title=f"habit {number}", recurrence="every day")
    late.turn += 1
    question = await late.approval("update_task", task_ids=[3, 4, 5, 6, 7, 8], skip="2026-12-31")
    assert question is not None
    assert question.arguments == {"task_ids": [3, 4, 5, 6, 7, 8], "skip": "2026-12-31"}
