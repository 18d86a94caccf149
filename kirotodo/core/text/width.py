"""Measure, cut and pad text by the cells that it takes on a terminal.

It uses the tables of Python: `wcwidth` and `rich` agree with them (a test compares all of Unicode) and take 15 to 35
milliseconds to import, which is as much as a short command may take to start.
"""

import unicodedata
from typing import Final

_ZERO: Final = ("Mn", "Me", "Mc", "Cf")
"""Categories of characters that are drawn on their neighbours, or not at all."""


def width(text: str) -> int:
    """Return the cells that a sanitised line takes."""
    if text.isascii():
        return len(text)
    return sum(_cells(char) for char in text)


def _cells(char: str) -> int:
    if char.isascii():
        return 1
    # The vowels and finals of conjoining Hangul are drawn into the block of their first letter.
    if unicodedata.category(char) in _ZERO or "\u1160" <= char <= "\u11ff" or "\ud7b0" <= char <= "\ud7fb":
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1


def fit(text: str, cells: int) -> str:
    """Return `text` cut to `cells`, with an ellipsis where something is missing."""
    if width(text) <= cells:
        return text
    kept: list[str] = []
    room = max(cells - 1, 0)
    for char in text:
        room -= _cells(char)
        if room < 0:
            break
        kept.append(char)
    return "".join(kept).rstrip() + "…"


def pad(text: str, cells: int) -> str:
    """Return `text` filled with spaces to `cells`."""
    return text + " " * (cells - width(text))
