"""Requests in the name of a user, tried again where that does no harm.

What only reads, and what carries an idempotency key (a message: "keyed"; an edit: "once"), is tried again whatever
became of it. Any other edit is tried again only if the server cannot have seen it, or said that it did not do it. Where
nothing more is tried and an edit may have been made, nobody knows, and that is said.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any, Final, Literal
from urllib.parse import quote

import httpx2

from kirotodo.client.remote import faults
from kirotodo.client.remote.accounts import bearer
from kirotodo.client.remote.http import Answer, Http
from kirotodo.client.remote.link import LinkWatch
from kirotodo.client.remote.sign_in import SignIn
from kirotodo.core.errors import (
    Draining,
    KirotodoError,
    NotSignedIn,
    RateLimited,
    StorageBusy,
    StorageDown,
    Unreachable,
)
from kirotodo.core.retry import Backoff

Kind = Literal["read", "keyed", "once", "edit"]
PATIENCE_SECONDS: Final = 30.0
"""How long one waits for a server that asks for patience, where a person waits for the answer."""


class Requests:
    """Everything a user asks of a server. `insist`: what is keyed, and streams, go on until the server is there."""

    def __init__(
        self, http: Http, sign_in: SignIn, link: LinkWatch, *, timezone: str, backoff: Backoff, insist: bool
    ) -> None:
        self.host = http.address.host
        self.sign_in = sign_in
        self.link = link
        self.backoff = backoff
        self.http = http
        self._insist = insist
        self._timezone = timezone

    async def ask(
        self,
        kind: Kind,
        method: str,
        path: str,
        *,
        body: Any = None,
        params: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """The answer to a request; `path` is what follows the user's own address."""
        failures, unknown = 0, False
        while True:
            try:
                return await self._once(method, path, body=body, params=params, headers=headers or {})
            except (Unreachable, RateLimited, StorageBusy, StorageDown) as error:
                failures += 1
                unknown = unknown or not _undone(error)
                try:
                    await self._before_trying(kind, error, failures, unknown=unknown)
                except (Unreachable, RateLimited) as last:
                    if unknown and kind in ("edit", "once"):
                        raise faults.unknown_outcome(self.host) from last
                    raise

    async def _before_trying(self, kind: Kind, error: KirotodoError, failures: int, *, unknown: bool) -> None:
        """Wait for the moment to send a request of this kind again. Raises `error` where it is not to be sent again:
        an edit without a key, say, where it is unknown whether the server has made it."""
        if kind == "edit" and unknown:
            if isinstance(error, Unreachable):
                self.link.lost(error.message)
            raise error
        busy = isinstance(error, StorageBusy | StorageDown)
        await self.before_another_try(error, failures, insist=self._insist and kind == "keyed" and not busy)

    async def before_another_try(self, error: KirotodoError, failures: int, *, insist: bool) -> None:
        """Wait as long as `error` wants it; raises it where there is to be no other try."""
        if isinstance(error, RateLimited):
            if not insist and (failures >= self.backoff.tries or error.retry_after > PATIENCE_SECONDS):
                raise error
            self.link.patience(error.message, error.retry_after)
            await asyncio.sleep(error.retry_after)
            return
        hopeless = isinstance(error, faults.NotTrusted | faults.NotOurs)
        self.link.lost(error.message, hopeless=hopeless)
        if not insist and (hopeless or failures >= self.backoff.tries):
            raise error
        await self.link.rest(self.backoff.after(failures))

    @asynccontextmanager
    async def stream(
        self, path: str, params: Mapping[str, Any]
    ) -> AsyncGenerator[AsyncIterator[httpx2.ServerSentEvent], None]:
        """One stream of events, as long as it holds. Raises what `Http.stream` does."""
        token = await self.sign_in.token()
        async with AsyncExitStack() as stack:
            try:
                events = await stack.enter_async_context(self._open(path, params, token))
            except NotSignedIn:
                token = await self.sign_in.another(token)
                events = await stack.enter_async_context(self._open(path, params, token))
            yield events

    # --- within ---

    async def _once(self, method: str, path: str, *, headers: Mapping[str, str], **request: Any) -> Answer:
        token = await self.sign_in.token()
        try:
            answer = await self._signed(method, path, token, headers=headers, **request)
        except NotSignedIn:
            token = await self.sign_in.another(token)
            answer = await self._signed(method, path, token, headers=headers, **request)
        self.link.good()
        return answer

    async def _signed(
        self, method: str, path: str, token: str, *, headers: Mapping[str, str], **request: Any
    ) -> Answer:
        return await self.http.exchange(
            method, self._address(path), headers={**self._headers(token), **headers}, **request
        )

    def _open(self, path: str, params: Mapping[str, Any], token: str) -> Any:
        return self.http.stream(self._address(path), params=params, headers=self._headers(token))

    def _address(self, path: str) -> str:
        return f"/api/{quote(self.sign_in.user_id, safe='')}{path}"

    def _headers(self, token: str) -> dict[str, str]:
        return {**bearer(token), "X-Timezone": self._timezone}


def _undone(error: KirotodoError) -> bool:
    """Whether the server cannot have done what was asked."""
    return isinstance(error, RateLimited | Draining | faults.NeverSent | faults.NotTrusted)
