"""What a tool is: a name, a schema, and what it does to a list in one open transaction it never commits.

The types of arguments that several tools take are here as well; they are kind about how a model writes them.
"""

import ast
import json
import re
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Final, Generic, TypeVar
from zoneinfo import ZoneInfo

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from kirotodo.core.domain.task import PAGE_MAX
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


@dataclass(frozen=True, kw_only=True, slots=True)
class ToolSchema:
    """A tool as a model sees it; `parameters` is a JSON Schema object."""

    name: str
    description: str
    parameters: Mapping[str, Any]


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


ID_MAX = 2**31 - 1
_ID = re.compile(r"(?:task\s*)?(?:#\s*)?(\d{1,10})", re.IGNORECASE)
_PRIORITY = {
    "urgent": "high",
    "important": "high",
    "normal": "medium",
    "med": "medium",
    "1": "high",
    "2": "medium",
    "3": "low",
}


def _id(value: Any) -> Any:
    if isinstance(value, list | tuple) and len(value) == 1:
        value = value[0]
    if isinstance(value, str) and (found := _ID.fullmatch(value.strip())):
        return int(found[1])
    if isinstance(value, bool):
        raise ValueError("must be a whole number.")
    return value


def _ids(value: Any) -> Any:
    if isinstance(value, list | tuple) and len(value) == 1 and isinstance(value[0], str):
        value = value[0]
    if isinstance(value, str):
        return tuple(part for part in re.split(r"[\s,;\[\]\"']+", value) if part)
    if isinstance(value, int | float):
        return (value,)
    return value


def _words(value: Any) -> Any:
    """Names as a list; models write a list as text too, in the notation of JSON or Python, or with commas alone."""
    if isinstance(value, list | tuple) and len(value) == 1 and isinstance(value[0], str):
        value = _list_in(value[0]) or value
    elif isinstance(value, str):
        found = _list_in(value)
        value = _split(value) if found is None else found
    elif isinstance(value, int | float) and not isinstance(value, bool):
        value = [value]
    return tuple(_number_as_text(part) for part in value) if isinstance(value, list | tuple) else value


def _list_in(text: str) -> list[Any] | None:
    """Return the list that `text` spells, None where it spells none."""
    text = text.strip()
    if not (text.startswith("[") and text.endswith("]")):
        return None
    for read in (json.loads, ast.literal_eval):
        try:
            found = read(text)
        except (ValueError, SyntaxError, RecursionError, MemoryError):
            continue
        return found if isinstance(found, list) else None
    return _split(text[1:-1])


def _split(text: str) -> list[Any]:
    return [part.strip() for part in text.split(",") if part.strip()]


def _number_as_text(value: Any) -> Any:
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value


def _absent(value: Any) -> Any:
    """Models write "" for "not given"; taking a value away has a way of its own."""
    value = _number_as_text(value)
    return None if isinstance(value, str) and not value.strip() else value


def _choice(value: Any) -> Any:
    value = _absent(value)
    return value.strip().casefold() if isinstance(value, str) else value


def _priority(value: Any) -> Any:
    value = _choice(value)
    return _PRIORITY.get(value, value) if isinstance(value, str) else value


TaskId = Annotated[int, BeforeValidator(_id), Field(ge=1, le=ID_MAX)]
TaskIds = Annotated[tuple[TaskId, ...], BeforeValidator(_ids), Field(max_length=PAGE_MAX)]
Title = Annotated[str, BeforeValidator(_number_as_text)]
LIST = BeforeValidator(_words)
Words = Annotated[tuple[str, ...], LIST]
OPTIONAL = BeforeValidator(_absent)
CHOICE = BeforeValidator(_choice)
PRIORITY = BeforeValidator(_priority)


class Targets(Arguments):
    """One task or several."""

    task_id: Annotated[TaskId | None, OPTIONAL, Field(description="The task's number.")] = None
    task_ids: Annotated[TaskIds | None, OPTIONAL, Field(description="Several tasks' numbers, in place of task_id.")] = (
        None
    )

    @model_validator(mode="after")
    def _named(self) -> "Targets":
        if not self.ids:
            raise ValueError("Say which task: task_id, or task_ids for several.")
        return self

    @property
    def ids(self) -> tuple[int, ...]:
        """Return each id once, in the order given."""
        first = () if self.task_id is None else (self.task_id,)
        return tuple(dict.fromkeys(first + (self.task_ids or ())))
