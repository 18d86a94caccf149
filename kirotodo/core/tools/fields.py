"""A task's fields in a person's words, checked and made into values."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any, Final, cast

from kirotodo.core.backend import TaskFields
from kirotodo.core.domain.task import PRIORITIES, Priority, Task, TaskDraft, TaskField
from kirotodo.core.errors import InvalidInput
from kirotodo.core.tools.names import clean_notes, clean_project, clean_tags, clean_title
from kirotodo.core.tools.timing import Timing, refuse_both, retimed, timing_of
from kirotodo.core.tools.tool import Standpoint

_TEXTS: Final = frozenset({"title", "notes", "recurrence", "project"})
_TIMING: Final = frozenset({"due", "due_date", "time", "due_time", "recurrence", "recurs_from"})
_AS_READ: Final = _TEXTS | {"due_date", "due_time", "recurs_from"}


def draft_of(fields: TaskFields, *, at: Standpoint) -> TaskDraft:
    """The task to be made. Raises `InvalidInput`."""
    if "title" not in fields:
        raise InvalidInput("A task needs a title.")
    refuse_both(fields)
    return TaskDraft(
        title=clean_title(fields["title"]),
        notes=clean_notes(fields.get("notes")),
        priority=_priority(fields.get("priority", "none")),
        project=clean_project(fields.get("project")),
        tags=_tags(fields, ()),
        **asdict(retimed(fields, Timing(), at=at)),
    )


def changes_of(fields: TaskFields, task: Task, *, at: Standpoint) -> dict[TaskField, Any]:
    """What of `task` becomes different, and how. Raises `InvalidInput`."""
    refuse_both(fields)
    fields = _without_what_stays(fields, task)
    wanted = cast(dict[TaskField, Any], asdict(retimed(fields, timing_of(task), at=at)))
    wanted["tags"] = _tags(fields, task.tags)
    if "title" in fields:
        wanted["title"] = clean_title(fields["title"])
    if "notes" in fields:
        wanted["notes"] = clean_notes(fields["notes"])
    if "priority" in fields:
        wanted["priority"] = _priority(fields["priority"])
    if "project" in fields:
        wanted["project"] = clean_project(fields["project"])
    return {field: value for field, value in wanted.items() if getattr(task, field) != value}


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
