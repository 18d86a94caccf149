"""The chat with servers to go to: raw ones, which take anybody whose password is right and keep an empty list."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

from kirotodo.client.accounts.client_accounts import ClientAccounts
from kirotodo.client.accounts.selection import ServerSelection
from kirotodo.client.accounts.switcher import ServerSwitcher
from kirotodo.core.backend import Backend
from tests.client.remote.raw_server import HOLD, RawServer, issued, ok, stream
from tests.client.remote.test_stream_resumption import news
from tests.client.tui.chat_host import Chat, backend_of, chatting

EMPTY: Final = ok({"items": [], "next": None, "total": 0})


def keep_a_list(server: RawServer, *, pending: int = 3) -> None:
    """Let the server answer as one with nothing in it yet."""
    server.on("/tasks", EMPTY)
    server.on("/conversations", EMPTY)
    server.on("/7/events", stream(news(1), HOLD))
    server.on("/models", ok({"items": [{"name": "m1", "model": "m1", "place": "there", "default": True}]}))
    server.on("/status", ok({"model": "m1", "user": "7", "pending": pending, "email": "ada@example.com"}))
    server.on("/signin", issued(1))
    server.on("/signup", issued(1))
    server.on("/signout", ok(None, 200))


class Home:
    """One person's folders, and the variables of their shell. Sign-ins are kept in memory, over several chats."""

    def __init__(self, folder: Path, **environment: str) -> None:
        self.folder = folder
        self.environment = {"KIROTODO_CREDENTIALS": "memory", **environment}
        self.accounts = ClientAccounts(
            config_folder=folder, state_folder=folder, timezone="UTC", environment=self.environment
        )
        self.local = backend_of()

    def places(self, selection: ServerSelection | None = None) -> ServerSwitcher:
        async def opened() -> Backend:
            self.local = backend_of()
            return self.local

        return ServerSwitcher(
            self.accounts, opened, local_state=self.folder / "state.json", selection=selection or ServerSelection()
        )


@asynccontextmanager
async def chat_in(home: Home, *, selection: ServerSelection | None = None, **options: Any) -> AsyncIterator[Chat]:
    """The chat of this person, opened where their command line says."""
    places = home.places(selection)
    async with chatting(places.open, switcher=places, **options) as chat:
        yield chat
