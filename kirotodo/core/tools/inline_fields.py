"""What the grammar read, as the fields of a task."""

from typing import Any, cast

from kirotodo.core.backend import TaskFields
from kirotodo.core.language.types import Add


def fields_of(read: Add) -> TaskFields:
    given: dict[str, Any] = {
        "title": read.title,
        "notes": read.notes,
        "due": read.when.date.isoformat() if read.when else None,
        "time": read.when.time.isoformat("minutes") if read.when and read.when.time else None,
        "recurrence": read.recurrence.rule if read.recurrence else None,
        "recurs_from": read.recurrence.recurs_from if read.recurrence else None,
        "priority": read.priority,
        "project": read.project,
        "tags": read.tags,
        "remind": read.remind,
    }
    return cast(TaskFields, {name: value for name, value in given.items() if value})
