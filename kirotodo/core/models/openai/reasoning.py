"""Provider state that goes back with the steps of a tool loop: reasoning and its signatures.

Gemini 3 refuses a call of the current turn without the `extra_content` it came with (ai.google.dev, "Thought
signatures"). DeepSeek refuses a turn that called tools without its `reasoning_content`, in later turns as well
(api-docs.deepseek.com, "Thinking mode"). OpenRouter continues its reasoning where `reasoning_details` come back
unchanged (openrouter.ai, "Preserving reasoning"), and OpenAI's Responses API, where nothing is stored, with its
encrypted reasoning items (platform.openai.com, "Reasoning models").
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from typing import Any, Final

from kirotodo.core.models.model import AssistantStep, ModelRequest, Opaque, PromptItem, UserText
from kirotodo.core.text.sanitize import well_formed_value

FIELDS: Final = ("reasoning_content", "reasoning_details", "reasoning")
"""Fields of an assistant message, the one to send back first."""
SIGNATURES: Final = "thought_signature"
UNSIGNED: Final = {"extra_content": {"google": {SIGNATURES: "skip_thought_signature_validator"}}}
"""What Gemini takes for a call that it did not make itself."""
WANTED: Final = ("reasoning_content", SIGNATURES)
"""What some insist on even where a step never had it, since another model made it."""


def given_back(
    request: ModelRequest, *, origin: str, without: Collection[str], wanted: Collection[str]
) -> ModelRequest:
    """Return `request` with only the state that goes to `origin`.

    Dropped are the state of other providers and the fields in `without`, unless the provider insists on them
    (`wanted`).
    """
    if not wanted and not any(isinstance(item, AssistantStep) and item.opaque for item in request.history):
        return request
    return replace(request, history=tuple(_items(request.history, origin, without, wanted)))


def _items(
    history: tuple[PromptItem, ...], origin: str, without: Collection[str], wanted: Collection[str]
) -> Iterator[PromptItem]:
    last_text = max((at for at, item in enumerate(history) if isinstance(item, UserText)), default=-1)
    for at, item in enumerate(history):
        if not isinstance(item, AssistantStep):
            yield item
            continue
        known = item.opaque.data if item.opaque is not None and item.opaque.origin == origin else {}
        message = {key: value for key, value in known.get("message", {}).items() if key not in without}
        calls = {} if "extra_content" in without else dict(known.get("calls", {}))
        items = [] if "include" in without else known.get("items", [])
        if item.calls and "reasoning_content" in wanted:
            message.setdefault("reasoning_content", "")
        if item.calls and SIGNATURES in wanted and at > last_text and not calls:
            calls["0"] = UNSIGNED
        data = {"message": message, "calls": calls, "items": items}
        yield replace(item, opaque=Opaque(origin=origin, data=data) if any(data.values()) else None)


def part(step: AssistantStep, name: str) -> Any:
    """Return what goes back with the `message`, with its `calls` (by position) or before it (`items`)."""
    return {} if step.opaque is None else step.opaque.data.get(name) or {}


class ReasoningCollector:
    """Collects the reasoning fields of a Chat Completions stream."""

    def __init__(self) -> None:
        self._texts: dict[str, list[str]] = {}
        self._details: list[dict[str, Any]] = []

    def feed(self, delta: Mapping[str, Any]) -> None:
        """Add the reasoning fields of one delta."""
        for name in ("reasoning_content", "reasoning"):
            if isinstance(text := delta.get(name), str):
                self._texts.setdefault(name, []).append(text)
        details = delta.get("reasoning_details")
        for detail in details if isinstance(details, list) else ():
            if isinstance(detail, Mapping):
                self._add(dict(detail))

    def _add(self, detail: dict[str, Any]) -> None:
        """Pieces of one text belong together; everything else stands for itself."""
        last = self._details[-1] if self._details else {}
        same = all(detail.get(key) == last.get(key) for key in ("type", "index", "id"))
        name = {"reasoning.text": "text", "reasoning.summary": "summary"}.get(str(detail.get("type")))
        if name is None or not same or last.get("signature"):
            self._details.append(detail)
            return
        text = f"{last.get(name) or ''}{detail.get(name) or ''}"
        last |= {key: value for key, value in detail.items() if value is not None} | {name: text}

    @property
    def message(self) -> dict[str, Any]:
        """Return the field that goes back with the message."""
        if self._details and "reasoning_content" not in self._texts:
            return {"reasoning_details": self._details}
        for name, pieces in sorted(self._texts.items(), reverse=True):
            return {name: "".join(pieces)}
        return {}


def opaque_of(
    *, message: Mapping[str, Any] | None = None, calls: Mapping[str, Any] | None = None, items: list[Any] | None = None
) -> Iterator[Opaque]:
    """Return the state to keep for a step, if any."""
    data = {"message": message or {}, "calls": calls or {}, "items": items or []}
    if any(data.values()):
        data = well_formed_value(data)
        yield Opaque(data=data, lasting="reasoning_content" in data["message"])
