"""The composer: several lines, history at the edges, a popup on `/`, `#` and `+`, and nothing typed is ever lost."""

import re
from typing import Final

from textual import events
from textual.geometry import Region
from textual.message import Message
from textual.strip import Strip
from textual.timer import Timer
from textual.widgets import TextArea

from kirotodo.client.tui.keymap import bindings
from kirotodo.client.tui.plain import clean
from kirotodo.client.tui.widgets.completion import Choice
from kirotodo.client.tui.widgets.slash_popup import SlashPopup
from kirotodo.client.tui.widgets.text_lines import painted
from kirotodo.core.domain.conversation import MESSAGE_MAX
from kirotodo.core.lazy_dataclasses import dataclass

PROMPT: Final = "› "
EDITOR_PAUSE: Final = 0.05
"""Seconds between two keys that no hand is quicker than."""
_NAME: Final = re.compile(r"[^\W\d_][\w-]*")
_LAST_WORD: Final = re.compile(r"(?<!\S)[#+]\S*\Z")


class Composer(TextArea):
    """Sends on enter and starts a line on ctrl+j. Other widgets change its text through its methods only."""

    COMPONENT_CLASSES = {"prompt"}
    BINDINGS = bindings("composer")

    @dataclass
    class Submitted(Message):
        """Send this text, which is no longer in the composer."""

        text: str

        @property
        def command(self) -> tuple[str, str] | None:
            """Return the name and argument of a slash command: one line, a slash and a word. None for a message."""
            text = self.text.strip()
            if not text.startswith("/") or "\n" in text:
                return None
            name, _, argument = text[1:].partition(" ")
            return (name.casefold(), argument.strip()) if _NAME.fullmatch(name) else None

    @dataclass
    class Refused(Message):
        """The text can't be sent as it is, and stays in the composer."""

        reason: str

    @dataclass
    class EditorRequested(Message):
        """Write this text in the editor."""

        text: str

    @dataclass
    class PageRequested(Message):
        """Scroll the conversation, -1 up and 1 down."""

        direction: int

    class LeaveRequested(Message):
        """The quit key was pressed with nothing typed."""

    def __init__(self, popup: SlashPopup, *, id: str | None = None) -> None:
        super().__init__(
            id=id,
            soft_wrap=True,
            tab_behavior="focus",
            compact=True,
            highlight_cursor_line=False,
            show_line_numbers=False,
        )
        self.cursor_blink = False
        self.popup = popup
        self.sent_messages: list[str] = []
        self._recalled: int | None = None
        self._unsent = ""
        self._editor_timer: Timer | None = None

    # --- the text ---

    def put(self, text: str) -> None:
        """Replace the text, with the cursor at its end."""
        self.load_text(clean(text))
        self.move_cursor(self.document.end)
        self._recalled = None

    def return_text(self, text: str) -> None:
        """Put a text that was not sent before whatever was written since."""
        self.put(f"{text}\n{self.text}" if self.text.strip() else text)

    @property
    def before_cursor(self) -> str:
        """Return the text up to the cursor."""
        return self.get_text_range((0, 0), self.cursor_location)

    @property
    def completable(self) -> str:
        """Return what the popup may complete: a slash command, if there is nothing else, or else the last word up to
        the cursor if it begins with `#` or `+`."""
        before = self.before_cursor
        if before.startswith("/") and before == self.text:
            return before
        word = _LAST_WORD.search(before)
        return word[0] if word is not None else ""

    def replace_before_cursor(self, length: int, text: str) -> None:
        """Replace the last `length` characters before the cursor."""
        row, column = self.cursor_location
        result = self.replace(text, (row, column - length), (row, column))
        self.move_cursor(result.end_location)

    # --- keys ---

    async def _on_key(self, event: events.Key) -> None:
        """Run keys in the order they arrive: an action left to the bindings would run after the letters behind it."""
        if self._editor_timer is not None:
            self._editor_timer.stop()
            self._editor_timer = None
        # Tab right behind a letter comes before the popup has seen the letter.
        taken = (self.popup.open or event.key == "tab") and self._key_for_popup(event.key)
        if taken or (not event.is_printable and await self._act(event.key)):
            event.stop()
            event.prevent_default()
        elif event.key == "enter":
            event.prevent_default()  # never a character here, whatever key sends

    async def _act(self, key: str) -> bool:
        """Run the action of this key. Return False if it has none here."""
        bindings = self._bindings.copy()
        bindings.apply_keymap(self.app._keymap)
        for binding in bindings.key_to_bindings.get(key, ()):
            if await self.app.run_action(binding.action, self):
                return True
        return False

    def _key_for_popup(self, key: str) -> bool:
        return self.popup.take_key(key, typed=self.completable, choose=self.choose, whole=self._whole_command())

    def _whole_command(self) -> bool:
        """Return whether a command is typed to its last letter, and no other one was picked."""
        return self.popup.highlighted == 0 and self.popup.is_command(self.completable)

    def choose(self, choice: Choice, send: bool) -> None:
        """Insert what was chosen in the popup."""
        self.replace_before_cursor(choice.length, choice.text)
        self.popup.close(self.completable if choice.final else "")
        if send:
            self.action_submit()

    def on_text_area_changed(self, event: TextArea.Changed) -> None:
        """Offer what matches the text in the popup."""
        self.popup.look(self.completable)

    def action_submit(self) -> None:
        """Send the message. While a turn runs, it is queued."""
        text = self.text
        if not text.strip():
            return
        if len(text.strip()) > MESSAGE_MAX:
            self.post_message(self.Refused(over_length(text)))
            return
        self.put(self._unsent if self._recalled is not None else "")
        self.post_message(self.Submitted(text.strip()))

    def action_newline(self) -> None:
        """Start a new line."""
        self.insert("\n", maintain_selection_offset=False)

    def action_open_editor(self) -> None:
        """Open the editor in a moment: a key right behind shows that the terminal is pasting without saying so."""
        self._editor_timer = self.set_timer(EDITOR_PAUSE, self._open_editor)

    def _open_editor(self) -> None:
        self._editor_timer = None
        self.post_message(self.EditorRequested(self.text))

    def action_quit_if_empty(self) -> None:
        """Quit, if the composer is empty."""
        if self.text:
            self.action_delete_right()
        else:
            self.post_message(self.LeaveRequested())

    def action_cursor_page_up(self) -> None:
        """Scroll the conversation a page up."""
        self.post_message(self.PageRequested(-1))

    def action_cursor_page_down(self) -> None:
        """Scroll the conversation a page down."""
        self.post_message(self.PageRequested(1))

    # --- history ---

    def action_history_back(self) -> None:
        """Show an earlier message, from the first line."""
        if not self.cursor_at_first_line or self._above_in_line():
            self.action_cursor_up()
        elif self.sent_messages and self._recalled != 0:
            if self._recalled is None:
                self._unsent = self.text
            self._recall(len(self.sent_messages) - 1 if self._recalled is None else self._recalled - 1)

    def action_history_forward(self) -> None:
        """On the last line: a later message."""
        if not self.cursor_at_last_line or self._below_in_line() or self._recalled is None:
            self.action_cursor_down()
        elif self._recalled + 1 < len(self.sent_messages):
            self._recall(self._recalled + 1)
        else:
            self.put(self._unsent)

    def _recall(self, index: int) -> None:
        self.put(self.sent_messages[index])
        self._recalled = index

    def _above_in_line(self) -> bool:
        """Return whether a wrapped line goes on above the cursor."""
        return self.wrapped_document.location_to_offset(self.cursor_location).y > 0

    def _below_in_line(self) -> bool:
        return self.wrapped_document.location_to_offset(self.cursor_location).y < self.wrapped_document.height - 1

    # --- paste and drawing ---

    def on_resize(self) -> None:
        """Keep the popup right above the composer."""
        self.popup.styles.offset = (0, -self.outer_size.height)

    async def _on_paste(self, event: events.Paste) -> None:
        event.prevent_default()
        event.stop()
        if text := clean(event.text):
            result = self.replace(text, *self.selection)
            self.move_cursor(result.end_location)
            if len(self.text) > MESSAGE_MAX:
                self.post_message(self.Refused(over_length(self.text)))

    def render_lines(self, crop: Region) -> list[Strip]:
        """Draw the prompt before the first line."""
        strips = super().render_lines(crop)
        if strips and crop.y == 0:
            row = self.styles.gutter.top
            if row < len(strips):
                style = self.get_component_rich_style("prompt")
                at = self.styles.gutter.left - len(PROMPT)
                line = strips[row]
                prompt = painted(self, PROMPT, style)
                strips = [*strips]
                strips[row] = Strip.join([line.crop(0, at), prompt, line.crop(at + len(PROMPT))])
        return strips


def over_length(text: str) -> str:
    """Return the sentence for a text that is too long."""
    return f"A message can have {MESSAGE_MAX:,} characters. This one has {len(text):,}. Shorten it to send it."
