"""Ending a run before its time: by the user, by the clock, or because this process is going away."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Literal

from kirotodo.core.errors import TurnTimedOut

Reason = Literal["cancelled", "released", "lost", "broken"]
"""cancelled: the user stopped the turn · released: this process lets go, another goes on · lost: another has it already
· broken: writing failed."""


class RunCancelled(Exception):
    """The run was told to end."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason)
        self.reason: Reason = reason


class Cancellation:
    """A stop that takes effect only where the run waits for the model, never inside a transaction."""

    def __init__(self, *, deadline: float) -> None:
        self.deadline = deadline
        self.reason: Reason | None = None
        self._scope: asyncio.Timeout | None = None

    def stop(self, reason: Reason) -> None:
        if self.reason in (None, "broken"):  # which passes, and must not hide what does not
            self.reason = reason
        if self._scope is not None and not self._scope.expired():
            self._scope.reschedule(asyncio.get_running_loop().time())

    def go_on_after(self, seconds: float) -> None:
        """Writing works again after so long: the run goes on, and that time is none of the model's."""
        if self.reason == "broken":
            self.reason = None
        self.deadline += seconds

    def check(self) -> None:
        """Raises `RunCancelled` where a stop was asked for."""
        if self.reason is not None:
            raise RunCancelled(self.reason)

    @asynccontextmanager
    async def waiting(self) -> AsyncIterator[None]:
        """Around waits for the model. Raises `RunCancelled`, or `TurnTimedOut` past the deadline."""
        self.check()
        scope = asyncio.timeout_at(self.deadline)
        try:
            async with scope:
                self._scope = scope
                yield
        except TimeoutError:
            if not scope.expired():
                raise
            self.check()
            raise TurnTimedOut(
                "The model took too long and was stopped. Your message is kept; send it again to retry. "
                "AGENT_TIMEOUT sets how long a turn may take."
            ) from None
        finally:
            self._scope = None
