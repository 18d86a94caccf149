"""A backend to run the contract suite over, with the fakes behind it at hand.

A second backend joins by adding a class with the same members and naming it in `HARNESSES`.
"""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final, Protocol

from kirotodo.client.accounts.address import Address
from kirotodo.client.accounts.credentials import Credentials, StoredTokens
from kirotodo.client.remote.backend import RemoteBackend
from kirotodo.core.backend import Backend, Link
from kirotodo.core.domain.conversation import Sent
from kirotodo.core.events import FINAL_EVENTS, ApprovalRequested, TurnEvent
from kirotodo.core.local import LocalBackend
from kirotodo.core.models.builtin.model import BuiltinModel
from kirotodo.core.models.model import Model
from kirotodo.core.models.scripted import ScriptedModel
from kirotodo.core.settings import Settings
from kirotodo.server.app import create_app
from tests.server.serving import served, settings_in, token_for

MONDAY: Final = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.now = MONDAY

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **amount: float) -> None:
        self.now += timedelta(**amount)


class BackendHarness(Protocol):
    """One backend under test. `model` is what answers; `reopen` is the next start of the program on the same data."""

    backend: Backend
    model: ScriptedModel
    clock: Clock
    link: Link
    place: str

    async def start(self) -> None: ...

    async def reopen(self) -> None: ...

    async def use_builtin(self) -> None:
        """Let the built-in model answer from now on."""

    async def let_turns_take(self, seconds: float) -> None:
        """End turns that take longer from now on."""

    async def aclose(self) -> None: ...


class LocalHarness:
    """The core in this process."""

    link: Link = "local"
    place = "local"

    def __init__(self, folder: Path, database_url: str) -> None:
        self.clock = Clock()
        self.model = ScriptedModel()
        self._chosen: Model = self.model
        self._settings = Settings(
            kirotodo_home=folder,
            database_url=database_url,
            timezone="Europe/Vienna",
            agent_timeout=60.0,
        )

    async def start(self) -> None:
        self.backend: Backend = await LocalBackend.open(self._settings, clock=self.clock, model=self._chosen)

    async def reopen(self) -> None:
        await self.backend.aclose()
        await self.start()

    async def use_builtin(self) -> None:
        self._chosen = BuiltinModel()
        await self.reopen()

    async def let_turns_take(self, seconds: float) -> None:
        self._settings = self._settings.replaced(agent_timeout=seconds)
        await self.reopen()

    async def aclose(self) -> None:
        await self.backend.aclose()


class RemoteHarness:
    """The core behind a server on a real socket, spoken to over HTTP."""

    link: Link = "online"

    def __init__(self, folder: Path, database_url: str) -> None:
        self.clock = Clock()
        self.model = ScriptedModel()
        self._chosen: Model = self.model
        self._settings = settings_in(folder, database_url=database_url)
        self._open = AsyncExitStack()

    async def start(self) -> None:
        app = create_app(self._settings, model=self._chosen, clock=self.clock)
        server = await self._open.enter_async_context(served(app))
        remote = RemoteBackend(
            Address.of(server.base_url),
            StoredTokens.of_token(token_for("1")),
            Credentials(self._settings.config_dir, environment={"KIROTODO_CREDENTIALS": "memory"}),
            timezone="Europe/Vienna",
        )
        self._open.push_async_callback(remote.aclose)
        self.backend: Backend = remote
        self.place = remote.address.host

    async def reopen(self) -> None:
        await self._open.aclose()
        await self.start()

    async def use_builtin(self) -> None:
        self._chosen = BuiltinModel()
        await self.reopen()

    async def let_turns_take(self, seconds: float) -> None:
        self._settings = self._settings.replaced(agent_timeout=seconds)
        await self.reopen()

    async def aclose(self) -> None:
        await self._open.aclose()


HARNESSES: Final[Mapping[str, Callable[[Path, str], BackendHarness]]] = {"local": LocalHarness, "remote": RemoteHarness}


async def until_final(backend: Backend, sent: Sent, *, after: int = 0) -> list[TurnEvent]:
    """Every event of the turn."""
    return [event async for event in backend.watch(sent.turn_id, after=after)]


async def until_parked(backend: Backend, sent: Sent) -> ApprovalRequested:
    """The turn's first request for an approval; the viewer leaves then."""
    events: AsyncIterator[TurnEvent] = backend.watch(sent.turn_id)
    async for event in events:
        if isinstance(event, ApprovalRequested):
            return event
        assert not isinstance(event, FINAL_EVENTS), f"the turn ended without asking: {event}"
    raise AssertionError("the stream ended without a final event")


async def say(backend: Backend, text: str, conversation_id: int | None = None) -> tuple[Sent, list[TurnEvent]]:
    """Send `text` and see its turn through."""
    sent = await backend.send(text, conversation_id=conversation_id)
    return sent, await until_final(backend, sent)
