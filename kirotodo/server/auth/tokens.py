"""Tokens that this server signs itself: short ones that give access, long ones that renew them.

One algorithm, HS256. The two kinds differ in their audience, so that neither passes for the other.
"""

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import uuid4

import jwt
from jwt.types import Options

from kirotodo.core.errors import NotSignedIn

ALGORITHM: Final = "HS256"
ISSUER: Final = "kirotodo"
ACCESS_AUDIENCE: Final = "kirotodo"
REFRESH_AUDIENCE: Final = "kirotodo/refresh"
ACCESS_LIFETIME: Final = timedelta(minutes=15)
TOKEN_MAX: Final = 8 * 1024
"""Longer ones are not even looked at."""
SKEW_SECONDS: Final = 30
"""How far the clock of the machine that signed may be ahead of ours."""
NO_TOKEN: Final = "Sign in first: this route needs a token."
NOT_VALID: Final = "This token isn't valid here. Sign in again."
EXPIRED: Final = "This token has expired. Sign in again."
SUBJECT: Final = re.compile(r"(?!\.\.?\Z)[^\s/?#\\\x00-\x1f\x7f\ud800-\udfff]{1,255}")
"""What a user's id may be: it has to fit into an address, where . and .. are other addresses."""
_OPTIONS: Final[Options] = {
    "require": ["exp", "sub", "aud", "iss"],
    "verify_exp": False,
    "verify_nbf": False,
    "verify_iat": False,
}
"""Times are checked here, by the clock that the rest of the server goes by."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Access:
    """A token that gives access. `session_id` is None where it belongs to none, as those of `kirotodo token`."""

    user_id: str
    session_id: str | None
    token_version: int
    expires_at: float = field(default=math.inf, compare=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class Refresh:
    """A token that renews: the `generation`-th of its session."""

    user_id: str
    session_id: str
    generation: int


class Tokens:
    """Signs with one secret, and takes what the previous one signed while there is one."""

    def __init__(self, secret: str, *, previous: str | None = None, clock: Callable[[], datetime]) -> None:
        self._secret = secret
        self._known = (secret,) if previous is None else (secret, previous)
        self._clock = clock

    def sign_access(
        self,
        user_id: str,
        *,
        token_version: int,
        session_id: str | None = None,
        lifetime: timedelta = ACCESS_LIFETIME,
    ) -> str:
        """Sign a token that gives access."""
        more = {} if session_id is None else {"sid": session_id}
        return self._sign(user_id, ACCESS_AUDIENCE, self._clock() + lifetime, tv=token_version, **more)

    def sign_refresh(self, user_id: str, *, session_id: str, generation: int, expires_at: datetime) -> str:
        """Sign a token that renews a session."""
        return self._sign(user_id, REFRESH_AUDIENCE, expires_at, sid=session_id, gen=generation)

    def read_access(self, token: str) -> Access:
        """Raises `NotSignedIn`. Whether its session is still live is not in the token."""
        match self._read(token, ACCESS_AUDIENCE):
            case {"sub": str(user), "tv": int(version), "exp": expires, "sid": str(session)}:
                return Access(user_id=user, session_id=session, token_version=version, expires_at=expires)
            case {"sub": str(user), "tv": int(version), "exp": expires, **rest} if "sid" not in rest:
                return Access(user_id=user, session_id=None, token_version=version, expires_at=expires)
            case _:
                raise NotSignedIn(NOT_VALID)

    def read_refresh(self, token: str) -> Refresh:
        """Raises `NotSignedIn`."""
        match self._read(token, REFRESH_AUDIENCE):
            case {"sub": str(user), "sid": str(session), "gen": int(generation)}:
                return Refresh(user_id=user, session_id=session, generation=generation)
            case _:
                raise NotSignedIn(NOT_VALID)

    def _sign(self, user_id: str, audience: str, expires_at: datetime, **more: Any) -> str:
        claims = {
            "iss": ISSUER,
            "aud": audience,
            "sub": user_id,
            "iat": int(self._clock().timestamp()),
            "exp": int(expires_at.timestamp()),
            "jti": uuid4().hex,
            **more,
        }
        return jwt.encode(claims, self._secret, algorithm=ALGORITHM)

    def _read(self, token: str, audience: str) -> Mapping[str, Any]:
        for secret in self._known:
            try:
                claims = verified(token, secret, algorithm=ALGORITHM, audiences=(audience,), issuers=(ISSUER,))
            except jwt.InvalidSignatureError:
                continue
            check_times(claims, self._clock())
            return claims
        raise NotSignedIn(NOT_VALID)


def verified(
    token: str, key: Any, *, algorithm: str, audiences: tuple[str, ...], issuers: tuple[str, ...]
) -> Mapping[str, Any]:
    """Return the claims of a token that `key` signed for one of `audiences`.

    Raises `InvalidSignatureError` where another key may have signed it, and `NotSignedIn` where none could help.
    """
    if len(token) > TOKEN_MAX:
        raise NotSignedIn(NOT_VALID)
    try:
        claims: Mapping[str, Any] = jwt.decode(
            token,
            key,
            algorithms=[algorithm],
            audience=audiences,
            issuer=issuers,
            options=_OPTIONS,
        )
    except jwt.InvalidSignatureError:
        raise
    except (jwt.PyJWTError, ValueError, TypeError):
        raise NotSignedIn(NOT_VALID) from None
    if SUBJECT.fullmatch(str(claims["sub"])) is None:
        raise NotSignedIn(NOT_VALID)
    return claims


def check_times(claims: Mapping[str, Any], now: datetime) -> None:
    """Raises `NotSignedIn` for a token that has run out or does not hold yet."""
    moment = now.timestamp()
    expires, *begins = (_moment(claims, name) for name in ("exp", "nbf", "iat"))
    if expires is None or any(begin is not None and begin > moment + SKEW_SECONDS for begin in begins):
        raise NotSignedIn(NOT_VALID)
    if not expires > moment:  # so that NaN holds for nothing
        raise NotSignedIn(EXPIRED)


def _moment(claims: Mapping[str, Any], name: str) -> float | None:
    match claims.get(name):
        case None:
            return None
        case bool():
            raise NotSignedIn(NOT_VALID)
        case int() | float() as moment:
            return moment
        case _:
            raise NotSignedIn(NOT_VALID)
