"""How the link to a server stands, and whoever wants to hear of it."""

import asyncio
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Final

from kirotodo.core.backend import Link, LinkChanged

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
