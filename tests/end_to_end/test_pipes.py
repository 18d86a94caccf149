"""The program in pipes and scripts."""

import json

import pytest

from tests.end_to_end.installed_program import InstalledProgram

pytestmark = pytest.mark.slow

RESPONSE_KEYS = {
    "conversation_id",
    "turn_id",
    "message_id",
    "response",
    "tool_calls",
    "model",
    "usage",
    "created_at",
}
TASK_KEYS = {
    *("id", "title", "notes", "priority", "due_date", "due_time", "recurrence", "recurs_from", "remind_at"),
    *(
        "start_date",
        "duration",
        "parent_id",
        "position",
        "project",
        "tags",
        "previous_id",
        "steps",
        "series",
        "remind_before",
        "completed_at",
        "created_at",
        "updated_at",
    ),
}


def test_a_piped_sentence_is_answered_in_json(program: InstalledProgram) -> None:
    response = json.loads(program.do("ask", "--json", piped="add milk tomorrow at 5pm\n"))
    assert response.keys() >= RESPONSE_KEYS
    (call,) = response["tool_calls"]
    assert call.keys() == {"id", "tool", "arguments", "result", "status", "duration_ms"}
    assert (call["tool"], call["status"]) == ("add_task", "succeeded")
    assert response["status"] == "finished"
    assert response["response"]
    (task,) = program.tasks()
    assert task.keys() == TASK_KEYS
    assert (task["title"], task["due_time"]) == ("milk", "17:00:00")


def test_the_events_of_a_turn_come_one_a_line(program: InstalledProgram) -> None:
    events = [json.loads(line) for line in program.do("ask", "--jsonl", "add milk").splitlines()]
    kinds = [event["kind"] for event in events]
    assert kinds[0] == "turn_started"
    assert kinds[-1] == "turn_finished"
    assert {"tool_call_started", "tool_call_finished", "tasks_changed", "text_delta"} <= set(kinds)
    assert [event["seq"] for event in events] == sorted({event["seq"] for event in events})


def test_answer_and_narration_go_apart(program: InstalledProgram) -> None:
    done = program.run("ask", "add milk")
    assert done.returncode == 0
    assert "milk" in done.stdout
    assert "add_task" not in done.stdout


def test_a_conversation_goes_on_from_one_run_to_the_next(program: InstalledProgram) -> None:
    program.do("ask", "add milk, eggs and bread")
    program.do("ask", "--continue", "show my tasks")
    program.do("ask", "--continue", "mark the second one as done")
    assert program.titles("--status", "completed") == ["eggs"]


def test_what_needs_a_yes_is_not_done_without_one(program: InstalledProgram) -> None:
    program.do("ask", "add milk, eggs and bread")
    requested = program.run("ask", "delete all my tasks")
    assert requested.returncode == 3
    assert len(program.tasks()) == 3
    program.do("ask", "--continue", "yes")
    assert program.tasks() == []


def test_a_closed_pipe_is_no_fault(program: InstalledProgram) -> None:
    program.do("ask", "add milk, eggs and bread")
    done = program.run("--help")
    assert done.returncode == 0
    from subprocess import run

    piped = run(
        ["sh", "-c", "kirotodo list --all | head -c 1 >/dev/null; kirotodo export | true"],
        cwd=program.folder,
        env=program.environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert "Traceback" not in piped.stderr
    assert "BrokenPipe" not in piped.stderr
