"""The fields of dialogs: one line of text, a password, several lines, a choice. Pasted text is sanitised."""

from collections.abc import Sequence
from typing import ClassVar

from textual.app import RenderResult
from textual.content import Content
from textual.events import Key, Paste
from textual.message import Message
from textual.reactive import reactive
from textual.widget import Widget
from textual.widgets import Input, TextArea

from kirotodo.client.tui.keymap import bindings, keys_of, text_bindings
from kirotodo.client.tui.plain import clean
from kirotodo.core.lazy_dataclasses import dataclass


class Field(Input):
    """Takes one line, without control characters and line ends."""

    takes_lines: ClassVar = True
    """Whether people paste several lines here, so that an enter among letters that arrive at once is a line end."""

    def __init__(
        self, value: str = "", *, id: str, placeholder: str = "", select: bool = False, secret: bool = False
    ) -> None:
        super().__init__(value, id=id, placeholder=placeholder, select_on_focus=select, compact=True, password=secret)
        self.cursor_blink = False  # as in the composer

    def _on_paste(self, event: Paste) -> None:
        """Take all that was pasted; Textual would take the first line and drop the others."""
        event.prevent_default()
        event.stop()
        self.replace(self.validate_value(event.text.rstrip("\r\n")), *self.selection)

    def validate_value(self, value: str) -> str:
        """Return the text on one line, sanitised."""
        return clean(value).replace("\n", " ")


class WordField(Field):
    """Takes an address or a name, which has no line ends: enter is always enter here."""

    takes_lines = False


class SecretField(WordField):
    """Takes a password, which is not shown."""

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id, secret=True)

    def validate_value(self, value: str) -> str:
        """Return the password as it is, but for line ends that were pasted."""
        return value.replace("\r", "").replace("\n", "")


class LinesField(TextArea):
    """Takes several lines. Enter saves as in every other field, ctrl+j starts a line as in the composer."""

    BINDINGS = text_bindings()

    class Submitted(Message):
        """Enter was pressed."""

    def __init__(self, text: str, *, id: str) -> None:
        super().__init__(clean(text), id=id, compact=True, show_line_numbers=False, tab_behavior="focus")
        self.cursor_blink = False

    async def _on_key(self, event: Key) -> None:
        keys = keys_of(self).keys
        saves, starts_line = event.key in keys["dialog.save"], event.key in keys["composer.newline"]
        if event.key != "enter" and not saves and not starts_line:
            await super()._on_key(event)
            return
        event.stop()
        event.prevent_default()
        if saves:
            self.post_message(self.Submitted())
        elif starts_line:
            self.insert("\n")


class Choice(Widget, can_focus=True):
    """Takes one of a few words; left, right and space go through them, a letter jumps to the word it starts."""

    BINDINGS = bindings("choice")

    value: reactive[str] = reactive("")

    @dataclass
    class Changed(Message):
        """Another word was chosen."""

        value: str

    def __init__(self, words: Sequence[str], value: str, *, id: str) -> None:
        super().__init__(id=id)
        self._words = tuple(words)
        self.set_reactive(Choice.value, value)

    def render(self) -> RenderResult:
        """Show the chosen word."""
        return Content(f"< {self.value} >")

    def on_key(self, event: Key) -> None:
        """Go to the word that a letter begins."""
        begun = next((word for word in self._words if word[:1] == event.character), None)
        if begun is not None:
            event.stop()
            self._choose(begun)

    def on_click(self) -> None:
        """Go to the next word."""
        self.action_next_word()

    def action_next_word(self) -> None:
        """Go to the next word; a letter jumps to the word it starts."""
        self._choose(self._words[(self._words.index(self.value) + 1) % len(self._words)])

    def action_previous_word(self) -> None:
        """Go to the previous word."""
        self._choose(self._words[self._words.index(self.value) - 1])

    def _choose(self, word: str) -> None:
        self.value = word
        self.post_message(self.Changed(word))
