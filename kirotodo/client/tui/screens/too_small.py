"""The screen for a terminal that is too small for anything else."""

from typing import Final

from textual.app import ComposeResult
from textual.geometry import Size
from textual.screen import Screen
from textual.widgets import Static

LEAST: Final = Size(40, 12)


def too_small(size: Size) -> bool:
    """Return whether this size has no room for the chat."""
    return size.width < LEAST.width or size.height < LEAST.height


class TooSmall(Screen[None]):
    """Covers everything until the terminal has grown; what was typed waits underneath."""

    def compose(self) -> ComposeResult:
        """Yield the one sentence."""
        yield Static(
            f"kirotodo needs {LEAST.width} columns and {LEAST.height} lines. Make the window larger.", markup=False
        )
