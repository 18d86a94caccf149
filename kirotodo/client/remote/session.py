"""A sign-in that is in use: gives the access token that holds, and gets a new one before it ends."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from urllib.parse import quote

from kirotodo.client.accounts.credentials import Credentials, StoredTokens
from kirotodo.client.remote import session
from kirotodo.client.remote.http import Answer, Http
from kirotodo.core.errors import KirotodoError, NotSignedIn, OperatorError

EARLY_SECONDS: Final = 30.0
"""How long before its end a token is replaced."""


class SignIn:
    """The tokens of one user at one server. However many requests find the old one refused, it is renewed once."""

    def __init__(
        self, http: Http, tokens: StoredTokens, credentials: Credentials, *, clock: Callable[[], float] = time.time
    ) -> None:
        self._http = http
        self.tokens = tokens
        self._credentials = credentials
        self._clock = clock
        self._renewing = asyncio.Lock()
        self._ended: NotSignedIn | None = None

    @property
    def user_id(self) -> str:
        return self.tokens.user_id

    @property
    def email(self) -> str:
        return self.tokens.email

    async def token(self) -> str:
        """An access token, a new one if the last is about to end. Raises `NotSignedIn`, `Unreachable`."""
        tokens = self.tokens
        if tokens.expires_at is None or tokens.refresh_token is None:
            return tokens.access_token
        left = tokens.expires_at - self._clock()
        if left > EARLY_SECONDS:
            return tokens.access_token
        try:
            return await self.another(tokens.access_token)
        except NotSignedIn:
            raise
        except KirotodoError:
            if left > 0:
                return tokens.access_token
            raise

    async def another(self, refused: str) -> str:
        """A token other than the one that was refused. Raises `NotSignedIn` where there is none to be had."""
        async with self._renewing:
            if self._ended is not None:
                raise self._ended
            if self.tokens.access_token != refused or await self._renewed_elsewhere():
                return self.tokens.access_token
            if self.tokens.refresh_token is None:
                raise self._end(self._why())
            try:
                fresh = await session.renew(self._http, self.tokens.refresh_token)
            except NotSignedIn:
                if await self._renewed_elsewhere():
                    return self.tokens.access_token
                raise self._end(f"Your sign-in at {self._http.address.host} has ended: sign in again.") from None
            self.tokens = fresh
            await self._keep()
            return fresh.access_token

    async def _renewed_elsewhere(self) -> bool:
        """Whether another program of this user has renewed the sign-in meanwhile; if so, it is ours too."""
        try:
            stored = await self._credentials.read(self._http.address)
        except KirotodoError:
            return False
        if stored is None or stored.user_id != self.user_id or stored.access_token == self.tokens.access_token:
            return False
        self.tokens = stored
        return True

    async def _keep(self) -> None:
        try:
            await self._credentials.store(self._http.address, self.tokens)
        except OperatorError:
            return  # it holds for this run, and one signs in again after it

    def _why(self) -> str:
        host = self._http.address.host
        if self._credentials.from_environment:
            return f"{host} does not take the token in KIROTODO_TOKEN: it has ended, or it is of another server."
        return f"Your token at {host} has ended or is of another server: sign in again."

    def _end(self, sentence: str) -> NotSignedIn:
        self._ended = NotSignedIn(sentence)
        return self._ended


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


async def sign_up(http: Http, *, email: str, password: str, timezone: str) -> StoredTokens:
    """A new account. Raises `InvalidInput` with what is wrong with email or password, `Conflict` if it is taken."""
    return _tokens(await _post(http, "signup", {"email": email, "password": password}, timezone))


async def sign_in(http: Http, *, email: str, password: str, timezone: str) -> tuple[StoredTokens, UserOfServer]:
    """Raises `NotSignedIn` where email and password do not belong together."""
    answer = await _post(http, "signin", {"email": email, "password": password}, timezone)
    return _tokens(answer), answer.of(_Issued).user


async def change_password(http: Http, access_token: str, *, current: str, new: str) -> StoredTokens:
    """Set a new password; every sign-in ends but the one that these tokens are of. Raises `InvalidInput`."""
    body = {"current_password": current, "new_password": new}
    return _tokens(await http.exchange("POST", f"{AUTH}/password", body=body, headers=bearer(access_token)))


async def reset_password(http: Http, *, token: str, new: str) -> StoredTokens:
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


async def renew(http: Http, refresh_token: str) -> StoredTokens:
    """A new pair for the old one, which does not hold any more. Raises `NotSignedIn`."""
    return _tokens(await http.exchange("POST", f"{AUTH}/refresh", body={"refresh_token": refresh_token}))


async def sign_out(http: Http, tokens: StoredTokens, *, everywhere: bool) -> None:
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


def _tokens(answer: Answer) -> StoredTokens:
    issued = answer.of(_Issued)
    return StoredTokens(
        access_token=issued.access_token,
        refresh_token=issued.refresh_token,
        expires_at=time.time() + issued.expires_in,
        user_id=issued.user.id,
        email=issued.user.email or "",
    )
