"""What a turn did, in words made from the results of its calls: for the turn whose model says nothing in the end."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from kirotodo.core.agent.tool_calls import ALREADY_DONE
from kirotodo.core.domain.conversation import ToolCall
from kirotodo.core.models.builtin.replies import bullets, count, detailed, escaped, several
from kirotodo.core.store.turns import StepRecord

_VERBS: Final = {
    "created": "Added",
    "completed": "Marked as done:",
    "reopened": "Reopened",
    "updated": "Updated",
    "skipped": "Skipped",
    "moved": "Moved",
    "deleted": "Deleted",
}
_BACK: Final = {"undone": "Undid changes to", "redone": "Redid changes to"}


def something_worked(steps: Sequence[StepRecord]) -> bool:
    """Return whether any call succeeded."""
    return any(call.status == "succeeded" for step in steps for call in step.calls)


def summary(steps: Sequence[StepRecord]) -> str:
    """Return what was changed, line by line, or else what was found; then what did not work."""
    calls = [call for step in steps for call in step.calls if (call.result or {}).get("status") != ALREADY_DONE]
    worked = [call.result for call in calls if call.status == "succeeded" and call.result is not None]
    lines = [line for result in worked if (line := _change(result))]
    if not lines:
        lines = [line for result in worked[-1:] if (line := _found(result))]
    lines += dict.fromkeys(_failures(calls))
    return "\n\n".join(lines) or "Done."


def _change(result: Mapping[str, Any]) -> str:
    status, number = str(result.get("status")), result.get("count")
    if not isinstance(number, int):
        return ""
    if status in _BACK:
        views = [escaped(str(sentence)) for sentence in result.get("views") or ()]
        if views:
            return " ".join([*([f"{_BACK[status]} {count(number)}."] if number else []), *views])
        return f"{_BACK[status]} {count(number)}."
    tasks = result.get("tasks") or ()
    return several(_VERBS[status], tasks, number) if status in _VERBS else ""


def _found(result: Mapping[str, Any]) -> str:
    if isinstance(task := result.get("task"), Mapping):
        return f"{detailed(task)}."
    if "tasks" in result and "total" in result:
        tasks = result["tasks"]
        total = result["total"] if isinstance(result["total"], int) else len(tasks)
        return f"Found {count(total)}:\n{bullets(tasks, total=total)}" if tasks else "Found no tasks."
    if "pending" in result and "overdue" in result:
        return f"{result['pending']} open, {result['overdue']} overdue, {result.get('due_today', 0)} due today."
    return ""


def _failures(calls: Sequence[ToolCall]) -> Iterator[str]:
    for call in calls:
        if call.status == "failed":
            yield f"Not done: {escaped(str((call.result or {}).get('error') or 'a tool failed.'))}"
        elif call.status == "denied":
            yield "Left as they are, as you said no."
