"""A role that may not log in any more, and connections that are ended: requests get a 503, and none a 500."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from uuid import uuid4

import asyncpg
import httpx2
import pytest

from kirotodo.server.app import create_app
from tests.postgres import as_user
from tests.server.serving import Served, served, settings_in
from tests.waiting import until

END: Final = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = $1"


@dataclass(kw_only=True)
class Role:
    """A role of this test's own, and the superuser's connection that changes it."""

    name: str
    url: str
    superuser: asyncpg.Connection = field(repr=False)

    async def let_log_in(self, may: bool) -> None:
        await self.superuser.execute(f"ALTER ROLE {self.name} {'LOGIN' if may else 'NOLOGIN'}")

    async def end_connections(self) -> None:
        await self.superuser.execute(END, self.name)


@pytest.fixture
async def role(postgres_url: str) -> AsyncIterator[Role]:
    superuser = await asyncpg.connect(postgres_url)
    name = f"rotated_{uuid4().hex[:12]}"
    owner = await superuser.fetchval("SELECT current_user")
    await superuser.execute(f"CREATE ROLE {name} LOGIN PASSWORD 'old'; GRANT {owner} TO {name}")
    try:
        yield Role(name=name, url=as_user(postgres_url, name, "old"), superuser=superuser)
    finally:
        await superuser.execute(END, name)
        await superuser.execute(f"DROP OWNED BY {name}; DROP ROLE {name}")
        await superuser.close()


async def use(api: httpx2.AsyncClient, seen: Counter[tuple[int, str]], over: asyncio.Event) -> None:
    """Add, list and speak without any retry, and count what was answered."""
    while not over.is_set():
        for answer in (
            await api.post("/tasks", json={"title": "milk"}),
            await api.get("/tasks"),
            await api.post("/chat", json={"message": "add bread"}),
        ):
            seen[answer.status_code, "" if answer.is_success else answer.json()["code"]] += 1


@asynccontextmanager
async def used(server: Served) -> AsyncIterator[Counter[tuple[int, str]]]:
    """Two users meanwhile, and what they were answered."""
    seen: Counter[tuple[int, str]] = Counter()
    over = asyncio.Event()
    async with server.client("1") as one, server.client("2") as two:
        users = [asyncio.create_task(use(api, seen, over)) for api in (one, two)]
        try:
            yield seen
        finally:
            over.set()
            await asyncio.gather(*users)


async def test_no_request_of_a_rotation_ends_in_a_500(tmp_path: Path, role: Role) -> None:
    app = create_app(settings_in(tmp_path, database_url=role.url, db_pool_size=2, model="built-in"))
    async with served(app) as server, used(server) as seen:
        await until(lambda: min(seen[201, ""], seen[200, ""]) > 0)
        await role.let_log_in(False)
        while not any(status >= 500 for status, _ in seen):
            await role.end_connections()
            await asyncio.sleep(0.05)
        await role.let_log_in(True)
        await role.end_connections()
        before = seen[201, ""]
        await until(lambda: seen[201, ""] > before)
    assert {status for status, _ in seen} == {200, 201, 503}, seen
    assert {code for status, code in seen if status == 503} <= {"config_error", "storage_down"}
