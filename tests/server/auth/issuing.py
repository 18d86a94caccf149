"""An issuer as Better Auth is one: a real web server that publishes its keys, and signs tokens with them."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, Final

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from tests.server.auth.conftest import Clock

PRIVATE: Final[dict[str, Callable[[], Any]]] = {
    "EdDSA": ed25519.Ed25519PrivateKey.generate,
    "ES256": lambda: ec.generate_private_key(ec.SECP256R1()),
    "RS256": lambda: rsa.generate_private_key(public_exponent=65537, key_size=2048),
}


class IssuerServer:
    """Publishes `published` at the path of Better Auth; counts how often it is asked."""

    def __init__(self, clock: Clock) -> None:
        self.published: Any = {"keys": []}
        self.private: dict[str, tuple[str, Any]] = {}
        self.requests = 0
        self._asking = asyncio.Condition()
        self.status = "200 OK"
        self.go_on = asyncio.Event()
        self.go_on.set()
        self.port = 0
        self._clock = clock
        self._listening: asyncio.Server | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def start(self) -> None:
        self._listening = await asyncio.start_server(self._answer, "127.0.0.1", self.port)
        self.port = self._listening.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        if self._listening is not None:
            self._listening.close()
            await self._listening.wait_closed()
            self._listening = None

    async def wait_for_requests(self, times: int) -> None:
        async with asyncio.timeout(60), self._asking:
            await self._asking.wait_for(lambda: self.requests >= times)

    def add_key(self, kid: str, algorithm: str = "EdDSA", *, private: Any = None, **more: str) -> None:
        private = private or PRIVATE[algorithm]()
        self.private[kid] = (algorithm, private)
        as_jwk = jwt.get_algorithm_by_name(algorithm).to_jwk(private.public_key(), as_dict=True)
        self.published["keys"].append({**as_jwk, "kid": kid, **more})

    def withdraw(self, kid: str) -> None:
        self.published = {"keys": [key for key in self.published["keys"] if key["kid"] != kid]}

    def token(self, kid: str = "first", *, header: dict[str, Any] | None = None, **changed: Any) -> str:
        """A token as Better Auth signs it; `changed` claims of None are left out."""
        algorithm, private = self.private[kid]
        now = int(self._clock().timestamp())
        claims = {
            "sub": "ann",
            "iss": self.url,
            "aud": self.url,
            "iat": now,
            "exp": now + 900,
            "email": "ann@a.example",
        }
        kept = {name: value for name, value in {**claims, **changed}.items() if value is not None}
        return jwt.encode(kept, private, algorithm=algorithm, headers={"kid": kid, **(header or {})})

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        request = (await reader.readuntil(b"\r\n\r\n")).decode()
        async with self._asking:
            self.requests += 1
            self._asking.notify_all()
        await self.go_on.wait()
        body = json.dumps(self.published).encode() if not isinstance(self.published, bytes) else self.published
        status = self.status if request.startswith("GET /api/auth/jwks HTTP/1.1\r\n") else "404 Not Found"
        head = f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\nConnection: close\r\nLocation: /\r\n\r\n"
        writer.write(head.encode() + body)
        try:
            await writer.drain()
        except ConnectionError:
            pass
        finally:
            writer.close()


@asynccontextmanager
async def issuing(clock: Clock) -> AsyncIterator[IssuerServer]:
    server = IssuerServer(clock)
    await server.start()
    try:
        yield server
    finally:
        server.go_on.set()
        await server.stop()
