"""A list of what completes the typed text: the base of the popups over the composer and the filter of the tasks.

A field drives it with `look` and `take_key`; focus never moves.
"""

from collections.abc import Callable
from typing import Final

from textual.content import Content
from textual.message import Message
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from kirotodo.core.lazy_dataclasses import dataclass

_STEPS: Final = {"up": -1, "ctrl+p": -1, "down": 1, "ctrl+n": 1}


@dataclass(frozen=True, kw_only=True, slots=True)
class Choice:
    """One row: `text` replaces the last `length` characters before the cursor; `final` is ready to be sent as it is."""

    text: str
    length: int
    label: Content
    final: bool = False
    offered: bool = False
    """Only on offer: it is taken by tab, or after an arrow, and enter sends what is typed."""


class CompletionPopup(OptionList, can_focus=False):
    """Shows the `matches` of a subclass for the text before the cursor; hidden if there are none."""

    @dataclass
    class Chosen(Message):
        """A row was clicked; `send` says that the message is complete with it."""

        choice: Choice
        send: bool

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id, markup=False, compact=True)
        self._choices: list[Choice] = []
        self._closed_on: str | None = None
        self.display = False

    def matches(self, typed: str) -> list[Choice]:
        """Return what completes the typed text."""
        raise NotImplementedError

    @property
    def open(self) -> bool:
        """Return whether it is shown."""
        return bool(self.display)

    def look(self, typed: str) -> None:
        """Offer what completes the typed text, unless it was closed on this very text."""
        if typed == self._closed_on:
            return
        self._closed_on = None
        choices = self.matches(typed)
        if choices == self._choices and self.open:
            return
        self._choices = choices
        self.set_options([Option(choice.label) for choice in choices])
        self.highlighted = 0 if choices and not choices[0].offered else None
        self.display = bool(choices)

    def close(self, typed: str = "") -> None:
        """Hide it until the typed text is another."""
        self._closed_on = typed
        self._choices = []
        self.display = False

    def step(self, by: int) -> None:
        """Move the highlight by so many rows."""
        if self._choices:
            here = self.highlighted if self.highlighted is not None else min(0, -by)
            self.highlighted = (here + by) % len(self._choices)

    def take_key(self, key: str, *, typed: str, choose: Callable[[Choice, bool], None], whole: bool = False) -> bool:
        """Act on a key: step, close, or `choose` the highlighted row. Return False where the key is the field's.

        `choose` also gets whether to send the text with it. A text that is `whole` is sent as it is.
        """
        self.look(typed)
        if not self.open:
            return False
        if key in _STEPS:
            self.step(_STEPS[key])
        elif key == "enter" and (self.highlighted is None or whole):
            self.close(typed)
            return False
        elif key in ("enter", "tab"):
            choice = self._choices[self.highlighted or 0]
            choose(choice, choice.final and key == "enter")
        elif key == "escape":
            self.close(typed)
        else:
            return False
        return True

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Take the row that was clicked."""
        event.stop()
        self.post_message(self.Chosen(self._choices[event.option_index], self._choices[event.option_index].final))
