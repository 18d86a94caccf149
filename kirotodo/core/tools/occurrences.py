"""What of a change of a repeating task is for its open occurrence alone, and what for the series."""

from dataclasses import replace
from typing import Any, Final

from kirotodo.core.backend import TaskFields
from kirotodo.core.domain.recurrence import anchored
from kirotodo.core.domain.routine import moved_rule
from kirotodo.core.domain.task import Series, Task, TaskField
from kirotodo.core.errors import InvalidInput

Changes = dict[TaskField, Any]
_FOR_ONCE: Final = frozenset({"occurrence", "title", "due", "due_date", "time", "due_time"})
_RULE: Final = ("recurrence", "recurs_from")


def for_occurrence(fields: TaskFields, changes: Changes, task: Task) -> Changes:
    """Return the changes of a task where `fields` say what of it they are for. Raises `InvalidInput`."""
    if task.recurrence is None or task.due_date is None:
        raise InvalidInput(f"Task {task.id} “{task.title}” does not repeat, so this occurrence is all there is of it.")
    if fields["occurrence"] == "series":
        return _for_series(fields, changes, task)
    if not fields.keys() <= _FOR_ONCE:
        raise InvalidInput("Only title, date and time can be changed for one occurrence. Change the rest separately.")
    return _without_rule(changes) | _series(changes, task, _series_of(task))


def as_series_has(fields: TaskFields, changes: Changes, task: Task) -> Changes:
    """Return the changes of a task whose open occurrence differs from its series: a title and a time of day are meant
    for both, a date for this occurrence, and another rule for all that follows."""
    if changes.get("recurrence", task.recurrence) is None:
        return {**changes, "series": None}
    assert task.series is not None
    shared = {name: changes[name] for name in ("title", "due_time") if name in changes}
    changes = changes if "recurrence" in fields else _without_rule(changes)
    return changes | _series(changes, task, replace(task.series, **shared))


def _for_series(fields: TaskFields, changes: Changes, task: Task) -> Changes:
    shared = {name: changes[name] for name in ("title", "due_date", "due_time") if name in changes}
    series = replace(_series_of(task), **shared)
    if "due_date" in changes and "recurrence" not in fields:
        rule = moved_rule(task.recurrence or "", changes["due_date"])
        if rule is None:
            raise InvalidInput("Its rule names several days. Say what the whole rule is to be, as its recurrence.")
        rule = anchored(rule, due_date=changes["due_date"], recurs_from=task.recurs_from)
        changes = {**_without_rule(changes), **({"recurrence": rule} if rule != task.recurrence else {})}
    return changes | _series(changes, task, series)


def _series_of(task: Task) -> Series:
    assert task.due_date is not None
    return task.series or Series(title=task.title, due_date=task.due_date, due_time=task.due_time)


def _series(changes: Changes, task: Task, series: Series) -> Changes:
    """Return the change of what the series has: nothing of its own, where the occurrence has the same."""
    now = replace(task, **changes)
    assert now.due_date is not None
    same = series == Series(title=now.title, due_date=now.due_date, due_time=now.due_time)
    wanted = None if same else series
    return {} if wanted == task.series else {"series": wanted}


def _without_rule(changes: Changes) -> Changes:
    return {name: value for name, value in changes.items() if name not in _RULE}
