"""What a tool is: a name, a schema, and what it does to a list in one open transaction it never commits.

A set of tools checks what a model calls, and says in words what is wrong with it. A class of arguments is a dataclass,
and the annotation of a field says how its value is read: its type, `Before` and `Field`. Models write "3" for 3, a list
as text, and "null" for what they leave out; the names they have to get right. pydantic would do much of this, but to
import it took a quarter of a turn on the computer itself (decision 0064).
"""

import json
import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import MISSING, fields
from datetime import date, datetime
from functools import cache, cached_property
from types import NoneType, UnionType
from typing import (
    TYPE_CHECKING,
    Annotated,
    Any,
    ClassVar,
    Final,
    Generic,
    Literal,
    NamedTuple,
    Self,
    TypeVar,
    Union,
    cast,
    get_args,
    get_origin,
    overload,
)
from zoneinfo import ZoneInfo

import msgspec

from kirotodo.core.domain.task import PAGE_MAX
from kirotodo.core.errors import ToolError
from kirotodo.core.language.preferences import Preferences
from kirotodo.core.lazy_dataclasses import dataclass
from kirotodo.core.text.patterns import pattern
from kirotodo.core.text.sanitize import well_formed
from kirotodo.core.tools.approval import Effect
from kirotodo.core.tools.user_clock import UserClock

if TYPE_CHECKING:
    from kirotodo.core.store.database import Store

# --- arguments

_NOTHING: Final = frozenset({"", "null", "NULL", "None", "nil", "undefined", "<null>"})
"""What a person may write is not among it: a list can be called "none" or "N/A"."""
_FAULTS_SHOWN: Final = 3
NUMBER_MAX: Final = 2**31 - 1
"""Of any number, as every database holds it; no schema tells of it."""
_WHOLE: Final = pattern(r"([+-]?\d{1,18})(?:\.0*)?")
_TRUE: Final = ("true", "yes", "on", "1", "t", "y")
_FALSE: Final = ("false", "no", "off", "0", "f", "n")


class Before(NamedTuple):
    """Puts a value into the form that its type has. Raises `ValueError` with a sentence where it cannot."""

    read: Callable[[Any], Any]


class Field(NamedTuple):
    """Describes an argument to a model, and limits a number or how many items there are."""

    description: str = ""
    ge: int | None = None
    le: int | None = None
    min_length: int = 0
    max_length: int | None = None
    hidden: bool = False
    """For no model to give: what the user agreed to is written there."""


class _Fault(ValueError):
    """What is wrong with a value, as the end of a sentence that its name begins."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Arguments:
    """Arguments of a tool; kind about form ("3" for 3), strict about names."""

    @classmethod
    def read(cls, given: Mapping[str, Any], *, of: str) -> Self:
        """Return what a model gave to the tool `of`. Raise `ToolError` with a sentence for each of the first faults."""
        known = cls.known()
        values: dict[str, Any] = {}
        faults: list[str] = []
        for name, argument in known.items():
            if not argument.is_given(given, name):
                faults += [f"{of} needs `{name}`."] if argument.required else []
                continue
            try:
                values[name] = argument.read(given[name], name)
            except _Fault as fault:
                faults.append(f"`{name}` {fault}")
            except ToolError as error:
                faults.append(error.message)
            except ValueError as error:
                faults.append(f"`{name}`: {error}")
        takes = ", ".join(name for name, argument in known.items() if not argument.limits.hidden)
        faults += [f"{of} has no argument `{name[:50]}`; it takes {takes}." for name in given if name not in known]
        if not faults:
            made = cls(**values)
            if (sentence := made.fault()) is None:
                return made
            faults = [sentence]
        raise ToolError(" ".join(list(dict.fromkeys(faults))[:_FAULTS_SHOWN]))

    @classmethod
    def known(cls) -> Mapping[str, "_Argument"]:
        """Return the arguments by their names, in the order in which the class names them."""
        return _arguments(cls)  # type: ignore[arg-type]  # mypy takes the hash of an instance for that of its class

    def fault(self) -> str | None:
        """Return a sentence about arguments that don't go together, None where they do."""
        return None

    def given(self) -> dict[str, Any]:
        """Return the arguments that are not left out, as values."""
        values = {name: (getattr(self, name), argument.default) for name, argument in self.known().items()}
        return {name: value for name, (value, default) in values.items() if value is not None and value != default}

    def as_json(self, *, without: Collection[str] = ()) -> dict[str, Any]:
        """Return the arguments that are not left out, as JSON."""
        kept = {name: value for name, value in self.given().items() if name not in without}
        as_json: dict[str, Any] = json.loads(msgspec.json.encode(kept))
        return as_json

    @classmethod
    def schema(cls) -> dict[str, Any]:
        """Return the JSON Schema of the arguments that a model may give: lean, since every request pays for it."""
        shown = {name: argument for name, argument in cls.known().items() if not argument.limits.hidden}
        required = [name for name, argument in shown.items() if argument.required]
        return {
            "additionalProperties": False,
            "properties": {name: argument.schema() for name, argument in shown.items()},
            **({"required": required} if required else {}),
            "type": "object",
        }


@dataclass(frozen=True, kw_only=True, slots=True)
class _Argument:
    """An argument as its annotation has it, which may be `optional`: X or None."""

    kind: Any
    optional: bool
    befores: tuple[Before, ...]
    limits: Field
    default: Any = MISSING

    @property
    def required(self) -> bool:
        return self.default is MISSING

    def is_given(self, given: Mapping[str, Any], name: str) -> bool:
        """Return whether there is a value; models write null, or text that says so, for what they leave out."""
        return name in given and (self.required or not _is_nothing(given[name]))

    def read(self, value: Any, name: str) -> Any:
        for before in self.befores:
            value = value if value is None else before.read(value)
        if value is None and self.optional:
            return None
        return self._limited(self._of_kind(value, name))

    def _of_kind(self, value: Any, name: str) -> Any:
        if get_origin(self.kind) is Literal:
            return _one_of(value, get_args(self.kind))
        if get_origin(self.kind) is tuple:
            if not isinstance(value, list | tuple):
                raise _Fault("must be a list.")
            item = _argument(get_args(self.kind)[0])
            return tuple(item.read(each, name) for each in value)
        if issubclass(self.kind, Arguments):
            if not isinstance(value, Mapping):
                raise _Fault("must be a list of objects.")
            return self.kind.read(value, of=f"`{name}`")
        return _READERS[self.kind](value)

    def _limited(self, value: Any) -> Any:
        _, least, most, fewest, longest, _ = self.limits
        if least is not None and value < least:
            raise _Fault(f"must be at least {least}.")
        if most is not None and value > most:
            raise _Fault(f"must be at most {most}.")
        if isinstance(value, tuple) and len(value) < fewest:
            raise _Fault(f"needs at least {fewest}.")
        if longest is not None and len(value) > longest:
            raise _Fault(f"takes at most {longest}.")
        return value

    def schema(self) -> dict[str, Any]:
        """An optional value is described by its type alone: leaving it out says "none"."""
        limits = self.limits
        described = {
            "minimum": limits.ge,
            "maximum": limits.le,
            "minItems": limits.min_length or None,
            "maxItems": limits.max_length,
            "default": None if self.required else self.default,
            "description": limits.description or None,
        }
        return {**self._schema_of_kind(), **{key: value for key, value in described.items() if value is not None}}

    def _schema_of_kind(self) -> dict[str, Any]:
        if get_origin(self.kind) is Literal:
            return {"enum": list(get_args(self.kind)), "type": "string"}
        if get_origin(self.kind) is tuple:
            return {"items": _argument(get_args(self.kind)[0]).schema(), "type": "array"}
        if issubclass(self.kind, Arguments):
            schema: dict[str, Any] = self.kind.schema()
            return schema
        return {"type": {int: "integer", bool: "boolean"}.get(self.kind, "string")}


@cache
def _arguments(kind: Any) -> Mapping[str, _Argument]:
    return {each.name: _argument(cast(Any, each.type), each.default) for each in fields(kind)}


@cache
def _argument(annotation: Any, default: Any = MISSING) -> _Argument:
    """Return an argument out of its annotation. What stands last in `Annotated` is done first."""
    notes: list[Any] = []
    optional = False
    while (origin := get_origin(annotation)) in (Annotated, Union, UnionType):
        if origin is Annotated:
            notes += reversed(annotation.__metadata__)
            annotation = annotation.__origin__
        else:
            optional = True
            (annotation,) = (each for each in get_args(annotation) if each is not NoneType)
    found = [note for note in notes if isinstance(note, Field)]
    limits = (next(filter(None, each), each[-1]) for each in zip(*found, Field(), strict=True))
    return _Argument(
        kind=annotation,
        optional=optional,
        befores=tuple(note for note in notes if isinstance(note, Before)),
        limits=Field(*limits),
        default=default,
    )


def _is_nothing(value: Any) -> bool:
    return value is None or (isinstance(value, str) and value.strip() in _NOTHING)


# --- types


def _one_of(value: Any, choices: Sequence[str]) -> Any:
    if value not in choices:
        *others, last = map(repr, choices)
        raise _Fault(f"must be one of {', '.join(others)} or {last}.")
    return value


def _text(value: Any) -> str:
    if not isinstance(value, str) or well_formed(value) != value:
        raise _Fault("must be text.")
    return value


def _number(value: Any) -> int:
    if isinstance(value, str) and (found := _WHOLE.fullmatch(value.strip())):
        value = int(found[1])
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        raise _Fault("must be a whole number.")
    if abs(value) > NUMBER_MAX:
        raise _Fault(f"must be a number up to {NUMBER_MAX}.")
    return value


def _flag(value: Any) -> bool:
    said = str(value).strip().casefold() if isinstance(value, bool | int | str) else ""
    if said not in _TRUE + _FALSE:
        raise _Fault("must be true or false.")
    return said in _TRUE


def _date(value: Any) -> date:
    try:
        return date.fromisoformat(value.strip())
    except (AttributeError, ValueError):
        raise _Fault("must be a date such as 2026-12-01.") from None


_READERS: Final[Mapping[Any, Callable[[Any], Any]]] = {str: _text, int: _number, bool: _flag, date: _date}


# --- how models write what several tools take

_ID: Final = pattern(r"(?:task\s*)?(?:#\s*)?(\d{1,10})", re.IGNORECASE)
_PRIORITY: Final = {
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
    from ast import literal_eval

    for read in (json.loads, literal_eval):
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


TaskId = Annotated[int, Before(_id), Field(ge=1)]
TaskIds = Annotated[tuple[TaskId, ...], Before(_ids), Field(max_length=PAGE_MAX)]
Title = Annotated[str, Before(_number_as_text)]
LIST: Final = Before(_words)
Words = Annotated[tuple[str, ...], LIST]
OPTIONAL: Final = Before(_absent)
CHOICE: Final = Before(_choice)
PRIORITY: Final = Before(_priority)


@dataclass(frozen=True, kw_only=True, slots=True)
class Targets(Arguments):
    """One task or several."""

    task_id: Annotated[TaskId | None, OPTIONAL, Field(description="The task's number.")] = None
    task_ids: Annotated[TaskIds | None, OPTIONAL, Field(description="Several tasks' numbers, in place of task_id.")] = (
        None
    )

    def fault(self) -> str | None:
        """Return a sentence where no task is named."""
        return None if self.ids else "Say which task: task_id, or task_ids for several."

    @property
    def ids(self) -> tuple[int, ...]:
        """Return each id once, in the order given."""
        first = () if self.task_id is None else (self.task_id,)
        return tuple(dict.fromkeys(first + (self.task_ids or ())))


# --- tools


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


MALFORMED: Final = "malformed"
"""The one key of arguments that were no JSON object; what came instead is its value."""


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
        return self.arguments.as_json()

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


def schema_of(tool: AnyTool) -> ToolSchema:
    """Return a tool as a model sees it."""
    return ToolSchema(name=tool.name, description=tool.description, parameters=tool.arguments.schema())


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
        return Call(tool=tool, arguments=tool.arguments.read(arguments, of=name))

    def _unknown(self, name: str) -> str:
        from difflib import get_close_matches

        close = get_close_matches(str(name), self.names, n=1)
        hint = f" Did you mean {close[0]}?" if close else ""
        return f"There is no tool {str(name)[:50]!r}.{hint} The tools are: {', '.join(self.names)}."
