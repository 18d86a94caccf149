"""A loop for tests of time limits, which waits for no timer: its clock jumps to the next one once nothing else can run.

Mark a test with `virtual_time` to run it and its fixtures in this loop. What it does over sockets of its own, or in
threads that the loop itself starts, takes no time in it. It fits nothing that waits for other threads or processes.
"""

import asyncio
import selectors
from collections.abc import Callable
from typing import Any, TypeVar

T = TypeVar("T")


class _Selector(selectors.DefaultSelector):
    """Counts the seconds that it was to wait for nothing, instead of waiting."""

    def __init__(self) -> None:
        super().__init__()
        self.skipped = 0.0
        self.running = 0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None or timeout <= 0 or self.running:
            return super().select(timeout)
        ready = super().select(0)
        if not ready:
            self.skipped += timeout
        return ready


class VirtualTimeLoop(asyncio.SelectorEventLoop):
    """Stands still while anything runs, and jumps to the next timer when nothing does."""

    def __init__(self) -> None:
        self._clock = _Selector()
        super().__init__(self._clock)

    def time(self) -> float:
        return self._clock.skipped

    def run_in_executor(self, executor: Any, func: Callable[..., T], *args: Any) -> asyncio.Future[T]:  # type: ignore[override]
        future = super().run_in_executor(executor, func, *args)
        self._clock.running += 1
        future.add_done_callback(self._no_longer)
        return future

    def _no_longer(self, _: Any) -> None:
        self._clock.running -= 1
