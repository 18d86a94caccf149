"""A real pgbouncer in transaction mode, with fewer connections than we open to it; and a server that restarts."""

import asyncio
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final
from urllib.parse import parse_qs, urlsplit

import pytest

from kirotodo.core.domain.task import TaskDraft, TaskFilter
from kirotodo.core.errors import StorageBehind, StorageBusy, StorageDown
from kirotodo.core.store import maintenance
from kirotodo.core.store.database import Database
from tests.core.store.conftest import ANN, BOB, Clock, titles
from tests.postgres import Server, as_nobody, ask

USERS: Final = [f"user {number}" for number in range(12)]
SETTINGS: Final = """
[databases]
* = host={server} port=5432 user=postgres

[pgbouncer]
listen_port = 6432
unix_socket_dir = {folder}
auth_type = any
pool_mode = transaction
default_pool_size = 3
logfile = {folder}/log
"""


@pytest.fixture
def pooled_url(postgres_url: str) -> Iterator[str]:
    """The test's database behind a pooler."""
    program = shutil.which("pgbouncer") or shutil.which("pgbouncer", path="/usr/sbin")
    if program is None:
        pytest.skip("pgbouncer is not here; `apt-get install pgbouncer` brings it")
    server = parse_qs(urlsplit(postgres_url).query).get("host", [""])[0]
    if not server.startswith("/"):
        pytest.skip("the pooler of the tests stands only before the server of the tests")
    with tempfile.TemporaryDirectory(prefix="kirotodo-pooler-") as place:
        folder = Path(place)
        folder.chmod(0o777)
        (folder / "pgbouncer.ini").write_text(SETTINGS.format(server=server, folder=folder))
        with subprocess.Popen(
            [program, "-q", folder / "pgbouncer.ini"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            **as_nobody(),
        ) as pooler:
            try:
                yield postgres_url.replace(server, f"{folder}&port=6432")
            finally:
                pooler.terminate()


async def _opened(url: str, *, pool_size: int = 10) -> Database:
    """Open it once it answers."""
    for _ in range(200):
        try:
            return await Database.open(url, clock=Clock(), pooler="transaction", pool_size=pool_size)
        except StorageDown:
            await asyncio.sleep(0.05)
    raise AssertionError("the pooler never answered")


async def _work(database: Database, user: str) -> list[str]:
    for number in range(4):
        async with database.begin(user) as store:
            await store.tasks.add(TaskDraft(title=f"{user}: {number}", tags=("a",)))
        async with database.read(user) as store:
            await titles(store, TaskFilter(search="user"))
    async with database.read(user) as store:
        return await titles(store, TaskFilter())


async def test_many_users_share_few_connections_of_the_server(pooled_url: str) -> None:
    one, two = await _opened(pooled_url), await _opened(pooled_url)
    results = await asyncio.gather(*(_work(each, user) for user in USERS for each in (one, two)))
    for user, (here, there) in zip(USERS, zip(results[::2], results[1::2], strict=True), strict=True):
        async with one.read(user) as store:
            all_of_both = await titles(store, TaskFilter())
            assert await store.tasks.count_pending() == 8
        assert all(title.startswith(f"{user}: ") for title in all_of_both)
        assert set(all_of_both) >= {*here, *there}
    assert (await one.marks([], USERS)) is not None
    await one.aclose()
    await two.aclose()


async def test_a_pooler_migrates_nothing(pooled_url: str, postgres_url: str) -> None:
    await (await _opened(pooled_url)).aclose()
    maintenance.downgrade(postgres_url, "0005")
    with pytest.raises(StorageBehind, match="older release"):
        await _opened(pooled_url)


@pytest.fixture
def own_server() -> Iterator[Server]:
    """A server that a test may stop."""
    with tempfile.TemporaryDirectory(prefix="kirotodo-restart-") as place:
        Path(place).chmod(0o755)
        server = Server(Path(place) / "server")
        server.make()
        server.start()
        try:
            yield server
        finally:
            server.stop()


@pytest.mark.slow
async def test_a_restart_of_the_server_is_lived_through(own_server: Server) -> None:
    database = await Database.open(own_server.url(), clock=Clock(), pool_size=4)
    await asyncio.gather(*(_work(database, user) for user in USERS[:4]))
    assert database.pool() == (0, 4)
    await asyncio.to_thread(own_server.stop, "fast")
    with pytest.raises(StorageDown, match="doesn't answer"):
        async with database.begin(ANN) as store:
            await store.tasks.add(TaskDraft(title="lost"))
    await asyncio.to_thread(own_server.start)
    for _ in range(6):  # whichever connection each of these is given
        async with database.read(USERS[0]) as store:
            assert await store.tasks.count_pending() == 4
    assert len(await _work(database, BOB)) == 4
    await database.aclose()


@pytest.mark.slow
async def test_a_transaction_that_a_restart_cuts_is_not_half_done(own_server: Server) -> None:
    database = await Database.open(own_server.url(), clock=Clock(), pool_size=2)
    with pytest.raises(StorageDown):
        await _half(database, own_server)
    await asyncio.to_thread(own_server.start)
    async with database.begin(ANN) as store:
        await store.tasks.add(TaskDraft(title="whole"))
        assert await titles(store, TaskFilter()) == ["whole"]
    await database.aclose()


async def _half(database: Database, server: Server) -> None:
    async with database.begin(ANN) as store:
        await store.tasks.add(TaskDraft(title="half"))
        await asyncio.to_thread(server.stop)
        await store.tasks.add(TaskDraft(title="never"))


@pytest.mark.slow
async def test_too_many_connections_are_told(own_server: Server) -> None:
    ask(own_server.url(), "CREATE ROLE few LOGIN CONNECTION LIMIT 1", "CREATE DATABASE few OWNER few")
    url = own_server.url("few", user="few")
    database = await Database.open(url, clock=Clock(), pool_size=5)
    async with database.read(ANN):
        with pytest.raises(StorageBusy, match="no free connection"):
            async with database.read(BOB):
                pass
    await database.aclose()
