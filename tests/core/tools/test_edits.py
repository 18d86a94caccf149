"""The edits without a model: what they give back, and that a line of text is read with its marks."""

from datetime import date, time, timedelta

import pytest

from kirotodo.core.backend import TaskFields
from kirotodo.core.errors import InvalidInput, NotFound
from kirotodo.core.tools.edits import (
    add_from_text,
    add_task,
    complete_tasks,
    delete_tasks,
    preview_from_text,
    update_tasks,
)
from tests.core.tools.tool_harness import ToolHarness

LINE = "Pay rent friday at 17:00 #home +bills !high"


async def test_a_line_is_read_with_its_marks(tools: ToolHarness) -> None:
    (preview,) = preview_from_text(LINE, at=tools.at())
    async with tools.database.begin("ann") as store:
        (task,) = await add_from_text(store, LINE, at=tools.at())
    for read in (preview, task):
        assert (read.title, read.due_date, read.due_time) == ("Pay rent", date(2026, 11, 27), time(17))
        assert (read.tags, read.project, read.priority) == (("home",), "bills", "high")
    assert (preview.id, task.id) == (0, 1)


async def test_a_line_that_repeats(tools: ToolHarness) -> None:
    async with tools.database.begin("ann") as store:
        (task,) = await add_from_text(store, "water plants every other friday at 9am", at=tools.at())
    assert (task.title, task.recurrence) == ("water plants", "FREQ=WEEKLY;INTERVAL=2;BYDAY=FR")
    assert (task.due_date, task.due_time) == (date(2026, 11, 27), time(9))


async def test_what_is_due_in_a_week_under_way_is_due_at_its_end(tools: ToolHarness) -> None:
    tools.now += timedelta(days=3)
    (read,) = preview_from_text("mow the lawn this week", at=tools.at())
    await tools.call("add_task", title="mow the lawn", due="this week")
    assert read.due_date == (await tools.task(1)).due_date == date(2026, 11, 29)


@pytest.mark.parametrize("text", ["", "   ", "#tag", "x" * 201])
async def test_a_line_without_a_fit_title_is_refused(tools: ToolHarness, text: str) -> None:
    with pytest.raises(InvalidInput):
        preview_from_text(text, at=tools.at())


async def test_edits_give_back_what_changed(tools: ToolHarness) -> None:
    async with tools.database.begin("ann") as store:
        first = await add_task(store, TaskFields(title="a", recurrence="every day"), at=tools.at())
        await add_task(store, TaskFields(title="b"), at=tools.at())
    async with tools.database.begin("ann") as store:
        changed = await update_tasks(store, [1, 2, 2], TaskFields(priority="low", project="p"), at=tools.at())
    assert [(task.id, task.priority, task.project) for task in changed.tasks] == [(1, "low", "p"), (2, "low", "p")]
    async with tools.database.begin("ann") as store:
        changed = await complete_tasks(store, [1], at=tools.at())
    assert [(task.id, task.completed, task.previous_id) for task in changed.tasks] == [
        (1, True, None),
        (3, False, first.id),
    ]
    async with tools.database.begin("ann") as store:
        changed = await delete_tasks(store, [2, 3], at=tools.at())
    assert set(changed.removed) == {2, 3}


async def test_nothing_to_edit_is_said(tools: ToolHarness) -> None:
    async with tools.database.begin("ann") as store:
        with pytest.raises(InvalidInput, match="at least one task"):
            await delete_tasks(store, [], at=tools.at())
        with pytest.raises(InvalidInput, match="at least one field"):
            await update_tasks(store, [1], TaskFields(), at=tools.at())
        with pytest.raises(NotFound):
            await complete_tasks(store, [1], at=tools.at())


async def test_a_rule_counts_its_occurrences_down(tools: ToolHarness) -> None:
    async with tools.database.begin("ann") as store:
        await add_task(store, TaskFields(title="a", recurrence="FREQ=DAILY;COUNT=2"), at=tools.at())
    async with tools.database.begin("ann") as store:
        changed = await complete_tasks(store, [1], at=tools.at())
        assert changed.tasks[1].recurrence == "FREQ=DAILY;COUNT=1"
    async with tools.database.begin("ann") as store:
        changed = await complete_tasks(store, [2], at=tools.at())
    assert [task.id for task in changed.tasks] == [2]
