"""What the built-in model answers to questions about the list; nothing here changes anything."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any

from kirotodo.core.language.intent import Query, Scope, Target
from kirotodo.core.language.phrases import describe_due
from kirotodo.core.models.builtin_memory import Memory
from kirotodo.core.models.builtin_phrases import SHOWN, bullets, count, detailed, escaped, trouble
from kirotodo.core.models.builtin_targets import PAGE, Search, Unclear, Work, find, listed, tasks_in, total_of
from kirotodo.core.models.model import ToolCall


def query(action: Query, memory: Memory, today: date) -> Work[str]:
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
    limit = PAGE if scope.part else SHOWN
    (outcome,) = yield (listed(scope, _status(scope), limit=limit),)
    if not trouble(outcome) and not tasks_in(outcome) and (wider := _wider(scope)) is not None:
        scope = wider
        (outcome,) = yield (listed(scope, _status(scope), limit=limit),)
    problem = trouble(outcome)
    if problem:
        return problem
    tasks = tasks_in(outcome, scope.part)
    total = len(tasks) if scope.part else total_of(outcome)
    words = _narrowed(scope, today)
    kind = {"pending": "open", "completed": "done", "all": ""}[_status(scope)]
    if total == 0 and not words and kind == "open":
        return "Nothing is open. Your list is clear."
    counted = " ".join([count(total, kind=kind), *words])
    if count_only:
        return f"You have {counted}."
    if total == 0:
        return f"There are {counted}."
    return f"{counted[0].upper()}{counted[1:]}:\n{bullets(tasks, total=total)}"


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
        words.append(f"from {_range(scope.completed_from, scope.completed_to, today)}")
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
    state = " (done)" if task.get("completed_at") else ""
    dateless = "" if task.get("due") or state else " It has no due date."
    notes = f"\n\n{escaped(str(task['notes']))}" if task.get("notes") else ""
    return f"{detailed(task)}{state}.{dateless}{notes}"


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
