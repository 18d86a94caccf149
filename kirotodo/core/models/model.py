"""The port to a language model. Three implementations ship: `openai`, `builtin` and `scripted`."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from dataclasses import field
from datetime import datetime
from typing import Any, Literal, Protocol, TypeAlias
from zoneinfo import ZoneInfo

from kirotodo.core.domain.conversation import CallStatus, Usage
from kirotodo.core.domain.task import TaskSnapshot
from kirotodo.core.lazy_dataclasses import dataclass
from kirotodo.core.tools.base import ToolSchema


@dataclass(frozen=True, kw_only=True, slots=True)
class UserText:
    """A message of the user."""

    text: str


@dataclass(frozen=True, kw_only=True, slots=True)
class AssistantStep:
    """One step of the model: its text, then its tool calls in order. `opaque` is provider state to send back."""

    text: str
    calls: tuple["ToolCallRequest", ...] = ()
    opaque: "Opaque | None" = None


@dataclass(frozen=True, kw_only=True, slots=True)
class ToolOutcome:
    """The result of a call. It follows the `AssistantStep` that made the call, one for each call, in their order."""

    call_id: str
    tool: str
    status: CallStatus
    result: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True, slots=True)
class ToolCallRequest:
    """A call as the model made it. `arguments` are not validated yet."""

    call_id: str
    tool: str
    arguments: Mapping[str, Any]


PromptItem: TypeAlias = UserText | AssistantStep | ToolOutcome


@dataclass(frozen=True, kw_only=True, slots=True)
class Facts:
    """The facts that change from turn to turn and go last into a prompt. `now` is aware, in `zone`."""

    now: datetime
    zone: ZoneInfo
    open_tasks: int


Look: TypeAlias = Callable[[str], Awaitable[TaskSnapshot]]
"""Returns the list at this moment, as it helps to understand a text."""


async def no_list(text: str) -> TaskSnapshot:
    """Return an empty list: for requests that belong to none."""
    return TaskSnapshot()


@dataclass(frozen=True, kw_only=True, slots=True)
class ModelRequest:
    """One request to a model. `history` ends with the turn's own user text, steps and outcomes; earlier turns come
    first.

    `deadline` is on the event loop's clock (`loop.time()`). `snapshot` looks at the list in one short read, for a
    model that understands texts by it; a model that is sent a prompt never calls it.
    """

    instructions: str
    tools: Sequence[ToolSchema]
    history: tuple[PromptItem, ...]
    facts: Facts
    deadline: float
    model: str | None = None
    snapshot: Look = no_list


@dataclass(frozen=True, kw_only=True, slots=True)
class TextDelta:
    """A piece of the answer's text."""

    text: str
    kind: Literal["text"] = "text"


@dataclass(frozen=True, kw_only=True, slots=True)
class ToolCall:
    """A whole tool call; arguments that were not a JSON object arrive as `malformed` text instead."""

    tool: str
    arguments: Mapping[str, Any] = field(default_factory=dict)
    malformed: str | None = None
    kind: Literal["tool_call"] = "tool_call"


@dataclass(frozen=True, kw_only=True, slots=True)
class UsageReport:
    """The tokens that the step used."""

    usage: Usage
    kind: Literal["usage"] = "usage"


@dataclass(frozen=True, kw_only=True, slots=True)
class Opaque:
    """State that the provider wants back with this step, opaque to all but the model of the same `origin`.

    It is sent back in the same turn, and in later ones too where it is `lasting`. A step has one at most.
    """

    data: Mapping[str, Any]
    origin: str = ""
    lasting: bool = False
    kind: Literal["opaque"] = "opaque"


@dataclass(frozen=True, kw_only=True, slots=True)
class Restarted:
    """The model begins its step again (a retry after text had come): drop the step's text so far."""

    kind: Literal["restarted"] = "restarted"


ModelEvent: TypeAlias = TextDelta | ToolCall | UsageReport | Opaque | Restarted


class Model(Protocol):
    """A language model. `name` is shown in the status chip and stored with the turn."""

    @property
    def name(self) -> str:
        """Return the name under which users choose the model."""

    def stream(self, request: ModelRequest) -> AsyncGenerator[ModelEvent, None]:
        """Stream one step until it is whole; raise `ModelError` where it fails. Closing the stream stops the model."""

    async def aclose(self) -> None:
        """Close connections."""
