"""Makes tokens that set a new password once, for whoever runs the server, since there is no mail to send one in.

A token names its user and is kept as a hash. It ends when it is used, when another one is made, and after an hour.
"""

import hashlib
import secrets
from datetime import timedelta
from typing import Final

from kirotodo.core.errors import InvalidInput, NotFound
from kirotodo.core.store.database import Database
from kirotodo.server.auth.email_addresses import account_of
from kirotodo.server.auth.tokens import SUBJECT

RESET_LIFETIME: Final = timedelta(hours=1)
NO_RESET: Final = "This reset token isn't valid: it was used, replaced or has expired. Ask for a new one."


async def make_reset_token(database: Database, email: str) -> str:
    """Return a token for the account with this address, in place of any before. Raises `NotFound` for no account."""
    account = await account_of(database, email)
    if account is None:
        raise NotFound("There is no account with this e-mail address.")
    token = f"{account.id}.{secrets.token_urlsafe(32)}"
    async with database.begin(account.id) as store:
        await store.accounts.set_reset(hash_of(token), expires_at=store.now + RESET_LIFETIME)
    return token


def user_of(token: str) -> str:
    """Return whose token it says it is. Raises `InvalidInput` where it cannot be one."""
    user_id = token.rpartition(".")[0]
    if SUBJECT.fullmatch(user_id) is None:
        raise InvalidInput(NO_RESET)
    return user_id


def hash_of(token: str) -> str:
    """Return what is kept of a token. It is long and random, so that one pass of SHA-256 is enough."""
    return hashlib.sha256(token.encode()).hexdigest()
