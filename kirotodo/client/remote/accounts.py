"""Accounts of a server: what one does to get in and out."""

import time
from dataclasses import dataclass
from typing import Final

from kirotodo.client.credentials import Tokens
from kirotodo.client.remote.http import Answer, Http

AUTH: Final = "/api/auth"


@dataclass(frozen=True, kw_only=True, slots=True)
class UserOfServer:
    """Whom a server knows one as."""

    id: str
    email: str | None = None
    timezone: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class _Issued:
    access_token: str
    expires_in: float
    refresh_token: str
    user: UserOfServer


async def sign_up(http: Http, *, email: str, password: str, timezone: str) -> Tokens:
    """A new account. Raises `InvalidInput` with what is wrong with email or password, `Conflict` if it is taken."""
    return _tokens(await _post(http, "signup", {"email": email, "password": password}, timezone))


async def sign_in(http: Http, *, email: str, password: str, timezone: str) -> Tokens:
    """Raises `NotSignedIn` where email and password do not belong together."""
    return _tokens(await _post(http, "signin", {"email": email, "password": password}, timezone))


async def renew(http: Http, refresh_token: str) -> Tokens:
    """A new pair for the old one, which does not hold any more. Raises `NotSignedIn`."""
    return _tokens(await http.exchange("POST", f"{AUTH}/refresh", body={"refresh_token": refresh_token}))


async def sign_out(http: Http, tokens: Tokens, *, everywhere: bool) -> None:
    """End this sign-in, or all of this user."""
    body = {"everywhere": everywhere, **({"refresh_token": tokens.refresh_token} if tokens.refresh_token else {})}
    await http.exchange("POST", f"{AUTH}/signout", body=body, headers=bearer(tokens.access_token))


async def me(http: Http, access_token: str) -> UserOfServer:
    """Whom the token belongs to. Raises `NotSignedIn`."""
    answer = await http.exchange("GET", f"{AUTH}/me", headers=bearer(access_token))
    return answer.of(UserOfServer)


def bearer(access_token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {access_token}"}


async def _post(http: Http, what: str, body: dict[str, str], timezone: str) -> Answer:
    return await http.exchange("POST", f"{AUTH}/{what}", body=body, headers={"X-Timezone": timezone})


def _tokens(answer: Answer) -> Tokens:
    issued = answer.of(_Issued)
    return Tokens(
        access_token=issued.access_token,
        refresh_token=issued.refresh_token,
        expires_at=time.time() + issued.expires_in,
        user_id=issued.user.id,
        email=issued.user.email or "",
    )
