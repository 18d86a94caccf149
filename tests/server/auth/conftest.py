"""A server with accounts: real routes, a real database, cheap hashes that are counted, and clocks that tests move."""

import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import httpx2
import pytest
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

from kirotodo.core.local import Core
from kirotodo.core.models.scripted import ScriptedModel
from kirotodo.core.settings import Settings
from kirotodo.server.app import create_app
from kirotodo.server.auth.authenticator import Authenticator
from kirotodo.server.auth.passwords import Passwords

SECRET: Final = "a secret that is long enough for HS256, as it has to be"
ANN: Final = {"email": "ann@example.com", "password": "correct horse battery"}


CHEAP_KIB: Final = 64


class Clock:
    """Stands still until it is moved."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def monotonic(self) -> float:
        return self.now.timestamp()

    def pass_by(self, **time: float) -> None:
        self.now += timedelta(**time)


class CountedHashes(Argon2Hasher):
    """Counts how often argon2 really ran: to compare a password, or to make a hash of one."""

    def __init__(self) -> None:
        super().__init__(memory_cost=CHEAP_KIB, time_cost=1, parallelism=1)
        self.compared = 0
        self.made = 0

    def verify(self, password: str | bytes, hash: str | bytes) -> bool:
        self.compared += 1
        return super().verify(password, hash)

    def hash(self, password: str | bytes, *, salt: bytes | None = None) -> str:
        self.made += 1
        return super().hash(password, salt=salt)


@dataclass(kw_only=True)
class Server:
    """One process of a server, spoken to over HTTP."""

    http: httpx2.AsyncClient
    authenticator: Authenticator
    core: Core
    clock: Clock
    hashes: CountedHashes = field(default_factory=CountedHashes)

    async def post(self, path: str, body: Any = None, *, token: str | None = None) -> httpx2.Response:
        return await self.http.post(path, json=body, headers=bearer(token))

    async def get(self, path: str, *, token: str | None = None) -> httpx2.Response:
        return await self.http.get(path, headers=bearer(token))

    async def signed_up(self, **other: str) -> dict[str, Any]:
        return answered(await self.post("/api/auth/signup", {**ANN, **other}), 201)

    async def signed_in(self, **other: str) -> dict[str, Any]:
        return answered(await self.post("/api/auth/signin", {**ANN, **other}), 200)

    async def refreshed(self, tokens: dict[str, Any]) -> dict[str, Any]:
        return answered(await self.post("/api/auth/refresh", {"refresh_token": tokens["refresh_token"]}), 200)

    async def lets_in(self, token: str) -> bool:
        answer = await self.get("/api/auth/me", token=token)
        assert answer.status_code in (200, 401), answer.text
        return answer.status_code == 200


def bearer(token: str | None) -> dict[str, str]:
    return {} if token is None else {"Authorization": f"Bearer {token}"}


def answered(answer: httpx2.Response, status: int) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    body: dict[str, Any] = answer.json()
    return body


def refused(answer: httpx2.Response, status: int, code: str) -> str:
    """The sentence of a refusal."""
    problem = answered(answer, status)
    assert problem["code"] == code
    return str(problem["detail"])


@asynccontextmanager
async def serving(settings: Settings, clock: Clock) -> AsyncIterator[Server]:
    hashes = CountedHashes()
    app = create_app(settings, model=ScriptedModel(), clock=clock)
    async with AsyncExitStack() as local_backend:
        await local_backend.enter_async_context(app.router.lifespan_context(app))
        await app.state.authenticator.aclose()
        authenticator = await Authenticator.open(
            settings, app.state.core, passwords=Passwords(PasswordHash((hashes,))), monotonic=clock.monotonic
        )
        local_backend.push_async_callback(authenticator.aclose)
        await local_backend.enter_async_context(authenticator.limits.watched())
        app.state.authenticator = authenticator
        transport = httpx2.ASGITransport(app=app, client=("192.0.2.7", 1))
        http = httpx2.AsyncClient(transport=transport, base_url="http://server")
        await local_backend.enter_async_context(http)
        yield Server(http=http, authenticator=authenticator, core=app.state.core, clock=clock, hashes=hashes)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def settings_with(tmp_path: Path, empty_list: Path) -> Callable[..., Settings]:
    """Settings of a server on a database of its own; limits out of the way unless told."""
    shutil.copy(empty_list, tmp_path / "list.db")

    def made(**values: Any) -> Settings:
        usual = {
            "kirotodo_home": tmp_path,
            "database_url": f"sqlite:///{tmp_path / 'list.db'}",
            "timezone": "UTC",
            "better_auth_secret": SECRET,
            "rate_limit": 100_000,
            "rate_limit_burst": 100_000,
        }
        return Settings(**{**usual, **values})

    return made


Serve = Callable[..., Awaitable[Server]]


@pytest.fixture
async def serve(settings_with: Callable[..., Settings], clock: Clock) -> AsyncIterator[Serve]:
    """Start a server: several of them in one test share a database, as replicas do."""
    async with AsyncExitStack() as local_backend:

        async def start(**values: Any) -> Server:
            return await local_backend.enter_async_context(serving(settings_with(**values), clock))

        yield start


@pytest.fixture
async def server(serve: Serve) -> Server:
    return await serve()


@pytest.fixture(params=["sqlite", "postgresql"])
async def either_server(request: pytest.FixtureRequest, serve: Serve) -> Server:
    """One on each database, for what is settled there: who came first, and who holds which row."""
    if request.param == "postgresql":
        return await serve(database_url=request.getfixturevalue("postgres_url"))
    return await serve()
