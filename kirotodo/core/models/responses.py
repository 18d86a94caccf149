"""The Responses API, OpenAI's own for its newer models: our request as its body, its events as ours.

The conversation is sent whole each time (`store: false`): nothing of it is kept at the provider.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from kirotodo.core.domain.conversation import Usage
from kirotodo.core.models.faults import ProviderFault, Refusal, error_of_body, of_response
from kirotodo.core.models.held_text import HeldText
from kirotodo.core.models.model import (
    AssistantStep,
    ModelEvent,
    ModelRequest,
    TextDelta,
    ToolOutcome,
    ToolSchema,
    UsageReport,
    UserText,
)
from kirotodo.core.models.wire import CallInParts, facts_text, result_text, strict_schema


class Responses:
    """See `wire.Api`."""

    path = "/responses"

    def body(self, request: ModelRequest, *, model: str, strict: bool, effort: str | None) -> dict[str, Any]:
        body: dict[str, Any] = {
            "model": model,
            "instructions": request.instructions,
            "input": list(items_of(request)),
            "stream": True,
            "store": False,
        }
        if request.tools:
            body["tools"] = [_tool(schema, strict=strict) for schema in request.tools]
        if effort is not None:
            body["reasoning"] = {"effort": effort}
        return body

    def decoder(self, request: ModelRequest, *, strict: bool) -> "ResponsesDecoder":
        return ResponsesDecoder(tools=[tool.name for tool in request.tools], strict=strict, model=request.model or "")


def items_of(request: ModelRequest) -> Iterator[dict[str, Any]]:
    """The input items; the facts follow the last user text."""
    last_text = max((at for at, item in enumerate(request.history) if isinstance(item, UserText)), default=-1)
    ids: dict[str, str] = {}
    made = 0
    for at, item in enumerate(request.history):
        match item:
            case UserText(text=text):
                said = f"{text}\n\n{facts_text(request.facts)}" if at == last_text else text
                yield {"role": "user", "content": said}
            case AssistantStep(text=text, calls=calls):
                if text:
                    yield {"role": "assistant", "content": text}
                for call in calls:
                    made += 1
                    ids[call.call_id] = f"call{made:05d}"
                    yield {
                        "type": "function_call",
                        "call_id": ids[call.call_id],
                        "name": call.tool,
                        "arguments": result_text(call.arguments),
                    }
            case ToolOutcome(call_id=call_id, result=result):
                yield {"type": "function_call_output", "call_id": ids[call_id], "output": result_text(result)}


def _tool(schema: ToolSchema, *, strict: bool) -> dict[str, Any]:
    parameters = strict_schema(schema.parameters) if strict else dict(schema.parameters)
    return {
        "type": "function",
        "name": schema.name,
        "description": schema.description,
        "parameters": parameters,
        "strict": strict,
    }


class ResponsesDecoder:
    """See `wire.Decoder`."""

    def __init__(self, *, tools: list[str], strict: bool, model: str) -> None:
        self.whole = False
        self._strict = strict
        self._model = model
        self._text = HeldText(tools)
        self._calls: dict[Any, CallInParts] = {}
        self._usage: Usage | None = None

    def feed(self, chunk: Mapping[str, Any]) -> list[ModelEvent]:
        match chunk.get("type"):
            case "response.output_text.delta" | "response.refusal.delta":
                shown = self._text.feed(str(chunk.get("delta") or ""))
                return [TextDelta(text=shown)] if shown else []
            case "response.output_item.added" | "response.output_item.done":
                self._take_item(chunk.get("output_index"), chunk.get("item") or {})
            case "response.completed" | "response.incomplete":
                self.whole = True
                response = chunk.get("response") or {}
                if isinstance(usage := response.get("usage"), Mapping):
                    self._usage = _usage(usage)
            case "response.failed":
                raise _sent_error((chunk.get("response") or {}).get("error"), self._model)
            case "error":
                raise _sent_error(chunk, self._model)
        return []

    def _take_item(self, index: Any, item: Mapping[str, Any]) -> None:
        """An item is told twice, empty when it begins and whole when it is done; the latter counts."""
        if item.get("type") == "function_call":
            call = CallInParts(id=str(item.get("call_id") or ""))
            call.add(item.get("name"), item.get("arguments"))
            self._calls[index] = call

    def finish(self) -> list[ModelEvent]:
        text, written = self._text.finish()
        events: list[ModelEvent] = [TextDelta(text=text)] if text else []
        events.extend([call.whole(strict=self._strict) for call in self._calls.values() if call.name] or written)
        if self._usage is not None:
            events.append(UsageReport(usage=self._usage))
        return events


def _usage(usage: Mapping[str, Any]) -> Usage:
    details = usage.get("input_tokens_details") or {}
    return Usage(
        input_tokens=int(usage.get("input_tokens") or 0),
        output_tokens=int(usage.get("output_tokens") or 0),
        cached_tokens=int(details.get("cached_tokens") or 0),
    )


def _sent_error(error: Any, model: str) -> ProviderFault:
    code, message = error_of_body(error)
    status = 429 if "rate_limit" in code or "quota" in code else 502
    return of_response(Refusal(status=status, code=code, message=message, headers={}), model=model)
