"""What is old and cannot be seen goes; what is in use, or can be seen, stays."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from kirotodo.core.domain.conversation import ToolCall
from kirotodo.core.domain.task import TaskDraft, TaskFilter
from kirotodo.core.errors import NotFound, NotUndoable
from kirotodo.core.store import maintenance
from kirotodo.core.store.database import Database
from kirotodo.core.store.purge import Purged
from kirotodo.core.store.request_keys import RequestKey
from tests.core.store.conftest import ANN, BOB, Clock, titles

OLD = datetime(2026, 1, 1, tzinfo=UTC)
LATER = datetime(2026, 6, 1, tzinfo=UTC)
CALL = ToolCall(id="1.1", step=1, position=1, tool="add_task", arguments={}, result={}, status="succeeded")


async def _turn(store: Any, turn_id: str, conversation_id: int, *, over: bool) -> None:
    await store.conversations.add_message(conversation_id, role="user", content=f"hello {turn_id}", turn_id=turn_id)
    await store.turns.create(
        turn_id=turn_id, conversation_id=conversation_id, message_seq=1, owner="me", lease=timedelta()
    )
    await store.turns.add_step(turn_id, 1, "let me see", (CALL,))
    await store.turns.append_events(turn_id, [(1, b"{}"), (2, b"{}")])
    if over:
        await store.turns.finish(turn_id, status="finished", response="done", finished_at=store.now)


@pytest.fixture
async def grown(database: Database, clock: Clock) -> Database:
    """Of two users each: something old and something new of every kind."""
    for moment in (OLD, LATER):
        clock.now = moment
        for user in (ANN, BOB):
            async with database.begin(user) as store:
                for _ in range(2):
                    await store.tasks.add(TaskDraft(title=f"kept in {moment:%B}", tags=("a",)))
                gone = await store.tasks.add(TaskDraft(title=f"deleted in {moment:%B}", tags=("a",)))
                await store.tasks.delete(gone.id)
                kept, running, deleted = [await store.conversations.create(f"{moment:%B}") for _ in range(3)]
                await _turn(store, f"over {moment:%B}", kept.id, over=True)
                await _turn(store, f"live {moment:%B}", running.id, over=False)
                await _turn(store, f"gone {moment:%B}", deleted.id, over=True)
                await store.conversations.delete(deleted.id)
                if moment == OLD:
                    await store.accounts.add_session("an old one", expires_at=store.now + timedelta(days=1))
                    await store.request_keys.keep(RequestKey(key="an old one", fingerprint="f"), "{}")
    return database


ONE_USERS = Purged(tasks=1, conversations=1, changes=4, events=4, steps=2, sessions=1, request_keys=1)


@pytest.fixture
def before() -> datetime:
    return LATER - timedelta(days=30)


async def test_a_rehearsal_changes_nothing(grown: Database, before: datetime) -> None:
    assert await grown.purge(before=before, dry_run=True) == ONE_USERS + ONE_USERS
    assert await grown.purge(before=before, dry_run=True) == ONE_USERS + ONE_USERS


@pytest.mark.slow
async def test_a_purge_counts_the_bytes_that_writers_estimate(grown: Database, before: datetime) -> None:
    async with grown.begin(ANN) as store:
        task = await store.tasks.add(TaskDraft(title="straße", notes="ü" * 5_000))
        await store.tasks.update(task.id, {"notes": "ü" * 10_000})
        await store.conversations.begin("t", "ä" * 3_000, turn_id="t")
        estimate = (await store._scope.advance()).stored
    await grown.purge(before=OLD)
    async with grown.begin(ANN) as store:
        counted = (await store._scope.advance()).stored
    assert 66_000 < counted < 80_000
    assert estimate == pytest.approx(counted, rel=0.1)
    await grown.purge(before=LATER + timedelta(days=30))
    async with grown.begin(ANN) as store:
        assert (await store._scope.advance()).stored < counted - 40_000


async def test_what_is_old_and_out_of_sight_goes_and_the_rest_stays(grown: Database, before: datetime) -> None:
    async with grown.read(ANN) as store:
        visible = await _visible(store)
    assert await grown.purge(before=before) == ONE_USERS + ONE_USERS
    assert not (await grown.purge(before=before)).anything
    async with grown.read(ANN) as store:
        assert await _visible(store) == visible
        assert await titles(store, TaskFilter(search="deleted")) == []
        assert await store.turns.events("over January") == []
        assert len(await store.turns.events("live January")) == len(await store.turns.events("over June")) == 2
        assert set(await store.turns.steps(["over January", "live January", "over June"])) == {
            "live January",
            "over June",
        }
        with pytest.raises(NotFound):
            await store.turns.get("gone January")
    async with grown.begin(ANN) as store:
        await store.conversations.restore(6)
        with pytest.raises(NotFound):
            await store.conversations.restore(3)
        assert (await store.journal.undo()).removed == (4, 5, 6)
        with pytest.raises(NotUndoable):
            await store.journal.undo()


async def _visible(store: Any) -> list[Any]:
    """Everything that a person can look at."""
    return [
        await titles(store, TaskFilter(status="all")),
        await titles(store, TaskFilter(search="kept")),
        await store.conversations.page(),
        await store.conversations.page(search="hello"),
        await store.conversations.messages(1),
        await store.turns.many(["over January", "live January", "over June", "live June"]),
        await store.turns.live(2),
    ]


async def test_a_purge_from_outside(grown: Database, database_url: str) -> None:
    age = datetime.now(UTC) - LATER + timedelta(days=30)
    assert maintenance.purge(database_url, older_than=age, dry_run=True) == ONE_USERS + ONE_USERS
    assert maintenance.purge(database_url, older_than=age) == ONE_USERS + ONE_USERS
    assert maintenance.purge(database_url, older_than=age) == Purged()
