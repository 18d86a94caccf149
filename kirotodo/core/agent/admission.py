"""When a turn may begin to run: at once, unless this process has more to do than it can keep up with.

A turn that waits costs next to nothing. One that runs has a deadline, and a thousand that run in a process which can do
a few dozen a second miss it together, while probes and open streams wait behind them. Turns that wait for a slow model
keep neither the event loop nor the database busy, so any number of them runs at the same time.

What a turn costs shows only once its model speaks. So beyond some, turns are let in ever faster rather than all in the
moment in which the first ones still wait for their model.
"""

import asyncio
import math
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from kirotodo.core.agent.cancellation import Cancellation

ALWAYS: Final = 32
"""Turns that may run however busy the process is."""
GROWTH: Final = 0.5
"""The part of those that run that may be let in beyond them within a second."""
CALM_SECONDS: Final = 0.05
"""How late a timer may be where more of them are let in."""
STORED_SECONDS: Final = 0.2
"""How long text may take to be stored where more of them are let in."""
SETTLED_SECONDS: Final = 0.5
"""For how long all was to be in time."""
LOOK_SECONDS: Final = 0.05
"""Between two looks at the most."""


class Admission:
    """Lets turns in, one in a round of the event loop, in the order in which they came."""

    def __init__(self, *, always: int = ALWAYS, calm_seconds: float = CALM_SECONDS, growth: float = GROWTH) -> None:
        self.running = 0
        self._always = always
        self._calm_seconds = calm_seconds
        self._growth = growth
        self._first = asyncio.Lock()
        self._busy_until = -math.inf

    @asynccontextmanager
    async def admitted(self, interrupt: Cancellation) -> AsyncIterator[None]:
        """Enclose the run of a turn. Raises `RunCancelled` where a stop was asked for while it waited."""
        async with interrupt.queueing(), self._first:
            await self._let_in()
        self.running += 1
        try:
            yield
        finally:
            self.running -= 1

    def text_stored(self, seconds: float) -> None:
        """Note how long text took to be stored, its way through the event loop included."""
        if seconds > STORED_SECONDS:
            self._was_busy(seconds)

    async def _let_in(self) -> None:
        loop = asyncio.get_running_loop()
        await asyncio.sleep(0)
        began = loop.time()
        while self.running >= self._always:
            opens = max(began + 1 / (self._growth * self.running), self._busy_until)
            now = loop.time()
            pause = min(max(opens - now, 0), LOOK_SECONDS)
            await asyncio.sleep(pause)
            late = loop.time() - now - pause
            if late > self._calm_seconds:
                self._was_busy(late)
            elif now + pause >= opens:
                return

    def _was_busy(self, seconds: float) -> None:
        """Let nobody else in for a while, which is the longer the later something was."""
        self._busy_until = asyncio.get_running_loop().time() + max(SETTLED_SECONDS, seconds)
