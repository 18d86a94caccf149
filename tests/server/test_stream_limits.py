"""Open streams and the tokens they were opened with: how many, until when, and what a client makes of the end."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import httpx2
import pytest

from kirotodo.client.accounts.address import Address
from kirotodo.client.remote import session
from kirotodo.client.remote.backend import RemoteBackend
from kirotodo.client.remote.http import Http
from kirotodo.core.backend import ListChanged
from kirotodo.core.models.scripted import ScriptedModel, Wait
from kirotodo.core.settings import Settings
from kirotodo.server import stream_limits
from kirotodo.server.app import create_app
from tests.client.remote.raw_server import in_memory
from tests.contract.harness import Clock
from tests.server.serving import NO_TLS, STRAY, Served, served, settings_in
from tests.server.test_streams import frames_of
from tests.waiting import until

PASSWORD: Final = "one two three horse"


@pytest.fixture(autouse=True)
def _often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream_limits, "CHECK_SECONDS", 0.1)


async def signed_up(server: Served) -> dict[str, Any]:
    async with httpx2.AsyncClient(verify=NO_TLS, base_url=server.base_url, timeout=STRAY) as client:
        answer = await client.post("/api/auth/signup", json={"email": "ann@example.com", "password": PASSWORD})
        assert answer.status_code == 201, answer.text
        tokens: dict[str, Any] = answer.json()
        return tokens


@asynccontextmanager
async def signed_in(server: Served, tokens: dict[str, Any]) -> AsyncIterator[httpx2.AsyncClient]:
    headers = {"Authorization": f"Bearer {tokens['access_token']}"}
    url = f"{server.base_url}/api/{tokens['user']['id']}"
    async with httpx2.AsyncClient(verify=NO_TLS, base_url=url, headers=headers, timeout=STRAY) as client:
        yield client


async def test_a_user_may_keep_so_many_streams_open(settings: Settings, model: ScriptedModel) -> None:
    gate = asyncio.Event()
    model.extend([Wait(gate=gate), "Hello."])
    app = create_app(settings.replaced(streams_per_user=2), model=model)
    async with served(app) as server, server.client() as api, server.client("2") as other:
        async with api.stream("GET", "/events"), api.stream("POST", "/chat/stream", json={"message": "hi"}):
            await until(lambda: server.core.hub.viewers == 2)
            for refused in (
                await api.get("/events"),
                await api.post("/chat/stream", json={"message": "hello?"}),
            ):
                assert (refused.status_code, refused.json()["code"]) == (429, "rate_limited")
                assert "2 event streams" in refused.json()["detail"]
                assert refused.headers["Retry-After"]
            async with other.stream("GET", "/events") as answer:
                assert answer.status_code == 200
            assert (await api.get("/tasks")).status_code == 200
        gate.set()
        await until(lambda: opens(api), pause=0.05)
        assert len((await api.get("/conversations")).json()["items"]) == 1, "what was refused began nothing"


async def opens(api: httpx2.AsyncClient) -> bool:
    async with api.stream("GET", "/events") as answer:
        return answer.status_code == 200


async def test_a_stream_ends_with_its_token(server: Served, clock: Clock) -> None:
    tokens = await signed_up(server)
    async with signed_in(server, tokens) as client, client.stream("GET", "/events") as answer:
        frames = frames_of(answer)
        assert "list_changed" in await anext(frames)
        clock.advance(minutes=16)
        assert [each async for each in frames] == ["event: reconnect\ndata: {}"]
        assert (await client.get("/events")).status_code == 401


@pytest.mark.parametrize("everywhere", [True, False])
@pytest.mark.parametrize("place", ["sqlite", "postgresql"])
async def test_a_stream_ends_when_its_token_is_revoked_at_any_server(
    tmp_path: Path, request: pytest.FixtureRequest, place: str, everywhere: bool
) -> None:
    url = {} if place == "sqlite" else {"database_url": request.getfixturevalue("postgres_url")}
    settings = settings_in(tmp_path, **url)
    async with (
        served(create_app(settings, model=ScriptedModel())) as here,
        served(create_app(settings, model=ScriptedModel())) as there,
    ):
        tokens = await signed_up(here)
        async with (
            signed_in(here, tokens) as client,
            signed_in(there, tokens) as elsewhere,
            here.client("bystander") as bystander,
            client.stream("GET", "/events") as answer,
            bystander.stream("GET", "/events") as undisturbed,
        ):
            frames, other = frames_of(answer), frames_of(undisturbed)
            assert "list_changed" in await anext(frames)
            assert "list_changed" in await anext(other)
            signed_out = await elsewhere.post(f"{there.base_url}/api/auth/signout", json={"everywhere": everywhere})
            assert signed_out.status_code == 204
            assert [each async for each in frames][-1] == "event: reconnect\ndata: {}"
            await bystander.post("/tasks", json={"title": "Milk"})
            assert "Milk" in await anext(other)


async def test_a_client_goes_on_without_loss_when_its_token_ends(server: Served, clock: Clock) -> None:
    address = Address.of(server.base_url)
    http = Http(address)
    tokens = await session.sign_up(http, email="ann@example.com", password=PASSWORD, timezone="UTC")
    await http.aclose()
    backend = RemoteBackend(address, tokens, in_memory(), timezone="UTC")
    titles: list[str] = []
    change_arrived = asyncio.Event()

    async def follow() -> None:
        async for change in backend.changes():
            if isinstance(change, ListChanged):
                titles.extend(task.title for task in change.tasks)
                change_arrived.set()

    following = asyncio.create_task(follow())
    mine = server.core.of(tokens.user_id)
    try:
        await until(lambda: server.core.hub.viewers == 1)
        for number in range(4):
            await mine.add_task({"title": f"before {number}"})
            clock.now += timedelta(minutes=16)
            await mine.add_task({"title": f"after {number}"})
            await until(lambda number=number: f"after {number}" in titles)  # type: ignore[misc]
            await until(lambda: server.core.hub.viewers == 1)
            await asyncio.sleep(0.3)
        assert titles == [f"{when} {number}" for number in range(4) for when in ("before", "after")]
    finally:
        following.cancel()
        await asyncio.gather(following, return_exceptions=True)
        await backend.aclose()


@pytest.mark.parametrize("place", ["sqlite", "postgresql"])
async def test_a_stream_ends_when_its_user_is_to_be_deleted(
    tmp_path: Path, request: pytest.FixtureRequest, place: str
) -> None:
    url = {} if place == "sqlite" else {"database_url": request.getfixturevalue("postgres_url")}
    app = create_app(settings_in(tmp_path, **url), model=ScriptedModel())
    async with served(app) as server, server.client("1") as leaving, server.client("bystander") as bystander:
        await leaving.post("/tasks", json={"title": "Milk"})
        async with leaving.stream("GET", "/events") as answer, bystander.stream("GET", "/events") as undisturbed:
            frames, other = frames_of(answer), frames_of(undisturbed)
            assert "list_changed" in await anext(frames)
            assert "list_changed" in await anext(other)
            assert (await leaving.post("/deletion", json={"confirm": "1"})).status_code == 202
            assert [each async for each in frames][-1] == "event: reconnect\ndata: {}"
            assert (await leaving.get("/events")).json()["code"] == "deletion_pending"
            await bystander.post("/tasks", json={"title": "Bread"})
            assert "Bread" in await anext(other)
