"""The words a scripted turn is written in: real events without numbers, and the few beats that are no events."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from kirotodo.core.domain.conversation import Approval, Usage
from kirotodo.core.domain.task import Task
from kirotodo.core.errors import KirotodoError
from kirotodo.core.events import (
    TasksChanged,
    TextDelta,
    ToolCallFinished,
    ToolCallStarted,
    TurnEvent,
    TurnFailed,
    TurnFinished,
)

MODEL: Final = "built-in"


@dataclass(frozen=True)
class Hold:
    """The script stands still here until `release(name)`; `cancel` still works."""

    name: str = "go"


@dataclass(frozen=True)
class Cut:
    """The link is cut here until `release(name)`, while the turn goes on. Watchers get what they missed once it is
    back, as a remote backend resumes its streams; who follows the changes learns of both."""

    name: str = "link"


@dataclass(frozen=True)
class Ask:
    """Park on an approval; go on with `yes` or `no`."""

    approval: Approval
    yes: Sequence["Beat"] = ()
    no: Sequence["Beat"] = ()


Beat: TypeAlias = TurnEvent | Hold | Cut | Ask


def say(text: str, *, step: int = 1, attempt: int = 1) -> TextDelta:
    """A piece of the answer."""
    return TextDelta(turn_id="", seq=0, step=step, attempt=attempt, text=text)


def call(
    tool: str,
    arguments: Mapping[str, Any],
    result: Mapping[str, Any],
    *,
    id: str = "1.1",
    ms: int = 2,
    undoable: bool = True,
    tasks: Sequence[Task] = (),
    removed: Sequence[int] = (),
) -> list[TurnEvent]:
    """A tool call from start to end, and what it changed."""
    failed = "error" in result
    events: list[TurnEvent] = [
        ToolCallStarted(turn_id="", seq=0, call_id=id, tool=tool, arguments=arguments),
        ToolCallFinished(
            turn_id="",
            seq=0,
            call_id=id,
            tool=tool,
            status="failed" if failed else "succeeded",
            result=result,
            duration_ms=ms,
            undoable=undoable and not failed,
        ),
    ]
    if tasks or removed:
        events.append(TasksChanged(turn_id="", seq=0, tasks=tuple(tasks), removed=tuple(removed)))
    return events


def fail(message: str, *, code: str = "model_error", retryable: bool = True, usage: Usage | None = None) -> TurnFailed:
    """The turn ends in failure."""
    return TurnFailed(turn_id="", seq=0, code=code, message=message, retryable=retryable, usage=usage or Usage())


def done(*, title: str = "", usage: Usage | None = None) -> TurnFinished:
    """The turn ends well; a script without an end gets this one."""
    return TurnFinished(turn_id="", seq=0, response="", model=MODEL, title=title, usage=usage or Usage())


@dataclass(frozen=True, kw_only=True)
class ScriptedTurn:
    """What happens for one message; `message` None takes any. `refuse` raises instead of taking it."""

    beats: Sequence[Beat] = ()
    message: str | None = None
    refuse: KirotodoError | None = None
