"""The Responses API, OpenAI's newer one: requests as its bodies, its events as model events.

The whole conversation is sent each time (`store: false`), so that the provider keeps nothing.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from kirotodo.core.domain.conversation import Usage
from kirotodo.core.models.model import (
    AssistantStep,
    ModelEvent,
    ModelRequest,
    ToolOutcome,
    UsageReport,
    UserText,
)
from kirotodo.core.models.openai.call_assembler import PartialToolCall
from kirotodo.core.models.openai.errors import Cut, Source, sent_error
from kirotodo.core.models.openai.reasoning import opaque_of, part
from kirotodo.core.models.openai.text_filter import TextFilter
from kirotodo.core.models.openai.wire import (
    count,
    cut_of,
    cut_short,
    facts_text,
    items,
    mapping,
    result_text,
    spoken,
    strict_schema,
)
from kirotodo.core.tools.base import ToolSchema


class Responses:
    """The Responses API. See `wire.Api`."""

    path = "/responses"

    def body(self, request: ModelRequest, *, model: str, strict: bool, effort: str | None) -> dict[str, Any]:
        """Return the JSON body of a request."""
        body: dict[str, Any] = {
            "model": model,
            "instructions": request.instructions,
            "input": list(items_of(request)),
            "stream": True,
            "store": False,
            "include": ["reasoning.encrypted_content"],
        }
        if request.tools:
            body["tools"] = [_tool(schema, strict=strict) for schema in request.tools]
        if effort is not None:
            body["reasoning"] = {"effort": effort}
        return body

    def decoder(self, request: ModelRequest, *, source: Source, strict: bool) -> "ResponsesDecoder":
        """Return a decoder for the answer to a request."""
        return ResponsesDecoder(request, source=source, strict=strict)


def items_of(request: ModelRequest) -> Iterator[dict[str, Any]]:
    """Yield the input items; the facts follow the last user text."""
    last_text = max((at for at, item in enumerate(request.history) if isinstance(item, UserText)), default=-1)
    ids: dict[str, str] = {}
    made = 0
    for at, item in enumerate(request.history):
        match item:
            case UserText(text=text):
                content = f"{text}\n\n{facts_text(request.facts)}" if at == last_text else text
                yield {"type": "message", "role": "user", "content": content}
            case AssistantStep(calls=calls):
                yield from part(item, "items")
                if text := spoken(item):
                    yield {"type": "message", "role": "assistant", "content": text}
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
    """Decodes the events of one answer. See `wire.Decoder`."""

    def __init__(self, request: ModelRequest, *, source: Source, strict: bool) -> None:
        self.whole = False
        self._strict = strict
        self._source = source
        self._thoughts: dict[Any, Mapping[str, Any]] = {}
        self._tools = tuple(tool.name for tool in request.tools)
        self._text = TextFilter(request)
        self._calls: dict[Any, PartialToolCall] = {}
        self._usage: Usage | None = None
        self._has_text = False
        self.cut: Cut | None = None

    def feed(self, chunk: Mapping[str, Any]) -> list[ModelEvent]:
        """Return the model events of one event."""
        match chunk.get("type"):
            case "response.output_text.delta" | "response.refusal.delta":
                events = self._text.feed(str(chunk.get("delta") or ""))
                self._has_text = self._has_text or bool(events)
                return events
            case "response.output_item.added" | "response.output_item.done":
                self._take_item(chunk.get("output_index"), mapping(chunk.get("item")))
            case "response.completed" | "response.incomplete":
                return self._take_end(mapping(chunk.get("response")))
            case "response.failed":
                raise sent_error(mapping(chunk.get("response")).get("error"), source=self._source)
            case "error":
                raise sent_error(chunk.get("error") or chunk, source=self._source)
            case None if chunk.get("object") == "response":
                return self._take_whole(chunk)
            case None if chunk.get("error"):
                raise sent_error(chunk["error"], source=self._source)
        return []

    def _take_item(self, index: Any, item: Mapping[str, Any]) -> None:
        """An item is told twice, empty when it begins and whole when it is done; the latter counts. A thought can be
        told back only where it came encrypted, since nothing is stored."""
        if item.get("type") == "reasoning" and item.get("encrypted_content"):
            kept = ("type", "id", "summary", "encrypted_content")
            self._thoughts[index] = {"summary": [], **{key: item[key] for key in kept if item.get(key) is not None}}
        if item.get("type") == "function_call":
            call = PartialToolCall(
                id=str(item.get("call_id") or item.get("id") or ""), name=str(item.get("name") or "")
            )
            call.add(item.get("arguments"))
            key = call.id or index
            while not call.id and (known := self._calls.get(key)) and known.text not in ("", call.text):
                key = (key,)  # calls without ids that all have the same index
            self._calls[key] = call

    def _take_end(self, response: Mapping[str, Any]) -> list[ModelEvent]:
        self.whole = True
        self.cut = cut_of(mapping(response.get("incomplete_details")).get("reason"))
        if isinstance(usage := response.get("usage"), Mapping):
            self._usage = _usage(usage)
        return []

    def _take_whole(self, response: Mapping[str, Any]) -> list[ModelEvent]:
        """An answer that came in one piece."""
        if error := response.get("error"):
            raise sent_error(error, source=self._source)
        events: list[ModelEvent] = []
        for index, item in enumerate(items(response.get("output"))):
            self._take_item(index, mapping(item))
            for each in items(mapping(item).get("content")) if mapping(item).get("type") == "message" else ():
                events += self._text.feed(str(mapping(each).get("text") or mapping(each).get("refusal") or ""))
        return events + self._take_end(response)

    def finish(self) -> list[ModelEvent]:
        """Return the remaining events."""
        events, written = self._text.finish()
        cut, known = self.cut is not None, [call for call in self._calls.values() if call.name]
        calls = [call.whole(self._tools, strict=self._strict, cut=cut) for call in known] or written
        has_text = self._has_text or bool(events)
        events.extend(cut_short(self.cut, has_text=has_text, called=bool(calls), source=self._source))
        events.extend(calls)
        events.extend(opaque_of(items=list(self._thoughts.values())))
        if self._usage is not None:
            events.append(UsageReport(usage=self._usage))
        return events


def _usage(usage: Mapping[str, Any]) -> Usage:
    return Usage(
        input_tokens=count(usage.get("input_tokens")),
        output_tokens=count(usage.get("output_tokens")),
        cached_tokens=count(mapping(usage.get("input_tokens_details")).get("cached_tokens")),
    )
