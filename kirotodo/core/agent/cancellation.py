"""Ending a run before its time: by the user, by the clock, or because this process is going away."""

import asyncio
import math
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Literal

from kirotodo.core.errors import TurnTimedOut

Reason = Literal["cancelled", "released", "lost", "broken"]
"""cancelled: the user stopped the turn · released: this process lets go, another goes on · lost: another has it already
· broken: writing failed."""


class RunCancelled(Exception):
    """The run was asked to end."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason)
        self.reason: Reason = reason


class Cancellation:
    """A stop that takes effect only where the run waits for the model, never inside a transaction."""

    def __init__(self, *, deadline: float) -> None:
        self.deadline = deadline
        self.reason: Reason | None = None
        self.queued_until = -math.inf
        """When it left the queue, by the event loop's clock; infinity while it waits there."""
        self._scope: asyncio.Timeout | None = None

    def stop(self, reason: Reason) -> None:
        """Ask the run to end for this reason; it does so at its next wait."""
        if self.reason in (None, "broken"):  # which passes, and must not hide what does not
            self.reason = reason
        # Moving the deadline to now cancels the wait alone: outside of it, a transaction runs to its end, and `check`
        # raises after it.
        if self._scope is not None and not self._scope.expired():
            self._scope.reschedule(asyncio.get_running_loop().time())

    def go_on_after(self, seconds: float) -> None:
        """Go on after writing failed for so many seconds, which do not count towards the deadline."""
        if self.reason == "broken":
            self.reason = None
        self.deadline += seconds

    @asynccontextmanager
    async def queueing(self) -> AsyncIterator[None]:
        """Enclose a wait that does not count towards the deadline. Raises `RunCancelled`."""
        self.check()
        loop = asyncio.get_running_loop()
        began, scope = loop.time(), asyncio.timeout(None)
        self.queued_until = math.inf
        try:
            async with scope:
                self._scope = scope
                yield
        except TimeoutError:
            self.check()
            raise
        finally:
            self._scope, self.queued_until = None, loop.time()
            self.deadline += self.queued_until - began

    def check(self) -> None:
        """Raise `RunCancelled` where a stop was asked for."""
        if self.reason is not None:
            raise RunCancelled(self.reason)

    @asynccontextmanager
    async def waiting(self) -> AsyncIterator[None]:
        """Enclose waits for the model. Raises `RunCancelled`, or `TurnTimedOut` past the deadline."""
        self.check()
        scope = asyncio.timeout_at(self.deadline)
        try:
            async with scope:
                self._scope = scope
                yield
        except TimeoutError:
            if not scope.expired():
                raise  # from inside the wait, not ours
            self.check()  # a stop moved the deadline; else the time is really up
            raise TurnTimedOut(
                "The model took too long and was stopped. Your message is kept; send it again to retry. "
                "AGENT_TIMEOUT sets how long a turn may take."
            ) from None
        finally:
            self._scope = None
