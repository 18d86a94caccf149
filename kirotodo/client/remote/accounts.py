"""Accounts of a server: what one does to get in and out."""

import time
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from urllib.parse import quote

from kirotodo.client.credentials import Tokens
from kirotodo.client.remote.http import Answer, Http

AUTH: Final = "/api/auth"


@dataclass(frozen=True, kw_only=True, slots=True)
class UserOfServer:
    """Whom a server knows one as. `deletion_at` is when the account is deleted, where that was asked for."""

    id: str
    email: str | None = None
    timezone: str | None = None
    deletion_at: datetime | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class _Deletion:
    deletion_at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class _Issued:
    access_token: str
    expires_in: float
    refresh_token: str
    user: UserOfServer


async def sign_up(http: Http, *, email: str, password: str, timezone: str) -> Tokens:
    """A new account. Raises `InvalidInput` with what is wrong with email or password, `Conflict` if it is taken."""
    return _tokens(await _post(http, "signup", {"email": email, "password": password}, timezone))


async def sign_in(http: Http, *, email: str, password: str, timezone: str) -> tuple[Tokens, UserOfServer]:
    """Raises `NotSignedIn` where email and password do not belong together."""
    answer = await _post(http, "signin", {"email": email, "password": password}, timezone)
    return _tokens(answer), answer.of(_Issued).user


async def change_password(http: Http, access_token: str, *, current: str, new: str) -> Tokens:
    """Set a new password; every sign-in ends but the one that these tokens are of. Raises `InvalidInput`."""
    body = {"current_password": current, "new_password": new}
    return _tokens(await http.exchange("POST", f"{AUTH}/password", body=body, headers=bearer(access_token)))


async def reset_password(http: Http, *, token: str, new: str) -> Tokens:
    """Set a new password with a token of whoever runs the server. Raises `InvalidInput`."""
    return _tokens(await http.exchange("POST", f"{AUTH}/password/reset", body={"token": token, "new_password": new}))


async def delete(http: Http, access_token: str, user_id: str, *, confirm: str, password: str | None) -> datetime:
    """Have the user deleted; when that will be done."""
    body = {"confirm": confirm, **({"password": password} if password else {})}
    answer = await http.exchange("POST", _deletion_of(user_id), body=body, headers=bearer(access_token))
    return answer.of(_Deletion).deletion_at


async def restore(http: Http, access_token: str, user_id: str) -> None:
    """Keep a user who was to be deleted. Raises `NotFound` where nobody asked for that, `Conflict` if too late."""
    await http.exchange("DELETE", _deletion_of(user_id), headers=bearer(access_token))


def _deletion_of(user_id: str) -> str:
    return f"/api/{quote(user_id, safe='')}/deletion"


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
