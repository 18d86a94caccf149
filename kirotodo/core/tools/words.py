"""Dates, times, rules and reminders in a person's words, or as ISO and RFC 5545 write them, made into values."""

import re
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Final

from kirotodo.core.domain.rule import read_rule
from kirotodo.core.errors import InvalidInput
from kirotodo.core.language.types import Recurrence, When
from kirotodo.core.language.when.parse import parse_when
from kirotodo.core.language.when.recurrence import parse_rule
from kirotodo.core.tools.tool import Standpoint

_NOTHING: Final = frozenset({"", "none", "never", "no", "clear"})
_BEFORE: Final = re.compile(
    r"(?:remind me )?(?P<count>\d{1,4}|an?|one|two|three|half an)\s*(?P<unit>m|min|minute|h|hr|hour|d|day|w|week)s?"
    r"\s+(?:before|earlier|ahead|prior)(?:\s+.*)?",
    re.IGNORECASE,
)
_AT_DUE: Final = re.compile(r"(?:at|on)\s+(?:the\s+)?time|when\s+(?:it'?s\s+)?due|at due(?: time)?", re.IGNORECASE)
_DAY_BEFORE: Final = re.compile(r"(?:the|a)\s+day\s+before", re.IGNORECASE)
_SHIFT: Final = re.compile(
    r"(?P<sign>[+-])\s*(?P<count>\d{1,5})\s*(?P<unit>min|minute|h|hour|d|day|w|week)s?", re.IGNORECASE
)
_COUNTS: Final = {"a": 1.0, "an": 1.0, "one": 1.0, "two": 2.0, "three": 3.0, "half an": 0.5}
_UNITS: Final = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def read_shift(words: str | None) -> timedelta | None:
    """ "+2 days", "-30 minutes"."""
    found = _SHIFT.fullmatch((words or "").strip())
    if found is None:
        return None
    by = timedelta(**{_UNITS[found["unit"][0].lower()]: int(found["count"])})
    return -by if found["sign"] == "-" else by


def read_due(words: str | None, *, at: Standpoint) -> When | None:
    """None where the words take the date away. Raises `InvalidInput`."""
    if not _says_something(words):
        return None
    text = str(words).strip()
    return _iso(text, at=at) or _when(text, at=at)


def read_time(words: str | None, *, at: Standpoint) -> time | None:
    """None where the words take the time away. Raises `InvalidInput`."""
    if not _says_something(words):
        return None
    text = str(words).strip()
    try:
        return time.fromisoformat(text).replace(second=0, microsecond=0, tzinfo=None)
    except ValueError:
        pass
    try:
        read = _when(text, at=at).time
    except InvalidInput:
        read = None
    if read is None:
        raise InvalidInput(f"“{' '.join(text.split())[:60]}” was not understood as a time of day. Try 5pm or 17:00.")
    return read


def read_recurrence(words: str | None, *, at: Standpoint) -> tuple[Recurrence, time | None] | None:
    """The rule, and the time of day that was said with it; None where the words take the rule away.

    Raises `InvalidInput`.
    """
    if not _says_something(words):
        return None
    read = parse_rule(str(words).strip(), now=_wall(at), preferences=at.preferences)
    rule = read_rule(read.rule)
    if not rule.times or rule.freq in ("HOURLY", "MINUTELY"):
        return read, None
    if len(rule.times) > 1:
        raise InvalidInput("A task repeats at one time of day; add a task for each time.")
    plain = str(replace(rule, byhour=(), byminute=()))
    return Recurrence(rule=plain, recurs_from=read.recurs_from), rule.times[0]


def read_reminder(
    words: str | None, due_date: date | None, due_time: time | None, *, at: Standpoint
) -> datetime | None:
    """The moment in UTC; "10 minutes before" counts back from when it is due. Raises `InvalidInput`."""
    if not _says_something(words):
        return None
    text = str(words).strip()
    before = _before(text)
    if before is not None:
        if due_date is None:
            raise InvalidInput("A reminder that counts back needs a due date.")
        return in_utc(datetime.combine(due_date, due_time or at.preferences.morning) - before, at=at)
    when = _iso(text, at=at) or _when(text, at=at)
    return in_utc(datetime.combine(when.date, when.time or at.preferences.morning), at=at)


def _before(text: str) -> timedelta | None:
    if _AT_DUE.fullmatch(text):
        return timedelta()
    if _DAY_BEFORE.fullmatch(text):
        return timedelta(days=1)
    if found := _BEFORE.fullmatch(text):
        count = found["count"].lower()
        amount = _COUNTS[count] if count in _COUNTS else float(count)
        return timedelta(**{_UNITS[found["unit"][0].lower()]: amount})
    return None


def _iso(text: str, *, at: Standpoint) -> When | None:
    try:
        return When(date=date.fromisoformat(text))
    except ValueError:
        pass
    try:
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is not None:
            moment = moment.astimezone(at.zone)
    except (ValueError, OverflowError):
        return None
    return When(date=moment.date(), time=moment.time().replace(second=0, microsecond=0), grain="minute")


def _when(text: str, *, at: Standpoint) -> When:
    return parse_when(text, now=_wall(at), preferences=at.preferences)


def _wall(at: Standpoint) -> datetime:
    return at.now.replace(tzinfo=None)


def in_utc(local: datetime, *, at: Standpoint) -> datetime:
    try:
        return local.replace(tzinfo=at.zone).astimezone(UTC)
    except (OverflowError, ValueError):
        raise InvalidInput("That moment is too far away.") from None


def _says_something(words: str | None) -> bool:
    return words is not None and str(words).strip().casefold() not in _NOTHING
