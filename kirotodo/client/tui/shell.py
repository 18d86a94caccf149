"""The interface of the app that screens, dialogs and commands use."""

from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from datetime import datetime
from typing import Any, Literal, Protocol, cast

from textual.dom import DOMNode
from textual.message import Message
from textual.screen import Screen

from kirotodo.client.accounts.switcher import ServerSwitcher
from kirotodo.client.custom_commands import CustomCommand
from kirotodo.client.state import ClientState
from kirotodo.client.tui.background import BackgroundWork
from kirotodo.client.tui.conversation_view import Severity
from kirotodo.client.tui.keymap import Keymap
from kirotodo.core.backend import Backend
from kirotodo.core.domain.task import Changed
from kirotodo.core.lazy_dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ShownSetting:
    """A setting of the program as it may be shown: secrets are hidden in `value`."""

    name: str
    value: str
    source: str
    description: str


class Shell(Protocol):
    """The app as its screens know it."""

    clock: Callable[[], datetime]
    """Now, in the zone of the list."""
    state: ClientState
    switcher: ServerSwitcher | None
    """Switches to another list, where there is one."""
    background: BackgroundWork
    keys: Keymap
    """The keys of each action, those of the settings among them."""

    @property
    def commands(self) -> Mapping[str, CustomCommand]:
        """Return the slash commands of the user's own."""
        ...

    @property
    def key_overrides(self) -> Mapping[str, str]:
        """Return the keys of the user's own, as they are written in the settings."""
        ...

    # --- the backend ---

    @property
    def refused(self) -> bool:
        """Return whether the backend could not be opened."""

    def open_core(self) -> None:
        """Open the backend, or try again."""

    async def core(self) -> Backend:
        """Wait for the backend and return it, or raise what opening it raised."""
        ...

    def work(self, job: Coroutine[Any, Any, object], *, group: str = "work", exclusive: bool = False) -> object:
        """Run a job in the background; what it raises becomes one line on the screen."""

    def cancel_work(self, group: str) -> None:
        """Cancel the jobs of a group."""

    def edit(
        self,
        what: Callable[[Backend], Awaitable[Changed]],
        notice: str | Callable[[Changed], str],
        *,
        reverts: Literal["undo", "redo"] | None = None,
    ) -> None:
        """Edit the list, then show `notice`; `reverts` where the edit is an undo or a redo."""

    # --- the screen ---

    def post_message(self, message: Message, /) -> bool:
        """Ask the app for something."""
        ...

    def post_to_chat(self, message: Message) -> None:
        """Ask the chat for something."""

    def open_screen(self, screen: Screen[Any]) -> None:
        """Show a screen over the present one."""

    def toast(self, text: str, severity: Severity = "information") -> None:
        """Show one sentence in passing."""

    def alert(self, text: str) -> None:
        """Ring the bell; while another window has the focus, have the terminal show the text as well."""

    def offer_download(self, text: str, filename: str) -> bool:
        """Offer a text as a download where the chat runs in a browser; return False in a terminal."""
        ...

    @property
    def settings(self) -> Sequence[ShownSetting]:
        """Return the settings that were read when the program started."""
        ...

    @property
    def mouse(self) -> bool:
        """Return whether the mouse works in the chat."""
        ...

    def copy_to_clipboard(self, text: str) -> None:
        """Copy a text, and say how."""

    def action_toggle_mouse(self) -> None:
        """Leave the mouse to the terminal, or take it back."""

    def action_toggle_theme(self) -> None:
        """Switch between the light and the dark theme."""

    def load_themes(self) -> tuple[str, ...]:
        """Read the themes of the user's own anew, and return a sentence for each that can't be read."""
        ...

    async def change_keys(self, changes: Mapping[str, str | None]) -> None:
        """Give actions other keys, or their own ones where None is given: in the file of settings, and at once.

        Raise `ConfigError` where the file can't be changed.
        """

    def set_theme(self, name: str) -> None:
        """Change the theme and remember it."""

    def use_theme(self, title: str) -> str:
        """Change to the theme with this title; return a sentence that says why not, or nothing."""
        ...

    def leave(self) -> None:
        """Keep what was typed and close the program."""


def shell_of(node: DOMNode) -> Shell:
    """Return the app that this node lives in."""
    return cast(Shell, cast(Any, node.app))
