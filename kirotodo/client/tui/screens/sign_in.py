"""The sign-in screen of a server, which also creates accounts, and the screen to change a password there."""

import logging
from typing import Final

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.content import Content
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Label, Static

from kirotodo.client.accounts.address import EXAMPLE, Address
from kirotodo.client.accounts.client_accounts import checked_email
from kirotodo.client.accounts.switcher import ServerSwitcher
from kirotodo.client.tui.keymap import hints_of, keys_of
from kirotodo.client.tui.messages import LocationChanged
from kirotodo.client.tui.plain import line
from kirotodo.client.tui.screens.dialog import DialogScreen
from kirotodo.client.tui.shell import shell_of
from kirotodo.client.tui.widgets.field import Choice, Field, SecretField, WordField
from kirotodo.core.errors import DeletionPending, InvalidInput
from kirotodo.core.lazy_dataclasses import dataclass

HAVE, MAKE = "I have one", "make one"
HINT: Final = "Enter the server's address, your email and password. Your tasks and conversations are stored there."
FIXED_HINT: Final = "Enter your email and password. No account yet? Tab to “account”, then press space."
log = logging.getLogger(__name__)


class SignInScreen(DialogScreen):
    """Asks for email and password; `why` is shown where the user did not ask for this screen."""

    @dataclass
    class Entered(Message):
        """The user is signed in; `notice` is what there is to say about it, if anything."""

        notice: str

    def __init__(self, switcher: ServerSwitcher, *, address: Address | None = None, why: str = "") -> None:
        super().__init__("sign in")
        self._switcher = switcher
        self._address = address if address is not None else switcher.address
        self._why = why
        self._restore_offered_to = ""

    # --- fields ---

    def fields(self) -> ComposeResult:
        """Yield the fields."""
        address = self._address
        if self._switcher.fixed and address is not None:
            yield from labelled("server", Static(line(address.host), id="server-name"))
        else:
            yield from labelled("server", WordField(address.url if address else "", id="server", placeholder=EXAMPLE))
        email = self._switcher.email_at(address) if address is not None else ""
        yield from labelled("account", Choice((HAVE, MAKE), HAVE, id="account"))
        yield from labelled("email", WordField(email, id="email"))
        yield from labelled("password", SecretField(id="password"))
        with Horizontal(id="again-row", classes="row"):
            yield Label("again", markup=False)
            yield SecretField(id="again")

    def on_mount(self) -> None:
        """Go to the first field to fill in."""
        self.show_status(self.hint())
        self.set_focus(self.gap() or self.query_one("#password"))

    def hint(self) -> str:
        """Say why the user has to sign in, or what to type."""
        return self._why or (FIXED_HINT if self._switcher.fixed else HINT)

    def subtitle(self) -> Content:
        """Return the keys, for the border."""
        return hints_of(
            ("dialog.save", "go on"), ("dialog.next_field", "next field"), ("dialog.close", "back"), keys=keys_of(self)
        )

    @property
    def making(self) -> bool:
        """Return whether a new account is to be made."""
        return self.query_one("#account", Choice).value == MAKE

    @on(Choice.Changed)
    def _show_fields(self) -> None:
        self.query_one("#again-row").set_class(self.making, "-shown")
        self.query_one("#dialog").border_title = Content("sign up" if self.making else "sign in")
        self.show_status(self.hint())

    def gap(self) -> Widget | None:
        """Return the first empty field."""
        wanted = ["server", "email", "password", *(["again"] if self.making else [])]
        return next((field for field in self.query(Field) if field.id in wanted and not field.value), None)

    # --- going in ---

    def changed(self) -> bool:
        """Return True: enter goes on to the first empty field."""
        return True

    async def keep(self) -> None:
        """Sign in, or sign up."""
        address = self._address if self._switcher.fixed else Address.of(self.text_of("server"))
        assert address is not None
        email = checked_email(self.text_of("email"))
        password = self.query_one("#password", Field).value
        if self.making and password != self.query_one("#again", Field).value:
            raise InvalidInput("The two passwords don't match.")
        try:
            notice = await self._switcher.sign_in(
                address, email=email, password=password, new=self.making, restore=self._restore_offered_to == email
            )
        except DeletionPending as error:
            self._restore_offered_to = email
            raise DeletionPending(f"{error.message} Press enter again to keep it.") from None
        self.post_message(self.Entered(notice))

    def on_sign_in_screen_entered(self, message: Entered) -> None:
        """Close, and let the app show the list of the server."""
        message.stop()
        self.dismiss(None)
        shell_of(self).post_message(LocationChanged(message.notice))

    def unsaved(self) -> bool:
        """Return False: nothing typed here is worth keeping."""
        return False

    def action_close(self) -> None:
        """Close, and say how to come back where the list could not be opened."""
        super().action_close()
        if shell_of(self).refused:
            shell_of(self).toast("/server opens the sign-in screen again. /retry tries without it.")


def labelled(label: str, field: Widget) -> ComposeResult:
    """Yield a row of a label and a field."""
    with Horizontal(classes="row"):
        yield Label(label, markup=False)
        yield field


PASSWORD_HINT = "This signs you out everywhere else."
CHANGED = "Your password was changed. You are signed out everywhere else."


class PasswordScreen(DialogScreen):
    """Asks for the current password and twice for the new one."""

    def __init__(self, switcher: ServerSwitcher) -> None:
        super().__init__("new password")
        self._switcher = switcher

    def fields(self) -> ComposeResult:
        """Yield the three fields."""
        for name in ("current", "new", "again"):
            yield from labelled(name, SecretField(id=name))

    def subtitle(self) -> Content:
        """Return the keys, for the border."""
        return hints_of(
            ("dialog.save", "go on"), ("dialog.next_field", "next field"), ("dialog.close", "back"), keys=keys_of(self)
        )

    def hint(self) -> str:
        """Say what a new password does."""
        return PASSWORD_HINT

    def gap(self) -> Widget | None:
        """Return the first empty field."""
        return next((field for field in self.query(Field) if not field.value), None)

    def changed(self) -> bool:
        """Return True: enter goes on to the first empty field."""
        return True

    async def keep(self) -> None:
        """Change the password, and close."""
        current, new, again = (field.value for field in self.query(Field))
        if new != again:
            raise InvalidInput("The two new passwords don't match.")
        await self._switcher.change_password(current=current, new=new)
        shell_of(self).toast(CHANGED)
        self.dismiss(None)

    def unsaved(self) -> bool:
        """Return False: nothing typed here is worth keeping."""
        return False
