"""Limits requests per user, and per address where nobody is signed in.

A turn costs a model's work and a look at the list next to nothing: turns are counted by themselves, against RATE_LIMIT,
and everything else against ten times that. Counts lie in this process, or in Redis or Valkey, where all replicas share
them; while that one is lost each process counts by itself.

Windows slide: a count of the minute before fades out as the present one fills up.
"""

import asyncio
import hashlib
import logging
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from math import floor
from typing import Any, Final, Literal, Self, TypeVar

from limits import RateLimitItem, RateLimitItemPerMinute, RateLimitItemPerSecond
from limits.aio.storage import MemoryStorage, RedisStorage
from limits.aio.strategies import RateLimiter, SlidingWindowCounterRateLimiter
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from kirotodo.core.addresses import redis_address
from kirotodo.core.errors import RateLimited
from kirotodo.core.settings import Settings
from kirotodo.server.asgi import at_start
from kirotodo.server.client_address import counted_as

log = logging.getLogger(__name__)

T = TypeVar("T")
Kind = Literal["turn", "request", "sign_in", "account", "name", "refused"]

LIGHT: Final = 10
"""How many plain requests go for one turn."""
ADDRESSES_TO_ACCOUNT: Final = 6
"""How many times as often an address may try to sign in as it may try one account."""
NAME_TO_ADDRESSES: Final = 2
"""How many times as often an account may be tried from all unknown addresses as one address may try any."""
STORAGE_SECONDS: Final = 0.5
"""How long the shared storage may take to answer."""
TLS_SECONDS: Final = 3.0
"""How long a connection with TLS may take: certificates are read for it, which a busy machine is slow at."""
LOST_SECONDS: Final = 5.0
"""How long a lost storage is left alone before it is asked again."""
LOOKED_AT: Final = "up"
"""A count that is always zero, read to see whether the storage answers."""
KNOWN_SECONDS: Final = 30 * 24 * 3600
"""How long an address is remembered from which somebody signed in."""
SWEEP_SECONDS: Final = 30.0
STATE: Final = "allowance"
"""Where a request's allowance is kept, for its answer to carry."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Allowance:
    """The allowance left after a request. `wait` is None where it was let through, else the seconds until one will
    be."""

    limit: int
    remaining: int
    reset_at: float
    wait: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class _Rule:
    a_minute: RateLimitItem
    at_once: RateLimitItem | None
    sentence: str


class _Counts(MemoryStorage):
    """Counts of this process. What is over is swept out now and then, not with every request as the library does:
    that would cost each of them a look at the counts of everybody."""

    def __init__(self) -> None:
        super().__init__()
        self._sweep_at = 0.0

    async def incr(self, key: str, expiry: float, amount: int = 1) -> int:
        now = time.time()
        if now >= self._sweep_at:
            self._sweep_at = now + SWEEP_SECONDS
            for old in [old for old, until in self.expirations.items() if until <= now]:
                await self.clear(old)
        if self.expirations.get(key, 0.0) <= now:
            self.storage[key] = 0
            self.expirations[key] = now + expiry
        self.storage[key] += amount
        return self.storage[key]


class Limits:
    """Counts, and says who has to wait. Opened once for a server, let go of by `aclose`."""

    def __init__(
        self,
        *,
        a_minute: int,
        at_once: int,
        shared: RedisStorage | None = None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.refused: Counter[Kind] = Counter()
        self._rules = _rules(a_minute, at_once)
        self._storage = shared
        self._shared = None if shared is None else SlidingWindowCounterRateLimiter(shared)
        self._counts = _Counts()
        self._local = SlidingWindowCounterRateLimiter(self._counts)
        self._monotonic = monotonic
        self._lost = False
        self._ask_again_at = 0.0

    @classmethod
    def open(cls, settings: Settings, *, monotonic: Callable[[], float] = time.monotonic) -> Self:
        """Open the limits that the settings name."""
        return cls(
            a_minute=settings.rate_limit,
            at_once=settings.rate_limit_burst,
            shared=_shared_storage(settings.rate_limit_storage),
            monotonic=monotonic,
        )

    async def aclose(self) -> None:
        """Close the connection to the shared storage."""
        if self._storage is not None:
            await self._storage.bridge.storage.aclose()  # type: ignore[attr-defined]

    @property
    def lost(self) -> bool:
        """Return whether the shared storage does not answer, so that counts are those of this process alone."""
        return self._lost

    @property
    def kept(self) -> int:
        """Return how many counts this process keeps."""
        return len(self._counts.storage)

    @asynccontextmanager
    async def watched(self) -> AsyncIterator[None]:
        """Know from the start, and while nobody is counted, whether the shared storage answers."""
        if self._shared is None:
            yield
            return
        await self._look()
        looking = asyncio.create_task(self._keep_looking(), name="rate limit storage")
        try:
            yield
        finally:
            looking.cancel()
            with suppress(asyncio.CancelledError):
                await looking

    async def _keep_looking(self) -> None:
        while True:
            await asyncio.sleep(LOST_SECONDS)
            await self._look()

    async def _look(self) -> None:
        async def ask(limiter: RateLimiter) -> int:
            return await limiter.storage.get(LOOKED_AT)

        await self._ask(ask)

    async def take(self, kind: Kind, who: str) -> Allowance:
        """Count one request of `who`, if it may go on."""
        rule = self._rules[kind]
        key = _key(who)

        async def ask(limiter: RateLimiter) -> Allowance:
            return await _take(limiter, rule, kind, key)

        allowance = await self._ask(ask)
        if allowance.wait is not None:
            self.refused[kind] += 1
        return allowance

    async def require(self, kind: Kind, who: str) -> Allowance:
        """Count one request of `who`. Raises `RateLimited` where it has to wait."""
        allowance = await self.take(kind, who)
        if allowance.wait is not None:
            raise RateLimited(self._rules[kind].sentence, retry_after=allowance.wait)
        return allowance

    async def require_guess(self, name: str, address: str) -> None:
        """Count one attempt to sign in as `name` from this address. Raises `RateLimited`.

        Attempts are counted for the two together. Those from everywhere count too, against a larger number, but stop
        nobody at an address from which this name signed in before: else anybody could keep the owner out.
        """
        await self.require("account", _pair(name, address))
        known = _key("known", _pair(name, address))

        async def ask(limiter: RateLimiter) -> int:
            return await limiter.storage.get(known)

        if not await self._ask(ask):
            await self.require("name", name)

    async def guessed_right(self, name: str, address: str) -> None:
        """Forget the attempts of this name and address, and remember that they belong together."""
        rule, key, known = self._rules["account"], _key(_pair(name, address)), _key("known", _pair(name, address))

        async def note(limiter: RateLimiter) -> None:
            for item in (rule.at_once, rule.a_minute):
                if item is not None:
                    await limiter.clear(item, "account", key)
            await limiter.storage.clear(known)
            await limiter.storage.incr(known, KNOWN_SECONDS)

        await self._ask(note)

    async def take_for(self, request: Request, kind: Kind, who: str) -> None:
        """Count one request, whose answer then says what is left; `RateLimitHeaders` writes it there."""
        allowance = await self.take(kind, who)
        setattr(request.state, STATE, allowance)
        if allowance.wait is not None:
            raise RateLimited(self._rules[kind].sentence, retry_after=allowance.wait)

    async def _ask(self, question: Callable[[RateLimiter], Awaitable[T]]) -> T:
        """What the shared storage answers or, while it is lost, this process."""
        if self._shared is None or (self._lost and self._monotonic() < self._ask_again_at):
            return await question(self._local)
        self._ask_again_at = self._monotonic() + LOST_SECONDS
        try:
            answer = await question(self._shared)
        except (TimeoutError, RedisError, OSError) as error:
            if not self._lost:
                log.warning(
                    "the rate limit storage is unavailable; each server counts on its own (%s: %s)",
                    type(error).__name__,
                    error,
                )
            self._lost = True
            return await question(self._local)
        if self._lost:
            log.warning("the rate limit storage is available again")
            self._lost = False
        return answer


class RateLimitHeaders:
    """Lets the answer to a counted request say what is left: pure ASGI, for the outside of an app."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        state = scope.setdefault("state", {})

        def add_headers(start: Message) -> None:
            if (allowance := state.get(STATE)) is not None:
                MutableHeaders(scope=start).update(headers_of(allowance))

        await self.app(scope, receive, at_start(send, add_headers))


def headers_of(allowance: Allowance) -> dict[str, str]:
    """Return what is left as headers; the reset is a moment in seconds since 1970, as is usual for these."""
    return {
        "X-RateLimit-Limit": str(allowance.limit),
        "X-RateLimit-Remaining": str(allowance.remaining),
        "X-RateLimit-Reset": str(int(allowance.reset_at) + 1),
    }


def address_of(request: Request) -> str:
    """Return the address to count where nobody is signed in."""
    return counted_as(request.client.host if request.client is not None else "")


def _key(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode(errors="replace")).hexdigest()[:32]


def _pair(name: str, address: str) -> str:
    return f"{name}\0{address}"


def _rules(a_minute: int, at_once: int) -> dict[Kind, _Rule]:
    def rule(name: Kind, share: float, sentence: str) -> tuple[Kind, _Rule]:
        most, burst = max(1, int(a_minute * share)), max(1, int(at_once * share))
        return name, _Rule(
            a_minute=RateLimitItemPerMinute(most),
            at_once=RateLimitItemPerSecond(burst) if burst < most else None,
            sentence=sentence,
        )

    slowly = "Too many requests. Wait a moment, then try again."
    sign_in = "Too many sign-in attempts. Wait a moment, then try again."
    return dict(
        (
            rule("turn", 1, slowly),
            rule("request", LIGHT, slowly),
            rule("sign_in", 1, sign_in),
            rule("account", 1 / ADDRESSES_TO_ACCOUNT, sign_in),
            rule("name", NAME_TO_ADDRESSES, sign_in),
            rule("refused", 1, slowly),
        )
    )


async def _take(limiter: RateLimiter, rule: _Rule, kind: Kind, key: str) -> Allowance:
    """Count one request if both windows have room, the narrow first: what that refuses costs nothing of the minute."""
    windows = [item for item in (rule.at_once, rule.a_minute) if item is not None]
    wait = None
    for place, item in enumerate(windows):
        if not await limiter.hit(item, kind, key):
            # A wider window may be full as well: who waited for the narrow one alone would be refused again.
            full = [item] + [wider for wider in windows[place + 1 :] if not await limiter.test(wider, kind, key)]
            again_at = max([(await limiter.get_window_stats(each, kind, key)).reset_time for each in full])
            wait = max(0, floor(again_at - time.time())) + 1  # whole seconds, and past the moment: none is free at it
            break
    reset_at, remaining = await limiter.get_window_stats(rule.a_minute, kind, key)
    return Allowance(limit=rule.a_minute.amount, remaining=max(0, remaining), reset_at=reset_at, wait=wait)


def _shared_storage(address: str) -> RedisStorage | None:
    if address == "memory":
        return None
    redis = redis_address(address)
    options: dict[str, Any] = {
        "socket_timeout": STORAGE_SECONDS,
        "socket_connect_timeout": TLS_SECONDS if redis.startswith("rediss:") else STORAGE_SECONDS,
        "retry": Retry(NoBackoff(), 0),
    }
    return RedisStorage(f"async+{redis}", implementation="redispy", key_prefix="kirotodo", **options)
