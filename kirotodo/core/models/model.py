"""The port to a language model. Three implementations ship: `openai`, `builtin` and `scripted`."""

from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, Protocol, TypeAlias
from zoneinfo import ZoneInfo

from kirotodo.core.domain.conversation import CallStatus, Usage


@dataclass(frozen=True, kw_only=True, slots=True)
class UserText:
    """What the user wrote."""

    text: str


@dataclass(frozen=True, kw_only=True, slots=True)
class AssistantStep:
    """One step of the model: its text, then its tool calls in order. `opaque` is what its provider wants back."""

    text: str
    calls: tuple["ToolCallRequest", ...] = ()
    opaque: "Opaque | None" = None


@dataclass(frozen=True, kw_only=True, slots=True)
class ToolOutcome:
    """The result of a call; follows the `AssistantStep` that made it, in the order of its calls, one for each."""

    call_id: str
    tool: str
    status: CallStatus
    result: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True, slots=True)
class ToolCallRequest:
    """A call as the model made it. `arguments` are as it gave them, not yet validated."""

    call_id: str
    tool: str
    arguments: Mapping[str, Any]


PromptItem: TypeAlias = UserText | AssistantStep | ToolOutcome


@dataclass(frozen=True, kw_only=True, slots=True)
class ToolSchema:
    """A tool as a model sees it; `parameters` is a JSON Schema object."""

    name: str
    description: str
    parameters: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True, slots=True)
class Facts:
    """What changes from turn to turn; goes last into a prompt. `now` is aware, in `zone`."""

    now: datetime
    zone: ZoneInfo
    open_tasks: int


@dataclass(frozen=True, kw_only=True, slots=True)
class ModelRequest:
    """One run of a model. `history` ends with the turn's own user text, steps and outcomes; earlier turns come first.

    `deadline` is on the event loop's clock (`loop.time()`).
    """

    instructions: str
    tools: tuple[ToolSchema, ...]
    history: tuple[PromptItem, ...]
    facts: Facts
    deadline: float
    model: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class TextDelta:
    text: str
    kind: Literal["text"] = "text"


@dataclass(frozen=True, kw_only=True, slots=True)
class ToolCall:
    """A whole tool call; arguments that were no JSON object arrive as `malformed` text instead."""

    tool: str
    arguments: Mapping[str, Any] = field(default_factory=dict)
    malformed: str | None = None
    kind: Literal["tool_call"] = "tool_call"


@dataclass(frozen=True, kw_only=True, slots=True)
class UsageReport:
    usage: Usage
    kind: Literal["usage"] = "usage"


@dataclass(frozen=True, kw_only=True, slots=True)
class Opaque:
    """What the provider wants back with this step, unread by anybody but the model of the same `origin`: in the same
    turn, and in later ones too where it is `lasting`. Comes once in a step, if at all."""

    data: Mapping[str, Any]
    origin: str = ""
    lasting: bool = False
    kind: Literal["opaque"] = "opaque"


@dataclass(frozen=True, kw_only=True, slots=True)
class Restarted:
    """The model begins its step anew (a retry after text had come): what it said so far is to be dropped."""

    kind: Literal["restarted"] = "restarted"


ModelEvent: TypeAlias = TextDelta | ToolCall | UsageReport | Opaque | Restarted


class Model(Protocol):
    """A language model. `name` is what the status chip and the turn record show."""

    @property
    def name(self) -> str: ...

    def stream(self, request: ModelRequest) -> AsyncGenerator[ModelEvent, None]:
        """One step. Ends when the step is whole; raises `ModelError` where it cannot be. Closing it stops the model."""

    async def aclose(self) -> None: ...
