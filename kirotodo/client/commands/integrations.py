"""`integrations`: what is connected to your list, and how to take each away."""

import datetime as dt
from dataclasses import asdict
from typing import Final

import click

from kirotodo.client.commands.context import now, with_list
from kirotodo.client.commands.output import put, put_json, say
from kirotodo.client.commands.params import json_option
from kirotodo.core.domain.integration import Integration
from kirotodo.core.domain.webhook import WEBHOOK_EVENTS
from kirotodo.core.errors import NotFound
from kirotodo.core.text.sanitize import sanitize_line

EARLIER: Final = (
    "This server is of an earlier release, which doesn't know this. See `kirotodo tokens` and `kirotodo webhooks`."
)
ACCESS: Final = {
    "read": "may read",
    "add": "may read and add",
    "all": "may do all but manage your account",
    "calendar": "may use tasks over CalDAV",
    "feed": "may read a calendar of timed tasks",
    "reminders": "is sent reminders",
}


@click.command(
    short_help="List what is connected to your list, and how to revoke it.",
    epilog="""\b
Examples:
  kirotodo integrations
  kirotodo integrations --json
  kirotodo integrations --local""",
)
@json_option
def integrations(as_json: bool) -> None:
    """List the programs that may use your list and when each was last used, and where your server sends changes and
    reminders, each with what it may do and how to revoke it.

    A `program` changed your list in the last 90 days without a token of its own: an assistant that runs `kirotodo mcp`,
    or a program that signed in as you.
    """
    try:
        found = with_list(lambda backend: backend.integrations())
    except NotFound:
        raise NotFound(EARLIER) from None
    if as_json:
        put_json({"items": [{**asdict(each), "revoke": revoking(each)} for each in found], "next": None})
        return
    if not found:
        say("Nothing is connected. docs/integrations.md says how assistants, chat programs and others are.")
    for each in found:
        put(f"{each.kind:9}  {_line(each, now=now())}")
        put(f"{'':9}  Revoke: {revoking(each)}")


def revoking(each: Integration) -> str:
    """Return how to revoke an integration."""
    name = sanitize_line(each.name)
    match each.kind:
        case "agent":
            return f"kirotodo tokens revoke {name}"
        case "webhook":
            return f"kirotodo webhooks remove {name}"
        case "events":
            return "whoever runs the server can, with EVENTS_URL"
        case "reminders":
            return f"kirotodo targets remove {name}"
        case "program":
            return "take kirotodo out of its settings; if it signed in as you: kirotodo logout --everywhere"


def _line(each: Integration, *, now: dt.datetime) -> str:
    parts = [sanitize_line(part) for part in (each.name, each.place) if part]
    parts.append(_access(each))
    parts += _times(each, now=now)
    if each.problem:
        parts.append(sanitize_line(each.problem))
    return "  ".join(parts)


def _access(each: Integration) -> str:
    if each.kind in ("webhook", "events"):
        kinds = "every change" if set(each.access) >= set(WEBHOOK_EVENTS) else ", ".join(each.access)
        return f"is sent {sanitize_line(kinds)}"
    return ", ".join(ACCESS.get(access, access) for access in each.access)


def _times(each: Integration, *, now: dt.datetime) -> list[str]:
    def day(moment: dt.datetime) -> str:
        return f"{moment.astimezone(now.tzinfo):%d %b %Y}"

    used = [] if each.last_used_at is None else [f"last used {day(each.last_used_at)}"]
    if each.kind == "agent":
        used = used or ["never used"]
    return [*used, *([f"expires {day(each.expires_at)}"] if each.expires_at is not None else [])]
