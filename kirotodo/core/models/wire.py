"""What the two OpenAI APIs have in common on the wire: their shape, values of any kind, facts about now."""

import json
from collections.abc import Mapping
from typing import Any, Protocol

from kirotodo.core.models.faults import Source
from kirotodo.core.models.model import Facts, ModelEvent, ModelRequest


class Decoder(Protocol):
    """Turns the events of one streamed answer into ours. `whole` once the provider said that it is at its end."""

    whole: bool

    def feed(self, chunk: Mapping[str, Any]) -> list[ModelEvent]:
        """What one chunk says now. Raises `ProviderFault` on an error sent within the stream."""

    def finish(self) -> list[ModelEvent]:
        """What is left to say at the end: text that was held back, tool calls, usage."""


class Api(Protocol):
    """One of the APIs: its path, its requests, its answers."""

    path: str

    def body(self, request: ModelRequest, *, model: str, strict: bool, effort: str | None) -> dict[str, Any]: ...

    def decoder(self, request: ModelRequest, *, source: Source, strict: bool) -> Decoder: ...


def facts_text(facts: Facts) -> str:
    """What changes from turn to turn, for the end of the prompt. Minutes are fine enough."""
    return f"[now: {facts.now:%A %Y-%m-%d %H:%M}; time zone: {facts.zone.key}; open tasks: {facts.open_tasks}]"


def result_text(result: Mapping[str, Any]) -> str:
    return json.dumps(result, ensure_ascii=False, separators=(",", ":"), default=str)


def mapping(value: Any) -> Mapping[str, Any]:
    """`value` where it is an object, else an empty one: servers send null, or anything, in place of objects."""
    return value if isinstance(value, Mapping) else {}


def items(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def count(value: Any) -> int:
    """A number of tokens; 0 for what is none."""
    return int(value) if isinstance(value, int | float) and 0 <= value < 1e12 else 0
