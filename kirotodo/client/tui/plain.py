"""Foreign text, of a user, a model or a server, as what Textual shows: what comes out cannot style or script a screen.

Everything foreign goes to the screen as the `Content` made here, or as the `str` that `clean` gives to a widget with
`markup=False`; what has to fit into cells is cut and filled here as well. What is taken out is decided in
`core/text/sanitize`. Behind them stand `SafeText`, through which every line of every widget passes on its way to the
terminal, and `SafeStream`, through which the report of a crash does.
"""

import re
from typing import Final, TextIO

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from textual.color import Color
from textual.content import Content
from textual.filter import LineFilter

from kirotodo.core.text.sanitize import sanitize, sanitize_chunk, sanitize_line

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


def clean(text: str) -> str:
    """Return `text` sanitised, its lines kept, its tabs as spaces."""
    return sanitize(text).expandtabs(4)


def one_line(text: str) -> str:
    """Return `text` sanitised on a single line, with runs of white space as one space."""
    return sanitize_line(text)


def plain(text: str, style: str = "") -> Content:
    """Return `text` as content to be shown as it is, its lines kept."""
    return _styled(clean(text), style)


def line(text: str, style: str = "") -> Content:
    """Return `text` as content of a single line."""
    return _styled(one_line(text), style)


def _styled(text: str, style: str) -> Content:
    text = steady(text)
    return Content.styled(text, style) if style and text else Content(text)


class SafeText(LineFilter):
    """Sanitises rendered lines once more, and fills cells that become free with blanks."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """Return the line with every segment made safe."""
        return [_safe_segment(segment) for segment in segments]


def _safe_segment(segment: Segment) -> Segment:
    text = segment.text
    if text.isprintable() and text.isascii():
        return segment
    safe = sanitize_chunk(text).translate(_BREAKS)
    if safe == text or segment.control:
        return segment
    return Segment(safe + " " * (cell_len(text) - cell_len(safe)), segment.style)


_BREAKS = {ord("\n"): " ", ord("\t"): " "}


class SafeStream:
    """Sanitises what is printed to a stream, so that it can carry no colours either."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        """Print a text, sanitised."""
        self._stream.write(sanitize(text))
        return len(text)

    def flush(self) -> None:
        """Flush the stream."""
        self._stream.flush()

    def isatty(self) -> bool:
        """Return False, so that no colours are printed."""
        return False
