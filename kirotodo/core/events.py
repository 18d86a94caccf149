"""The one event schema, from the agent to the screen.

Every turn is a sequence of these, `seq` rising but not always by one, that ends in exactly one final event:
`TurnFinished`, `TurnFailed` or `TurnCancelled`. A stream that ends without one was cut: watch again after the last
`seq`.

An event is in the database before any viewer sees it, so a replay gives what a viewer saw.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal, Self, TypeAlias

from kirotodo.core.domain.conversation import Approval, CallStatus, Decision, Usage
from kirotodo.core.domain.task import Task

if TYPE_CHECKING:
    from pydantic import TypeAdapter


@dataclass(frozen=True, kw_only=True, slots=True)
class TurnStarted:
    """The user's message is stored and the turn is under way."""

    turn_id: str
    seq: int
    conversation_id: int
    message: str
    model: str
    created_at: datetime
    kind: Literal["turn_started"] = "turn_started"


@dataclass(frozen=True, kw_only=True, slots=True)
class TextDelta:
    """A piece of the answer.

    A step is one run of the model; the answer is the text of all steps in order. A higher `attempt` of a step begins
    its text anew: what an earlier attempt of that step said is to be dropped.
    """

    turn_id: str
    seq: int
    step: int
    attempt: int
    text: str
    kind: Literal["text_delta"] = "text_delta"


@dataclass(frozen=True, kw_only=True, slots=True)
class ToolCallStarted:
    turn_id: str
    seq: int
    call_id: str
    tool: str
    arguments: Mapping[str, Any]
    kind: Literal["tool_call_started"] = "tool_call_started"


@dataclass(frozen=True, kw_only=True, slots=True)
class ApprovalRequested:
    """The turn is parked until the user answers; days may pass."""

    turn_id: str
    seq: int
    approval: Approval
    kind: Literal["approval_requested"] = "approval_requested"


@dataclass(frozen=True, kw_only=True, slots=True)
class ApprovalAnswered:
    turn_id: str
    seq: int
    call_id: str
    decision: Decision
    kind: Literal["approval_answered"] = "approval_answered"


@dataclass(frozen=True, kw_only=True, slots=True)
class ToolCallFinished:
    """A call came to its end; `undoable` says whether it changed tasks that `undo_call` can put back."""

    turn_id: str
    seq: int
    call_id: str
    tool: str
    status: CallStatus
    result: Mapping[str, Any]
    duration_ms: int
    undoable: bool = False
    kind: Literal["tool_call_finished"] = "tool_call_finished"


@dataclass(frozen=True, kw_only=True, slots=True)
class TasksChanged:
    """Tasks as they are now, and ids that are gone from the list."""

    turn_id: str
    seq: int
    tasks: tuple[Task, ...] = ()
    removed: tuple[int, ...] = ()
    kind: Literal["tasks_changed"] = "tasks_changed"


@dataclass(frozen=True, kw_only=True, slots=True)
class TurnFinished:
    turn_id: str
    seq: int
    response: str
    model: str
    title: str
    """The conversation's title, which the first turn may have made."""
    usage: Usage = field(default_factory=Usage)
    kind: Literal["turn_finished"] = "turn_finished"


@dataclass(frozen=True, kw_only=True, slots=True)
class TurnFailed:
    """`code` is one of `errors.Code`, `message` the sentence for the user; the user's message is kept."""

    turn_id: str
    seq: int
    code: str
    message: str
    retryable: bool = True
    model: str = ""
    usage: Usage = field(default_factory=Usage)
    kind: Literal["turn_failed"] = "turn_failed"


@dataclass(frozen=True, kw_only=True, slots=True)
class TurnCancelled:
    """The user stopped it; `response` is the partial answer, which is kept."""

    turn_id: str
    seq: int
    response: str = ""
    model: str = ""
    usage: Usage = field(default_factory=Usage)
    kind: Literal["turn_cancelled"] = "turn_cancelled"


FinalEvent: TypeAlias = TurnFinished | TurnFailed | TurnCancelled
FINAL_EVENTS = (TurnFinished, TurnFailed, TurnCancelled)
FINAL_KINDS: Final = frozenset({"turn_finished", "turn_failed", "turn_cancelled"})
TurnEvent: TypeAlias = (
    TurnStarted
    | TextDelta
    | ToolCallStarted
    | ApprovalRequested
    | ApprovalAnswered
    | ToolCallFinished
    | TasksChanged
    | FinalEvent
)


@cache
def _adapter() -> "TypeAdapter[TurnEvent]":
    from pydantic import Discriminator, TypeAdapter  # here, so that the screen can paint before it is loaded

    return TypeAdapter(Annotated[TurnEvent, Discriminator("kind")])


def encode_event(event: TurnEvent) -> bytes:
    """The event as one line of JSON, without a line end."""
    return _adapter().dump_json(event)


def decode_event(data: bytes | str) -> TurnEvent:
    """The event that `encode_event` wrote. Raises `pydantic.ValidationError` on anything else."""
    return _adapter().validate_json(data)


_KIND: Final = b'"kind":"'


class EncodedEvent:
    """An event and its one line of JSON, each made of the other when somebody asks, and once however many do."""

    __slots__ = ("_data", "_event", "seq")

    def __init__(self, seq: int, *, event: TurnEvent | None = None, data: bytes | None = None) -> None:
        self.seq = seq
        self._event = event
        self._data = data

    @classmethod
    def of(cls, event: TurnEvent) -> Self:
        return cls(event.seq, event=event)

    @property
    def event(self) -> TurnEvent:
        if self._event is None:
            self._event = decode_event(self.data)
        return self._event

    @property
    def data(self) -> bytes:
        if self._data is None:
            self._data = encode_event(self.event)
        return self._data

    @property
    def kind(self) -> str:
        """The event's kind, read off the end of its line: `kind` is the last member of every event."""
        if self._event is not None:
            return self._event.kind
        return self.data[self.data.rindex(_KIND) + len(_KIND) : -2].decode()

    @property
    def is_final(self) -> bool:
        return self.kind in FINAL_KINDS
