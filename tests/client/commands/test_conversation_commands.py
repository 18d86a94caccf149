"""`conversations`: look at them, rename, delete, bring back, export."""

import json
from pathlib import Path

import pytest

from kirotodo.core.models.scripted import call
from tests.client.commands.command_runner import CommandRunner


@pytest.fixture
def filled(program: CommandRunner) -> CommandRunner:
    """A program with one conversation that added milk."""
    program.model.extend([call("add_task", title="milk")], ["Added *milk*."])
    program.ok("ask", "add milk")
    return program


def test_none_yet_says_how_to_begin(program: CommandRunner) -> None:
    result = program.run("conversations")
    assert (result.exit_code, result.stdout) == (0, "")
    assert "kirotodo ask" in result.stderr


@pytest.mark.parametrize("args", [("conversations",), ("conversations", "list")])
def test_they_are_listed_latest_first(filled: CommandRunner, args: tuple[str, ...]) -> None:
    filled.model.extend(["Hello."])
    filled.ok("ask", "good morning")
    first, second = filled.ok(*args).splitlines()
    assert first.split()[0] == "2"
    assert second.split()[0] == "1"
    assert "2 messages" in first


def test_they_are_listed_as_json(filled: CommandRunner) -> None:
    page = filled.json("conversations", "list")
    assert set(page) == {"items", "next"}
    assert page["items"][0]["id"] == 1


def test_they_are_found_by_words(filled: CommandRunner) -> None:
    filled.model.extend(["Hello."])
    filled.ok("ask", "good morning")
    page = filled.json("conversations", "list", "--search", "milk")
    assert [(item["id"], item["hit"]) for item in page["items"]] == [(1, {"seq": 2, "snippet": "Added *milk*."})]
    assert "Added *milk*." in filled.ok("conversations", "list", "--search", "milk")
    assert "No conversation contains" in filled.run("conversations", "list", "--search", "zebra").stderr


def test_show_tells_who_said_what_and_what_was_done(filled: CommandRunner) -> None:
    lines = filled.ok("conversations", "show", "1").splitlines()
    assert lines[0] == "you  add milk"
    assert "add_task" in lines[1]
    assert lines[2] == "kiro Added *milk*."
    assert [message["role"] for message in filled.json("conversations", "show", "1")["messages"]] == [
        "user",
        "assistant",
    ]


def test_older_messages_are_pointed_to(filled: CommandRunner) -> None:
    result = filled.run("conversations", "show", "1", "--limit", "1")
    assert "--before 2" in result.stderr
    assert filled.ok("conversations", "show", "1", "--before", "2").startswith("you  add milk")


def test_rename(filled: CommandRunner) -> None:
    assert filled.ok("conversations", "rename", "1", "Milk", "and", "more") == "Renamed conversation 1 Milk and more\n"
    assert filled.json("conversations", "list")["items"][0]["title"] == "Milk and more"
    filled.fails(2, "conversations", "rename", "1", "")


def test_a_deleted_one_comes_back(filled: CommandRunner) -> None:
    filled.ok("conversations", "delete", "1")
    assert filled.json("conversations", "list")["items"] == []
    assert filled.titles() == ["milk"]
    filled.ok("conversations", "restore", "1")
    assert [item["id"] for item in filled.json("conversations", "list")["items"]] == [1]


@pytest.mark.parametrize("command", ["show", "delete", "restore", "export"])
def test_an_unknown_number_fails(program: CommandRunner, command: str) -> None:
    program.fails(1, "conversations", command, "9")


def test_markdown_is_for_people(filled: CommandRunner) -> None:
    text = filled.ok("conversations", "export", "1")
    assert text.startswith("# ")
    assert "**You**, Mon 23 Nov" in text
    assert "- `add_task` " in text
    assert "Added *milk*." in text


def test_json_holds_every_message_and_turn(filled: CommandRunner) -> None:
    whole = json.loads(filled.ok("conversations", "export", "1", "--format", "json"))
    assert [message["content"] for message in whole["messages"]] == ["add milk", "Added *milk*."]
    assert [turn["status"] for turn in whole["turns"]] == ["finished"]


def test_a_long_conversation_is_exported_whole(program: CommandRunner) -> None:
    program.model.extend(*([f"answer {number}"] for number in range(3)))
    for number in range(3):
        program.ok("ask", *(("--conversation", "1") if number else ()), f"question {number}")
    text = program.ok("conversations", "export", "1")
    places = [text.index(f"{word} {number}") for number in range(3) for word in ("question", "answer")]
    assert places == sorted(places)


def test_a_file_is_not_written_over_unasked(filled: CommandRunner, tmp_path: Path) -> None:
    file = tmp_path / "talk.md"
    filled.ok("conversations", "export", "1", str(file))
    assert "already exists" in filled.fails(1, "conversations", "export", "1", str(file))
    filled.ok("conversations", "export", "1", str(file), "--force")


def test_a_wrong_command_suggests_the_nearest(program: CommandRunner) -> None:
    assert "Did you mean 'rename'?" in program.fails(2, "conversations", "renam")
