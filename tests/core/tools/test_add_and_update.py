"""add_task and update_task: words become dates, and the result says what was understood."""

from datetime import UTC, date, datetime, time
from typing import Any

import pytest

from kirotodo.core.errors import InvalidInput, NotFound, ToolError
from tests.core.tools.tool_harness import ToolHarness


async def test_an_added_task_is_echoed_with_its_date_in_words(tools: ToolHarness) -> None:
    result = await tools.call("add_task", title=" Buy milk ", due="tomorrow at 5pm", priority="high", tags=["#home"])
    assert (result["task_id"], result["status"], result["title"]) == (1, "created", "Buy milk")
    assert result["due"] == "Tue 24 Nov, 17:00"
    task = await tools.task(1)
    assert (task.title, task.due_date, task.due_time) == ("Buy milk", date(2026, 11, 24), time(17))
    assert (task.priority, task.tags) == ("high", ("home",))


@pytest.mark.parametrize(
    ("fields", "due_date", "due_time"),
    [
        ({"due": "2026-11-27"}, date(2026, 11, 27), None),
        ({"due": "2026-11-27", "time": "17:00"}, date(2026, 11, 27), time(17)),
        ({"due": "2026-11-27T09:15"}, date(2026, 11, 27), time(9, 15)),
        ({"due": "2026-11-27T09:15:00Z"}, date(2026, 11, 27), time(10, 15)),
        ({"due": "friday", "time": "5pm"}, date(2026, 11, 27), time(17)),
        ({"time": "11:00"}, date(2026, 11, 23), time(11)),
        ({"time": "09:00"}, date(2026, 11, 24), time(9)),
        ({"due": "+2 days"}, date(2026, 11, 25), None),
        ({"due": "none"}, None, None),
        ({"recurrence": "FREQ=WEEKLY;BYDAY=FR"}, date(2026, 11, 27), None),
        ({"recurrence": "every friday", "time": "9am"}, date(2026, 11, 27), time(9)),
        ({"recurrence": "every monday at 9am"}, date(2026, 11, 30), time(9)),
        ({"recurrence": "every monday at 11:30"}, date(2026, 11, 23), time(11, 30)),
        ({"recurrence": "every friday at 8am"}, date(2026, 11, 27), time(8)),
        ({"recurrence": "every friday at 8am", "time": "9am"}, date(2026, 11, 27), time(9)),
    ],
)
async def test_when_a_task_is_due(
    tools: ToolHarness, fields: dict[str, str], due_date: date | None, due_time: time | None
) -> None:
    await tools.call("add_task", title="x", **fields)
    task = await tools.task(1)
    assert (task.due_date, task.due_time) == (due_date, due_time)


@pytest.mark.parametrize(
    ("fields", "remind_at"),
    [
        ({"due": "2026-11-27", "time": "17:00", "remind": "10 minutes before"}, "2026-11-27T15:50"),
        ({"due": "2026-11-27", "time": "17:00", "remind": "an hour before"}, "2026-11-27T15:00"),
        ({"due": "2026-11-27", "time": "17:00", "remind": "at the time"}, "2026-11-27T16:00"),
        ({"due": "2026-11-27", "remind": "the day before"}, "2026-11-26T08:00"),
        ({"remind": "tomorrow 8am"}, "2026-11-24T07:00"),
    ],
)
async def test_when_to_remind(tools: ToolHarness, fields: dict[str, str], remind_at: str) -> None:
    await tools.call("add_task", title="x", **fields)
    assert (await tools.task(1)).remind_at == datetime.fromisoformat(remind_at).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"title": "   "}, "A task needs a title."),
        ({"title": "\u200b\u200d"}, "A task needs a title."),
        ({"title": "x" * 201}, "A title has at most 200 characters; this one has 201."),
        ({"title": "one\ntwo"}, "A title is a single line; put the rest into the notes."),
        ({"title": "x", "notes": "n" * 2001}, "Notes have at most 2,000 characters; these have 2,001."),
        ({"title": "x", "project": "p" * 51}, "A project's name has at most 50 characters; this one has 51."),
        ({"title": "x", "tags": ["t" * 51]}, "A tag has at most 50 characters; this one has 51."),
        ({"title": "x", "due": "the cows come home"}, "“the cows come home” was not understood as a date."),
        ({"title": "x", "time": "elevenses"}, "“elevenses” was not understood as a time of day."),
        ({"title": "x", "recurrence": "now and then"}, "“now and then” was not understood as a recurrence."),
        ({"title": "x", "remind": "10 minutes before"}, "A reminder that counts back needs a due date."),
    ],
)
async def test_what_cannot_be_taken_is_refused_in_a_sentence(
    tools: ToolHarness, fields: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(InvalidInput) as raised:
        await tools.call("add_task", **fields)
    assert raised.value.message.startswith(sentence)
    assert await tools.tasks() == ()


@pytest.mark.parametrize(
    ("title", "stored"),
    [
        ("pay [/] rent", "pay [/] rent"),
        ("[bold red]x", "[bold red]x"),
        ("\x1b]0;evil\x07ding", "]0;evilding"),
        ("tab\there", "tab here"),
        ("line\n", "line"),
        ("family 👨‍👩‍👧", "family 👨‍👩‍👧"),
        ("漢" * 200, "漢" * 200),
    ],
)
async def test_titles_lose_their_controls_and_nothing_else(tools: ToolHarness, title: str, stored: str) -> None:
    await tools.call("add_task", title=title)
    assert (await tools.task(1)).title == stored


async def test_an_update_tells_before_and_after_of_what_changed(tools: ToolHarness) -> None:
    await tools.call("add_task", title="call", due="2026-11-27", time="09:00")
    result = await tools.call("update_task", task_id=1, title="Call mom tonight", priority="none")
    assert (result["status"], result["task_id"], result["title"]) == ("updated", 1, "Call mom tonight")
    assert (result["before"], result["after"]) == ({"title": "call"}, {"title": "Call mom tonight"})


@pytest.mark.parametrize(
    ("changes", "due_date", "due_time"),
    [
        ({"time": "14:00"}, date(2026, 11, 27), time(14)),
        ({"due": "2026-12-01"}, date(2026, 12, 1), time(9)),
        ({"due": "2026-12-01", "time": "10:00"}, date(2026, 12, 1), time(10)),
        ({"due": "+1 week"}, date(2026, 12, 4), time(9)),
        ({"due": "-30 minutes"}, date(2026, 11, 27), time(8, 30)),
        ({"clear": ["time"]}, date(2026, 11, 27), None),
        ({"clear": ["due"]}, None, None),
        ({"due": "none"}, None, None),
        ({"due": None, "title": "y"}, date(2026, 11, 27), time(9)),
        ({"due": "", "title": "y"}, date(2026, 11, 27), time(9)),
    ],
)
async def test_moving_a_task(
    tools: ToolHarness, changes: dict[str, Any], due_date: date | None, due_time: time | None
) -> None:
    await tools.call("add_task", title="x", due="2026-11-27", time="09:00")
    await tools.call("update_task", task_id=1, **changes)
    task = await tools.task(1)
    assert (task.due_date, task.due_time) == (due_date, due_time)


async def test_a_reminder_moves_with_its_task_across_a_clock_change(tools: ToolHarness) -> None:
    await tools.call("add_task", title="x", due="2027-03-27", time="09:00", remind="1 hour before")
    await tools.call("update_task", task_id=1, due="2027-03-28")
    assert (await tools.task(1)).remind_at == datetime(2027, 3, 28, 6, tzinfo=UTC)


async def test_a_reminder_is_told_in_local_words(tools: ToolHarness) -> None:
    await tools.call("add_task", title="x", due="2026-11-27", time="17:00")
    result = await tools.call("update_task", task_id=1, remind="10 minutes before")
    assert result["after"]["reminder"] == "Fri 27 Nov, 16:50"


async def test_tags_are_added_removed_and_replaced(tools: ToolHarness) -> None:
    await tools.call("add_task", title="x", tags=["a", "B"])
    await tools.call("update_task", task_id=1, add_tags=["b", "c"], remove_tags=["A"])
    assert (await tools.task(1)).tags == ("B", "c")
    await tools.call("update_task", task_id=1, tags=["d"])
    assert (await tools.task(1)).tags == ("d",)
    await tools.call("update_task", task_id=1, clear=["tags"])
    assert (await tools.task(1)).tags == ()


async def test_a_repeating_task_keeps_a_due_date(tools: ToolHarness) -> None:
    await tools.call("add_task", title="x", recurrence="FREQ=DAILY")
    with pytest.raises(InvalidInput, match="needs a due date"):
        await tools.call("update_task", task_id=1, clear=["due"])
    await tools.call("update_task", task_id=1, clear=["due", "recurrence"])
    assert (await tools.task(1)).due_date is None


async def test_an_update_of_nothing_says_what_to_name(tools: ToolHarness) -> None:
    await tools.call("add_task", title="x")
    with pytest.raises(ToolError, match="at least one field"):
        await tools.call("update_task", task_id=1)


async def test_updates_are_all_or_none(tools: ToolHarness) -> None:
    await tools.call("add_task", title="x")
    with pytest.raises(NotFound, match=r"There is no task 12\."):
        await tools.call("update_task", task_ids=[1, 12], priority="high")
    assert (await tools.task(1)).priority == "none"
