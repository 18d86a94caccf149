"""How long a task takes: read from what a command takes in an option, such as `1h30`, and put into words."""

import re
from typing import Final

from kirotodo.core.errors import InvalidInput
from kirotodo.core.text.patterns import pattern

DURATION_MAX: Final = 30 * 24 * 60
"""The longest that a task may take, in minutes."""
_HOURS: Final = r"(?P<hours>\d{1,3}(?:[.,]\d{1,2})?)\s*(?:hours?|hrs?|h)"
_MINUTES: Final = r"(?P<minutes>\d{1,5})\s*(?:minutes?|mins?|m)?"
_LENGTH: Final = pattern(
    rf"(?:for\s+)?(?:{_HOURS}(?:\s*(?:and\s+)?{_MINUTES})?|{_MINUTES.replace('minutes>', 'only>')})", re.IGNORECASE
)
_CLOCK: Final = pattern(r"(?P<hours>\d{1,3}):(?P<minutes>[0-5]\d)")
_WORDS: Final = {"half an hour": 30, "an hour": 60, "a quarter of an hour": 15, "an hour and a half": 90}


def parse_duration(text: str) -> int:
    """Return the minutes that `30m`, `90`, `1h30`, `1:30`, `1.5 hours` or `half an hour` are. Raises `InvalidInput`."""
    words = " ".join(text.split()).lower()
    minutes = _WORDS.get(words.removeprefix("for "), 0) or _read(words)
    if not 1 <= minutes <= DURATION_MAX:
        raise InvalidInput(
            f"“{text.strip()[:40]}” isn't how long a task takes: give 1 minute to {DURATION_MAX // 60 // 24} days, "
            "such as 30m, 90 or 1h30."
        )
    return minutes


def _read(words: str) -> int:
    if clock := _CLOCK.fullmatch(words):
        return int(clock["hours"]) * 60 + int(clock["minutes"])
    found = _LENGTH.fullmatch(words)
    if found is None:
        return 0
    if found["only"]:
        return int(found["only"])
    return round(float(found["hours"].replace(",", ".")) * 60) + int(found["minutes"] or 0)


def describe_duration(minutes: int) -> str:
    """Return `30m`, `2h` or `1h30`."""
    hours, rest = divmod(minutes, 60)
    if not hours:
        return f"{rest}m"
    return f"{hours}h{rest:02}" if rest else f"{hours}h"
