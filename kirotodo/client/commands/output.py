"""What goes out: data to stdout, narration to stderr, and no text that could script a terminal."""

import json
import shutil
import sys
from typing import Any

import click

from kirotodo.core.text.sanitize import escape_json, sanitize


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
    click.echo(sanitize(text), err=True)


def put_json(value: Any) -> None:
    """A value of the domain as indented JSON."""
    click.echo(to_json(value, indent=2))


def to_json(value: Any, *, indent: int | None = None) -> str:
    """JSON that is readable and yet holds no character a terminal would act on."""
    from pydantic_core import to_jsonable_python

    return escape_json(json.dumps(to_jsonable_python(value), indent=indent, ensure_ascii=False))
