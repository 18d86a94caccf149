"""One row of an imported file to a task draft. What cannot be taken raises `ValueError` with a sentence."""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any, Final, cast

from kirotodo.core.domain.task import NAME_MAX, NOTES_MAX, PRIORITIES, TITLE_MAX, Priority, RecursFrom, TaskDraft

FIELDS: Final = (
    "title",
    "notes",
    "priority",
    "due_date",
    "due_time",
    "recurrence",
    "recurs_from",
    "remind_at",
    "project",
    "tags",
    "parent_id",
    "completed_at",
    "created_at",
)
_FREQUENCIES: Final = ("DAILY", "WEEKLY", "MONTHLY", "YEARLY")
_OPEN: Final = {"", "0", "no", "false", "n", "open", "pending", "todo"}
_DONE: Final = {"1", "yes", "true", "y", "x", "done", "completed", "✓"}


def draft_from(fields: object, *, zone: dt.tzinfo) -> TaskDraft:
    """The task that a row says. Its number and its parent's are of another list, so they are left behind."""
    if not isinstance(fields, Mapping):
        raise ValueError("this is no task.")
    if "extra" in fields:
        raise ValueError("it has more cells than the header names; is a text with commas not quoted?")
    day, clock = _due(fields)
    created = _moment(fields, "created_at", zone)
    return TaskDraft(
        title=_title(fields),
        notes=_text(fields, "notes", NOTES_MAX),
        priority=_priority(fields),
        due_date=day,
        due_time=clock,
        recurrence=_recurrence(fields),
        recurs_from=_recurs_from(fields),
        remind_at=_moment(fields, "remind_at", zone),
        project=" ".join(_text(fields, "project", NAME_MAX).split()) or None,
        tags=_tags(fields),
        completed_at=_completed(fields, zone),
        created_at=created,
    )


def _raw(fields: Mapping[str, Any], name: str) -> str:
    value = fields.get(name)
    if value is None:
        return ""
    if isinstance(value, bool | int | float):
        value = str(value)
    if not isinstance(value, str):
        raise ValueError(f"{name} is no text.")
    return value.strip()


def _text(fields: Mapping[str, Any], name: str, longest: int) -> str:
    text = _raw(fields, name)
    if len(text) > longest:
        raise ValueError(f"{name} has {len(text)} characters; {longest} is the most.")
    return text


def _title(fields: Mapping[str, Any]) -> str:
    title = " ".join(_raw(fields, "title").split())
    if not title:
        raise ValueError("the title is empty.")
    if len(title) > TITLE_MAX:
        raise ValueError(f"the title has {len(title)} characters; {TITLE_MAX} is the most.")
    return title


def _priority(fields: Mapping[str, Any]) -> Priority:
    value = _raw(fields, "priority").lower() or "none"
    for priority in PRIORITIES:
        if value == priority:
            return priority
    raise ValueError(f"priority is {value!r}; it should be one of {', '.join(PRIORITIES)}.")


def _recurs_from(fields: Mapping[str, Any]) -> RecursFrom:
    value = _raw(fields, "recurs_from") or "schedule"
    if value not in {"schedule", "completion"}:
        raise ValueError(f"recurs_from is {value!r}; it should be schedule or completion.")
    return cast(RecursFrom, value)


def _recurrence(fields: Mapping[str, Any]) -> str | None:
    rule = _raw(fields, "recurrence").removeprefix("RRULE:")
    if rule and not any(f"FREQ={frequency}" in rule.upper() for frequency in _FREQUENCIES):
        raise ValueError(f"recurrence is {rule!r}; it should be a rule such as FREQ=WEEKLY;BYDAY=FR.")
    return rule or None


def _tags(fields: Mapping[str, Any]) -> tuple[str, ...]:
    value = fields.get("tags")
    if value is None:
        return ()
    if not isinstance(value, Sequence) or isinstance(value, str) or not all(isinstance(tag, str) for tag in value):
        raise ValueError("tags should be a list of names.")
    tags = tuple(dict.fromkeys(name for tag in value if (name := tag.strip().removeprefix("#"))))
    if any(len(tag) > NAME_MAX for tag in tags):
        raise ValueError(f"a tag has more than {NAME_MAX} characters.")
    return tags


def _due(fields: Mapping[str, Any]) -> tuple[dt.date | None, dt.time | None]:
    day, clock = _raw(fields, "due_date"), _raw(fields, "due_time")
    if not day:
        if clock:
            raise ValueError("there is a due_time without a due_date.")
        return None, None
    try:
        at = dt.datetime.fromisoformat(day)
    except ValueError:
        raise ValueError(f"due_date is {day!r}; it should be a day such as 2026-11-27.") from None
    if clock:
        return at.date(), _clock(clock)
    return at.date(), at.time() if len(day) > len("2026-11-27") else None


def _clock(text: str) -> dt.time:
    try:
        found = dt.time.fromisoformat(text if len(text.split(":")[0]) == 2 else f"0{text}")
    except ValueError:
        raise ValueError(f"due_time is {text!r}; it should be a time of day such as 17:00.") from None
    return found.replace(tzinfo=None)


def _moment(fields: Mapping[str, Any], name: str, zone: dt.tzinfo) -> dt.datetime | None:
    """A moment in UTC; one without an offset is in the user's zone."""
    text = _raw(fields, name)
    if not text:
        return None
    try:
        moment = dt.datetime.fromisoformat(text)
        return (moment if moment.tzinfo is not None else moment.replace(tzinfo=zone)).astimezone(dt.UTC)
    except (ValueError, OverflowError):
        raise ValueError(f"{name} is {text!r}; it should be a moment such as 2026-11-27T17:00:00Z.") from None


def _completed(fields: Mapping[str, Any], zone: dt.tzinfo) -> dt.datetime | None:
    """When it was done; a mere yes counts as now."""
    word = _raw(fields, "completed_at").lower() or _raw(fields, "status").lower()
    if word in _OPEN:
        return None
    if word in _DONE:
        return dt.datetime.now(dt.UTC)
    return _moment({"completed_at": word.upper()}, "completed_at", zone)
