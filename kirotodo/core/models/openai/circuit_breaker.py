"""A circuit breaker: a provider that is down is left alone for a while.

Michael Nygard, *Release It!*, 2nd ed., "Circuit Breaker". Only errors of the provider count: connection errors, streams
that stall and 5xx. A 429 says that the provider is well and that we are too many, so it never opens the circuit. An
answer that did not begin before our own deadline says nothing: a local model may still be loading.
"""

from collections.abc import Callable
from typing import Final, Literal

State = Literal["closed", "open", "half_open"]

FAILURES: Final = 5
"""Faults in a row that open the circuit."""
COOL_DOWN_SECONDS: Final = 30.0


class CircuitBreaker:
    """Opens after several failures in a row and half-opens after a pause. `clock` gives monotonic seconds."""

    def __init__(
        self, *, clock: Callable[[], float], failures: int = FAILURES, cool_down: float = COOL_DOWN_SECONDS
    ) -> None:
        self._clock = clock
        self._limit = failures
        self._cool_down = cool_down
        self._failures = 0
        self._opened_at: float | None = None
        self._probing = False

    @property
    def state(self) -> State:
        """Return whether the circuit is closed, open or half-open."""
        if self._opened_at is None:
            return "closed"
        return "half_open" if self._clock() - self._opened_at >= self._cool_down else "open"

    def allow(self) -> bool:
        """Return whether a request may go out now. Half open, only one probe may, until its outcome is known."""
        match self.state:
            case "closed":
                return True
            case "open":
                return False
            case "half_open":
                free, self._probing = not self._probing, True
                return free

    def succeeded(self) -> None:
        """Record that the provider answered, even with a refusal."""
        self._failures = 0
        self._opened_at = None
        self._probing = False

    def failed(self) -> None:
        """Record an error of the provider."""
        self._failures += 1
        if self._probing or self._failures >= self._limit:
            self._opened_at = self._clock()
        self._probing = False

    def abandoned(self) -> None:
        """Record that we stopped the request, which says nothing about the provider."""
        self._probing = False
