"""When a task is due, how it repeats and when to remind of it, as fields in words change it."""

import re
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Final

from kirotodo.core.backend import TaskFields
from kirotodo.core.domain.recurrence import anchored, counts_hours, first_due, first_moment
from kirotodo.core.domain.rule import read_rule
from kirotodo.core.domain.task import RecursFrom, Task
from kirotodo.core.errors import InvalidInput
from kirotodo.core.language.types import Recurrence, When
from kirotodo.core.language.when.durations import length_at
from kirotodo.core.language.when.parse import due_day, parse_when
from kirotodo.core.language.when.recurrence import parse_end, parse_rule
from kirotodo.core.language.when.tokens import cut
from kirotodo.core.lazy_dataclasses import dataclass
from kirotodo.core.text.dates import describe_due
from kirotodo.core.text.patterns import pattern
from kirotodo.core.tools.user_clock import UserClock

_NOTHING: Final = frozenset({"", "none", "never", "no", "clear"})
_BEFORE: Final = pattern(
    r"(?:remind me )?(?P<length>.+?)\s+(?:before(?:hand)?|earlier|early|ahead|prior|in advance)(?:\s+.*)?",
    re.IGNORECASE,
)
_PART_BEFORE: Final = pattern(
    r"(?:on\s+)?(?:the|a)\s+(?P<part>morning|afternoon|evening|night)\s+before(?:\s+.*)?", re.IGNORECASE
)
_AT_DUE: Final = pattern(r"(?:at|on)\s+(?:the\s+)?time|when\s+(?:it'?s\s+)?due|at due(?: time)?", re.IGNORECASE)
_DAY_BEFORE: Final = pattern(r"(?:the|a)\s+day\s+before", re.IGNORECASE)
_SNOOZE: Final = pattern(
    r"(?:(?:it|that|this)\s+)?(?:(?P<until>until|till|til|to)|for|by|in)?\b\s*(?P<text>.*)", re.IGNORECASE | re.DOTALL
)
_BARE_HOUR: Final = pattern(r"(^|\s)(?<!at )(\d{1,2})$")
_SHIFT: Final = pattern(
    r"(?P<sign>[+-])\s*(?P<count>\d{1,5})\s*(?P<unit>min|minute|h|hour|d|day|w|week)s?", re.IGNORECASE
)
_LISTED: Final = pattern(r"\s*,\s*(?:and\s+)?|\s+and\s+", re.IGNORECASE)
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


def read_days(words: str, *, at: UserClock) -> tuple[date, date] | None:
    """Return the first and the last of some days: "friday", "next week", "24 dec..2 jan". Raises `InvalidInput`."""
    first, _, last = words.partition("..")
    begin, end = read_due(first, at=at), read_due(last or first, at=at)
    if begin is None or end is None:
        return None
    until = end.until or end.date
    if until < begin.date:
        raise InvalidInput(f"“{' '.join(words.split())[:60]}” ends before it begins.")
    return begin.date, until


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
    said, exceptions = _without_exceptions(str(words).strip(), at=at)
    read = parse_rule(said, now=_wall(at), preferences=at.preferences)
    rule = read_rule(read.rule)
    if exceptions:
        rule = read_rule(str(replace(rule, exdate=exceptions)))
        read = Recurrence(rule=str(rule), recurs_from=read.recurs_from)
    if not rule.times or rule.freq in ("HOURLY", "MINUTELY"):
        return read, None
    if len(rule.times) > 1:
        raise InvalidInput("A task repeats at one time of day; add a task for each time.")
    plain = str(replace(rule, byhour=(), byminute=()))
    return Recurrence(rule=plain, recurs_from=read.recurs_from), rule.times[0]


def _without_exceptions(words: str, *, at: UserClock) -> tuple[str, tuple[date, ...]]:
    """Return the rule of "every friday, except 14 dec and 25 dec", and its exceptions."""
    said, mark, named = words.partition(" except ")
    if not mark:
        return words, ()
    days = [read_due(each.removeprefix("on "), at=at) for each in _LISTED.split(named.strip())]
    return said.rstrip(" ,"), tuple(sorted({when.date for when in days if when is not None}))


def read_end(words: str | None, rule: str | None, due_date: date | None, *, at: UserClock) -> str | None:
    """Return `rule` with another end, where the words say nothing but an end: "until christmas", "5 more times" (the
    open occurrence is one of them), "forever". Raises `InvalidInput` for an end before it is due."""
    if rule is None or not _has_content(words):
        return None
    end = parse_end(str(words).strip(), now=_wall(at), preferences=at.preferences)
    if end is None:
        return None
    if end.until is not None and due_date is not None and end.until < due_date:
        raise InvalidInput(
            f"It would end on {describe_due(end.until, None, today=at.now.date())}, before it is due next "
            f"({describe_due(due_date, None, today=at.now.date())}). To end it now, complete or delete it."
        )
    return str(replace(read_rule(rule), count=end.count, until=end.until))


def read_reminder(
    words: str | None, due_date: date | None, due_time: time | None, *, at: UserClock
) -> tuple[datetime | None, int | None]:
    """Return the moment in UTC, and how many minutes before it is due where the words count back from that ("10 minutes
    before"). Raises `InvalidInput`."""
    if not _has_content(words):
        return None, None
    text = str(words).strip()
    before = _before(text, due_time, at=at)
    if before is not None:
        if due_date is None:
            raise InvalidInput("A reminder that counts back needs a due date.")
        return before_due(before, due_date, due_time, at=at), before
    when = _iso(text, at=at) or _when(text, at=at)
    return in_utc(datetime.combine(when.date, when.time or at.preferences.morning), at=at), None


def before_due(minutes: int, due_date: date, due_time: time | None, *, at: UserClock) -> datetime:
    """Return the moment so many minutes before it is due, by the user's clock; a day without a time begins at
    `morning`. Raises `InvalidInput`."""
    try:
        moment = datetime.combine(due_date, due_time or at.preferences.morning) - timedelta(minutes=minutes)
    except OverflowError:
        raise InvalidInput("That moment is too far away.") from None
    return in_utc(moment, at=at)


def read_snooze(words: str, *, at: UserClock) -> datetime:
    """Return when to remind again: "10 minutes" and "for an hour" count from now, as does a bare number, of minutes;
    "until tomorrow 9" is a moment.

    Raises `InvalidInput`.
    """
    found = _SNOOZE.fullmatch(words.strip())
    until, text = (bool(found["until"]), found["text"]) if found else (False, words.strip())
    if not text:
        raise InvalidInput("Say for how long or until when: 10 minutes, or until tomorrow 9.")
    length = _length(f"{text} minutes" if text.isdecimal() and not until else text)
    if length is None:
        when = _iso(text, at=at) or _when(_BARE_HOUR.sub(r"\1at \2", text), at=at)
        moment = in_utc(datetime.combine(when.date, when.time or at.preferences.morning), at=at)
    elif length % timedelta(days=1):
        moment = at.now.astimezone(UTC) + length
    else:
        day = at.now.date() + length
        moment = in_utc(datetime.combine(day, at.preferences.morning), at=at)
    if moment <= at.now:
        raise InvalidInput(f"“{' '.join(words.split())[:60]}” has passed. Try 10 minutes, or until tomorrow 9.")
    return moment.replace(microsecond=0)


def _length(text: str) -> timedelta | None:
    """Read a length of time that is the whole text."""
    line = cut(text)
    read = length_at(line, 0)
    if read is None or read[1] < line.size or read[0].months or read[0].workdays or read[0].weekdays:
        return None
    return timedelta(days=read[0].days, seconds=read[0].seconds) or None


def _before(text: str, due_time: time | None, *, at: UserClock) -> int | None:
    """Read how many minutes before it is due. "The morning before" depends on when that is."""
    if part := _PART_BEFORE.fullmatch(text):
        hour: time = getattr(at.preferences, part["part"].lower())
        due = due_time or at.preferences.morning
        return 1440 + (due.hour - hour.hour) * 60 + due.minute - hour.minute
    if _AT_DUE.fullmatch(text):
        return 0
    if _DAY_BEFORE.fullmatch(text):
        return 1440
    found = _BEFORE.fullmatch(text)
    length = _length(found["length"]) if found else None
    return None if length is None else length // timedelta(minutes=1)


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
TIMING: Final = _TIMED | {"remind", "remind_at", "remind_before", "snooze"}
"""The fields that `retimed` reads."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Timing:
    """When a task is due, how it repeats, and when to remind of it."""

    due_date: date | None = None
    due_time: time | None = None
    recurrence: str | None = None
    recurs_from: RecursFrom = "schedule"
    remind_at: datetime | None = None
    remind_before: int | None = None


def timing_of(task: Task) -> Timing:
    """Return the timing of a task."""
    return Timing(
        due_date=task.due_date,
        due_time=task.due_time,
        recurrence=task.recurrence,
        recurs_from=task.recurs_from,
        remind_at=task.remind_at,
        remind_before=task.remind_before,
    )


def retimed(fields: TaskFields, was: Timing, *, at: UserClock) -> Timing:
    """Return the timing that `fields` make of the one that `was`. Raises `InvalidInput`."""
    recurrence, recurs_from = was.recurrence, was.recurs_from
    given_time: time | None = None
    if "recurrence" in fields:
        ended = read_end(fields["recurrence"], was.recurrence, was.due_date, at=at)
        recurrence, recurs_from = ended, was.recurs_from if ended else "schedule"
        if ended is None and (read := read_recurrence(fields["recurrence"], at=at)) is not None:
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
    remind_at, remind_before = _reminder(fields, was, due_date, due_time, at=at)
    return Timing(
        due_date=due_date,
        due_time=due_time,
        recurrence=recurrence,
        recurs_from=recurs_from,
        remind_at=remind_at,
        remind_before=remind_before,
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
        due_date, due_time = (due_day(read, today=at.now.date()), read.time or due_time) if read else (None, given_time)
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


Reminding = tuple[datetime | None, int | None]


def _reminder(
    fields: TaskFields, was: Timing, due_date: date | None, due_time: time | None, *, at: UserClock
) -> Reminding:
    """Return when to remind, and how many minutes before it is due where the reminder goes by that."""
    if "remind" in fields:
        return read_reminder(fields["remind"], due_date, due_time, at=at)
    if "snooze" in fields:
        return read_snooze(fields["snooze"], at=at), was.remind_before
    # A client that knows no `remind_before` sends the moment back as it read it.
    unchanged = "remind_at" in fields and fields["remind_at"] == was.remind_at
    before = fields.get("remind_before", was.remind_before if unchanged or "remind_at" not in fields else None)
    same_due = (due_date, due_time) == (was.due_date, was.due_time)
    if "remind_at" in fields and not (before is not None and fields["remind_at"] == was.remind_at and not same_due):
        return fields["remind_at"], before if fields["remind_at"] is not None else None
    if "remind_before" in fields and before is None:
        return None, None
    if before is not None and due_date is not None and not (same_due and before == was.remind_before):
        return before_due(before, due_date, due_time, at=at), before
    if "remind_before" in fields and due_date is None:
        raise InvalidInput("A reminder that counts back needs a due date.")
    if was.remind_at is None and due_time is not None and was.due_time is None:
        return _default_reminder(due_date, due_time, at=at)
    return _kept_reminder(was, due_date)


def _default_reminder(due_date: date | None, due_time: time, *, at: UserClock) -> Reminding:
    """Remind as the setting says of what has a time of day; at that time, where the moment before it has passed."""
    before = at.preferences.remind_before
    if before is None or due_date is None:
        return None, None
    moment = before_due(before, due_date, due_time, at=at)
    return (moment, before) if moment > at.now else (before_due(0, due_date, due_time, at=at), 0)


def _kept_reminder(was: Timing, due_date: date | None) -> Reminding:
    """A moment stays where it is; what goes by the due date ends with that."""
    if was.due_date is not None and due_date is None and was.remind_before is not None:
        return None, None
    return was.remind_at, was.remind_before


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
