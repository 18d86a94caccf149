"""The entries of the conversation as widgets: messages of the user, answers with their tool calls, notes."""

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from textual import events
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.message import Message
from textual.timer import Timer

from kirotodo.client.tui.entries import (
    GLYPHS,
    READING,
    AnswerEntry,
    Call,
    NoteEntry,
    UserEntry,
    details,
    error_of,
    in_words,
    technical,
    verb_of,
)
from kirotodo.client.tui.keymap import bindings, keys_of
from kirotodo.client.tui.markdown import StreamedLines, render
from kirotodo.client.tui.plain import clean, line, one_line, plain, steady
from kirotodo.client.tui.shell import shell_of
from kirotodo.client.tui.widgets.text_lines import TextLines
from kirotodo.core.domain.task import Task
from kirotodo.core.lazy_dataclasses import dataclass
from kirotodo.core.text.width import fit, pad


class UserMessage(TextLines):
    """Shows a message of the user, paler until the backend has accepted it."""

    LABEL = "you"

    @dataclass
    class VariantRequested(Message):
        """Show another variant of the message, so many steps away."""

        entry: UserEntry
        step: int

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
        if self.entry.variants:
            lines.append(Content.styled(variant_mark(self.entry), "$text-muted")[: max(1, width)])
        return lines or [Content()]

    def on_click(self, event: events.Click) -> None:
        """Show the variant before or after where its mark is clicked."""
        offset = event.get_content_offset(self)
        if offset is None or not self.entry.variants or offset.y != len(self.lines(self.content_size.width)) - 1:
            return
        mark = variant_mark(self.entry)
        if offset.x < len(mark):
            self.post_message(self.VariantRequested(self.entry, -1 if offset.x < len(mark) // 2 else 1))


def variant_mark(entry: UserEntry) -> str:
    """Return which of the variants of a message is shown, such as `‹ 2/3 ›`."""
    return f"‹ {entry.variants.index(entry.seq) + 1}/{len(entry.variants)} ›"


class Note(TextLines):
    """Shows a line of the program itself."""

    @dataclass
    class DismissRequested(Message):
        """The user has read the note."""

        entry: NoteEntry

    def __init__(self, entry: NoteEntry) -> None:
        super().__init__()
        self.entry = entry

    def make_lines(self, width: int) -> list[Content]:
        """Return the note, and how to dismiss one that stays."""
        lines = list(plain(self.entry.text).wrap(width))
        if self.entry.note_id is not None:
            lines.append(Content.assemble((keys_of(self).label("transcript.dismiss"), "$accent"), " dismiss"))
        return lines

    def on_click(self, event: events.Click) -> None:
        """Dismiss the note where that is clicked."""
        offset = event.get_content_offset(self)
        if offset is None or self.entry.note_id is None or offset.y != len(self.lines(self.content_size.width)) - 1:
            return
        self.post_message(self.DismissRequested(self.entry))


if TYPE_CHECKING:
    from kirotodo.client.tui.task_cards import Listing
    from kirotodo.client.tui.widgets.task_card import TaskCard

_VERB_WIDTH: Final = 8


class ToolLine(TextLines):
    """Shows a tool call in words, as `✓ added   milk · +shopping   u undo`; its details only on request."""

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
            lines.append(Content.styled(f"  {steady(one_line(technical(self.call)))}", "$text-muted").truncate(width))
            for name, value in details(self.call):
                lines += Content.assemble("  ", (steady(name), "$text-muted"), "  ", steady(value)).wrap(width)
        return lines

    def _headline(self, width: int) -> Content:
        call = self.call
        verb = pad(fit(steady(verb_of(call)), _VERB_WIDTH * 3), _VERB_WIDTH)
        left = Content.assemble((GLYPHS[call.status], _glyph_style(call)), " ", f"{verb} ")
        ending = Content("undone") if call.undone else self._undo_hint() if call.undoable else Content()
        words = error_of(call) or in_words(call)
        room = max(0, width - left.cell_length - ending.cell_length - 1)
        middle = Content(steady(words)).truncate(room, ellipsis=True)
        if call.undone:
            middle = middle.stylize("strike")
        gap = " " * max(1, width - left.cell_length - middle.cell_length - ending.cell_length)
        return Content.assemble(left, middle, gap, ending).rstrip().truncate(width)


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
        self._listing = _listing(entry)
        self._card: TaskCard | None = None
        self._text = AnswerText(self._words(), live=not entry.over)
        self._text.display = _has_text(entry)
        self._calls = {call.id: ToolLine(entry.turn_id, call) for call in entry.calls}
        self._end = AnswerEnd(entry)
        self._hide_lookups()

    def compose(self) -> ComposeResult:
        """Yield the text, the tasks that it lists, the tool calls and the end."""
        yield self._text
        if self._listing is not None:
            yield self._new_card(self._listing)
        yield from self._calls.values()
        yield self._end

    def _words(self) -> str:
        """Return the text without the tasks that stand below it."""
        if self._listing is None:
            return self.entry.text
        from kirotodo.client.tui.task_cards import without_listed

        return without_listed(self.entry.text, self._listing.tasks)

    def _new_card(self, listing: "Listing") -> "TaskCard":
        from kirotodo.client.tui.widgets.task_card import TaskCard

        self._card = TaskCard(listing, now=shell_of(self).clock)
        return self._card

    def update_tasks(self, tasks: Sequence[Task], removed: Sequence[int]) -> None:
        """Show changed tasks where the answer lists them."""
        if self._card is not None:
            self._card.update_tasks(tasks, removed)

    def show(self, entry: AnswerEntry) -> None:
        """Show a newer state of the entry, part by part."""
        before, self.entry = self.entry, entry
        self._text.display = _has_text(entry)
        if entry.over and not before.over:
            self._listing = _listing(entry)
            self._text.finish(self._words())
            if self._listing is not None:
                self.mount(self._new_card(self._listing), after=self._text)
        elif entry.text != before.text and not entry.over:
            self._text.show(entry.text)
        if entry.calls != before.calls:
            self._show_calls()
        self._hide_lookups()
        if (entry.status, entry.error) != (before.status, before.error):
            self._end.show(entry)

    def _hide_lookups(self) -> None:
        """Hide the calls that only looked tasks up, once these stand in the answer or something was done to them."""
        told = self.entry.over and (
            self._listing is not None
            or any(call.status == "succeeded" and call.tool not in READING for call in self.entry.calls)
        )
        for shown in self._calls.values():
            shown.display = not (told and shown.call.status == "succeeded" and shown.call.tool in READING)

    def _show_calls(self) -> None:
        for call in self.entry.calls:
            if call.id in self._calls:
                self._calls[call.id].show(call)
            else:
                self._calls[call.id] = ToolLine(self.entry.turn_id, call)
                self.mount(self._calls[call.id], before=self._end)


def _listing(entry: AnswerEntry) -> "Listing | None":
    if not any(call.tool == "list_tasks" for call in entry.calls):
        return None
    from kirotodo.client.tui.task_cards import listing_of

    return listing_of(entry)


def _has_text(entry: AnswerEntry) -> bool:
    """Return whether there is an answer to show, or one to wait for."""
    return bool(entry.text) or entry.status != "failed"
