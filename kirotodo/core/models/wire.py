"""What the two OpenAI APIs have in common on the wire: lines of events, tool calls in crumbs, facts about now."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

from kirotodo.core.models.model import Facts, ModelEvent, ModelRequest, ToolCall

DONE: Final = "[DONE]"


class Decoder(Protocol):
    """Turns the events of one streamed answer into ours."""

    @property
    def whole(self) -> bool:
        """Whether the provider said that the answer is at its end."""

    def feed(self, chunk: Mapping[str, Any]) -> list[ModelEvent]:
        """What one chunk says now. Raises `ProviderFault` on an error sent within the stream."""

    def finish(self) -> list[ModelEvent]:
        """What is left to say at the end: text that was held back, tool calls, usage."""


class Api(Protocol):
    """One of the APIs: its path, its requests, its answers."""

    path: str

    def body(self, request: ModelRequest, *, model: str, strict: bool, effort: str | None) -> dict[str, Any]: ...

    def decoder(self, request: ModelRequest, *, strict: bool) -> Decoder: ...


def data_of(line: str) -> str | None:
    """The payload of a line of an event stream (WHATWG HTML, 9.2.6), None for every other line."""
    if not line.startswith("data:"):
        return None
    return line[5:].strip()


def facts_text(facts: Facts) -> str:
    """What changes from turn to turn, for the end of the prompt. Minutes are fine enough."""
    return f"[now: {facts.now:%A %Y-%m-%d %H:%M}; time zone: {facts.zone.key}; open tasks: {facts.open_tasks}]"


def result_text(result: Mapping[str, Any]) -> str:
    return json.dumps(result, ensure_ascii=False, separators=(",", ":"), default=str)


@dataclass(kw_only=True)
class CallInParts:
    """A tool call as it comes in: its name whole or not at all, its arguments in one piece or in crumbs."""

    id: str = ""
    name: str = ""
    crumbs: list[str] = field(default_factory=list)
    given: Mapping[str, Any] | None = None
    """Arguments that came as an object instead of text, as some servers send them."""

    def add(self, name: Any, arguments: Any) -> None:
        if isinstance(name, str) and name and not self.name:
            self.name = name
        if isinstance(arguments, str):
            self.crumbs.append(arguments)
        elif isinstance(arguments, Mapping):
            self.given = arguments

    def whole(self, *, strict: bool) -> ToolCall:
        text = "".join(self.crumbs).strip()
        arguments = self.given if self.given is not None else object_of(text)
        if arguments is None:
            return ToolCall(tool=self.name, malformed=text)
        if strict:
            arguments = {key: value for key, value in arguments.items() if value is not None}
        return ToolCall(tool=self.name, arguments=dict(arguments))


def object_of(text: str) -> Mapping[str, Any] | None:
    """The JSON object in `text`, {} for an empty text, None where there is none. One quoted once too often counts."""
    if not text or text == "null":
        return {}
    try:
        value = json.loads(text)
        if isinstance(value, str):
            value = json.loads(value) if value.strip() else {}
    except ValueError:
        return None
    return value if isinstance(value, Mapping) else None


def strict_schema(schema: Mapping[str, Any]) -> dict[str, Any]:
    """`schema` as strict function calling wants it: all properties required, optional ones nullable, no others.

    OpenAI, "Structured model outputs": supported schemas. Null then means "left out"; see `CallInParts.whole`.
    """
    required = set(schema.get("required", ()))
    properties = {
        name: _strict_value(value) if name in required else _nullable(_strict_value(value))
        for name, value in schema.get("properties", {}).items()
    }
    kept = {key: value for key, value in schema.items() if key in ("type", "description", "$defs")}
    return {**kept, "properties": properties, "required": list(properties), "additionalProperties": False}


_UNSUPPORTED: Final = frozenset({"default", "minLength", "maxLength", "title", "examples", "uniqueItems"})


def _strict_value(value: Any) -> Any:
    if isinstance(value, Mapping):
        if value.get("type") == "object":
            return strict_schema(value)
        return {key: _strict_value(item) for key, item in value.items() if key not in _UNSUPPORTED}
    if isinstance(value, list):
        return [_strict_value(item) for item in value]
    return value


def _nullable(schema: dict[str, Any]) -> dict[str, Any]:
    kind = schema.get("type")
    match kind:
        case "null":
            return schema
        case str():
            nullable = {**schema, "type": [kind, "null"]}
            if "enum" in schema and None not in schema["enum"]:
                nullable["enum"] = [*schema["enum"], None]
            return nullable
        case list():
            return schema if "null" in kind else {**schema, "type": [*kind, "null"]}
    options: Sequence[Any] = schema.get("anyOf", ())
    if any(isinstance(option, Mapping) and option.get("type") == "null" for option in options):
        return schema
    if options:
        return {**schema, "anyOf": [*options, {"type": "null"}]}
    return {"anyOf": [schema, {"type": "null"}]}
