"""What the operator's commands print: JSON, and text that no terminal acts on."""

import json
from typing import Any

import click


def put_json(value: Any) -> None:
    from pydantic_core import to_jsonable_python

    click.echo(json.dumps(to_jsonable_python(value), indent=2))


def printable(text: str) -> str:
    """`text` as one line that is safe to print."""
    return "".join(char if char.isprintable() else "?" for char in text)
