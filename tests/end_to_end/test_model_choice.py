"""Choosing the model of the chat in a real terminal."""

import pytest

from tests.end_to_end.installed_program import InstalledProgram
from tests.end_to_end.terminal import Terminal

pytestmark = [pytest.mark.terminal, pytest.mark.slow]


def test_the_chat_opens_with_the_model_asked_for_and_goes_back_to_the_built_in_one(
    program: InstalledProgram, terminal: Terminal
) -> None:
    program.home.mkdir(parents=True, exist_ok=True)
    (program.home / "config.toml").write_text('[models.near]\nmodel = "x"\nbase_url = "http://127.0.0.1:9/v1"\n')
    terminal.run("kirotodo chat --model near")
    terminal.wait_for("local · near · 0 open")
    terminal.say("/model built-in")
    terminal.wait_for("local · built-in · 0 open")
    terminal.say("add milk")
    terminal.wait_for("1 open")
