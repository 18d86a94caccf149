"""`calendar`: your tasks on a phone over CalDAV, and addresses of calendars to look at."""

import click

from kirotodo.client.commands.context import now, server_selection, session, with_list
from kirotodo.client.commands.output import put, put_json, say
from kirotodo.client.commands.params import json_option
from kirotodo.core.backend import AgentToken, Backend, TokenScope

LOCAL = "http://127.0.0.1:8000"
KINDS = {"calendar": "app password", "feed": "address"}


@click.group(
    invoke_without_command=True,
    short_help="Use your tasks on a phone, and see them in a calendar.",
    epilog="""\b
Examples:
  kirotodo calendar
  kirotodo calendar add iphone
  kirotodo calendar feed work
  kirotodo calendar remove iphone
  kirotodo undo --last today --by calendar""",
)
@json_option
@click.pass_context
def calendar(context: click.Context, as_json: bool) -> None:
    """List the app passwords with which phones use your tasks over CalDAV, and the addresses of calendars to look at.

    Both work at a server: the one you are signed in to, or one that you run for your local list with `kirotodo serve`.
    """
    if context.invoked_subcommand is not None:
        return
    found = [each for each in with_list(lambda backend: backend.agent_tokens()) if each.scope in KINDS]
    if as_json:
        put_json({"items": found, "next": None})
        return
    if not found:
        say("No phone or calendar is connected. `kirotodo calendar add NAME` makes an app password.")
    width = max((len(each.name) for each in found), default=0)
    zone = now().tzinfo
    for each in found:
        used = "never used" if each.last_used_at is None else f"last used {each.last_used_at.astimezone(zone):%d %b %Y}"
        expires = f"{each.expires_at.astimezone(zone):%d %b %Y}"
        put(f"{each.name:{width}}  {KINDS[each.scope]:12}  {used}, expires {expires}")


@calendar.command(
    short_help="Make an app password for a phone.",
    epilog="""\b
Examples:
  kirotodo calendar add iphone
  kirotodo calendar add tasks-org --json""",
)
@click.argument("name")
@json_option
def add(name: str, as_json: bool) -> None:
    """Make an app password for the phone or program NAME, and print it. It is shown this once.

    It opens your tasks over CalDAV and nothing else, for a year or until `kirotodo calendar remove NAME`.
    """
    made, user = _made(name, "calendar")
    if as_json:
        put_json({"name": made.name, "server": _server(), "user": user, "password": made.token})
        return
    say(f"Server:    {_server()}/dav/")
    say(f"User name: {user}")
    say("Password, which is shown this once:")
    put(made.token or "")


@calendar.command(
    short_help="Make an address of a calendar to look at.",
    epilog="""\b
Examples:
  kirotodo calendar feed work
  kirotodo calendar feed family --json""",
)
@click.argument("name")
@json_option
def feed(name: str, as_json: bool) -> None:
    """Make a secret address that calendars can subscribe to, and print it. It is shown this once.

    It shows your open tasks that have a time of day, as events. Whoever has the address sees them, for a year or until
    `kirotodo calendar remove NAME`.
    """
    made, _ = _made(name, "feed")
    address = f"{_server()}/calendar/{made.token}.ics"
    if as_json:
        put_json({"name": made.name, "url": address})
        return
    say("Subscribe to this address, which is shown this once. Whoever has it sees your tasks that have a time of day:")
    put(address)


@calendar.command(
    short_help="Revoke an app password or an address.",
    epilog="""\b
Examples:
  kirotodo calendar remove iphone""",
)
@click.argument("name")
def remove(name: str) -> None:
    """Revoke the app password or address NAME, at once. What a phone changed stays.

    `kirotodo undo --last today --by calendar` takes back what phones changed.
    """
    with_list(lambda backend: backend.revoke_agent_token(name))
    say(f"Revoked: {name} can no longer use your list.")


def _made(name: str, scope: TokenScope) -> tuple[AgentToken, str]:
    """Make a token. Return it, and what its user is called."""

    async def make(backend: Backend) -> tuple[AgentToken, str]:
        user = (await backend.status()).user
        return await backend.create_agent_token(name, scope), user

    return with_list(make)


def _server() -> str:
    """Return the address of the server in use; that of one on this computer for a local list."""
    address = session().accounts().chosen(server_selection())
    return LOCAL if address is None else address.url
