"""Copying a text so that it arrives: a tool of the system, else the terminal itself (OSC 52), else a file.

No widget here. A terminal never says whether it took a text, so what is asked first is what does.
"""

import asyncio
import base64
import contextlib
import shutil
import sys
from collections.abc import Awaitable, Callable, Iterator, Mapping
from pathlib import Path
from typing import Final

from kirotodo.core.lazy_dataclasses import dataclass
from kirotodo.core.text.files import atomic_write

OSC52_MAX: Final = 74_994
"""Bytes of text that terminals take at most: they cut an escape sequence at 100,000 bytes, and base64 adds a third."""
TOOL_TIME: Final = 2.0
"""Seconds for a tool to take a text."""
FILE: Final = "copied.txt"


@dataclass(frozen=True, kw_only=True, slots=True)
class Tool:
    """A command that takes a text on its standard input."""

    command: tuple[str, ...]
    encoding: str = "utf-8"


def tools(environ: Mapping[str, str], platform: str = sys.platform) -> Iterator[Tool]:
    """Yield the tools that reach the clipboard of whoever sits at the terminal, best first.

    Over ssh those of this machine don't, unless an X display is forwarded. tmux passes a text on to its terminal.
    """
    remote = "SSH_CONNECTION" in environ or "SSH_TTY" in environ
    if not remote:
        if platform == "darwin":
            yield Tool(command=("pbcopy",))
        if "WAYLAND_DISPLAY" in environ:
            yield Tool(command=("wl-copy",))
    if "DISPLAY" in environ:
        yield Tool(command=("xclip", "-selection", "clipboard"))
        yield Tool(command=("xsel", "--clipboard", "--input"))
    if not remote and ("WSL_DISTRO_NAME" in environ or platform == "win32"):
        yield Tool(command=("clip.exe",), encoding="utf-16")
    if "TMUX" in environ:
        yield Tool(command=("tmux", "load-buffer", "-w", "-"))


def osc52(text: str, environ: Mapping[str, str]) -> str:
    """Return the sequence that asks the terminal to copy, wrapped for a multiplexer that stands between."""
    sequence = f"\x1b]52;c;{base64.b64encode(text.encode()).decode()}\x07"
    if "TMUX" in environ:
        return f"{sequence}\x1bPtmux;{sequence.replace(chr(27), chr(27) * 2)}\x1b\\"
    if "STY" in environ:
        return f"\x1bP{sequence}\x1b\\"
    return sequence


async def run_tool(tool: Tool, text: str) -> bool:
    """Give a text to a tool. Return whether it took it."""
    if shutil.which(tool.command[0]) is None:
        return False
    try:
        process = await asyncio.create_subprocess_exec(
            *tool.command,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
            start_new_session=True,  # some stay to serve the text, and outlive this program
        )
    except OSError:
        return False
    try:
        await asyncio.wait_for(process.communicate(text.encode(tool.encoding)), TOOL_TIME)
    except (TimeoutError, OSError):
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        return False
    return process.returncode == 0


@dataclass(frozen=True, kw_only=True, slots=True)
class Clipboard:
    """Copies with what there is. `write` sends a sequence to the terminal, None where there is none; `folder` is where
    a text goes that nothing else takes; `at_terminal` says that this machine's tools are the user's own."""

    environ: Mapping[str, str]
    write: Callable[[str], object] | None
    folder: Path | None
    at_terminal: bool = True
    run: Callable[[Tool, str], Awaitable[bool]] = run_tool

    async def copy(self, text: str) -> str:
        """Copy a text and return a sentence that says how, or that it could not be copied."""
        amount = _amount(text)
        if self.at_terminal:
            for tool in tools(self.environ):
                if await self.run(tool, text):
                    return f"Copied {amount} with {tool.command[0]}."
        if self.write is not None and len(text.encode()) <= OSC52_MAX:
            self.write(osc52(text, self.environ))
            return f"Copied {amount} through the terminal (OSC 52)."
        return self._to_file(text, amount)

    def _to_file(self, text: str, amount: str) -> str:
        if self.folder is None:
            return f"{amount} could not be copied: there is no clipboard tool, and it is too long for the terminal."
        path = self.folder / FILE
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            atomic_write(path, text.encode())
        except OSError as error:
            return f"{amount} could not be copied, nor saved in {path} ({error.strerror or error})."
        return f"Saved {amount} in {path}: too long for the terminal, and there is no clipboard tool."


def _amount(text: str) -> str:
    lines = text.count("\n") + 1
    return f"{lines:,} lines" if lines > 1 else f"{len(text):,} character{'' if len(text) == 1 else 's'}"
