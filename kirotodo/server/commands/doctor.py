"""`doctor`: whether everything that kirotodo stands on is in order."""

import click

from kirotodo.core.text.sanitize import sanitize_line
from kirotodo.server.commands.printing import put, put_json, say

MARKS = {"ok": "ok  ", "warn": "note", "bad": "BAD "}


@click.command(
    short_help="Check that everything is in order.",
    epilog="""\b
Examples:
  kirotodo doctor
  kirotodo doctor --offline
  kirotodo doctor --production
  kirotodo doctor --json | jq .ok""",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option(
    "--offline", is_flag=True, help="Ask no model and no server: nothing goes over the network, nothing is spent."
)
@click.option("--production", is_flag=True, help="Also the list before going to production.")
def doctor(as_json: bool, offline: bool, production: bool) -> None:
    """Check Python, the terminal, where the list is, folders, the database, the time zone and the model; ends with 1
    if something is broken.

    Where a model service is configured, its model is asked one tiny question, which costs a few tokens.
    """
    from kirotodo.server.commands.checks import examine

    checks = examine(offline=offline, production=production)
    sound = all(check.state != "bad" for check in checks)
    if as_json:
        put_json({"ok": sound, "checks": checks})
    else:
        name_width = max(len(check.name) for check in checks)
        for check in checks:
            put(f"{MARKS[check.state]}  {check.name:<{name_width}}  {sanitize_line(check.detail)}")
        say("Everything is in order." if sound else "Something is broken: see the lines marked BAD.")
    if not sound:
        raise click.exceptions.Exit(1)
