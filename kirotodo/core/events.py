"""The one event schema, from the agent to the screen.

Every turn is a sequence of these, `seq` rising but not always by one, that ends in exactly one final event:
`TurnFinished`, `TurnFailed` or `TurnCancelled`. A stream that ends without one was cut: watch again after the last
`seq`.

An event is in the database before any viewer sees it, so a replay gives what a viewer saw.
"""

from collections.abc import Mapping
from dataclasses import field
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal, Self, TypeAlias

from kirotodo.core.domain.conversation import Approval, CallStatus, Decision, Usage
from kirotodo.core.domain.task import Task
from kirotodo.core.lazy_dataclasses import dataclass

if TYPE_CHECKING:
    import msgspec
    from pydantic import TypeAdapter


@dataclass(frozen=True, kw_only=True, slots=True)
class TurnStarted:
    """The user's message is stored and the turn is in progress."""

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
    its text again: drop the text of the earlier attempts of that step.
    """

    turn_id: str
    seq: int
    step: int
    attempt: int
    text: str
    kind: Literal["text_delta"] = "text_delta"


@dataclass(frozen=True, kw_only=True, slots=True)
class ToolCallStarted:
    """A tool call begins to run."""

    turn_id: str
    seq: int
    call_id: str
    tool: str
    arguments: Mapping[str, Any]
    kind: Literal["tool_call_started"] = "tool_call_started"


@dataclass(frozen=True, kw_only=True, slots=True)
class ApprovalRequested:
    """The turn is paused until the user answers, which may take days."""

    turn_id: str
    seq: int
    approval: Approval
    kind: Literal["approval_requested"] = "approval_requested"


@dataclass(frozen=True, kw_only=True, slots=True)
class ApprovalAnswered:
    """The user approved or declined a call."""

    turn_id: str
    seq: int
    call_id: str
    decision: Decision
    kind: Literal["approval_answered"] = "approval_answered"


@dataclass(frozen=True, kw_only=True, slots=True)
class ToolCallFinished:
    """A tool call ended; `undoable` says whether it changed tasks that `undo_call` can restore."""

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
    """The turn ended with a whole answer."""

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
    """The turn failed.

    `code` is one of `errors.Code`, `message` the sentence for the user, whose own message is kept.
    """

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
    """The user stopped the turn; `response` is the partial answer, which is kept."""

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


@cache
def _encoder() -> "msgspec.json.Encoder":
    import msgspec  # a turn on the computer itself writes events and reads none, and goes without pydantic

    return msgspec.json.Encoder()


def encode_event(event: TurnEvent) -> bytes:
    """Return the event as one line of JSON, without a line end."""
    try:
        return _encoder().encode(event)
    except OverflowError:  # a whole number of more than 64 bits, which a model may write
        return _adapter().dump_json(event)


def decode_event(data: bytes | str) -> TurnEvent:
    """Return the event that `encode_event` wrote. Raise `pydantic.ValidationError` on anything else."""
    return _adapter().validate_json(with_previous_id(data))


def with_previous_id(data: bytes | str) -> bytes:
    """Return the JSON of tasks as this release names their members: to releases before, `parent_id` was the occurrence
    before, which is `previous_id` now.

    A quote within a text has a backslash before it in JSON, so only the name of a member matches.
    """
    given = data.encode() if isinstance(data, str) else data
    return given if b'"previous_id":' in given else given.replace(b'"parent_id":', b'"previous_id":')


_KIND: Final = b'"kind":"'


class EncodedEvent:
    """An event and its one line of JSON. Either is made from the other on first use, and only once."""

    __slots__ = ("_data", "_event", "seq")

    def __init__(self, seq: int, *, event: TurnEvent | None = None, data: bytes | None = None) -> None:
        self.seq = seq
        self._event = event
        self._data = data

    @classmethod
    def of(cls, event: TurnEvent) -> Self:
        """Wrap an event."""
        return cls(event.seq, event=event)

    @property
    def event(self) -> TurnEvent:
        """Return the event, decoded on first use."""
        if self._event is None:
            self._event = decode_event(self.data)
        return self._event

    @property
    def data(self) -> bytes:
        """Return the line of JSON, encoded on first use."""
        if self._data is None:
            self._data = encode_event(self.event)
        return self._data

    @property
    def kind(self) -> str:
        """Return the event's kind without decoding it: `kind` is the last member of every event."""
        if self._event is not None:
            return self._event.kind
        return self.data[self.data.rindex(_KIND) + len(_KIND) : -2].decode()

    @property
    def is_final(self) -> bool:
        """Return whether the event ends its turn."""
        return self.kind in FINAL_KINDS
