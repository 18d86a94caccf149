"""list_tasks, get_task and task_stats: pages with enough in them to speak of a task."""

import json

import pytest

from kirotodo.core.errors import InvalidInput, NotFound
from tests.core.tools.tool_harness import ToolHarness


async def _fill(tools: ToolHarness) -> None:
    await tools.call("add_task", title="pay bills", due="2026-11-20", project="home")
    await tools.call("add_task", title="team meeting", due="2026-11-23", time="14:00", tags=["work"])
    await tools.call("add_task", title="dentist", due="2026-11-27", priority="high")
    await tools.call("add_task", title="read a book", notes="n" * 500)
    await tools.call("add_task", title="done long ago", due="2026-11-01")
    await tools.call("complete_task", task_id=5)


@pytest.mark.parametrize(
    ("arguments", "ids"),
    [
        ({}, [1, 2, 3, 4]),
        ({"status": "all"}, [5, 1, 2, 3, 4]),
        ({"status": "completed"}, [5]),
        ({"completed": "today"}, [5]),
        ({"completed": "yesterday"}, []),
        ({"due": "today"}, [2]),
        ({"due": "overdue"}, [1]),
        ({"due": "week"}, [2, 3]),
        ({"due": "none"}, [4]),
        ({"due": "friday"}, [3]),
        ({"due": "2026-11-20..2026-11-23"}, [1, 2]),
        ({"due": "..2026-11-22"}, [1]),
        ({"due": "2026-11-24.."}, [3]),
        ({"project": "Home"}, [1]),
        ({"tag": "#WORK"}, [2]),
        ({"priority": "high"}, [3]),
        ({"search": "meet"}, [2]),
        ({"sort": "title"}, [3, 1, 4, 2]),
        ({"filter": "due:friday or +home"}, [1, 3]),
        ({"filter": "done:today"}, [5]),
        ({"filter": "-due:today", "status": "all"}, [5, 1, 3, 4]),
        ({"filter": "no:time", "priority": "high"}, [3]),
    ],
)
async def test_lists_are_narrowed(tools: ToolHarness, arguments: dict[str, str], ids: list[int]) -> None:
    await _fill(tools)
    result = await tools.call("list_tasks", **arguments)
    assert [task["id"] for task in result["tasks"]] == ids
    assert result["total"] == len(ids)


async def test_a_list_is_a_page_with_what_is_needed_to_speak_of_its_tasks(tools: ToolHarness) -> None:
    await _fill(tools)
    first = await tools.call("list_tasks", limit=2)
    assert first["total"] == 4
    assert first["tasks"][1] == {
        "id": 2,
        "title": "team meeting",
        "due_date": "2026-11-23",
        "due_time": "14:00:00",
        "tags": ["work"],
        "due": first["tasks"][1]["due"],
    }
    second = await tools.call("list_tasks", limit=2, cursor=first["next"])
    assert [task["id"] for task in second["tasks"]] == [3, 4]
    assert len(second["tasks"][1]["notes"]) <= 120
    assert second["next"] is None


async def test_a_whole_task_and_one_there_is_not(tools: ToolHarness) -> None:
    await _fill(tools)
    task = (await tools.call("get_task", task_id=4))["task"]
    assert (task["notes"], task["project"], task["completed_at"]) == ("n" * 500, None, None)
    with pytest.raises(NotFound, match=r"There is no task 99\."):
        await tools.call("get_task", task_id=99)


async def test_a_task_called_none_keeps_its_name(tools: ToolHarness) -> None:
    await tools.call("add_task", title="none", project="none")
    (task,) = (await tools.call("list_tasks"))["tasks"]
    assert task == {"id": 1, "title": "none", "project": "none"}


async def test_days_that_cannot_be_read_are_refused(tools: ToolHarness) -> None:
    with pytest.raises(InvalidInput, match="as a date"):
        await tools.call("list_tasks", due="blue")


async def test_statistics(tools: ToolHarness) -> None:
    await _fill(tools)
    stats = await tools.call("task_stats")
    assert (stats["pending"], stats["overdue"], stats["due_today"]) == (4, 1, 1)
    assert (stats["completed"], stats["created"], stats["streak"]) == (1, 5, 1)
    assert {"project": "home", "pending": 1, "completed": 0} in stats["projects"]
    assert stats["tags"] == {"work": 1}


async def test_every_result_is_json(tools: ToolHarness) -> None:
    await _fill(tools)
    for name, arguments in (
        ("list_tasks", {}),
        ("get_task", {"task_id": 1}),
        ("task_stats", {}),
        ("update_task", {"task_id": 1, "due": "tomorrow", "tags": ["a"]}),
        ("complete_task", {"task_id": 1}),
        ("delete_task", {"task_id": 1}),
        ("add_task", {"title": "x", "recurrence": "FREQ=DAILY"}),
    ):
        json.dumps(await tools.call(name, **arguments))
