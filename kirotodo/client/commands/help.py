"""`help`: the same as `--help`, for those who type it as a word."""

from collections.abc import Sequence

import click

from kirotodo.client.commands.output import put


@click.command(
    name="help",
    short_help="Show the help of a command.",
    epilog="""\b
Examples:
  kirotodo help
  kirotodo help add
  kirotodo help conversations export""",
)
@click.argument("names", nargs=-1, metavar="[COMMAND]...")
def help_(names: Sequence[str]) -> None:
    """Show the help of a command, or of kirotodo."""
    context = click.get_current_context().find_root()
    args = list(names)
    while args:
        if not isinstance(context.command, click.Group):
            raise click.UsageError(f"`{context.command_path}` has no subcommands.", context)
        name, command, args = context.command.resolve_command(context, args)
        assert command is not None
        context = click.Context(command, info_name=name, parent=context)
    put(context.get_help())
