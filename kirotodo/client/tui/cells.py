"""Text in cells: cut or filled to a width, and made of characters whose width every terminal agrees on."""

import re
from typing import Final

from rich.cells import cell_len, set_cell_size

_JOINERS: Final = re.compile("[\u200c\u200d\ufe00-\ufe0f\U0001f3fb-\U0001f3ff]")
"""Joiners, variation selectors and skin tones. Some terminals draw the glyphs they join as one, some side by side."""


def steady(text: str) -> str:
    """Return `text` with joined emoji taken apart, so that every terminal gives it the same width."""
    return text if text.isascii() else _JOINERS.sub("", text)


def cut(text: str, width: int) -> str:
    """Return `text` in at most `width` cells, ending in … where it is cut."""
    if cell_len(text) <= width:
        return text
    return f"{set_cell_size(text, width - 1).rstrip()}…" if width > 1 else "…"[:width]


def fill(text: str, width: int) -> str:
    """Return `text` in exactly `width` cells."""
    return set_cell_size(cut(text, width), width)
