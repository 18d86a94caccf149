"""`token`: a token for a user, without an account or a password, for whoever runs the server."""

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING

import click

from kirotodo.server.commands.loading import load_server_settings

if TYPE_CHECKING:
    from kirotodo.core.settings import Settings


@click.command(
    short_help="Print a token for a user of the server.",
    epilog="""\b
Examples:
  kirotodo token --user 1
  JWT_TOKEN="$(kirotodo token --user 1 --days 1)"
  curl -X POST http://127.0.0.1:8000/api/1/chat -H "Authorization: Bearer $JWT_TOKEN" \\
       -H "Content-Type: application/json" -d '{"message":"Hello"}'""",
)
@click.option("--user", "user_id", required=True, metavar="ID", help="Whom the token is for; made on first use.")
@click.option("--days", type=click.IntRange(1, 365), default=30, show_default=True, help="How long it holds.")
def token(user_id: str, days: int) -> None:
    """Print a token that opens the list of user ID, and nothing else.

    It is signed with BETTER_AUTH_SECRET or, in development, with the secret that the server keeps in the data folder:
    run it where the server runs. Signing out everywhere as that user ends it before its time.
    """
    from kirotodo.core.errors import InvalidInput, OperatorError
    from kirotodo.server.tokens import SUBJECT

    settings = load_server_settings()
    if settings.better_auth_url is not None:
        raise OperatorError(f"This server takes the tokens of {settings.better_auth_url} alone: get one there.")
    if SUBJECT.fullmatch(user_id) is None:
        raise InvalidInput("A user's id is up to 255 characters without spaces or any of / ? # \\.")
    click.echo(asyncio.run(_signed(settings, user_id, timedelta(days=days))))


async def _signed(settings: "Settings", user_id: str, lifetime: timedelta) -> str:
    from kirotodo.core.local import Core, utc_now
    from kirotodo.server.secret import secret_of
    from kirotodo.server.tokens import Tokens

    secret = await asyncio.to_thread(secret_of, settings)
    core = await Core.open(settings)
    try:
        async with core.database.read(user_id) as store:
            standing = await store.accounts.standing()
    finally:
        await core.aclose()
    return Tokens(secret, clock=utc_now).sign_access(user_id, token_version=standing.token_version, lifetime=lifetime)
