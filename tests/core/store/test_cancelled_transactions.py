"""Whoever is cancelled in the middle of a transaction leaves no transaction behind, however often it is cancelled."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import anyio
import asyncpg
import pytest

from kirotodo.core.store.database import Database
from kirotodo.core.store.engine import to_the_end

WAITS = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'advisory'"
LEFT = "SELECT query FROM pg_stat_activity WHERE datname = current_database() AND state LIKE 'idle in transaction%'"
LOCK = "SELECT pg_advisory_lock(hashtextextended('ann', 0))"


@pytest.fixture
async def database(postgres_url: str) -> AsyncIterator[Database]:
    opened = await Database.open(postgres_url, clock=lambda: datetime.now(UTC), pool_size=1)
    yield opened
    await opened.aclose()


@pytest.fixture
async def beside(postgres_url: str) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(postgres_url)
    yield connection
    await connection.close()


async def write(database: Database) -> None:
    async with database.begin("ann") as store:
        await store.revision()


async def until_it_waits(beside: asyncpg.Connection) -> None:
    while not await beside.fetchval(WAITS):  # noqa: ASYNC110 (what the server knows, which nobody announces)
        await asyncio.sleep(0.01)


async def test_one_that_is_cancelled_while_it_begins_is_rolled_back(
    database: Database, beside: asyncpg.Connection
) -> None:
    await beside.execute(LOCK)
    beginning = asyncio.create_task(write(database))
    await until_it_waits(beside)
    beginning.cancel()
    with pytest.raises(asyncio.CancelledError):
        await beginning
    assert await beside.fetch(LEFT) == []
    async with database.read("ben") as store:  # on the same connection, and of another isolation level
        assert await store.revision() == 0


async def test_one_that_a_scope_cancels_while_it_begins_is_rolled_back(
    database: Database, beside: asyncpg.Connection
) -> None:
    await beside.execute(LOCK)
    async with anyio.create_task_group() as group:
        group.start_soon(write, database)
        await until_it_waits(beside)
        group.cancel_scope.cancel()
    assert await beside.fetch(LEFT) == []
    async with database.read("ben") as store:
        assert await store.revision() == 0


async def test_what_is_to_be_done_whole_is_done_however_often_it_is_cancelled() -> None:
    release, done = asyncio.Event(), []

    async def work() -> None:
        await release.wait()
        done.append(True)

    ending = asyncio.create_task(to_the_end(work()))
    for _ in range(3):
        await asyncio.sleep(0)
        ending.cancel()
    await asyncio.sleep(0)
    assert not ending.done()
    release.set()
    with pytest.raises(asyncio.CancelledError):
        await ending
    assert done


async def test_what_is_to_be_done_whole_tells_what_went_wrong() -> None:
    async def work() -> None:
        raise ValueError("amiss")

    with pytest.raises(ValueError, match="amiss"):
        await to_the_end(work())
