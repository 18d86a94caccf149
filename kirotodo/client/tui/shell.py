"""What a screen may ask of the app around it, whichever app that is."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, Literal, Protocol, cast

from textual.dom import DOMNode
from textual.message import Message

from kirotodo.client.accounts.switcher import ServerSwitcher
from kirotodo.client.state import ClientState
from kirotodo.core.backend import Backend


class Listener(Protocol):
    def post_message(self, message: Message, /) -> bool: ...


class Shell(Protocol):
    """The app as its screens know it. `chat` takes the messages that other screens have for the chat."""

    clock: Callable[[], datetime]
    """Now, in the zone of the list."""
    state: ClientState
    places: ServerSwitcher | None
    """Where else the list could be, if anywhere."""

    @property
    def chat(self) -> Listener: ...

    @property
    def refused(self) -> bool: ...

    async def core(self) -> Backend: ...

    def say(self, text: str, severity: Literal["information", "warning", "error"] = "information") -> None: ...


def shell_of(node: DOMNode) -> Shell:
    """The app that this node lives in."""
    return cast(Shell, cast(Any, node.app))
