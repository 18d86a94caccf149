"""A server of a few lines on a real socket, which answers, cuts, stalls and lies exactly as a test wants."""

import asyncio
import json
import ssl
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

from kirotodo import __version__
from kirotodo.client.accounts.address import Address
from kirotodo.client.accounts.credentials import Credentials, StoredTokens
from kirotodo.client.remote.backend import RemoteBackend
from kirotodo.core.events import TurnEvent, encode_event
from kirotodo.core.retry import Backoff

HOLD: Final = None
"""Say nothing more until the client goes."""
Piece: TypeAlias = bytes | asyncio.Event | None


@dataclass(frozen=True, kw_only=True, slots=True)
class ReceivedRequest:
    """A request as it came."""

    method: str
    path: str
    query: str
    headers: dict[str, str]
    body: Any


@dataclass(frozen=True, kw_only=True, slots=True)
class Reply:
    """Pieces are sent one by one; an event among them is waited for. `drop`: read the request and say nothing."""

    pieces: Sequence[Piece] = ()
    status: int = 200
    kind: str = "application/json"
    headers: dict[str, str] = field(default_factory=dict)
    cut: bool = False
    """Drop the connection in the end, rather than end the answer."""
    drop: bool = False


DROP: Final = Reply(drop=True)


def ok(value: Any, status: int = 200, **headers: str) -> Reply:
    return Reply(pieces=[json.dumps(value).encode()], status=status, headers={**VERSION, **headers})


VERSION: Final = {"x-kirotodo-version": __version__}


def problem(status: int, code: str, detail: str = "What went wrong.", **more: Any) -> Reply:
    body = {"type": "about:blank", "title": "x", "status": status, "detail": detail, "code": code, **more}
    return Reply(
        pieces=[json.dumps(body).encode()], status=status, kind="application/problem+json", headers=dict(VERSION)
    )


def page(status: int, **headers: str) -> Reply:
    """What a proxy or a stranger answers."""
    body = b"<html><body><h1>nginx</h1></body></html>"
    return Reply(pieces=[body], status=status, kind="text/html", headers=dict(headers))


def stream(*pieces: Piece, cut: bool = False) -> Reply:
    return Reply(pieces=pieces, kind="text/event-stream", headers=dict(VERSION), cut=cut)


def frame(event: TurnEvent) -> bytes:
    return b"id: %d\nevent: %b\ndata: %b\n\n" % (event.seq, event.kind.encode(), encode_event(event))


class RawServer:
    """Gives the replies of a path in order, the last one for ever; what has none of its own gets those of ""."""

    def __init__(self) -> None:
        self.replies: dict[str, list[Reply]] = {}
        self.requests: list[ReceivedRequest] = []
        self.address = Address.of("localhost")
        self.left = asyncio.Event()
        self._listener: asyncio.Server | None = None
        self._open: set[asyncio.StreamWriter] = set()

    def on(self, path: str, *replies: Reply) -> None:
        self.replies[path] = list(replies)

    def to(self, path: str) -> list[ReceivedRequest]:
        """The requests whose path ends so."""
        return [one for one in self.requests if one.path.endswith(path)]

    async def start(self, port: int = 0, *, tls: ssl.SSLContext | None = None) -> None:
        self._listener = await asyncio.start_server(self._serve, "127.0.0.1", port, ssl=tls)
        port = self._listener.sockets[0].getsockname()[1]
        self.address = Address.of(f"{'https' if tls else 'http'}://127.0.0.1:{port}")

    async def stop(self) -> None:
        """Go, and take every connection along."""
        if self._listener is not None:
            self._listener.close()
        for writer in tuple(self._open):
            writer.transport.abort()

    @property
    def port(self) -> int:
        return int(self.address.url.rpartition(":")[2])

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open.add(writer)
        try:
            while await self._exchange(reader, writer):
                pass
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            self._open.discard(writer)
            self.left.set()
            writer.close()

    async def _exchange(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """One request; whether the connection lives on."""
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in head[1:] if line)}
        body = await reader.readexactly(int(headers.get("content-length", "0")))
        method, target, _ = head[0].split()
        path, _, query = target.partition("?")
        self.requests.append(
            ReceivedRequest(
                method=method, path=path, query=query, headers=headers, body=json.loads(body) if body else None
            )
        )
        reply = self._reply(path)
        if reply.drop:
            writer.transport.abort()
            return False
        more = {"content-type": reply.kind, "transfer-encoding": "chunked", **reply.headers}
        lines = "".join(f"{name}: {value}\r\n" for name, value in more.items())
        writer.write(f"HTTP/1.1 {reply.status} X\r\n{lines}\r\n".encode())
        for piece in reply.pieces:
            if isinstance(piece, bytes):
                writer.write(f"{len(piece):x}\r\n".encode() + piece + b"\r\n")
                await writer.drain()
                await asyncio.sleep(0)
            elif piece is None:
                await reader.read(1)
                return False
            else:
                await piece.wait()
        if reply.cut:
            await asyncio.sleep(0)
            writer.close()
            return False
        writer.write(b"0\r\n\r\n")
        await writer.drain()
        return True

    def _reply(self, path: str) -> Reply:
        found = next((self.replies[end] for end in self.replies if end and path.endswith(end)), None)
        replies = found if found is not None else self.replies.get("", [problem(404, "not_found")])
        return replies.pop(0) if len(replies) > 1 else replies[0]


@asynccontextmanager
async def raw_server() -> AsyncIterator[RawServer]:
    server = RawServer()
    await server.start()
    try:
        yield server
    finally:
        await server.stop()


QUICK: Final = Backoff(first=0.005, longest=0.02, tries=4)
TOKENS: Final = StoredTokens(access_token="access-1", refresh_token="refresh-1", user_id="7", email="ada@example.com")


def issued(number: int, *, expires_in: float = 900) -> Reply:
    """The answer to a sign-in or a refresh: pair number so-and-so."""
    return ok(
        {
            "access_token": f"access-{number}",
            "token_type": "bearer",
            "expires_in": expires_in,
            "refresh_token": f"refresh-{number}",
            "user": {"id": "7", "email": "ada@example.com"},
        }
    )


@asynccontextmanager
async def signed_in(
    server: RawServer,
    *,
    tokens: StoredTokens = TOKENS,
    credentials: Credentials | None = None,
    insist: bool = False,
    on_link: Callable[[Any], object] | None = None,
    stall: float = 5.0,
) -> AsyncIterator[RemoteBackend]:
    """A backend of that server with short pauses."""
    kept = credentials or in_memory()
    if not kept.from_environment:
        await kept.store(server.address, tokens)
    backend = RemoteBackend(
        server.address,
        tokens,
        kept,
        timezone="Europe/Vienna",
        insist=insist,
        backoff=QUICK,
        stall=stall,
        on_link=on_link,
    )
    try:
        yield backend
    finally:
        await backend.aclose()


def in_memory(**environment: str) -> Credentials:
    from pathlib import Path

    return Credentials(Path("/nowhere"), environment={"KIROTODO_CREDENTIALS": "memory", **environment})
