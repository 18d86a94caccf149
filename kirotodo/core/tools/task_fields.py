"""A task's fields in a person's words, checked and made into values; and tasks as a model reads them in results.

A result holds the task's JSON without what is empty, and its dates in words.
"""

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import date
from typing import Any, Final, cast

import msgspec

from kirotodo.core.backend import TaskFields
from kirotodo.core.domain.task import (
    NAME_MAX,
    NOTES_MAX,
    PRIORITIES,
    TITLE_MAX,
    Changed,
    Priority,
    Task,
    TaskDraft,
    TaskField,
)
from kirotodo.core.errors import InvalidInput
from kirotodo.core.language.types import Add
from kirotodo.core.language.when.parse import due_day
from kirotodo.core.text.dates import describe_due, describe_rule
from kirotodo.core.text.durations import DURATION_MAX, describe_duration
from kirotodo.core.tools.occurrences import as_series_has, for_occurrence
from kirotodo.core.tools.timing import TIMING, Timing, read_due, retimed, timing_of
from kirotodo.core.tools.user_clock import UserClock

TAGS_MAX: Final = 20
_LINE_ENDS = frozenset("\n\r\x0b\x0c\x85\u2028\u2029")
SHOWN: Final = 20
"""How many of the tasks a bulk edit changed its result tells of."""
NOTES_SHOWN: Final = 120
_BOOKKEEPING: Final = ("created_at", "updated_at", "recurs_from", "series", "previous_id", "position")
_EMPTY: Final[tuple[Any, ...]] = (None, "", [])


def _without_controls(text: str, *, keep: str = "") -> str:
    """Tabs become spaces; controls and lone surrogates go. Joiners that emoji and scripts need stay."""
    return "".join(
        char for char in text.replace("\t", " ") if char in keep or unicodedata.category(char) not in ("Cc", "Cs")
    )


def _one_line(text: str, what: str) -> str:
    text = text.strip()
    if any(char in _LINE_ENDS for char in text):
        raise InvalidInput(f"{what} is a single line; put the rest into the notes.")
    return _without_controls(text).strip()


def clean_title(title: str) -> str:
    """Return the title on one line. Raises `InvalidInput` unless 1 to 200 characters are left."""
    title = _one_line(title, "A title")
    if not any(unicodedata.category(char) != "Cf" and not char.isspace() for char in title):
        raise InvalidInput("A task needs a title.")
    if len(title) > TITLE_MAX:
        raise InvalidInput(
            f"A title has at most {TITLE_MAX} characters; this one has {len(title)}. "
            f"Shorten “{title[:40].rstrip()}…”, or put the rest into the notes."
        )
    return title


def clean_notes(notes: str | None) -> str:
    """Return the notes without white space around them. Raises `InvalidInput` for long ones."""
    notes = _without_controls((notes or "").replace("\r\n", "\n").replace("\r", "\n"), keep="\n").strip()
    if len(notes) > NOTES_MAX:
        raise InvalidInput(f"Notes have at most {NOTES_MAX:,} characters; these have {len(notes):,}.")
    return notes


def _clean_name(name: str, what: str, sign: str) -> str:
    name = " ".join(_one_line(name, f"A {what}").lstrip(f"{sign} ").split())
    if len(name) > NAME_MAX:
        raise InvalidInput(f"A {what} has at most {NAME_MAX} characters; this one has {len(name)}.")
    return name


def clean_project(name: str | None) -> str | None:
    """Return the name of a list in its stored form. Raises `InvalidInput`."""
    return _clean_name(name or "", "project's name", "+") or None


def clean_tags(tags: Sequence[str] | None) -> tuple[str, ...]:
    """Return each tag once, whatever its case, in the order given."""
    unique: dict[str, str] = {}
    for tag in tags or ():
        name = _clean_name(tag, "tag", "#")
        if name:
            unique.setdefault(name.casefold(), name)
    if len(unique) > TAGS_MAX:
        raise InvalidInput(f"A task has at most {TAGS_MAX} tags.")
    return tuple(unique.values())


_TEXTS: Final = frozenset({"title", "notes", "recurrence", "project"})
_TIMING: Final = frozenset({"due", "due_date", "time", "due_time", "recurrence", "recurs_from"})
_AS_READ: Final = _TEXTS | {"due_date", "due_time", "recurs_from"}


def draft_of(fields: TaskFields, *, at: UserClock) -> TaskDraft:
    """Return the task to be made. Raises `InvalidInput`."""
    if "title" not in fields:
        raise InvalidInput("A task needs a title.")
    _refuse_both(fields)
    check_length(fields.get("duration"))
    return TaskDraft(
        title=clean_title(fields["title"]),
        notes=clean_notes(fields.get("notes")),
        priority=_priority(fields.get("priority", "none")),
        project=clean_project(fields.get("project")),
        tags=_tags(fields, ()),
        start_date=_start(fields, at=at),
        duration=fields.get("duration"),
        parent_id=fields.get("parent_id"),
        position=fields.get("position", 0),
        **asdict(retimed(_timing_fields(fields), Timing(), at=at)),
    )


def changes_of(fields: TaskFields, task: Task, *, at: UserClock) -> dict[TaskField, Any]:
    """Return the fields of `task` that change. Raises `InvalidInput`."""
    _refuse_both(fields)
    if "snooze" in fields and task.completed:
        raise InvalidInput(f"Task {task.id} is done, so there is nothing to snooze. Open it again first.")
    fields = _without_what_stays(fields, task)
    changes = _plain_changes(fields, task, at=at)
    if "occurrence" in fields:
        return for_occurrence(fields, changes, task)
    return as_series_has(fields, changes, task) if task.series is not None else changes


def _plain_changes(fields: TaskFields, task: Task, *, at: UserClock) -> dict[TaskField, Any]:
    wanted = cast(dict[TaskField, Any], asdict(retimed(_timing_fields(fields), timing_of(task), at=at)))
    wanted["tags"] = _tags(fields, task.tags)
    if "title" in fields:
        wanted["title"] = clean_title(fields["title"])
    if "notes" in fields:
        wanted["notes"] = clean_notes(fields["notes"])
    if "priority" in fields:
        wanted["priority"] = _priority(fields["priority"])
    if "project" in fields:
        wanted["project"] = clean_project(fields["project"])
    if "duration" in fields:
        check_length(fields["duration"])
        wanted["duration"] = fields["duration"]
    if "start" in fields or "start_date" in fields:
        wanted["start_date"] = _start(fields, at=at)
    return {field: value for field, value in wanted.items() if getattr(task, field) != value}


def _refuse_both(fields: TaskFields) -> None:
    """Raise `InvalidInput` where a field is given twice, in words and as a value."""
    for words, value in (("due", "due_date"), ("time", "due_time"), ("remind", "remind_at"), ("start", "start_date")):
        if words in fields and value in fields:
            raise InvalidInput(f"Give {words} or {value}, not both.")
    if "snooze" in fields and not {"remind", "remind_at", "remind_before"}.isdisjoint(fields):
        raise InvalidInput("Give snooze or another field about the reminder, not both.")
    if "remind" in fields and "remind_before" in fields:
        raise InvalidInput("Give remind or remind_before, not both.")


def _start(fields: TaskFields, *, at: UserClock) -> date | None:
    """Return the day before which a task is not to be done. Raises `InvalidInput` where the words name none."""
    words = fields.get("start")
    if not words:
        return fields.get("start_date")
    when = read_due(words, at=at)
    if when is None:
        raise InvalidInput("Name the day from which the task is to be seen, such as monday or 2026-12-01.")
    return when.date


def _timing_fields(fields: TaskFields) -> TaskFields:
    return cast(TaskFields, {name: value for name, value in fields.items() if name in TIMING})


def _without_what_stays(fields: TaskFields, task: Task) -> TaskFields:
    """Return the fields without the texts that `task` has already, and without its timing where none of that changes.

    So a rule that today's words would not make, or a title of an older release, can be sent back as it was read.
    """
    given = dict(fields)
    same = {name for name, value in given.items() if name in _AS_READ and value == getattr(task, name)}
    stays = same & _TEXTS
    if not (given.keys() - stays) & _TIMING - same:
        stays |= same & _TIMING
    return cast(TaskFields, {name: value for name, value in given.items() if name not in stays})


def check_length(duration: int | None) -> None:
    """Raise `InvalidInput` unless a task can take so many minutes."""
    if duration is not None and not 1 <= duration <= DURATION_MAX:
        raise InvalidInput(f"A duration is 1 minute to {DURATION_MAX // 60 // 24} days.")


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


def fields_of(read: Add, *, today: date) -> TaskFields:
    """Return the fields of an addition as the `add_task` tool takes them."""
    given: dict[str, Any] = {
        "title": read.title,
        "notes": read.notes,
        "due": due_day(read.when, today=today).isoformat() if read.when else None,
        "time": read.when.time.isoformat("minutes") if read.when and read.when.time else None,
        "recurrence": read.recurrence.rule if read.recurrence else None,
        "recurs_from": read.recurrence.recurs_from if read.recurrence else None,
        "priority": read.priority,
        "project": read.project,
        "tags": read.tags,
        "remind": read.remind,
        "start": read.start.date.isoformat() if read.start else None,
        "duration": read.duration,
        "parent_id": read.parent_id,
    }
    return cast(TaskFields, {name: value for name, value in given.items() if value})


def _plain(task: Task) -> dict[str, Any]:
    """A task as JSON has it."""
    fields: dict[str, Any] = msgspec.to_builtins(task)
    return {**fields, "tags": list(task.tags)}


def whole_task(task: Task, *, at: UserClock) -> dict[str, Any]:
    """Return every field of the task."""
    return {**_plain(task), **_in_words(task, at=at)}


def brief_task(task: Task, *, at: UserClock) -> dict[str, Any]:
    """Return what is needed to refer to the task; what is empty is left out, long notes are cut."""
    fields = _plain(task)
    if len(task.notes) > NOTES_SHOWN:
        fields["notes"] = task.notes[: NOTES_SHOWN - 1] + "…"
    kept = {name: value for name, value in fields.items() if name not in _BOOKKEEPING and value not in _EMPTY}
    if task.priority == "none":
        del kept["priority"]
    return {**kept, **_in_words(task, at=at)}


def brief_tasks(tasks: Iterable[Task], *, at: UserClock) -> list[dict[str, Any]]:
    """Return each task in brief."""
    return [brief_task(task, at=at) for task in tasks]


def _in_words(task: Task, *, at: UserClock) -> dict[str, Any]:
    words: dict[str, Any] = {}
    if task.due_date is not None:
        words["due"] = describe_due(task.due_date, task.due_time, today=at.now.date())
        if task.due_date < at.now.date() and not task.completed:
            words["overdue"] = True
    if task.start_date is not None and task.start_date > at.now.date():
        words["starts"] = describe_due(task.start_date, today=at.now.date())
    if task.duration is not None:
        words["takes"] = describe_duration(task.duration)
    if task.recurrence is not None:
        words["repeats"] = describe_rule(task.recurrence, recurs_from=task.recurs_from)
    if task.remind_at is not None:
        local = task.remind_at.astimezone(at.zone)
        words["reminder"] = describe_due(local.date(), local.time(), today=at.now.date())
    return words


def differences(before: Task, after: Task, *, at: UserClock) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the fields that differ, as they were and as they are; dates and lengths also in words."""
    old, new = whole_task(before, at=at), whole_task(after, at=at)
    names = [*TaskField.__args__, "due", "starts", "takes", "repeats", "reminder"]  # type: ignore[attr-defined]
    differing = [name for name in names if old.get(name) != new.get(name)]
    return {name: old.get(name) for name in differing}, {name: new.get(name) for name in differing}


def about(ids: Sequence[int], tasks: Sequence[Task], status: str, *, at: UserClock) -> dict[str, Any]:
    """Return the head of an edit's result: one task by id and title, several by their ids; `tasks` holds the first."""
    head: dict[str, Any] = {"status": status, "count": len(ids)}
    if len(ids) == 1:
        head["task_id"] = ids[0]
        head["title"] = next((task.title for task in tasks if task.id == ids[0]), "")
    else:
        head["task_ids"] = list(ids)
    head["tasks"] = brief_tasks(tasks[:SHOWN], at=at)
    return head


def changed_by_undo(changed: Changed, *, at: UserClock) -> Mapping[str, Any]:
    """Return what an undo or redo did: tasks as they are now, ids that are gone, and what was left alone."""
    return {
        "tasks": brief_tasks(changed.tasks[:SHOWN], at=at),
        "removed": list(changed.removed[:SHOWN]),
        "count": len(changed.tasks) + len(changed.removed),
        "skipped": list(changed.skipped[:SHOWN]),
        **({"views": list(changed.views)} if changed.views else {}),
    }
