"""A task's fields in a person's words, made into values: "tomorrow at 5pm" into a date and a time."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final

from kirotodo.core.backend import TaskFields
from kirotodo.core.domain.recurrence import first_due
from kirotodo.core.domain.task import PRIORITIES, Priority, RecursFrom, Task, TaskDraft, TaskField
from kirotodo.core.errors import InvalidInput
from kirotodo.core.language.dates import parse_when
from kirotodo.core.language.intent import Recurrence, When
from kirotodo.core.language.recurrence import parse_rule
from kirotodo.core.tools.names import clean_notes, clean_project, clean_tags, clean_title
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


@dataclass(frozen=True, kw_only=True, slots=True)
class Timing:
    """When a task is due, how it repeats, and when to remind of it."""

    due_date: date | None = None
    due_time: time | None = None
    recurrence: str | None = None
    recurs_from: RecursFrom = "schedule"
    remind_at: datetime | None = None


def draft_of(fields: TaskFields, *, at: Standpoint) -> TaskDraft:
    """The task to be made. Raises `InvalidInput`."""
    if "title" not in fields:
        raise InvalidInput("A task needs a title.")
    title = clean_title(fields["title"])
    timing = timing_of(fields, Timing(), at=at)
    tags = clean_tags([*(fields.get("tags") or ()), *(fields.get("add_tags") or ())])
    return TaskDraft(
        title=title,
        notes=clean_notes(fields.get("notes")),
        priority=_priority(fields.get("priority", "none")),
        project=clean_project(fields.get("project")),
        tags=tags,
        due_date=timing.due_date,
        due_time=timing.due_time,
        recurrence=timing.recurrence,
        recurs_from=timing.recurs_from,
        remind_at=timing.remind_at,
    )


def changes_of(fields: TaskFields, task: Task, *, at: Standpoint) -> dict[TaskField, Any]:
    """What of `task` becomes different, and how. Raises `InvalidInput`."""
    was = Timing(
        due_date=task.due_date,
        due_time=task.due_time,
        recurrence=task.recurrence,
        recurs_from=task.recurs_from,
        remind_at=task.remind_at,
    )
    timing = timing_of(fields, was, at=at)
    wanted: dict[TaskField, Any] = {
        "due_date": timing.due_date,
        "due_time": timing.due_time,
        "recurrence": timing.recurrence,
        "recurs_from": timing.recurs_from,
        "remind_at": timing.remind_at,
        "tags": _tags(fields, task.tags),
    }
    if "title" in fields:
        wanted["title"] = clean_title(fields["title"])
    if "notes" in fields:
        wanted["notes"] = clean_notes(fields["notes"])
    if "priority" in fields:
        wanted["priority"] = _priority(fields["priority"])
    if "project" in fields:
        wanted["project"] = clean_project(fields["project"])
    return {field: value for field, value in wanted.items() if getattr(task, field) != value}


def timing_of(fields: TaskFields, was: Timing, *, at: Standpoint) -> Timing:
    """The timing that `fields` make of the one that `was`. Raises `InvalidInput`."""
    recurrence, recurs_from = was.recurrence, fields.get("recurs_from", was.recurs_from)
    if "recurrence" in fields:
        read = read_recurrence(fields["recurrence"], at=at)
        recurrence = read.rule if read else None
        recurs_from = fields.get("recurs_from", read.recurs_from if read else "schedule")
    due_date, due_time = _due(fields, was, at=at)
    if recurrence is not None and due_date is None:
        if was.due_date is not None and "recurrence" not in fields:
            raise InvalidInput("A repeating task needs a due date; take its repetition away as well.")
        due_date = first_due(recurrence, after=at.now.date())
        if due_date is None:
            raise InvalidInput("That rule never comes round. Try every friday or monthly on the 1st.")
    remind_at = _moved(was, due_date, due_time, at=at)
    if "remind" in fields:
        remind_at = read_reminder(fields["remind"], due_date, due_time, at=at)
    return Timing(
        due_date=due_date, due_time=due_time, recurrence=recurrence, recurs_from=recurs_from, remind_at=remind_at
    )


def _due(fields: TaskFields, was: Timing, *, at: Standpoint) -> tuple[date | None, time | None]:
    """A new day keeps the time of day, a new time the day; a time alone means the next such moment."""
    due_date, due_time = was.due_date, was.due_time
    if "due" in fields and (shift := _shift(fields["due"])) is not None:
        due_date, due_time = _shifted(was, shift, at=at)
    elif "due" in fields:
        read = read_due(fields["due"], at=at)
        due_date, due_time = (read.date, read.time or due_time) if read else (None, None)
    if "time" in fields:
        due_time = read_time(fields["time"], at=at)
        if due_time is not None and due_date is None and "recurrence" not in fields:
            passed = due_time <= at.now.time()
            due_date = at.now.date() + timedelta(days=1 if passed else 0)
    return due_date, due_time


def _shift(words: str | None) -> timedelta | None:
    """ "+2 days", "-30 minutes"."""
    found = _SHIFT.fullmatch((words or "").strip())
    if found is None:
        return None
    by = timedelta(**{_UNITS[found["unit"][0].lower()]: int(found["count"])})
    return -by if found["sign"] == "-" else by


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


def read_due(words: str | None, *, at: Standpoint) -> When | None:
    """None where the words take the date away. Raises `InvalidInput`."""
    if not _says_something(words):
        return None
    text = str(words).strip()
    when = _iso(text, at=at) or _when(text, at=at)
    if when is None:
        raise InvalidInput(
            f"I cannot read {_quoted(text)} as a date. Try words such as tomorrow at 5pm, next friday or 2026-11-27."
        )
    return when


def read_time(words: str | None, *, at: Standpoint) -> time | None:
    """None where the words take the time away. Raises `InvalidInput`."""
    if not _says_something(words):
        return None
    text = str(words).strip()
    try:
        return time.fromisoformat(text).replace(second=0, microsecond=0, tzinfo=None)
    except ValueError:
        when = _when(text, at=at)
    if when is None or when.time is None:
        raise InvalidInput(f"I cannot read {_quoted(text)} as a time of day. Try 5pm or 17:00.")
    return when.time


def read_recurrence(words: str | None, *, at: Standpoint) -> Recurrence | None:
    """None where the words take the rule away. Raises `InvalidInput`."""
    if not _says_something(words):
        return None
    rule = _rule(str(words).strip(), at=at)
    if rule is None:
        raise InvalidInput(
            f"I cannot read {_quoted(str(words))} as a rule. Try every other friday, weekdays or monthly on the 1st."
        )
    return rule


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
        return _utc(datetime.combine(due_date, due_time or at.preferences.morning) - before, at=at)
    when = _iso(text, at=at) or _when(text, at=at)
    if when is None:
        raise InvalidInput(f"I cannot read {_quoted(text)} as a reminder. Try 10 minutes before, or tomorrow 8am.")
    return _utc(datetime.combine(when.date, when.time or at.preferences.morning), at=at)


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
    return _utc(remind_at.astimezone(at.zone).replace(tzinfo=None) + by, at=at)


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


def _when(text: str, *, at: Standpoint) -> When | None:
    try:
        return parse_when(text, now=at.now.replace(tzinfo=None), preferences=at.preferences)
    except InvalidInput:
        return None


def _rule(text: str, *, at: Standpoint) -> Recurrence | None:
    try:
        return parse_rule(text, now=at.now.replace(tzinfo=None), preferences=at.preferences)
    except InvalidInput:
        return None


def _utc(local: datetime, *, at: Standpoint) -> datetime:
    try:
        return local.replace(tzinfo=at.zone).astimezone(UTC)
    except (OverflowError, ValueError):
        raise InvalidInput("That moment is too far away.") from None


def _says_something(words: str | None) -> bool:
    return words is not None and str(words).strip().casefold() not in _NOTHING


def _quoted(text: str) -> str:
    text = " ".join(text.split())
    return f"“{text if len(text) <= 60 else text[:59] + '…'}”"


def _priority(priority: Priority | None) -> Priority:
    if priority is None:
        return "none"
    if priority not in PRIORITIES:
        raise InvalidInput(f"A priority is one of {', '.join(PRIORITIES)}.")
    return priority


def _tags(fields: TaskFields, was: Sequence[str]) -> tuple[str, ...]:
    given = fields.get("tags", was) or ()
    added = clean_tags([*given, *(fields.get("add_tags") or ())])
    removed = {tag.casefold() for tag in clean_tags(fields.get("remove_tags"))}
    return tuple(tag for tag in added if tag.casefold() not in removed)
