"""No text can hurt the terminal, whoever wrote it."""

import json

import pytest

from tests.end_to_end.chat import Chat
from tests.end_to_end.installed_program import InstalledProgram

pytestmark = [pytest.mark.terminal, pytest.mark.slow]

HOSTILE = {
    "markup": "pay [/] rent",
    "style": "[bold red]x[/bold red] y",
    "title sequence": "quiet \x1b]0;evil\x07 words",
    "clear screen": "wipe \x1b[2J\x1b[H out",
    "bidi": "pay \u202etner\u202c now",
    "emoji": "feed 🐈‍⬛ and 👩‍👩‍👧‍👦",
    "wide": "漢" * 200,
    "right to left": "לקנות חלב היום",
    "backslashes": "C:\\new\\table \\[x]",
    "markdown": "**bold** `code` [link](javascript:alert(1)) | table",
}


def test_the_chat_shows_hostile_titles_and_lives_on(chat: Chat, program: InstalledProgram) -> None:
    drafts = [{"title": title} for title in HOSTILE.values() if "\x1b" not in title and "\u202e" not in title]
    program.do("import", "-", "--format", "json", piped=json.dumps(drafts))
    chat.terminal.wait_for(f"{len(drafts)} open")
    chat.terminal.wait_for("pay [/] rent")
    chat.say("show me all my tasks", "[bold red]x[/bold red] y")
    chat.terminal.press("F1")
    chat.terminal.wait_for("Writing a message")
    chat.terminal.press("Escape")
    chat.terminal.wait_gone("Writing a message")
    chat.say("delete pay [/] rent", f"{len(drafts) - 1} open")
    chat.leave()


def test_no_command_prints_what_a_terminal_acts_on(program: InstalledProgram) -> None:
    wrote = program.run_each(
        *(["add", title] for title in HOSTILE.values()),
        ["ask", f"add {HOSTILE['title sequence']}"],
        ["ask", HOSTILE["bidi"]],
    )
    read = program.run_each(
        ["list"], ["list", "--json"], ["search", "words"], ["show", "2"], ["export"], ["conversations"]
    )
    assert [each.stderr for each in read if each.returncode] == []
    for output in (each.stdout + each.stderr for each in wrote + read):
        assert "Traceback" not in output
        assert not [hex(ord(char)) for char in output if (ord(char) < 32 and char != "\n") or char in "\x7f\x9b\u202e"]
    assert {"pay [/] rent", "[bold red]x[/bold red] y", "漢" * 200} <= set(program.titles())
