"""The conversation on screen: entries are data, of which a window of at most sixty is mounted."""

from collections.abc import Sequence
from typing import Final, TypeAlias

from textual.app import ComposeResult
from textual.containers import Vertical, VerticalScroll
from textual.message import Message
from textual.widget import Widget

from kirotodo.client.tui.entries import AnswerEntry, Entry, NoteEntry, UserEntry
from kirotodo.client.tui.keymap import bindings
from kirotodo.client.tui.markdown import code_blocks
from kirotodo.client.tui.widgets.messages import AnswerBlock, Note, UserMessage
from kirotodo.client.tui.widgets.text_lines import TextLines
from kirotodo.core.domain.task import Task
from kirotodo.core.lazy_dataclasses import dataclass

EntryWidget: TypeAlias = UserMessage | AnswerBlock | Note
MOUNTED: Final = 60
STEP: Final = 15
NEAR: Final = 2
"""Rows from an edge that count as being there."""


class Transcript(VerticalScroll):
    """Shows entries and follows their end, until the user scrolls up by more than two rows."""

    BINDINGS = bindings("transcript")

    class OlderRequested(Message):
        """The oldest entry in memory is on screen, and there are older ones to load."""

    @dataclass
    class EditRequested(Message):
        """Send a message of the user again in its place: as it is, or once it is edited."""

        entry: UserEntry
        as_it_is: bool = False

    @dataclass
    class VariantRequested(Message):
        """Show another variant of a message of the user."""

        seq: int

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.entries: list[Entry] = []
        self._first = 0
        self.mounted: list[EntryWidget] = []
        self._more = False
        self._requested = False
        self._shifting = False
        self._pinned: tuple[Widget, int] | None = None
        self._copied_block = 0
        self._column = Vertical(id="entries")

    def compose(self) -> ComposeResult:
        """Yield the column of entries."""
        yield self._column

    def on_mount(self) -> None:
        """Keep what is read in place when the layout changes."""
        self.screen.screen_layout_refresh_signal.subscribe(self, lambda _: self._keep_pinned(), immediate=True)

    # --- entries ---

    async def load(self, entries: Sequence[Entry], *, more: bool, empty: Widget | None = None) -> None:
        """Show these entries and nothing else, from their end; `empty` stands where there are none."""
        self.entries = list(entries)
        self._more, self._requested, self._shifting = more, False, False
        self._first = max(0, len(self.entries) - MOUNTED)
        self.mounted = [_widget(entry) for entry in self.entries[self._first :]]
        with self.app.batch_update():
            await self._column.remove_children()
            await self._column.mount_all([*self.mounted, *([empty] if empty is not None and not entries else [])])
        self.anchor()

    def prepend(self, entries: Sequence[Entry], *, more: bool) -> None:
        """Add older entries, which are mounted as the user goes on scrolling up."""
        self.entries[:0] = entries
        self._first += len(entries)
        self._more, self._requested = more, False
        if self.scroll_y <= NEAR:
            self._extend_up()

    def append(self, entry: Entry, *, follow: bool = False) -> None:
        """Add an entry at the end; `follow` goes there."""
        for placeholder in [child for child in self._column.children if not isinstance(child, EntryWidget)]:
            placeholder.remove()
        at_end = self._last == len(self.entries)
        self.entries.append(entry)
        if at_end:
            widget = _widget(entry)
            self.mounted.append(widget)
            self._column.mount(widget)
            if len(self.mounted) > MOUNTED + STEP and self.following:
                self._drop_first(len(self.mounted) - MOUNTED)
        if follow:
            self.follow()

    def put(self, entry: Entry, *, replacing: str | None = None) -> None:
        """Show a newer state of the entry with this key, or in place of the one with the key `replacing`; or add it."""
        key = replacing or entry.key
        for index in range(len(self.entries) - 1, -1, -1):
            if self.entries[index].key == key:
                self.entries[index] = entry
                self._show(index, entry)
                return
        self.append(entry)

    def update_tasks(self, tasks: Sequence[Task], removed: Sequence[int]) -> None:
        """Show changed tasks wherever an answer lists them."""
        for widget in self.mounted:
            if isinstance(widget, AnswerBlock):
                widget.update_tasks(tasks, removed)

    def drop(self, key: str) -> None:
        """Remove an entry."""
        for index, known in enumerate(self.entries):
            if known.key == key:
                del self.entries[index]
                if self._first <= index < self._first + len(self.mounted):
                    self.mounted.pop(index - self._first).remove()
                elif index < self._first:
                    self._first -= 1
                return

    def _show(self, index: int, entry: Entry) -> None:
        if not self._first <= index < self._first + len(self.mounted):
            return
        match self.mounted[index - self._first], entry:
            case (UserMessage() as widget, UserEntry()):
                widget.show(entry)
            case (AnswerBlock() as widget, AnswerEntry()):
                widget.show(entry)

    def show_keys(self) -> None:
        """Show the keys as they are now, which stand in some items."""
        for item in self.query(TextLines):
            item.renew()

    # --- the window ---

    @property
    def _last(self) -> int:
        return self._first + len(self.mounted)

    def show_top(self) -> None:
        """Show the beginning, where there are no messages whose end matters."""
        self.release_anchor()
        self.scroll_home(animate=False)

    @property
    def following(self) -> bool:
        """Return whether the end stays in sight as it grows."""
        return self.is_anchored and not self._anchor_released

    def follow(self) -> None:
        """Go to the end and stay there as it grows."""
        if self._last < len(self.entries):
            self.run_worker(self.load(self.entries, more=self._more), exclusive=True)
        else:
            self.anchor()

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Extend the window near its edges, and follow the end once it is reached."""
        super().watch_scroll_y(old_value, new_value)
        if not self.is_attached or self._shifting:
            return
        if new_value <= NEAR and new_value < old_value:
            self._extend_up()
        elif new_value > old_value and new_value >= self.max_scroll_y - NEAR:
            if self._last < len(self.entries):
                self._extend_down()
            elif not self.following:
                self.anchor()

    def _extend_up(self) -> None:
        if self._first == 0:
            if self._more and not self._requested:
                self._requested = True
                self.post_message(self.OlderRequested())
            return
        if not self._shifting and self.mounted:
            self._shifting = True
            self.call_next(self._grow_up)

    def _extend_down(self) -> None:
        if not self._shifting and self.mounted:
            self._shifting = True
            self.call_next(self._grow_down)

    async def _grow_up(self) -> None:
        start = max(0, self._first - STEP)
        added = [_widget(entry) for entry in self.entries[start : self._first]]
        self._pin_to(self.mounted[0])
        self.mounted[:0] = added
        self._first = start
        await self._column.mount_all(added, before=0)
        self._drop_last(len(self.mounted) - MOUNTED)
        self.call_after_refresh(self._unpin)

    async def _grow_down(self) -> None:
        added = [_widget(entry) for entry in self.entries[self._last : self._last + STEP]]
        self._pin_to(self.mounted[-1])
        self.mounted += added
        await self._column.mount_all(added)
        self._drop_first(len(self.mounted) - MOUNTED)
        self.call_after_refresh(self._unpin)

    def _pin_to(self, widget: Widget) -> None:
        """Keep `widget` where it is on screen while others come and go above it."""
        self.release_anchor()
        self._pinned = (widget, widget.virtual_region.y)

    def _keep_pinned(self) -> None:
        """Scroll by as much as the pinned widget has moved in the layout."""
        if self._pinned is None or not self._pinned[0].is_attached:
            return
        widget, before = self._pinned
        now = widget.virtual_region.y
        if now != before:
            self._pinned = (widget, now)
            self.scroll_to(y=self.scroll_y + now - before, animate=False, force=True, immediate=True)

    def _unpin(self) -> None:
        self._keep_pinned()
        self._pinned, self._shifting = None, False

    def _drop_first(self, count: int) -> None:
        if count > 0:
            for widget in self.mounted[:count]:
                widget.remove()
            del self.mounted[:count]
            self._first += count

    def _drop_last(self, count: int) -> None:
        """Drop widgets from the end, but none that still streams: it would lose what it has drawn."""
        while count > 0 and not _streams(self.mounted[-1]):
            self.mounted.pop().remove()
            count -= 1

    # --- keys ---

    def _items(self) -> list[TextLines]:
        return [item for item in self.query(TextLines) if item.display]

    def _go(self, step: int) -> None:
        items = self._items()
        focused = self.screen.focused
        if not items:
            return
        if not isinstance(focused, TextLines) or focused not in items:
            items[-1].focus()
            return
        hidden = (self.region.y - focused.region.y) if step < 0 else (focused.region.bottom - self.region.bottom)
        if hidden > 0:
            self.scroll_relative(y=step * min(hidden, 3), animate=False)
            return
        index = items.index(focused) + step
        if 0 <= index < len(items):
            items[index].focus()
        elif step < 0:
            self.scroll_relative(y=-1, animate=False)
            self._extend_up()

    def action_previous_item(self) -> None:
        """Go to the item above."""
        self._go(-1)

    def action_next_item(self) -> None:
        """Go to the item below."""
        self._go(1)

    @property
    def stops(self) -> list[Widget]:
        """Return what can get the focus: messages and tool lines, or the examples of an empty conversation."""
        return [widget for widget in self._column.query(Widget) if widget.focusable and widget.display]

    def enter(self) -> None:
        """Focus the newest item."""
        stops = self.stops
        if stops:
            stops[-1].focus()

    def _current_text(self) -> str:
        """Return the text of the message that has the focus, or holds what has it."""
        path = self.screen.focused.ancestors_with_self if self.screen.focused is not None else []
        entry = next((widget.entry for widget in self.mounted if widget in path), None)
        return entry.text.strip() if entry is not None else ""

    # --- variants of messages ---

    def _question(self) -> UserEntry | None:
        """Return the message of the user that has the focus, or whose answer has it."""
        path = self.screen.focused.ancestors_with_self if self.screen.focused is not None else []
        entry = next((widget.entry for widget in self.mounted if widget in path), None)
        if isinstance(entry, AnswerEntry):
            begun = (each for each in self.entries if isinstance(each, UserEntry) and each.turn_id == entry.turn_id)
            return next(begun, None)
        return entry if isinstance(entry, UserEntry) and entry.seq else None

    def action_edit_message(self) -> None:
        """Edit the message, to send it again in its place."""
        if (entry := self._question()) is not None:
            self.post_message(self.EditRequested(entry))

    def action_ask_again(self) -> None:
        """Send the message again as it is, for another answer."""
        if (entry := self._question()) is not None:
            self.post_message(self.EditRequested(entry, as_it_is=True))

    def action_previous_variant(self) -> None:
        """Show the variant of the message before."""
        self._show_variant(self._question(), -1)

    def action_next_variant(self) -> None:
        """Show the variant of the message after."""
        self._show_variant(self._question(), 1)

    def on_user_message_variant_requested(self, message: UserMessage.VariantRequested) -> None:
        """Show the variant that was clicked."""
        message.stop()
        self._show_variant(message.entry, message.step)

    def _show_variant(self, entry: UserEntry | None, step: int) -> None:
        if entry is not None and (seq := entry.variant(step)) is not None:
            self.post_message(self.VariantRequested(seq))

    async def go_to_message(self, seq: int) -> None:
        """Go to a message of the user; an answer is found at the last message before it."""
        asked = [(index, each) for index, each in enumerate(self.entries) if isinstance(each, UserEntry)]
        index = next((index for index, each in reversed(asked) if each.seq <= seq), None)
        if index is None:
            return
        if not self._first <= index < self._last:
            await self._mount_around(index)
        widget = self.mounted[index - self._first]
        if isinstance(widget, UserMessage):
            widget.focus(scroll_visible=False)
            self.release_anchor()
            self.call_after_refresh(self.scroll_to_widget, widget, animate=False, top=True, force=True)

    async def _mount_around(self, index: int) -> None:
        """Mount the entries around one, in place of those that are mounted."""
        self._first = max(0, index - MOUNTED // 2)
        self.mounted = [_widget(entry) for entry in self.entries[self._first : self._first + MOUNTED]]
        self._shifting = False
        with self.app.batch_update():
            await self._column.remove_children()
            await self._column.mount_all(self.mounted)

    # --- notes ---

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer to dismiss only what stays until then."""
        return self._note() is not None if action == "dismiss" else True

    def _note(self) -> NoteEntry | None:
        focused = self.screen.focused if self.is_attached else None
        entry = focused.entry if isinstance(focused, Note) else None
        return entry if entry is not None and entry.note_id is not None else None

    def action_dismiss(self) -> None:
        """Dismiss the note that has the focus, which goes to what is next."""
        if (entry := self._note()) is not None:
            self._go(-1)
            self.post_message(Note.DismissRequested(entry))

    def action_copy(self) -> None:
        """Copy the message."""
        if text := self._current_text():
            self._copied_block = 0
            self.app.copy_to_clipboard(text)

    def action_copy_code(self) -> None:
        """Copy the code block of the message; again for the next one."""
        blocks = code_blocks(self._current_text())
        if not blocks:
            self.app.notify("This message has no code block.", severity="warning")
            return
        self.app.copy_to_clipboard(blocks[self._copied_block % len(blocks)])
        self._copied_block += 1

    def on_descendant_focus(self) -> None:
        """Begin with the first code block again."""
        self._copied_block = 0

    def page(self, direction: int) -> None:
        """Scroll by a page, -1 up and 1 down, without moving the focus."""
        if direction > 0:
            self.scroll_page_down(animate=False)
            return
        self.scroll_page_up(animate=False)
        if self.scroll_y <= NEAR:
            self._extend_up()

    def action_page_up(self) -> None:
        """Scroll a page up."""
        self.page(-1)

    def action_page_down(self) -> None:
        """Scroll a page down."""
        self.page(1)

    def action_oldest(self) -> None:
        """Go to the oldest message."""
        self.scroll_home(animate=False)
        self._extend_up()

    def action_newest(self) -> None:
        """Go to the newest message, and follow new ones."""
        self.follow()


def _widget(entry: Entry) -> EntryWidget:
    match entry:
        case UserEntry():
            return UserMessage(entry)
        case AnswerEntry():
            return AnswerBlock(entry)
        case NoteEntry():
            return Note(entry)


def _streams(widget: EntryWidget) -> bool:
    return isinstance(widget, AnswerBlock) and not widget.entry.over
