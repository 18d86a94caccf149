"""Signals and the editor: the terminal is left clean, nothing typed is lost, what was sent is done once."""

import os
import signal
from pathlib import Path

import pytest

from tests.end_to_end.chat import Chat
from tests.end_to_end.conftest import OpenTerminal
from tests.end_to_end.installed_program import InstalledProgram

pytestmark = [pytest.mark.terminal, pytest.mark.slow]


class SignalledChat(Chat):
    """A chat that can be sent any signal."""

    def signal(self, number: signal.Signals) -> None:
        os.kill(int(self._pid_file.read_text()), number)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_to_end_leaves_the_terminal_clean_and_keeps_the_draft(
    number: signal.Signals, program: InstalledProgram, open_terminal: OpenTerminal
) -> None:
    chat = SignalledChat(open_terminal(), program).open()
    chat.terminal.type("half a sentence")
    chat.terminal.wait_for("half a sentence")
    chat.signal(number)
    chat.terminal.wait_for_prompt()
    assert not chat.terminal.left_on()
    assert "half a sentence" not in chat.terminal.screen
    again = Chat(open_terminal(), program).open()
    again.terminal.wait_for("half a sentence")


def test_killed_right_behind_enter_the_message_is_done_once(
    program: InstalledProgram, open_terminal: OpenTerminal
) -> None:
    chat = SignalledChat(open_terminal(), program).open()
    chat.terminal.say("add milk tomorrow at 5pm")
    chat.terminal.wait_for("you   add milk")
    chat.signal(signal.SIGKILL)
    again = Chat(open_terminal(), program).open()
    again.terminal.wait_for(lambda screen: "you   add milk tomorrow at 5pm" in screen and "1 open" in screen)
    assert program.titles() == ["milk"]
    assert "› add milk" not in again.terminal.screen


def an_editor(folder: Path, script: str) -> str:
    editor = folder / "editor.sh"
    editor.write_text(f"#!/bin/sh\n{script}\n")
    editor.chmod(0o755)
    return str(editor)


def test_a_message_is_written_in_the_editor(program: InstalledProgram, open_terminal: OpenTerminal) -> None:
    editor = an_editor(
        program.folder, 'echo "editing $(cat "$1")"; read -r word; printf "add %s\\nplease" "$word" >"$1"'
    )
    chat = Chat(open_terminal(EDITOR=editor), program).open()
    chat.terminal.type("some words")
    chat.terminal.wait_for("some words")
    chat.terminal.press("C-g")
    chat.terminal.wait_for("editing some words")
    assert "alternate screen" not in chat.terminal.left_on()
    chat.terminal.say("bread")
    chat.terminal.wait_for("› add bread")
    assert "alternate screen" in chat.terminal.left_on()
    chat.terminal.type(" and milk")
    chat.terminal.wait_for("please and milk")
    chat.leave()
    assert not chat.terminal.left_on()


def test_an_editor_that_fails_gives_the_text_back(program: InstalledProgram, open_terminal: OpenTerminal) -> None:
    chat = Chat(open_terminal(EDITOR=an_editor(program.folder, 'echo lost >"$1"; exit 3')), program).open()
    chat.terminal.type("some words")
    chat.terminal.wait_for("some words")
    chat.terminal.press("C-g")
    chat.terminal.wait_for("The editor failed")
    assert "› some words" in chat.terminal.screen
