"""The base of the small dialogs: fields, a line under them for errors, enter to save, esc to close.

A dialog saves by itself, so that a text which the backend refuses stays in the field, with the reason under it.
"""

import logging
from typing import Final

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.message import Message
from textual.screen import ModalScreen
from textual.widget import Widget
from textual.widgets import Input, Static

from kirotodo.client.tui.keymap import bindings, hints, keys_of
from kirotodo.client.tui.messages import Edited
from kirotodo.client.tui.plain import line, plain
from kirotodo.client.tui.shell import shell_of
from kirotodo.client.tui.widgets.field import LinesField
from kirotodo.core.backend import Backend
from kirotodo.core.errors import KirotodoError
from kirotodo.core.lazy_dataclasses import dataclass

DISCARD: Final = "Press {} again to discard what you typed."
log = logging.getLogger(__name__)


class DialogScreen(ModalScreen[None]):
    """Shows the `fields` of a subclass, which says whether anything has `changed` and how to `store` it."""

    BINDINGS = bindings("dialog")
    VERTICAL_BREAKPOINTS = [(0, "-short"), (20, "-tall"), (32, "-roomy")]

    @dataclass
    class Stored(Message):
        """The text is saved in the list."""

        edited: Edited

    @dataclass
    class Refused(Message):
        """The text was refused; `sentence` says why."""

        sentence: str

    def __init__(self, heading: str) -> None:
        super().__init__()
        self._heading = heading
        self._warned = False
        self._saving = False

    # --- for the subclass ---

    def fields(self) -> ComposeResult:
        """Yield the fields."""
        raise NotImplementedError

    def changed(self) -> bool:
        """Return whether there is anything to save."""
        raise NotImplementedError

    def unsaved(self) -> bool:
        """Return whether text would be lost that is worth keeping."""
        return self.changed()

    async def store(self, backend: Backend) -> Edited:
        """Save what was typed. Raise KirotodoError if it is refused."""
        raise NotImplementedError

    def gap(self) -> Widget | None:
        """Return the field that has to be filled before anything can be saved, if there is one."""
        return None

    def subtitle(self) -> Content:
        """Return the keys, for the border."""
        return hints("dialog", keys=keys_of(self))

    def hint(self) -> str:
        """Return the line under the fields while there is no error."""
        return ""

    def text_of(self, id: str) -> str:
        """Return what is typed in the field with this id."""
        return self.query_one(f"#{id}", Input).value.strip()

    # --- the screen ---

    def compose(self) -> ComposeResult:
        """Yield the box with its fields and the line under them."""
        with Vertical(id="dialog") as box:
            box.border_title = line(self._heading)
            box.border_subtitle = self.subtitle()
            with VerticalScroll(id="dialog-fields", can_focus=False):
                yield from self.fields()
            yield Static(id="dialog-status", markup=False)

    def on_mount(self) -> None:
        """Show the hint."""
        self.show_status(self.hint())

    def show_status(self, text: str | Content, *, error: bool = False) -> None:
        """Show one sentence under the fields."""
        status = self.query_one("#dialog-status", Static)
        status.set_class(error, "-error")
        status.update(plain(text) if isinstance(text, str) else text)

    @on(Input.Changed)
    def _typed(self) -> None:
        if self._warned or self.query_one("#dialog-status").has_class("-error"):
            self.show_status(self.hint())
        self._warned = False

    # --- saving and closing ---

    @on(Input.Submitted)
    @on(LinesField.Submitted)
    def action_save(self) -> None:
        """Save the changes."""
        if self._saving:
            return
        if not self.changed():
            self.dismiss(None)
            return
        if (gap := self.gap()) is not None:
            gap.focus()
            return
        self._saving = True
        self.show_status("Saving…")
        self.run_worker(self._save(), group="save", exit_on_error=False)

    async def _save(self) -> None:
        try:
            await self.keep()
        except KirotodoError as error:
            self.post_message(self.Refused(error.message))
        except Exception as error:
            log.exception("A dialog could not save.")
            self.post_message(self.Refused(f"Couldn't save this ({type(error).__name__})."))

    async def keep(self) -> None:
        """Keep what was typed, and post a message once it is."""
        self.post_message(self.Stored(await self.store(await shell_of(self).core())))

    def on_dialog_screen_stored(self, message: Stored) -> None:
        """Report the edit to the chat, and close."""
        message.stop()
        shell_of(self).post_to_chat(message.edited)
        self.dismiss(None)

    def on_dialog_screen_refused(self, message: Refused) -> None:
        """Show why it was refused, the text still in place."""
        message.stop()
        self._saving = False
        self.show_status(message.sentence, error=True)

    def action_close(self) -> None:
        """Close; where typed text would be lost, only at the second key."""
        if self.unsaved() and not self._warned:
            self._warned = True
            self.show_status(DISCARD.format(keys_of(self).label("dialog.close")), error=True)
        else:
            self.dismiss(None)

    def action_next_field(self) -> None:
        """Go to the next field."""
        self.focus_next()

    def action_previous_field(self) -> None:
        """Go to the previous field."""
        self.focus_previous()
