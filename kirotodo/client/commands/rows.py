"""Turns a row of an imported file into a task draft. A bad row raises `ValueError` with a sentence."""

import datetime as dt
import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, Final, cast
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from kirotodo.core.domain.rule import read_rule
from kirotodo.core.domain.task import (
    NAME_MAX,
    NOTES_MAX,
    PRIORITIES,
    TITLE_MAX,
    Priority,
    RecursFrom,
    Series,
    TaskDraft,
)
from kirotodo.core.errors import InvalidInput
from kirotodo.core.lazy_dataclasses import dataclass
from kirotodo.core.text.durations import DURATION_MAX

FIELDS: Final = (
    "title",
    "notes",
    "priority",
    "due_date",
    "due_time",
    "start_date",
    "duration",
    "recurrence",
    "recurs_from",
    "series",
    "remind_at",
    "remind_before",
    "project",
    "tags",
    "parent_id",
    "position",
    "previous_id",
    "completed_at",
    "created_at",
)
_NO_TASKS: Final = frozenset(
    [
        "template",
        "deleted task",
        "section",
        "note",
        "meta",
        "comment",
        "heading",
        "header",
        "project",
        "folder",
        "list",
        "label",
        "tag",
        "area",
    ]
)
"""What a row of another program may be besides a task."""
_OPEN: Final = {"", "0", "no", "false", "n", "open", "pending", "todo"}
_DONE: Final = {"1", "yes", "true", "y", "x", "done", "completed", "✓", "complete", "closed", "finished"}
_ARCHIVED: Final = "2"
_PRIORITY_WORDS: Final[dict[str, Priority]] = {
    "urgent": "high", "highest": "high", "critical": "high", "normal": "medium", "lowest": "low",
    "1": "high", "2": "medium", "3": "low", "4": "none", "0": "none",
}  # fmt: skip
_TICKTICK: Final[dict[str, Priority]] = {"0": "none", "1": "low", "3": "medium", "5": "high"}
_RULE_WORDS: Final = re.compile(r"(?:every|each|daily|weekly|monthly|yearly|annually|weekdays|hourly)\b", re.IGNORECASE)
_FROM_DUE: Final = re.compile(
    r"(?P<sign>[-+]?)P(?:(?P<weeks>\d{1,3})W)?(?:(?P<days>\d{1,3})D)?"
    r"(?:T(?:(?P<hours>\d{1,4})H)?(?:(?P<minutes>\d{1,5})M)?(?:\d+S)?)?"
)
_LENGTH: Final = re.compile(r"(?:(?P<hours>\d{1,3}(?:\.\d)?) ?h\w*)? ?(?:(?P<minutes>\d{1,4}) ?m\w*)?")
_TWELVE: Final = re.compile(
    r"(?P<hour>\d{1,2})(?::(?P<minute>\d{2}))?(?::\d{2})? ?(?P<half>[ap])\.?m\.?", re.IGNORECASE
)
_LINE_END: Final = re.compile(r"\s*[\n\r\x0b\x0c\x1c-\x1e\x85\u2028\u2029]\s*")
_BETWEEN_TAGS: Final = re.compile(r"[;,|\n]")
_SIGNED_TAGS: Final = re.compile(r"\s*[#@][^\s#@]+(?:\s+[#@][^\s#@]+)*\s*")
_TEXT_KEYS: Final = ("title", "name", "label", "datetime", "dateTime", "date", "value")


class NoTask(ValueError):
    """Raised for a row that isn't a task, such as a section or a label of another program."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """The task of a row, and a sentence for each value that was moved or cut."""

    draft: TaskDraft
    remarks: tuple[str, ...] = ()


def draft_from(fields: object, *, zone: dt.tzinfo) -> Row:
    """Return the task of a row. Its parent is given as the file numbers it; who adds it has to look it up."""
    if not isinstance(fields, Mapping):
        raise ValueError("this isn't a task.")
    if "extra" in fields:
        raise ValueError("it has more cells than the header. Is a text with commas missing its quotes?")
    kind = _raw(fields, "type").lower()
    if kind in _NO_TASKS:
        raise NoTask(f"a {kind}, not a task: “{' '.join(_raw(fields, 'title').split())[:40]}”.")
    title, rest = _title(fields)
    notes, remarks = _notes(fields, title, rest)
    day, clock = _due(fields, zone)
    draft = TaskDraft(
        title=title,
        notes=notes,
        priority=_priority(fields),
        due_date=day,
        due_time=clock,
        start_date=_day(fields, "start_date", zone),
        duration=_duration(fields),
        recurrence=_recurrence(fields),
        recurs_from=_recurs_from(fields),
        series=_series(fields),
        remind_at=_reminder(fields, day, clock, zone),
        remind_before=number_in(fields, "remind_before"),
        project=_project(fields),
        tags=_tags(fields),
        parent_id=None if _is_of_old(fields) else number_in(fields, "parent_id"),
        position=number_in(fields, "position") or 0,
        previous_id=number_in(fields, "parent_id" if _is_of_old(fields) else "previous_id"),
        completed_at=_completed(fields, zone),
        created_at=_moment(fields, "created_at", zone),
    )
    return Row(draft=draft, remarks=remarks)


def _is_of_old(fields: Mapping[str, Any]) -> bool:
    """Whether an earlier release wrote this, to which a parent was the occurrence before."""
    return "recurs_from" in fields and "previous_id" not in fields


def number_in(fields: Mapping[str, Any], name: str) -> int | None:
    """Return the field as a task number; None where it isn't one, such as the id of another program."""
    value = fields.get(name)
    text = "" if value is None else str(value).strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None


def _raw(fields: Mapping[str, Any], name: str) -> str:
    value = fields.get(name)
    if isinstance(value, Mapping):
        value = next((value[key] for key in _TEXT_KEYS if value.get(key)), "")
    if value is None:
        return ""
    if isinstance(value, bool | int | float):
        value = str(value)
    if not isinstance(value, str):
        raise ValueError(f"{name} isn't text.")
    return value.strip()


def _title(fields: Mapping[str, Any]) -> tuple[str, str]:
    """The title on one line, and what does not fit."""
    title = _LINE_END.sub(" ", _raw(fields, "title"))
    if not title:
        raise ValueError("the title is empty.")
    if len(title) <= TITLE_MAX:
        return title, ""
    cut = title.rfind(" ", TITLE_MAX // 2, TITLE_MAX - 1)
    cut = TITLE_MAX - 1 if cut < 0 else cut
    return title[:cut].rstrip() + "…", title[cut:].strip()


def _notes(fields: Mapping[str, Any], title: str, rest: str) -> tuple[str, tuple[str, ...]]:
    remarks: list[str] = []
    notes = _raw(fields, "notes")
    if rest:
        remarks.append(f"the title is longer than {TITLE_MAX} characters, so the notes begin with the rest of it.")
        notes = f"…{rest}\n\n{notes}".strip()
    if len(notes) > NOTES_MAX:
        remarks.append(f"the notes have {len(notes):,} characters; those after the first {NOTES_MAX:,} were cut off.")
        notes = notes[: NOTES_MAX - 1].rstrip() + "…"
    return notes, tuple(f"“{title[:40]}”: {remark}" for remark in remarks)


def _priority(fields: Mapping[str, Any]) -> Priority:
    value = _raw(fields, "priority").lower() or "none"
    words = _TICKTICK if "is_all_day" in fields else _PRIORITY_WORDS
    for priority in PRIORITIES:
        if value == priority or words.get(value) == priority:
            return priority
    raise ValueError(f"priority is {value!r}; it should be one of {', '.join(PRIORITIES)}.")


def _series(fields: Mapping[str, Any]) -> Series | None:
    """What the series has, as an object or, in a cell, as its JSON."""
    value = fields.get("series") or None
    try:
        value = json.loads(value) if isinstance(value, str) else value
        if value is None:
            return None
        clock = value.get("due_time")
        return Series(
            title=str(value["title"]),
            due_date=dt.date.fromisoformat(value["due_date"]),
            due_time=None if clock is None else dt.time.fromisoformat(clock),
        )
    except (AttributeError, KeyError, TypeError, ValueError):
        raise ValueError("series isn't an object with title, due_date and due_time.") from None


def _recurs_from(fields: Mapping[str, Any]) -> RecursFrom:
    value = _raw(fields, "recurs_from") or "schedule"
    if value not in {"schedule", "completion"}:
        raise ValueError(f"recurs_from is {value!r}; it should be schedule or completion.")
    return cast(RecursFrom, value)


def _recurrence(fields: Mapping[str, Any]) -> str | None:
    """A rule, or words that begin as a rule does, which whoever keeps the list reads."""
    rule = _raw(fields, "recurrence")
    if not rule or _RULE_WORDS.match(rule):
        return rule or None
    if "FREQ=" not in rule.upper():
        raise ValueError(f"recurrence is {rule!r}; it should be a rule such as FREQ=WEEKLY;BYDAY=FR.")
    try:
        return str(read_rule(rule))
    except InvalidInput as error:
        raise ValueError(f"recurrence is {rule!r}. {error.message}") from None


def _project(fields: Mapping[str, Any]) -> str | None:
    name = " ".join(_raw(fields, "project").split())
    if len(name) > NAME_MAX:
        raise ValueError(f"project has {len(name)} characters; the limit is {NAME_MAX}.")
    return name or None


def _tags(fields: Mapping[str, Any]) -> tuple[str, ...]:
    value = fields.get("tags")
    given = split_tags(value) if isinstance(value, str) else value
    if given is None:
        return ()
    if not isinstance(given, Sequence):
        raise ValueError("tags should be a list of names.")
    names = [_raw({"tag": tag}, "tag") if isinstance(tag, str | Mapping) else None for tag in given]
    if None in names:
        raise ValueError("tags should be a list of names.")
    tags = tuple(dict.fromkeys(name for tag in names if tag and (name := tag.lstrip("#@ "))))
    if any(len(tag) > NAME_MAX for tag in tags):
        raise ValueError(f"a tag has more than {NAME_MAX} characters.")
    return tags


def split_tags(text: str) -> Sequence[object]:
    """Return the tags of one text: `work; home`, `work|home`, `#work @home`, or a list as JSON has it."""
    if text.lstrip().startswith("["):
        try:
            listed = json.loads(text)
        except (json.JSONDecodeError, RecursionError):
            listed = text.strip().removeprefix("[").removesuffix("]").split(",")
        return listed if isinstance(listed, list) else [text]
    if _SIGNED_TAGS.fullmatch(text) and not _BETWEEN_TAGS.search(text):
        return text.split()
    return _BETWEEN_TAGS.split(text)


def _due(fields: Mapping[str, Any], zone: dt.tzinfo) -> tuple[dt.date | None, dt.time | None]:
    """A moment with an offset is put on the user's clock; one that is all day is the day where it was written."""
    day, clock = _raw(fields, "due_date"), _raw(fields, "due_time")
    if not day:
        if clock:
            raise ValueError("due_time is given without a due_date.")
        return None, None
    try:
        at = dt.datetime.fromisoformat(day)
        all_day = _raw(fields, "is_all_day").lower() in _DONE
        if at.tzinfo is not None:
            at = at.astimezone(_zone(fields, zone) if all_day else zone)
    except (ValueError, OverflowError):
        raise ValueError(f"due_date is {day!r}; it should be a day such as 2026-11-27.") from None
    if clock:
        return at.date(), _clock(clock)
    is_day = all_day or ("midnight_is_day" in fields and at.time() == dt.time())
    return at.date(), at.time() if len(day) > len("2026-11-27") and not is_day else None


def _day(fields: Mapping[str, Any], name: str, zone: dt.tzinfo) -> dt.date | None:
    """A day; of a moment with an offset, the day that it is for the user."""
    text = _raw(fields, name)
    if not text:
        return None
    try:
        at = dt.datetime.fromisoformat(text)
        return (at if at.tzinfo is None else at.astimezone(zone)).date()
    except (ValueError, OverflowError):
        raise ValueError(f"{name} is {text!r}; it should be a day such as 2026-11-27.") from None


def _duration(fields: Mapping[str, Any]) -> int | None:
    text = _raw(fields, "duration")
    minutes = number_in(fields, "duration")
    if minutes is None and text and (found := _LENGTH.fullmatch(text.lower())) is not None:
        minutes = round(float(found["hours"] or 0) * 60) + int(found["minutes"] or 0)
    if text and (minutes is None or not 1 <= minutes <= DURATION_MAX):
        raise ValueError(f"duration is {text!r}; it should be how many minutes it takes, such as 30.")
    return minutes


def _zone(fields: Mapping[str, Any], zone: dt.tzinfo) -> dt.tzinfo:
    try:
        return ZoneInfo(_raw(fields, "timezone")) if _raw(fields, "timezone") else zone
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return zone


def _clock(text: str) -> dt.time:
    twelve = _TWELVE.fullmatch(text)
    if twelve is not None and 1 <= int(twelve["hour"]) <= 12:
        hour = int(twelve["hour"]) % 12 + (12 if twelve["half"].lower() == "p" else 0)
        text = f"{hour:02}:{twelve['minute'] or '00'}"
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
        raise ValueError(f"{name} is {text!r}; it should be a date and time such as 2026-11-27T17:00:00Z.") from None


def _reminder(
    fields: Mapping[str, Any], day: dt.date | None, clock: dt.time | None, zone: dt.tzinfo
) -> dt.datetime | None:
    """A moment, or as calendars write it how long before it is due: `-PT30M`; of a whole day, from its beginning."""
    found = _FROM_DUE.fullmatch(_raw(fields, "remind_at").upper().removeprefix("TRIGGER:"))
    if found is None:
        return _moment(fields, "remind_at", zone)
    if day is None:
        raise ValueError("the reminder is relative to a due_date, but there is no due_date.")
    away = dt.timedelta(**{unit: int(found[unit] or 0) for unit in ("weeks", "days", "hours", "minutes")})
    due = dt.datetime.combine(day, clock or dt.time(), tzinfo=zone)
    return (due - away if found["sign"] == "-" else due + away).astimezone(dt.UTC)


def _completed(fields: Mapping[str, Any], zone: dt.tzinfo) -> dt.datetime | None:
    """When it was done; a mere yes counts as now. A status that is none of those that mean done is open."""
    word = _raw(fields, "completed_at")
    if word.lower() in _DONE:
        return dt.datetime.now(dt.UTC)
    if word.lower() not in _OPEN:
        return _moment({"completed_at": word.upper()}, "completed_at", zone)
    if not word and _raw(fields, "status").lower() in _DONE | {_ARCHIVED}:
        return dt.datetime.now(dt.UTC)
    return None
