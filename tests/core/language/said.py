"""A moment to stand at, and one sentence understood from there."""

import datetime as dt

from kirotodo.core.language.types import Action
from kirotodo.core.language.understand import understand

TODAY = dt.date(2026, 3, 11)
"""A wednesday."""
NOW = dt.datetime.combine(TODAY, dt.time(10, 20))
TOMORROW = dt.date(2026, 3, 12)
FRIDAY = dt.date(2026, 3, 13)


def actions(text: str) -> tuple[Action, ...]:
    return understand(text, now=NOW).actions


def only(text: str) -> Action:
    (action,) = actions(text)
    return action
