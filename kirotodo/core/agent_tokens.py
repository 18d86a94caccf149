"""Tokens of agents: programs that a user lets at their list, each with a name and a scope, until it is revoked.

A token names its user and its session, so that it is found without a look across users, and ends in a secret of which
only a hash is kept. It opens nothing by itself: what it may do stands in the session.

An app password, of the scope `calendar`, is typed on a phone beside a user name, so it is short and names nobody: its
session is found by a hash of it. The token of a `feed` is the end of an address, and begins in a way of its own, so
that neither is ever taken for the other.
"""

import base64
import binascii
import hashlib
import re
import secrets
from dataclasses import field
from typing import TYPE_CHECKING, Final
from uuid import uuid4

from kirotodo.core.errors import InvalidInput, NotSignedIn
from kirotodo.core.lazy_dataclasses import dataclass

if TYPE_CHECKING:
    from kirotodo.core.backend import TokenScope

PREFIX: Final = "kta_"
"""Begins every token, so that scanners for leaked secrets and people know it when they see one."""
FEED_PREFIX: Final = "kcf_"
DAYS: Final = 365
TOKEN_MAX: Final = 1_000
NOT_VALID: Final = "This agent's token isn't valid here. It may have been revoked: make a new one."
NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,49}")
_TOKEN: Final = re.compile(r"k(?:ta|cf)_([A-Za-z0-9_-]+)\.([0-9a-f]{32})\.([A-Za-z0-9_-]{43})")
_SIGNS: Final = "abcdefghjkmnpqrstuvwxyz23456789"
"""What an app password is made of: nothing that looks like something else."""
_GROUPS: Final = 4
_GROUP: Final = 5
"""20 signs of 31 are 99 bits, which nobody guesses; so a quick hash of them is enough."""
_PASSWORD: Final = re.compile(rf"[{_SIGNS}]{{{_GROUPS * _GROUP}}}")
_BETWEEN: Final = re.compile(r"[\s-]+")


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


def issue(user_id: str, scope: "TokenScope" = "all") -> IssuedToken:
    """Return a new token for an agent of this user."""
    if scope == "calendar":
        return _new_password(user_id)
    session_id = uuid4().hex
    user = base64.urlsafe_b64encode(user_id.encode()).decode().rstrip("=")
    prefix = FEED_PREFIX if scope == "feed" else PREFIX
    token = f"{prefix}{user}.{session_id}.{secrets.token_urlsafe(32)}"
    return IssuedToken(token=token, id=session_id, hash=_hash(token))


def _new_password(user_id: str) -> IssuedToken:
    groups = ("".join(secrets.choice(_SIGNS) for _ in range(_GROUP)) for _ in range(_GROUPS))
    password = "-".join(groups)
    claimed = read_password(user_id, password)
    return IssuedToken(token=password, id=claimed.id, hash=claimed.hash)


def read_password(user_id: str, password: str) -> ClaimedToken:
    """Return which session of a user an app password is for, however its groups are typed. Raise `NotSignedIn` where it
    cannot be one."""
    plain = _BETWEEN.sub("", password[:TOKEN_MAX]).lower()
    if _PASSWORD.fullmatch(plain) is None:
        raise NotSignedIn(NOT_VALID)
    return ClaimedToken(user_id=user_id, id=_hash(f"session {plain}")[:32], hash=_hash(plain))


def read(token: str, *, prefix: str = PREFIX) -> ClaimedToken:
    """Return whose token it says it is. Raise `NotSignedIn` where it cannot be one."""
    found = _TOKEN.fullmatch(token) if len(token) <= TOKEN_MAX and token.startswith(prefix) else None
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
