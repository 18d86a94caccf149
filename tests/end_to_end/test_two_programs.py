"""Two programs on one list at once."""

import pytest

from tests.end_to_end.chat import Chat
from tests.end_to_end.conftest import OpenTerminal
from tests.end_to_end.installed_program import InstalledProgram

pytestmark = [pytest.mark.terminal, pytest.mark.slow]


def test_the_open_chat_shows_what_a_command_does(chat: Chat, program: InstalledProgram) -> None:
    program.do("add", "buy stamps")
    chat.terminal.wait_for(lambda screen: "buy stamps" in screen and "1 open" in screen)
    program.do("done", "1")
    chat.terminal.wait_for("0 open")
    chat.say("add milk", "1 open")
    assert "milk" in program.do("list")


def test_two_chats_on_one_list(chat: Chat, program: InstalledProgram, open_terminal: OpenTerminal) -> None:
    other = Chat(open_terminal(), program).open("--new")
    chat.say("add milk", "1 open")
    other.terminal.wait_for("1 open")
    other.say("add bread", "2 open")
    chat.terminal.wait_for(lambda screen: "2 open" in screen and "bread" in screen)
    assert program.titles() == ["bread", "milk"]
