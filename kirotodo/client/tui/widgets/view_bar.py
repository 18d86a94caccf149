"""The names of the views over the task list; the one that is shown stands out, and a click chooses another."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Final

from rich.cells import cell_len
from textual import events
from textual.content import Content
from textual.geometry import Offset, Size
from textual.message import Message
from textual.reactive import reactive
from textual.widget import Widget

from kirotodo.client.tui.keymap import keys_of
from kirotodo.client.tui.plain import one_line, steady
from kirotodo.client.tui.views import VIEWS, View, ViewId
from kirotodo.core.lazy_dataclasses import dataclass

PINNED: Final = "★"
"""Stands in place of a key."""


class ViewBar(Widget):
    """Shows `0 1 Today 2 3`, with as many names as there is room for: the views that have a key, and pinned ones."""

    ALLOW_SELECT = False
    shown: reactive[ViewId] = reactive("all")
    views: reactive[tuple[View, ...]] = reactive(VIEWS)

    @dataclass
    class Chosen(Message):
        """A view was clicked."""

        view: ViewId

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """Return 1."""
        return 1

    def _labels(self) -> list[tuple[View, str]]:
        """Return what stands for each view: its key, and its name where all names fit or it is the one shown."""
        keys = keys_of(self)
        shown = [view for view in self.views if view.action or view.pinned or view.id == self.shown]
        named = [
            (view, f"{keys.label(view.action) if view.action else PINNED} {_title(view)}".strip()) for view in shown
        ]
        if sum(len(text) + 2 for _, text in named) <= self.content_size.width:
            return named
        return [(view, text if view.id == self.shown else text.split()[0]) for view, text in named]

    def render(self) -> Content:
        """Show the names."""
        pieces = [
            Content.styled(text, "$accent bold" if view.id == self.shown else "$text-muted")
            for view, text in self._labels()
        ]
        return Content("  ").join(pieces).truncate(max(0, self.content_size.width))

    def places(self) -> Iterator[tuple[Offset, Callable[[], object]]]:
        """Return where each name lies, and what chooses its view."""
        x = 0
        for view, text in self._labels():
            yield Offset(x, 0), partial(self.post_message, self.Chosen(view.id))
            x += cell_len(text) + 2

    def on_click(self, event: events.Click) -> None:
        """Choose the view under the mouse."""
        offset, end = event.get_content_offset(self), 0
        for view, text in self._labels():
            end += len(text) + 2
            if offset is not None and offset.x < end - 1:
                self.post_message(self.Chosen(view.id))
                return


def _title(view: View) -> str:
    return steady(one_line(view.title))
