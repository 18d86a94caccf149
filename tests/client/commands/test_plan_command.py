"""`kirotodo plan`: what to do first, and what is overdue spread over next week."""

import pytest

from tests.client.commands.command_runner import CommandRunner


@pytest.fixture
def late(program: CommandRunner) -> CommandRunner:
    """Monday, 23 November, 10:30."""
    for title, due in (("tax", "2026-11-20"), ("photos", "2026-11-01"), ("mom", "2026-11-22")):
        program.ok("add", title)
        program.ok("edit", program.json("search", title)["items"][0]["id"].__str__(), "--due", due)
    program.ok("edit", "1", "--priority", "high")
    program.ok("add", "dentist today at 4pm")
    return program


def test_the_order_has_reasons(late: CommandRunner) -> None:
    assert late.ok("plan") == (
        " 1. 1 tax\n    overdue by 3 days, high\n 2. 2 photos\n    overdue by 22 days\n"
        " 3. 3 mom\n    overdue by 1 day\n 4. 4 dentist\n    due today at 16:00\n"
    )
    plan = late.json("plan", "week")
    assert [each["task"]["id"] for each in plan["items"]] == [1, 2, 3, 4]
    assert plan["items"][0]["reasons"] == ["overdue by 3 days", "high"]


def test_an_empty_list_has_no_plan(program: CommandRunner) -> None:
    assert "Nothing is open" in program.run("plan").stderr
    assert "Nothing is overdue" in program.run("plan", "spread").stderr


def test_a_spread_needs_a_yes_and_is_one_undo(late: CommandRunner) -> None:
    before = late.json("list")["items"]
    refused = late.fails(3, "plan", "spread", "--per-day", "1")
    assert "Mon 30 Nov\n  1 tax (was Fri 20 Nov)" in refused
    assert "Moving 3 tasks needs your approval" in refused
    assert late.json("list")["items"] == before
    assert late.ok("plan", "spread", "--per-day", "1", "--yes") == (
        "Moved 1 tax (Mon 30 Nov  !high)\nMoved 2 photos (Tue 1 Dec)\nMoved 3 mom (Wed 2 Dec)\n"
    )
    late.ok("undo")
    assert [task["due_date"] for task in late.json("list")["items"]] == [task["due_date"] for task in before]


def test_tasks_can_be_left_out_of_a_spread(late: CommandRunner) -> None:
    moved = late.json("plan", "spread", "--without", "1,3", "--yes")
    assert [(task["id"], task["due_date"]) for task in moved["tasks"]] == [(2, "2026-12-01")]


def test_a_routine_is_not_moved_past_its_next_occurrence(program: CommandRunner) -> None:
    program.ok("add", "vitamins every day")
    program.ok("add", "report every monday")
    program.ok("edit", "1", "--due", "2026-11-20")
    program.ok("edit", "2", "--due", "2026-11-16")
    said = program.run("plan", "spread", "--dry-run").stderr
    assert "Left alone: 1 vitamins: its next occurrence is due Mon 23 Nov; skip or do it." in said
    assert "Left alone: 2 report" in said
    assert program.json("plan", "spread")["moves"] == []


@pytest.mark.parametrize(
    "wrong", [("tomorrow",), ("week", "--per-day", "2"), ("spread", "--minutes", "9"), ("spread", "--per-day", "0")]
)
def test_wrong_usage_is_explained(program: CommandRunner, wrong: tuple[str, ...]) -> None:
    program.fails(2, "plan", *wrong)
