"""Who calls: the subject of a token that the server's own secret signed."""

from dataclasses import dataclass
from typing import Final, Self

import jwt
from starlette.requests import Request

from kirotodo.core.errors import ConfigError, NotSignedIn
from kirotodo.core.local import Core
from kirotodo.core.settings import Settings

ALGORITHM: Final = "HS256"


@dataclass(frozen=True, kw_only=True, slots=True)
class Principal:
    """A verified caller."""

    user_id: str


class Gate:
    """Verifies tokens."""

    def __init__(self, secret: str) -> None:
        self._secret = secret

    @classmethod
    async def open(cls, settings: Settings, core: Core) -> Self:
        if settings.better_auth_secret is None:
            raise ConfigError("BETTER_AUTH_SECRET is not set: the server cannot tell who calls without it.")
        return cls(settings.better_auth_secret.get_secret_value())

    def principal(self, token: str) -> Principal:
        """Whose token this is. Raises `NotSignedIn`."""
        try:
            claims = jwt.decode(token, self._secret, algorithms=[ALGORITHM], options={"require": ["exp", "sub"]})
        except jwt.InvalidTokenError:
            raise NotSignedIn("This token is not valid, or not any more. Sign in again.") from None
        return Principal(user_id=claims["sub"])

    async def aclose(self) -> None:
        """Nothing to let go of."""


async def signed_in(request: Request) -> Principal:
    """The caller. Raises `NotSignedIn`."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise NotSignedIn("Sign in first: this address needs a token.")
    gate: Gate = request.app.state.gate
    return gate.principal(token.strip())
