"""Taskwarrior's JSON: an array, or as releases before 2.4 and hooks write it, an object a line."""

import json
import re
import uuid
from collections.abc import Mapping, Sequence
from typing import Any, Final

from kirotodo.client.commands.formats import Rows
from kirotodo.client.commands.interchange.base import Format, unused
from kirotodo.core.domain.task import Task
from kirotodo.core.errors import InvalidInput

_MOMENT: Final = re.compile(r"(\d{4})(\d{2})(\d{2})T(\d{2})(\d{2})(\d{2})Z")
_PRIORITY: Final = {"H": "high", "M": "medium", "L": "low"}
_LETTERS: Final = {"high": "H", "medium": "M", "low": "L"}
_RECUR: Final[Mapping[str, str]] = {
    "daily": "FREQ=DAILY", "day": "FREQ=DAILY", "weekdays": "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR",
    "weekly": "FREQ=WEEKLY", "week": "FREQ=WEEKLY", "biweekly": "FREQ=WEEKLY;INTERVAL=2",
    "fortnight": "FREQ=WEEKLY;INTERVAL=2", "monthly": "FREQ=MONTHLY", "month": "FREQ=MONTHLY",
    "quarterly": "FREQ=MONTHLY;INTERVAL=3", "semiannual": "FREQ=MONTHLY;INTERVAL=6",
    "yearly": "FREQ=YEARLY", "annual": "FREQ=YEARLY", "biannual": "FREQ=YEARLY;INTERVAL=2",
}  # fmt: skip
_RECUR_COUNT: Final = re.compile(r"P?(\d{1,3})\s*(d|w|m|mo|y|q)\w*", re.IGNORECASE)
_UNITS: Final = {"d": "DAILY", "w": "WEEKLY", "m": "MONTHLY", "y": "YEARLY"}
_USED: Final = frozenset((
    "description", "status", "uuid", "project", "priority", "tags", "due", "entry", "end", "annotations",
    "recur", "scheduled", "wait", "id", "urgency", "modified", "kirotodo_due", "mask", "imask", "parent",
    "rtype", "last",
))  # fmt: skip
_NAMESPACE: Final = uuid.UUID("5b8ac3d0-6b3b-4e43-8f0c-2a5b5f0f2f0e")


def fits(text: str) -> bool:
    """Return whether the text is JSON of tasks that have a description and what only Taskwarrior has beside it."""
    head = text.lstrip()[:4000]
    has_it = '"description"' in head and ('"entry"' in head or '"uuid"' in head or '"status"' in head)
    return head.startswith(("[", "{")) and has_it and '"items"' not in head


def read(text: str) -> Rows:
    """Return the fields of each task. Templates of recurring tasks and deleted tasks are left out by name."""
    tasks = _objects(text)
    fields = [(f"Task {place}", _fields(task)) for place, task in enumerate(tasks, start=1)]
    names = (name for task in tasks if isinstance(task, Mapping) for name in task if name not in _USED)
    return Rows(numbered=tuple(fields), remarks=unused(names))


def _objects(text: str) -> list[Any]:
    try:
        found = json.loads(text)
        return found if isinstance(found, list) else [found]
    except ValueError:
        pass
    try:
        return [json.loads(line.rstrip(", ")) for line in text.splitlines() if line.strip() not in ("", "[", "]")]
    except (ValueError, RecursionError):
        raise InvalidInput("This isn't JSON as `task export` writes it.") from None


def _fields(task: object) -> object:
    if not isinstance(task, Mapping):
        return task
    status = task.get("status")
    title = task.get("description")
    if status in ("deleted", "recurring"):
        return {"type": "template" if status == "recurring" else "deleted task", "title": title}
    notes = [str(each.get("description", "")) for each in task.get("annotations") or () if isinstance(each, Mapping)]
    return {
        "title": title,
        "notes": "\n".join(notes),
        "priority": _PRIORITY.get(str(task.get("priority") or ""), "none"),
        "project": task.get("project"),
        "tags": task.get("tags"),
        "due_date": _due(task),
        "midnight_is_day": True,  # Taskwarrior's days are moments: their midnights
        "start_date": _moment(task.get("wait") or task.get("scheduled")),
        "recurrence": _rule(str(task.get("recur") or "")),
        "created_at": _moment(task.get("entry")),
        "completed_at": (_moment(task.get("end")) or "x") if status == "completed" else None,
    }


def _due(task: Mapping[str, Any]) -> Any:
    """A day without a time is kept beside the moment that Taskwarrior has for it."""
    return task.get("kirotodo_due") or _moment(task.get("due"))


def _moment(value: object) -> Any:
    found = _MOMENT.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        return value
    year, month, day, hour, minute, second = found.groups()
    return f"{year}-{month}-{day}T{hour}:{minute}:{second}+00:00"


def _rule(words: str) -> str | None:
    known = words.lower()
    counted = _RECUR_COUNT.fullmatch(known)
    if known in _RECUR or counted is None:
        return _RECUR.get(known, words or None)
    count, unit = int(counted[1]), counted[2][0]
    return f"FREQ={'MONTHLY' if unit == 'q' else _UNITS[unit]};INTERVAL={count * 3 if unit == 'q' else count}"


def write(tasks: Sequence[Task]) -> str:
    """Return an array that `task import` takes; the same task has the same uuid in every export."""
    lines = [json.dumps(_as_taskwarrior(task), ensure_ascii=False) for task in tasks]
    return "[\n" + ",\n".join(lines) + "\n]\n"


def _as_taskwarrior(task: Task) -> dict[str, Any]:
    entry = f"{task.created_at:%Y%m%dT%H%M%SZ}"
    due = None if task.due_date is None else f"{task.due_date:%Y%m%d}T{task.due_time or '00:00:00'}".replace(":", "")
    done = task.completed_at
    notes = [line for line in task.notes.splitlines() if line.strip()]
    words: dict[str, Any] = {
        "uuid": str(uuid.uuid5(_NAMESPACE, f"{task.id} {task.created_at.isoformat()}")),
        "description": " ".join(task.title.split()),
        "status": "pending" if done is None else "completed",
        "entry": entry,
        "end": f"{done:%Y%m%dT%H%M%SZ}" if done is not None else None,
        "due": due,
        "kirotodo_due": None if task.due_date is None else _local(task),
        "scheduled": f"{task.start_date:%Y%m%d}T000000" if task.start_date else None,
        "priority": _LETTERS.get(task.priority),
        "project": task.project,
        "tags": list(task.tags),
        "annotations": [{"entry": entry, "description": line} for line in notes],
    }
    return {name: value for name, value in words.items() if value}


def _local(task: Task) -> str:
    return f"{task.due_date}" if task.due_time is None else f"{task.due_date}T{task.due_time}"


TASKWARRIOR: Final = Format(
    name="taskwarrior",
    fits=fits,
    read=read,
    write=write,
    lost=frozenset({"recurrence", "remind_at", "duration", "parent_id", "series", "previous_id"}),
)
