"""Signals and the editor: the terminal is left clean, nothing typed is lost, what was sent is done once."""

import os
import signal
from functools import partial
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


def test_ctrl_z_suspends_and_fg_brings_back_the_screen_and_the_draft(
    program: InstalledProgram, open_terminal: OpenTerminal
) -> None:
    chat = Chat(open_terminal(), program).open()
    chat.say("add milk", "1 open")
    for typed, draft in (("one draft", "one draft"), (" more", "one draft more")):
        chat.terminal.type(typed)
        before = chat.terminal.wait_for(draft)
        chat.terminal.press("C-z")
        chat.terminal.wait_for_prompt()
        assert not chat.terminal.left_on()
        chat.wait_for_draft(draft)
        chat.terminal.say("echo $((40 + 2)) of the shell")
        chat.terminal.wait_for("42 of the shell")
        chat.terminal.run("fg")
        chat.terminal.wait_until(partial(_same, chat, before), "the chat should be back as it was")
        assert "alternate screen" in chat.terminal.left_on()
    chat.terminal.press("C-_")
    chat.terminal.wait_gone("draft more")
    chat.leave()
    assert not chat.terminal.left_on()


def test_ctrl_z_suspends_from_the_fields_of_a_dialog_too(
    program: InstalledProgram, open_terminal: OpenTerminal
) -> None:
    chat = Chat(open_terminal(), program).open()
    chat.say("add milk", "1 open")
    chat.terminal.press("BTab")
    chat.terminal.wait_for("p priority")
    chat.terminal.press("Enter")
    chat.terminal.wait_for("enter save")
    for keys, shown in ((("x",), "Before: title: milk"), (("Tab", "half a note"), "due: empty")):
        chat.terminal.press(*keys)
        before = chat.terminal.wait_for(shown)  # which comes after what was typed
        chat.terminal.press("C-z")
        chat.terminal.wait_for_prompt()
        assert not chat.terminal.left_on()
        chat.terminal.run("fg")
        chat.terminal.wait_until(partial(_same, chat, before), "the dialog should be back as it was")


def _same(chat: Chat, before: str) -> bool:
    return chat.terminal.screen == before


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
