"""No text can hurt the terminal, whoever wrote it."""

import json

import pytest

from tests.end_to_end.chat import Chat
from tests.end_to_end.program import Program

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


def test_the_chat_shows_hostile_titles_and_lives_on(chat: Chat, program: Program) -> None:
    drafts = [{"title": title} for title in HOSTILE.values() if "\x1b" not in title and "\u202e" not in title]
    program.do("import", "-", "--format", "json", piped=json.dumps(drafts))
    chat.terminal.wait_for(f"{len(drafts)} open")
    chat.terminal.wait_for("pay [/] rent")
    chat.say("show me all my tasks", "[bold red]x[/bold red] y")
    chat.terminal.press("C-t", "C-t", "F1")
    chat.terminal.wait_for("Writing a message")
    chat.terminal.press("Escape")
    chat.say("delete pay [/] rent", f"{len(drafts) - 1} open")
    chat.leave()


@pytest.mark.parametrize("title", HOSTILE.values(), ids=HOSTILE)
def test_no_command_prints_what_a_terminal_acts_on(title: str, program: Program) -> None:
    added = program.run("add", title)
    said = program.run("ask", f"add {title}")
    shown = [program.run(*command) for command in (["list"], ["list", "--json"], ["show", "1"], ["export"])]
    for done in (added, said, *shown):
        output = done.stdout + done.stderr
        assert "Traceback" not in output
        assert not [hex(ord(char)) for char in output if (ord(char) < 32 and char != "\n") or char in "\x7f\x9b\u202e"]
