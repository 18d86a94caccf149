"""Requests in the name of a user, tried again where that does no harm.

What only reads, and what carries an idempotency key (a message: "keyed"; an edit: "once"), is tried again whatever
became of it. Any other edit is tried again only if the server cannot have seen it, or said that it did not do it. Where
nothing more is tried and an edit may have been made, nobody knows, and that is said.
"""

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager, suppress
from typing import Any, Final, Literal
from urllib.parse import quote

import httpx2

from kirotodo.client.remote import errors
from kirotodo.client.remote.http import Answer, Http
from kirotodo.client.remote.session import SignIn, bearer
from kirotodo.core.backend import Link, LinkChanged
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

OFFLINE_AFTER: Final = 15.0
"""Seconds without an answer after which nobody should hope that the next one comes any moment."""

Heard = Callable[[LinkChanged], object]


class LinkWatch:
    """Knows the state of the link by what requests and streams report. `place` is the server's host."""

    def __init__(self, place: str, *, clock: Callable[[], float] = time.monotonic) -> None:
        self.link: Link = "online"
        self.detail = ""
        self._place = place
        self._clock = clock
        self._lost_at = 0.0
        self._up = asyncio.Event()
        self._hearers: list[Heard] = []

    def now(self, *, wait: float | None = None) -> LinkChanged:
        return LinkChanged(link=self.link, place=self._place, detail=self.detail, wait=wait)

    def good(self) -> None:
        """The server answered."""
        self._up.set()
        self._become("online", "")

    def lost(self, why: str, *, hopeless: bool = False) -> None:
        """The server did not answer; `hopeless` where waiting alone will hardly mend that."""
        self._up.clear()
        if hopeless:
            self._become("offline", why)
        elif self.link == "online":
            self._lost_at = self._clock()
            self._become("reconnecting", why)
        elif self._clock() - self._lost_at >= OFFLINE_AFTER:
            self._become("offline", why)
        else:
            self.detail = why

    def patience(self, why: str, seconds: float) -> None:
        """The server answered that it wants to be left alone for so long."""
        self.detail = why
        self._tell(self.now(wait=seconds))
        self.detail = ""

    async def rest(self, seconds: float) -> None:
        """Wait so long, or until somebody else hears from the server."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._up.wait()

    @contextmanager
    def heard_by(self, hearer: Heard) -> Iterator[None]:
        """Call `hearer` with every change meanwhile."""
        self._hearers.append(hearer)
        try:
            yield
        finally:
            self._hearers.remove(hearer)

    def _become(self, link: Link, detail: str) -> None:
        changed = link != self.link
        self.link, self.detail = link, detail
        if changed:
            self._tell(self.now())

    def _tell(self, change: LinkChanged) -> None:
        for hearer in tuple(self._hearers):
            hearer(change)


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
                        raise errors.unknown_outcome(self.host) from last
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
        hopeless = isinstance(error, errors.TlsFailed | errors.NotKirotodo)
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
    return isinstance(error, RateLimited | Draining | errors.ConnectFailed | errors.TlsFailed)
