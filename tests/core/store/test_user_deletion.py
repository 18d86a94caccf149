"""A user who is deleted leaves nothing behind, in whichever table; everybody else keeps everything."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import column, func, select, table, text
from sqlmodel import SQLModel

from kirotodo.core.domain.calendar import CalendarItem
from kirotodo.core.domain.reminder import ReminderTarget
from kirotodo.core.domain.task import TaskDraft, TaskFilter
from kirotodo.core.domain.view import View
from kirotodo.core.store import maintenance
from kirotodo.core.store.database import REMEMBERED, Database
from kirotodo.core.store.request_keys import RequestKey
from kirotodo.core.store.sqlite.base import BaseEngine
from kirotodo.core.store.transaction import hash_of
from tests.core.store.conftest import ANN, BOB, Clock, titles
from tests.core.store.test_purge import _turn

GRACE = timedelta(days=14)
HASHED = "deleted_users"
"""The one table that knows users by a hash alone."""
CONVERSATIONS = 12
"""More than are deleted in one transaction."""


async def _tables(database: Database) -> set[str]:
    """Every table of the database that says whose its rows are, whether or not we know of it."""
    postgres = "SELECT table_name FROM information_schema.columns WHERE column_name = 'user_id'"
    sqlite = (
        "SELECT m.name FROM sqlite_master AS m, pragma_table_info(m.name) AS c "
        "WHERE m.type = 'table' AND c.name = 'user_id'"
    )
    async with database._engine.operate() as connection:
        is_postgres = not isinstance(database._engine, BaseEngine)
        return {row[0] for row in await connection.execute(text(postgres if is_postgres else sqlite))}


async def _rows(database: Database, user_id: str) -> dict[str, int]:
    """How many rows of this user each table holds."""
    found = {}
    async with database._engine.operate() as connection:
        for name in sorted({*await _tables(database), "users"} - {HASHED}):
            owner: Any = column("id" if name == "users" else "user_id")
            query = select(func.count()).select_from(table(name, owner)).where(owner == user_id)
            ((found[name],),) = await connection.execute(query)
    return found


async def _fill(database: Database, user_id: str) -> None:
    async with database.begin(user_id) as store:
        await store.accounts.create(email=f"{user_id}@example.com", password_hash="hash")
        await store.webhooks.add("https://example.com/hook", ("task.created",), secret="whsec_")
        for title in ("milk", "bread"):
            task = await store.tasks.add(TaskDraft(title=title, tags=("shop",), notes="soon", remind_at=store.now))
            item = CalendarItem(name=f"{title}.ics", uid=title, parent_uid=None, source="BEGIN:VCALENDAR")
            await store.calendar.save(task, item)
        for number in range(CONVERSATIONS):
            conversation = await store.conversations.create(f"about {number}")
            await _turn(store, f"{user_id} {number}", conversation.id, over=number > 0)
        await store.request_keys.keep(RequestKey(key="k", fingerprint="f"), "{}")
        await store.reminders.set_target(ReminderTarget(kind="ntfy", url="https://ntfy.example.com/a", secret=""))
        await store.views.save(View(name="work", filter="+work"))
        await store.accounts.add_session("laptop", expires_at=store.now + timedelta(days=30))


async def _request(database: Database, clock: Clock, user_id: str = ANN) -> None:
    async with database.begin(user_id) as store:
        await store.accounts.set_deletion(clock.now + GRACE)


@pytest.fixture
async def filled(database: Database) -> Database:
    for user in (ANN, BOB):
        await _fill(database, user)
    return database


async def test_every_table_is_filled_by_these_tests(filled: Database) -> None:
    """A new table has to be filled above, so that it cannot be forgotten below."""
    known = {name for name, each in SQLModel.metadata.tables.items() if "user_id" in each.c}
    assert await _tables(filled) >= known
    assert [name for name, count in (await _rows(filled, ANN)).items() if not count] == []


async def test_nothing_of_a_deleted_user_is_left_and_all_of_everybody_else(filled: Database, clock: Clock) -> None:
    of_bob = await _rows(filled, BOB)
    await _request(filled, clock)
    clock.now += GRACE
    assert await filled.delete_users() == 1
    assert set((await _rows(filled, ANN)).values()) == {0}
    assert await _rows(filled, BOB) == of_bob
    async with filled.read(BOB) as store:
        assert await titles(store, TaskFilter(search="milk")) == ["milk"]
    assert await filled.delete_users() == 0


async def test_whoever_comes_by_that_id_or_address_begins_anew(filled: Database, clock: Clock) -> None:
    await _request(filled, clock)
    clock.now += GRACE
    await filled.delete_users()
    async with filled.begin(ANN) as store:
        await store.accounts.create(email="ann@example.com", password_hash="another")
        assert (await store.tasks.add(TaskDraft(title="new"))).id == 1
        assert await titles(store, TaskFilter(status="all")) == ["new"]
        assert await titles(store, TaskFilter(status="all", search="milk")) == []
        assert (await store.conversations.page()).items == ()


async def test_before_the_grace_time_is_over_everything_stays(filled: Database, clock: Clock) -> None:
    before = await _rows(filled, ANN)
    await _request(filled, clock)
    clock.now += GRACE - timedelta(minutes=1)
    assert await filled.delete_users() == 0
    async with filled.begin(ANN) as store:
        await store.accounts.set_deletion(None)
    clock.now += GRACE
    assert await filled.delete_users() == 0
    assert await _rows(filled, ANN) == before


async def test_a_turn_that_runs_is_waited_for(filled: Database, clock: Clock) -> None:
    await _request(filled, clock)
    clock.now += GRACE
    async with filled.begin(ANN) as store:
        await store.turns.claim(f"{ANN} 0", owner="a server", lease=timedelta(hours=1), expected_epoch=1)
    assert await filled.delete_users() == 0
    async with filled.begin(ANN) as store:
        await store.turns.claim(f"{ANN} 0", owner="a server", lease=timedelta(), expected_epoch=2)
    assert await filled.delete_users() == 1


async def test_several_servers_at_once_delete_each_user_once(filled: Database, database_url: str, clock: Clock) -> None:
    for user in (ANN, BOB):
        await _request(filled, clock, user)
    clock.now += GRACE
    others = [await Database.open(database_url, clock=clock) for _ in range(2)]
    counts = await asyncio.gather(*(each.delete_users() for each in (filled, *others)))
    for each in others:
        await each.aclose()
    assert sum(counts) == 2
    assert set((await _rows(filled, ANN)).values()) == {0}


async def _left(database: Database) -> list[Any]:
    async with database._engine.operate() as connection:
        return [tuple(row) for row in await connection.execute(text(f"SELECT user_id, token_version FROM {HASHED}"))]


async def test_tokens_from_before_open_nothing_of_a_new_user_by_that_id(database: Database, clock: Clock) -> None:
    for deletions in (1, 2):
        async with database.begin(ANN) as store:
            await store.tasks.add(TaskDraft(title="milk"))
        await _request(database, clock)
        clock.now += GRACE
        assert await database.delete_users() == 1
        assert await _left(database) == [(hash_of(ANN), deletions)]
        async with database.read(ANN) as store:
            assert (await store.accounts.session_status()).token_version == deletions
        async with database.read(BOB) as store:
            assert (await store.accounts.session_status()).token_version == 0
    async with database.begin(ANN) as store:
        await store.tasks.add(TaskDraft(title="new"))
        assert (await store.accounts.session_status()).token_version == 2
    clock.now += REMEMBERED
    await database.delete_users()
    assert await _left(database) == []


async def test_the_command_deletes_them_too(filled: Database, database_url: str, clock: Clock) -> None:
    async with filled.begin(ANN) as store:
        await store.accounts.set_deletion(clock.now - timedelta(days=3650))
    ever = timedelta(days=36500)
    assert maintenance.purge(database_url, older_than=ever, dry_run=True).accounts == 1
    assert (await _rows(filled, ANN))["users"] == 1
    assert maintenance.purge(database_url, older_than=ever).accounts == 1
    assert set((await _rows(filled, ANN)).values()) == {0}
    assert maintenance.purge(database_url, older_than=ever).accounts == 0
