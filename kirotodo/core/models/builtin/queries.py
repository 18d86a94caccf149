"""What the built-in model answers to questions about the list; nothing here changes anything."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any, Final

from kirotodo.core.language.types import Query, Scope, Target
from kirotodo.core.models.builtin.memory import Memory
from kirotodo.core.models.builtin.replies import SHOWN, bullets, count, detailed, escaped, trouble
from kirotodo.core.models.builtin.targets import PAGE, Search, Unclear, Work, by_clock, find, listed, tasks_in, total_of
from kirotodo.core.models.model import ToolCall
from kirotodo.core.text.dates import describe_due

LATELY: Final = 5


def query(action: Query, memory: Memory, today: date) -> Work[str]:
    """Answer a question about the list."""
    match action.about:
        case "stats":
            return (yield from _stats())
        case "lists":
            return (yield from _lists())
        case "tags":
            return (yield from _tags())
        case "task" if action.target is not None:
            return (yield from _tasks(action.target, memory))
        case _ if action.target is not None and not action.target.everything:
            return (yield from _tasks(action.target, memory))
        case _:
            scope = action.target.scope if action.target is not None and action.scope == Scope() else action.scope
            return (yield from _list(scope, count_only=action.count_only, today=today))


def _list(scope: Scope, *, count_only: bool, today: date) -> Work[str]:
    statuses = ("pending", "completed") if _status(scope) == "all" else (_status(scope),)
    scope = replace(scope, status=None)
    outcomes = yield _pages(scope, statuses)
    if not any(map(total_of, outcomes)) and (wider := _wider(scope)) is not None:
        scope = wider
        outcomes = yield _pages(scope, statuses)
    problem = next(filter(None, map(trouble, outcomes)), None)
    if problem:
        return problem
    lists = [tasks_in(outcome, scope) for outcome in outcomes]
    totals = [
        len(tasks) if by_clock(scope) else total_of(outcome) for tasks, outcome in zip(lists, outcomes, strict=True)
    ]
    words = _narrowed(scope, today)
    counted = [_counted(total, status, words) for total, status in zip(totals, statuses, strict=True)]
    if count_only:
        return f"You have {' and '.join(counted)}."
    if not any(totals):
        return _nothing(statuses[0], words)
    return "\n\n".join(
        f"{head[0].upper()}{head[1:]}:\n{bullets(tasks, total=total)}"
        for head, tasks, total in zip(counted, lists, totals, strict=True)
        if total
    )


def _pages(scope: Scope, statuses: Sequence[str]) -> tuple[ToolCall, ...]:
    """A page of each; of what is done only the latest, where what is open is asked for too."""
    first = PAGE if by_clock(scope) else SHOWN
    limits = (first, LATELY)[: len(statuses)]
    return tuple(listed(scope, status, limit=limit) for status, limit in zip(statuses, limits, strict=True))


def _counted(total: int, status: str, words: Sequence[str]) -> str:
    if status == "completed":
        return " ".join([count(total), "done", *words])
    return " ".join([count(total, kind="open"), *words])


def _nothing(status: str, words: Sequence[str]) -> str:
    if status == "completed":
        return " ".join(["Nothing", "done", *words]) + (" yet." if not words else ".")
    return f"There are no open tasks {' '.join(words)}." if words else "Nothing is open. Your list is clear."


def _status(scope: Scope) -> str:
    return scope.status or ("completed" if scope.completed_from or scope.completed_to else "pending")


def _wider(scope: Scope) -> Scope | None:
    """A name that is no list or tag may still be a word of a title."""
    if scope.project and not scope.search:
        return replace(scope, project=None, search=scope.project)
    if scope.tag and not scope.search:
        return replace(scope, tag=None, search=scope.tag)
    return None


def _narrowed(scope: Scope, today: date) -> list[str]:
    words = []
    if scope.due is not None:
        words.append(
            {"today": "due today", "overdue": "overdue", "week": "due this week", "none": "without a date"}[scope.due]
        )
    elif scope.due_from or scope.due_to:
        words.append(f"due {_range(scope.due_from, scope.due_to, today)}")
    if scope.completed_from or scope.completed_to:
        days = _range(scope.completed_from, scope.completed_to, today)
        words.append(f"from {days}" if " to " in days else f"on {days}")
    if scope.part:
        words.append(
            {
                "morning": "in the morning",
                "afternoon": "in the afternoon",
                "evening": "in the evening",
                "night": "at night",
            }[scope.part]
        )
    if scope.project:
        words.append(f"in {escaped(scope.project)}")
    if scope.tag:
        words.append(f"tagged \\#{escaped(scope.tag)}")
    if scope.priority:
        words.append(f"with {scope.priority} priority")
    if scope.search:
        words.append(f"about “{escaped(scope.search)}”")
    return words


def _range(first: date | None, last: date | None, today: date) -> str:
    days = [describe_due(day, None, today=today) for day in (first, last) if day is not None]
    return days[0] if len(set(days)) == 1 else " to ".join(days)


def _tasks(target: Target, memory: Memory) -> Work[str]:
    """A question about certain tasks: what they are, when they are due."""
    if target.words and not target.scope.status:
        found = yield from find(target, Search(asked="show", several=True), memory)
        if isinstance(found, Unclear):
            done = yield from find(target, Search(asked="show", status="completed", several=True), memory)
            found = found if isinstance(done, Unclear) else done
    else:
        found = yield from find(
            target, Search(asked="show", status=target.scope.status or "pending", several=True), memory
        )
    if isinstance(found, Unclear):
        return found.text
    if len(found.tasks) == 1 or any("title" not in task for task in found.tasks):
        outcomes = yield tuple(ToolCall(tool="get_task", arguments={"task_id": each}) for each in found.ids[:SHOWN])
        return "\n".join(trouble(outcome) or _whole(outcome.result.get("task") or {}) for outcome in outcomes)
    return f"{count(len(found.tasks)).capitalize()}:\n{bullets(found.tasks)}"


def _whole(task: Mapping[str, Any]) -> str:
    dateless = "" if task.get("due") or task.get("completed_at") else " It has no due date."
    notes = f"\n\n{escaped(str(task['notes']))}" if task.get("notes") else ""
    return f"{detailed(task)}.{dateless}{notes}"


def _stats() -> Work[str]:
    (outcome,) = yield (ToolCall(tool="task_stats", arguments={}),)
    problem = trouble(outcome)
    if problem:
        return problem
    stats = outcome.result
    lines = [
        f"{stats['pending']} open, {stats['overdue']} overdue, {stats['due_today']} due today.",
        f"In the last {stats['period_days']} days: {stats['completed']} done, {stats['created']} added.",
    ]
    if stats["streak"]:
        lines.append(
            f"{count(stats['streak'], 'day')} in a row with something done; the best was {stats['best_streak']}."
        )
    return " ".join(lines)


def _lists() -> Work[str]:
    (outcome,) = yield (ToolCall(tool="task_stats", arguments={}),)
    problem = trouble(outcome)
    if problem:
        return problem
    counts = [each for each in outcome.result.get("projects") or () if each.get("project")]
    if not counts:
        return "There are no lists yet. One begins with its first task: “add milk to groceries”."
    lines = [
        f"- {escaped(str(each['project']))}: {each['pending']} open, {each['completed']} done"
        for each in counts[:SHOWN]
    ]
    rest = len(counts) - len(lines)
    return "Your lists:\n" + "\n".join(lines) + (f"\n\n…and {rest} more." if rest > 0 else "")


def _tags() -> Work[str]:
    (outcome,) = yield (ToolCall(tool="task_stats", arguments={}),)
    tags = outcome.result.get("tags") or {}
    if trouble(outcome) or not tags:
        return trouble(outcome) or "No open task has a tag yet. Try “add call mom #family”."
    return "Your tags:\n" + "\n".join(f"- \\#{escaped(str(tag))}: {number} open" for tag, number in tags.items())
