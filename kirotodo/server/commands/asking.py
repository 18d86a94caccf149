"""A yes before something that cannot be taken back."""

import sys

import click

APPROVAL_NEEDED = 3


def require_yes(question: str, *, yes: bool) -> None:
    """Go on with `--yes` or a y at the terminal; end the command otherwise."""
    if yes:
        return
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        click.echo(f"{question} It needs a yes: give the command again with --yes.", err=True)
        raise click.exceptions.Exit(APPROVAL_NEEDED)
    if not click.confirm(question, err=True):
        click.echo("Nothing was changed.", err=True)
        raise click.exceptions.Exit(1)
