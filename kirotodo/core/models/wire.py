"""What the two OpenAI APIs have in common on the wire: their shape, values of any kind, facts about now."""

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final, Protocol

from kirotodo.core.models.faults import Cut, Source, filtered, only_thoughts
from kirotodo.core.models.model import AssistantStep, Facts, ModelEvent, ModelRequest, TextDelta


class Decoder(Protocol):
    """Turns the events of one streamed answer into ours. `whole` once the provider said that it is at its end."""

    whole: bool
    cut: Cut | None
    """Why the answer ended before its time, if it did."""

    def feed(self, chunk: Mapping[str, Any]) -> list[ModelEvent]:
        """What one chunk says now. Raises `ProviderFault` on an error sent within the stream."""

    def finish(self) -> list[ModelEvent]:
        """What is left to say at the end: text that was held back, tool calls, usage."""


class Api(Protocol):
    """One of the APIs: its path, its requests, its answers."""

    path: str

    def body(self, request: ModelRequest, *, model: str, strict: bool, effort: str | None) -> dict[str, Any]: ...

    def decoder(self, request: ModelRequest, *, source: Source, strict: bool) -> Decoder: ...


CUT_SHORT: Final[dict[Cut, str]] = {
    "length": "*(The answer is cut off here: the model reached its limit of tokens.)*",
    "filter": "*(The answer is cut off here by the content filter of the model service.)*",
    "size": "*(The answer is cut off here: it goes on longer than kirotodo takes.)*",
}
_LIMITS: Final = frozenset({"length", "max_tokens", "max_output_tokens", "model_length", "token_limit"})
_FILTERS: Final = frozenset({"content_filter", "safety", "sensitive", "prohibited_content", "recitation", "blocklist"})


def cut_of(reason: Any) -> Cut | None:
    """Why an answer with this finish reason ended before its time; None where it did not."""
    name = str(reason).lower()
    return "length" if name in _LIMITS else "filter" if name in _FILTERS else None


def cut_short(cut: Cut | None, *, said: bool, called: bool, source: Source) -> Iterator[ModelEvent]:
    """Say that an answer was cut. Raises `ProviderFault` where nothing was said at all."""
    if cut is None or called:
        return
    if not said:
        raise filtered() if cut == "filter" else only_thoughts(cut, source=source)
    yield TextDelta(text=f"\n\n{CUT_SHORT[cut]}")


def spoken(step: AssistantStep) -> str:
    """The text of a step as the model gave it: it would take up our words as its own way of speaking."""
    text = step.text
    for words in CUT_SHORT.values():
        text = text.removesuffix(words).rstrip()
    return text


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
