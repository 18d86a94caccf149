# ruff: noqa: ASYNC240 (nobody waits for a test that blocks)
"""The browser front end over real sockets, with a small program in place of the terminal client."""

import asyncio
import json
import os
import re
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

import aiohttp
import pytest

from kirotodo.server.browser import site, visitor
from kirotodo.server.browser.site import FULL, UNUSED, Site, served
from tests.waiting import until

ECHO_PROGRAM: Final = """
import json, os, sys
def send(kind, payload):
    sys.stdout.buffer.write(kind + len(payload).to_bytes(4, "big") + payload)
    sys.stdout.buffer.flush()
print("__GANGLION__", flush=True)
send(b"D", json.dumps({"pid": os.getpid(), "cwd": os.getcwd(), "environment": dict(os.environ)}).encode())
while head := sys.stdin.buffer.read(5):
    payload = sys.stdin.buffer.read(int.from_bytes(head[1:], "big"))
    if head[:1] == b"M" and json.loads(payload)["type"] == "quit":
        break
    send(b"D", payload)
"""
"""Speaks as Textual's driver for the web does: says what it was given, then gives back whatever it hears."""

HANGS: Final = ECHO_PROGRAM.replace('json.loads(payload)["type"] == "quit"', "False").replace(
    "import json, os, sys",
    "import json, os, signal, sys; signal.signal(signal.SIGTERM, signal.SIG_IGN)",
)


class Opened:
    """A socket of a visitor, and what his process told first."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse, greeting: dict[str, Any]) -> None:
        self.socket = socket
        self.greeting = greeting

    async def send(self, *message: object) -> bytes:
        await self.socket.send_str(json.dumps(message))
        received: bytes = (await self.socket.receive(timeout=60)).data
        return received


@asynccontextmanager
async def at(program: str = ECHO_PROGRAM, **options: Any) -> AsyncIterator[tuple[Site, aiohttp.ClientSession]]:
    site = Site((sys.executable, "-c", program), environment={"KIROTODO_SERVER": "https://api.test"}, **options)
    async with served(site, "127.0.0.1", 0) as address, aiohttp.ClientSession(address) as client:
        yield site, client


@asynccontextmanager
async def visit(
    client: aiohttp.ClientSession, path: str = "/ws/Europe/Vienna?width=100&height=40", **headers: str
) -> AsyncIterator[Opened]:
    async with client.ws_connect(path, headers=headers) as socket:
        yield Opened(socket, json.loads((await socket.receive(timeout=60)).data))


def gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


async def text_of(client: aiohttp.ClientSession, path: str) -> tuple[int, str]:
    async with client.get(path) as answer:
        return answer.status, await answer.text()


async def test_the_page_has_a_title_and_fetches_nothing_from_elsewhere() -> None:
    async with at(title="Ann's <list>") as (_, client), client.get("/") as answer:
        page = await answer.text()
        assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'; script-src 'self'")
        for part in re.findall(r'(?:src|href)="(/[^"]+)"', page):
            async with client.get(part) as found:
                assert found.status == 200
    assert "<title>Ann&#x27;s &lt;list&gt;</title>" in page
    assert "://" not in page
    assert "python" not in page


@pytest.mark.parametrize("path", ["/page/index.html", "/page/../site.py", "/page/x", "/static/../server.py", "/x"])
async def test_nothing_else_can_be_had(path: str) -> None:
    async with at() as (_, client):
        assert (await text_of(client, path))[0] == 404


async def test_it_says_that_it_is_well_and_who_is_here() -> None:
    async with at() as (_, client):
        assert json.loads((await text_of(client, "/health"))[1])["visitors"] == 0
        async with visit(client):
            greeting = json.loads((await text_of(client, "/health"))[1])
    assert greeting["status"] == "ok"
    assert greeting["visitors"] == 1


async def test_a_visitor_is_given_no_more_than_he_needs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BETTER_AUTH_SECRET", "x" * 40)
    monkeypatch.setenv("OPENAI_API_KEY", "sk-of-the-house")
    async with at() as (_, client), visit(client) as opened:
        given = opened.greeting["environment"]
    assert given["KIROTODO_SERVER"] == "https://api.test"
    assert given["TIMEZONE"] == "Europe/Vienna"
    assert (given["COLUMNS"], given["ROWS"]) == ("100", "40")
    assert not [name for name in given if "SECRET" in name or "OPENAI" in name]


async def test_visitors_have_a_process_and_a_folder_each_and_leave_nothing() -> None:
    async with at() as (site, client), visit(client) as one, visit(client) as other:
        folders = [Path(each.greeting["cwd"]) for each in (one, other)]
        processes = [each.greeting["pid"] for each in (one, other)]
        assert len({*folders, *processes}) == 4
        assert [each.greeting["environment"]["KIROTODO_HOME"] for each in (one, other)] == [
            str(each) for each in folders
        ]
        assert all(folder.stat().st_mode & 0o077 == 0 for folder in folders)
        await one.socket.close()
        await other.socket.close()
        await until(lambda: site.visitors == 0)
        assert not [folder for folder in folders if folder.exists()]
        assert all(map(gone, processes))


async def test_what_is_typed_reaches_the_process_and_what_it_draws_the_page() -> None:
    async with at() as (_, client), visit(client) as opened:
        assert await opened.send("stdin", "grün") == "grün".encode()


@pytest.mark.parametrize("size", [(10**9, 10**9), (-5, 0)])
async def test_no_size_is_too_large_or_too_small(size: tuple[int, int]) -> None:
    async with at() as (_, client), visit(client) as opened:
        greeting = json.loads(await opened.send("resize", {"width": size[0], "height": size[1]}))
    assert greeting["width"] in visitor.WIDTHS
    assert greeting["height"] in visitor.HEIGHTS


@pytest.mark.parametrize(
    "message", ["{}", "[]", "nonsense", '["stdin"]', '["resize", {}]', '["resize", {"width": "x"}]', "[" * 5000]
)
async def test_a_socket_that_talks_nonsense_is_closed(message: str) -> None:
    async with at() as (site, client), visit(client) as opened:
        await opened.socket.send_str(message)
        assert (await opened.socket.receive(timeout=60)).type in (aiohttp.WSMsgType.CLOSE, aiohttp.WSMsgType.CLOSED)
        await until(lambda: site.visitors == 0)
        assert gone(opened.greeting["pid"])


async def test_a_process_that_does_not_leave_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(visitor, "PATIENCE_SECONDS", 0.2)
    async with at(HANGS) as (site, client), visit(client) as opened:
        await opened.socket.close()
        await until(lambda: site.visitors == 0)
        assert gone(opened.greeting["pid"])
        assert not Path(opened.greeting["cwd"]).exists()


async def closed_with(client: aiohttp.ClientSession, headers: dict[str, str] | None = None) -> str:
    async with client.ws_connect("/ws/", headers=headers) as socket:
        message = await socket.receive(timeout=60)
        assert message.type is aiohttp.WSMsgType.CLOSE
        return str(message.extra)


async def test_there_are_only_so_many_places() -> None:
    async with at(visitors=1) as (site, client):
        async with visit(client):
            assert await closed_with(client) == FULL
        await until(lambda: site.visitors == 0)
        async with visit(client):
            pass


@pytest.mark.parametrize(("proxies", "places"), [(("127.0.0.1",), 2), (("*",), 2), ((), 1)])
async def test_one_address_cannot_take_them_all(proxies: Sequence[str], places: int) -> None:
    one, other = {"X-Forwarded-For": "9.9.9.9, 198.51.100.1"}, {"X-Forwarded-For": "198.51.100.2"}
    async with at(per_address=1, proxies=proxies) as (site, client), visit(client, **one):
        assert await closed_with(client, one) == FULL
        if places == 1:
            assert await closed_with(client, other) == FULL
            return
        async with visit(client, **other):
            assert site.visitors == 2


async def test_another_sites_page_opens_no_terminal() -> None:
    async with at() as (site, client):
        with pytest.raises(aiohttp.WSServerHandshakeError, match="403"):
            await client.ws_connect("/ws/", headers={"Origin": "https://evil.test"})
        assert site.visitors == 0


async def test_a_foreign_name_for_this_machine_opens_no_terminal() -> None:
    async with at() as (_, client):
        port = client._base_url.port  # type: ignore[union-attr]
        rebound = {"Host": f"evil.example:{port}", "Origin": f"http://evil.example:{port}"}
        with pytest.raises(aiohttp.WSServerHandshakeError, match="403"):
            await client.ws_connect("/ws/", headers=rebound)
        async with visit(client, Host=f"localhost:{port}", Origin=f"http://localhost:{port}"):
            pass
        async with visit(client, **rebound, **{"X-Forwarded-For": "198.51.100.1"}):
            pass  # a proxy on this machine hands names on


async def test_an_ipv6_network_is_one_address() -> None:
    async with (
        at(per_address=1, proxies=("127.0.0.0/8",)) as (_, client),
        visit(client, **{"X-Forwarded-For": "2001:db8:1:2::1"}) as first,
    ):
        assert first.greeting["environment"]["KIROTODO_VISITOR_ADDRESS"] == "2001:db8:1:2::1"
        assert await closed_with(client, {"X-Forwarded-For": "2001:db8:1:2:ffff::2"}) == FULL
        async with visit(client, **{"X-Forwarded-For": "2001:db8:1:3::1"}):
            pass


async def test_answers_name_no_versions() -> None:
    async with at() as (_, client):
        for path in ("/", "/health", "/none", "/static/js/textual.js"):
            async with client.get(path) as answer:
                assert "Server" not in answer.headers


@pytest.mark.parametrize("zone", ["", "Mars/Olympus", "../etc/passwd"])
async def test_an_unknown_zone_is_left_out(zone: str) -> None:
    async with at() as (_, client):
        path = f"/ws/{zone}" if ".." not in zone else "/ws//etc/localtime"
        async with visit(client, path) as opened:
            assert "TIMEZONE" not in opened.greeting["environment"]


async def test_at_the_end_everybody_is_told_and_every_process_is_gone() -> None:
    async with at() as (_, client):
        session = aiohttp.ClientSession(client._base_url)
        socket = await session.ws_connect("/ws/")
        greeting = json.loads((await socket.receive(timeout=60)).data)
        closing = asyncio.create_task(socket.receive(timeout=60))
    assert (await closing).data == aiohttp.WSCloseCode.GOING_AWAY
    await session.close()
    await until(lambda: gone(greeting["pid"]))


async def test_a_tab_in_which_nothing_is_typed_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(site, "UNUSED_SECONDS", 1.0)
    async with at() as (here, client), visit(client) as typing:
        assert await typing.send("stdin", "a") == b"a"
        async with visit(client, "/ws/") as quiet:
            message = await quiet.socket.receive(timeout=60)
            assert (message.type, message.extra) == (aiohttp.WSMsgType.CLOSE, UNUSED)
        await until(lambda: here.visitors == 1)
        assert await typing.send("stdin", "b") == b"b", "who typed once may rest"
