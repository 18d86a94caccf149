"""Copying goes to a tool, else to the terminal, else into a file, and the sentence says which."""

import base64
from collections.abc import Mapping
from pathlib import Path

import pytest

from kirotodo.client.testing.script import say
from kirotodo.client.tui.clipboard import OSC52_MAX, Clipboard, Tool, osc52, run_tool, tools
from kirotodo.client.tui.markdown import code_blocks
from tests.client.tui.chat_host import backend_of, chatting


class Terminal:
    """Keeps what is written, and has the tools that are named."""

    def __init__(self, *there: str) -> None:
        self.written: list[str] = []
        self.given: list[tuple[str, str]] = []
        self._there = there

    async def run(self, tool: Tool, text: str) -> bool:
        self.given.append((tool.command[0], text))
        return tool.command[0] in self._there

    def clipboard(self, folder: Path | None = None, *, at_terminal: bool = True, **environ: str) -> Clipboard:
        return Clipboard(
            environ=environ, write=self.written.append, folder=folder, at_terminal=at_terminal, run=self.run
        )


@pytest.mark.parametrize(
    ("environ", "platform", "commands"),
    [
        ({}, "linux", []),
        ({"WAYLAND_DISPLAY": "w", "DISPLAY": ":0"}, "linux", ["wl-copy", "xclip", "xsel"]),
        ({"DISPLAY": ":0", "TMUX": "x"}, "linux", ["xclip", "xsel", "tmux"]),
        ({}, "darwin", ["pbcopy"]),
        ({"WSL_DISTRO_NAME": "Ubuntu"}, "linux", ["clip.exe"]),
        ({"SSH_CONNECTION": "x", "WAYLAND_DISPLAY": "w"}, "linux", []),
        ({"SSH_TTY": "x", "DISPLAY": "localhost:10"}, "linux", ["xclip", "xsel"]),
        ({"SSH_CONNECTION": "x"}, "darwin", []),
        ({"SSH_CONNECTION": "x", "TMUX": "x"}, "linux", ["tmux"]),
    ],
)
def test_tools_are_those_of_whoever_sits_at_the_terminal(
    environ: Mapping[str, str], platform: str, commands: list[str]
) -> None:
    assert [tool.command[0] for tool in tools(environ, platform)] == commands


async def test_the_first_tool_that_takes_it_is_named() -> None:
    terminal = Terminal("xsel")
    sentence = await terminal.clipboard(WAYLAND_DISPLAY="w", DISPLAY=":0").copy("milk")
    assert sentence == "Copied 4 characters with xsel."
    assert terminal.given[-1] == ("xsel", "milk")
    assert terminal.written == []


async def test_without_a_tool_the_terminal_is_asked() -> None:
    terminal = Terminal()
    assert await terminal.clipboard().copy("a\nb") == "Copied 2 lines through the terminal (OSC 52)."
    assert terminal.written == ["\x1b]52;c;" + base64.b64encode(b"a\nb").decode() + "\x07"]


async def test_what_is_too_long_for_the_terminal_goes_into_a_file(tmp_path: Path) -> None:
    terminal, text = Terminal(), "é" * (OSC52_MAX // 2 + 1)
    sentence = await terminal.clipboard(tmp_path / "new").copy(text)
    assert str(tmp_path / "new" / "copied.txt") in sentence
    assert (tmp_path / "new" / "copied.txt").read_text(encoding="utf-8") == text
    assert terminal.written == []
    assert "could not be copied" in await terminal.clipboard(None).copy(text)


async def test_in_a_browser_no_tool_of_the_server_is_used() -> None:
    terminal = Terminal("xclip")
    await terminal.clipboard(at_terminal=False, DISPLAY=":0").copy("x")
    assert terminal.given == []
    assert len(terminal.written) == 1


def test_tmux_and_screen_get_the_sequence_wrapped() -> None:
    plain = osc52("x", {})
    assert osc52("x", {"TMUX": "1"}) == plain + "\x1bPtmux;\x1b" + plain + "\x1b\\"
    assert osc52("x", {"STY": "1"}) == f"\x1bP{plain}\x1b\\"


async def test_a_real_tool_gets_the_text_and_a_failing_one_does_not_count(tmp_path: Path) -> None:
    target = tmp_path / "clip"
    assert await run_tool(Tool(command=("sh", "-c", f"cat > {target}")), "grüße")
    assert target.read_text(encoding="utf-8") == "grüße"
    assert not await run_tool(Tool(command=("false",)), "x")
    assert not await run_tool(Tool(command=("no-such-tool-anywhere",)), "x")


ANSWER = "Two ways:\n\n```sh\nmake chat\n```\n\nor\n\n```\nmake serve\nmake web\n```\n"


async def test_y_copies_the_message_and_capital_y_its_code_blocks_in_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    copied: list[str] = []

    async def copy(self: Clipboard, text: str) -> str:
        copied.append(text)
        return "Copied."

    monkeypatch.setattr(Clipboard, "copy", copy)
    async with chatting(backend_of([say(ANSWER)]), size=(100, 30)) as chat:
        await chat.say("/copy")
        await chat.until(lambda: "There is no answer to copy yet." in chat.toasts())
        await chat.say("how do I start it?")
        await chat.idle()
        await chat.press("tab", "y", "Y", "Y", "up", "y", "Y")
        await chat.until(lambda: "This message has no code block." in chat.toasts())
        assert copied == [ANSWER.strip(), "make chat", "make serve\nmake web", "how do I start it?"]
        await chat.press("i")
        await chat.say("/copy")
        await chat.until(lambda: copied[-1] == ANSWER.strip())
        await chat.press("f12")
        await chat.until(lambda: any("f12 gives it back" in toast for toast in chat.toasts()))


def test_code_blocks_end_at_their_own_fence_or_with_the_text() -> None:
    assert code_blocks("````\n```\nx\n```\n````\n~~~\nopen") == ["```\nx\n```", "open"]
    assert code_blocks("no `code` here") == []
