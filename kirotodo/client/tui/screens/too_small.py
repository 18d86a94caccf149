"""The one sentence for a terminal that is too small for anything else."""

from typing import Final

from textual.app import ComposeResult
from textual.geometry import Size
from textual.screen import Screen
from textual.widgets import Static

LEAST: Final = Size(40, 12)


def too_small(size: Size) -> bool:
    return size.width < LEAST.width or size.height < LEAST.height


class TooSmall(Screen[None]):
    """Shown over everything until the terminal has grown; what was typed waits underneath."""

    def compose(self) -> ComposeResult:
        yield Static(
            f"kirotodo needs {LEAST.width} columns and {LEAST.height} lines: make the window larger.", markup=False
        )
