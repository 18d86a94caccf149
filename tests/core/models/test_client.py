"""The connections of a model service: encrypted or not, closed by either side, slow readers, proxies."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from ssl import SSLContext

import httpx2
import pytest
import uvloop

from kirotodo.core.models.openai.client import ApiClient
from tests.client.remote.certificates import self_signed

Handle = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
PATIENCE = httpx2.Timeout(30.0)
HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\n"


@asynccontextmanager
async def listening(handle: Handle, *, tls: SSLContext | None = None) -> AsyncIterator[int]:
    """The port of a server, whose connections are closed at the end."""
    serving: set[asyncio.Task[None] | None] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        serving.add(asyncio.current_task())
        try:
            await handle(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass  # the client left, or the test is over
        finally:
            writer.transport.abort()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=tls)
    async with server:
        yield server.sockets[0].getsockname()[1]
    tasks = [task for task in serving if task is not None]
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks)


async def _request(reader: asyncio.StreamReader) -> bytes:
    head = await reader.readuntil(b"\r\n\r\n")
    length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0] or 0)
    return head + await reader.readexactly(length)


def answering(*bodies: bytes, close: bool = False) -> Handle:
    """One answer for each request of a connection, which is then closed where `close` says so."""

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for body in bodies:
            await _request(reader)
            writer.write(HEAD + b"content-length: %d\r\n\r\n" % len(body) + body)
            await writer.drain()
        if not close:
            await reader.read()
        writer.close()

    return handle


async def posted(client: ApiClient) -> bytes:
    response = await client.post("/chat", {"q": "ä"}, limits=PATIENCE)
    try:
        return await response.aread()
    finally:
        await response.aclose()


async def test_an_encrypted_service_is_asked_like_any_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    context = self_signed(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "server.pem"))
    async with (
        listening(answering(b"one", b"two"), tls=context) as port,
        ApiClient(f"https://127.0.0.1:{port}/v1", api_key="k") as client,
    ):
        assert [await posted(client), await posted(client)] == [b"one", b"two"]


async def test_a_certificate_that_nobody_vouches_for_is_no_connection(tmp_path: Path) -> None:
    async with (
        listening(answering(b"one"), tls=self_signed(tmp_path)) as port,
        ApiClient(f"https://127.0.0.1:{port}/v1", api_key="k") as client,
    ):
        with pytest.raises(httpx2.ConnectError, match="certificate verify failed"):
            await posted(client)


async def test_a_kept_connection_that_the_service_closed_is_not_used_again() -> None:
    async with (
        listening(answering(b"one", close=True)) as port,
        ApiClient(f"http://127.0.0.1:{port}/v1", api_key="k") as client,
    ):
        for _ in range(3):
            assert await posted(client) == b"one"
            for _ in range(10):  # the end of the connection arrives in the loop
                await asyncio.sleep(0.001)


async def test_a_reader_that_is_slow_holds_the_service_up_and_loses_nothing() -> None:
    size, count = 64 * 1024, 512
    ended = asyncio.Event()
    writers: list[asyncio.StreamWriter] = []

    async def pour(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await _request(reader)
        writers.append(writer)
        writer.write(HEAD + b"content-length: %d\r\n\r\n" % (size * count))
        for number in range(count):
            writer.write(bytes([number % 256]) * size)
            await writer.drain()
        ended.set()
        writer.close()

    async with (
        listening(pour) as port,
        ApiClient(f"http://127.0.0.1:{port}/v1", api_key="k") as client,
    ):
        response = await client.post("/chat", {}, limits=PATIENCE)
        for _ in range(300):  # where nobody held it up, it would be through by now
            await asyncio.sleep(0.001)
        assert not ended.is_set()
        assert writers[0].transport.get_write_buffer_size()
        body = await response.aread()
    assert len(body) == size * count
    assert all(body[number * size] == number % 256 for number in range(count))


async def test_a_service_that_says_nothing_is_waited_for_as_long_as_said() -> None:
    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    async with (
        listening(silent) as port,
        ApiClient(f"http://127.0.0.1:{port}/v1", api_key="k") as client,
    ):
        with pytest.raises(httpx2.ReadTimeout):
            await client.post("/chat", {}, limits=httpx2.Timeout(0.05))


async def test_the_key_and_the_account_go_along(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_ORG_ID", "org-1")
    monkeypatch.setenv("OPENAI_PROJECT_ID", "proj-1")
    seen: list[bytes] = []

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        seen.append(await _request(reader))
        writer.write(HEAD + b"content-length: 0\r\n\r\n")
        await writer.drain()
        writer.close()

    async with listening(handle) as port, ApiClient(f"http://127.0.0.1:{port}/v1/", api_key="secret") as client:
        await posted(client)
    head, _, body = seen[0].partition(b"\r\n\r\n")
    lines = head.decode().lower().split("\r\n")
    assert lines[0] == "post /v1/chat http/1.1"
    assert {"authorization: bearer secret", "openai-organization: org-1", "openai-project: proj-1"} <= set(lines)
    assert json.loads(body) == {"q": "ä"}


async def test_a_proxy_of_the_environment_is_gone_through(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    seen: list[bytes] = []

    async def proxy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        seen.append(await _request(reader))
        writer.write(HEAD + b"content-length: 7\r\n\r\nproxied")
        await writer.drain()
        writer.close()

    async with listening(proxy) as port:
        monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{port}")
        async with ApiClient("http://models.example/v1", api_key="k") as client:
            assert await posted(client) == b"proxied"
        async with ApiClient("http://127.0.0.1:1/v1", api_key="k") as client:
            with pytest.raises(httpx2.ConnectError):  # what is on this machine is no business of a proxy's
                await posted(client)
    assert seen[0].startswith(b"POST http://models.example/v1/chat ")


def test_it_is_the_same_on_uvloop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server runs on it where it is installed; its transports differ."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(test_a_kept_connection_that_the_service_closed_is_not_used_again())
        runner.run(test_a_reader_that_is_slow_holds_the_service_up_and_loses_nothing())
        runner.run(test_a_service_that_says_nothing_is_waited_for_as_long_as_said())
        runner.run(test_an_encrypted_service_is_asked_like_any_other(tmp_path, monkeypatch))
