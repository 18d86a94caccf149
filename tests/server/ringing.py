"""Processes that ring reminders from one database, and die by SIGKILL at a chosen moment of it."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from multiprocessing import get_context
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any, Final, Literal

from kirotodo.core.local import Core, utc_now
from kirotodo.server.ringer import Ringer
from kirotodo.server.webhook_sender import Delivery, WebhookSender
from tests.server.serving import settings_in

Moment = Literal["claimed", "rung"]
LEASE: Final = timedelta(hours=1)
"""However slow the machine is, no lease of a living process runs out; those of a dead one are ended by hand."""
_FORKS: Final = get_context("forkserver")
_FORKS.set_forkserver_preload([__name__])


class DoomedSender(WebhookSender):
    """Kills its process at the send number `number`: right before it (`claimed`), or right after it (`rung`)."""

    number: int = 0
    moment: Moment = "claimed"

    async def send_signed(self, url: str, **message: Any) -> Delivery:
        self.number -= 1
        if self.number == 0 and self.moment == "claimed":
            os.kill(os.getpid(), signal.SIGKILL)
        done = await super().send_signed(url, **message)
        if self.number == 0 and self.moment == "rung":
            os.kill(os.getpid(), signal.SIGKILL)
        return done


def _ring(folder: Path, url: str, number: int, moment: Moment, page: int) -> None:
    async def ring() -> None:
        core = await Core.open(settings_in(folder, database_url=url, db_pool_size=2), clock=utc_now)
        sender = DoomedSender(clock=utc_now, private=("127.0.0.0/8",))
        sender.number, sender.moment = number, moment
        ringer = Ringer(core, sender, lease=LEASE, retry=timedelta(), page=page, owner=str(os.getpid()))
        while True:
            await ringer.ring_due()
            await asyncio.sleep(0.05)

    asyncio.run(ring())


def start(folder: Path, url: str, *, number: int, moment: Moment, page: int) -> BaseProcess:
    """Start a process that rings until its send number `number`; 0 lets it live."""
    process = _FORKS.Process(target=_ring, args=(folder, url, number, moment, page), daemon=True)
    process.start()
    return process


@asynccontextmanager
async def two(
    folder: Path, url: str, *, kills: int, moment: Moment, page: int, end_leases: Callable[[str], Awaitable[None]]
) -> AsyncIterator[list[int]]:
    """Keep two processes ringing, each of which dies in turn, until `kills` of them have; the rest live. Yields a list
    that grows with each that died. `end_leases` lets the time pass after which the claims of an owner are anybody's."""
    died: list[int] = []
    running: set[BaseProcess] = set()

    def begin() -> None:
        number = 1 + (len(died) + len(running)) % 3 if len(died) + len(running) < kills else 0
        running.add(start(folder, url, number=number, moment=moment, page=page))

    async def replace() -> None:
        while True:
            for process in [each for each in running if not each.is_alive()]:
                running.discard(process)
                assert process.exitcode == -signal.SIGKILL
                await end_leases(str(process.pid))
                died.append(process.pid or 0)
                begin()
            await asyncio.sleep(0.01)

    begin()
    begin()
    replacing = asyncio.create_task(replace())
    try:
        yield died
    finally:
        replacing.cancel()
        outcome = await asyncio.gather(replacing, return_exceptions=True)
        for process in running:
            process.kill()
            process.join()
        assert not isinstance(outcome[0], AssertionError), outcome[0]
