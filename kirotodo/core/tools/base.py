"""What a tool is: a name, a schema, and what it does to a list in one open transaction it never commits."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar, Final, Generic, TypeVar
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, model_validator

from kirotodo.core.language.types import Preferences
from kirotodo.core.tools.approval import Effect

if TYPE_CHECKING:
    from kirotodo.core.store.database import Store


@dataclass(frozen=True, kw_only=True, slots=True)
class UserClock:
    """The clock by which words are read: `now` is aware, in `zone`, which is the user's."""

    now: datetime
    zone: ZoneInfo
    preferences: Preferences


@dataclass(frozen=True, kw_only=True, slots=True)
class ToolContext:
    """The surroundings of a tool: the user's open store, and how words are read."""

    store: "Store"
    now: datetime
    zone: ZoneInfo
    preferences: Preferences
    turn_id: str
    call_id: str

    @property
    def user_clock(self) -> UserClock:
        """Return the user's clock."""
        return UserClock(now=self.now, zone=self.zone, preferences=self.preferences)


_NOTHING: Final = frozenset({"", "null", "NULL", "None", "nil", "undefined", "<null>"})
"""What a person may write is not among it: a list can be called "none" or "N/A"."""


def _is_nothing(value: Any) -> bool:
    return value is None or (isinstance(value, str) and value.strip() in _NOTHING)


class Arguments(BaseModel):
    """Arguments of a tool; kind about form ("3" for 3), strict about names."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    @model_validator(mode="before")
    @classmethod
    def _without_what_is_not_given(cls, given: Any) -> Any:
        """Leave out what may be left out and is null, or text that says so, as models write for "not given"."""
        if not isinstance(given, Mapping):
            return given
        optional = {name for name, field in cls.model_fields.items() if not field.is_required()}
        return {name: value for name, value in given.items() if name not in optional or not _is_nothing(value)}


A = TypeVar("A", bound=Arguments)


class Tool(ABC, Generic[A]):
    """Something the model may call. Stateless; one instance serves everybody."""

    name: ClassVar[str]
    description: ClassVar[str]
    changes_tasks: ClassVar[bool] = True
    arguments: type[A]

    def effect(self, arguments: A) -> Effect | None:
        """Return what a call would do to what is on the list already, which the user may have to agree to first; None
        for most calls."""
        return None

    @abstractmethod
    async def run(self, context: ToolContext, arguments: A) -> Mapping[str, Any]:
        """Carry it out, without committing, and return the outcome as JSON.

        Raises `ToolError` or a `UserError` (`NotFound`, `InvalidInput`, `NotUndoable`), a sentence each.
        """


@dataclass(frozen=True, kw_only=True, slots=True)
class Call(Generic[A]):
    """A call whose arguments are valid."""

    tool: Tool[A]
    arguments: A

    def as_json(self) -> dict[str, Any]:
        """Return the arguments as they were understood, without those left out."""
        return self.arguments.model_dump(mode="json", exclude_none=True, exclude_defaults=True)

    def effect(self) -> Effect | None:
        """Return what the call would do to the list; see `Tool.effect`."""
        return self.tool.effect(self.arguments)

    async def run(self, context: ToolContext) -> Mapping[str, Any]:
        """Run the call; see `Tool.run`."""
        return await self.tool.run(context, self.arguments)


AnyTool = Tool[Any]
AnyCall = Call[Any]


def failure(message: str) -> dict[str, Any]:
    """Return the result of a call that failed or was refused, as a model reads it."""
    return {"error": message}
