"""The only way out of a command: data to stdout, messages to stderr, and no text that could script a terminal.

Whatever is printed is sanitised here, so that no caller can forget to; `tests/test_output_edge.py` refuses any other
way out. Styles are `Styled` pieces, which become escape sequences only after their text was made safe.
"""

import json
import sys
from typing import Any, Final, Self, TypeAlias

import click

from kirotodo.core.errors import FilterError
from kirotodo.core.lazy_dataclasses import dataclass
from kirotodo.core.text.sanitize import escape, escape_json, sanitize, sanitize_chunk, sanitize_line
from kirotodo.core.text.width import width as cells

PROGRESS_FROM: Final = 200
PROGRESS_CELLS: Final = 30


@dataclass(frozen=True, slots=True)
class Styled:
    """A piece of a line with a style."""

    text: str
    bold: bool = False
    dim: bool = False
    fg: str | None = None


Piece: TypeAlias = str | Styled
Line: TypeAlias = tuple[Piece, ...]


def columns() -> int | None:
    """Return the width of the terminal on stdout; None where it is no terminal, so that nothing is cut in a pipe."""
    if not sys.stdout.isatty():
        return None
    import shutil

    return max(shutil.get_terminal_size().columns, 20)


def mark(glyph: str, instead: str) -> str:
    """Return `glyph`, or plain letters where stdout cannot write it."""
    try:
        glyph.encode(sys.stdout.encoding or "utf-8")
    except (UnicodeEncodeError, LookupError):
        return instead
    return glyph


def put(*pieces: Piece) -> None:
    """Print a line of data, made of pieces."""
    click.echo("".join(_safe(piece) for piece in pieces))


def put_chunk(text: str) -> str:
    """Print a piece of a text that is still coming, at once. Return what was printed of it."""
    safe = sanitize_chunk(text)
    if safe:
        click.echo(safe, nl=False)
        sys.stdout.flush()
    return safe


def put_document(text: str) -> None:
    """Print a whole document: as it is into a pipe or a file, with everything unsafe written out on a terminal."""
    click.echo(escape(text) if sys.stdout.isatty() else text, nl=False)


def put_json(value: Any) -> None:
    """Print a value of the domain as indented JSON."""
    click.echo(to_json(value, indent=2))


def put_json_line(text: str) -> None:
    """Print JSON that was encoded elsewhere, at once."""
    click.echo(escape_json(text))
    sys.stdout.flush()


def say(text: str = "", *, end: str = "\n") -> None:
    """Print a message to stderr, each of its lines made safe."""
    click.echo(sanitize(text) + end, err=True, nl=False)


class Progress:
    """A bar on the terminal for what takes long: `total` steps, of which `reach` says how many are done.

    Nothing is drawn where stderr is no terminal, nor for less than `PROGRESS_FROM` steps.
    """

    def __init__(self, what: str, total: int) -> None:
        self._what = what
        self._total = total
        self._is_drawn = total >= PROGRESS_FROM and sys.stderr.isatty()
        self._percent = -1

    def __enter__(self) -> Self:
        self.reach(0)
        return self

    def reach(self, done: int) -> None:
        """Draw the bar as of so many steps."""
        percent = 100 * min(done, self._total) // max(self._total, 1)
        if not self._is_drawn or percent == self._percent:
            return
        self._percent = percent
        full = percent * PROGRESS_CELLS // 100
        bar = mark("█", "#") * full + mark("░", ".") * (PROGRESS_CELLS - full)
        sys.stderr.write(f"\r{sanitize_line(self._what)}  {bar} {percent:3}% of {self._total:,}")
        sys.stderr.flush()

    def __exit__(self, *_: object) -> None:
        if self._is_drawn:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()


def ring_bell() -> None:
    """Ring the bell of the terminal on stderr, if it is one."""
    if sys.stderr.isatty():
        sys.stderr.write("\a")
        sys.stderr.flush()


def pointed_out(error: FilterError, *, width: int = 76) -> tuple[str, str]:
    """Return the filter, as far as a line takes it, and a line with a caret under the place where it can't be read."""
    start = max(0, error.position - width // 2)
    before = sanitize_line(error.text[start : error.position])
    after = sanitize_line(error.text[error.position : start + width])
    if error.text[start : error.position].endswith(" "):
        before += " "  # which a sanitized line doesn't end with
    return f"  {before}{after}", f"  {' ' * cells(before)}^"


def prompt(
    question: str, *, default: str = "", secret: bool = False, twice: bool = False, optional: bool = False
) -> str:
    """Ask at the terminal and return what was typed; an empty answer is asked about again unless `optional`."""
    shown = sanitize(default)
    return str(
        click.prompt(
            sanitize(question),
            default=shown if shown or optional else None,
            show_default=bool(shown),
            hide_input=secret,
            confirmation_prompt=twice,
            err=True,
        )
    )


def to_json(value: Any, *, indent: int | None = None) -> str:
    """Return JSON that is readable and yet holds no character a terminal would act on."""
    import msgspec

    return escape_json(json.dumps(msgspec.to_builtins(value), indent=indent, ensure_ascii=False))


def _safe(piece: Piece) -> str:
    if isinstance(piece, str):
        return sanitize(piece)
    return click.style(sanitize(piece.text), bold=piece.bold or None, dim=piece.dim or None, fg=piece.fg)
