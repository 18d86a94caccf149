"""complete_task, delete_task and undo: sets rather than toggles, one next occurrence, everything can be put back."""

from datetime import date, time

import pytest

from kirotodo.core.domain.task import TaskDraft, TaskFilter
from kirotodo.core.errors import InvalidInput, NotFound, NotUndoable
from tests.core.tools.tool_harness import ToolHarness

EVERY = TaskFilter(status="all")


async def test_completing_sets_and_never_toggles(tools: ToolHarness) -> None:
    await tools.call("add_task", title="x")
    first = await tools.call("complete_task", task_id=1)
    assert (first["status"], first["title"], first["changed"]) == ("completed", "x", 1)
    done_at = (await tools.task(1)).completed_at
    again = await tools.call("complete_task", task_id=1)
    assert (again["status"], again["changed"]) == ("completed", 0)
    assert (await tools.task(1)).completed_at == done_at
    await tools.call("complete_task", task_id=1, completed=False)
    assert not (await tools.task(1)).completed


async def test_a_repeating_task_leaves_exactly_one_next_occurrence(tools: ToolHarness) -> None:
    await tools.call(
        "add_task",
        title="water",
        notes="all of them",
        due="2026-11-06",
        time="09:00",
        recurrence="FREQ=WEEKLY;BYDAY=FR",
        project="home",
        tags=["plants"],
        priority="low",
        remind="1 hour before",
    )
    result = await tools.call("complete_task", task_id=1)
    (following,) = result["next"]
    assert (following["id"], following["due"]) == (2, "Fri 27 Nov, 09:00")
    first, second = await tools.tasks(EVERY)
    assert second.previous_id == first.id
    assert (second.due_date, second.due_time) == (date(2026, 11, 27), time(9))
    for field in ("title", "notes", "project", "tags", "priority", "recurrence"):
        assert getattr(second, field) == getattr(first, field)
    assert second.remind_at is not None
    assert second.remind_at.isoformat() == "2026-11-27T07:00:00+00:00"


async def dues(tools: ToolHarness, times: int) -> list[str]:
    """Complete the newest task so many times; when each next one is due."""
    described = []
    for _ in range(times):
        *_, newest = await tools.tasks(EVERY)
        result = await tools.call("complete_task", task_id=newest.id)
        described.append(result["next"][0]["due"])
    return described


async def test_the_day_of_the_month_outlives_short_months_edits_and_undo(tools: ToolHarness) -> None:
    await tools.call("add_task", title="invoice", due="2027-01-31", recurrence="monthly")
    assert await dues(tools, 1) == ["Sun 28 Feb 2027"]
    tools.turn += 1
    await tools.call("update_task", task_id=2, title="bill", tags=["money"], due="tomorrow")
    tools.turn += 1
    await tools.call("undo")
    assert (await tools.task(2)).due_date == date(2027, 2, 28)
    await tools.call("update_task", task_id=2, due="2027-02-27")
    assert await dues(tools, 3) == ["Sun 28 Feb 2027", "Wed 31 Mar 2027", "Fri 30 Apr 2027"]


async def test_the_day_of_the_month_counts_in_rows_of_old(tools: ToolHarness) -> None:
    """Rows that were stored before the rule held the day, the last one of them already on a short month's end."""
    for rule in ("FREQ=MONTHLY", "FREQ=MONTHLY;BYMONTHDAY=31"):
        draft = TaskDraft(title="rent", due_date=date(2027, 1, 31), recurrence=rule)
        async with tools.database.begin("ann") as store:
            await store.tasks.add(draft)
        assert await dues(tools, 3) == ["Sun 28 Feb 2027", "Wed 31 Mar 2027", "Fri 30 Apr 2027"]


async def test_a_rule_of_hours_has_a_time_and_advances(tools: ToolHarness) -> None:
    first = await tools.call("add_task", title="pills", recurrence="every 8 hours")
    assert first["due"] == "Mon 23 Nov, 18:30"
    assert await dues(tools, 2) == ["Tue 24 Nov, 02:30", "Tue 24 Nov, 10:30"]
    with pytest.raises(InvalidInput, match="needs a time of day"):
        await tools.call("update_task", task_id=3, clear=["time"])


async def test_a_rule_of_hours_without_a_time_gets_one(tools: ToolHarness) -> None:
    async with tools.database.begin("ann") as store:
        await store.tasks.add(TaskDraft(title="old", due_date=date(2026, 11, 20), recurrence="FREQ=HOURLY;INTERVAL=8"))
    assert await dues(tools, 2) == ["Mon 23 Nov, 18:30", "Tue 24 Nov, 02:30"]


async def test_opening_again_takes_the_next_occurrence_away(tools: ToolHarness) -> None:
    await tools.call("add_task", title="water", recurrence="FREQ=DAILY")
    await tools.call("complete_task", task_id=1)
    await tools.call("complete_task", task_id=1, completed=False)
    assert [task.id for task in await tools.tasks()] == [1]
    await tools.call("complete_task", task_id=1)
    assert len(await tools.tasks()) == 1


async def test_an_occurrence_that_was_changed_stays_and_is_not_doubled(tools: ToolHarness) -> None:
    await tools.call("add_task", title="water", recurrence="FREQ=DAILY")
    await tools.call("complete_task", task_id=1)
    await tools.call("update_task", task_id=2, title="water twice")
    await tools.call("complete_task", task_id=1, completed=False)
    await tools.call("complete_task", task_id=1)
    assert [(task.id, task.title) for task in await tools.tasks()] == [(2, "water twice")]


async def test_an_occurrence_that_was_done_is_not_made_again(tools: ToolHarness) -> None:
    await tools.call("add_task", title="water", recurrence="FREQ=DAILY")
    await tools.call("complete_task", task_id=1)
    await tools.call("complete_task", task_id=2)
    await tools.call("complete_task", task_id=1, completed=False)
    await tools.call("complete_task", task_id=1)
    assert [task.id for task in await tools.tasks()] == [3]


async def test_deleting_names_what_went(tools: ToolHarness) -> None:
    await tools.call("add_task", title="team meeting", due="2026-11-27", time="09:00")
    result = await tools.call("delete_task", task_id=1)
    assert (result["status"], result["task_id"], result["title"]) == ("deleted", 1, "team meeting")
    assert result["tasks"][0]["due"] == "Fri 27 Nov, 09:00"
    with pytest.raises(NotFound, match=r"There is no task 1\."):
        await tools.call("delete_task", task_id=1)


@pytest.mark.parametrize(
    ("tool", "more", "free", "question"),
    [
        ("delete_task", {}, 1, "Delete 2 tasks?"),
        ("complete_task", {}, 5, "Mark 6 tasks as done?"),
        ("complete_task", {"completed": False}, 5, "Open 6 tasks again?"),
        ("update_task", {"priority": "high", "clear": ["due"]}, 5, "Change 6 tasks?"),
    ],
)
async def test_many_at_once_need_a_yes_bound_to_their_ids(
    tools: ToolHarness, tool: str, more: dict[str, object], free: int, question: str
) -> None:
    for number in range(free + 1):
        await tools.call("add_task", title=f"task {number}")
    ids = list(range(1, free + 2))
    assert await tools.approval(tool, task_ids=ids[:free], **more) is None
    needed = await tools.approval(tool, task_ids=ids, **more)
    assert needed is not None
    assert needed.text == question
    assert needed.arguments == {"task_ids": ids, **more}
    assert [task.id for task in needed.tasks] == ids
    result = await tools.call(tool, **needed.arguments)
    assert result["task_ids"] == ids


async def test_a_yes_is_not_asked_for_unknown_tasks(tools: ToolHarness) -> None:
    assert await tools.approval("delete_task", task_ids=[1, 2]) is None
    with pytest.raises(NotFound):
        await tools.call("delete_task", task_ids=[1, 2])


async def test_undo_puts_back_the_turn_before_and_never_its_own(tools: ToolHarness) -> None:
    await tools.call("add_task", title="x")
    tools.turn = 2
    await tools.call("delete_task", task_id=1)
    tools.turn = 3
    result = await tools.call("undo")
    assert (result["status"], [task["title"] for task in result["tasks"]]) == ("undone", ["x"])
    assert [task.id for task in await tools.tasks()] == [1]
    tools.turn = 4
    redone = await tools.call("undo", redo=True)
    assert (redone["status"], redone["removed"]) == ("redone", [1])


async def test_undo_leaves_alone_what_its_own_turn_did_before(tools: ToolHarness) -> None:
    await tools.call("add_task", title="earlier")
    tools.turn = 2
    await tools.call("add_task", title="just now")
    result = await tools.call("undo")
    assert result["removed"] == [1]
    assert [task.title for task in await tools.tasks()] == ["just now"]


async def test_undo_of_nothing_is_a_sentence(tools: ToolHarness) -> None:
    with pytest.raises(NotUndoable):
        await tools.call("undo")
