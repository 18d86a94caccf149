"""Where one writes: many lines, history at the edges, a popup on `/` and `#`, and nothing typed is ever lost."""

from dataclasses import dataclass
from typing import Final

from textual import events
from textual.geometry import Region
from textual.message import Message
from textual.strip import Strip
from textual.timer import Timer
from textual.widgets import TextArea

from kirotodo.client.tui.keymap import bindings
from kirotodo.client.tui.plain import clean
from kirotodo.client.tui.widgets.slash_popup import Choice, SlashPopup
from kirotodo.client.tui.widgets.text_lines import painted
from kirotodo.core.domain.conversation import MESSAGE_MAX

PROMPT: Final = "› "
PASTE_PAUSE: Final = 0.05
"""Seconds that no hand is quicker than from one key to the next."""
_POPUP_KEYS: Final = {"up": -1, "ctrl+p": -1, "down": 1, "ctrl+n": 1}


class Composer(TextArea):
    """Enter sends, ctrl+j begins a line. Every other widget tells it what to hold through its methods."""

    COMPONENT_CLASSES = {"prompt"}
    BINDINGS = bindings("composer")

    @dataclass
    class Submitted(Message):
        """Send this; the composer has let go of it."""

        text: str

    @dataclass
    class Refused(Message):
        """The text cannot be sent as it is, and is still here."""

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
        """The quit key, with nothing written."""

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
        self._editor_wanted: Timer | None = None

    # --- what it holds ---

    def put(self, text: str) -> None:
        """Hold this text, the cursor at its end."""
        self.load_text(clean(text))
        self.move_cursor(self.document.end)
        self._recalled = None

    def return_text(self, text: str) -> None:
        """Put a text that was not sent before whatever was written since."""
        self.put(f"{text}\n{self.text}" if self.text.strip() else text)

    @property
    def before_cursor(self) -> str:
        return self.get_text_range((0, 0), self.cursor_location)

    def replace_before_cursor(self, length: int, text: str) -> None:
        row, column = self.cursor_location
        result = self.replace(text, (row, column - length), (row, column))
        self.move_cursor(result.end_location)

    # --- keys ---

    async def _on_key(self, event: events.Key) -> None:
        """Keys act in the order they come: an action left to the bindings would run after the letters behind it."""
        if self._editor_wanted is not None:
            self._editor_wanted.stop()
            self._editor_wanted = None
        taken = self.popup.open and self._key_for_popup(event.key)
        if taken or (not event.is_printable and await self._act(event.key)):
            event.stop()
            event.prevent_default()
        elif event.key == "enter":
            event.prevent_default()  # never a character here, whatever key sends

    async def _act(self, key: str) -> bool:
        """Run the action that this key has here; False where it has none."""
        bindings = self._bindings.copy()
        bindings.apply_keymap(self.app._keymap)
        for binding in bindings.key_to_bindings.get(key, ()):
            if await self.app.run_action(binding.action, self):
                return True
        return False

    def _key_for_popup(self, key: str) -> bool:
        self.popup.look(self.before_cursor, self.text)
        if not self.popup.open:
            return False
        if key in _POPUP_KEYS:
            self.popup.step(_POPUP_KEYS[key])
        elif key in ("enter", "tab"):
            self.choose(*self.popup.take(send=key == "enter"))
        elif key == "escape":
            self.popup.close(self.before_cursor)
        else:
            return False
        return True

    def choose(self, choice: Choice, send: bool) -> None:
        """Write what was chosen in the popup."""
        self.replace_before_cursor(choice.length, choice.text)
        self.popup.close(self.before_cursor if choice.final else "")
        if send:
            self.action_submit()

    def on_text_area_changed(self, event: TextArea.Changed) -> None:
        self.popup.look(self.before_cursor, self.text)

    def action_submit(self) -> None:
        text = self.text
        if not text.strip():
            return
        if len(text.strip()) > MESSAGE_MAX:
            self.post_message(self.Refused(over_length(text)))
            return
        self.put(self._unsent if self._recalled is not None else "")
        self.post_message(self.Submitted(text.strip()))

    def action_newline(self) -> None:
        self.insert("\n", maintain_selection_offset=False)

    def action_open_editor(self) -> None:
        """Not at once: a key right behind it says that both were pasted into a terminal that does not tell."""
        self._editor_wanted = self.set_timer(PASTE_PAUSE, self._open_editor)

    def _open_editor(self) -> None:
        self._editor_wanted = None
        self.post_message(self.EditorRequested(self.text))

    def action_quit_if_empty(self) -> None:
        if self.text:
            self.action_delete_right()
        else:
            self.post_message(self.LeaveRequested())

    def action_cursor_page_up(self) -> None:
        self.post_message(self.PageRequested(-1))

    def action_cursor_page_down(self) -> None:
        self.post_message(self.PageRequested(1))

    # --- history ---

    def action_history_back(self) -> None:
        if not self.cursor_at_first_line or self._above_in_line():
            self.action_cursor_up()
        elif self.sent_messages and self._recalled != 0:
            if self._recalled is None:
                self._unsent = self.text
            self._recall(len(self.sent_messages) - 1 if self._recalled is None else self._recalled - 1)

    def action_history_forward(self) -> None:
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
        """Whether a wrapped line goes on above the cursor."""
        return self.wrapped_document.location_to_offset(self.cursor_location).y > 0

    def _below_in_line(self) -> bool:
        return self.wrapped_document.location_to_offset(self.cursor_location).y < self.wrapped_document.height - 1

    # --- paste and drawing ---

    def on_resize(self) -> None:
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
    return (
        f"{len(text):,} characters are more than the {MESSAGE_MAX:,} a message may have. Nothing is lost: shorten it."
    )
