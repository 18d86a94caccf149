"""Checks email addresses, folds them to the spelling an account is stored under, and finds the account of one."""

import re
import unicodedata
from typing import Final

from kirotodo.core.errors import InvalidInput
from kirotodo.core.store.accounts import Account
from kirotodo.core.store.database import Database
from kirotodo.server.auth.invisible import is_invisible

EMAIL_MAX: Final = 254
_EMAIL: Final = re.compile(
    r"(?!\.)(?![^@]*\.\.)[^\s@<>()\[\]\\,;:\"\x00-\x1f\x7f]{1,64}(?<!\.)@"
    r"(?=.{4,253}\Z)(?:[^\W_](?:[^\W_]|-){0,62}\.)+[^\W\d_](?:[^\W_]|-){1,62}"
)


def folded_email(text: str) -> str:
    """Return an address in the one spelling it is kept in. Raises `InvalidInput` for what is none."""
    email = _folded(text)
    unseen = next(filter(is_invisible, email), None)
    if unseen is not None:
        raise InvalidInput(
            f"The email address contains a space or an invisible character (U+{ord(unseen):04X}): type it in again."
        )
    if len(email) > EMAIL_MAX or _EMAIL.fullmatch(email) is None:
        raise InvalidInput("That isn't a valid email address. Use one like ann@example.com.")
    return email


def spellings_of(text: str) -> tuple[str, ...]:
    """Return the spellings that an account with this address may be kept in, today's first; valid or not, so that an
    account from before a rule can still be signed in to."""
    return tuple(dict.fromkeys((_folded(text), unicodedata.normalize("NFKC", text).strip().casefold())))


def _folded(text: str) -> str:
    """Fold case and compatibility forms. Each can undo the other's work, so they take turns."""
    for _ in range(2):
        text = unicodedata.normalize("NFKC", text).casefold()
    return unicodedata.normalize("NFKC", text).strip()


async def account_of(database: Database, email: str) -> Account | None:
    """Return the account with this address, in whichever spelling it is kept; None also where it is past keeping."""
    for spelling in spellings_of(email):
        account = await database.account_of(spelling)
        if account is not None and (account.deletion_at is None or account.deletion_at > database.now()):
            return account
    return None
