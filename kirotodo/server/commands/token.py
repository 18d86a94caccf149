"""`token`: tokens that whoever runs the server gives out: one that opens a user's list, or one that sets a password."""

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING

import click

from kirotodo.server.commands.console import put, say
from kirotodo.server.commands.loading import load_server_settings

if TYPE_CHECKING:
    from kirotodo.core.settings import Settings


@click.command(
    short_help="Print an access token for a user, or a token that resets a password.",
    epilog="""\b
Examples:
  kirotodo token --user 1
  JWT_TOKEN="$(kirotodo token --user 1 --days 1)"
  kirotodo token --reset-password ann@example.com
  curl -X POST http://127.0.0.1:8000/api/1/chat -H "Authorization: Bearer $JWT_TOKEN" \\
       -H "Content-Type: application/json" -d '{"message":"Hello"}'""",
)
@click.option("--user", "user_id", metavar="ID", help="The user the token is for; created at first use.")
@click.option("--days", type=click.IntRange(1, 365), default=30, show_default=True, help="Days until it expires.")
@click.option(
    "--reset-password", "email", metavar="EMAIL", help="Print a token that sets a new password for this account."
)
def token(user_id: str | None, days: int, email: str | None) -> None:
    """Print a token that grants access to the list of user ID, and to nothing else.

    It is signed with BETTER_AUTH_SECRET or, in development, with the secret in the server's data folder, so run it
    where the server runs. Signing out everywhere as that user revokes the token early.

    With --reset-password, print a token that sets a new password for the account EMAIL. Give it to the owner, who
    runs `kirotodo passwd --reset`. It works once, within an hour, and replaces any earlier one.
    """
    from kirotodo.core.errors import InvalidInput, OperatorError
    from kirotodo.server.auth.tokens import SUBJECT

    settings = load_server_settings()
    if settings.better_auth_url is not None:
        raise OperatorError(
            f"This server only accepts tokens of {settings.better_auth_url}, which keeps the passwords too."
        )
    if (user_id is None) == (email is None):
        raise click.UsageError("Give either --user ID or --reset-password EMAIL.")
    if email is not None:
        put(asyncio.run(_reset_token(settings, email)))
        say("It sets a new password, once, within an hour: kirotodo passwd --reset URL")
        return
    assert user_id is not None
    if SUBJECT.fullmatch(user_id) is None:
        raise InvalidInput("A user id has up to 255 characters, no spaces, none of / ? # \\, and isn't . or .. alone.")
    put(asyncio.run(_signed(settings, user_id, timedelta(days=days))))


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
