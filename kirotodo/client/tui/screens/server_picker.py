"""Where the list can be: this computer and the servers one knows. Goes there, or to the door of a server."""

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
from kirotodo.client.tui.keymap import bindings, hints
from kirotodo.client.tui.messages import LocationChanged, SignInRequested
from kirotodo.client.tui.plain import line, plain
from kirotodo.core.errors import KirotodoError, NotSignedIn

log = logging.getLogger(__name__)


class _Closed(Exception):
    """One has to sign in at `door` first."""

    def __init__(self, door: Address | None) -> None:
        super().__init__()
        self.door = door


class ServerList(OptionList, inherit_bindings=False):
    """The lines; the keys are the screen's."""


class ServerPickerScreen(ModalScreen[None]):
    """Says to the app where it went, or that somebody has to sign in."""

    BINDINGS = bindings("places")
    DEFAULT_CSS = """
    ServerPickerScreen {
        align: center middle;
        & > #places {
            width: 66;
            max-width: 100%;
            height: auto;
            max-height: 100%;
            border: round $border;
            border-title-color: $text-muted;
            border-subtitle-color: $text-muted;
            background: $surface;
        }
        & ServerList { height: auto; max-height: 12; border: none; padding: 0; background: $surface; }
        & ServerList:focus { border: none; background-tint: $surface 0%; }
        & #place-status { height: auto; min-height: 1; padding: 0 1; color: $text-muted; }
        & #place-status.-error { color: $error; }
    }
    """

    class Done(Message):
        """What was asked is done, as `said`."""

        def __init__(self, said: str) -> None:
            super().__init__()
            self.said = said

    class Refused(Message):
        """It was not done; `door` is the server at which one has to sign in first, if that is why."""

        def __init__(self, sentence: str, door: Address | None = None) -> None:
            super().__init__()
            self.sentence = sentence
            self.door = door

    def __init__(self, places: ServerSwitcher) -> None:
        super().__init__()
        self._places = places
        self._known = places.known()
        self._busy = False

    def compose(self) -> ComposeResult:
        with Vertical(id="places") as box:
            box.border_title = Content("where the list is")
            box.border_subtitle = hints("places")
            yield ServerList(*(Option(_told(place)) for place in self._known), *self._another(), markup=False)
            yield Static(id="place-status", markup=False)

    def _another(self) -> list[Option]:
        return [] if self._places.fixed else [Option(Content("+ another server"))]

    def on_mount(self) -> None:
        self._list.highlighted = next((index for index, place in enumerate(self._known) if place.here), 0)
        self._list.focus()
        if self._places.fixed:
            self._tell("This chat was opened for this server and stays there.")

    @property
    def _list(self) -> ServerList:
        return self.query_one(ServerList)

    def _tell(self, sentence: str, *, error: bool = False) -> None:
        status = self.query_one("#place-status", Static)
        status.set_class(error, "-error")
        status.update(plain(sentence))

    # --- going ---

    @on(OptionList.OptionSelected)
    def action_go(self) -> None:
        index = self._list.highlighted
        if index is None or self._busy:
            return
        if index >= len(self._known):
            self.dismiss(None)
            self.app.post_message(SignInRequested(None))
        elif self._known[index].here:
            self.dismiss(None)
        elif not self._known[index].signed_in:
            self.dismiss(None)
            self.app.post_message(SignInRequested(self._known[index].address))
        else:
            self._work(self._go(self._known[index]))

    async def _go(self, place: ListLocation) -> str:
        try:
            await self._places.go(place.address)
        except NotSignedIn:
            raise _Closed(place.address) from None
        return f"The list is that of {place.name} now."

    def action_sign_out(self) -> None:
        if not self._busy:
            self._work(self._places.sign_out())

    def _work(self, job: Awaitable[str]) -> None:
        self._busy = True
        self._tell("One moment…")
        self.run_worker(self._guarded(job), exit_on_error=False)

    async def _guarded(self, job: Awaitable[str]) -> None:
        try:
            self.post_message(self.Done(await job))
        except _Closed as closed:
            self.post_message(self.Refused("", closed.door))
        except KirotodoError as error:
            self.post_message(self.Refused(error.message))
        except Exception as error:
            log.exception("The list could not be changed for another.")
            self.post_message(self.Refused(f"This did not work ({type(error).__name__})."))

    def on_server_picker_screen_done(self, message: Done) -> None:
        message.stop()
        self.dismiss(None)
        self.app.post_message(LocationChanged(message.said))

    def on_server_picker_screen_refused(self, message: Refused) -> None:
        message.stop()
        self._busy = False
        if message.door is not None:
            self.dismiss(None)
            self.app.post_message(SignInRequested(message.door))
        elif self.is_current:
            self._tell(message.sentence, error=True)

    # --- keys ---

    def action_cursor_up(self) -> None:
        self._list.action_cursor_up()

    def action_cursor_down(self) -> None:
        self._list.action_cursor_down()

    def action_close(self) -> None:
        self.dismiss(None)


def _told(place: ListLocation) -> Content:
    mark = "● " if place.here else "○ "
    about = "" if place.address is None else place.email if place.signed_in else "signed out"
    return Content.assemble(mark, line(place.name), ("   ", ""), line(about, "$text-muted"))
