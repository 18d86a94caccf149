"""What a chat screen is made of, and how it keeps what was typed: drafts go to disk soon after the last key."""

from typing import TYPE_CHECKING, Final, cast

from textual.screen import Screen
from textual.timer import Timer
from textual.widgets import TextArea

from kirotodo.client.tui.widgets.approval_bar import ApprovalBar
from kirotodo.client.tui.widgets.composer import Composer
from kirotodo.client.tui.widgets.header import HeaderLine
from kirotodo.client.tui.widgets.queue import MessageQueue
from kirotodo.client.tui.widgets.transcript import Transcript

if TYPE_CHECKING:
    from kirotodo.client.tui.app import KirotodoApp

SAVE_AFTER: Final = 0.5
"""Seconds after the last key until a draft is on disk."""


class PartsScreen(Screen[None]):
    """Names its widgets, and remembers the draft of the conversation it shows.

    While `opening`, which conversation that is is a guess; `found` is the draft that the guess had.
    """

    def __init__(self) -> None:
        super().__init__()
        self.conversation_id: int | None = None
        self.opening = True
        self.found = ""
        self.queued: list[str] = []
        self._saving: Timer | None = None

    @property
    def shell(self) -> "KirotodoApp":
        return cast("KirotodoApp", self.app)

    @property
    def header(self) -> HeaderLine:
        return self.query_one(HeaderLine)

    @property
    def transcript(self) -> Transcript:
        return self.query_one(Transcript)

    @property
    def composer(self) -> Composer:
        return self.query_one(Composer)

    @property
    def approval(self) -> ApprovalBar:
        return self.query_one(ApprovalBar)

    @property
    def queue(self) -> MessageQueue:
        return self.query_one(MessageQueue)

    # --- drafts ---

    def on_text_area_changed(self, event: TextArea.Changed) -> None:
        event.stop()
        self._note_draft()

    def _note_draft(self) -> None:
        """The draft is what is written, and what was entered before it was known in which conversation."""
        texts = [*(self.queued if self.opening else []), self.composer.text]
        self.shell.state.set_draft(self.conversation_id, "\n".join(text for text in texts if text))
        self._keep_state_soon()

    def _keep_state_soon(self) -> None:
        if self._saving is None:
            self._saving = self.set_timer(SAVE_AFTER, self.keep_state)

    def keep_state(self) -> None:
        if self._saving is not None:
            self._saving.stop()
            self._saving = None
        self.shell.state.save()
        if trouble := self.shell.state.take_trouble():
            self.shell.say(trouble, "warning")

    def keep_draft(self) -> None:
        """Put what is written on disk now."""
        if self.is_mounted:
            self._note_draft()
            self.keep_state()
