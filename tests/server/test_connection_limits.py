"""Connections as a stranger may use them: silent, half, slow, large and many, on real sockets."""

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, Final

import pytest

from kirotodo.core.models.scripted import ScriptedModel, Wait
from kirotodo.core.settings import Settings
from kirotodo.server import connection_limits
from kirotodo.server.app import create_app
from tests.server.serving import Served, bearer, served

HEAD: Final = b"POST /api/1/tasks HTTP/1.1\r\nHost: x\r\n"
SIGNED_IN: Final = b"Authorization: " + bearer("1")["Authorization"].encode() + b"\r\n"
JSON: Final = b"Content-Type: application/json\r\n"
HEALTH: Final = b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n"
SOON: Final = 0.3


Serve = Callable[..., Any]


@pytest.fixture
def serve(settings: Settings, model: ScriptedModel) -> Serve:
    @asynccontextmanager
    async def start(**more: Any) -> AsyncIterator[Served]:
        async with served(create_app(settings.replaced(**more), model=model)) as server:
            yield server

    return start


class Raw:
    """A socket to a server, and what came back on it."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    async def sends(self, data: bytes) -> None:
        self.writer.write(data)
        await self.writer.drain()

    async def answer(self) -> tuple[int, dict[str, str], bytes]:
        """The next answer: status, headers and body."""
        async with asyncio.timeout(60):
            head = (await self.reader.readuntil(b"\r\n\r\n")).decode()
            status, *lines = head.rstrip().split("\r\n")
            headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
            body = await self.reader.readexactly(int(headers.get("content-length", 0)))
        return int(status.split()[1]), headers, body

    async def refusal(self, status: int, code: str) -> str:
        """The sentence of the problem that comes back."""
        found, headers, body = await self.answer()
        problem = json.loads(body)
        assert (found, problem["code"], problem["status"]) == (status, code, status)
        assert headers["content-type"] == "application/problem+json"
        return str(problem["detail"])

    async def ended(self) -> bytes:
        """What else comes before the server closes the connection."""
        async with asyncio.timeout(60):
            return await self.reader.read()


@asynccontextmanager
async def connected(server: Served) -> AsyncIterator[Raw]:
    port = int(server.base_url.rpartition(":")[2])
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        yield Raw(reader, writer)
    finally:
        writer.close()


async def is_well(server: Served) -> bool:
    async with connected(server) as raw:
        await raw.sends(HEALTH)
        return (await raw.answer())[0] == 200


async def test_a_silent_connection_is_closed_without_a_word(serve: Serve) -> None:
    async with serve(request_timeout=SOON) as server, connected(server) as raw:
        assert await raw.ended() == b""


@pytest.mark.parametrize(
    "begun",
    [
        HEAD,
        HEAD[:7],
        HEAD + SIGNED_IN + JSON + b"Content-Length: 20\r\n\r\n" + b'{"ti',
        HEAD + SIGNED_IN + JSON + b"Transfer-Encoding: chunked\r\n\r\n5\r\n",
    ],
    ids=["half a head", "half a line", "half a body", "half a chunk"],
)
async def test_half_a_request_is_answered_408_and_closed(serve: Serve, begun: bytes) -> None:
    async with serve(request_timeout=SOON) as server, connected(server) as raw:
        await raw.sends(begun)
        assert "in time" in await raw.refusal(408, "invalid_input")
        assert await raw.ended() == b""
        assert await is_well(server)


async def test_a_body_that_trickles_is_cut(serve: Serve) -> None:
    async with serve(request_timeout=SOON) as server, connected(server) as raw:
        await raw.sends(HEAD + SIGNED_IN + JSON + b"Content-Length: 100000\r\n\r\n")

        async def trickle() -> None:
            while True:
                await raw.sends(b" ")
                await asyncio.sleep(0.02)

        trickling = asyncio.create_task(trickle())
        await raw.refusal(408, "invalid_input")
        trickling.cancel()
        await asyncio.gather(trickling, return_exceptions=True)


async def test_a_body_that_keeps_coming_gets_the_time_it_needs(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection_limits, "BYTES_PER_SECOND", 100)
    body = b'{"title": "Milk"' + b" " * 500 + b"}"
    async with serve(request_timeout=SOON) as server, connected(server) as raw:
        await raw.sends(HEAD + SIGNED_IN + JSON + b"Content-Length: %d\r\n\r\n" % len(body))
        for start in range(0, len(body), 60):
            await raw.sends(body[start : start + 60])
            await asyncio.sleep(0.05)
        assert (await raw.answer())[0] == 201


async def test_answers_may_take_longer_than_requests(serve: Serve, model: ScriptedModel) -> None:
    gate = asyncio.Event()
    model.extend(["Let me see. ", Wait(gate=gate), "Done."])
    body = b'{"message":"hi"}'
    begin = HEAD.replace(b"/tasks", b"/chat/stream") + SIGNED_IN + JSON + b"Content-Length: %d\r\n\r\n" % len(body)
    async with serve(request_timeout=SOON) as server, connected(server) as raw:
        await raw.sends(begin + body)
        await asyncio.sleep(3 * SOON)
        gate.set()
        await raw.reader.readuntil(b"event: turn_finished")


async def test_a_connection_is_used_again_and_again_and_what_comes_next_has_a_deadline(serve: Serve) -> None:
    async with serve(request_timeout=SOON) as server, connected(server) as raw:
        for _ in range(3):
            await raw.sends(HEALTH)
            assert (await raw.answer())[0] == 200
        await asyncio.sleep(2 * SOON)  # an idle one may stay longer: load balancers keep theirs open
        await raw.sends(HEALTH + HEALTH + HEALTH[:9])
        assert [(await raw.answer())[0] for _ in range(2)] == [200, 200]
        await raw.refusal(408, "invalid_input")


@pytest.mark.parametrize(
    "head",
    [
        b"X-A: " + b"a" * 400_000,
        b"X-A: " + b"a" * 20_000 + b"\r\n\r\n",
        b"".join(b"X-%d: a\r\n" % number for number in range(200)) + b"\r\n",
        b"".join(b"X-%d: %b\r\n" % (number, b"a" * 9_000) for number in range(5)) + b"\r\n",
    ],
    ids=["one without end", "one", "many", "together"],
)
async def test_a_head_has_a_bound(server: Served, head: bytes) -> None:
    async with connected(server) as raw:
        raw.writer.write(b"GET /health HTTP/1.1\r\nHost: x\r\n" + head)
        await raw.refusal(431, "too_large")
    assert await is_well(server)


async def test_what_is_no_http_is_refused_as_a_problem(server: Served) -> None:
    for garbage in (b"\x16\x03\x01\x02\x00\x01\r\n\r\n", b"GET /health HTTP/1.1\r\nno colon\r\n\r\n", b"GET\r\n\r\n"):
        async with connected(server) as raw:
            await raw.sends(garbage)
            await raw.refusal(400, "invalid_input")
            assert await raw.ended() == b""


async def test_the_longest_silent_connection_makes_room_for_a_new_one(
    serve: Serve, model: ScriptedModel, caplog: pytest.LogCaptureFixture
) -> None:
    gate = asyncio.Event()
    model.extend([Wait(gate=gate), "Done."])
    body = b'{"message":"hi"}'
    async with serve(max_connections=16, request_timeout=30) as server:
        async with connected(server) as busy:
            begin = HEAD.replace(b"/tasks", b"/chat/stream") + SIGNED_IN + JSON
            await busy.sends(begin + b"Content-Length: %d\r\n\r\n" % len(body) + body)
            await busy.reader.readuntil(b"event: turn_started")
            with caplog.at_level(logging.WARNING, logger="kirotodo.server.connection_limits"):
                crowd = [await asyncio.open_connection(*busy.writer.get_extra_info("peername")) for _ in range(40)]
                for _ in range(5):
                    assert await is_well(server)
            ours = [record for record in caplog.records if record.name == "kirotodo.server.connection_limits"]
            assert [record.args for record in ours] == [(16,)]
            gate.set()
            await busy.reader.readuntil(b"event: turn_finished")
        for _, writer in crowd:
            writer.close()


async def test_where_every_connection_is_busy_a_new_one_is_refused(serve: Serve, model: ScriptedModel) -> None:
    gates = [asyncio.Event() for _ in range(16)]
    for gate in gates:
        model.extend([Wait(gate=gate), "Done."])
    async with serve(max_connections=16) as server:
        crowd = []
        for _ in gates:
            reader, writer = await asyncio.open_connection("127.0.0.1", int(server.base_url.rpartition(":")[2]))
            body = b'{"message":"hi"}'
            writer.write(HEAD.replace(b"/tasks", b"/chat/stream") + SIGNED_IN + JSON)
            writer.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)
            await reader.readuntil(b"event: turn_started")
            crowd.append((reader, writer))
        async with connected(server) as raw:
            await raw.refusal(503, "unreachable")
        for gate in gates:
            gate.set()
        for reader, writer in crowd:
            await reader.readuntil(b"event: turn_finished")
            writer.close()


@pytest.mark.parametrize(
    ("path", "token", "status", "code"),
    [
        ("/api/1/tasks/import", b"", 401, "not_signed_in"),
        ("/api/1/tasks/import", b"Authorization: Bearer junk\r\n", 401, "not_signed_in"),
        ("/api/2/tasks/import", SIGNED_IN, 403, "forbidden"),
        ("/api/1/chat", b"Authorization: Bearer junk\r\n", 401, "not_signed_in"),
    ],
)
async def test_a_stranger_is_refused_before_a_byte_of_the_body_is_read(
    server: Served, path: str, token: bytes, status: int, code: str
) -> None:
    async with connected(server) as raw:
        await raw.sends(f"POST {path} HTTP/1.1\r\nHost: x\r\n".encode() + token + JSON)
        await raw.sends(b"Content-Length: 100000\r\n\r\n")
        await raw.refusal(status, code)  # while nothing of the body was sent


async def test_a_refused_import_is_not_read_and_its_answer_arrives(server: Served) -> None:
    begin = HEAD.replace(b"/tasks", b"/tasks/import") + b"Authorization: Bearer junk\r\n" + JSON
    async with connected(server) as raw:
        raw.writer.write(begin + b"Content-Length: 9000000\r\n\r\n")
        status, headers, _ = await raw.answer()
        assert (status, headers["connection"]) == (401, "close")
        assert await raw.ended() == b""


async def test_refused_tokens_are_counted_before_a_body_is_read(serve: Serve) -> None:
    async with serve(rate_limit=3) as server:
        statuses = []
        for _ in range(5):
            async with connected(server) as raw:
                await raw.sends(HEAD + b"Authorization: Bearer junk\r\n" + JSON + b"Content-Length: 90000\r\n\r\n")
                statuses.append((await raw.answer())[0])
    assert statuses == [401] * 3 + [429] * 2


async def test_of_one_user_one_import_is_read_at_a_time(server: Served) -> None:
    begin = HEAD.replace(b"/tasks", b"/tasks/import") + SIGNED_IN + JSON
    body = b'{"drafts": [{"title": "Milk"}]}'
    async with connected(server) as first:
        await first.sends(begin + b"Expect: 100-continue\r\nContent-Length: %d\r\n\r\n" % len(body))
        assert b" 100 " in await first.reader.readuntil(b"\r\n\r\n"), "its body is being read"
        async with connected(server) as second:
            await second.sends(begin + b"Content-Length: %d\r\n\r\n" % len(body) + body)
            await second.refusal(429, "rate_limited")
        await first.sends(body)
        assert (await first.answer())[0] == 200


@pytest.mark.parametrize(
    ("body", "place"),
    [
        (b"{", ""),
        (b"[]", ""),
        (b"{}", "drafts"),
        (b'{"drafts": {}}', "drafts"),
        (b'{"drafts": [], "more": 1}', "more"),
        (b'{"drafts": [' + b'{"title": "a"},' * 700 + b'{"titel": "b"}]}', "drafts.700.title"),
        (b"[" * 100_000, ""),
    ],
)
async def test_an_import_that_is_wrong_says_where(server: Served, body: bytes, place: str) -> None:
    async with connected(server) as raw:
        await raw.sends(HEAD.replace(b"/tasks", b"/tasks/import") + SIGNED_IN + JSON)
        await raw.sends(b"Content-Length: %d\r\n\r\n" % len(body) + body)
        status, _, answer = await raw.answer()
    assert status == 422
    assert json.loads(answer)["errors"][0]["field"] == place
