"""Conversations, messages and turns: frozen values that know no storage, wire or screen."""

from collections.abc import Mapping
from dataclasses import field
from datetime import datetime
from typing import Any, Final, Literal, Self

from kirotodo.core.domain.task import Task
from kirotodo.core.lazy_dataclasses import dataclass

Role = Literal["user", "assistant"]
TurnStatus = Literal["running", "awaiting_approval", "finished", "failed", "cancelled"]
CallStatus = Literal["pending", "awaiting_approval", "succeeded", "failed", "denied", "cancelled"]
Decision = Literal["yes", "no", "always", "never"]
"""An answer to a question. "always" and "never" hold for the rest of the conversation."""

MESSAGE_MAX: Final = 10_000
"""Longest message of a user, in characters."""
FINAL: Final[frozenset[TurnStatus]] = frozenset({"finished", "failed", "cancelled"})


@dataclass(frozen=True, kw_only=True, slots=True)
class Hit:
    """The newest message that holds what was searched for: its number, and the words around the first of them."""

    seq: int
    snippet: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Conversation:
    """A conversation. `preview` is the beginning of its newest message. `hit` is what a search found in it, None where
    that was its title, or nothing was searched for."""

    id: int
    title: str
    preview: str = ""
    message_count: int = 0
    created_at: datetime
    updated_at: datetime
    hit: Hit | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Message:
    """A stored message of a conversation, which never changes. `seq` counts from 1 within the conversation.

    `variants` are the numbers of all messages that stand in its place, it among them, where it was edited or sent
    again.
    """

    conversation_id: int
    seq: int
    role: Role
    content: str
    turn_id: str
    created_at: datetime
    variants: tuple[int, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class ToolCall:
    """A call of a tool by the model. `id` is unique within its turn and reads `step.position`."""

    id: str
    step: int
    position: int
    tool: str
    arguments: Mapping[str, Any]
    result: Mapping[str, Any] | None = None
    status: CallStatus = "pending"
    duration_ms: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class Approval:
    """A question that the user must answer yes or no: the call, the sentence to show and the tasks it would change."""

    call_id: str
    tool: str
    arguments: Mapping[str, Any]
    question: str
    tasks: tuple[Task, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Usage:
    """The tokens that a turn used; all zero for the built-in model."""

    input_tokens: int = 0
    output_tokens: int = 0
    cached_tokens: int = 0

    def __add__(self, other: "Usage") -> "Usage":
        return Usage(
            input_tokens=self.input_tokens + other.input_tokens,
            output_tokens=self.output_tokens + other.output_tokens,
            cached_tokens=self.cached_tokens + other.cached_tokens,
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Turn:
    """A user message and everything up to its one final event, as it stands.

    `message_seq` is the user's message that began it, `response` the answer so far (whole once `finished`, partial
    when `cancelled`), `error` the sentence for the user where it `failed`.
    """

    id: str
    conversation_id: int
    message_seq: int
    status: TurnStatus
    response: str = ""
    tool_calls: tuple[ToolCall, ...] = ()
    approval: Approval | None = None
    model: str = ""
    usage: Usage = field(default_factory=Usage)
    error: str | None = None
    created_at: datetime
    finished_at: datetime | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class CallOutcome:
    """A tool call of a turn and its outcome."""

    id: str
    tool: str
    arguments: Mapping[str, Any]
    result: Mapping[str, Any] | None
    status: CallStatus
    duration_ms: int


@dataclass(frozen=True, kw_only=True, slots=True)
class ChatOutcome:
    """The outcome of a turn, as `ask --json` and POST /chat give it: its answer, or the approval it waits for.

    `message_id` is the `seq` of the user's message in its conversation, `error` the sentence of a turn that failed.
    """

    conversation_id: int
    turn_id: str
    message_id: int
    status: TurnStatus
    response: str
    tool_calls: tuple[CallOutcome, ...]
    approval: Approval | None
    model: str
    usage: Usage
    error: str | None
    created_at: datetime

    @classmethod
    def of(cls, turn: Turn) -> Self:
        """Return the outcome of a stored turn."""
        return cls(
            conversation_id=turn.conversation_id,
            turn_id=turn.id,
            message_id=turn.message_seq,
            status=turn.status,
            response=turn.response,
            tool_calls=tuple(
                CallOutcome(
                    id=call.id,
                    tool=call.tool,
                    arguments=call.arguments,
                    result=call.result,
                    status=call.status,
                    duration_ms=call.duration_ms,
                )
                for call in turn.tool_calls
            ),
            approval=turn.approval,
            model=turn.model,
            usage=turn.usage,
            error=turn.error,
            created_at=turn.created_at,
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Transcript:
    """A page of a conversation, oldest first, with the turns its messages belong to.

    `before` is the `seq` to pass for the page of older messages, None where the conversation begins.
    """

    conversation: Conversation
    messages: tuple[Message, ...]
    turns: tuple[Turn, ...]
    before: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Sent:
    """A message that was accepted: its conversation and the turn that answers it.

    `attached` is True where the request key was known and this is the turn that it started the first time. `notes` say
    in a sentence each what of the replaced turns could not be undone.
    """

    conversation_id: int
    turn_id: str
    message_seq: int
    attached: bool = False
    notes: tuple[str, ...] = ()
