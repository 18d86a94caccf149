"""Open event streams: so many of a user, and each for as long as its token holds.

A token is verified when a stream begins. While any stream is open, one look every few seconds finds those whose token
has expired or was revoked since, on whichever server: one query for all of them. Such a stream is told to reconnect,
which only somebody with a valid token can do.
"""

import asyncio
import logging
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Protocol

from kirotodo.core.errors import KirotodoError, RateLimited

log = logging.getLogger(__name__)

CHECK_SECONDS: Final = 3.0
RETRY_SECONDS: Final = 5.0


class Holder(Protocol):
    """Whose token it is, and until when it holds; `token_version` is that of the user when the stream began."""

    @property
    def user_id(self) -> str:
        """Return the id of the user."""

    @property
    def session_id(self) -> str | None:
        """Return the id of the session, None for a token without one."""

    @property
    def token_version(self) -> int | None:
        """Return the user's token version when the stream began, None for another issuer's token."""

    @property
    def expires_at(self) -> float | None:
        """Return when the token expires, in seconds since 1970, None for never."""


LiveVersions = Callable[[Sequence[tuple[str, str | None]]], Awaitable[Mapping[tuple[str, str | None], int]]]
"""Asks for the token versions of many users and sessions at once; a session that is over is left out."""


@dataclass(eq=False, kw_only=True, slots=True)
class Viewing:
    """One open stream. `ended` is set once it may not go on."""

    holder: Holder
    ended: bool = False
    _listeners: list[Callable[[], None]] = field(default_factory=list)

    @contextmanager
    def listening(self, listener: Callable[[], None]) -> Iterator[None]:
        """Call `listener` once the stream has to end."""
        self._listeners.append(listener)
        if self.ended:
            listener()
        try:
            yield
        finally:
            self._listeners.remove(listener)

    def end(self) -> None:
        """End the stream."""
        self.ended = True
        for listener in tuple(self._listeners):
            listener()


class Viewers:
    """The open streams of this process. `live_versions` is None where we cannot revoke tokens."""

    def __init__(self, *, most: int, clock: Callable[[], datetime], live_versions: LiveVersions | None) -> None:
        self._most = most
        self._clock = clock
        self._live_versions = live_versions
        self._open: set[Viewing] = set()
        self._counts: Counter[str] = Counter()
        self._wake = asyncio.Event()
        self._checking: asyncio.Task[None] | None = None

    @contextmanager
    def opened(self, holder: Holder) -> Iterator[Viewing]:
        """Hold one stream of this caller. Raises `RateLimited` where the user has too many."""
        user_id = holder.user_id
        if self._counts[user_id] >= self._most:
            raise RateLimited(
                f"You have {self._most} event streams open already. Close one, then try again.",
                retry_after=RETRY_SECONDS,
            )
        viewing = Viewing(holder=holder)
        self._open.add(viewing)
        self._counts[user_id] += 1
        if self._checking is None or self._checking.done():
            self._checking = asyncio.create_task(self._keep_checking(), name="tokens of open streams")
        try:
            yield viewing
        finally:
            self._open.discard(viewing)
            self._counts[user_id] -= 1
            if not self._counts[user_id]:
                del self._counts[user_id]

    def look_now(self) -> None:
        """Check at once, because tokens were revoked here."""
        self._wake.set()

    async def aclose(self) -> None:
        """Stop looking for tokens that no longer hold."""
        if self._checking is not None:
            self._checking.cancel()
            await asyncio.gather(self._checking, return_exceptions=True)

    async def _keep_checking(self) -> None:
        while self._open:
            try:
                async with asyncio.timeout(CHECK_SECONDS):
                    await self._wake.wait()
            except TimeoutError:
                pass
            self._wake.clear()
            try:
                await self._check()
            except KirotodoError as error:
                log.warning("the tokens of open streams could not be checked: %s", error.message)
            except Exception:
                log.exception("the tokens of open streams could not be checked")

    async def _check(self) -> None:
        now = self._clock().timestamp()
        revocable: dict[tuple[str, str | None], list[Viewing]] = {}
        for viewing in tuple(self._open):
            holder = viewing.holder
            if holder.expires_at is not None and holder.expires_at <= now:
                viewing.end()
            elif holder.token_version is not None and not viewing.ended:
                revocable.setdefault((holder.user_id, holder.session_id), []).append(viewing)
        if self._live_versions is None or not revocable:
            return
        versions = await self._live_versions(list(revocable))
        for key, viewings in revocable.items():
            for viewing in viewings:
                if versions.get(key) != viewing.holder.token_version:
                    viewing.end()
