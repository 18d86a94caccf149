"""Stops a server without losing anything: new work is refused, viewers reconnect elsewhere, turns end or are
released."""

import asyncio
import logging
import signal
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from types import FrameType
from typing import Any, Final, TypeVar

from kirotodo.core.errors import Draining

log = logging.getLogger(__name__)

T = TypeVar("T")

UNSEEN_SECONDS: Final = 12.0
"""How long a server goes on serving after its delay, for a proxy that has asked before but not since it leaves."""
SEEN_SECONDS: Final = 1.0
"""What a proxy has time for to act on such a late answer."""
RESTARTING: Final = "The server is restarting. Your message is saved and will be answered; check again in a moment."


class GracefulShutdown:
    """The state of a server that is about to stop.

    `leaving` once it was told to stop: it serves as before, but says that it is not ready, until every proxy in front
    has seen that. Then `begun`: new work is refused. `over` once the turns' time is up.
    """

    def __init__(self) -> None:
        self.leaving = False
        self.begun = False
        self._asked = False
        self._seen = asyncio.Event()
        self._over = asyncio.Event()
        self._waiting = 0
        self._nobody_waits = asyncio.Event()
        self._nobody_waits.set()
        self._partings: set[Callable[[], None]] = set()
        self._running: asyncio.Task[None] | None = None

    def seen_leaving(self) -> bool:
        """Return whether the server is leaving, to a proxy that asks whether it is ready."""
        self._asked = True
        if self.leaving:
            self._seen.set()
        return self.leaving

    @contextmanager
    def viewer(self, part: Callable[[], None]) -> Iterator[None]:
        """Somebody watches: `part` tells them to reconnect, once that is needed."""
        self._partings.add(part)
        if self.begun:
            part()
        try:
            yield
        finally:
            self._partings.discard(part)

    def begin(self) -> None:
        """Take no new work and send the viewers away."""
        self.leaving = self.begun = True
        for part in tuple(self._partings):
            part()

    def end(self) -> None:
        """End every wait for a turn."""
        self._over.set()

    async def unless_over(self, work: Awaitable[T]) -> T:
        """Return what `work` gives, or raise `Draining` where the server stops before that."""
        running = asyncio.ensure_future(work)
        over = asyncio.ensure_future(self._over.wait())
        self._waiting += 1
        self._nobody_waits.clear()
        try:
            await asyncio.wait((running, over), return_when=asyncio.FIRST_COMPLETED)
            if not running.done():
                raise Draining(RESTARTING)
            return running.result()
        finally:
            over.cancel()
            if not running.done():
                running.cancel()
                await asyncio.wait((running,))
            self._waiting -= 1
            if not self._waiting:
                self._nobody_waits.set()

    async def run(
        self, *, until_idle: Callable[[], Awaitable[None]], grace_seconds: float, delay_seconds: float = 0.0
    ) -> None:
        """From the beginning to the end: comes back once no turn runs here and nobody waits for one, or the
        time is up, which runs from the end of the delay."""
        self.leaving = True
        await asyncio.sleep(delay_seconds)
        if delay_seconds and self._asked:
            await self._until_seen()
        self.begin()
        try:
            async with asyncio.timeout(grace_seconds):
                await until_idle()
                await self._nobody_waits.wait()
        except TimeoutError:
            log.info("releasing the turns that are still running; another server will continue them")
        self.end()

    async def _until_seen(self) -> None:
        """Wait for a proxy that is late: on a busy machine it may not have asked within the delay, and still sends."""
        if self._seen.is_set():
            return
        with suppress(TimeoutError):
            async with asyncio.timeout(UNSEEN_SECONDS):
                await self._seen.wait()
        await asyncio.sleep(SEEN_SECONDS)

    @contextmanager
    def on_signals(
        self, *, until_idle: Callable[[], Awaitable[None]], grace_seconds: float, delay_seconds: float = 0.0
    ) -> Iterator[None]:
        """Drain at the first SIGTERM or SIGINT, and hand it to the web server's own handler after that; the second one
        goes there at once."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        loop = asyncio.get_running_loop()
        before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}

        def stop(number: int, frame: FrameType | None) -> None:
            handler: Any = before[signal.Signals(number)]
            if callable(handler):
                handler(number, frame)

        async def drained(number: int) -> None:
            await self.run(until_idle=until_idle, grace_seconds=grace_seconds, delay_seconds=delay_seconds)
            stop(number, None)

        def on_signal(number: int) -> None:
            self._running = loop.create_task(drained(number), name="drain")

        def caught(number: int, frame: FrameType | None) -> None:
            if self.leaving:
                stop(number, frame)
            else:
                self.leaving = True
                loop.call_soon_threadsafe(on_signal, number)

        for number in before:
            signal.signal(number, caught)
        try:
            yield
        finally:
            for number, handler in before.items():
                if signal.getsignal(number) is caught:
                    signal.signal(number, handler)
