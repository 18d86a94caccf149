"""A server that is busy stays in the round; one whose database does not answer leaves it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import asyncpg
import httpx2
import pytest
from sqlalchemy import text

from kirotodo.core.store import database
from kirotodo.core.store.revisions import HEAD, REVISIONS
from kirotodo.server import shutdown
from kirotodo.server.app import create_app
from tests.server.serving import NO_TLS, Served, bearer, served, settings_in
from tests.waiting import until

CROWD = 30


@pytest.fixture
async def narrow(tmp_path: Path, postgres_url: str) -> AsyncIterator[Served]:
    """A server with a single connection to its database."""
    app = create_app(settings_in(tmp_path, database_url=postgres_url, db_pool_size=1))
    async with served(app) as running:
        yield running


async def readiness(server: Served) -> int:
    async with httpx2.AsyncClient(verify=NO_TLS, timeout=60) as client:
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


async def test_a_server_that_leaves_goes_on_until_a_late_proxy_has_seen_it(tmp_path: Path) -> None:
    async with served(create_app(settings_in(tmp_path))) as server, server.client() as api:
        assert await readiness(server) == 200
        drain = server.app.state.drain
        leaving = asyncio.create_task(
            drain.run(until_idle=server.core.until_idle, grace_seconds=20, delay_seconds=0.01)
        )
        for _ in range(5):  # each longer than the delay
            await asyncio.sleep(0.02)
            assert (await api.post("/tasks", json={"title": "Milk"})).status_code == 201
        assert not drain.begun
        assert await readiness(server) == 503
        await leaving
        assert (await api.post("/tasks", json={"title": "Milk"})).status_code == 503


async def test_a_server_that_no_proxy_asks_waits_for_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutdown, "UNSEEN_SECONDS", 10_000)
    async with served(create_app(settings_in(tmp_path))) as server:
        await server.app.state.drain.run(until_idle=server.core.until_idle, grace_seconds=20, delay_seconds=0.01)


async def test_a_schema_of_an_older_release_does(narrow: Served, postgres_url: str) -> None:
    """Every request would fail, though the database answers."""
    here = await asyncpg.connect(postgres_url)
    await here.execute("UPDATE alembic_version SET version_num = $1", REVISIONS[-2])
    async with httpx2.AsyncClient(verify=NO_TLS, timeout=60) as client:
        answer = await client.get(f"{narrow.base_url}/health/ready")
    assert (answer.status_code, answer.json()["code"]) == (503, "storage_behind")
    await here.execute("UPDATE alembic_version SET version_num = $1", HEAD)
    await here.close()
    assert await readiness(narrow) == 200


@pytest.mark.parametrize("what", ["deleted", "replaced", "moved"])
async def test_a_list_whose_file_is_gone_is_not_written_into(tmp_path: Path, what: str) -> None:
    """The open file takes what is written, and all of it is gone with the process."""
    async with (
        served(create_app(settings_in(tmp_path))) as server,
        httpx2.AsyncClient(verify=NO_TLS, base_url=server.base_url, timeout=60) as api,
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


async def test_a_database_that_nobody_may_write_does(
    narrow: Served, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    connection = await asyncpg.connect(postgres_url)
    name = await connection.fetchval("SELECT current_database()")
    await connection.execute("SET default_transaction_read_only = off")

    async def let_write(read_only: str) -> None:
        await connection.execute(f"ALTER DATABASE {name} SET default_transaction_read_only = {read_only}")
        # The setting is for connections to come.
        await connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1 AND pid <> pg_backend_pid()",
            name,
        )

    await let_write("on")
    assert await readiness(narrow) == 503
    async with narrow.client() as api:
        assert (await api.get("/tasks")).status_code == 200
        assert (await api.post("/tasks", json={"title": "Milk"})).status_code == 503
    await let_write("off")
    assert await readiness(narrow) == 503, "a write failed just now"
    monkeypatch.setattr(database, "REFUSED_SECONDS", 0.0)
    assert await readiness(narrow) == 200
    await connection.close()


@pytest.mark.slow
async def test_a_full_disk_does_until_something_was_written(tmp_path: Path) -> None:
    async with served(create_app(settings_in(tmp_path))) as server, server.client() as api:

        async def let_grow(pages: int) -> None:
            """The limit is one of each connection, and workers of the server have had some too."""
            database = server.core.database
            await until(lambda: database.pool()[0] == 0)
            async with AsyncExitStack() as held:
                for _ in tuple(database._engine._idle):  # type: ignore[attr-defined]
                    connection = (await held.enter_async_context(database.read("1")))._scope.connection
                    count = (await connection.execute(text("PRAGMA page_count"))).first()[0]  # type: ignore[index]
                    await connection.execute(text(f"PRAGMA max_page_count = {count + pages}"))

        drafts = {"drafts": [{"title": f"Task {number}", "notes": "n" * 2000} for number in range(40)]}
        await let_grow(0)
        refused = await api.post("/tasks/import", json=drafts)
        assert (refused.status_code, refused.json()["code"]) == (503, "storage_full")
        assert await readiness(server) == 503
        await let_grow(1000)
        assert (await api.post("/tasks/import", json=drafts)).status_code == 200
        assert await readiness(server) == 200
