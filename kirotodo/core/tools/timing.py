"""When a task is due, how it repeats and when to remind of it, as fields in words change it."""

import re
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Final

from kirotodo.core.backend import TaskFields
from kirotodo.core.domain.recurrence import anchored, counts_hours, first_due, first_moment
from kirotodo.core.domain.rule import read_rule
from kirotodo.core.domain.task import RecursFrom, Task
from kirotodo.core.errors import InvalidInput
from kirotodo.core.language.types import Recurrence, When
from kirotodo.core.language.when.durations import length_at
from kirotodo.core.language.when.parse import parse_when
from kirotodo.core.language.when.recurrence import parse_rule
from kirotodo.core.language.when.tokens import cut
from kirotodo.core.tools.user_clock import UserClock

_NOTHING: Final = frozenset({"", "none", "never", "no", "clear"})
_BEFORE: Final = re.compile(
    r"(?:remind me )?(?P<length>.+?)\s+(?:before(?:hand)?|earlier|early|ahead|prior|in advance)(?:\s+.*)?",
    re.IGNORECASE,
)
_PART_BEFORE: Final = re.compile(
    r"(?:on\s+)?(?:the|a)\s+(?P<part>morning|afternoon|evening|night)\s+before(?:\s+.*)?", re.IGNORECASE
)
_AT_DUE: Final = re.compile(r"(?:at|on)\s+(?:the\s+)?time|when\s+(?:it'?s\s+)?due|at due(?: time)?", re.IGNORECASE)
_DAY_BEFORE: Final = re.compile(r"(?:the|a)\s+day\s+before", re.IGNORECASE)
_SHIFT: Final = re.compile(
    r"(?P<sign>[+-])\s*(?P<count>\d{1,5})\s*(?P<unit>min|minute|h|hour|d|day|w|week)s?", re.IGNORECASE
)
_UNITS: Final = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def read_shift(words: str | None) -> timedelta | None:
    """Read "+2 days", "-30 minutes"."""
    found = _SHIFT.fullmatch((words or "").strip())
    if found is None:
        return None
    by = timedelta(**{_UNITS[found["unit"][0].lower()]: int(found["count"])})
    return -by if found["sign"] == "-" else by


def read_due(words: str | None, *, at: UserClock) -> When | None:
    """Return the due date; None where the words take it away. Raises `InvalidInput`."""
    if not _has_content(words):
        return None
    text = str(words).strip()
    return _iso(text, at=at) or _when(text, at=at)


def read_time(words: str | None, *, at: UserClock) -> time | None:
    """Return the time of day; None where the words take it away. Raises `InvalidInput`."""
    if not _has_content(words):
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


def read_recurrence(words: str | None, *, at: UserClock) -> tuple[Recurrence, time | None] | None:
    """Return the rule, and the time of day that was said with it; None where the words take the rule away.

    Raises `InvalidInput`.
    """
    if not _has_content(words):
        return None
    read = parse_rule(str(words).strip(), now=_wall(at), preferences=at.preferences)
    rule = read_rule(read.rule)
    if not rule.times or rule.freq in ("HOURLY", "MINUTELY"):
        return read, None
    if len(rule.times) > 1:
        raise InvalidInput("A task repeats at one time of day; add a task for each time.")
    plain = str(replace(rule, byhour=(), byminute=()))
    return Recurrence(rule=plain, recurs_from=read.recurs_from), rule.times[0]


def read_reminder(words: str | None, due_date: date | None, due_time: time | None, *, at: UserClock) -> datetime | None:
    """Return the moment in UTC; "10 minutes before" counts back from when it is due. Raises `InvalidInput`."""
    if not _has_content(words):
        return None
    text = str(words).strip()
    part, before = _PART_BEFORE.fullmatch(text), _before(text)
    if (part or before is not None) and due_date is None:
        raise InvalidInput("A reminder that counts back needs a due date.")
    if part and due_date is not None:
        hour: time = getattr(at.preferences, part["part"].lower())
        return in_utc(datetime.combine(due_date - timedelta(days=1), hour), at=at)
    if before is not None and due_date is not None:
        return in_utc(datetime.combine(due_date, due_time or at.preferences.morning) - before, at=at)
    when = _iso(text, at=at) or _when(text, at=at)
    return in_utc(datetime.combine(when.date, when.time or at.preferences.morning), at=at)


def _before(text: str) -> timedelta | None:
    if _AT_DUE.fullmatch(text):
        return timedelta()
    if _DAY_BEFORE.fullmatch(text):
        return timedelta(days=1)
    found = _BEFORE.fullmatch(text)
    line = cut(found["length"]) if found else None
    read = length_at(line, 0) if line is not None else None
    if line is None or read is None or read[1] < line.size or read[0].months or read[0].workdays or read[0].weekdays:
        return None
    return timedelta(days=read[0].days, seconds=read[0].seconds)


def _iso(text: str, *, at: UserClock) -> When | None:
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


def _when(text: str, *, at: UserClock) -> When:
    return parse_when(text, now=_wall(at), preferences=at.preferences)


def _wall(at: UserClock) -> datetime:
    return at.now.replace(tzinfo=None)


def in_utc(local: datetime, *, at: UserClock) -> datetime:
    """Return the moment in UTC."""
    try:
        return local.replace(tzinfo=at.zone).astimezone(UTC)
    except (OverflowError, ValueError):
        raise InvalidInput("That moment is too far away.") from None


def _has_content(words: str | None) -> bool:
    return words is not None and str(words).strip().casefold() not in _NOTHING


_TIMED: Final = frozenset({"due", "due_date", "time", "due_time", "recurrence", "recurs_from"})
TIMING: Final = _TIMED | {"remind", "remind_at"}
"""The fields that `retimed` reads."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Timing:
    """When a task is due, how it repeats, and when to remind of it."""

    due_date: date | None = None
    due_time: time | None = None
    recurrence: str | None = None
    recurs_from: RecursFrom = "schedule"
    remind_at: datetime | None = None


def timing_of(task: Task) -> Timing:
    """Return the timing of a task."""
    return Timing(
        due_date=task.due_date,
        due_time=task.due_time,
        recurrence=task.recurrence,
        recurs_from=task.recurs_from,
        remind_at=task.remind_at,
    )


def retimed(fields: TaskFields, was: Timing, *, at: UserClock) -> Timing:
    """Return the timing that `fields` make of the one that `was`. Raises `InvalidInput`."""
    recurrence, recurs_from = was.recurrence, was.recurs_from
    given_time: time | None = None
    if "recurrence" in fields:
        recurrence, recurs_from = None, "schedule"
        if (read := read_recurrence(fields["recurrence"], at=at)) is not None:
            recurrence, recurs_from, given_time = read[0].rule, read[0].recurs_from, read[1]
            if _is_rule(fields["recurrence"]):
                recurs_from = was.recurs_from
    due_date, due_time = _due(fields, was, given_time, at=at)
    recurs_from = fields.get("recurs_from", recurs_from)
    if recurrence is not None and not _TIMED.isdisjoint(fields):
        if due_date is None and was.due_date is not None and "recurrence" not in fields:
            raise InvalidInput("A repeating task needs a due date; take its repetition away as well.")
        if "time" in fields and due_time is None and counts_hours(recurrence):
            raise InvalidInput("A task that repeats by the hour needs a time of day.")
        due_date, due_time = first_occurrence(recurrence, due_date, due_time, at=at)
        recurrence = anchored(recurrence, due_date=due_date, recurs_from=recurs_from)
    if due_time is not None and due_date is None:
        raise InvalidInput("A time of day needs a due date.")
    remind_at = _moved(was, due_date, due_time, at=at)
    if "remind" in fields:
        remind_at = read_reminder(fields["remind"], due_date, due_time, at=at)
    if "remind_at" in fields:
        remind_at = fields["remind_at"]
    return Timing(
        due_date=due_date,
        due_time=due_time,
        recurrence=recurrence,
        recurs_from=recurs_from,
        remind_at=remind_at,
    )


def first_occurrence(
    rule: str, due_date: date | None, due_time: time | None, *, at: UserClock
) -> tuple[date, time | None]:
    """Return when a task with a rule is due, with what the rule needs and was not given. Raises `InvalidInput`.

    A rule that counts hours needs a time of day: without any, the first comes one interval from now.
    """
    if counts_hours(rule) and due_time is None:
        first = first_moment(rule, now=at.now, zone=at.zone)
        if first is not None and due_date in (None, at.now.date()):
            return first.date, first.time
        due_time = at.preferences.morning
    due_date = due_date or first_due(rule, after=_first_day(due_time, at=at))
    if due_date is None:
        raise InvalidInput("That rule never comes round. Try every friday or monthly on the 1st.")
    return due_date, due_time


def _is_rule(words: str | None) -> bool:
    """Whether this is an RFC 5545 rule, which cannot say what the next occurrence is counted from."""
    return "FREQ=" in (words or "").upper()


def _first_day(due_time: time | None, *, at: UserClock) -> date:
    """The first day that can be meant: not today, where the hour has gone by."""
    today = at.now.date()
    return today + timedelta(days=1) if due_time is not None and due_time < at.now.time() else today


def _due(fields: TaskFields, was: Timing, given_time: time | None, *, at: UserClock) -> tuple[date | None, time | None]:
    """A new day keeps the time of day, a new time the day; a time alone means the next such moment."""
    due_date, due_time = was.due_date, given_time or was.due_time
    if "due" in fields and (shift := read_shift(fields["due"])) is not None:
        due_date, due_time = _shifted(was, shift, at=at)
    elif "due" in fields:
        read = read_due(fields["due"], at=at)
        due_date, due_time = (read.date, read.time or due_time) if read else (None, given_time)
    elif "due_date" in fields:
        due_date = fields["due_date"]
        due_time = due_time if due_date else given_time
    if "time" in fields:
        due_time = read_time(fields["time"], at=at)
        if due_time is not None and due_date is None and "recurrence" not in fields:
            passed = due_time <= at.now.time()
            due_date = at.now.date() + timedelta(days=1 if passed else 0)
    elif "due_time" in fields:
        due_time = fields["due_time"]
    return due_date, due_time


def _shifted(was: Timing, by: timedelta, *, at: UserClock) -> tuple[date, time | None]:
    """A task without a due date is moved from today."""
    start = was.due_date or at.now.date()
    if by % timedelta(days=1) and was.due_time is None:
        raise InvalidInput("A task without a time of day can be moved by days only.")
    try:
        moved = datetime.combine(start, was.due_time or time()) + by
    except OverflowError:
        raise InvalidInput("That date is too far away.") from None
    return moved.date(), moved.time() if was.due_time is not None else None


def _moved(was: Timing, due_date: date | None, due_time: time | None, *, at: UserClock) -> datetime | None:
    """A reminder keeps its distance from when the task is due."""
    if was.remind_at is None or was.due_date is None:
        return was.remind_at
    return moved_reminder(was.remind_at, (was.due_date, was.due_time), (due_date, due_time), at=at)


def moved_reminder(
    remind_at: datetime,
    old: tuple[date, time | None],
    new: tuple[date | None, time | None],
    *,
    at: UserClock,
) -> datetime | None:
    """Return `remind_at` as far from `new` as it was from `old`, in local time; None where there is no due date."""
    if new[0] is None:
        return None
    if old == new:
        return remind_at
    morning = at.preferences.morning
    by = datetime.combine(new[0], new[1] or morning) - datetime.combine(old[0], old[1] or morning)
    return in_utc(remind_at.astimezone(at.zone).replace(tzinfo=None) + by, at=at)
