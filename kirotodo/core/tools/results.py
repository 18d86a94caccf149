"""Tasks as a model reads them in results: the task's JSON without what is empty, and its dates in words."""

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any, Final

from pydantic import TypeAdapter

from kirotodo.core.domain.task import Changed, Task, TaskField
from kirotodo.core.text.dates import describe_due, describe_rule
from kirotodo.core.tools.base import UserClock

SHOWN: Final = 20
"""How many of the tasks a bulk edit changed its result tells of."""
NOTES_SHOWN: Final = 120
_BOOKKEEPING: Final = ("created_at", "updated_at", "recurs_from", "parent_id")
_EMPTY: Final[tuple[Any, ...]] = (None, "", [])


@cache
def _adapter() -> TypeAdapter[Task]:
    return TypeAdapter(Task)


def whole_task(task: Task, *, at: UserClock) -> dict[str, Any]:
    """Return every field of the task."""
    return {**_adapter().dump_python(task, mode="json"), **_in_words(task, at=at)}


def brief_task(task: Task, *, at: UserClock) -> dict[str, Any]:
    """Return what is needed to refer to the task; what is empty is left out, long notes are cut."""
    fields = _adapter().dump_python(task, mode="json")
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
    if task.recurrence is not None:
        words["repeats"] = describe_rule(task.recurrence, recurs_from=task.recurs_from)
    if task.remind_at is not None:
        local = task.remind_at.astimezone(at.zone)
        words["reminder"] = describe_due(local.date(), local.time(), today=at.now.date())
    return words


def differences(before: Task, after: Task, *, at: UserClock) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the fields that differ, as they were and as they are; a due date also in words."""
    old, new = whole_task(before, at=at), whole_task(after, at=at)
    names = [*TaskField.__args__, "due", "repeats", "reminder"]  # type: ignore[attr-defined]
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
    }
