"""Which tasks a scope holds: the one meaning of questions, bulk changes and exceptions."""

import datetime as dt
from collections.abc import Callable, Collection, Iterable
from typing import Final

from kirotodo.core.language.context import TaskView
from kirotodo.core.language.mentions import beginning
from kirotodo.core.language.types import Clearable, DayPart, Scope
from kirotodo.core.text.patterns import pattern

HOURS: Final[dict[DayPart, tuple[int, int]]] = {
    "morning": (0, 12),
    "afternoon": (12, 18),
    "evening": (17, 24),
    "night": (18, 24),
}
_WORD: Final = pattern(r"[^\W_]+")
_IS_SET: Final[dict[Clearable, Callable[[TaskView], bool]]] = {
    "due": lambda task: task.due_date is not None,
    "time": lambda task: task.due_time is not None,
    "recurrence": lambda task: task.recurrence is not None,
    "priority": lambda task: task.priority != "none",
    "project": lambda task: task.project is not None,
    "tags": lambda task: bool(task.tags),
    "notes": lambda task: bool(task.notes),
    "remind": lambda task: task.remind_at is not None,
}


def held(
    scope: Scope, tasks: Iterable[TaskView], *, today: dt.date, without: Collection[int] = ()
) -> tuple[TaskView, ...]:
    """Return the tasks that a scope holds, in their order, whether they are done or not.

    `without` are the ids that its exceptions name.
    """
    return tuple(task for task in tasks if task.id not in without and fits(scope, task, today=today))


def fits(scope: Scope, task: TaskView, *, today: dt.date) -> bool:
    """Return whether everything that a scope asks holds of a task, apart from its status and its exceptions."""
    return (
        _is_due(scope, task, today)
        and _is_at(scope, task)
        and _was_done(scope, task)
        and _is_named(scope, task)
        and all(_IS_SET[name](task) for name in scope.has)
        and not any(_IS_SET[name](task) for name in scope.lacks)
    )


def is_plain(scope: Scope) -> bool:
    """Return whether the filters of `list_tasks` can say all of a scope."""
    ranged = scope.due is not None and (scope.due_from or scope.due_to)
    return not scope.without and not ranged and not _is_timed(scope)


def _is_timed(scope: Scope) -> bool:
    return any(each is not None for each in (scope.part, scope.time, scope.time_from, scope.time_to))


def _is_due(scope: Scope, task: TaskView, today: dt.date) -> bool:
    day = task.due_date
    match scope.due:
        case "today":
            right = day == today
        case "overdue":
            right = day is not None and day < today
        case "week":
            right = day is not None and today <= day <= today + dt.timedelta(days=6)
        case "none":
            right = day is None
        case None:
            right = True
    return right and _is_between(day, scope.due_from, scope.due_to)


def _is_between(day: dt.date | None, first: dt.date | None, last: dt.date | None) -> bool:
    if first is None and last is None:
        return True
    return day is not None and (first is None or day >= first) and (last is None or day <= last)


def _is_at(scope: Scope, task: TaskView) -> bool:
    if not _is_timed(scope):
        return True
    at = task.due_time
    if at is None or (scope.time is not None and at.replace(second=0) != scope.time.replace(second=0)):
        return False
    first, end = HOURS[scope.part] if scope.part is not None else (0, 24)
    later = scope.time_from is None or at >= scope.time_from
    return first <= at.hour < end and later and (scope.time_to is None or at < scope.time_to)


def _was_done(scope: Scope, task: TaskView) -> bool:
    day = task.completed.date() if task.completed is not None else None
    return _is_between(day, scope.completed_from, scope.completed_to)


def _is_named(scope: Scope, task: TaskView) -> bool:
    if scope.project is not None and (task.project or "").casefold() != scope.project.casefold():
        return False
    if scope.tag is not None and scope.tag.casefold().removeprefix("#") not in (tag.casefold() for tag in task.tags):
        return False
    if scope.priority is not None and task.priority != scope.priority:
        return False
    return scope.search is None or has_words(scope.search, task)


def has_words(words: str, task: TaskView) -> bool:
    """Return whether each of the words begins a word of the title, notes, list or tags."""
    text = " ".join((task.title, task.notes, task.project or "", *task.tags)).casefold()
    found = _WORD.findall(text)
    return all(any(each.startswith(beginning(word)) for each in found) for word in _WORD.findall(words.casefold()))
