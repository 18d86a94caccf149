"""Which list a command acts on, and by which settings: `--local`, `--server` and `--env-file`, before the command or
after it."""

from typing import Any, Final

import click

from kirotodo.client.asked import Asked

_META: Final = "kirotodo.asked"
ENV_FILE: Final = "kirotodo.env_file"
"""Where the root context keeps the name that `--env-file` gives; what is in that file is not known here."""


def asked() -> Asked:
    """What the command line says about it; nothing where there is none."""
    context = click.get_current_context(silent=True)
    found: Asked = Asked() if context is None else context.find_root().meta.get(_META, Asked())
    return found


def _note(context: click.Context, parameter: click.Parameter, value: Any) -> None:
    if not value:
        return
    meta = context.find_root().meta
    before: Asked = meta.get(_META, Asked())
    new = Asked(local=True) if parameter.name == "local" else Asked(server=str(value))
    if before not in (Asked(), new):
        raise click.UsageError("Give either --local or one --server, not both.", context)
    meta[_META] = new


def _options() -> list[click.Parameter]:
    return [
        click.Option(
            ["--local"],
            is_flag=True,
            expose_value=False,
            callback=_note,
            help="Act on the list of this computer.",
        ),
        click.Option(
            ["--server"],
            metavar="URL",
            expose_value=False,
            callback=_note,
            help="Act on the list at this server.",
        ),
    ]


def _note_env_file(context: click.Context, parameter: click.Parameter, value: Any) -> None:
    if value is None:
        return
    meta = context.find_root().meta
    if not value:
        raise click.UsageError("--env-file needs the name of a file.", context)
    if meta.setdefault(ENV_FILE, value) != value:
        raise click.UsageError("Give one --env-file, not two.", context)


def with_env_file(command: click.Command, *, hidden: bool = False) -> click.Command:
    """The command, which now takes `--env-file`, as do the commands in it."""
    if not any(parameter.name == "env_file" for parameter in command.params):
        option = click.Option(
            ["--env-file"],
            metavar="FILE",
            expose_value=False,
            hidden=hidden,
            callback=_note_env_file,
            help="Read settings from this file of NAME=value lines too.",
        )
        command.params.append(option)
    if isinstance(command, click.Group):
        for inner in command.commands.values():
            with_env_file(inner, hidden=hidden)
    return command


def with_place(command: click.Command) -> click.Command:
    """The command, which now takes both options, as do the commands in it."""
    if not any(parameter.name == "local" for parameter in command.params):
        command.params.extend(_options())
    if isinstance(command, click.Group):
        for inner in command.commands.values():
            with_place(inner)
    return command
