"""An HTTP server that takes everything and remembers it: what stands for the receiver of webhooks and notifications."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field


@dataclass(frozen=True, kw_only=True, slots=True)
class Received:
    """A request as it came; the names of its headers are in small letters."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass(kw_only=True)
class HttpSink:
    """What came in so far. `status` is what it answers with; `extra` are more lines of the response's head."""

    port: int = 0
    status: int = 200
    extra: tuple[str, ...] = ()
    received: list[Received] = field(default_factory=list)
    heard: Callable[[Received], None] = lambda _: None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        method, path, _ = head[0].split(" ")
        headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in head[1:] if line)}
        body = await reader.readexactly(int(headers.get("content-length", 0)))
        request = Received(method=method, path=path, headers=headers, body=body)
        self.received.append(request)
        self.heard(request)
        lines = (f"HTTP/1.1 {self.status} .", "Content-Length: 0", "Connection: close", *self.extra)
        writer.write("\r\n".join((*lines, "", "")).encode())
        await writer.drain()
        writer.close()


@asynccontextmanager
async def http_sink() -> AsyncIterator[HttpSink]:
    """Listen on a free port of this machine."""
    sink = HttpSink()
    server = await asyncio.start_server(sink.answer, "127.0.0.1", 0)
    sink.port = server.sockets[0].getsockname()[1]
    try:
        yield sink
    finally:
        server.close()
        await server.wait_closed()
