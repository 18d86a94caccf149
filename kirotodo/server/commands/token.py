"""`token`: tokens that whoever runs the server gives out: one that opens a user's list, or one that sets a password."""

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING

import click

from kirotodo.server.commands.console import put, say
from kirotodo.server.commands.loading import load_server_settings

if TYPE_CHECKING:
    from collections.abc import Callable

    from kirotodo.core.backend import AgentToken, TokenScope
    from kirotodo.core.settings import Settings

    NewAgent = Callable[[str, TokenScope, int], AgentToken]

NEW_AGENT = "kirotodo.new_agent"
"""Where the root context keeps the function that makes a token for an agent on the user's own list."""


@click.command(
    short_help="Print an access token for a user or an agent, or a token that resets a password.",
    epilog="""\b
Examples:
  kirotodo token --user 1
  kirotodo token --agent claude-desktop --scope all
  kirotodo token --agent calendar --scope read --user 1
  JWT_TOKEN="$(kirotodo token --user 1 --days 1)"
  kirotodo token --reset-password ann@example.com
  curl -X POST http://127.0.0.1:8000/api/1/chat -H "Authorization: Bearer $JWT_TOKEN" \\
       -H "Content-Type: application/json" -d '{"message":"Hello"}'""",
)
@click.option("--user", "user_id", metavar="ID", help="The user the token is for; created at first use.")
@click.option("--agent", metavar="NAME", help="Print a token for a program of this name, which can be revoked.")
@click.option(
    "--scope",
    type=click.Choice(["read", "add", "all", "calendar", "feed"]),
    help="What the agent may do: look; also add tasks; or everything but your account. For a phone: calendar or feed.",
)
@click.option(
    "--days",
    type=click.IntRange(1, 365),
    help="Days until it expires: 30 unless you say otherwise, 365 for an agent.",
)
@click.option(
    "--reset-password", "email", metavar="EMAIL", help="Print a token that sets a new password for this account."
)
def token(
    user_id: str | None, agent: str | None, scope: "TokenScope | None", days: int | None, email: str | None
) -> None:
    """Print a token that grants access to the list of user ID, and to nothing else.

    It is signed with BETTER_AUTH_SECRET or, in development, with the secret in the server's data folder, so run it
    where the server runs. Signing out everywhere as that user revokes the token early.

    With --agent, print a token for a program: an assistant, a script, a calendar. It opens your list on the server you
    are signed in to, or your local list, or with --user that of user ID on this server. `kirotodo tokens` lists such
    tokens and revokes them. It is shown this once.

    With --reset-password, print a token that sets a new password for the account EMAIL. Give it to the owner, who
    runs `kirotodo passwd --reset`. It works once, within an hour, and replaces any earlier one.
    """
    from kirotodo.core.errors import OperatorError

    if (agent is None) != (scope is None):
        raise click.UsageError("Give --agent NAME and --scope together: read, add, all, calendar or feed.")
    if agent is not None and scope is not None:
        if email is not None:
            raise click.UsageError("Give either --agent NAME or --reset-password EMAIL.")
        put(_agent_token(user_id, agent, scope, days or 365))
        say(f"It is shown this once. Revoke it with: kirotodo tokens revoke {agent}")
        return
    settings = load_server_settings()
    if settings.better_auth_url is not None:
        raise OperatorError(
            f"This server only accepts tokens of {settings.better_auth_url}, which keeps the passwords too."
        )
    if (user_id is None) == (email is None):
        raise click.UsageError("Give --user ID, --agent NAME or --reset-password EMAIL.")
    if email is not None:
        put(asyncio.run(_reset_token(settings, email)))
        say("It sets a new password, once, within an hour: kirotodo passwd --reset URL")
        return
    assert user_id is not None
    put(asyncio.run(_signed(settings, checked_user(user_id), timedelta(days=days or 30))))


def _agent_token(user_id: str | None, agent: str, scope: "TokenScope", days: int) -> str:
    if user_id is not None:
        made = asyncio.run(_agent_of(load_server_settings(), checked_user(user_id), agent, scope, days))
    else:
        make: NewAgent = click.get_current_context().find_root().meta[NEW_AGENT]
        made = make(agent, scope, days)
    assert made.token is not None
    return made.token


async def _agent_of(settings: "Settings", user_id: str, agent: str, scope: "TokenScope", days: int) -> "AgentToken":
    from kirotodo.core.local import Core

    core = await Core.open(settings)
    try:
        return await core.of(user_id).create_agent_token(agent, scope, days=days)
    finally:
        await core.aclose()


def checked_user(user_id: str) -> str:
    """Return the id of a user. Raise `InvalidInput` for one that no token could carry."""
    from kirotodo.core.errors import InvalidInput
    from kirotodo.server.auth.tokens import SUBJECT

    if SUBJECT.fullmatch(user_id) is None:
        raise InvalidInput("A user id has up to 255 characters, no spaces, none of / ? # \\, and isn't . or .. alone.")
    return user_id


async def _reset_token(settings: "Settings", email: str) -> str:
    from kirotodo.core.local import Core
    from kirotodo.server.auth.password_reset import make_reset_token

    core = await Core.open(settings)
    try:
        return await make_reset_token(core.database, email)
    finally:
        await core.aclose()


async def _signed(settings: "Settings", user_id: str, lifetime: timedelta) -> str:
    from kirotodo.core.local import Core, utc_now
    from kirotodo.server.auth.signing_secret import secret_of
    from kirotodo.server.auth.tokens import Tokens

    secret = await asyncio.to_thread(secret_of, settings)
    core = await Core.open(settings)
    try:
        async with core.database.read(user_id) as store:
            session_status = await store.accounts.session_status()
    finally:
        await core.aclose()
    return Tokens(secret, clock=utc_now).sign_access(
        user_id, token_version=session_status.token_version, lifetime=lifetime
    )
