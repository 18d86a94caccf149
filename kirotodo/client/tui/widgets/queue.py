"""Messages typed ahead while a turn runs: shown, edited, removed or sent at once."""

from collections.abc import Sequence
from typing import Final

from rich.cells import cell_len
from textual import events
from textual.containers import VerticalScroll
from textual.content import Content
from textual.message import Message

from kirotodo.client.tui.keymap import BY_ID, bindings, keys_of
from kirotodo.client.tui.plain import line
from kirotodo.client.tui.widgets.text_lines import TextLines
from kirotodo.core.lazy_dataclasses import dataclass

_SHOWN: Final = tuple(BY_ID[id] for id in ("queue.edit", "queue.remove", "queue.send_now"))


class QueuedMessage(TextLines):
    """Shows a waiting message on one line."""

    BINDINGS = bindings("queue")

    @dataclass
    class EditRequested(Message):
        """Take the message back into the composer."""

        index: int

    @dataclass
    class RemoveRequested(Message):
        """Remove the message."""

        index: int

    @dataclass
    class SendRequested(Message):
        """Stop the running turn and send the message."""

        index: int

    @dataclass
    class MoveRequested(Message):
        """Go to another message of the queue."""

        index: int

    def __init__(self, index: int, text: str) -> None:
        super().__init__()
        self.index = index
        self.text = text

    def show(self, text: str) -> None:
        """Show another message in the same place."""
        if text != self.text:
            self.text = text
            self.renew()

    def make_lines(self, width: int) -> list[Content]:
        """Return the message on one line, with its keys."""
        keys = self._hints() if width >= self._hints().cell_length + 20 else Content()
        left = Content.assemble((f"{self.index + 1}. ", "$text-muted"), line(self.text))
        left = left.truncate(max(0, width - keys.cell_length - 1), ellipsis=True)
        return [Content.assemble(left, " " * (width - left.cell_length - keys.cell_length), keys)]

    def _hints(self) -> Content:
        own = keys_of(self)
        return Content(" · ").join(
            Content.styled(f"{own.label(action.id)} {action.title}".strip(), "$text-muted") for action in _SHOWN
        )

    def action_edit(self) -> None:
        """Move the message back to the composer."""
        self.post_message(self.EditRequested(self.index))

    def action_remove(self) -> None:
        """Remove the message."""
        self.post_message(self.RemoveRequested(self.index))

    def action_send_now(self) -> None:
        """Stop the running turn and send this message."""
        self.post_message(self.SendRequested(self.index))

    def action_previous_item(self) -> None:
        """Go to the message before."""
        self.post_message(self.MoveRequested(self.index - 1))

    def action_next_item(self) -> None:
        """Go to the message after."""
        self.post_message(self.MoveRequested(self.index + 1))

    def on_click(self, event: events.Click) -> None:
        """Do what the word under the mouse says."""
        offset = event.get_content_offset(self)
        width, hints = self.content_size.width, self._hints()
        if offset is None or width < hints.cell_length + 20:
            return
        x = offset.x - (width - hints.cell_length)
        edit, remove, _ = (cell_len(piece) + 3 for piece in hints.plain.split(" · "))
        if x >= edit + remove:
            self.action_send_now()
        elif x >= edit:
            self.action_remove()
        elif x >= 0:
            self.action_edit()


class MessageQueue(VerticalScroll, can_focus=False):
    """Shows the waiting messages of the conversation in the order in which they will be sent."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.texts: tuple[str, ...] = ()
        self._rows: list[QueuedMessage] = []
        self.display = False

    def show(self, texts: Sequence[str], *, held: bool = False) -> None:
        """Show these messages; `held` ones wait for the user, since no turn is running."""
        self.border_title = Content("queued, held: s sends" if held else "queued")
        if tuple(texts) == self.texts:
            return
        before, self.texts = self._rows, tuple(texts)
        self.display = bool(texts)
        for row, text in zip(before, texts, strict=False):
            row.show(text)
        self._rows = before[: len(texts)]
        for row in before[len(texts) :]:
            if row.has_focus and self._rows:
                self._rows[-1].focus()
            row.remove()
        added = [QueuedMessage(index, text) for index, text in enumerate(texts) if index >= len(before)]
        self._rows += added
        self.mount_all(added)

    def on_queued_message_move_requested(self, message: QueuedMessage.MoveRequested) -> None:
        """Go to another message."""
        message.stop()
        self.go(message.index)

    def enter(self) -> None:
        """Focus the first message."""
        if self._rows:
            self._rows[0].focus()

    def go(self, index: int) -> None:
        """Focus the message with this index, or the nearest one."""
        if self._rows:
            self._rows[max(0, min(len(self._rows) - 1, index))].focus()
