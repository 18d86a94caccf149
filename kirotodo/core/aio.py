"""Helpers for asyncio: work that a cancellation must not interrupt, blocking on it, reads with a time limit, and
a crowd that is let in one by one."""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Generic, TypeVar

T = TypeVar("T")


async def shielded(work: Coroutine[Any, Any, T]) -> T:
    """Return the result of `work`. A cancellation waits until it is done.

    So a query runs to its end although its viewer has left, and its connection is intact for the next one.
    """
    running = asyncio.ensure_future(work)
    try:
        return await asyncio.shield(running)
    except asyncio.CancelledError:
        await asyncio.gather(running, return_exceptions=True)
        raise


def run_blocking(work: Coroutine[Any, Any, T]) -> T:
    """Return the result of `work`, whether or not a loop is running in this thread."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, work).result()


class Turnstile:
    """Lets one task pass in each round of the event loop.

    A thousand tasks that begin something costly in the same round would keep the loop from everything else until the
    last of them is done: a probe of /health waits, and connections time out although they were made in time.
    """

    def __init__(self) -> None:
        self._lock = asyncio.Lock()

    async def wait(self) -> None:
        """Return once it is this task's turn."""
        async with self._lock:
            await asyncio.sleep(0)  # a whole round of the loop before the next one


class TimedReader(Generic[T]):
    """Reads from an asynchronous iterator, each item within a time limit, as `asyncio.timeout` around `anext` would.

    One timer serves all reads and is moved on only when it fires: to start and stop one for each chunk of a stream
    costs as much as to parse the chunk.
    """

    def __init__(self, source: AsyncIterator[T]) -> None:
        self._source = source
        self._loop = asyncio.get_running_loop()
        self._timer: asyncio.TimerHandle | None = None
        self._due = 0.0
        self._reader: asyncio.Task[Any] | None = None
        self._expired = False

    async def read(self, seconds: float | None) -> T | None:
        """Return the next item, None at the end. Raise `TimeoutError` after `seconds`, or never where that is None."""
        if seconds is None:
            return await self._next()
        self._due, self._expired = self._loop.time() + seconds, False
        # A timer that fires too early only re-arms itself; one that would fire too late has to be replaced.
        if self._timer is None or self._timer.when() > self._due:
            self._arm()
        reader = self._reader = asyncio.current_task()
        assert reader is not None
        cancelled_before = reader.cancelling()
        try:
            return await self._next()
        except asyncio.CancelledError:
            # Ours to swallow only if nobody else has cancelled the task meanwhile.
            if self._expired and reader.uncancel() <= cancelled_before:
                raise TimeoutError from None
            raise
        finally:
            self._reader = None

    def close(self) -> None:
        """Stop the timer."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    async def _next(self) -> T | None:
        try:
            return await anext(self._source)
        except StopAsyncIteration:
            return None

    def _arm(self) -> None:
        self.close()
        self._timer = self._loop.call_at(self._due, self._fire)

    def _fire(self) -> None:
        self._timer = None
        if self._reader is None:  # between two reads, when the task is not ours to cancel; the next one starts a timer
            return
        if self._loop.time() < self._due:
            self._arm()
        else:
            self._expired = True
            self._reader.cancel()
