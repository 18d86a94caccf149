"""What the two OpenAI APIs have in common on the wire: their shape, tool calls in crumbs, facts about now."""

import json
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

from kirotodo.core.models.faults import Source
from kirotodo.core.models.model import Facts, ModelEvent, ModelRequest, ToolCall

NAME_MAX: Final = 64
_NO_NAME: Final = re.compile(r"[^a-zA-Z0-9_-]+")


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


@dataclass(kw_only=True)
class CallInParts:
    """A tool call as it comes in: its name whole or not at all, its arguments in one piece or in crumbs."""

    id: str = ""
    name: str = ""
    crumbs: list[str] = field(default_factory=list)
    given: Mapping[str, Any] | None = None
    """Arguments that came as an object instead of text, as some servers send them."""
    extra: Mapping[str, Any] | None = None
    """What the provider wants back with it."""

    def add(self, name: Any, arguments: Any) -> None:
        if isinstance(name, str) and name and not self.name:
            self.name = name
        if isinstance(arguments, str):
            self.crumbs.append(arguments)
        elif isinstance(arguments, Mapping):
            self.given = arguments

    def whole(self, tools: Collection[str], *, strict: bool) -> ToolCall:
        name = called_name(self.name, tools)
        text = "".join(self.crumbs).strip()
        arguments = self.given if self.given is not None else object_of(text)
        if arguments is None:
            return ToolCall(tool=name, malformed=text)
        if strict:
            arguments = {key: value for key, value in arguments.items() if value is not None}
        return ToolCall(tool=name, arguments=dict(arguments))


def called_name(name: str, tools: Collection[str]) -> str:
    """The tool that `name` means (`functions.add_task` is `add_task`), else a name that a provider takes back."""
    name = name.strip()
    if name in tools:
        return name
    last = re.split(r"[.:/]", name)[-1].strip()
    if last in tools:
        return last
    return _NO_NAME.sub("_", name)[:NAME_MAX].strip("_") or "unknown"


def object_of(text: str) -> Mapping[str, Any] | None:
    """The JSON object in `text`, {} for an empty text, None where there is none. One quoted once too often counts."""
    if not text or text == "null":
        return {}
    try:
        value = json.loads(text)
        if isinstance(value, str):
            value = json.loads(value) if value.strip() else {}
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, Mapping) else None
