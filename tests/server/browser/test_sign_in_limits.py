"""Sign-in limits along the whole way: a visitor of a running `kirotodo web`, their terminal client, the API server."""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import httpx2
import pytest

from kirotodo.core.models.scripted import ScriptedModel
from kirotodo.server.app import create_app
from tests.end_to_end.installed_program import KIROTODO, InstalledProgram
from tests.server.serving import served, settings_in

pytestmark = pytest.mark.slow

EMAIL = "ann@example.com"
PASSWORD = "a rather long sentence"
PATIENCE = 60.0


@asynccontextmanager
async def web(folder: Path, api: str) -> AsyncIterator[str]:
    """`kirotodo web` as a program, behind a proxy on this machine."""
    environment = {**InstalledProgram(folder).environment, "FORWARDED_ALLOW_IPS": "127.0.0.1"}
    command = [str(KIROTODO), "web", "--server", api, "--port", "0"]
    process = await asyncio.create_subprocess_exec(*command, env=environment, stderr=asyncio.subprocess.PIPE)
    try:
        assert process.stderr is not None
        said = (await process.stderr.readline()).decode()
        address = re.search(r"http://127\.0\.0\.1:\d+", said)
        assert address is not None, said
        yield address[0]
    finally:
        process.terminate()
        await process.communicate()


@asynccontextmanager
async def visitor(site: str, address: str) -> AsyncIterator["Tab"]:
    async with (
        aiohttp.ClientSession(site) as client,
        client.ws_connect("/ws/?width=120&height=40", headers={"X-Forwarded-For": address}) as socket,
    ):
        yield Tab(socket)


class Tab:
    """A visitor's page: what was typed into it and drawn on it."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket
        self._drawn = ""

    async def type(self, text: str) -> None:
        await self._socket.send_str(json.dumps(["stdin", text]))

    async def wait_for(self, text: str) -> None:
        """Read on until the page was given this text, escape sequences aside."""
        await self._read_until(lambda: text in re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", self._drawn))

    async def next_field(self) -> None:
        """Press tab, and wait until the cursor is in another line."""
        before = self._row
        await self.type("\t")
        await self._read_until(lambda: self._row != before)

    @property
    def _row(self) -> str:
        return str(re.findall(r"\x1b\[(\d+);\d+H", self._drawn)[-1])

    async def _read_until(self, seen: Callable[[], bool]) -> None:
        async with asyncio.timeout(PATIENCE):
            while not seen():
                message = await self._socket.receive()
                assert message.type in (aiohttp.WSMsgType.BINARY, aiohttp.WSMsgType.TEXT), message
                if message.type is aiohttp.WSMsgType.BINARY:
                    self._drawn += message.data.decode("utf-8", "replace")

    async def fill_in(self) -> None:
        await self.wait_for("email")
        await self.type(EMAIL)
        await self.wait_for(EMAIL)
        await self.next_field()
        await self.type(PASSWORD)
        await self.wait_for("•" * len(PASSWORD))

    async def submit(self) -> None:
        await self.type("\r")


async def test_visitors_have_sign_in_limits_of_their_own(tmp_path: Path) -> None:
    """A visitor who tried too often keeps nobody else out, although all of them come from the front end's address."""
    settings = settings_in(tmp_path, forwarded_allow_ips="127.0.0.1", rate_limit=3, rate_limit_burst=10)
    async with (
        served(create_app(settings, model=ScriptedModel())) as server,
        web(tmp_path, server.base_url) as site,
        httpx2.AsyncClient(timeout=60, base_url=server.base_url, trust_env=False) as api,
    ):
        assert (await api.post("/api/auth/signup", json={"email": EMAIL, "password": PASSWORD})).status_code == 201
        async with visitor(site, "203.0.113.1") as tab:
            await tab.fill_in()
            # Only now, since the limit lets one more through every 20 seconds.
            await _guess_until_refused(api, "203.0.113.1")
            await tab.submit()
            await tab.wait_for("Too many sign-in attempts")
        async with visitor(site, "203.0.113.2") as tab:
            await tab.fill_in()
            await tab.submit()
            await tab.wait_for("0 open")


async def _guess_until_refused(api: httpx2.AsyncClient, address: str) -> None:
    guess = {"email": EMAIL, "password": "a wrong guess"}
    for _ in range(50):
        answer = await api.post("/api/auth/signin", json=guess, headers={"X-Forwarded-For": address})
        if answer.status_code == 429:
            return
        assert answer.status_code == 401
    raise AssertionError("no guess was refused")
