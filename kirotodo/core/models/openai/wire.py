"""The common parts of the two OpenAI APIs: their protocol, defensive reading of values, facts, strict schemas."""

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final, Protocol

from kirotodo.core.models.model import AssistantStep, Facts, ModelEvent, ModelRequest, TextDelta
from kirotodo.core.models.openai.errors import Cut, Source, filtered, only_thoughts


class Decoder(Protocol):
    """Turns the events of one streamed answer into model events. `whole` is True once the provider ended it."""

    whole: bool
    cut: Cut | None
    """Why the answer ended before its time, if it did."""

    def feed(self, chunk: Mapping[str, Any]) -> list[ModelEvent]:
        """Return the events of one chunk. Raise `ProviderFault` on an error sent within the stream."""

    def finish(self) -> list[ModelEvent]:
        """Return the remaining events: text that was held back, tool calls, usage."""


class Api(Protocol):
    """One of the APIs: its path, its requests, its answers."""

    path: str

    def body(self, request: ModelRequest, *, model: str, strict: bool, effort: str | None) -> dict[str, Any]:
        """Return the JSON body of a request."""

    def decoder(self, request: ModelRequest, *, source: Source, strict: bool) -> Decoder:
        """Return a decoder for the answer to a request."""


CUT_SHORT: Final[dict[Cut, str]] = {
    "length": "*(The answer is cut off here: the model reached its limit of tokens.)*",
    "filter": "*(The answer is cut off here by the content filter of the model service.)*",
    "size": "*(The answer is cut off here: it goes on longer than kirotodo takes.)*",
}
_LIMITS: Final = frozenset({"length", "max_tokens", "max_output_tokens", "model_length", "token_limit"})
_FILTERS: Final = frozenset({"content_filter", "safety", "sensitive", "prohibited_content", "recitation", "blocklist"})


def cut_of(reason: Any) -> Cut | None:
    """Return why an answer with this finish reason was cut off, or None where it was not."""
    name = str(reason).lower()
    return "length" if name in _LIMITS else "filter" if name in _FILTERS else None


def cut_short(cut: Cut | None, *, has_text: bool, called: bool, source: Source) -> Iterator[ModelEvent]:
    """Yield a notice that an answer was cut off. Raise `ProviderFault` where there was no text at all."""
    if cut is None or called:
        return
    if not has_text:
        raise filtered() if cut == "filter" else only_thoughts(cut, source=source)
    yield TextDelta(text=f"\n\n{CUT_SHORT[cut]}")


def spoken(step: AssistantStep) -> str:
    """Return the text of a step without our notices, which the model would imitate."""
    text = step.text
    for words in CUT_SHORT.values():
        text = text.removesuffix(words).rstrip()
    return text


def facts_text(facts: Facts) -> str:
    """Return the facts that change from turn to turn, for the end of the prompt. Minutes are exact enough."""
    return f"[now: {facts.now:%A %Y-%m-%d %H:%M}; time zone: {facts.zone.key}; open tasks: {facts.open_tasks}]"


def result_text(result: Mapping[str, Any]) -> str:
    """Return a tool's result as compact JSON."""
    return json.dumps(result, ensure_ascii=False, separators=(",", ":"), default=str)


def mapping(value: Any) -> Mapping[str, Any]:
    """Return `value` where it is an object, else an empty one: servers send null, or anything, in place of objects."""
    return value if isinstance(value, Mapping) else {}


def items(value: Any) -> list[Any]:
    """Return `value` where it is a list, else an empty one."""
    return value if isinstance(value, list) else []


def count(value: Any) -> int:
    """Return a number of tokens, 0 where `value` is not one."""
    return int(value) if isinstance(value, int | float) and 0 <= value < 1e12 else 0


SUPPORTED: Final = frozenset(
    {
        "$defs",
        "$ref",
        "anyOf",
        "const",
        "description",
        "enum",
        "exclusiveMaximum",
        "exclusiveMinimum",
        "format",
        "items",
        "maxItems",
        "maximum",
        "minItems",
        "minimum",
        "multipleOf",
        "pattern",
        "properties",
        "type",
    }
)


def strict_schema(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Return the schema of an object as a strict one: every property required, optional ones nullable."""
    kept = _strict(schema)
    required = set(schema.get("required", ()))
    properties: dict[str, Any] = kept.get("properties", {})
    kept["properties"] = {name: value if name in required else _nullable(value) for name, value in properties.items()}
    return {**kept, "required": list(properties), "additionalProperties": False}


def _strict(schema: Mapping[str, Any]) -> dict[str, Any]:
    strict: dict[str, Any] = {}
    for key, value in schema.items():
        match key, value:
            case "properties" | "$defs", Mapping():
                strict[key] = {name: _value(of) for name, of in value.items()}
            case "anyOf" | "oneOf", list():
                strict["anyOf"] = [_value(choice) for choice in value]
            case "items", Mapping():
                strict[key] = _value(value)
            case _ if key in SUPPORTED:
                strict[key] = value
    return strict


def _value(schema: Mapping[str, Any]) -> dict[str, Any]:
    return strict_schema(schema) if schema.get("type") == "object" else _strict(schema)


def _nullable(schema: dict[str, Any]) -> dict[str, Any]:
    kind = schema.get("type")
    if isinstance(kind, str) and kind != "null":
        nullable = {**schema, "type": [kind, "null"]}
        if "enum" in schema and None not in schema["enum"]:
            nullable["enum"] = [*schema["enum"], None]
        return nullable
    if isinstance(kind, list):
        return schema if "null" in kind else {**schema, "type": [*kind, "null"]}
    if kind == "null":
        return schema
    if "anyOf" in schema:
        options = schema["anyOf"]
        return schema if {"type": "null"} in options else {**schema, "anyOf": [*options, {"type": "null"}]}
    return {"anyOf": [schema, {"type": "null"}]}
