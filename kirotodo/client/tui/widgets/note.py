"""A line of the program itself in the transcript."""

from textual.content import Content

from kirotodo.client.tui.entries import Noted
from kirotodo.client.tui.plain import plain
from kirotodo.client.tui.widgets.text_lines import TextLines


class Note(TextLines):
    """Said by neither side and kept nowhere."""

    def __init__(self, entry: Noted) -> None:
        super().__init__()
        self.entry = entry

    def make_lines(self, width: int) -> list[Content]:
        return list(plain(self.entry.text).wrap(width))
