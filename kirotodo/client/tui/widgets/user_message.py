"""What the user said, as said."""

from textual.content import Content

from kirotodo.client.tui.entries import Said
from kirotodo.client.tui.plain import plain
from kirotodo.client.tui.widgets.text_lines import TextLines


class UserMessage(TextLines):
    """A message of the user; paler until the backend has taken it."""

    LABEL = "you"

    def __init__(self, entry: Said) -> None:
        super().__init__()
        self.entry = entry
        self.set_class(not entry.seq, "-pending")

    def show(self, entry: Said) -> None:
        self.entry = entry
        self.set_class(not entry.seq, "-pending")
        self.renew()

    def make_lines(self, width: int) -> list[Content]:
        lines: list[Content] = []
        for text in plain(self.entry.text.strip("\n")).split("\n", allow_blank=True):
            lines += [line.rstrip() for line in text.wrap(width)] if text else [text]
        return lines or [Content()]
