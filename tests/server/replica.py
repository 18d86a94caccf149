"""Servers as processes of their own on one database, and the power to kill one in the middle of a commit.

They are forked from a process that has imported everything, so that one is up in a moment.
"""

import asyncio
import os
import signal
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any, Final, Literal

import httpx2
import uvicorn

from kirotodo.core.models.model import ModelRequest, ToolOutcome, UserText
from kirotodo.core.models.scripted import Item, ScriptedModel, Wait, call
from kirotodo.core.store.database import Database, Store
from kirotodo.server.app import create_app
from tests.server.serving import NO_TLS, bearer, settings_in

Moment = Literal["before", "after"]
STRAY: Final = httpx2.Timeout(20.0)
_FORKS: Final = get_context("forkserver")
_FORKS.set_forkserver_preload([__name__])


def model(*, hangs: bool) -> ScriptedModel:
    """Adds the tasks a and b in two rounds, then answers; knows nothing but what it sees, as a real one does. One that
    `hangs` says nothing more once the first is there. Asked to delete all, it tries to."""

    def step(request: ModelRequest) -> list[Item]:
        last_message = max(place for place, item in enumerate(request.history) if isinstance(item, UserText))
        message, *rest = request.history[last_message:]
        outcomes = [item for item in rest if isinstance(item, ToolOutcome)]
        if message == UserText(text="delete all"):
            return ["Gone."] if outcomes else [call("delete_task", task_ids=[1, 2])]
        if hangs and outcomes:
            return ["Wait. ", Wait(gate=asyncio.Event())]
        if len(outcomes) < 2:
            return ["Working. ", call("add_task", title="ab"[len(outcomes)])]
        return ["All ", "done."]

    return ScriptedModel(*[step] * 100)


def doom(number: int, moment: Moment) -> None:
    """Let this process die right before or right after it commits its write number `number` from now."""
    begin, left = Database.begin, number

    @asynccontextmanager
    async def doomed(database: Database, user_id: str, **of: Any) -> AsyncIterator[Store]:
        nonlocal left
        async with begin(database, user_id, **of) as store:
            yield store
            left -= 1
            if left == 0 and moment == "before":
                os.kill(os.getpid(), signal.SIGKILL)
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    Database.begin = doomed  # type: ignore[method-assign, assignment]


def run(ear: socket.socket, folder: str, url: str, hangs: bool, death: tuple[int, Moment] | None) -> None:
    """A server on this socket, until somebody stops it."""
    app = create_app(settings_in(Path(folder), database_url=url), model=model(hangs=hangs))
    server = uvicorn.Server(uvicorn.Config(app, log_config=None, lifespan="on", timeout_graceful_shutdown=1))

    if death is not None:
        doom(*death)
    server.run(sockets=[ear])


@dataclass(kw_only=True)
class Replica:
    """One of the servers."""

    base_url: str
    process: BaseProcess

    def client(self, user_id: str = "1") -> httpx2.AsyncClient:
        return httpx2.AsyncClient(
            verify=NO_TLS, base_url=f"{self.base_url}/api/{user_id}", headers=bearer(user_id), timeout=STRAY
        )

    @property
    def pid(self) -> int:
        assert self.process.pid is not None
        return self.process.pid

    def kill(self) -> None:
        self.process.kill()
        self.process.join()


@contextmanager
def replicas(folder: Path, url: str) -> Iterator[Callable[..., Replica]]:
    """Starts servers on the database at `url`; whatever still runs at the end is killed."""
    started: list[Replica] = []

    def start(*, hangs: bool = False, death: tuple[int, Moment] | None = None) -> Replica:
        ear = socket.create_server(("127.0.0.1", 0))
        process = _FORKS.Process(target=run, args=(ear, str(folder), url, hangs, death), daemon=True)
        process.start()
        replica = Replica(base_url=f"http://127.0.0.1:{ear.getsockname()[1]}", process=process)
        ear.close()
        started.append(replica)
        return replica

    try:
        yield start
    finally:
        for replica in started:
            replica.kill()
