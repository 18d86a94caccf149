"""The moment everything is measured at, and the calm before."""

import gc
from datetime import UTC, datetime
from typing import Final

NOW: Final = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
"""A Monday; the clock stands still."""


def clock() -> datetime:
    return NOW


def settled() -> None:
    """What is there now stays out of the collector's way, as the program itself does once it has started."""
    gc.collect()
    gc.freeze()
