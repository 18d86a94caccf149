"""Changes of tasks in words, as the history shows them: `Changed 3 rent: due Fri 27 Nov → Sat 28 Nov`."""

import datetime as dt
from collections.abc import Iterator
from typing import Any, Final, get_args

from kirotodo.core.domain.history import Actor, HistoryEntry
from kirotodo.core.domain.task import Task, TaskField
from kirotodo.core.text.dates import describe_due, describe_moment, describe_rule
from kirotodo.core.text.sanitize import sanitize_line

_NOTES_SHOWN: Final = 40
_SPOKEN: Final = {
    "due_date": "due",
    "start_date": "starts",
    "recurrence": "repeats",
    "remind_at": "reminder",
    "parent_id": "parent",
}
_WITH_ANOTHER: Final = {"due_time": "due_date", "recurs_from": "recurrence"}
"""Fields that are told with another one."""


def describe_actor(by: Actor) -> str:
    """Return who it was: `you (command)`, `built-in`, `model big (gpt-4.1)`, `api curl`."""
    name = sanitize_line(by.name or "")
    if by.kind in ("built-in", "unknown", "reminder"):
        return by.kind
    if by.kind == "model":
        version = sanitize_line(by.version or "")
        return f"model {name}" + (f" ({version})" if version and version != name else "")
    if by.kind == "api":
        return f"api {name}".rstrip()
    return f"{by.kind} ({name})" if name else by.kind


def describe_change(entry: HistoryEntry, *, now: dt.datetime) -> str:
    """Return what was done to which task, in one line; times are told in the zone of `now`."""
    task = entry.task
    told = f"{entry.deed.capitalize()} {entry.task_id} {sanitize_line(task.title)}"
    if entry.before is not None and entry.after is not None:
        parts = list(differences(entry.before, entry.after, now=now))
    else:
        due = describe_due(task.due_date, task.due_time, today=now.date())
        parts = [f"due {due}"] if due and entry.after is not None else []
    told += f": {'; '.join(parts)}" if parts else ""
    if entry.replay is not None:
        told += f" ({entry.replay} of change {entry.replayed_id})"
    return told + (" (undone)" if entry.undone else "")


def differences(before: Task, after: Task, *, now: dt.datetime) -> Iterator[str]:
    """Yield each field that differs, as it was and as it is; whether the task is done is told by other words."""
    names = dict.fromkeys(
        _WITH_ANOTHER.get(name, name)
        for name in get_args(TaskField)
        if name not in ("completed_at", "series") and getattr(before, name) != getattr(after, name)
    )
    for name in names:
        was, is_ = (_value(task, name, now=now) for task in (before, after))
        yield f"{_SPOKEN.get(name, name.replace('_', ' '))} {was} → {is_}"
    if before.series != after.series:
        # What the series has meanwhile is no news; that this occurrence differs from it, or no longer does, is.
        if after.series is None:
            yield "as its series has it"
        else:
            yield "this occurrence only" if before.series is None else "its series too"


def _value(task: Task, name: str, *, now: dt.datetime) -> str:
    value: Any = getattr(task, name)
    match name:
        case "due_date":
            told = describe_due(task.due_date, task.due_time, today=now.date())
        case "start_date":
            told = describe_due(task.start_date, today=now.date())
        case "recurrence":
            told = describe_rule(task.recurrence, recurs_from=task.recurs_from) if task.recurrence else ""
        case "remind_at":
            told = describe_moment(task.remind_at, now=now) if task.remind_at else ""
        case "tags":
            told = " ".join(f"#{sanitize_line(tag)}" for tag in task.tags)
        case "title" | "notes":
            told = _quoted(value)
        case _:
            told = "" if value is None else sanitize_line(str(value))
    return told or "none"


def _quoted(text: str) -> str:
    line = sanitize_line(text)
    cut = line if len(line) <= _NOTES_SHOWN else f"{line[: _NOTES_SHOWN - 1]}…"
    return f"“{cut}”" if cut else ""
