"""Prints for the operator's commands: data to stdout, messages to stderr, all of it made safe for a terminal."""

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import click

from kirotodo.core.text.sanitize import escape_json, sanitize


def put(text: str = "") -> None:
    """Print a line of data."""
    click.echo(sanitize(text))


def say(text: str) -> None:
    """Print a message to stderr."""
    click.echo(sanitize(text), err=True)


def put_json(value: Any) -> None:
    """Print a value as indented JSON, in ASCII."""
    from pydantic_core import to_jsonable_python

    click.echo(escape_json(json.dumps(to_jsonable_python(value), indent=2)))


def put_json_line(value: Any) -> None:
    """Print plain values as one line of JSON, in ASCII."""
    click.echo(escape_json(json.dumps(value)))


def prompt_secret(question: str) -> str:
    """Ask for a secret at the terminal and return what was typed."""
    return str(click.prompt(sanitize(question), hide_input=True, err=True))


def confirm(question: str) -> bool:
    """Ask for a yes or no at the terminal."""
    return click.confirm(sanitize(question), err=True)


APPROVAL_NEEDED = 3


def require_yes(question: str, *, yes: bool) -> None:
    """Go on with `--yes` or a y at the terminal; end the command otherwise."""
    if yes:
        return
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        say(f"{question} It needs a yes: give the command again with --yes.")
        raise click.exceptions.Exit(APPROVAL_NEEDED)
    if not confirm(question):
        say("Nothing was changed.")
        raise click.exceptions.Exit(1)


META: Final = "kirotodo.where"


@dataclass(frozen=True, kw_only=True, slots=True)
class Where:
    """`server` is its address, "" for the list of this computer; `trouble` is why it cannot be used, if it cannot."""

    server: str = ""
    user: str = ""
    trouble: str = ""


Looker = Callable[[bool], Where]
"""Finds out where the list is, and asks the server only if its argument is true."""


def where(*, ask: bool) -> Where:
    """Return where the list is, as the command line says it; without one, the local list."""
    look: Looker | None = click.get_current_context().find_root().meta.get(META)
    return look(ask) if look is not None else Where()
