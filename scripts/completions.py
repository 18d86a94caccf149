"""`make completions`: write the table of commands and options that the shell's completion is answered from."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
from click.types import BoolParamType, FloatRange, IntRange, StringParamType

from kirotodo.cli import command_group
from kirotodo.client.commands.shell_completion import TABLE

PLAIN = (StringParamType, BoolParamType, IntRange, FloatRange, type(click.INT), type(click.FLOAT))
"""Types of arguments for which click has no completions."""


def table() -> dict[str, Any]:
    """Return for each command, by the words that lead to it, its options, its commands and whether click knows more."""
    root = command_group()
    return dict(_rows("", root, click.Context(root, info_name="kirotodo", **root.context_settings)))


def _rows(path: str, command: click.Command, context: click.Context) -> Iterator[tuple[str, dict[str, Any]]]:
    parameters = command.get_params(context)
    row: dict[str, Any] = {"options": _options(parameters)}
    arguments = [each for each in parameters if isinstance(each, click.Argument)]
    row["plain"] = all(type(each.type) in PLAIN and each._custom_shell_complete is None for each in arguments)
    if not isinstance(command, click.Group):
        yield path, row
        return
    known = {name: command.get_command(context, name) for name in command.list_commands(context)}
    below = {name: each for name, each in known.items() if each is not None and not each.hidden}
    yield path, {**row, "commands": {name: each.get_short_help_str() for name, each in below.items()}}
    for name, each in below.items():
        inner = click.Context(each, info_name=name, parent=context, **each.context_settings)
        yield from _rows(f"{path} {name}".strip(), each, inner)


def _options(parameters: list[click.Parameter]) -> dict[str, Any]:
    rows: dict[str, Any] = {}
    for each in parameters:
        if isinstance(each, click.Option):
            names = [*each.opts, *each.secondary_opts]
            values = 0 if each.is_flag or each.count else each.nargs
            row = {"names": names, "values": values, "multiple": each.multiple, "shown": not each.hidden}
            rows |= {name: {**row, "help": each.help or ""} for name in names}
    return rows


def written() -> str:
    """Return what the file should hold, a command a line."""
    lines = ",\n".join(f"{json.dumps(path)}: {json.dumps(row)}" for path, row in table().items())
    return f"{{\n{lines}\n}}\n"


def main() -> None:
    """Write the file."""
    Path(TABLE).write_text(written())


if __name__ == "__main__":
    main()
