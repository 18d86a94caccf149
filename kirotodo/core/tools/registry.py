"""All the tools, by name: their schemas for a model, and the check of what a model calls."""

from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from functools import cached_property
from typing import Any, Final

from pydantic import ValidationError

from kirotodo.core.errors import ToolError
from kirotodo.core.tools.base import AnyCall, AnyTool, Call, ToolSchema
from kirotodo.core.tools.task_tools import (
    AddTask,
    CompleteTask,
    DeleteTask,
    GetTask,
    ListTasks,
    TaskStatistics,
    Undo,
    UpdateTask,
)

_KEYWORDS: Final = {"ge": "minimum", "le": "maximum", "gt": "exclusiveMinimum", "lt": "exclusiveMaximum"}
"""Behind a validator of ours, pydantic names limits in its own words."""


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


SHOWN = 3


def faults_in_words(tool: AnyTool, fault: ValidationError) -> str:
    """Return one sentence for each of the first few faults; what was given is not repeated."""
    sentences: list[str] = []
    for error in fault.errors(include_url=False, include_context=True, include_input=False):
        sentence = _sentence(tool, error)
        if sentence not in sentences:
            sentences.append(sentence)
    return " ".join(sentences[:SHOWN])


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


MALFORMED: Final = "malformed"
"""The one key of arguments that were no JSON object; what came instead is its value."""


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

    def schemas(self) -> tuple[ToolSchema, ...]:
        """Return the schemas, always the same and in the same order."""
        return self._schemas

    @cached_property
    def _schemas(self) -> tuple[ToolSchema, ...]:
        return tuple(schema_of(tool) for tool in self._by_name.values())

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


TOOLS: Final = Tools(
    (AddTask(), ListTasks(), GetTask(), CompleteTask(), UpdateTask(), DeleteTask(), Undo(), TaskStatistics())
)
