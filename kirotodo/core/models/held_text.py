"""Text that is not for the user: reasoning between think marks, and tool calls that a model wrote as text.

Text that may turn out to be either is held back until it is clear; all other text goes straight through.
"""

import json
import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any, Final

from kirotodo.core.models.model import ToolCall

_THINK_OPEN: Final = "<think>"
_THINK_CLOSE: Final = "</think>"
_CALL_MARKS: Final = (
    "<tool_call>",
    "<function_call>",
    "[TOOL_CALLS]",
    "<|python_tag|>",
    "```json",
    "```tool_call",
    "{",
    "[{",
)
_WRAPPING: Final = re.compile(
    r"</?(?:tool_call|function_call)s?>|\[/?TOOL_CALLS\]|<\|python_tag\|>|<\|im_end\|>|```(?:json|tool_call)?"
)


class HeldText:
    """Feeds on text deltas, gives back what may be shown. `tools` are the names a written call may have."""

    def __init__(self, tools: Collection[str]) -> None:
        self._tools = tools
        self._held = ""
        self._thinking = False
        self._decided = False

    def feed(self, text: str) -> str:
        """What may be shown now."""
        if self._decided:
            return text
        self._held += text
        return self._release()

    def finish(self) -> tuple[str, list[ToolCall]]:
        """The text that was held back after all, or the tool calls that it spelled."""
        held, self._held = self._held, ""
        if self._thinking or not held.strip():
            return "", []
        calls = list(written_calls(held, self._tools))
        return ("", calls) if calls else (held, [])

    def _release(self) -> str:
        if self._thinking or self._held.lstrip().startswith(_THINK_OPEN):
            self._thinking = True
            before, found, after = self._held.partition(_THINK_CLOSE)
            if not found:
                self._held = before
                return ""
            self._thinking = False
            self._held = after.lstrip()
        start = self._held.lstrip()
        if not start or any(start.startswith(mark) or mark.startswith(start) for mark in (*_CALL_MARKS, _THINK_OPEN)):
            return ""
        self._decided = True
        released, self._held = self._held, ""
        return released


def written_calls(text: str, tools: Collection[str]) -> Iterator[ToolCall]:
    """The calls that `text` consists of, none if it is anything else: `{"name": …, "arguments": …}`."""
    decoder = json.JSONDecoder()
    rest = _WRAPPING.sub(" ", text).strip()
    found: list[ToolCall] = []
    while rest:
        try:
            value, end = decoder.raw_decode(rest)
        except ValueError:
            return
        rest = rest[end:].lstrip(" \t\r\n,;")
        for item in value if isinstance(value, list) else [value]:
            call = _call(item, tools)
            if call is None:
                return
            found.append(call)
    yield from found


def _call(value: Any, tools: Collection[str]) -> ToolCall | None:
    if not isinstance(value, Mapping):
        return None
    value = value["function"] if isinstance(value.get("function"), Mapping) else value
    name = value.get("name") or value.get("tool") or value.get("function")
    arguments = value.get("arguments", value.get("parameters", value.get("args", {})))
    if isinstance(arguments, str):
        try:
            arguments = json.loads(arguments)
        except ValueError:
            return None
    if not isinstance(name, str) or name not in tools or not isinstance(arguments, Mapping):
        return None
    return ToolCall(tool=name, arguments=dict(arguments))
