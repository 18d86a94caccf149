"""The local list and the servers you know, to switch to one of them."""

import logging
from collections.abc import Awaitable

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.message import Message
from textual.screen import ModalScreen
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from kirotodo.client.accounts.address import Address
from kirotodo.client.accounts.switcher import ListLocation, ServerSwitcher
from kirotodo.client.tui.keymap import bindings, hints, keys_of
from kirotodo.client.tui.messages import LocationChanged, SignInRequested
from kirotodo.client.tui.plain import line, plain
from kirotodo.client.tui.shell import shell_of
from kirotodo.core.errors import KirotodoError, NotSignedIn
from kirotodo.core.lazy_dataclasses import dataclass

log = logging.getLogger(__name__)


class _SignInFirst(Exception):
    """Raised where the user has to sign in to the server first."""

    def __init__(self, address: Address | None) -> None:
        super().__init__()
        self.address = address


class ServerList(OptionList, inherit_bindings=False):
    """Shows the lists in lines; the keys are the screen's."""


class ServerPickerScreen(ModalScreen[None]):
    """Switches by itself and reports to the app, or asks it for the sign-in screen."""

    BINDINGS = bindings("places")

    @dataclass
    class Done(Message):
        """The list is another one now; `notice` is the sentence for it."""

        notice: str

    @dataclass
    class Refused(Message):
        """Switching failed; `address` is that of a server to sign in to first, if that is why."""

        sentence: str
        address: Address | None = None

    def __init__(self, switcher: ServerSwitcher) -> None:
        super().__init__()
        self._switcher = switcher
        self._known = switcher.known()
        self._busy = False

    def compose(self) -> ComposeResult:
        """Yield the lists and a line for messages."""
        with Vertical(id="servers") as box:
            box.border_title = Content("choose a list")
            box.border_subtitle = hints("places", keys=keys_of(self))
            yield ServerList(*(Option(_location(place)) for place in self._known), *self._another(), markup=False)
            yield Static(id="server-status", markup=False)

    def _another(self) -> list[Option]:
        return [] if self._switcher.fixed else [Option(Content("+ another server"))]

    def on_mount(self) -> None:
        """Go to the list that is used now."""
        self._list.highlighted = next((index for index, place in enumerate(self._known) if place.here), 0)
        self._list.focus()
        if self._switcher.fixed:
            self._show_status("This chat was started for this server and can't switch.")

    @property
    def _list(self) -> ServerList:
        return self.query_one(ServerList)

    def _show_status(self, sentence: str, *, error: bool = False) -> None:
        status = self.query_one("#server-status", Static)
        status.set_class(error, "-error")
        status.update(plain(sentence))

    # --- going ---

    @on(OptionList.OptionSelected)
    def action_go(self) -> None:
        """Switch to the highlighted list, or ask for the sign-in screen."""
        index = self._list.highlighted
        if index is None or self._busy:
            return
        if index >= len(self._known):
            self.dismiss(None)
            shell_of(self).post_message(SignInRequested(None))
        elif self._known[index].here:
            self.dismiss(None)
        elif not self._known[index].signed_in:
            self.dismiss(None)
            shell_of(self).post_message(SignInRequested(self._known[index].address))
        else:
            self._work(self._go(self._known[index]))

    async def _go(self, place: ListLocation) -> str:
        try:
            await self._switcher.go(place.address)
        except NotSignedIn:
            raise _SignInFirst(place.address) from None
        return f"Switched to {place.name if place.address is not None else 'your local list'}."

    def action_sign_out(self) -> None:
        """Sign out of the server that is used now."""
        if not self._busy:
            self._work(self._switcher.sign_out())

    def _work(self, job: Awaitable[str]) -> None:
        self._busy = True
        self._show_status("One moment…")
        self.run_worker(self._guarded(job), exit_on_error=False)

    async def _guarded(self, job: Awaitable[str]) -> None:
        try:
            self.post_message(self.Done(await job))
        except _SignInFirst as refusal:
            self.post_message(self.Refused("", refusal.address))
        except KirotodoError as error:
            self.post_message(self.Refused(error.message))
        except Exception as error:
            log.exception("Could not switch to another list.")
            self.post_message(self.Refused(f"This didn't work ({type(error).__name__})."))

    def on_server_picker_screen_done(self, message: Done) -> None:
        """Close, and let the app show the other list."""
        message.stop()
        self.dismiss(None)
        shell_of(self).post_message(LocationChanged(message.notice))

    def on_server_picker_screen_refused(self, message: Refused) -> None:
        """Show why it did not work, or ask for the sign-in screen."""
        message.stop()
        self._busy = False
        if message.address is not None:
            self.dismiss(None)
            shell_of(self).post_message(SignInRequested(message.address))
        elif self.is_current:
            self._show_status(message.sentence, error=True)

    # --- keys ---

    def action_cursor_up(self) -> None:
        """Go to the list above."""
        self._list.action_cursor_up()

    def action_cursor_down(self) -> None:
        """Go to the list below."""
        self._list.action_cursor_down()

    def action_close(self) -> None:
        """Go back to the chat."""
        self.dismiss(None)


def _location(place: ListLocation) -> Content:
    mark = "● " if place.here else "○ "
    about = "" if place.address is None else place.email if place.signed_in else "signed out"
    return Content.assemble(mark, line(place.name), ("   ", ""), line(about, "$text-muted"))
