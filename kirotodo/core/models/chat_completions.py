"""The Chat Completions API, which nearly every server speaks: our request as its body, its chunks as our events.

What servers really send is taken as it comes: no usage, arguments in one piece, `null` content, wrong finish reasons,
whole messages in place of deltas, tool calls without an index.
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


class ChatCompletions:
    """See `wire.Api`."""

    path = "/chat/completions"

    def body(self, request: ModelRequest, *, model: str, strict: bool, effort: str | None) -> dict[str, Any]:
        body: dict[str, Any] = {
            "model": model,
            "messages": list(messages_of(request)),
            "stream": True,
            "stream_options": {"include_usage": True},
        }
        if request.tools:
            body["tools"] = [_tool(schema, strict=strict) for schema in request.tools]
        if effort is not None:
            body["reasoning_effort"] = effort
        return body

    def decoder(self, request: ModelRequest, *, strict: bool) -> "ChatDecoder":
        return ChatDecoder(tools=[tool.name for tool in request.tools], strict=strict, model=request.model or "")


def messages_of(request: ModelRequest) -> Iterator[dict[str, Any]]:
    """The messages: instructions first, the facts at the end of the last user text. Users' texts in a row become one,
    since some chat templates insist on turns."""
    yield {"role": "system", "content": request.instructions}
    last_text = max((at for at, item in enumerate(request.history) if isinstance(item, UserText)), default=-1)
    said: list[str] = []
    ids: dict[str, str] = {}
    made = 0
    for at, item in enumerate(request.history):
        if isinstance(item, UserText):
            said.append(item.text)
            if at == last_text:
                said.append(facts_text(request.facts))
            continue
        if said:
            yield {"role": "user", "content": "\n\n".join(said)}
            said = []
        match item:
            case AssistantStep(text=text, calls=calls):
                message: dict[str, Any] = {"role": "assistant", "content": text or None}
                if calls:
                    ids = {call.call_id: f"call{made + number:05d}" for number, call in enumerate(calls)}
                    made += len(calls)
                    message["tool_calls"] = [
                        {
                            "id": ids[call.call_id],
                            "type": "function",
                            "function": {"name": call.tool, "arguments": result_text(call.arguments)},
                        }
                        for call in calls
                    ]
                elif not text:
                    message["content"] = "(no answer)"
                yield message
            case ToolOutcome(call_id=call_id, result=result):
                yield {"role": "tool", "tool_call_id": ids[call_id], "content": result_text(result)}
    if said:
        yield {"role": "user", "content": "\n\n".join(said)}


def _tool(schema: ToolSchema, *, strict: bool) -> dict[str, Any]:
    function: dict[str, Any] = {"name": schema.name, "description": schema.description}
    if strict:
        function |= {"parameters": strict_schema(schema.parameters), "strict": True}
    else:
        function |= {"parameters": dict(schema.parameters)}
    return {"type": "function", "function": function}


class ChatDecoder:
    """See `wire.Decoder`."""

    def __init__(self, *, tools: list[str], strict: bool, model: str) -> None:
        self.whole = False
        self._strict = strict
        self._model = model
        self._text = HeldText(tools)
        self._calls: list[CallInParts] = []
        self._open: dict[Any, CallInParts] = {}
        self._usage: Usage | None = None

    def feed(self, chunk: Mapping[str, Any]) -> list[ModelEvent]:
        if chunk.get("error"):
            raise _sent_error(chunk, self._model)
        if isinstance(usage := chunk.get("usage"), Mapping):
            self._usage = _usage(usage)
        events: list[ModelEvent] = []
        for choice in chunk.get("choices") or ():
            said = choice.get("delta") or choice.get("message") or {}
            content = said.get("content")
            if isinstance(content, str) and content and (shown := self._text.feed(content)):
                events.append(TextDelta(text=shown))
            elif isinstance(refusal := said.get("refusal"), str) and refusal:
                events.append(TextDelta(text=refusal))
            for call in said.get("tool_calls") or ():
                self._take(call)
            if choice.get("finish_reason"):
                self.whole = True
            break
        return events

    def finish(self) -> list[ModelEvent]:
        text, written = self._text.finish()
        events: list[ModelEvent] = [TextDelta(text=text)] if text else []
        calls = [call.whole(strict=self._strict) for call in self._calls if call.name]
        events.extend(calls or written)
        if self._usage is not None:
            events.append(UsageReport(usage=self._usage))
        return events

    def _take(self, part: Mapping[str, Any]) -> None:
        """A part begins a new call where none is open under its index (there may be no index), or where it has another
        id than that one; some servers give every call the index 0, others repeat id and name in every crumb."""
        function = part.get("function") or {}
        index, given, name = part.get("index"), part.get("id"), function.get("name")
        known = self._open.get(index)
        unnumbered = index is None and not given and name and known is not None and known.name
        if known is None or unnumbered or (given and known.id and given != known.id):
            known = CallInParts()
            self._open[index] = known
            self._calls.append(known)
        known.id = known.id or given or ""
        known.add(name, function.get("arguments"))


def _usage(usage: Mapping[str, Any]) -> Usage:
    details = usage.get("prompt_tokens_details") or {}
    return Usage(
        input_tokens=int(usage.get("prompt_tokens") or 0),
        output_tokens=int(usage.get("completion_tokens") or 0),
        cached_tokens=int(details.get("cached_tokens") or 0),
    )


def _sent_error(chunk: Mapping[str, Any], model: str) -> ProviderFault:
    code, message = error_of_body(chunk)
    status = int(code) if code.isdigit() and 400 <= int(code) <= 599 else 502
    return of_response(Refusal(status=status, code=code, message=message, headers={}), model=model)
