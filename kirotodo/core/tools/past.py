"""Times in the past, in a person's words: "yesterday", "friday", "this morning", "3 hours ago", "1h"."""

import re
from datetime import UTC, date, datetime, time, timedelta
from typing import Final

from kirotodo.core.domain.history import ChangeSelection
from kirotodo.core.errors import InvalidInput
from kirotodo.core.language.types import When
from kirotodo.core.language.when.parse import parse_when
from kirotodo.core.lazy_dataclasses import dataclass
from kirotodo.core.store.selective_undo import Selected
from kirotodo.core.text.patterns import pattern
from kirotodo.core.tools.timing import in_utc
from kirotodo.core.tools.user_clock import UserClock

_AGO: Final = pattern(
    r"(?:the\s+)?(?:last|past)?\s*(?P<count>\d{0,5})\s*(?P<unit>m|min|h|d|w|minute|hour|day|week)s?", re.I
)
_UNITS: Final = {
    **dict.fromkeys(("m", "min", "minute"), timedelta(minutes=1)),
    **dict.fromkeys(("h", "hour"), timedelta(hours=1)),
    **dict.fromkeys(("d", "day"), timedelta(days=1)),
    **dict.fromkeys(("w", "week"), timedelta(weeks=1)),
}
_AHEAD: Final = pattern(r"\b(tomorrow|next|coming|from now|in (?:a|an|\d+))\b", re.IGNORECASE)
_EARLIER: Final = (timedelta(0), timedelta(days=7), timedelta(days=366))
"""How far to step back in time until a day that was meant as a past one ("friday", "20 november") is past."""
_PARTS: Final = {
    "morning": (time(0), time(12)),
    "afternoon": (time(12), time(18)),
    "evening": (time(17), None),
    "night": (time(18), None),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Past:
    """A time in the past, as moments in UTC: where it begins, and the first one after it, at most the one after now.
    `moment` is what the words mean where one moment is asked for: the end of a day, but an hour ago for "1h"."""

    start: datetime
    end: datetime
    moment: datetime


def read_past(words: str, *, at: UserClock) -> Past:
    """Read a moment, a day or a period of the past. A bare weekday is the last one there was. A moment is a time that
    begins and ends there; "1h" is the last hour. Raises `InvalidInput`."""
    text = words.strip()
    now = at.now.astimezone(UTC)
    if text.casefold() == "now":
        return Past(start=now, end=now + AN_INSTANT, moment=now)
    moment = _moment(text)
    if moment is not None:
        return _past(moment, moment, text, now)
    found = _AGO.fullmatch(text)
    if found is not None and (found["count"] or found["unit"].lower() in ("minute", "hour")):
        start = now - int(found["count"] or 1) * _UNITS[found["unit"].lower()]
        return Past(start=start, end=now + AN_INSTANT, moment=start)
    if _AHEAD.search(text):
        raise _ahead(text)
    when = _read(text, at=at)
    start, end = _bounds(when, at=at)
    return _past(start, end, text, now)


AN_INSTANT: Final = timedelta(microseconds=1)


def selected(which: ChangeSelection, *, at: UserClock) -> Selected:
    """Return the selection with moments in the place of words. Raises `InvalidInput`."""
    if which.change_id is None and which.turn_id is None and which.since is None and which.task_id is None:
        raise InvalidInput("Say which changes to undo: a change, a turn, a task, or since when.")
    if which.call_id is not None and which.turn_id is None:
        raise InvalidInput("A call is named together with its turn.")
    period = None if which.since is None else read_past(which.since, at=at)
    until = None if which.until is None else read_past(which.until, at=at).end
    return Selected(
        change_id=which.change_id,
        turn_id=which.turn_id,
        call_id=which.call_id,
        since=None if period is None else period.start,
        until=until,
        task_id=which.task_id,
        by=which.by,
    )


def _past(start: datetime, end: datetime, text: str, now: datetime) -> Past:
    if start > now:
        raise _ahead(text)
    return Past(start=start, end=min(end, now + AN_INSTANT), moment=min(end, now))


def _ahead(text: str) -> InvalidInput:
    return InvalidInput(
        f"“{text[:80]}” is still to come. Name a time in the past, such as “yesterday” or “3 hours ago”."
    )


def _moment(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
        return None if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _read(text: str, *, at: UserClock) -> When:
    today = at.now.date()
    for earlier in _EARLIER:
        try:
            when = parse_when(text, now=at.now.replace(tzinfo=None) - earlier, preferences=at.preferences)
        except InvalidInput:
            raise InvalidInput(
                f"“{text[:80]}” was not understood as a time. Try “yesterday”, “friday” or “3 hours ago”."
            ) from None
        if when.date <= today:
            return when
    raise _ahead(text)


def _bounds(when: When, *, at: UserClock) -> tuple[datetime, datetime]:
    if when.part is not None:
        first, last = _PARTS[when.part]
        return _at(when.date, first, at=at), _end(when.date, at=at) if last is None else _at(when.date, last, at=at)
    if when.time is not None:
        moment = _at(when.date, when.time, at=at)
        return moment, moment
    return _at(when.date, time(0), at=at), _end(when.until or when.date, at=at)


def _at(day: date, clock: time, *, at: UserClock) -> datetime:
    return in_utc(datetime.combine(day, clock), at=at)


def _end(day: date, *, at: UserClock) -> datetime:
    return in_utc(datetime.combine(day, time(0)) + timedelta(days=1), at=at)
