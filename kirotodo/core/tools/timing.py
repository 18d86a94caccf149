"""When a task is due, how it repeats and when to remind of it, as fields in words change it."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final

from kirotodo.core.backend import TaskFields
from kirotodo.core.domain.recurrence import anchored, counts_hours, first_due, first_moment
from kirotodo.core.domain.task import RecursFrom, Task
from kirotodo.core.errors import InvalidInput
from kirotodo.core.tools.tool import Standpoint
from kirotodo.core.tools.words import in_utc, read_due, read_recurrence, read_reminder, read_shift, read_time

_TIMED: Final = frozenset({"due", "due_date", "time", "due_time", "recurrence", "recurs_from"})


@dataclass(frozen=True, kw_only=True, slots=True)
class Timing:
    """When a task is due, how it repeats, and when to remind of it."""

    due_date: date | None = None
    due_time: time | None = None
    recurrence: str | None = None
    recurs_from: RecursFrom = "schedule"
    remind_at: datetime | None = None


def timing_of(task: Task) -> Timing:
    return Timing(
        due_date=task.due_date,
        due_time=task.due_time,
        recurrence=task.recurrence,
        recurs_from=task.recurs_from,
        remind_at=task.remind_at,
    )


def retimed(fields: TaskFields, was: Timing, *, at: Standpoint) -> Timing:
    """The timing that `fields` make of the one that `was`. Raises `InvalidInput`."""
    recurrence, recurs_from = was.recurrence, was.recurs_from
    said_time: time | None = None
    if "recurrence" in fields:
        recurrence, recurs_from = None, "schedule"
        if (read := read_recurrence(fields["recurrence"], at=at)) is not None:
            recurrence, recurs_from, said_time = read[0].rule, read[0].recurs_from, read[1]
            if _is_rule(fields["recurrence"]):
                recurs_from = was.recurs_from
    due_date, due_time = _due(fields, was, said_time, at=at)
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
    rule: str, due_date: date | None, due_time: time | None, *, at: Standpoint
) -> tuple[date, time | None]:
    """When a task with a rule is due, with what the rule needs and was not given. Raises `InvalidInput`.

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


def refuse_both(fields: TaskFields) -> None:
    """Raise `InvalidInput` where a field is given twice, in words and as a value."""
    for words, value in (("due", "due_date"), ("time", "due_time"), ("remind", "remind_at")):
        if words in fields and value in fields:
            raise InvalidInput(f"Give {words} or {value}, not both.")


def _is_rule(words: str | None) -> bool:
    """Whether this is an RFC 5545 rule, which cannot say what the next occurrence is counted from."""
    return "FREQ=" in (words or "").upper()


def _first_day(due_time: time | None, *, at: Standpoint) -> date:
    """The first day that can be meant: not today, where the hour has gone by."""
    today = at.now.date()
    return today + timedelta(days=1) if due_time is not None and due_time < at.now.time() else today


def _due(fields: TaskFields, was: Timing, said_time: time | None, *, at: Standpoint) -> tuple[date | None, time | None]:
    """A new day keeps the time of day, a new time the day; a time alone means the next such moment."""
    due_date, due_time = was.due_date, said_time or was.due_time
    if "due" in fields and (shift := read_shift(fields["due"])) is not None:
        due_date, due_time = _shifted(was, shift, at=at)
    elif "due" in fields:
        read = read_due(fields["due"], at=at)
        due_date, due_time = (read.date, read.time or due_time) if read else (None, said_time)
    elif "due_date" in fields:
        due_date = fields["due_date"]
        due_time = due_time if due_date else said_time
    if "time" in fields:
        due_time = read_time(fields["time"], at=at)
        if due_time is not None and due_date is None and "recurrence" not in fields:
            passed = due_time <= at.now.time()
            due_date = at.now.date() + timedelta(days=1 if passed else 0)
    elif "due_time" in fields:
        due_time = fields["due_time"]
    return due_date, due_time


def _shifted(was: Timing, by: timedelta, *, at: Standpoint) -> tuple[date, time | None]:
    """A task without a due date is moved from today."""
    start = was.due_date or at.now.date()
    if by % timedelta(days=1) and was.due_time is None:
        raise InvalidInput("A task without a time of day can be moved by days only.")
    try:
        moved = datetime.combine(start, was.due_time or time()) + by
    except OverflowError:
        raise InvalidInput("That date is too far away.") from None
    return moved.date(), moved.time() if was.due_time is not None else None


def _moved(was: Timing, due_date: date | None, due_time: time | None, *, at: Standpoint) -> datetime | None:
    """A reminder keeps its distance from when the task is due."""
    if was.remind_at is None or was.due_date is None:
        return was.remind_at
    return moved_reminder(was.remind_at, (was.due_date, was.due_time), (due_date, due_time), at=at)


def moved_reminder(
    remind_at: datetime,
    old: tuple[date, time | None],
    new: tuple[date | None, time | None],
    *,
    at: Standpoint,
) -> datetime | None:
    """`remind_at` as far from `new` as it was from `old`, on the clock on the wall; None where there is no due date."""
    if new[0] is None:
        return None
    if old == new:
        return remind_at
    morning = at.preferences.morning
    by = datetime.combine(new[0], new[1] or morning) - datetime.combine(old[0], old[1] or morning)
    return in_utc(remind_at.astimezone(at.zone).replace(tzinfo=None) + by, at=at)
