"""A model server of a few lines on a real socket, which says byte for byte what a test wants said."""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

HANG: Final = None
"""Say nothing more until the client goes."""
Piece: TypeAlias = bytes | asyncio.Event | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """Pieces are sent one by one; an event among them is waited for."""

    pieces: Sequence[Piece]
    status: int = 200
    content_type: str = "text/event-stream"
    headers: dict[str, str] = field(default_factory=dict)
    cut: bool = False
    """Drop the connection in the end, rather than end the answer."""


def data(*payloads: Any, done: bool = True, end: bytes = b"\n\n") -> list[Piece]:
    """Each payload as an event; text is sent as it is, half a character as an escape."""
    lines = [payload if isinstance(payload, str) else _json(payload) for payload in payloads]
    return [b"data: " + line.encode() + end for line in (*lines, "[DONE]") if line != "[DONE]" or done]


def _json(payload: Any) -> str:
    text = json.dumps(payload, ensure_ascii=False)
    is_whole = not any("\ud800" <= character <= "\udfff" for character in text)
    return text if is_whole else json.dumps(payload)


def delta(finish: str | None = None, **said: Any) -> dict[str, Any]:
    """A chunk of Chat Completions."""
    return {"object": "chat.completion.chunk", "choices": [{"index": 0, "delta": said, "finish_reason": finish}]}


def refused(status: int, body: Any, **headers: str) -> Answer:
    return Answer(
        pieces=[json.dumps(body).encode()], status=status, content_type="application/json", headers=dict(headers)
    )


class ModelServer:
    """Gives `answers` in order, the last one for ever. `bodies` are the requests it got, `gone` counts clients that
    left before their answer was over."""

    def __init__(self) -> None:
        self.answers: list[Answer] = []
        self.bodies: list[dict[str, Any]] = []
        self.paths: list[str] = []
        self.headers: list[dict[str, str]] = []
        self.gone = 0
        self.connections = 0
        self.left = asyncio.Event()
        self.url = ""

    def say(self, *payloads: Any, **more: Any) -> None:
        self.answers.append(Answer(pieces=data(*payloads, **more)))

    def answer_to(self, body: dict[str, Any]) -> Answer:
        """Return the answer to a request: the next of `answers`."""
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            while await self._exchange(reader, writer):
                pass
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass  # cancelled: the test is over
        finally:
            writer.transport.abort() if writer.transport.get_write_buffer_size() else writer.close()

    async def _exchange(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """One request; whether the connection lives on."""
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        headers = dict(line.lower().split(": ", 1) for line in head[1:] if line)
        body = await reader.readexactly(int(headers.get("content-length", "0")))
        self.paths.append(head[0].split()[1])
        self.headers.append(headers)
        self.bodies.append(json.loads(body))
        answer = self.answer_to(self.bodies[-1])
        more = {"content-type": answer.content_type, "transfer-encoding": "chunked", **answer.headers}
        lines = "".join(f"{name}: {value}\r\n" for name, value in more.items())
        writer.write(f"HTTP/1.1 {answer.status} X\r\n{lines}\r\n".encode())
        leaving = asyncio.create_task(reader.read(1))
        try:
            for piece in answer.pieces:
                if await self._send(piece, writer, leaving):
                    return False
            if answer.cut:
                writer.transport.abort()
                return False
            writer.write(b"0\r\n\r\n")
            await writer.drain()
        finally:
            leaving.cancel()
            await asyncio.gather(leaving, return_exceptions=True)
        return not leaving.done() or leaving.cancelled()

    async def _send(self, piece: Piece, writer: asyncio.StreamWriter, leaving: "asyncio.Task[bytes]") -> bool:
        """Send a piece, or wait for what it says; True where the client left meanwhile."""
        if isinstance(piece, bytes):
            writer.write(f"{len(piece):x}\r\n".encode() + piece + b"\r\n")
            await writer.drain()
            await asyncio.sleep(0)
        else:
            gate = asyncio.create_task((piece or asyncio.Event()).wait())
            await asyncio.wait([gate, leaving], return_when=asyncio.FIRST_COMPLETED)
            gate.cancel()
        if leaving.done():
            self.gone += 1
            self.left.set()
        return leaving.done()


@asynccontextmanager
async def model_server(server: ModelServer | None = None) -> AsyncIterator[ModelServer]:
    """Run a server that listens on a free port."""
    server = server or ModelServer()
    listener = await asyncio.start_server(server.serve, "127.0.0.1", 0)
    port = listener.sockets[0].getsockname()[1]
    server.url = f"http://127.0.0.1:{port}/v1"
    try:
        yield server
    finally:
        listener.close()
