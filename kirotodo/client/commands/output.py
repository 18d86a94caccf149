"""What goes out: data to stdout, narration to stderr, and no text that could script a terminal."""

import json
import re
import shutil
import sys
import unicodedata
from typing import Any, Final

import click

UNSAFE: Final = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f"
    "\u061c\u200e\u200f\u2028-\u202e\u2066-\u206f"
    "\u200b\u2060-\u2065\ufeff\ufff9-\ufffb\U000e0000-\U000e007f"
    "\ud800-\udfff]"
)
"""Control characters but tab and line end, bidi and invisible controls, and halves of surrogate pairs."""

_SEQUENCE: Final = re.compile(
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]"  # CSI
    r"|(?:\x1b[\]PX^_]|[\x9d\x90\x98\x9e\x9f])[^\x07\x1b\x9c]*(?:\x07|\x1b\\|\x9c)?"  # OSC, DCS, SOS, PM, APC
    r"|\x1b[ -/]*[0-~]?"
)


def plain(text: str) -> str:
    """`text` as one line that is safe to print."""
    return " ".join(plain_lines(text).split())


def plain_lines(text: str) -> str:
    """`text` without escape sequences, control and bidi characters; its line ends are kept."""
    return plain_piece(_SEQUENCE.sub("", text).replace("\r\n", "\n"))


def plain_piece(text: str) -> str:
    """A piece of a streamed text, made safe character by character, since a sequence may be cut between pieces."""
    return UNSAFE.sub("", text)


def width(text: str) -> int:
    """The cells that a line takes on a terminal."""
    if text.isascii():
        return len(text)
    return sum(_cells(char) for char in text)


def _cells(char: str) -> int:
    if unicodedata.combining(char) or char in "\u200c\u200d\ufe0e\ufe0f":
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1


def fit(text: str, cells: int) -> str:
    """`text` cut to `cells`, with an ellipsis where something is missing."""
    if width(text) <= cells:
        return text
    kept, room = "", max(cells - 1, 0)
    for char in text:
        room -= _cells(char)
        if room < 0:
            break
        kept += char
    return kept.rstrip() + "…"


def pad(text: str, cells: int) -> str:
    return text + " " * (cells - width(text))


def columns() -> int | None:
    """The width of the terminal on stdout; None where stdout is no terminal, so that nothing is cut in a pipe."""
    if not sys.stdout.isatty():
        return None
    return max(shutil.get_terminal_size().columns, 20)


def mark(glyph: str, instead: str) -> str:
    """`glyph`, or plain letters where stdout cannot write it."""
    try:
        glyph.encode(sys.stdout.encoding or "utf-8")
    except (UnicodeEncodeError, LookupError):
        return instead
    return glyph


def put(text: str = "") -> None:
    """A line of data."""
    click.echo(text)


def say(text: str) -> None:
    """A line of narration, each of its lines made safe."""
    click.echo(plain_lines(text), err=True)


def put_json(value: Any) -> None:
    """A value of the domain as indented JSON."""
    click.echo(to_json(value, indent=2))


def to_json(value: Any, *, indent: int | None = None) -> str:
    """JSON that is readable and yet holds no character a terminal would act on."""
    from pydantic_core import to_jsonable_python

    return escaped_json(json.dumps(to_jsonable_python(value), indent=indent, ensure_ascii=False))


def escaped_json(text: str) -> str:
    """JSON text with its unsafe characters, which only strings can hold, written as `\\u` escapes."""
    return UNSAFE.sub(lambda match: json.dumps(match[0])[1:-1], text)
