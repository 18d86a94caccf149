"""Requests in the name of a user, retried where that is safe, and the state of the connection to the server.

Reads, and requests with an idempotency key (a message: "keyed"; an edit: "once"), are retried after any failure. Any
other edit is retried only if the server cannot have seen it, or said that it did not make it. Where retries end and an
edit may have been made, the error says that the outcome is unknown.
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
"""Seconds without a response after which the link counts as offline rather than reconnecting."""

LinkListener = Callable[[LinkChanged], object]


class LinkWatch:
    """Tracks the state of the link from what requests and streams report. `place` is the server's host."""

    def __init__(self, place: str, *, clock: Callable[[], float] = time.monotonic) -> None:
        self.link: Link = "online"
        self.detail = ""
        self._place = place
        self._clock = clock
        self._lost_at = 0.0
        self._up = asyncio.Event()
        self._listeners: list[LinkListener] = []

    def now(self, *, wait: float | None = None) -> LinkChanged:
        """Return the state of the link as an event."""
        return LinkChanged(link=self.link, place=self._place, detail=self.detail, wait=wait)

    def good(self) -> None:
        """Note that the server answered."""
        self._up.set()
        self._become("online", "")

    def lost(self, why: str, *, hopeless: bool = False) -> None:
        """Note that the server did not answer; `hopeless` where waiting alone will not help."""
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
        """Note that the server asked to wait for so long."""
        self.detail = why
        self._notify(self.now(wait=seconds))
        self.detail = ""

    async def rest(self, seconds: float) -> None:
        """Wait so long, or until another request reaches the server."""
        with suppress(TimeoutError):
            # One request that gets through wakes all that back off: the client recovers at once, not one by one.
            async with asyncio.timeout(seconds):
                await self._up.wait()

    @contextmanager
    def listening(self, listener: LinkListener) -> Iterator[None]:
        """Call `listener` with every change of the link meanwhile."""
        self._listeners.append(listener)
        try:
            yield
        finally:
            self._listeners.remove(listener)

    def _become(self, link: Link, detail: str) -> None:
        changed = link != self.link
        self.link, self.detail = link, detail
        if changed:
            self._notify(self.now())

    def _notify(self, change: LinkChanged) -> None:
        for listener in tuple(self._listeners):  # a copy: a listener may unsubscribe while it is called
            listener(change)


Kind = Literal["read", "keyed", "once", "edit"]
PATIENCE_SECONDS: Final = 30.0
"""The longest wait that a server may ask for while a person waits for the response."""


class Requests:
    """Sends the requests of a user. With `insist`, messages and streams are retried until the server is back."""

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
        """Send a request and return the response; `path` is what follows the user's own address."""
        failures, unknown = 0, False
        while True:
            try:
                return await self._once(method, path, body=body, params=params, headers=headers or {})
            except (Unreachable, RateLimited, StorageBusy, StorageDown) as error:
                failures += 1
                # One try of unknown outcome is enough: a later refusal says nothing about the earlier request.
                unknown = unknown or not _not_carried_out(error)
                try:
                    await self._before_trying(kind, error, failures, unknown=unknown)
                except (Unreachable, RateLimited) as last:
                    if unknown and kind in ("edit", "once"):
                        raise errors.unknown_outcome(self.host) from last
                    raise

    async def _before_trying(self, kind: Kind, error: KirotodoError, failures: int, *, unknown: bool) -> None:
        """Wait until a request of this kind can be retried. Raises `error` where it must not be: an edit without a key,
        say, that the server may have made."""
        if kind == "edit" and unknown:
            if isinstance(error, Unreachable):
                self.link.lost(error.message)
            raise error
        busy = isinstance(error, StorageBusy | StorageDown)
        await self.before_another_try(error, failures, insist=self._insist and kind == "keyed" and not busy)

    async def before_another_try(self, error: KirotodoError, failures: int, *, insist: bool) -> None:
        """Wait before the next try for as long as `error` requires. Raises `error` where there is no other try."""
        if isinstance(error, RateLimited):
            if not insist and (failures >= self.backoff.tries or error.retry_after > PATIENCE_SECONDS):
                raise error
            # Not a lost link: the server answers, so there is no backoff of ours on top of its own wait.
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
        """Open one stream of events, until its connection ends. Raises what `Http.stream` does."""
        token = await self.sign_in.token()
        async with AsyncExitStack() as stack:
            try:
                events = await stack.enter_async_context(self._open(path, params, token))
            except NotSignedIn:  # the token may have expired since: one renewal, and one more try
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


def _not_carried_out(error: KirotodoError) -> bool:
    """Return whether the server certainly did not carry out the request."""
    return isinstance(error, RateLimited | Draining | errors.ConnectFailed | errors.TlsFailed)
