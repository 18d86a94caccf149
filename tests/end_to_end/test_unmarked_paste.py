"""Lines that reach the terminal as keys, all at once, are a paste: nothing is sent or run in parts."""

import pytest

from tests.end_to_end.chat import Chat
from tests.end_to_end.conftest import OpenTerminal
from tests.end_to_end.installed_program import InstalledProgram

pytestmark = [pytest.mark.terminal, pytest.mark.slow]


def test_lines_that_are_typed_by_a_program_stay_in_the_composer_until_enter(
    program: InstalledProgram, open_terminal: OpenTerminal
) -> None:
    chat = Chat(open_terminal(), program).open()
    chat.terminal.press("add milk", "Enter", "add eggs\t2", "Enter", "", "Enter", "add bread", "Enter")
    chat.terminal.wait_for("enter when they are right")
    screen = chat.terminal.wait_for("  add bread")
    assert "you   add" not in screen
    assert program.titles() == []
    chat.terminal.press("Enter")
    chat.terminal.wait_for("3 open")
    assert program.titles() == ["bread", "eggs 2", "milk"]


def test_a_line_and_enter_are_sent_at_once(program: InstalledProgram, open_terminal: OpenTerminal) -> None:
    chat = Chat(open_terminal(), program).open()
    chat.terminal.press("add milk", "Enter")
    chat.terminal.wait_for("1 open")
    chat.terminal.press("add eggs", "Enter")
    chat.terminal.wait_for("2 open")
    assert program.titles() == ["eggs", "milk"]


def test_lines_into_a_title_run_no_commands(program: InstalledProgram, open_terminal: OpenTerminal) -> None:
    chat = Chat(open_terminal(), program).open()
    chat.say("add milk", "1 open")
    chat.terminal.press("BTab")
    chat.terminal.wait_for("p priority")
    chat.terminal.press("n")
    chat.terminal.wait_for("enter save")
    chat.terminal.press("buy this", "Enter", "xx", "Enter", "and that")
    chat.terminal.wait_for("buy this xx and that")
    assert program.titles() == ["milk"]
    chat.terminal.press("Enter")
    chat.terminal.wait_for("2 open")
    assert program.titles() == ["buy this xx and that", "milk"]
