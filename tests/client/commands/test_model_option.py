"""Choosing the model that answers, from the command line."""

import pytest

from tests.client.commands.command_runner import CommandRunner


def test_ask_names_the_model(program: CommandRunner) -> None:
    turn = program.json("ask", "--model", "built-in", "add milk")
    assert turn["model"] == "built-in"
    assert program.titles() == ["milk"]
    assert program.model.requests == []


def test_ask_lets_the_default_one_answer_otherwise(program: CommandRunner) -> None:
    program.model.extend(["Hello."])
    assert program.json("ask", "hi")["model"] == "scripted"


@pytest.mark.parametrize("name", ["gpt-99", "\x1b]0;evil\x07"])
def test_an_unknown_model_is_wrong_usage_and_the_known_ones_are_named(program: CommandRunner, name: str) -> None:
    output = program.fails(2, "ask", "--model", name, "add milk")
    assert "scripted, built-in" in output
    assert "\x1b" not in output
    assert program.titles() == []
