"""A sign-in in use, whose tokens are renewed before they expire, and the requests about sign-ins and accounts."""

import asyncio
import time
from collections.abc import Callable
from datetime import datetime
from typing import Final
from urllib.parse import quote

from kirotodo.client.accounts.credentials import Credentials, StoredTokens
from kirotodo.client.remote import session
from kirotodo.client.remote.http import Answer, Http
from kirotodo.core.errors import KirotodoError, NotSignedIn, OperatorError
from kirotodo.core.lazy_dataclasses import dataclass

EARLY_SECONDS: Final = 30.0
"""How long before it expires an access token is renewed."""


class SignIn:
    """The tokens of one user on one server. However many requests find the old token refused, it is renewed once."""

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
        """Return the id of the user."""
        return self.tokens.user_id

    @property
    def email(self) -> str:
        """Return the email of the user, or ""."""
        return self.tokens.email

    async def token(self) -> str:
        """Return an access token, renewed if the last one is about to expire. Raises `NotSignedIn`, `Unreachable`."""
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
        """Return a token other than the refused one. Raises `NotSignedIn` where there is none."""
        # A refresh token works once. The lock makes requests of this process share one renewal; whoever waited finds
        # a token that differs from the refused one. Other processes share theirs through the stored credentials.
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
                raise self._end(f"Your sign-in to {self._http.address.host} has expired. Sign in again.") from None
            self.tokens = fresh
            await self._keep()
            return fresh.access_token

    async def _renewed_elsewhere(self) -> bool:
        """Adopt the tokens that another process of this user has renewed meanwhile; return whether there are any."""
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
            return  # the tokens work for this run; after it the user signs in again

    def _why(self) -> str:
        host = self._http.address.host
        if self._credentials.from_environment:
            return f"{host} doesn't accept the token in KIROTODO_TOKEN: it has expired, or belongs to another server."
        return f"Your token for {host} has expired, or belongs to another server. Sign in again."

    def _end(self, sentence: str) -> NotSignedIn:
        self._ended = NotSignedIn(sentence)
        return self._ended


AUTH: Final = "/api/auth"


@dataclass(frozen=True, kw_only=True, slots=True)
class UserOfServer:
    """The user as the server knows them. `deletion_at` is when the account will be deleted, if it is to be."""

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
    """Create an account. Raises `InvalidInput` on a bad email or password, `Conflict` if the email is taken."""
    return _tokens(await _post(http, "signup", {"email": email, "password": password}, timezone))


async def sign_in(http: Http, *, email: str, password: str, timezone: str) -> tuple[StoredTokens, UserOfServer]:
    """Sign in with email and password. Raises `NotSignedIn` where they don't match."""
    answer = await _post(http, "signin", {"email": email, "password": password}, timezone)
    return _tokens(answer), answer.of(_Issued).user


async def change_password(http: Http, access_token: str, *, current: str, new: str) -> StoredTokens:
    """Set a new password; every sign-in ends but the one that is returned. Raises `InvalidInput`."""
    body = {"current_password": current, "new_password": new}
    return _tokens(await http.exchange("POST", f"{AUTH}/password", body=body, headers=bearer(access_token)))


async def reset_password(http: Http, *, token: str, new: str) -> StoredTokens:
    """Set a new password with a reset token of the server's operator. Raises `InvalidInput`."""
    return _tokens(await http.exchange("POST", f"{AUTH}/password/reset", body={"token": token, "new_password": new}))


async def delete(http: Http, access_token: str, user_id: str, *, confirm: str, password: str | None) -> datetime:
    """Request deletion of the user, and return when it will happen."""
    body = {"confirm": confirm, **({"password": password} if password else {})}
    answer = await http.exchange("POST", _deletion_of(user_id), body=body, headers=bearer(access_token))
    return answer.of(_Deletion).deletion_at


async def restore(http: Http, access_token: str, user_id: str) -> None:
    """Keep a user who is due to be deleted. Raises `NotFound` where they aren't, `Conflict` if it is too late."""
    await http.exchange("DELETE", _deletion_of(user_id), headers=bearer(access_token))


def _deletion_of(user_id: str) -> str:
    return f"/api/{quote(user_id, safe='')}/deletion"


async def renew(http: Http, refresh_token: str) -> StoredTokens:
    """Exchange a refresh token, which works once, for a new pair of tokens. Raises `NotSignedIn`."""
    return _tokens(await http.exchange("POST", f"{AUTH}/refresh", body={"refresh_token": refresh_token}))


async def sign_out(http: Http, tokens: StoredTokens, *, everywhere: bool) -> None:
    """End this sign-in, or all sign-ins of this user."""
    body = {"everywhere": everywhere, **({"refresh_token": tokens.refresh_token} if tokens.refresh_token else {})}
    await http.exchange("POST", f"{AUTH}/signout", body=body, headers=bearer(tokens.access_token))


async def me(http: Http, access_token: str) -> UserOfServer:
    """Return the user whom the token belongs to. Raises `NotSignedIn`."""
    answer = await http.exchange("GET", f"{AUTH}/me", headers=bearer(access_token))
    return answer.of(UserOfServer)


def bearer(access_token: str) -> dict[str, str]:
    """Return the header that authenticates a request."""
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
