"""The door of a server: sign in, or make an account there. What is refused stays in the fields, with the reason."""

import logging
from dataclasses import dataclass
from typing import Final

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.content import Content
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Label, Static

from kirotodo.client.accounts.accounts import checked_email
from kirotodo.client.accounts.address import EXAMPLE, Address
from kirotodo.client.accounts.switcher import ServerSwitcher
from kirotodo.client.tui.messages import LocationChanged
from kirotodo.client.tui.plain import line
from kirotodo.client.tui.screens.dialog import DialogScreen
from kirotodo.client.tui.shell import shell_of
from kirotodo.client.tui.widgets.field import Choice, Field, SecretField
from kirotodo.core.errors import DeletionPending, InvalidInput

HAVE, MAKE = "I have one", "make one"
HINT: Final = "Your tasks and conversations are kept at the server. Its address, email and password; enter goes on."
FIXED_HINT: Final = "Email and password; enter goes on. Without an account yet: tab to “account”, then space."
log = logging.getLogger(__name__)


class SignInScreen(DialogScreen):
    """`why` is what brought one here, where it was not one's own wish."""

    @dataclass
    class Entered(Message):
        """One is signed in; `said` is where that is kept, if it has to be told."""

        notice: str

    def __init__(self, switcher: ServerSwitcher, *, address: Address | None = None, why: str = "") -> None:
        super().__init__("sign in")
        self._switcher = switcher
        self._address = address if address is not None else switcher.address
        self._why = why
        self._asked_to_restore = ""

    # --- fields ---

    def fields(self) -> ComposeResult:
        address = self._address
        if self._switcher.fixed and address is not None:
            yield from labelled("server", Static(line(address.host), id="server-name"))
        else:
            yield from labelled("server", Field(address.url if address else "", id="server", placeholder=EXAMPLE))
        email = self._switcher.email_at(address) if address is not None else ""
        yield from labelled("account", Choice((HAVE, MAKE), HAVE, id="account"))
        yield from labelled("email", Field(email, id="email"))
        yield from labelled("password", SecretField(id="password"))
        with Horizontal(id="again-row", classes="row"):
            yield Label("again", markup=False)
            yield SecretField(id="again")

    def on_mount(self) -> None:
        self.tell(self.hint())
        self.set_focus(self.gap() or self.query_one("#password"))

    def hint(self) -> str:
        return self._why or (FIXED_HINT if self._switcher.fixed else HINT)

    def subtitle(self) -> Content:
        return Content("enter go on · tab next field · esc back")

    @property
    def making(self) -> bool:
        return self.query_one("#account", Choice).value == MAKE

    @on(Choice.Changed)
    def _show_fields(self) -> None:
        self.query_one("#again-row").set_class(self.making, "-shown")
        self.query_one("#dialog").border_title = Content("sign up" if self.making else "sign in")
        self.tell(self.hint())

    def gap(self) -> Widget | None:
        """The first field that has to be filled and is empty."""
        wanted = ["server", "email", "password", *(["again"] if self.making else [])]
        return next((field for field in self.query(Field) if field.id in wanted and not field.value), None)

    # --- going in ---

    def changed(self) -> bool:
        return True

    async def keep(self) -> None:
        address = self._address if self._switcher.fixed else Address.of(self.text_of("server"))
        assert address is not None
        email = checked_email(self.text_of("email"))
        password = self.query_one("#password", Field).value
        if self.making and password != self.query_one("#again", Field).value:
            raise InvalidInput("The two passwords are not the same.")
        try:
            notice = await self._switcher.sign_in(
                address, email=email, password=password, new=self.making, restore=self._asked_to_restore == email
            )
        except DeletionPending as error:
            self._asked_to_restore = email
            raise DeletionPending(f"{error.message} Press enter again to keep it.") from None
        self.post_message(self.Entered(notice))

    def on_sign_in_screen_entered(self, message: Entered) -> None:
        message.stop()
        self.dismiss(None)
        shell_of(self).post_message(LocationChanged(message.notice))

    def action_close(self) -> None:
        """Nothing typed here is worth a second key."""
        self.dismiss(None)
        if shell_of(self).refused:
            shell_of(self).toast("/server brings this back; /retry tries again.")


def labelled(label: str, field: Widget) -> ComposeResult:
    with Horizontal(classes="row"):
        yield Label(label, markup=False)
        yield field
