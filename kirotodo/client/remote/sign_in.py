"""A sign-in that is in use: gives the access token that holds, and gets a new one before it ends."""

import asyncio
import time
from collections.abc import Callable
from typing import Final

from kirotodo.client.credentials import Credentials, Tokens
from kirotodo.client.remote import accounts
from kirotodo.client.remote.http import Http
from kirotodo.core.errors import KirotodoError, NotSignedIn, OperatorError

EARLY_SECONDS: Final = 30.0
"""How long before its end a token is replaced."""


class SignIn:
    """The tokens of one user at one server. However many requests find the old one refused, it is renewed once."""

    def __init__(
        self, http: Http, tokens: Tokens, credentials: Credentials, *, clock: Callable[[], float] = time.time
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
                fresh = await accounts.renew(self._http, self.tokens.refresh_token)
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
