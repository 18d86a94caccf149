"""`ask`: one turn without a screen, its answer, its approvals and its exit codes."""

import asyncio
import json
import signal

import pytest

from kirotodo.core.errors import ModelError
from kirotodo.core.models.model import ModelRequest, Restarted
from kirotodo.core.models.scripted import Fail, Item, Wait, call
from tests.client.commands.command_runner import CommandRunner


def test_the_answer_is_data_and_what_was_done_is_narration(program: CommandRunner) -> None:
    program.model.extend([call("add_task", title="milk")], ["Added ", "milk."])
    result = program.run("ask", "add", "milk")
    assert result.exit_code == 0
    assert result.stdout == "Added milk.\n"
    assert "add_task" in result.stderr
    assert "milk" in result.stderr
    assert program.titles() == ["milk"]


def test_json_is_the_chat_response(program: CommandRunner) -> None:
    program.model.extend([call("add_task", title="milk")], ["Added milk."])
    result = program.run("ask", "--json", stdin="add milk\n")
    assert result.exit_code == 0
    answer = json.loads(result.stdout)
    assert set(answer) == {
        "conversation_id",
        "turn_id",
        "message_id",
        "status",
        "response",
        "tool_calls",
        "approval",
        "model",
        "usage",
        "error",
        "created_at",
    }
    assert (answer["status"], answer["response"], answer["model"]) == ("finished", "Added milk.", "scripted")
    (made,) = answer["tool_calls"]
    assert set(made) == {"id", "tool", "arguments", "result", "status", "duration_ms"}
    assert (made["tool"], made["arguments"]["title"], made["status"]) == ("add_task", "milk", "succeeded")


def test_jsonl_is_the_stream_of_events(program: CommandRunner) -> None:
    program.model.extend([call("add_task", title="milk \u202e")], ["Added milk."])
    lines = program.ok("ask", "--jsonl", "add milk").splitlines()
    kinds = [json.loads(line)["kind"] for line in lines]
    assert kinds[0] == "turn_started"
    assert kinds[-1] == "turn_finished"
    assert "tool_call_finished" in kinds
    assert not any("\u202e" in line for line in lines)


def test_the_built_in_model_answers_a_pipe(program: CommandRunner) -> None:
    program.use_builtin()
    answer = program.json("ask", stdin="add milk tomorrow at 5pm\n")
    assert answer["status"] == "finished"
    (task,) = program.json("list")["items"]
    assert (task["title"], task["due_date"], task["due_time"]) == ("milk", "2026-11-24", "17:00:00")


def test_a_conversation_goes_on_by_number_or_as_the_latest(program: CommandRunner) -> None:
    program.model.extend(["one"], ["two"], ["three"])
    first = program.json("ask", "hello")["conversation_id"]
    assert program.json("ask", "--conversation", str(first), "again")["conversation_id"] == first
    assert program.json("ask", "-c", "and again")["conversation_id"] == first


def test_without_a_conversation_there_is_none_to_go_on_with(program: CommandRunner) -> None:
    assert "no conversation" in program.fails(1, "ask", "--continue", "hello")


def test_an_unknown_conversation_fails(program: CommandRunner) -> None:
    program.fails(1, "ask", "--conversation", "9", "hello")


def bulk(program: CommandRunner) -> None:
    program.ok("add", "milk")
    program.ok("add", "eggs")
    program.model.extend([call("delete_task", task_ids=[1, 2])])


def test_an_approval_that_nobody_can_give_ends_with_3_and_says_how_to_answer(program: CommandRunner) -> None:
    bulk(program)
    result = program.run("ask", "delete everything")
    assert result.exit_code == 3
    assert "kirotodo ask --conversation 1 yes" in result.stderr
    assert program.titles() == ["milk", "eggs"]


@pytest.mark.parametrize(("word", "left"), [("yes", []), ("no", ["milk", "eggs"])])
def test_a_parked_turn_is_answered_later_and_only_the_rest_is_told(
    program: CommandRunner, word: str, left: list[str]
) -> None:
    bulk(program)
    parked = program.run("ask", "--json", "delete everything")
    assert parked.exit_code == 3
    answer = json.loads(parked.stdout)
    assert answer["status"] == "awaiting_approval"
    assert [task["title"] for task in answer["approval"]["tasks"]] == ["milk", "eggs"]
    program.model.extend(["Well then."])
    events = program.ok("ask", "--jsonl", "--conversation", "1", word).splitlines()
    assert "approval_requested" not in {json.loads(line)["kind"] for line in events}
    assert json.loads(events[-1])["kind"] == "turn_finished"
    assert program.titles() == left


@pytest.mark.parametrize(("option", "left"), [("--yes", []), ("--no", ["milk", "eggs"])])
def test_an_answer_may_be_given_beforehand(program: CommandRunner, option: str, left: list[str]) -> None:
    bulk(program)
    program.model.extend(["Well then."])
    assert program.ok("ask", option, "delete everything") == "Well then.\n"
    assert program.titles() == left


@pytest.mark.local_list
def test_a_dry_run_changes_nothing(program: CommandRunner) -> None:
    program.ok("add", "eggs")
    program.model.extend([call("add_task", title="milk")], ["Added milk."])
    result = program.run("ask", "--dry-run", "add milk")
    assert result.exit_code == 0
    assert result.stdout == "Added milk.\n"
    assert "Nothing was changed" in result.stderr
    assert program.titles() == ["eggs"]
    assert program.json("conversations", "list")["items"] == []


@pytest.mark.local_list
def test_a_dry_run_works_before_there_is_a_list(program: CommandRunner) -> None:
    place = program.settings.data_dir / "kirotodo.db"
    place.unlink()
    program.model.extend(["Hello."])
    assert program.ok("ask", "--dry-run", "hello") == "Hello.\n"
    assert not place.exists()


@pytest.mark.local_list
def test_a_dry_run_tells_what_would_be_asked(program: CommandRunner) -> None:
    bulk(program)
    result = program.run("ask", "--dry-run", "delete everything")
    assert result.exit_code == 3
    assert "Nothing was changed" in result.stderr
    assert program.titles() == ["milk", "eggs"]


def test_a_model_that_cannot_be_reached_ends_with_5(program: CommandRunner) -> None:
    program.model.extend([Fail(error=ModelError("The model does not answer.", retryable=False))])
    assert "The model does not answer." in program.fails(5, "ask", "hello")


def test_a_failed_turn_is_told_as_json_too(program: CommandRunner) -> None:
    program.model.extend([Fail(error=ModelError("The model does not answer.", retryable=False))])
    result = program.run("ask", "--json", "hello")
    assert result.exit_code == 5
    answer = json.loads(result.stdout)
    assert (answer["status"], answer["error"]) == ("failed", "The model does not answer.")


def test_hostile_answers_are_made_safe(program: CommandRunner) -> None:
    program.model.extend(["one\x1b]0;evil\x07 two\u202e\nthree"])
    assert program.ok("ask", "hello") == "one two\nthree\n"


@pytest.mark.parametrize(
    "args",
    [
        ("ask",),
        ("ask", ""),
        ("ask", "--yes", "--no", "hello"),
        ("ask", "--continue", "--conversation", "1", "hello"),
        ("ask", "--conversation", "x", "hello"),
    ],
)
def test_wrong_usage(program: CommandRunner, args: tuple[str, ...]) -> None:
    program.fails(2, *args)


def test_an_endless_pipe_is_refused(program: CommandRunner) -> None:
    assert "10,000" in program.fails(2, "ask", stdin="x" * 1_000_000)


@pytest.mark.local_list  # a server's model may be asked before its client knows which turn there is to stop
def test_ctrl_c_stops_the_turn_and_keeps_what_was_said(program: CommandRunner) -> None:
    def interrupted(_: ModelRequest) -> list[Item]:
        signal.raise_signal(signal.SIGINT)
        return ["Partial", Wait(gate=asyncio.Event())]

    program.model.extend(interrupted)
    result = program.run("ask", "tell me a story")
    assert result.exit_code == 130
    assert "are in conversation 1" in result.stderr
    (turn,) = program.json("conversations", "show", "1")["turns"]
    assert turn["status"] == "cancelled"


def test_a_step_begun_anew_is_not_told_twice_in_a_pipe(program: CommandRunner) -> None:
    program.model.extend(["Wrong start", Restarted(), "Right answer"])
    assert program.ok("ask", "hello") == "Right answer\n"
