"""The Chat Completions API, which nearly every server speaks: requests as its bodies, its chunks as model events.

It tolerates what servers really send: no usage, arguments in one piece, `null` content, wrong finish reasons, whole
messages in place of deltas, tool calls without an index.
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
from kirotodo.core.models.openai.call_assembler import CallAssembler
from kirotodo.core.models.openai.errors import Cut, Source, sent_error, truncated
from kirotodo.core.models.openai.reasoning import ReasoningCollector, opaque_of, part
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


class ChatCompletions:
    """The Chat Completions API. See `wire.Api`."""

    path = "/chat/completions"

    def body(self, request: ModelRequest, *, model: str, strict: bool, effort: str | None) -> dict[str, Any]:
        """Return the JSON body of a request."""
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

    def decoder(self, request: ModelRequest, *, source: Source, strict: bool) -> "ChatDecoder":
        """Return a decoder for the answer to a request."""
        return ChatDecoder(request, source=source, strict=strict)


def messages_of(request: ModelRequest) -> Iterator[dict[str, Any]]:
    """Return the messages: instructions first, the facts at the end of the last user text.

    Consecutive texts of the user become one, since some chat templates insist on alternating roles.
    """
    yield {"role": "system", "content": request.instructions}
    last_text = max((at for at, item in enumerate(request.history) if isinstance(item, UserText)), default=-1)
    texts: list[str] = []
    ids: dict[str, str] = {}
    made = 0
    for at, item in enumerate(request.history):
        if isinstance(item, UserText):
            texts.append(item.text)
            if at == last_text:
                texts.append(facts_text(request.facts))
            continue
        if texts:
            yield {"role": "user", "content": "\n\n".join(texts)}
            texts = []
        match item:
            case AssistantStep(calls=calls):
                text = spoken(item)
                message: dict[str, Any] = {"role": "assistant", "content": text or None, **part(item, "message")}
                if calls:
                    ids = {call.call_id: f"call{made + number:05d}" for number, call in enumerate(calls)}
                    made += len(calls)
                    message["tool_calls"] = [
                        {
                            "id": ids[call.call_id],
                            "type": "function",
                            "function": {"name": call.tool, "arguments": result_text(call.arguments)},
                            **part(item, "calls").get(str(position), {}),
                        }
                        for position, call in enumerate(calls)
                    ]
                elif not text:
                    message["content"] = "(no answer)"
                yield message
            case ToolOutcome(call_id=call_id, result=result):
                yield {"role": "tool", "tool_call_id": ids[call_id], "content": result_text(result)}
    if texts:
        yield {"role": "user", "content": "\n\n".join(texts)}


def _tool(schema: ToolSchema, *, strict: bool) -> dict[str, Any]:
    function: dict[str, Any] = {"name": schema.name, "description": schema.description}
    if strict:
        function |= {"parameters": strict_schema(schema.parameters), "strict": True}
    else:
        function |= {"parameters": dict(schema.parameters)}
    return {"type": "function", "function": function}


class ChatDecoder:
    """Decodes the chunks of one answer. See `wire.Decoder`."""

    def __init__(self, request: ModelRequest, *, source: Source, strict: bool) -> None:
        self.whole = False
        self._strict = strict
        self._source = source
        self._thoughts = ReasoningCollector()
        self._tools = tuple(tool.name for tool in request.tools)
        self._text = TextFilter(request)
        self._calls = CallAssembler(self._tools)
        self._usage: Usage | None = None
        self._has_text = False
        self.cut: Cut | None = None

    def feed(self, chunk: Mapping[str, Any]) -> list[ModelEvent]:
        """Return the events of one chunk."""
        if error := chunk.get("error"):
            raise sent_error(error, source=self._source)
        usage = chunk.get("usage") or mapping(chunk.get("x_groq")).get("usage")
        if isinstance(usage, Mapping):
            self._usage = _usage(usage)
        for choice in items(chunk.get("choices"))[:1]:
            return self._choice(mapping(choice))
        return []

    def _choice(self, choice: Mapping[str, Any]) -> list[ModelEvent]:
        delta = mapping(choice.get("delta") or choice.get("message"))
        events = self._text.feed(content) if (content := _text(delta.get("content"))) else []
        if isinstance(refusal := delta.get("refusal"), str) and refusal:
            events += self._text.feed(refusal)
        self._thoughts.feed(delta)
        for call in items(delta.get("tool_calls")):
            self._take(mapping(call))
        if isinstance(old := delta.get("function_call"), Mapping):
            self._take({"function": old})
        self._has_text = self._has_text or bool(events)
        match choice.get("finish_reason"):
            case None | "":
                pass
            case "error" | "network_error":
                raise truncated()
            case reason:
                self.whole = True
                self.cut = cut_of(reason)
        return events

    def finish(self) -> list[ModelEvent]:
        """Return the remaining events."""
        events, written = self._text.finish()
        assembled = self._calls.finish()
        cut = self.cut is not None
        calls = [call.whole(self._tools, strict=self._strict, cut=cut) for call in assembled] or written
        has_text = self._has_text or bool(events)
        events.extend(cut_short(self.cut, has_text=has_text, called=bool(calls), source=self._source))
        events.extend(calls)
        extras = {str(position): call.extra for position, call in enumerate(assembled) if call.extra}
        events.extend(opaque_of(message=self._thoughts.message, calls=extras))
        if self._usage is not None:
            events.append(UsageReport(usage=self._usage))
        return events

    def _take(self, fragment: Mapping[str, Any]) -> None:
        function = mapping(fragment.get("function"))
        extra = fragment.get("extra_content")
        self._calls.feed(
            index=fragment.get("index"),
            id=fragment.get("id"),
            name=function.get("name"),
            arguments=function.get("arguments"),
            extra={"extra_content": extra} if isinstance(extra, Mapping) and extra else None,
        )


def _text(content: Any) -> str:
    """Content as text; of content in parts, the text parts (others hold reasoning)."""
    if isinstance(content, str):
        return content
    parts = (mapping(each) for each in items(content))
    return "".join(str(each.get("text") or "") for each in parts if each.get("type") == "text")


def _usage(usage: Mapping[str, Any]) -> Usage:
    cached = mapping(usage.get("prompt_tokens_details")).get("cached_tokens") or usage.get("prompt_cache_hit_tokens")
    return Usage(
        input_tokens=count(usage.get("prompt_tokens")),
        output_tokens=count(usage.get("completion_tokens")),
        cached_tokens=count(cached),
    )
