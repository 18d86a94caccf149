"""Waiting for a place in a queue for as long as the queue moves, however long it is."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from kirotodo.core.errors import StorageBusy


class Pace:
    """When something last moved: who waits while it does waits for good reason."""

    def __init__(self) -> None:
        self.moved_at = 0.0

    def moved(self) -> None:
        """Note that something has just moved."""
        self.moved_at = asyncio.get_running_loop().time()


class MovingQueue:
    """Lets as many in at once as it has `places`, in order. Who waits is let in however many are before; but where
    nothing moved for `patience` seconds, what `stuck` makes is raised.

    Queues that share a `pace` move together: one that waits for places of another is not stuck while that one moves.
    """

    def __init__(
        self, places: int, *, patience: float, stuck: Callable[[], StorageBusy], pace: Pace | None = None
    ) -> None:
        self.waiting = 0
        self._places = asyncio.Semaphore(places)
        self.patience = patience
        self._stuck = stuck
        self._pace = pace or Pace()

    @asynccontextmanager
    async def place(self) -> AsyncIterator[None]:
        """Wait for a place and hold it. Whatever ends moves the queue, unless it was kept waiting itself."""
        if self._places.locked():
            await self._wait()
        else:
            await self._places.acquire()
        moved = True
        try:
            yield
        except StorageBusy:
            # It waited for something else and got nothing done: that must not look like progress to the others.
            moved = False
            raise
        finally:
            if moved:
                self._pace.moved()
            self._places.release()

    async def _wait(self) -> None:
        began = asyncio.get_running_loop().time()
        acquiring = asyncio.ensure_future(self._places.acquire())
        self.waiting += 1
        try:
            while not acquiring.done():
                left = max(began, self._pace.moved_at) + self.patience - asyncio.get_running_loop().time()
                if left <= 0:
                    raise self._stuck()
                await asyncio.wait([acquiring], timeout=left)
        except BaseException:
            acquiring.cancel()
            # It may have been let in at the very moment it gave up; then the place goes back.
            if (await asyncio.gather(acquiring, return_exceptions=True))[0] is True:
                self._places.release()
            raise
        finally:
            self.waiting -= 1
