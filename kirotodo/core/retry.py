"""Compute how long to wait before the next try of something that failed."""

import random
from collections.abc import Callable

from kirotodo.core.lazy_dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class Backoff:
    """Exponential backoff with full jitter: any time up to a cap that doubles with each failure, so that those who
    failed together do not come back together (AWS Architecture Blog, "Exponential Backoff And Jitter").

    `first` and `longest` are the first and the largest cap in seconds. `tries` is how often something is tried in all
    where nobody waits for it to succeed.
    """

    first: float = 0.2
    longest: float = 10.0
    tries: int = 4
    jitter: Callable[[float], float] = lambda most: random.uniform(0, most)

    def after(self, failures: int) -> float:
        """Return the seconds to wait after so many failures, 1 being the first."""
        return self.jitter(min(self.longest, self.first * 2.0 ** min(max(failures, 1) - 1, 16)))
