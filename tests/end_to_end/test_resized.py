"""A real terminal that is resized through every view and sheet: the chat stays, shows what it should, ends clean."""

import time
from typing import Final

import pytest

from tests.end_to_end.chat import Chat
from tests.end_to_end.conftest import OpenTerminal
from tests.end_to_end.installed_program import InstalledProgram

pytestmark = [pytest.mark.terminal, pytest.mark.slow]
SIZES: Final = ((45, 14), (120, 40), (39, 11), (200, 60), (80, 24))
KEYS: Final = (("1", "today"), ("3", "week"), ("4", "projects"), ("S", "statistics"), ("T", "themes"))


def test_every_view_goes_through_every_size(program: InstalledProgram, open_terminal: OpenTerminal) -> None:
    program.run_each(["add", "pay rent yesterday +home"], ["add", "call Ann today at 17:00"], ["add", "milk"])
    chat = Chat(open_terminal(columns=120, lines=40), program).open()
    chat.terminal.wait_for("Overdue")
    for key, shown in KEYS:
        chat.terminal.press("C-l")  # a narrow window takes the focus from the list, whose place is gone
        chat.terminal.wait_for("p priority")
        chat.terminal.press(key)
        chat.terminal.wait_for(shown)
        for columns, lines in SIZES:
            chat.terminal.resize(columns, lines)
            if columns < 40:
                chat.terminal.wait_for("Make the window larger")
            else:
                chat.terminal.wait_gone("Make the window larger")
        chat.terminal.resize(120, 40)
        chat.terminal.wait_for(shown)
        chat.terminal.wait_for(lambda screen: "local · built-in" in screen)
        if key in "ST":
            chat.terminal.press("q")
            chat.terminal.wait_gone(f"─ {shown} ─")
    chat.terminal.press("C-l")
    chat.terminal.wait_for("p priority")
    chat.terminal.press("i")
    chat.terminal.wait_for("enter send")
    time.sleep(0.3)
    chat.say("add bread", "4 open")
    chat.leave()
    assert not chat.terminal.left_on()
    assert program.titles() == ["bread", "call Ann", "milk", "pay rent"]
