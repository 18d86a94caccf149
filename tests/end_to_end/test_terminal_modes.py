"""Manners in a terminal: sizes, paste, keys that quit, and a shell that is usable afterwards."""

import re
import time
from typing import Final

import pytest

from tests.end_to_end.chat import Chat
from tests.end_to_end.conftest import OpenTerminal
from tests.end_to_end.installed_program import InstalledProgram
from tests.end_to_end.terminal import Terminal

pytestmark = [pytest.mark.terminal, pytest.mark.slow]

HANDS: Final = 0.3
"""Seconds that a hand leaves between keys, and more than a busy machine holds them up."""


def test_every_size_is_lived_in_and_nothing_typed_is_lost(chat: Chat, terminal: Terminal) -> None:
    chat.say("add milk", "1 open")
    terminal.type("half a sentence")
    for columns, lines in ((80, 24), (40, 12)):
        terminal.resize(columns, lines)
        terminal.wait_for(lambda screen: "half a sentence" in screen and "kirotodo" in screen)
        terminal.wait_until(
            lambda columns=columns: max(map(len, terminal.lines)) <= columns,  # type: ignore[misc]
            "no line may be wider than the window",
        )
    terminal.resize(20, 6)
    sentence = terminal.wait_for("larger")
    assert "half a sentence" not in sentence
    terminal.resize(120, 40)
    terminal.wait_for(lambda screen: "half a sentence" in screen and "1 open" in screen and "milk" in screen)
    terminal.say(" about bread")
    terminal.wait_for("half a sentence about bread")


def test_the_tasks_come_as_a_drawer_where_it_is_narrow(chat: Chat, terminal: Terminal) -> None:
    terminal.resize(80, 24)
    chat.say("add a visit to the dentist tomorrow", "1 open")
    terminal.wait_gone("Upcoming")
    terminal.press("C-t")
    terminal.wait_for("dentist")
    terminal.wait_for(lambda screen: "Tomorrow" in screen or "Upcoming" in screen)
    terminal.press("C-t")
    terminal.wait_gone("Upcoming")


def test_a_message_of_several_lines(chat: Chat, terminal: Terminal, program: InstalledProgram) -> None:
    terminal.type("add milk")
    terminal.press("C-j")
    terminal.type("add bread")
    terminal.wait_for(lambda screen: "add milk" in screen and "add bread" in screen)
    terminal.wait_for("0 open")
    terminal.press("Enter")
    terminal.wait_for("2 open")
    assert program.titles() == ["bread", "milk"]


def test_keys_stay_in_their_order(chat: Chat, terminal: Terminal, program: InstalledProgram) -> None:
    """Typed as fast as hands can: no letter overtakes an enter or a line's end. (A burst of keys would be a paste.)"""
    for text in ("add milk", "add bread", "add eggs"):
        terminal.type(text)
        time.sleep(HANDS)
        terminal.press("Enter")
        time.sleep(HANDS)
    terminal.type("add oat")
    terminal.press("C-j")
    terminal.type("milk")
    terminal.wait_for("3 open")
    terminal.wait_until(
        lambda: re.search(r"› add oat *│.*\n│ +milk *│", terminal.screen) is not None,
        "two lines should be in the composer",
    )
    assert program.titles() == ["bread", "eggs", "milk"]


def test_a_paste_of_several_lines_is_not_sent(chat: Chat, terminal: Terminal, program: InstalledProgram) -> None:
    terminal.paste("add milk\nadd bread\nadd b[/]u\u202etter\n")
    terminal.wait_for(lambda screen: "add milk" in screen and "add bread" in screen and "b[/]utter" in screen)
    terminal.wait_for("0 open")
    terminal.press("Enter")
    terminal.wait_for("3 open")
    assert program.titles() == ["b[/]utter", "bread", "milk"]


@pytest.mark.parametrize("keys", [["C-q"], ["C-c", "C-c"]], ids=["ctrl+q", "ctrl+c"])
def test_the_terminal_is_left_clean(keys: list[str], terminal: Terminal, program: InstalledProgram) -> None:
    terminal.run("stty -a > before; stty size")
    terminal.wait_for_prompt()
    chat = Chat(terminal, program).open()
    assert "alternate screen" in terminal.left_on()
    chat.say("add milk", "1 open")
    terminal.type("a draft")
    terminal.wait_for("a draft")

    chat.leave(*keys)

    terminal.wait_until(lambda: not terminal.left_on(), "no mode of the chat may be left on")
    assert "built-in" not in terminal.screen, "the screen from before should be back"
    terminal.run("stty -a > after; cmp before after && echo the same")
    terminal.wait_for("\nthe same")
    terminal.run("cat -v")
    terminal.paste("one\ntwo\n")
    terminal.press("Enter", "C-d")
    terminal.wait_for("two")
    assert "^[" not in terminal.screen, "bracketed paste is still on"


def test_a_hang_up_keeps_the_draft(chat: Chat, program: InstalledProgram, open_terminal: OpenTerminal) -> None:
    """The window is closed, the connection is cut: the last key is on disk all the same."""
    chat.terminal.type("half a sentence")
    chat.terminal.wait_for("half a sentence")
    chat.terminal.close()
    again = Chat(open_terminal(), program).open()
    again.terminal.wait_for("half a sentence")
