"""A real server for a test: uvicorn on a socket at a free port, in the test's own event loop."""

import asyncio
import contextlib
import socket
import ssl
import threading
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import httpx2
import uvicorn
from fastapi import FastAPI

from kirotodo.core.local import Core
from kirotodo.core.settings import Settings
from kirotodo.server.auth.tokens import Tokens
from kirotodo.server.run import uvicorn_config

SECRET: Final = "a secret for tests, which is long enough"
STRAY: Final = httpx2.Timeout(60.0)
NO_TLS: Final = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""For clients of links without TLS, to whom the certificates of the machine are nothing: reading them takes longer than
most tests."""


def settings_in(folder: Path, **more: Any) -> Settings:
    """A server's settings with the list in `folder`, and limits that no test runs into by accident."""
    values: dict[str, Any] = {
        "kirotodo_home": folder,
        "database_url": f"sqlite+aiosqlite:///{folder / 'list.db'}",
        "timezone": "Europe/Vienna",
        "agent_timeout": 60.0,
        "better_auth_secret": SECRET,
        "rate_limit": 100_000,
        "rate_limit_burst": 100_000,
        "streams_per_user": 100_000,
    }
    return Settings(**{**values, **more})


def token_for(user_id: str) -> str:
    """A token as `kirotodo token` mints it, which holds whatever the test's clock says."""
    long_ago = datetime(2020, 1, 1, tzinfo=UTC)
    tokens = Tokens(SECRET, clock=lambda: long_ago)
    return tokens.sign_access(user_id, token_version=0, lifetime=timedelta(days=36_500))


def bearer(user_id: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token_for(user_id)}"}


@dataclass(frozen=True, kw_only=True)
class Served:
    """A running server."""

    app: FastAPI
    base_url: str

    @property
    def core(self) -> Core:
        core: Core = self.app.state.core
        return core

    def client(self, user_id: str = "1") -> httpx2.AsyncClient:
        """A client that is signed in as this user."""
        return httpx2.AsyncClient(
            verify=NO_TLS, base_url=f"{self.base_url}/api/{user_id}", headers=bearer(user_id), timeout=STRAY
        )


class _Server(uvicorn.Server):
    """uvicorn that leaves the test's signals alone and says when it is up."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.up = asyncio.Event()
        self.stop = asyncio.Event()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets=sockets)
        self.up.set()

    async def main_loop(self) -> None:
        await self.on_tick(0)
        await self.stop.wait()


@contextlib.asynccontextmanager
async def served(app: FastAPI, *, hang_up_seconds: int | None = None) -> AsyncIterator[Served]:
    """`app` behind a real socket. Open streams are told to reconnect at the end, as with any stop."""
    listening = socket.create_server(("127.0.0.1", 0))
    config = uvicorn_config(app, app.state.settings)
    if hang_up_seconds is not None:
        config.timeout_graceful_shutdown = hang_up_seconds
    server = _Server(config)
    running = asyncio.create_task(server.serve(sockets=[listening]))
    up = asyncio.create_task(server.up.wait())
    await asyncio.wait((running, up), return_when=asyncio.FIRST_COMPLETED)
    up.cancel()
    if running.done():
        running.result()
    try:
        yield Served(app=app, base_url=f"http://127.0.0.1:{listening.getsockname()[1]}")
    finally:
        app.state.drain.begin()
        server.stop.set()
        await running


@contextlib.contextmanager
def served_in_a_thread(app: FastAPI) -> Iterator[str]:
    """`app` behind a real socket, in an event loop and a thread of its own; gives its address."""
    up: Future[str] = Future()
    stop: Future[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = Future()

    async def run() -> None:
        end = asyncio.Event()
        stop.set_result((asyncio.get_running_loop(), end))
        async with served(app) as running:
            up.set_result(running.base_url)
            await end.wait()

    thread = threading.Thread(target=lambda: asyncio.run(run()))
    thread.start()
    try:
        yield up.result(90)
    finally:
        loop, end = stop.result()
        loop.call_soon_threadsafe(end.set)
        thread.join(90)
