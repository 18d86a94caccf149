"""A server that is busy stays in the round; one whose database does not answer leaves it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import httpx2
import pytest

from kirotodo.server.app import create_app
from tests.server.serving import Served, bearer, served, settings_in

CROWD = 30


@pytest.fixture
async def narrow(tmp_path: Path, postgres_url: str) -> AsyncIterator[Served]:
    """A server with a single connection to its database."""
    app = create_app(settings_in(tmp_path, database_url=postgres_url, db_pool_size=1))
    async with served(app) as running:
        yield running


async def readiness(server: Served) -> int:
    async with httpx2.AsyncClient(timeout=20) as client:
        return (await client.get(f"{server.base_url}/health/ready")).status_code


async def hold(server: Served, seconds: float) -> None:
    async with server.core.database.read("1"):
        await asyncio.sleep(seconds)


async def test_a_crowd_before_it_does_not_make_it_unready(narrow: Served) -> None:
    crowd = [asyncio.create_task(hold(narrow, 0.1)) for _ in range(CROWD)]
    await asyncio.sleep(0)
    assert await readiness(narrow) == 200
    assert not crowd[-1].done(), "the crowd was too small to be in the way"
    await asyncio.gather(*crowd)


async def test_silence_of_the_database_does(narrow: Served) -> None:
    async with AsyncExitStack() as held:
        await held.enter_async_context(narrow.core.database.read("1"))
        assert await readiness(narrow) == 503
    assert await readiness(narrow) == 200


@pytest.mark.parametrize("what", ["deleted", "replaced", "moved"])
async def test_a_list_whose_file_is_gone_is_not_written_into(tmp_path: Path, what: str) -> None:
    """The open file takes what is written, and all of it is gone with the process."""
    async with (
        served(create_app(settings_in(tmp_path))) as server,
        httpx2.AsyncClient(base_url=server.base_url, timeout=20) as api,
    ):
        headers = bearer("1")
        (await api.post("/api/1/tasks", json={"title": "milk"}, headers=headers)).raise_for_status()
        path = tmp_path / "list.db"
        path.rename(tmp_path / "elsewhere.db")
        if what == "replaced":
            path.write_bytes(b"")
        for method, address in (("POST", "/api/1/tasks"), ("GET", "/api/1/tasks"), ("GET", "/health/ready")):
            answer = await api.request(method, address, json={"title": "bread"}, headers=headers)
            assert (answer.status_code, answer.json()["code"]) == (503, "storage_corrupt")
            assert "damaged or missing" in answer.json()["detail"]
            assert "is lost" not in answer.json()["detail"]
        if what == "moved":  # back again: it is the same file
            (tmp_path / "elsewhere.db").rename(path)
            page = await api.get("/api/1/tasks", headers=headers)
            assert [task["title"] for task in page.json()["items"]] == ["milk"]
