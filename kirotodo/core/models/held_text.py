"""Text that is not for the user: reasoning between think marks, and tool calls that a model wrote as text.

Text that may turn out to be either is held back until it is clear; all other text goes straight through.
"""

from collections.abc import Collection
from typing import Final, Literal

from kirotodo.core.models.model import ModelEvent, ModelRequest, Restarted, TextDelta, ToolCall
from kirotodo.core.models.storable_text import TextJoiner
from kirotodo.core.models.written_calls import MARKS, texts_of, tools_told_in_data, written_calls

_THOUGHTS: Final = {
    "<think>": "</think>",
    "<thinking>": "</thinking>",
    "<reasoning>": "</reasoning>",
    "[THINK]": "[/THINK]",
}
_CLOSE: Final = "</think>"
"""Where the prompt ends with `<think>`, as some chat templates do, only its end is seen."""
_AT_START: Final = ("{", "[{", "```json", "```tool_call")

Mode = Literal["start", "thinking", "open", "held"]


class HeldText:
    """Feeds on text deltas, gives back what may be shown."""

    def __init__(self, request: ModelRequest) -> None:
        self._request = request
        self._tools: Collection[str] = tuple(tool.name for tool in request.tools)
        self._starts = (*_AT_START, *(f"[{tool}(" for tool in self._tools), *MARKS)
        self._joiner = TextJoiner()
        self._held = ""
        self._mode: Mode = "start"
        self._close = ""
        self._closed = False

    def feed(self, text: str) -> list[ModelEvent]:
        """What may be shown now."""
        text = self._joiner.feed(text)
        if self._mode == "open" and not self._held and "<" not in text and "[" not in text:
            return [TextDelta(text=text)] if text else []
        self._held += text
        events: list[ModelEvent] = []
        if self._mode == "start":
            self._begin()
        if self._mode == "thinking" and not self._thought_through():
            return []
        if self._mode == "start":
            self._begin()
        if self._mode == "open":
            self._release(events)
        return events

    def finish(self) -> tuple[list[ModelEvent], list[ToolCall]]:
        """The text that was held back after all, or the tool calls that it spelled."""
        held, self._held = self._held + self._joiner.finish(), ""
        if self._mode == "thinking" or not held.strip():
            return [], []
        calls = written_calls(held, self._tools) if self._mode in ("held", "start") else []
        if calls and not tools_told_in_data(self._request, {call.tool for call in calls}):
            return [], calls
        return [TextDelta(text=held)], []

    def _begin(self) -> None:
        """See what the answer begins with, as soon as that is clear."""
        start = self._held.lstrip()
        if not start:
            return
        for mark, close in _THOUGHTS.items():
            if start.startswith(mark):
                self._mode, self._close = "thinking", close
                self._held = start[len(mark) :]
                return
        if any(mark.startswith(start) for mark in (*self._starts, *_THOUGHTS)):
            return
        self._mode = "held" if start.startswith(self._starts) else "open"

    def _thought_through(self) -> bool:
        before, found, after = self._held.partition(self._close)
        if not found:
            self._held = before[-len(self._close) :]
            return False
        self._mode, self._closed = "start", True
        self._held = after.lstrip()
        return True

    def _release(self, events: list[ModelEvent]) -> None:
        """Let go of the text up to a mark, or to what may become one."""
        if not self._closed and _CLOSE in self._held:
            self._closed = True
            if not any(_CLOSE in text for text in texts_of(self._request)):
                events.append(Restarted())
                self._held = self._held.partition(_CLOSE)[2].lstrip()
        end = min((at for mark in MARKS if (at := self._held.find(mark)) >= 0), default=-1)
        if end >= 0:
            self._mode = "held"
        else:
            end = self._half_a_mark()
        shown, self._held = self._held[:end], self._held[end:]
        if shown:
            events.append(TextDelta(text=shown))

    def _half_a_mark(self) -> int:
        """Where at the end of the text a mark may have begun; its length if nowhere."""
        marks = MARKS if self._closed else (*MARKS, _CLOSE)
        for at in range(max(0, len(self._held) - 24), len(self._held)):
            if self._held[at] in "<[" and any(mark.startswith(self._held[at:]) for mark in marks):
                return at
        return len(self._held)
