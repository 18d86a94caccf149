"""The chat without a screen: append-only, roles as words, over a pipe, with questions and commands."""

import re

import pytest

from kirotodo.core.errors import ModelError
from kirotodo.core.models.scripted import Fail, call
from tests.client.commands.command_runner import CommandRunner


def test_each_line_says_who_it_is_from(program: CommandRunner) -> None:
    program.model.extend([call("add_task", title="milk")], ["Added **milk**."], ["You're welcome."])
    said = program.ok("chat", "--plain", stdin="add milk\n\nthanks\n").splitlines()
    assert said[0] == "conversation: new"
    assert said[1] == "list: local, 0 open. /help lists what there is."
    assert said[2:] == [
        "you: add milk",
        "change: created #1 milk",
        "kiro: Added **milk**.",
        "you: ",
        "you: thanks",
        "kiro: You're welcome.",
    ]
    assert not re.search("[\x1b\r╭│─]", "\n".join(said))
    assert program.titles() == ["milk"]


@pytest.mark.parametrize(
    ("answer", "left"), [("yes", []), ("no", ["a", "b"]), ("what?", ["a", "b"]), ("A", [])], ids=str
)
def test_a_question_is_answered_with_a_word(program: CommandRunner, answer: str, left: list[str]) -> None:
    program.ok("add", "a")
    program.ok("add", "b")
    program.model.extend([call("delete_task", task_ids=[1, 2])], ["So be it."])
    said = program.ok("chat", "--plain", stdin=f"delete a and b\n{answer}\n")
    assert "question: Delete" in said
    assert said.count("task: ") == 2
    assert "kiro: So be it." in said
    assert program.titles() == left


def test_a_question_that_nobody_answers_waits(program: CommandRunner) -> None:
    program.ok("add", "a")
    program.ok("add", "b")
    program.model.extend([call("delete_task", task_ids=[1, 2])])
    result = program.run("chat", "--plain", stdin="delete a and b\n")
    assert result.exit_code == 3
    assert "question: Left open." in result.stdout
    assert program.titles() == ["a", "b"]


def test_commands_failures_and_the_latest_conversation(program: CommandRunner) -> None:
    program.ok("add", "rent today")
    program.ok("add", "milk")
    program.model.extend(["Hello."], [Fail(error=ModelError("The model is down."))])
    said = program.ok("chat", "--plain", stdin="hello\n/today\n/tasks\n/undo\n/redo\n/help\nand now?\n/quit\nnever\n")
    assert [line for line in said.splitlines() if line.startswith("task:")][:1] == [
        line for line in said.splitlines() if "rent" in line and line.startswith("task:")
    ][:1]
    assert said.count("task: ") == 3
    assert "undone: 1 taken off the list" in said
    assert "redone: milk" in said
    assert "problem: The model is down." in said
    assert "never" not in said
    assert "conversation: hello" in program.ok("chat", "--plain", stdin="").casefold()
    assert "conversation: new" in program.ok("--new", "--plain", stdin="")
    assert "problem: There is nothing to undo." in program.ok("chat", "--plain", stdin="/undo\n/undo\n/undo\n/undo\n")


def test_the_environment_asks_for_it_too(program: CommandRunner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ACCESSIBLE", "1")
    assert program.ok("chat", stdin="/quit\n").startswith("conversation: new\n")
    monkeypatch.setenv("ACCESSIBLE", "0")
    assert "needs a terminal" in program.fails(2, "chat")


def test_commands_of_the_users_own(program: CommandRunner) -> None:
    own = {"buy": "add {args} to shopping", "undo": "never"}
    program.settings = program.settings.replaced(commands=own)
    program.model.extend([call("add_task", title="milk", project="shopping")], ["Added."], ["Hello."])
    said = program.ok("chat", "--plain", stdin="/BUY milk\n/buy\n/help\n/other thing\n")
    assert "problem: /undo is a command of the chat. Choose another name." in said
    assert "kiro: Added." in said
    assert "problem: /buy needs words behind it" in said
    assert "help: /buy sends: add {args} to shopping" in said
    assert "kiro: Hello." in said
    assert "add milk to shopping" in str(program.model.requests[0].history)
    assert "/other thing" in str(program.model.requests[-1].history)
    assert program.titles() == ["milk"]
