"""What the built-in model remembers of a conversation: data that it stored with its own steps, and read back as data.

Of a turn that another model answered, or that was cut short, the outcomes of its calls say what was done.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import msgspec
from msgspec.structs import replace

from kirotodo.core.language.context import Call, DialogueState
from kirotodo.core.models.model import AssistantStep, Opaque, PromptItem, ToolCallRequest, ToolOutcome, UserText

ORIGIN: Final = "built-in"
CHANGING: Final = frozenset({"add_task", "complete_task", "update_task", "delete_task", "undo", "move_tasks"})
TITLES_KEPT: Final = 10
TITLE_KEPT: Final = 60
_OWN: Final = frozenset({"task_id", "task_ids", "title", "moves"})
"""What tells one call from another of the same kind: it is not kept with what was done."""


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """One step of a model: what it called, what came of the calls so far, and the data that we stored with it."""

    calls: tuple[ToolCallRequest, ...] = ()
    outcomes: tuple[ToolOutcome, ...] = ()
    data: Mapping[str, Any] | None = None


class PastTurn(msgspec.Struct, frozen=True, kw_only=True):
    """A user's text and the steps that followed it."""

    text: str
    steps: tuple[Step, ...] = ()


def turns_of(history: Sequence[PromptItem]) -> tuple[PastTurn, ...]:
    """Return the history turn by turn; the last is the one under way."""
    turns: list[PastTurn] = []
    for item in history:
        match item:
            case UserText(text=text):
                turns.append(PastTurn(text=text))
            case AssistantStep(calls=calls, opaque=opaque) if turns:
                step = Step(calls=calls, data=_own_data(opaque))
                turns[-1] = replace(turns[-1], steps=(*turns[-1].steps, step))
            case ToolOutcome() if turns and turns[-1].steps:
                *before, last = turns[-1].steps
                last = replace(last, outcomes=(*last.outcomes, item))
                turns[-1] = replace(turns[-1], steps=(*before, last))
            case _:
                continue
    return tuple(turns)


def _own_data(opaque: Opaque | None) -> Mapping[str, Any] | None:
    return opaque.data if opaque is not None and opaque.origin == ORIGIN else None


def state_of(earlier: Sequence[PastTurn]) -> DialogueState:
    """Return what the turns before the one under way left to refer to."""
    state = DialogueState()
    for turn in earlier:
        stored = _stored(turn)
        if stored is not None:
            state = stored
            continue
        outcomes = [outcome for step in turn.steps for outcome in step.outcomes]
        calls = [call for step in turn.steps for call in step.calls]
        done = done_by(zip(calls, outcomes, strict=False))
        state = DialogueState(done=done or state.done, about=ids_in(done))
    return state


def _stored(turn: PastTurn) -> DialogueState | None:
    for step in reversed(turn.steps):
        if step.data is not None and isinstance(stored := step.data.get("state"), Mapping):
            try:
                return DialogueState.from_json(stored)
            except msgspec.ValidationError:  # another release wrote it
                return None
    return None


def done_by(calls: Iterable[tuple[ToolCallRequest, ToolOutcome]]) -> tuple[Call, ...]:
    """Return what these calls changed, without the titles; equal ones after each other are one."""
    done: list[Call] = []
    for request, outcome in calls:
        if request.tool not in CHANGING or outcome.status != "succeeded":
            continue
        arguments = {name: value for name, value in request.arguments.items() if name not in _OWN}
        if request.tool == "update_task" and "title" in request.arguments:
            arguments["title"] = request.arguments["title"]
        if request.tool == "delete_task" and (titles := _titles(outcome)):
            arguments["titles"] = titles
        call = Call(tool=request.tool, arguments=arguments, task_ids=touched_ids(request, outcome))
        if done and (done[-1].tool, done[-1].arguments) == (call.tool, call.arguments):
            call = replace(call, task_ids=(*done[-1].task_ids, *call.task_ids))
            done.pop()
        done.append(call)
    return tuple(done)


def _titles(outcome: ToolOutcome) -> list[str]:
    """Return the titles of a few deleted tasks: they are on no list any more, and the next text may name one."""
    tasks = outcome.result.get("tasks") or ()
    return [str(task.get("title", ""))[:TITLE_KEPT] for task in tasks if isinstance(task, Mapping)][:TITLES_KEPT]


def touched_ids(request: ToolCallRequest, outcome: ToolOutcome) -> tuple[int, ...]:
    """Return the ids that a change was about: as called, since results of earlier turns come shortened."""
    named = request.arguments.get("task_ids")
    if isinstance(named, Sequence) and named and all(isinstance(each, int) for each in named):
        return tuple(named)
    if request.tool == "undo":
        tasks = outcome.result.get("tasks") or ()
        put_back = [task["id"] for task in tasks if isinstance(task, Mapping) and isinstance(task.get("id"), int)]
        return (*put_back, *(each for each in outcome.result.get("removed") or () if isinstance(each, int)))
    return ids_of(outcome)


def ids_of(outcome: ToolOutcome) -> tuple[int, ...]:
    """Return the ids that an edit's result names."""
    result = outcome.result
    if isinstance(result.get("task_id"), int):
        return (result["task_id"],)
    ids = result.get("task_ids")
    return tuple(each for each in ids if isinstance(each, int)) if isinstance(ids, Sequence) else ()


def ids_in(calls: Iterable[Call]) -> tuple[int, ...]:
    """Return the ids that some calls are about, each once."""
    return tuple(dict.fromkeys(each for call in calls for each in call.task_ids))
