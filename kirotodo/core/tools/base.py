"""What a tool is: a name, a schema, and what it does to a list in one open transaction it never commits.

The types of arguments that several tools take are here as well; they are kind about how a model writes them. A set of
tools checks what a model calls, and says in words what is wrong with it.
"""

import ast
import json
import re
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from datetime import datetime
from difflib import get_close_matches
from functools import cached_property
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Final, Generic, TypeVar, overload
from zoneinfo import ZoneInfo

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from kirotodo.core.domain.task import PAGE_MAX
from kirotodo.core.errors import ToolError
from kirotodo.core.language.preferences import Preferences
from kirotodo.core.lazy_dataclasses import dataclass
from kirotodo.core.tools.approval import Effect
from kirotodo.core.tools.user_clock import UserClock

if TYPE_CHECKING:
    from kirotodo.core.store.database import Store


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
MALFORMED: Final = "malformed"
"""The one key of arguments that were no JSON object; what came instead is its value."""
_FAULTS_SHOWN: Final = 3
_KEYWORDS: Final = {"ge": "minimum", "le": "maximum", "gt": "exclusiveMinimum", "lt": "exclusiveMaximum"}
"""Behind a validator of ours, pydantic names limits in its own words."""


def _is_nothing(value: Any) -> bool:
    return value is None or (isinstance(value, str) and value.strip() in _NOTHING)


class Arguments(BaseModel):
    """Arguments of a tool; kind about form ("3" for 3), strict about names."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)

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


def schema_of(tool: AnyTool) -> ToolSchema:
    """Return the JSON Schema of a tool's arguments."""
    return ToolSchema(
        name=tool.name, description=tool.description, parameters=_lean(tool.arguments.model_json_schema())
    )


def _lean(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Without titles, and with an optional value described by its type alone: leaving it out says "none"."""
    drop = {"title", "description"} if "properties" in schema else {"title"}
    if schema.get("default", 0) is None:
        drop.add("default")
    lean = {_KEYWORDS.get(key, key): value for key, value in schema.items() if key not in drop}
    if lean.get("type") == "array" and "maxLength" in lean:
        lean["maxItems"] = lean.pop("maxLength")
    if "properties" in lean:
        lean["properties"] = {name: _lean(_solid(of)) for name, of in lean["properties"].items()}
    if isinstance(lean.get("items"), Mapping):
        lean["items"] = _lean(lean["items"])
    return lean


def _solid(schema: Mapping[str, Any]) -> dict[str, Any]:
    """`X | None` as X."""
    choices = [choice for choice in schema.get("anyOf", ()) if choice.get("type") != "null"]
    rest = {key: value for key, value in schema.items() if key != "anyOf"}
    return {**choices[0], **rest} if len(choices) == 1 else dict(schema)


def faults_in_words(tool: AnyTool, fault: ValidationError) -> str:
    """Return one sentence for each of the first few faults; what was given is not repeated."""
    sentences: list[str] = []
    for error in fault.errors(include_url=False, include_context=True, include_input=False):
        sentence = _sentence(tool, error)
        if sentence not in sentences:
            sentences.append(sentence)
    return " ".join(sentences[:_FAULTS_SHOWN])


def _sentence(tool: AnyTool, error: Mapping[str, Any]) -> str:
    place, kind = _place(error["loc"]), error["type"]
    context: Mapping[str, Any] = error.get("ctx", {})
    match kind:
        case "missing":
            return f"{tool.name} needs {place}."
        case "extra_forbidden":
            return f"{tool.name} has no argument {place}; it takes {', '.join(tool.arguments.model_fields)}."
        case "literal_error":
            return f"{place} must be one of {context['expected']}."
        case "value_error":
            return f"{place}: {context['error']}" if error["loc"] else f"{context['error']}"
        case "string_type" | "string_unicode":
            return f"{place} must be text."
        case "int_type" | "int_parsing" | "int_from_float" | "int_parsing_size":
            return f"{place} must be a whole number."
        case "bool_type" | "bool_parsing":
            return f"{place} must be true or false."
        case "too_long":
            return f"{place} takes at most {context['max_length']}."
        case "greater_than_equal":
            return f"{place} must be at least {context['ge']}."
        case "less_than_equal":
            return f"{place} must be at most {context['le']}."
        case "tuple_type":
            return f"{place} must be a list."
        case _:
            return f"{place}: {error['msg']}."


def _place(location: Sequence[int | str]) -> str:
    names = [str(part)[:50] for part in location if isinstance(part, str)]
    return f"`{names[0]}`" if names else "The call"


class Schemas(Sequence[ToolSchema]):
    """The schemas of tools, written when the first is looked at: the built-in model looks at none."""

    def __init__(self, tools: tuple[AnyTool, ...]) -> None:
        self._tools = tools

    @cached_property
    def _written(self) -> tuple[ToolSchema, ...]:
        return tuple(schema_of(tool) for tool in self._tools)

    @overload
    def __getitem__(self, at: int) -> ToolSchema: ...

    @overload
    def __getitem__(self, at: slice) -> tuple[ToolSchema, ...]: ...

    def __getitem__(self, at: int | slice) -> ToolSchema | tuple[ToolSchema, ...]:
        return self._written[at]

    def __len__(self) -> int:
        return len(self._tools)


class Tools:
    """A set of tools; their order is that of the schemas, which prompt caches rely on."""

    def __init__(self, tools: Sequence[AnyTool]) -> None:
        self._by_name = {tool.name: tool for tool in tools}

    @property
    def names(self) -> tuple[str, ...]:
        """Return the names of the tools, in order."""
        return tuple(self._by_name)

    def changes_tasks(self, name: str) -> bool:
        """Return whether the tool of this name may change tasks; one that only looks, or is unknown, does not."""
        return name in self._by_name and self._by_name[name].changes_tasks

    def schemas(self) -> "Schemas":
        """Return the schemas, always the same and in the same order."""
        return self._schemas

    @cached_property
    def _schemas(self) -> "Schemas":
        return Schemas(tuple(self._by_name.values()))

    def validate(self, name: str, arguments: Mapping[str, Any]) -> AnyCall:
        """Return the call, ready to run. Raises `ToolError` with a sentence the model can act on."""
        tool = self._by_name.get(name)
        if tool is None:
            raise ToolError(self._unknown(name))
        if not isinstance(arguments, Mapping):
            raise ToolError(f"The arguments of {name} must be a JSON object.")
        if set(arguments) == {MALFORMED}:
            raise ToolError(
                f"The arguments of {name} were not valid JSON. Nothing was done. Call it again with one JSON object."
            )
        try:
            checked = tool.arguments.model_validate(dict(arguments))
        except ValidationError as fault:
            raise ToolError(faults_in_words(tool, fault)) from None
        return Call(tool=tool, arguments=checked)

    def _unknown(self, name: str) -> str:
        close = get_close_matches(str(name), self.names, n=1)
        hint = f" Did you mean {close[0]}?" if close else ""
        return f"There is no tool {str(name)[:50]!r}.{hint} The tools are: {', '.join(self.names)}."
