"""What the operator's commands print."""

import json
from typing import Any

import click


def put_json(value: Any) -> None:
    from pydantic_core import to_jsonable_python

    click.echo(json.dumps(to_jsonable_python(value), indent=2))
