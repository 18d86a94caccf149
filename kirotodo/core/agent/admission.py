"""When a turn may begin to run: at once, unless this process has more to do than it can keep up with.

A turn that waits costs next to nothing. One that runs has a deadline, and a thousand that run in a process which can do
a few dozen a second miss it together, while probes and open streams wait behind them. Turns that wait for a slow model
do not keep the event loop busy, so any number of them runs at the same time.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from kirotodo.core.agent.cancellation import Cancellation

ALWAYS: Final = 64
"""Turns that may run however busy the process is."""
CALM_SECONDS: Final = 0.02
"""How long a round of the event loop may take where more of them are let in."""


class Admission:
    """Lets turns in, one in a round of the event loop, in the order in which they came."""

    def __init__(self, *, always: int = ALWAYS, calm_seconds: float = CALM_SECONDS) -> None:
        self.running = 0
        self._always = always
        self._calm_seconds = calm_seconds
        self._first = asyncio.Lock()

    @asynccontextmanager
    async def admitted(self, interrupt: Cancellation) -> AsyncIterator[None]:
        """Enclose the run of a turn. Raises `RunCancelled` where a stop was asked for while it waited."""
        async with interrupt.queueing(), self._first:
            while (took := await _round()) > self._calm_seconds and self.running >= self._always:  # noqa: ASYNC110
                await asyncio.sleep(took)
        self.running += 1
        try:
            yield
        finally:
            self.running -= 1


async def _round() -> float:
    """Let the event loop go round once; return the seconds that took."""
    loop = asyncio.get_running_loop()
    began = loop.time()
    await asyncio.sleep(0)
    return loop.time() - began
