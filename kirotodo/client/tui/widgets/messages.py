"""The entries of the conversation as widgets: messages of the user, answers with their tool calls, notes."""

import asyncio
from dataclasses import dataclass
from typing import Final

from textual import events
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.message import Message
from textual.timer import Timer

from kirotodo.client.tui.entries import (
    GLYPHS,
    AnswerEntry,
    Call,
    NoteEntry,
    UserEntry,
    details,
    error_of,
    short_arguments,
    short_result,
)
from kirotodo.client.tui.keymap import bindings, keys_of
from kirotodo.client.tui.markdown import StreamedLines, render
from kirotodo.client.tui.plain import clean, line, one_line, plain, steady
from kirotodo.client.tui.widgets.text_lines import TextLines
from kirotodo.core.text.width import fit, pad


class UserMessage(TextLines):
    """Shows a message of the user, paler until the backend has accepted it."""

    LABEL = "you"

    def __init__(self, entry: UserEntry) -> None:
        super().__init__()
        self.entry = entry
        self.set_class(not entry.seq, "-pending")

    def show(self, entry: UserEntry) -> None:
        """Show a newer state of the entry."""
        self.entry = entry
        self.set_class(not entry.seq, "-pending")
        self.renew()

    def make_lines(self, width: int) -> list[Content]:
        """Return the message as it was typed."""
        lines: list[Content] = []
        for text in plain(self.entry.text.strip("\n")).split("\n", allow_blank=True):
            lines += [line.rstrip() for line in text.wrap(width)] if text else [text]
        return lines or [Content()]


class Note(TextLines):
    """Shows a line of the program itself."""

    def __init__(self, entry: NoteEntry) -> None:
        super().__init__()
        self.entry = entry

    def make_lines(self, width: int) -> list[Content]:
        """Return the note."""
        return list(plain(self.entry.text).wrap(width))


_NAME_WIDTH: Final = 13
_ROOMY: Final = 44
"""From this many columns on, the result and its time get columns of their own."""


class ToolLine(TextLines):
    """Shows a tool call as `✓ add_task  milk  #14  2 ms  u undo`, and its details on request."""

    BINDINGS = bindings("tool_line")

    @dataclass
    class UndoRequested(Message):
        """Undo what this call changed."""

        turn_id: str
        call_id: str

    def __init__(self, turn_id: str, call: Call) -> None:
        super().__init__()
        self.turn_id = turn_id
        self.call = call
        self.unfolded = False
        self._mark()

    def show(self, call: Call) -> None:
        """Show a newer state of the call."""
        self.call = call
        self._mark()
        self.renew()

    def _mark(self) -> None:
        self.set_class(self.call.status == "failed", "-failed")

    def action_toggle(self) -> None:  # type: ignore[override]  # the name in the registry of keys
        """Show or hide the details."""
        self.unfolded = not self.unfolded
        self.renew()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer to undo only what can be undone."""
        return self.call.undoable if action == "undo_call" else True

    def action_undo_call(self) -> None:
        """Undo what this tool call changed."""
        self.post_message(self.UndoRequested(self.turn_id, self.call.id))

    def _undo_hint(self) -> Content:
        return Content.assemble((keys_of(self).label("tool_line.undo_call"), "$accent"), " undo")

    def on_click(self, event: events.Click) -> None:
        """Undo the call, or show its details."""
        offset = event.get_content_offset(self)
        undo_at = self.content_size.width - len(self._undo_hint().plain)
        if self.call.undoable and offset is not None and offset.y == 0 and offset.x >= undo_at:
            self.action_undo_call()
        else:
            self.action_toggle()

    def make_lines(self, width: int) -> list[Content]:
        """Return the line, and the details where they are shown."""
        lines = [self._headline(width)]
        if self.unfolded:
            for name, value in details(self.call):
                lines += Content.assemble("  ", (steady(name), "$text-muted"), "  ", steady(value)).wrap(width)
        return lines

    def _headline(self, width: int) -> Content:
        call = self.call
        name = pad(fit(steady(one_line(call.tool)), _NAME_WIDTH * 2), _NAME_WIDTH)
        left = Content.assemble((GLYPHS[call.status], _glyph_style(call)), " ", f"{name} ")
        ending = self._ending(width)
        words = error_of(call) or short_arguments(call)
        room = max(0, width - left.cell_length - ending.cell_length - 1)
        middle = Content(steady(words)).truncate(room, ellipsis=True)
        if call.undone:
            middle = middle.stylize("strike")
        gap = " " * max(1, width - left.cell_length - middle.cell_length - ending.cell_length)
        return Content.assemble(left, middle, gap, ending).truncate(width)

    def _ending(self, width: int) -> Content:
        call = self.call
        done = call.status in ("succeeded", "failed")
        result = short_result(call)
        timing = f"{call.duration_ms} ms" if done else ""
        roomy = width >= _ROOMY
        pieces = [Content(f"{result:<8}"), Content(f"{timing:>7}")] if roomy else [Content(result)]
        if call.undone:
            pieces.append(Content("undone"))
        elif call.undoable:
            pieces.append(self._undo_hint())
        elif roomy:
            pieces.append(Content(" " * len(self._undo_hint().plain)))
        return Content("  ").join(pieces)


def _glyph_style(call: Call) -> str:
    return {"succeeded": "$success", "failed": "$error", "awaiting_approval": "$warning"}.get(call.status, "")


RATE: Final = 1 / 20
"""Seconds between two looks at what has arrived while an answer streams."""
LARGE: Final = 6_000
"""Characters from which a finished answer is drawn in a thread."""


class AnswerText(TextLines):
    """Shows the text of an answer. While it streams, a timer draws what has arrived; it is paused when idle."""

    LABEL = "kiro"

    @dataclass
    class Drawn(Message):
        """The finished text is drawn; a worker posts this to the widget itself."""

        text: str
        width: int
        lines: list[Content]

    def __init__(self, text: str, *, live: bool) -> None:
        super().__init__()
        self._arrived = text
        self._shown = steady(clean(text))
        self.live = live
        self._stream: StreamedLines | None = None
        self._timer: Timer | None = None

    @property
    def at_rest(self) -> bool:
        """Whether no timer runs."""
        return self._timer is None or not self._timer._active.is_set()

    def show(self, text: str) -> None:
        """Take up a longer text; it is drawn with the next tick."""
        self._arrived = text
        if self._timer is None:
            self._timer = self.set_interval(RATE, self._take_up, name="stream")
        else:
            self._timer.resume()

    def finish(self, text: str) -> None:
        """Draw the whole text as Markdown for good."""
        self._rest()
        self._arrived = text
        text = steady(clean(text))
        width = self._made[0] if self._made is not None else 0
        if width and len(text) > LARGE:
            self.run_worker(self._draw(text, width), exclusive=True)
        else:
            self._freeze(text)

    def _take_up(self) -> None:
        text = steady(clean(self._arrived))
        if text == self._shown:
            self._rest()
            return
        self._shown = text
        self.renew()

    def _rest(self) -> None:
        if self._timer is not None:
            self._timer.pause()

    async def _draw(self, text: str, width: int) -> None:
        self.post_message(self.Drawn(text, width, await asyncio.to_thread(render, text, width)))

    def on_answer_text_drawn(self, message: Drawn) -> None:
        """Show the lines that a thread has drawn."""
        message.stop()
        self._freeze(message.text)
        if self._made is None or self._made[0] == message.width:
            self._made = (message.width, message.lines)
            self.refresh(layout=True)

    def _freeze(self, text: str) -> None:
        self._shown, self.live, self._stream = text, False, None
        before = self._made
        self._made = None
        if before is not None and len(text) <= LARGE:
            self._made = before
            self.renew()

    def make_lines(self, width: int) -> list[Content]:
        """Return the answer, finished or as it streams."""
        if not self.live:
            return render(self._shown, width) or [Content("–")]
        if self._stream is None or self._stream.width != width:
            self._stream = StreamedLines(width)
        return self._stream.of(self._shown) or [Content("…")]


class AnswerEnd(TextLines):
    """Shows that a turn was stopped, has failed and can be retried, or waits for an approval."""

    BINDINGS = bindings("answer")

    @dataclass
    class RetryRequested(Message):
        """Send the message of this turn again."""

        turn_id: str

    def __init__(self, entry: AnswerEntry) -> None:
        super().__init__()
        self.show(entry)

    def show(self, entry: AnswerEntry) -> None:
        """Show how the turn stands."""
        self.entry = entry
        self.display = entry.status in ("cancelled", "failed", "awaiting_approval")
        self.set_class(entry.status == "failed", "-failed")
        self.renew()

    def make_lines(self, width: int) -> list[Content]:
        """Return the line for the status of the turn."""
        match self.entry.status:
            case "cancelled":
                word = self._with_retry(Content("■ stopped"), width)
            case "failed":
                word = Content.assemble("✗ ", line(self.entry.error or "The turn failed."))
                word = self._with_retry(word, width)
            case "awaiting_approval":
                word = Content("? waiting for your yes or no")
            case _:
                word = Content()
        return list(word.wrap(width))

    @property
    def _can_retry(self) -> bool:
        return self.entry.status == "cancelled" or (self.entry.status == "failed" and self.entry.retryable)

    def _with_retry(self, word: Content, width: int) -> Content:
        if not self._can_retry:
            return word
        again = Content.assemble((keys_of(self).label("answer.retry"), "$accent"), " try again")
        gap = "  " if word.cell_length + 2 + again.cell_length <= width else "\n  "
        return Content.assemble(word, gap, again)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer to try again only where that is possible."""
        return self._can_retry if action == "retry" else True

    def action_retry(self) -> None:
        """Send the message again."""
        if self._can_retry:
            self.post_message(self.RetryRequested(self.entry.turn_id))

    def on_click(self) -> None:
        """Send the message again."""
        self.action_retry()


class AnswerBlock(Vertical):
    """Shows the answer of one turn."""

    def __init__(self, entry: AnswerEntry) -> None:
        super().__init__()
        self.entry = entry
        self._text = AnswerText(entry.text, live=not entry.over)
        self._text.display = _has_text(entry)
        self._calls = {call.id: ToolLine(entry.turn_id, call) for call in entry.calls}
        self._end = AnswerEnd(entry)

    def compose(self) -> ComposeResult:
        """Yield the text, the tool calls and the end."""
        yield self._text
        yield from self._calls.values()
        yield self._end

    def show(self, entry: AnswerEntry) -> None:
        """Show a newer state of the entry, part by part."""
        before, self.entry = self.entry, entry
        self._text.display = _has_text(entry)
        if entry.over and not before.over:
            self._text.finish(entry.text)
        elif entry.text != before.text:
            self._text.show(entry.text)
        if entry.calls != before.calls:
            self._show_calls()
        if (entry.status, entry.error) != (before.status, before.error):
            self._end.show(entry)

    def _show_calls(self) -> None:
        for call in self.entry.calls:
            if call.id in self._calls:
                self._calls[call.id].show(call)
            else:
                self._calls[call.id] = ToolLine(self.entry.turn_id, call)
                self.mount(self._calls[call.id], before=self._end)


def _has_text(entry: AnswerEntry) -> bool:
    """Return whether there is an answer to show, or one to wait for."""
    return bool(entry.text) or entry.status != "failed"
