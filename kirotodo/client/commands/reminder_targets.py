"""`targets`: where a server rings reminders for a user who may be elsewhere."""

from typing import cast, get_args

import click

from kirotodo.client.commands.context import with_list
from kirotodo.client.commands.output import put, put_json, say
from kirotodo.client.commands.params import json_option
from kirotodo.core.domain.reminder import TargetKind
from kirotodo.core.text.sanitize import sanitize_line


@click.group(
    invoke_without_command=True,
    short_help="Let your server ring reminders on your phone, or in another program.",
    epilog="""\b
Examples:
  kirotodo targets
  kirotodo targets add ntfy https://ntfy.sh/some-secret-topic
  kirotodo targets add webhook https://example.com/reminders
  kirotodo targets remove ntfy""",
)
@json_option
@click.pass_context
def targets(context: click.Context, as_json: bool) -> None:
    """List where your server rings reminders: at an ntfy topic, which the ntfy app on your phone follows, and at a
    webhook. Each rings once: there, in an open chat, or where `kirotodo remind` runs."""
    if context.invoked_subcommand is not None:
        return
    found = with_list(lambda backend: backend.reminder_targets())
    if as_json:
        put_json({"items": found, "next": None})
        return
    if not found:
        say("Your server rings nowhere yet. Add one: kirotodo targets add ntfy https://ntfy.sh/some-secret-topic")
    for target in found:
        put(f"{target.kind:7}  {sanitize_line(target.url)}")


@targets.command(
    short_help="Ring there from now on.",
    epilog="""\b
Examples:
  kirotodo targets add ntfy https://ntfy.sh/some-secret-topic
  kirotodo targets add ntfy https://ntfy.example.com/todo --token < token.txt
  kirotodo targets add webhook https://example.com/reminders""",
)
@click.argument("kind", type=click.Choice(get_args(TargetKind)))
@click.argument("url")
@click.option("--token", "with_token", is_flag=True, help="Send an access token of ntfy, pasted or piped.")
@json_option
def add(kind: str, url: str, with_token: bool, as_json: bool) -> None:
    """Let your server ring at URL, in place of what it had of this kind: an `ntfy` topic, or a `webhook` that is sent
    signed JSON. The secret of a webhook is printed once."""
    if with_token and kind != "ntfy":
        raise click.UsageError("--token is for ntfy. A webhook gets a secret of its own, which is printed once.")
    secret = _token() if with_token else None
    made = with_list(lambda backend: backend.set_reminder_target(cast(TargetKind, kind), url, secret=secret))
    if as_json:
        put_json(made)
        return
    if kind == "webhook":
        say("Reminders ring there from now on. The secret of their signatures, which is shown only now:")
        put(made.secret or "")
        return
    say(f"Reminders ring at {sanitize_line(made.url)} from now on.")


def _token() -> str:
    from kirotodo.client.commands.accounts import secret_of  # here, since no other of these commands signs in

    token = secret_of("Access token").strip()
    if not token:
        raise click.UsageError("The access token is empty. For example: kirotodo targets add ntfy URL --token < FILE")
    return token


@targets.command(
    short_help="Ring there no more.",
    epilog="""\b
Examples:
  kirotodo targets remove ntfy""",
)
@click.argument("kind", type=click.Choice(get_args(TargetKind)))
def remove(kind: str) -> None:
    """Let your server no longer ring at the target of this KIND."""
    with_list(lambda backend: backend.remove_reminder_target(cast(TargetKind, kind)))
    say(f"Removed: reminders no longer ring at your {kind}.")
