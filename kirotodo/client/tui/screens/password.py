"""The dialog that changes the password on the server."""

from textual.app import ComposeResult
from textual.content import Content
from textual.widget import Widget

from kirotodo.client.accounts.switcher import ServerSwitcher
from kirotodo.client.tui.keymap import hints_of, keys_of
from kirotodo.client.tui.screens.dialog import DialogScreen
from kirotodo.client.tui.screens.sign_in import labelled
from kirotodo.client.tui.shell import shell_of
from kirotodo.client.tui.widgets.field import Field, SecretField
from kirotodo.core.errors import InvalidInput

HINT = "This signs you out everywhere else."
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
        return HINT

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

    def action_close(self) -> None:
        """Close at the first key; nothing typed here is worth keeping."""
        self.dismiss(None)
