"""The chat in a terminal: opening it, saying something and seeing the answer, leaving it, killing it."""

import os
import signal
import time
from typing import Final, Self

from tests.end_to_end.installed_program import InstalledProgram
from tests.end_to_end.terminal import Terminal

READY: Final = "local · built-in"
"""The status chip, once the core is open."""
COMPOSER: Final = "send"
"""In the line of keys below the composer."""


class Chat:
    """`kirotodo chat` in a terminal whose shell waits at its prompt."""

    def __init__(self, terminal: Terminal, program: InstalledProgram) -> None:
        self.terminal = terminal
        self.program = program
        self._pid_file = program.folder / f"chat-{id(self)}.pid"

    def open(self, *options: str) -> Self:
        """Start it and wait until it takes messages."""
        self.start(*options)
        self.terminal.wait_for(lambda screen: "open" in screen and READY[:5] in screen)
        return self

    def start(self, *options: str) -> None:
        """Start it; what comes of that is for the test to see."""
        words = " ".join(["kirotodo", "chat", *options])
        self.terminal.run(f"""sh -c 'echo $$ >{self._pid_file}; exec {words}'""")

    def say(self, text: str, answer: str) -> str:
        """Send a message and wait for words of its answer."""
        self.terminal.say(text)
        time.sleep(0.3)  # as a person would leave: keys in a burst are a paste, which is not sent
        return self.terminal.wait_for(answer)

    def kill(self) -> None:
        """`kill -9`."""
        os.kill(int(self._pid_file.read_text()), signal.SIGKILL)

    def leave(self, *keys: str) -> str:
        """Press the keys that quit, ctrl+q unless others are given, and wait for the shell."""
        self.terminal.press(*(keys or ("C-q",)))
        return self.terminal.wait_for_prompt()

    def wait_for_draft(self, text: str) -> None:
        """Until the draft is on disk."""
        self.terminal.wait_until(lambda: text in self._drafts(), f"{text!r} should be kept as a draft")

    def _drafts(self) -> list[str]:
        return list(self.program.remembered().get("drafts", {}).values())
