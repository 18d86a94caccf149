"""A real terminal with a shell in it, that tests type into and look at: tmux, which is there on every system.

Nothing here sleeps for a time it hopes is enough: a test waits for what it wants to see, up to a deadline.
"""

import re
import shlex
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final, Literal

PATIENCE: Final = 60.0
"""Seconds until what was waited for counts as never coming; a busy machine may need many."""
GLANCE: Final = 0.03
GLANCE_MAX: Final = 0.3
"""Seconds between two looks, the first and later ones: each starts a process, and slows down what is waited for."""
PROMPT: Final = "shell> "
HOW_TO_GET_TMUX: Final = "tmux is not installed: `apt-get install tmux` or `brew install tmux` runs these tests"

Mode = Literal["alternate screen", "hidden cursor", "mouse", "application keys", "application keypad"]
_MODES: Final[Mapping[str, tuple[Mode, str]]] = {
    "alternate_on": ("alternate screen", "1"),
    "cursor_flag": ("hidden cursor", "0"),
    "mouse_any_flag": ("mouse", "1"),
    "keypad_cursor_flag": ("application keys", "1"),
    "keypad_flag": ("application keypad", "1"),
}


def tmux_is_there() -> bool:
    return shutil.which("tmux") is not None


class Terminal:
    """A terminal of `columns` × `lines` with a plain shell in `folder`, which sees `environment` and nothing else."""

    def __init__(self, folder: Path, environment: Mapping[str, str], *, columns: int = 120, lines: int = 40) -> None:
        self.folder = folder
        self._sockets = tempfile.mkdtemp(prefix="kt-")  # a socket's path may have 100 characters, no more
        variables = [f"{name}={value}" for name, value in environment.items()]
        shell = ["env", "-i", *variables, f"PS1={PROMPT}", "TERM=tmux-256color", "sh"]
        self._tmux(
            *("-f", "/dev/null", "new-session", "-d", "-x", str(columns), "-y", str(lines), "-c", str(folder)),
            shlex.join(shell),
            *(";", "set", "-g", "status", "off", ";", "set", "-s", "escape-time", "0"),
            *(";", "set", "-g", "window-size", "manual", ";", "resize-window", "-x", str(columns), "-y", str(lines)),
        )
        self.wait_for(PROMPT.strip())

    def close(self) -> None:
        """The shell and what runs in it are hung up on."""
        subprocess.run(self._command("kill-server"), capture_output=True, check=False)
        shutil.rmtree(self._sockets, ignore_errors=True)

    # --- hands ---

    def type(self, text: str) -> None:
        """Key after key."""
        self._tmux("send-keys", "-l", "--", text)

    def press(self, *keys: str) -> None:
        """Keys by tmux's names: `Enter`, `C-j`, `Escape`, `F1`."""
        self._tmux("send-keys", *keys)

    def say(self, text: str) -> None:
        self.type(text)
        self.press("Enter")

    def paste(self, text: str) -> None:
        """As a terminal pastes: in brackets, if the program asked for them."""
        self._tmux("set-buffer", "--", text)
        self._tmux("paste-buffer", "-p", "-r")

    def resize(self, columns: int, lines: int) -> None:
        self._tmux("resize-window", "-x", str(columns), "-y", str(lines))

    def run(self, command: str) -> None:
        """A command for the shell."""
        self.say(command)

    # --- eyes ---

    @property
    def screen(self) -> str:
        """What stands on the screen, each line without its trailing blanks."""
        return self._tmux("capture-pane", "-p").rstrip("\n")

    @property
    def lines(self) -> list[str]:
        return self.screen.split("\n")

    def coloured(self) -> list[str]:
        """The escape sequences on the screen that set a colour."""
        styles = re.findall(r"\x1b\[([0-9;]*)m", self._tmux("capture-pane", "-p", "-e"))
        return [style for style in styles if re.search(r"(?:^|;)(?:[34][0-8]|9[0-7]|10[0-7])(?:;|$)", style)]

    def painted(self, text: str) -> str:
        """The first line that holds the text, with its colours; "" where none does."""
        for line in self._tmux("capture-pane", "-p", "-e").split("\n"):
            if text in re.sub(r"\x1b\[[0-9;]*m", "", line):
                return line
        return ""

    def left_on(self) -> set[Mode]:
        """The modes that a program switched on and a shell does not want."""
        flags = self._tmux("display-message", "-p", " ".join(f"#{{{flag}}}" for flag in _MODES)).split()
        return {mode for (mode, on), flag in zip(_MODES.values(), flags, strict=True) if flag == on}

    def wait_for(self, wanted: "str | Callable[[str], bool]", *, patience: float = PATIENCE) -> str:
        """The screen, as soon as it holds the text or satisfies the predicate."""
        holds = (lambda screen: wanted in screen) if isinstance(wanted, str) else wanted
        return self.wait_until(lambda: holds(self.screen), f"wanted {wanted!r}", patience=patience)

    def wait_gone(self, unwanted: str) -> str:
        return self.wait_until(lambda: unwanted not in self.screen, f"{unwanted!r} should have gone")

    def wait_for_prompt(self) -> str:
        """The shell is back, with its prompt on the last line that holds anything."""
        return self.wait_until(lambda: self.screen.endswith(PROMPT.strip()), "the shell's prompt should be back")

    def wait_until(self, holds: Callable[[], bool], otherwise: str, *, patience: float = PATIENCE) -> str:
        """The screen, as soon as `holds`."""
        deadline, pause = time.monotonic() + patience, GLANCE
        while not holds():
            if time.monotonic() > deadline:
                raise AssertionError(f"{otherwise}; after {patience:.0f} s the screen was:\n{self.screen}")
            time.sleep(pause)
            pause = min(1.3 * pause, GLANCE_MAX)
        return self.screen

    # --- within ---

    def _command(self, *arguments: str) -> list[str]:
        return ["tmux", "-u", "-S", f"{self._sockets}/s", *arguments]

    def _tmux(self, *arguments: str) -> str:
        done = subprocess.run(self._command(*arguments), capture_output=True, text=True, encoding="utf-8", check=False)
        assert done.returncode == 0, f"tmux {arguments[0]}: {done.stderr}"
        return done.stdout
