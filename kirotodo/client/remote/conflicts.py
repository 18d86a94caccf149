"""Sentences on edits that waited for the server and met something else there than what was seen."""

from collections.abc import Mapping
from dataclasses import fields
from typing import Any, Final

from pydantic_core import to_jsonable_python

from kirotodo.core.domain.pending_edit import PendingEdit
from kirotodo.core.domain.task import Changed, Task
from kirotodo.core.text.sanitize import sanitize_line

_SPOKEN: Final = {
    "due_date": "due date",
    "due_time": "time",
    "start_date": "start",
    "remind_at": "reminder",
    "remind_before": "reminder",
    "recurs_from": "rule",
    "recurrence": "rule",
    "parent_id": "parent",
}
_UNSAID: Final = frozenset({"updated_at", "created_at", "steps", "id"})
LONGEST: Final = 60


def between(edit: PendingEdit, wanted: Mapping[str, Any], now: Task) -> str:
    """Return a sentence where the server has another value than was seen, and than is wanted, of a field that is
    changed; "" where both changes go together."""
    if edit.seen is None:
        return ""
    before, after = to_jsonable_python(edit.seen), to_jsonable_python(now)
    both = [
        name
        for name, value in wanted.items()
        if name in after and after[name] != before[name] and after[name] != to_jsonable_python(value)
    ]
    if not both:
        return ""
    parts = [f"{_SPOKEN.get(name, name)} {_value(wanted[name])} instead of {_value(after[name])}" for name in both]
    return (
        f"{_name(edit)} was changed elsewhere while your edit waited. Yours was saved over it: "
        f"{'; '.join(parts)}. Undoing that change brings theirs back."
    )


def overruled(edit: PendingEdit, changed: Changed) -> str:
    """Return a sentence where a task was deleted that had changed since it was seen."""
    if edit.kind != "delete" or edit.seen is None:
        return ""
    for change in changed.changes:
        if change.task_id == edit.seen.id and change.before is not None and change.before != edit.seen:
            names = _changed(edit.seen, change.before)
            if names:
                return (
                    f"{_name(edit)} was deleted as you asked, although its {' and '.join(names)} had been changed "
                    "elsewhere meanwhile. Undoing that brings it back."
                )
    return ""


def gone(edit: PendingEdit) -> str:
    """Return a sentence where the task is not on the server any more; "" where it was to be deleted anyway."""
    if edit.kind == "delete":
        return ""
    return f"{_name(edit)} was deleted elsewhere, so your edit was not saved{_what(edit)}."


def refused(edit: PendingEdit, why: str) -> str:
    """Return a sentence on an edit that the server did not take."""
    return f"An edit that waited was not saved: {_name(edit)}{_what(edit)}. {why}"


def unknown(edit: PendingEdit) -> str:
    """Return a sentence on an edit that may have been made, but can't be sent again without making it twice."""
    return (
        f"It isn't known whether {_name(edit)} was added, since the connection broke off long ago. It was not added "
        "again; look whether your list has it."
    )


def dropped(edit: PendingEdit) -> str:
    """Return a sentence on an edit of a task that was never made."""
    return f"An edit of {_name(edit)} was dropped with it{_what(edit)}."


def _changed(before: Task, after: Task) -> list[str]:
    names = [each.name for each in fields(Task) if getattr(before, each.name) != getattr(after, each.name)]
    return list(dict.fromkeys(_SPOKEN.get(name, name) for name in names if name not in _UNSAID))


def _what(edit: PendingEdit) -> str:
    if edit.kind == "complete":
        return " (it was to be done)" if edit.completed else " (it was to be open again)"
    if edit.kind == "skip":
        return " (it was to be skipped)"
    if edit.kind == "move":
        return " (it was to be moved)"
    if edit.kind == "delete":
        return " (it was to be deleted)"
    values = edit.fields if edit.values is None else edit.values
    parts = [
        f"{_SPOKEN.get(name, name)} {_value(value)}"
        for name, value in values.items()
        if name not in ("title", "occurrence")
    ]
    if edit.kind not in ("add", "text") and "title" in values:
        parts.insert(0, f"title {_value(values['title'])}")
    return f" ({'; '.join(parts)})" if parts else ""


def _name(edit: PendingEdit) -> str:
    title = edit.title or (edit.seen.title if edit.seen is not None else "") or edit.text
    title = title or str(edit.fields.get("title", ""))
    return f"“{_cut(title)}”" if title else f"Task {', '.join(map(str, edit.task_ids))}"


def _value(value: Any) -> str:
    if value in (None, "", [], ()):
        return "none"
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value))
    return _cut(str(value))


def _cut(text: str) -> str:
    text = sanitize_line(text)
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"
