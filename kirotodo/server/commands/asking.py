"""A yes before something that cannot be taken back."""

import sys

import click

from kirotodo.server.commands.printing import confirm, say

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
