"""A server that goes away and comes back, and a client with a copy of its list."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date
from pathlib import Path
from typing import Any, Final

from kirotodo.client.accounts.address import Address
from kirotodo.client.accounts.credentials import StoredTokens
from kirotodo.client.remote.offline import OfflineBackend
from kirotodo.core.backend import PendingEdits
from kirotodo.core.domain.pending_edit import PendingEdit
from kirotodo.core.domain.task import TaskFilter
from kirotodo.core.kept_list import KeptList
from kirotodo.core.local import LocalBackend
from kirotodo.core.retry import Backoff
from kirotodo.core.settings import Settings
from kirotodo.server.app import create_app
from tests.client.remote.cutting_proxy import CuttingProxy, cutting_proxy
from tests.client.remote.raw_server import in_memory
from tests.contract.harness import Clock
from tests.lists import list_at
from tests.server.serving import Served, served, settings_in, token_for
from tests.waiting import until

MONDAY = date(2026, 11, 23)

SLOW: Final = Backoff(first=0.05, longest=0.3)
"""Of one that is away for a whole test: trying all the time, it would keep the test's own work waiting."""


class Harness:
    """A server, the proxy before it, and what the client was told of the edits that wait."""

    def __init__(self, server: Served, proxy: CuttingProxy, clock: Clock, folder: Path) -> None:
        self.server = server
        self.proxy = proxy
        self.clock = clock
        self.copy = folder / "client" / "copy.db"
        self.settings = Settings(kirotodo_home=folder / "client", timezone="Europe/Vienna")
        self.told: list[PendingEdits] = []

    @property
    def direct(self) -> LocalBackend:
        return self.server.core.of("ann")

    @property
    def notes(self) -> list[str]:
        return [note.text for note in self.told[-1].notes]

    async def titles(self, **where: Any) -> list[str]:
        return [task.title for task in (await self.direct.tasks(TaskFilter(**where))).items]

    @asynccontextmanager
    async def opened(self, *, insist: bool = True) -> AsyncIterator[OfflineBackend]:
        """Open the list as a start of the program does. It isn't followed yet."""
        list_at(self.copy)
        kept = await KeptList.open(self.copy, self.settings, clock=self.clock)
        backend = OfflineBackend(
            Address.of(self.proxy.url),
            StoredTokens.of_token(token_for("ann")),
            in_memory(),
            kept=kept,
            now=self.clock,
            timezone="Europe/Vienna",
            insist=insist,
            backoff=SLOW,
        )
        backend.on_pending(self.told.append)
        try:
            yield backend
        finally:
            await backend.aclose()

    @asynccontextmanager
    async def followed(self) -> AsyncIterator[OfflineBackend]:
        """Open the list and follow it, as a chat does, until the copy is whole."""
        async with self.opened() as backend, following(backend):
            await until(lambda: backend._whole)
            yield backend

    async def waiting(self) -> tuple[PendingEdit, ...]:
        kept = await KeptList.open(self.copy, self.settings, clock=self.clock)
        try:
            return await kept.edits()
        finally:
            await kept.aclose()


@asynccontextmanager
async def following(backend: OfflineBackend) -> AsyncIterator[list[Any]]:
    seen: list[Any] = []

    async def follow() -> None:
        async for change in backend.changes():
            seen.append(change)

    task = asyncio.create_task(follow())
    try:
        yield seen
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def sent(backend: OfflineBackend) -> None:
    """Wait until every edit is sent, and what came of it is told."""

    async def none_waits() -> bool:
        return not await backend._kept.edits()

    await until(none_waits, pause=0.01)
    async with backend._order:  # what came of the last one is told before it is given back
        pass


async def shows(backend: OfflineBackend, *titles: str) -> None:
    async def same() -> bool:
        return [task.title for task in await backend.last_known() or ()] == list(titles)

    await until(same, pause=0.01)


@asynccontextmanager
async def offline_harness(folder: Path, empty_list: Path) -> AsyncIterator[Harness]:
    shutil.copy(empty_list, folder / "list.db")
    clock = Clock()
    app = create_app(settings_in(folder), clock=clock)
    async with served(app) as server, cutting_proxy(int(server.base_url.rpartition(":")[2])) as proxy:
        yield Harness(server, proxy, clock, folder)


async def gone_away(harness: Harness, backend: OfflineBackend) -> None:
    harness.proxy.go_away()
    await until(lambda: backend._down)
