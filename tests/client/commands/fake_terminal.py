"""Runs a command on a terminal that keeps its bytes, and refuses every byte that the terminal would act on."""

import io
import re
from contextlib import redirect_stderr, redirect_stdout
from typing import Final

from kirotodo.cli import command_group
from kirotodo.client.commands.context import Session
from kirotodo.core.text.sanitize import UNSAFE

OUR_STYLES: Final = re.compile(r"\x1b\[(?:0|1|2|31)m")
"""What `Styled` becomes. The poison holds others."""


class Terminal(io.TextIOWrapper):
    """A stream that says it is one, and keeps the bytes it was given."""

    def __init__(self) -> None:
        self.bytes = io.BytesIO()
        super().__init__(self.bytes, encoding="utf-8", errors="replace", write_through=True, newline="")

    def isatty(self) -> bool:
        return True


def on_terminal(*args: str, session: Session | None = None) -> tuple[str, int]:
    """What reached the terminal, without our own styles, and the exit code."""
    terminal = Terminal()
    code = 0
    with redirect_stdout(terminal), redirect_stderr(terminal):
        try:
            command_group().main(list(args), obj=session)
        except SystemExit as ended:
            code = ended.code if isinstance(ended.code, int) else 0
    terminal.flush()
    return OUR_STYLES.sub("", terminal.bytes.getvalue().decode()), code


def assert_safe(shown: str) -> None:
    found = UNSAFE.search(shown)
    assert found is None, f"{found[0]!r} in {shown[max(0, found.start() - 60) : found.end() + 60]!r}"
    assert "went wrong inside" not in shown
