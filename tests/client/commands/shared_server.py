"""A real server in a thread of its own, for commands, which bring an event loop of their own. All tests share it."""

import asyncio
import itertools
import threading
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from contextlib import aclosing, asynccontextmanager, contextmanager
from datetime import datetime
from pathlib import Path

from kirotodo.client.accounts.address import Address
from kirotodo.client.accounts.credentials import Credentials, StoredTokens
from kirotodo.client.remote.backend import RemoteBackend
from kirotodo.core.backend import Backend
from kirotodo.core.models.builtin.model import BuiltinModel
from kirotodo.core.models.model import Model, ModelEvent, ModelRequest
from kirotodo.core.settings import Settings
from kirotodo.server.app import create_app
from tests.client.commands.command_runner import MONDAY, CommandRunner
from tests.server.serving import served, settings_in, token_for


class SharedModel:
    """The model and the clock of whichever test is on."""

    name = "scripted"

    def __init__(self) -> None:
        self.now = MONDAY
        self.program: RemoteCommandRunner | None = None

    def clock(self) -> datetime:
        return self.program.now if self.program is not None else MONDAY

    async def stream(self, request: ModelRequest) -> AsyncGenerator[ModelEvent, None]:
        assert self.program is not None
        async with aclosing(self.program.answering.stream(request)) as events:
            async for event in events:
                yield event

    async def aclose(self) -> None:
        """Nothing to let go of."""


class SharedServer:
    """Each test is another user of it."""

    def __init__(self, base_url: str, shared_model: SharedModel, settings: Settings) -> None:
        self.base_url = base_url
        self.settings = settings
        self.shared_model = shared_model
        self._users = itertools.count(1)

    def program(self, folder: Path) -> "RemoteCommandRunner":
        self.shared_model.program = RemoteCommandRunner(folder, self.base_url, f"user-{next(self._users)}")
        return self.shared_model.program


@contextmanager
def shared_server(folder: Path) -> Iterator[SharedServer]:
    shared_model, up, addresses = SharedModel(), threading.Event(), list[str]()
    loop, leave = asyncio.new_event_loop(), asyncio.Event()

    async def serve() -> None:
        async with served(create_app(settings_in(folder), model=shared_model, clock=shared_model.clock)) as server:
            addresses.append(server.base_url)
            up.set()
            await leave.wait()

    def run() -> None:
        try:
            loop.run_until_complete(serve())
        finally:
            up.set()
            loop.close()

    thread = threading.Thread(target=run)
    thread.start()
    up.wait()
    try:
        yield SharedServer(addresses[0], shared_model, settings_in(folder))
    finally:
        if not loop.is_closed():
            loop.call_soon_threadsafe(leave.set)
        thread.join()


class RemoteCommandRunner(CommandRunner):
    """The same commands, on a list at the server."""

    def __init__(self, folder: Path, base_url: str, user_id: str) -> None:
        super().__init__(folder)
        self._address = Address.of(base_url)
        self._tokens = StoredTokens.of_token(token_for(user_id))

    @property
    def answering(self) -> Model:
        return self.model if self._chosen is not None else BuiltinModel()

    @asynccontextmanager
    async def _open(self, settings: Settings) -> AsyncIterator[Backend]:
        credentials = Credentials(self.settings.config_dir, environment={"KIROTODO_CREDENTIALS": "memory"})
        opened = RemoteBackend(self._address, self._tokens, credentials, timezone="Europe/Vienna")
        try:
            yield opened
        finally:
            await opened.aclose()
