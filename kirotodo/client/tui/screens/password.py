"""A new password for the account at the server where the chat is."""

from textual.app import ComposeResult
from textual.content import Content
from textual.widget import Widget

from kirotodo.client.accounts.switcher import ServerSwitcher
from kirotodo.client.tui.screens.dialog import DialogScreen
from kirotodo.client.tui.screens.sign_in import labelled
from kirotodo.client.tui.shell import shell_of
from kirotodo.client.tui.widgets.field import Field, SecretField
from kirotodo.core.errors import InvalidInput

HINT = "Every other sign-in of yours ends with it; this one goes on."
CHANGED = "Your password is changed. Every other sign-in has ended."


class PasswordScreen(DialogScreen):
    def __init__(self, switcher: ServerSwitcher) -> None:
        super().__init__("new password")
        self._switcher = switcher

    def fields(self) -> ComposeResult:
        for name in ("current", "new", "again"):
            yield from labelled(name, SecretField(id=name))

    def subtitle(self) -> Content:
        return Content("enter go on · tab next field · esc back")

    def hint(self) -> str:
        return HINT

    def gap(self) -> Widget | None:
        return next((field for field in self.query(Field) if not field.value), None)

    def changed(self) -> bool:
        return True

    async def keep(self) -> None:
        current, new, again = (field.value for field in self.query(Field))
        if new != again:
            raise InvalidInput("The two new passwords are not the same.")
        await self._switcher.change_password(current=current, new=new)
        shell_of(self).toast(CHANGED)
        self.dismiss(None)

    def action_close(self) -> None:
        """Nothing typed here is worth a second key."""
        self.dismiss(None)
