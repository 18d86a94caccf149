"""What is peculiar to PostgreSQL: its addresses, who migrates it, and what goes wrong with it."""

import asyncio
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import text

from kirotodo.core.domain.task import TaskDraft, TaskFilter
from kirotodo.core.errors import ConfigError, InvalidInput, StorageBehind, StorageDown, StorageTooNew
from kirotodo.core.store import maintenance, revisions
from kirotodo.core.store.database import Database
from kirotodo.core.store.postgres.address import address_of
from tests.core.store.conftest import (
    ANN,
    Clock,
    find_spellings,
    open_at_once,
    titles,
    undo_occurrences,
    write_occurrences,
    write_spellings,
)
from tests.postgres import ask, database_in

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize(
    ("url", "dsn", "place"),
    [
        (
            "postgresql://ann:s%40crt@ep-x.neon.tech/list?sslmode=require&channel_binding=require",
            "postgresql://ann:s%40crt@ep-x.neon.tech/list?sslmode=require",
            "the database list at ep-x.neon.tech",
        ),
        (
            "postgres://ann:secret@db:6432/a%20b?options=endpoint%3Dep-x",
            "postgresql://ann:secret@db:6432/a%20b?options=endpoint%3Dep-x",
            "the database a b at db:6432",
        ),
        (
            "postgresql+asyncpg://ann@db/list?ssl=verify-full",
            "postgresql://ann@db/list?sslmode=verify-full",
            "the database list at db",
        ),
        ("postgresql:///list?host=/run/pg", "postgresql:///list?host=/run/pg", "the database list at /run/pg"),
        ("postgresql://ann@/list?host=/run", "postgresql://ann@/list?host=/run", "the database list at /run"),
    ],
)
def test_addresses_as_they_are_handed_out(url: str, dsn: str, place: str) -> None:
    address = address_of(url)
    assert (address.dsn, address.place) == (dsn, place)
    assert "secret" not in repr(address)


@pytest.mark.parametrize("url", ["postgresql://ann:secret@db:port/list", "postgresql://ann:secret@[db/list"])
def test_an_address_that_cannot_be_read_is_not_repeated(url: str) -> None:
    with pytest.raises(ConfigError, match="DATABASE_URL isn't a valid address") as error:
        address_of(url)
    assert "secret" not in error.value.message


async def test_a_development_start_migrates_and_several_at_once_migrate_once(bare_postgres_url: str) -> None:
    await open_at_once(bare_postgres_url, Clock())


async def test_a_production_start_never_migrates(bare_postgres_url: str) -> None:
    with pytest.raises(StorageBehind, match=r"^The database has no tables yet .*`kirotodo db upgrade`"):
        await Database.open(bare_postgres_url, clock=Clock(), migrate=False)
    maintenance.upgrade(bare_postgres_url, "0001")
    with pytest.raises(StorageBehind, match=r"^The database is from an older release"):
        await Database.open(bare_postgres_url, clock=Clock(), migrate=False)
    with pytest.raises(StorageBehind):
        await Database.open(bare_postgres_url, clock=Clock(), pooler="transaction")
    maintenance.upgrade(bare_postgres_url)
    await (await Database.open(bare_postgres_url, clock=Clock(), migrate=False)).aclose()


async def test_a_database_of_a_newer_release_can_be_used_and_not_migrated(postgres_url: str) -> None:
    ask(postgres_url, "UPDATE alembic_version SET version_num = '9999'")
    await (await Database.open(postgres_url, clock=Clock(), migrate=False)).aclose()
    with pytest.raises(StorageTooNew, match="Update this one"):
        maintenance.upgrade(postgres_url)
    assert "newer" in maintenance.check(postgres_url).problems[0]


def test_down_and_up_again(postgres_url: str) -> None:
    for revision in reversed(revisions.REVISIONS[:-1]):
        assert maintenance.downgrade(postgres_url, revision) == revision
        assert maintenance.check(postgres_url).revision == revision
    assert maintenance.downgrade(postgres_url, "base") is None
    assert not ask(postgres_url, "SELECT count(*) FROM pg_class WHERE relname IN ('users', 'tasks', 'sessions')")
    assert maintenance.upgrade(postgres_url) == revisions.HEAD
    assert maintenance.check(postgres_url).ok


async def test_words_that_are_there_are_found_by_other_spellings_after_the_migration(postgres_url: str) -> None:
    """Also where the one who migrates owns none of them."""
    operator = "SELECT set_config('app.operator', 'on', false)"
    words = (
        "SELECT json_agg(json_build_array(user_id, kind, ref, part, word) ORDER BY user_id, kind, ref, part, word) "
        "FROM search_words"
    )
    database = await Database.open(postgres_url, clock=Clock())
    await write_spellings(database)
    await database.aclose()
    after = ask(postgres_url, operator, words)
    await asyncio.to_thread(maintenance.downgrade, postgres_url, "0013")
    assert ask(postgres_url, operator, words) != after
    await asyncio.to_thread(maintenance.upgrade, postgres_url)
    database = await Database.open(postgres_url, clock=Clock())
    await find_spellings(database)
    await database.aclose()
    assert ask(postgres_url, operator, words) == after


async def test_titles_that_are_there_sort_naturally_after_the_migration(postgres_url: str) -> None:
    """By whoever migrates, whose rows these are not."""
    for migrated in (False, True):
        if migrated:
            await asyncio.to_thread(maintenance.downgrade, postgres_url, "0011")
            await asyncio.to_thread(maintenance.upgrade, postgres_url)
        database = await Database.open(postgres_url, clock=Clock())
        async with database.begin(ANN) as store:
            for title in () if migrated else ("zebra", "item 10", "ärger", "item 2"):
                await store.tasks.add(TaskDraft(title=title))
            assert await titles(store, TaskFilter(sort="title")) == ["ärger", "item 2", "item 10", "zebra"]
        await database.aclose()


async def test_a_next_occurrence_and_its_journal_keep_what_they_follow(postgres_url: str) -> None:
    await write_occurrences(postgres_url, title="water")
    await asyncio.to_thread(maintenance.downgrade, postgres_url, "0018")
    operator = "SELECT set_config('app.operator', 'on', false)"
    texts = ask(postgres_url, operator, "SELECT string_agg(after, ',' ORDER BY id) FROM changes")
    assert [task["parent_id"] for task in json.loads(f"[{texts}]")] == [None, None, 1, None]
    await undo_occurrences(postgres_url, title="water")


@pytest.mark.slow
def test_alembic_itself_works_from_a_checkout(bare_postgres_url: str, tmp_path: Path) -> None:
    def alembic(*arguments: str) -> str:
        command = [sys.executable, "-m", "alembic", "-c", str(ROOT / "alembic.ini"), *arguments]
        environment = {**os.environ, "DATABASE_URL": bare_postgres_url}
        return subprocess.run(command, env=environment, cwd=tmp_path, capture_output=True, text=True, check=True).stdout

    alembic("upgrade", "head")
    assert f"{revisions.HEAD} (head)" in alembic("current")
    alembic("downgrade", "-1")
    assert maintenance.check(bare_postgres_url).revision == revisions.REVISIONS[-2]


def test_copies_are_left_to_its_own_programs(postgres_url: str, tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="pg_dump"):
        maintenance.backup(postgres_url, tmp_path / "copy")
    with pytest.raises(InvalidInput, match="pg_restore"):
        maintenance.restore(tmp_path / "copy", postgres_url)


async def test_a_server_that_does_not_answer(tmp_path: Path) -> None:
    for host in (str(tmp_path), "127.0.0.1"):
        with pytest.raises(StorageDown, match="doesn't answer for the database list at") as error:
            await Database.open(f"postgresql://ann:secret@/list?host={host}&port=1", clock=Clock())
        assert "secret" not in error.value.message


async def test_a_database_that_is_not_there(postgres_server: str) -> None:
    with pytest.raises(ConfigError, match="There is no such database: the database nowhere"):
        await Database.open(database_in(postgres_server, "nowhere"), clock=Clock())


async def test_what_the_driver_says_is_not_repeated(postgres_url: str) -> None:
    database = await Database.open(postgres_url, clock=Clock())
    with pytest.raises(StorageBehind) as error:
        async with database.begin(ANN) as store:
            await store._scope.connection.execute(text("SELECT secret FROM nowhere"))
    assert "secret" not in error.value.message
    async with database.begin(ANN) as store:
        await store.tasks.add(TaskDraft(title="after"))
    await database.aclose()


async def test_a_server_without_tls_is_told_so_where_the_address_asks_for_it() -> None:
    async def no_tls(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readexactly(8)
        writer.write(b"N")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(no_tls, "127.0.0.1", 0)
    host, port = server.sockets[0].getsockname()
    with pytest.raises(ConfigError, match="offers no TLS for the database list at 127") as error:
        await Database.open(f"postgresql://ann:secret@{host}:{port}/list?sslmode=require", clock=Clock())
    assert "secret" not in error.value.message
    server.close()
    await server.wait_closed()
