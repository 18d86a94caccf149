"""Calls that a model makes over and over: a weak model that has added a task often asks for the very same call again.

Equal calls of one step are all carried out ("add milk twice" is two calls of one step); an equal call
of a later step is not, since nothing tells it from a model that goes round in circles. Decision 0025 has the reasons.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from kirotodo.core.domain.conversation import ToolCall
from kirotodo.core.store.turns import StepRecord
from kirotodo.core.tools.registry import Tools

REPEATS_MAX: Final = 3
"""After so many repeated calls a turn is ended."""
ALREADY_DONE: Final = "already_done"
_MESSAGE: Final = (
    "This very call was already carried out in this turn, with the same arguments; nothing was done again. "
    "Answer the user now."
)


def repeated_result(call: ToolCall, steps: Sequence[StepRecord], tools: Tools) -> Mapping[str, Any] | None:
    """Return the result of a call that repeats one of an earlier step, None where it is to be carried out.

    Looking at the list again is no repetition once something was changed.
    """
    found: ToolCall | None = None
    for earlier in _earlier(call, steps):
        if earlier.status != "succeeded" or _is_repeat(earlier):
            continue
        if _same(earlier, call):
            found = earlier
        elif found is not None and tools.changes_tasks(earlier.tool) and not tools.changes_tasks(call.tool):
            found = None
    if found is None:
        return None
    named = {
        name: (found.result or {})[name] for name in ("task_id", "task_ids", "title") if name in (found.result or {})
    }
    return {"status": ALREADY_DONE, "message": _MESSAGE, **named}


def goes_in_circles(steps: Sequence[StepRecord]) -> bool:
    """Return whether the last step only repeated what came before, and that has happened often enough.

    A call that failed is carried out again, it may work now; asking for it again and again counts as well.
    """
    repeats = [[_is_repeat(call) or _failed_before(call, steps) for call in step.calls] for step in steps]
    return bool(repeats) and all(repeats[-1]) and sum(map(sum, repeats)) >= REPEATS_MAX


def _is_repeat(call: ToolCall) -> bool:
    return call.result is not None and call.result.get("status") == ALREADY_DONE


def _failed_before(call: ToolCall, steps: Sequence[StepRecord]) -> bool:
    return call.status == "failed" and any(
        earlier.status == "failed" and _same(earlier, call) for earlier in _earlier(call, steps)
    )


def _earlier(call: ToolCall, steps: Sequence[StepRecord]) -> Iterator[ToolCall]:
    """Yield the calls of the steps before that of `call`."""
    return (earlier for step in steps for earlier in step.calls if earlier.step < call.step)


def _same(one: ToolCall, other: ToolCall) -> bool:
    return one.tool == other.tool and _given(one.arguments) == _given(other.arguments)


def _given(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Return the arguments without those that say nothing."""
    return {name: value for name, value in arguments.items() if value not in (None, "")}
