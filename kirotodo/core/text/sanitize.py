"""Make foreign text safe to show and to store: no title, answer, tool result, file or server error can script or deface
a terminal, and none fails to be encoded.

This is the only copy. `sanitize` keeps lines, `sanitize_line` makes one line, `sanitize_chunk` is for a piece of a
stream, and `escape` and `escape_json` keep every character readable instead of dropping it.

`well_formed` is for what is stored. Services that cut text by UTF-16 units send a character outside the Basic
Multilingual Plane as two surrogates, often in two pieces; alone they can be neither encoded nor stored. PostgreSQL
stores no NUL, and its JSON no NaN.
"""

import json
import math
import re
import unicodedata
from collections.abc import Mapping
from typing import Any, Final

from kirotodo.core.text.patterns import pattern

MARKS_MAX: Final = 8
"""How many combining marks and joiners may follow each other. No script needs as many; a flood covers other lines."""

UNSAFE: Final = pattern(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f"  # control characters, C0 and C1, but tab and newline
    "\u2028\u2029\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"  # line separators and controls of writing direction
    "\u00ad\u115f\u1160\u17b4\u17b5\u180e\u200b\u2060-\u2065\u206a-\u206f\u3164\ufeff\uffa0\ufff0-\ufffb"  # invisible
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e00ff\U000e01f0-\U000e0fff"
    "\ud800-\udfff]"  # halves of surrogate pairs, which cannot even be encoded
)
"""What a terminal acts on, what shows nothing, and what hides or reorders its neighbours. Joiners and variation
selectors are not among them: emoji and several scripts are spelled with them."""

# A body ends at the next introducer, so that no text costs more than one pass, however many commands it begins.
_BODY: Final = "[^\x07\x1b\x90\x98\x9b-\x9f\n]*"
_SEQUENCES: Final = pattern(
    rf"(?:\x1b\]|\x9d){_BODY}(?:\x07|\x1b\\|\x9c)"  # a command to the terminal: title, clipboard, link
    rf"|(?:\x1b[PX^_]|[\x90\x98\x9e\x9f]){_BODY}(?:\x1b\\|\x9c)"  # a string for a device
    r"|(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]"  # colours, cursor, modes
    r"|\x1b[ -/]*[0-~]?"
)
_LINE_ENDS: Final = pattern("\r\n|[\r\x0b\x0c\x85\u2028\u2029]")
_SURROGATES: Final = pattern("[\ud800-\udfff]")
_SUSPECT: Final = pattern("[^\t\n -~]")
_JOINERS: Final = "\u200c\u200d"
_MAYBE_MARKS: Final = pattern(
    "[\u0300-\u2dff\u302a-\u302f\u3099\u309a\ua66f-\uabff\ufb1e\ufe00-\ufe2f"
    f"\U000101fd-\U00011fff\U00013430-\U0001efff\U000e0100-\U000e01ef]{{{MARKS_MAX + 1},}}"
)
"""Runs in which a flood could hide: wide enough for every mark, narrow enough to pass over most letters quickly."""
NESTED_MAX: Final = 32
"""How deep a value may be nested; no tool takes one deeper than three."""
_BAD: Final = pattern("[\0\ud800-\udfff]")


def sanitize(text: str) -> str:
    """Return `text` without escape sequences, control, direction and invisible characters; any line end is a newline.

    Tabs stay. Halves of surrogate pairs become U+FFFD, so that the result can be encoded.
    """
    if _SUSPECT.search(text) is None:
        return text
    return sanitize_chunk(_LINE_ENDS.sub("\n", _SEQUENCES.sub("", text)))


def sanitize_line(text: str) -> str:
    """Return `text` sanitised on a single line, with runs of white space as one space."""
    return " ".join(sanitize(text).split())


def sanitize_chunk(text: str) -> str:
    """Return a piece of a streamed text, made safe character by character: a sequence may be cut between pieces."""
    if _SUSPECT.search(text) is None:
        return text
    return _MAYBE_MARKS.sub(_without_flood, UNSAFE.sub("", _SURROGATES.sub("\ufffd", text)))


def escape(text: str) -> str:
    r"""Return `text` with every unsafe character written out, such as `\x1b` or `\u202e`. Tab and newline stay."""
    return UNSAFE.sub(lambda match: match[0].encode("unicode_escape").decode("ascii"), text)


def escape_json(text: str) -> str:
    r"""Return JSON text with its unsafe characters, which only strings can hold, as `\u` escapes: the same value."""
    return UNSAFE.sub(lambda match: json.dumps(match[0])[1:-1], text)


def _without_flood(run: re.Match[str]) -> str:
    kept: list[str] = []
    marks = 0
    for char in run[0]:
        marks = marks + 1 if char in _JOINERS or unicodedata.category(char) in ("Mn", "Me", "Mc") else 0
        if marks <= MARKS_MAX:
            kept.append(char)
    return "".join(kept)


def well_formed(text: str) -> str:
    """Return `text` with surrogate pairs joined, lone surrogates replaced by U+FFFD, and NULs left out."""
    if _BAD.search(text) is None:
        return text
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace").replace("\0", "")


def well_formed_value(value: Any, *, depth: int = NESTED_MAX) -> Any:
    """Return a JSON value with every text in it, names included, well formed, and NaN and infinities as text.

    Raise `ValueError` where it is nested too deep to be stored.
    """
    match value:
        case str():
            return well_formed(value)
        case Mapping() | list() | tuple() if not depth:
            raise ValueError("nested too deep")
        case Mapping():
            return {well_formed(str(name)): well_formed_value(item, depth=depth - 1) for name, item in value.items()}
        case list() | tuple():
            return [well_formed_value(item, depth=depth - 1) for item in value]
        case float() if not math.isfinite(value):
            return str(value)
        case _:
            return value


class SurrogateJoiner:
    """Joins surrogate pairs that were cut apart between two pieces of one text."""

    def __init__(self) -> None:
        self._held = ""

    def feed(self, text: str) -> str:
        """Return what can be shown by now; a high surrogate at the end waits for its other half."""
        if self._held:
            text, self._held = self._held + text, ""
        if text and "\ud800" <= text[-1] <= "\udbff":
            text, self._held = text[:-1], text[-1]
        return well_formed(text)

    def finish(self) -> str:
        """Return what is left of a surrogate whose other half never came."""
        held, self._held = self._held, ""
        return well_formed(held)
