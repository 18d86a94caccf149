"""The field for the filter of the task list, and the popup over it: projects, tags and the words of filters."""

from collections.abc import Callable, Iterable
from typing import Final

from textual import events
from textual.widgets import Input

from kirotodo.client.tui.plain import line, one_line
from kirotodo.client.tui.widgets.completion import Choice, CompletionPopup
from kirotodo.core.domain.task import Task

LETTERS: Final = 2
"""Letters from which a plain word is taken for the beginning of a field such as `due:`."""


class FilterPopup(CompletionPopup, can_focus=False):
    """Shows how the word at the cursor goes on; nothing is taken unless it is picked."""

    def __init__(self, tasks: Callable[[], Iterable[Task]], *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._tasks = tasks

    def matches(self, typed: str) -> list[Choice]:
        """Return the projects, tags, fields, priorities and days that the last word may begin."""
        from kirotodo.core.domain.filter_reading import KnownNames, completions

        tasks = tuple(self._tasks())
        projects = sorted({task.project for task in tasks if task.project}, key=str.casefold)
        tags = sorted({tag for task in tasks for tag in task.tags}, key=str.casefold)
        start, found = completions(typed, KnownNames(projects=projects, tags=tags))
        word = typed[start:]
        if word.isalnum() and len(word) < LETTERS:
            return []
        return [_choice(each, len(word)) for each in found]


def _choice(word: str, length: int) -> Choice:
    shown = one_line(word)
    tail = "" if shown.endswith(":") else " "
    return Choice(text=f"{shown}{tail}", length=length, label=line(shown), offered=True)


class FilterField(Input):
    """Takes a filter; the popup is driven from here."""

    def __init__(self, popup: FilterPopup, *, id: str | None = None) -> None:
        super().__init__(id=id, placeholder="words, +project #tag !high due:today", compact=True)
        self.cursor_blink = False  # as in the composer
        self._popup = popup

    @property
    def _typed(self) -> str:
        return self.value[: self.cursor_position]

    async def _on_key(self, event: events.Key) -> None:
        # Tab right behind a letter comes before the popup has seen the letter.
        asked = self._popup.open or event.key == "tab"
        if asked and self._popup.take_key(event.key, typed=self._typed, choose=self.choose):
            event.stop()
            event.prevent_default()
            return
        await super()._on_key(event)

    def choose(self, choice: Choice, send: bool = False) -> None:
        """Insert what was chosen in the popup."""
        end = self.cursor_position
        text = choice.text.rstrip() if self.value[end : end + 1] == " " else choice.text
        self.replace(text, end - choice.length, end)
        self.cursor_position = end - choice.length + len(text)
        self._popup.look(self._typed)

    def on_input_changed(self) -> None:
        """Offer what the text may go on with."""
        if self.has_focus:
            self._popup.look(self._typed)

    def on_blur(self) -> None:
        """Offer nothing elsewhere."""
        self._popup.close(self._typed)
