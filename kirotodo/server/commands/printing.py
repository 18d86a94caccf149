"""The only way out of an operator's command: data to stdout, messages to stderr, all of it made safe for a terminal."""

import json
from typing import Any

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
