import asyncio
import sqlite3
import subprocess
import sys
from contextlib import closing, suppress
from pathlib import Path

import asyncpg
import pytest

from kirotodo.core.domain.task import TaskDraft, TaskFilter
from kirotodo.core.errors import Conflict, InvalidInput, StorageBusy
from kirotodo.core.store.database import Database, Store
from kirotodo.core.store.sqlite.engine import SqliteEngine
from tests.core.store.conftest import ANN, BOB, ON_SQLITE, Clock, Undecided, shown, titles
from tests.waiting import until

ALONE = "SELECT count(*) = 1 FROM pg_stat_activity WHERE datname = current_database()"


async def _add(database: Database, *names: str, user: str = ANN) -> None:
    async with database.begin(user) as store:
        for name in names:
            await store.tasks.add(TaskDraft(title=name))


async def _titles(database: Database, user: str = ANN) -> list[str]:
    async with database.read(user) as store:
        return await titles(store, TaskFilter())


async def test_an_exception_rolls_everything_back(database: Database) -> None:
    await _add(database, "kept")
    with suppress(Undecided):
        async with database.begin(ANN) as store:
            await store.tasks.add(TaskDraft(title="lost"))
            await store.tasks.delete(1)
            raise Undecided
    assert await _titles(database) == ["kept"]
    async with database.begin(ANN) as store:
        assert (await store.tasks.add(TaskDraft(title="next"))).id == 2
        assert await store.tasks.count_pending() == 2


async def test_a_user_whose_first_transaction_failed_can_begin_again(database: Database) -> None:
    with suppress(Undecided):
        async with database.begin(BOB) as store:
            await store.tasks.add(TaskDraft(title="lost"))
            raise Undecided
    await _add(database, "first", user=BOB)
    assert await _titles(database, BOB) == ["first"]


async def test_twenty_writers_at_once_lose_and_double_nothing(database: Database) -> None:
    await asyncio.gather(*(_add(database, f"{number}") for number in range(20)))
    async with database.read(ANN) as store:
        page = await shown(store, TaskFilter(sort="created"))
        assert sorted(task.id for task in page.items) == list(range(1, 21))
        assert {task.title for task in page.items} == {str(number) for number in range(20)}
        assert await store.revision() == 20
        assert await store.tasks.count_pending() == 20


async def test_a_reader_sees_one_moment_and_waits_for_nobody(database: Database) -> None:
    await _add(database, "before")
    async with database.read(ANN) as reader:
        assert await titles(reader, TaskFilter()) == ["before"]
        await _add(database, "after")
        assert await titles(reader, TaskFilter()) == ["before"]
    async with database.begin(ANN) as writer:
        await writer.tasks.add(TaskDraft(title="not yet"))
        assert await _titles(database) == ["before", "after"]


async def test_a_transaction_that_is_cancelled_leaves_nothing_behind(database: Database) -> None:
    inside = asyncio.Event()

    async def endless() -> None:
        async with database.begin(ANN) as store:
            while True:
                await store.tasks.add(TaskDraft(title="lost"))
                inside.set()

    for _ in range(5):
        inside.clear()
        writing = asyncio.create_task(endless())
        await inside.wait()
        writing.cancel()
        with pytest.raises(asyncio.CancelledError):
            await writing
    await _add(database, "kept")
    assert await _titles(database) == ["kept"]


async def test_a_cancelled_waiter_lets_the_next_one_write(database: Database) -> None:
    async with database.begin(ANN):
        waiting = asyncio.create_task(_add(database, "never"))
        await asyncio.sleep(0)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
    await _add(database, "kept")
    assert await _titles(database) == ["kept"]


async def test_a_transaction_that_outlives_its_database_leaves_no_connection_behind(
    postgres_url: str, clock: Clock
) -> None:
    database = await Database.open(postgres_url, clock=clock)
    watching = await asyncpg.connect(postgres_url)
    async with database.begin(ANN) as store:
        await store.tasks.add(TaskDraft(title="on the way"))
        await database.aclose()
    await until(lambda: watching.fetchval(ALONE))
    await watching.close()


async def test_writers_wait_as_long_as_their_queue_moves_and_no_longer(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Forty writers take longer than any of them may wait for one that does not come to an end."""
    async with database.begin(ANN) as store:  # which builds its statements, and is slow the first time
        await store.tasks.add(TaskDraft(title="first"))
    if isinstance(database._engine, SqliteEngine):
        monkeypatch.setattr(database._engine._writers, "patience", 1.0)
    monkeypatch.setattr("kirotodo.core.store.postgres.engine.WAIT_SECONDS", 1.0)

    async def slowly(number: int) -> None:
        async with database.begin(ANN) as store:
            await store.tasks.add(TaskDraft(title=f"{number}"))
            await asyncio.sleep(0.03)

    await asyncio.gather(*(slowly(number) for number in range(40)))
    assert len(await _titles(database)) == 41
    async with database.begin(ANN):
        with pytest.raises(StorageBusy):
            await _add(database, "behind one that never ends")
    await _add(database, "after it")
    assert len(await _titles(database)) == 42


async def test_the_revision_moves_on_once_per_transaction_and_names_what_changed(database: Database) -> None:
    await _add(database, "a", "b", "c")
    async with database.begin(ANN) as store:
        assert await store.revision() == 1
        await store.tasks.update(1, {"title": "A"})
        await store.tasks.delete(2)
        assert await store.revision() == 2
    async with database.begin(ANN) as store:
        since = await store.changed_since(1)
        assert [task.title for task in since.tasks] == ["A"]
        assert (since.removed, since.conversations, since.revision) == ((2,), False, 2)
        await store.conversations.create("talk")
        since = await store.changed_since(2)
        assert (since.tasks, since.removed, since.conversations, since.revision) == ((), (), True, 3)
        assert (await store.changed_since(3)).conversations is False


@pytest.mark.parametrize("what", ["message", "rename", "delete", "restore"])
async def test_every_write_to_a_conversation_is_a_change_of_it(database: Database, what: str) -> None:
    async with database.begin(ANN) as store:
        await store.conversations.create("talk")
        if what == "restore":
            await store.conversations.delete(1)
        revision = await store.revision()
    async with database.begin(ANN) as store:
        match what:
            case "message":
                await store.conversations.add_message(1, role="user", content="x", turn_id="t")
            case "rename":
                await store.conversations.rename(1, "x")
            case "delete":
                await store.conversations.delete(1)
            case _:
                await store.conversations.restore(1)
        assert (await store.changed_since(revision)).conversations


async def test_a_user_keeps_a_time_zone(database: Database) -> None:
    async with database.begin(ANN) as store:
        assert await store.timezone() is None
        await store.set_timezone("Europe/Berlin")
    async with database.read(ANN) as store:
        assert await store.timezone() == "Europe/Berlin"


async def test_two_programs_on_one_database_see_each_others_changes(
    database: Database, database_url: str, clock: Clock
) -> None:
    other = await Database.open(database_url, clock=clock)
    try:
        await _add(other, "by the other")
        assert await _titles(database) == ["by the other"]
        await asyncio.gather(
            *(_add(each, f"{name} {number}") for number in range(10) for name, each in (("a", database), ("b", other)))
        )
        assert len(await _titles(database)) == 21
        assert await _titles(database) == await _titles(other)
    finally:
        await other.aclose()


@ON_SQLITE
async def test_another_programs_write_is_a_change(database: Database, url: str, clock: Clock) -> None:
    other = await Database.open(url, clock=clock)
    token = database._engine.change_token()
    assert database._engine.change_token() == token
    await _add(other, "by the other")
    assert database._engine.change_token() != token
    token = database._engine.change_token()
    assert database._engine.change_token() == token
    await other.aclose()


@ON_SQLITE
async def test_reading_does_not_look_like_a_change(database: Database) -> None:
    await _add(database, "a")
    token = database._engine.change_token()
    await _titles(database)
    assert database._engine.change_token() == token


@ON_SQLITE
@pytest.mark.slow
async def test_a_database_held_by_another_program_is_told_so(database: Database, path: Path) -> None:
    await _add(database, "a")
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StorageBusy, match=r"kirotodo\.db is locked by another program"):
            await _add(database, "b")
        other.execute("ROLLBACK")
    await _add(database, "c")
    assert await _titles(database) == ["a", "c"]


async def test_text_that_cannot_be_stored_is_refused(database: Database) -> None:
    with pytest.raises(InvalidInput, match="can't be stored"):
        await _add(database, "half a \ud83d pair")
    await _add(database, "a")


async def test_a_message_of_no_conversation_cannot_be_stored(database: Database) -> None:
    with pytest.raises(Conflict):
        async with database.begin(ANN) as store:
            await _orphan(store)


async def _orphan(store: Store) -> None:
    await store.turns.add_step("no such turn", 1, "")


@ON_SQLITE
async def test_the_file_is_set_up_for_two_programs(database: Database, path: Path) -> None:
    await _add(database, "a")
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)


async def test_closing_leaves_one_file(url: str, path: Path, clock: Clock) -> None:
    database = await Database.open(url, clock=clock)
    await _add(database, "a")
    database._engine.change_token()
    await database.aclose()
    assert [found.name for found in path.parent.iterdir()] == [path.name]


WRITER = """
import asyncio, sys
from datetime import UTC, datetime
from kirotodo.core.domain.task import TaskDraft
from kirotodo.core.store.database import Database

async def main():
    database = await Database.open(sys.argv[1], clock=lambda: datetime.now(UTC))
    for number in range(1, 100_000):
        async with database.begin("ann", turn_id="t", call_id=str(number)) as store:
            task = await store.tasks.add(TaskDraft(title="one"))
            await store.tasks.add(TaskDraft(title="two"))
        print(task.id, flush=True)

asyncio.run(main())
"""


def _write_until_killed(url: str) -> int:
    """The newest id that the program had told when it was killed."""
    acknowledged = 0
    with subprocess.Popen([sys.executable, "-c", WRITER, url], stdout=subprocess.PIPE, text=True) as program:
        assert program.stdout is not None
        for line in program.stdout:
            acknowledged = int(line)
            if acknowledged % 40 > 30:
                program.kill()
                break
    return acknowledged


@pytest.mark.slow
async def test_kill_9_loses_no_committed_write_and_halves_none(url: str, path: Path, clock: Clock) -> None:
    for _ in range(3):
        acknowledged = await asyncio.to_thread(_write_until_killed, url)
        database = await Database.open(url, clock=clock)
        async with database.read(ANN) as store:
            count = await store.tasks.count_pending()
            page = await shown(store, limit=1)
            assert (await store.tasks.get(acknowledged)).title == "one"
        await database.aclose()
        assert count % 2 == 0
        assert count == page.total
        assert count >= acknowledged
        with closing(sqlite3.connect(path)) as connection:
            assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
            for table in ("tasks", "changes", "search_documents"):
                assert connection.execute(f"SELECT count(*) FROM {table}").fetchone() == (count,)
