"""Make foreign text safe to show: no title, answer, tool result, file or server error can script or deface a
terminal.

This is the only copy. `sanitize` keeps lines, `sanitize_line` makes one line, `sanitize_chunk` is for a piece of a
stream, and `escape` and `escape_json` keep every character readable instead of dropping it.
"""

import json
import re
import unicodedata
from typing import Final

MARKS_MAX: Final = 8
"""How many combining marks and joiners may follow each other. No script needs as many; a flood covers other lines."""

UNSAFE: Final = re.compile(
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
_SEQUENCES: Final = re.compile(
    rf"(?:\x1b\]|\x9d){_BODY}(?:\x07|\x1b\\|\x9c)"  # a command to the terminal: title, clipboard, link
    rf"|(?:\x1b[PX^_]|[\x90\x98\x9e\x9f]){_BODY}(?:\x1b\\|\x9c)"  # a string for a device
    r"|(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]"  # colours, cursor, modes
    r"|\x1b[ -/]*[0-~]?"
)
_LINE_ENDS: Final = re.compile("\r\n|[\r\x0b\x0c\x85\u2028\u2029]")
_SURROGATES: Final = re.compile("[\ud800-\udfff]")
_SUSPECT: Final = re.compile("[^\t\n -~]")
_JOINERS: Final = "\u200c\u200d"
_MAYBE_MARKS: Final = re.compile(
    "[\u0300-\u2dff\u302a-\u302f\u3099\u309a\ua66f-\uabff\ufb1e\ufe00-\ufe2f"
    f"\U000101fd-\U00011fff\U00013430-\U0001efff\U000e0100-\U000e01ef]{{{MARKS_MAX + 1},}}"
)
"""Runs in which a flood could hide: wide enough for every mark, narrow enough to pass over most letters quickly."""


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
