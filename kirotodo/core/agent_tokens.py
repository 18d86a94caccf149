"""Tokens of agents: programs that a user lets at their list, each with a name and a scope, until it is revoked.

A token names its user and its session, so that it is found without a look across users, and ends in a secret of which
only a hash is kept. It opens nothing by itself: what it may do stands in the session.
"""

import base64
import binascii
import hashlib
import re
import secrets
from dataclasses import dataclass, field
from typing import Final
from uuid import uuid4

from kirotodo.core.errors import InvalidInput, NotSignedIn

PREFIX: Final = "kta_"
"""Begins every token, so that scanners for leaked secrets and people know it when they see one."""
DAYS: Final = 365
TOKEN_MAX: Final = 1_000
NOT_VALID: Final = "This agent's token isn't valid here. It may have been revoked: make a new one."
NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,49}")
_TOKEN: Final = re.compile(r"kta_([A-Za-z0-9_-]+)\.([0-9a-f]{32})\.([A-Za-z0-9_-]{43})")


@dataclass(frozen=True, kw_only=True, slots=True)
class IssuedToken:
    """A token, and what is stored of it: the id of its session, and a hash."""

    token: str = field(repr=False)
    id: str
    hash: str


@dataclass(frozen=True, kw_only=True, slots=True)
class ClaimedToken:
    """Whose token one says that it is; `hash` is to be compared with the stored one."""

    user_id: str
    id: str
    hash: str


def is_agent_token(token: str) -> bool:
    """Return whether a bearer token looks like that of an agent."""
    return token.startswith(PREFIX)


def issue(user_id: str) -> IssuedToken:
    """Return a new token for an agent of this user."""
    session_id = uuid4().hex
    user = base64.urlsafe_b64encode(user_id.encode()).decode().rstrip("=")
    token = f"{PREFIX}{user}.{session_id}.{secrets.token_urlsafe(32)}"
    return IssuedToken(token=token, id=session_id, hash=_hash(token))


def read(token: str) -> ClaimedToken:
    """Return whose token it says it is. Raise `NotSignedIn` where it cannot be one."""
    found = _TOKEN.fullmatch(token) if len(token) <= TOKEN_MAX else None
    if found is None:
        raise NotSignedIn(NOT_VALID)
    try:
        user_id = base64.urlsafe_b64decode(found[1] + "=" * (-len(found[1]) % 4)).decode()
    except (binascii.Error, UnicodeDecodeError):
        raise NotSignedIn(NOT_VALID) from None
    return ClaimedToken(user_id=user_id, id=found[2], hash=_hash(token))


def checked_name(name: str) -> str:
    """Return the name of an agent. Raise `InvalidInput` for one that would not do in an address."""
    if NAME.fullmatch(name) is None:
        raise InvalidInput(
            "An agent's name has 1 to 50 letters, digits, dots, dashes and underscores, such as claude-desktop."
        )
    return name


def _hash(token: str) -> str:
    """The token is long and random, so one pass of SHA-256 is enough."""
    return hashlib.sha256(token.encode()).hexdigest()
