import sqlite3
from collections.abc import Callable, Coroutine
from contextlib import closing, suppress
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from kirotodo.core.domain.conversation import Approval, ToolCall, Usage
from kirotodo.core.domain.task import TaskDraft
from kirotodo.core.errors import Conflict, LiveTurn, NotFound
from kirotodo.core.store.database import Database, Store
from kirotodo.core.store.leases import DanglingTurn, Lease, OwnedEvent, StaleOwner
from tests.core.store.conftest import ANN, BOB, ON_POSTGRES, ON_SQLITE, Clock, Undecided

LEASE = timedelta(hours=1)
OVER = timedelta(seconds=-1)
CALL = ToolCall(id="1.1", step=1, position=1, tool="add_task", arguments={"title": "é 🎉", "tags": ["a"]})


async def _create(store: Store, turn_id: str = "t1", conversation_id: int = 1, **extra: Any) -> None:
    values: dict[str, Any] = {"message_seq": 1, "owner": "me", "lease": LEASE, **extra}
    await store.turns.create(turn_id=turn_id, conversation_id=conversation_id, **values)


@pytest.fixture
async def running(database: Database) -> Database:
    async with database.begin(ANN) as store:
        for title in ("one", "two"):
            await store.conversations.create(title)
        await _create(store, request_key="key", fingerprint="print", model="builtin")
    return database


async def test_a_turn_comes_back_as_it_was_stored(running: Database) -> None:
    async with running.read(ANN) as store:
        record = await store.turns.get("t1")
        assert await store.turns.by_request_key("key") == record
        assert await store.turns.by_request_key("another") is None
        assert await store.turns.live(1) == "t1"
        assert await store.turns.live(2) is None
    assert (record.turn.conversation_id, record.turn.message_seq, record.turn.status) == (1, 1, "running")
    assert (record.epoch, record.owner, record.expired, record.last_seq) == (1, "me", False, 0)
    assert (record.request_key, record.fingerprint, record.turn.model) == ("key", "print", "builtin")
    assert not record.cancel_requested
    assert record.turn.tool_calls == ()


async def test_a_conversation_has_one_live_turn(running: Database) -> None:
    approval = Approval(call_id="1.1", tool="delete_task", arguments={}, question="Delete?")
    for parked in (False, True):
        async with running.begin(ANN) as store:
            if parked:
                await store.turns.park("t1", approval)
            with pytest.raises(LiveTurn) as refused:
                await _create(store, "t2")
        assert refused.value.turn_id == "t1"
    async with running.begin(ANN) as store:
        await _create(store, "elsewhere", conversation_id=2)
        await store.turns.finish("t1", status="finished")
        await _create(store, "t2")


@ON_SQLITE
@pytest.mark.parametrize("status", ["running", "awaiting_approval"])
async def test_the_database_itself_refuses_a_second_live_turn(running: Database, path: Path, status: str) -> None:
    with closing(sqlite3.connect(path)) as connection, pytest.raises(sqlite3.IntegrityError):
        connection.execute(
            "INSERT INTO turns SELECT user_id, 'other', conversation_id, message_seq, ?, NULL, fingerprint, model,"
            " 0, 0, 0, owner, 1, lease_until, 0, -1, 0, '', NULL, NULL, created_at, NULL FROM turns",
            (status,),
        )


async def test_a_request_key_belongs_to_one_turn(running: Database) -> None:
    with pytest.raises(Conflict):
        async with running.begin(ANN) as store:
            await _create(store, "t2", conversation_id=2, request_key="key")
    async with running.begin(BOB) as store:
        await store.conversations.create("bob's")
        await _create(store, "t2", request_key="key")


async def test_steps_and_receipts(running: Database) -> None:
    second = ToolCall(id="1.2", step=1, position=2, tool="list_tasks", arguments={})
    async with running.begin(ANN) as store:
        await store.turns.add_step("t1", 1, "let me see", (CALL, second))
        await store.turns.set_call("t1", 1, 1, status="succeeded", result={"task_id": 3}, duration_ms=12)
        await store.turns.set_call("t1", 1, 2, status="denied", arguments={"due": "today"})
        await store.turns.add_step("t1", 2, "done")
    async with running.read(ANN) as store:
        steps = (await store.turns.steps(("t1", "unknown")))["t1"]
        turn = (await store.turns.get("t1")).turn
        assert "unknown" not in await store.turns.steps(("t1", "unknown"))
    assert [(step.step, step.text, len(step.calls)) for step in steps] == [(1, "let me see", 2), (2, "done", 0)]
    first, other = steps[0].calls
    assert (first.id, first.arguments, first.result) == ("1.1", CALL.arguments, {"task_id": 3})
    assert (first.status, first.duration_ms) == ("succeeded", 12)
    assert (other.status, other.arguments, other.result) == ("denied", {"due": "today"}, None)
    assert turn.tool_calls == steps[0].calls


async def test_a_receipt_belongs_to_a_call_that_was_asked_for_once(running: Database) -> None:
    async with running.begin(ANN) as store:
        await store.turns.add_step("t1", 1, "", (CALL,))
        with pytest.raises(NotFound, match=r"no tool call 1\.2"):
            await store.turns.set_call("t1", 1, 2, status="succeeded")
    for again in ((1, (CALL,)), (2, (CALL, CALL))):
        with pytest.raises(Conflict):
            async with running.begin(ANN) as store:
                await store.turns.add_step("t1", again[0], "", again[1])


async def test_an_effect_and_its_receipt_are_stored_together_or_not_at_all(running: Database) -> None:
    async with running.begin(ANN) as store:
        await store.turns.add_step("t1", 1, "", (CALL,))
    with suppress(Undecided):
        async with running.begin(ANN, turn_id="t1", call_id="1.1") as store:
            await store.tasks.add(TaskDraft(title="milk"))
            await store.turns.set_call("t1", 1, 1, status="succeeded", result={})
            raise Undecided
    async with running.read(ANN) as store:
        assert await store.tasks.count_pending() == 0
        assert (await store.turns.get("t1")).turn.tool_calls[0].status == "pending"


async def test_a_turn_is_taken_over_by_exactly_one(running: Database) -> None:
    async with running.begin(ANN) as store:
        assert await store.turns.claim("t1", owner="you", lease=OVER, expected_epoch=1) == 2
        assert await store.turns.claim("t1", owner="him", lease=OVER, expected_epoch=1) is None
        assert await store.turns.claim("unknown", owner="him", lease=OVER, expected_epoch=1) is None
        record = await store.turns.get("t1")
    assert (record.owner, record.epoch, record.expired) == ("you", 2, True)


FRESH: list[bytes] = [b"event"] * 100
"""What tells one attempt from another."""
STALE: list[Callable[[Store], Coroutine[Any, Any, Any]]] = [
    lambda store: store.turns.fence("t1", 1),
    lambda store: store.turns.append_event("t1", 1, len(FRESH), FRESH.pop()),
    lambda store: store.turns.add_step("t1", len(FRESH), FRESH.pop().decode(), epoch=1),
]


@pytest.mark.parametrize("attempt", STALE)
@pytest.mark.parametrize("how", ["claimed", "finished", "unknown"])
async def test_who_lost_a_turn_is_told(
    running: Database, attempt: Callable[[Store], Coroutine[Any, Any, Any]], how: str
) -> None:
    async with running.begin(ANN) as store:
        await attempt(store)
        if how == "claimed":
            await store.turns.claim("t1", owner="you", lease=LEASE, expected_epoch=1)
        if how == "finished":
            await store.turns.finish("t1", status="failed")
    with pytest.raises(StaleOwner):
        async with running.begin(BOB if how == "unknown" else ANN) as store:
            await attempt(store)


async def test_a_finished_turn_cannot_be_claimed_parked_or_finished_again(running: Database) -> None:
    usage = Usage(input_tokens=3, output_tokens=2, cached_tokens=1)
    async with running.begin(ANN) as store:
        await store.turns.finish("t1", status="cancelled", response="half", error="stopped", usage=usage)
    async with running.begin(ANN) as store:
        assert await store.turns.claim("t1", owner="you", lease=LEASE, expected_epoch=1) is None
        with pytest.raises(StaleOwner):
            await store.turns.finish("t1", status="finished", response="whole")
        with pytest.raises(StaleOwner):
            await store.turns.park("t1", Approval(call_id="1.1", tool="x", arguments={}, question="?"))
        await store.turns.unpark("t1")
        await store.turns.request_cancel("t1")
        record = await store.turns.get("t1")
    turn = record.turn
    assert (turn.status, turn.response, turn.error, turn.usage) == ("cancelled", "half", "stopped", usage)
    assert (turn.model, turn.approval) == ("builtin", None)
    assert turn.finished_at is not None
    assert not record.cancel_requested


async def test_every_fence_brings_word_of_a_cancel(running: Database) -> None:
    async with running.begin(ANN) as store:
        assert not await store.turns.fence("t1", 1)
        assert not await store.turns.append_event("t1", 1, 1, b"one")
        assert not await store.turns.add_step("t1", 0, "one", epoch=1)
        await store.turns.request_cancel("t1")
        assert await store.turns.fence("t1", 1)
        assert await store.turns.append_event("t1", 1, 2, b"two")
        assert await store.turns.add_step("t1", 1, "two", (CALL,), epoch=1)
        assert await store.turns.finish("t1", status="finished", epoch=1)
        assert await store.turns.events("t1") == [(1, b"one"), (2, b"two")]
        assert [(step.text, len(step.calls)) for step in (await store.turns.steps(["t1"]))["t1"]] == [
            ("one", 0),
            ("two", 1),
        ]
        with pytest.raises(NotFound):
            await store.turns.request_cancel("unknown")


async def test_only_the_owner_can_finish_a_turn(running: Database) -> None:
    async with running.begin(ANN) as store:
        with pytest.raises(StaleOwner):
            await store.turns.finish("t1", status="finished", response="mine", epoch=2)
        assert (await store.turns.get("t1")).turn.status == "running"


async def test_leases_of_many_users_are_held_at_once(running: Database) -> None:
    mine = [Lease(user_id=ANN, turn_id="t1", epoch=1), Lease(user_id=BOB, turn_id="b1", epoch=1)]
    lost = [
        Lease(user_id=ANN, turn_id="over", epoch=1),
        Lease(user_id=BOB, turn_id="taken", epoch=1),
        Lease(user_id=BOB, turn_id="t1", epoch=1),
        *(Lease(user_id=ANN, turn_id=f"unknown {number}", epoch=1) for number in range(600)),
    ]
    async with running.begin(ANN) as store:
        await _create(store, "over", conversation_id=2)
        await store.turns.finish("over", status="finished")
    async with running.begin(BOB) as store:
        for title in ("one", "two"):
            await store.conversations.create(title)
        await _create(store, "b1", lease=OVER)
        await store.turns.request_cancel("b1")
        await _create(store, "taken", conversation_id=2)
        await store.turns.claim("taken", owner="you", lease=OVER, expected_epoch=1)
    assert await running.hold([*lost, *mine], lease=LEASE) == {"t1": False, "b1": True}
    assert await running.hold([], lease=LEASE) == {}
    expired = {each.turn_id: each.expired for each in await running.dangling()}
    assert expired == {"t1": False, "b1": False, "taken": True}


async def test_a_released_turn_is_free_at_once_and_only_for_its_owner(running: Database) -> None:
    async with running.begin(ANN) as store:
        await store.turns.release("t1", 7)
        assert not (await store.turns.get("t1")).expired
        await store.turns.release("t1", 1)
        assert (await store.turns.get("t1")).expired


async def test_an_approval_is_parked_with_the_tasks_it_is_about(running: Database) -> None:
    async with running.begin(ANN) as store:
        task = await store.tasks.add(TaskDraft(title="milk", due_date=date(2026, 11, 27), tags=("a",)))
        approval = Approval(
            call_id="1.1", tool="delete_task", arguments={"task_ids": [1]}, question="Delete?", tasks=(task,)
        )
        await store.turns.park("t1", approval)
    async with running.begin(ANN) as store:
        turn = (await store.turns.get("t1")).turn
        assert (turn.status, turn.approval) == ("awaiting_approval", approval)
        assert await store.turns.live(1) == "t1"
        assert await running.dangling() == []
        await store.turns.fence("t1", 1)
        assert await store.turns.claim("t1", owner="you", lease=LEASE, expected_epoch=1) == 2
        await store.turns.unpark("t1")
        turn = (await store.turns.get("t1")).turn
    assert (turn.status, turn.approval) == ("running", None)


async def test_running_turns_of_every_user_dangle(running: Database) -> None:
    async with running.begin(BOB) as store:
        await store.conversations.create("bob's")
        await _create(store, "t9")
    async with running.begin(ANN) as store:
        await _create(store, "over", conversation_id=2)
        await store.turns.finish("over", status="finished")
    assert await running.dangling() == [
        DanglingTurn(user_id=ANN, turn_id="t1", owner="me", epoch=1, expired=False),
        DanglingTurn(user_id=BOB, turn_id="t9", owner="me", epoch=1, expired=False),
    ]


async def test_events_are_replayed_from_where_a_viewer_was(running: Database) -> None:
    events = [(seq, f"event {seq}".encode()) for seq in (1, 2, 4, 7)]
    async with running.begin(ANN) as store:
        await store.turns.append_events("t1", ())
        await store.turns.append_events("t1", events[:1])
        await store.turns.append_events("t1", events[1:])
    async with running.read(ANN) as store:
        assert await store.turns.events("t1") == events
        assert await store.turns.events("t1", after=2) == events[2:]
        assert await store.turns.events("t1", after=1, limit=2) == events[1:3]
        assert await store.turns.events("unknown") == []
        assert (await store.turns.get("t1")).last_seq == 7
    with pytest.raises(Conflict):
        async with running.begin(ANN) as store:
            await store.turns.append_events("t1", [(7, b"again")])


def owned(user: str, turn_id: str, *, epoch: int = 1, seq: int = 1, data: str = "é\\u0000'") -> OwnedEvent:
    lease = Lease(user_id=user, turn_id=turn_id, epoch=epoch)
    return OwnedEvent(lease=lease, seq=seq, data=data.encode())


async def test_events_of_many_users_are_written_together(running: Database) -> None:
    """Each under its own user, and only where the turn is still its owner's."""
    async with running.begin(BOB) as store:
        await store.conversations.create("bob's")
        await _create(store)
        await store.turns.request_cancel("t1")
    events = [
        owned(ANN, "t1"),
        owned(ANN, "unknown"),
        owned(BOB, "t1"),
    ]
    assert await running.append_events(events[:2]) == {"t1": False}
    assert await running.append_events(events[2:]) == {"t1": True}
    assert await running.append_events([owned(ANN, "t1", epoch=2, seq=2), owned("carl", "t1", seq=3)]) == {}
    assert await running.append_events([owned(ANN, "t1", seq=4), owned(BOB, "t2", seq=4)]) == {"t1": False}
    for user, stored in ((ANN, [1, 4]), (BOB, [1]), ("carl", [])):
        async with running.read(user) as store:
            found = await store.turns.events("t1")
            assert [seq for seq, _ in found] == stored
            assert {data for _, data in found} <= {"é\\u0000'".encode()}


async def test_a_number_that_is_taken_undoes_all_that_was_written_with_it(running: Database) -> None:
    async with running.begin(ANN) as store:
        await _create(store, "t2", conversation_id=2)
    await running.append_events([owned(ANN, "t2")])
    with pytest.raises(Conflict):
        await running.append_events([owned(ANN, "t1"), owned(ANN, "t2")])
    async with running.read(ANN) as store:
        assert await store.turns.events("t1") == []


@ON_POSTGRES
async def test_what_is_written_together_waits_for_nobody(running: Database) -> None:
    async with running.begin(ANN) as store:
        await _create(store, "t2", conversation_id=2)
    async with running.begin(ANN) as store:
        await store.turns.fence("t1", 1)
        assert await running.append_events([owned(ANN, "t1"), owned(ANN, "t2")]) == {"t2": False}
    assert await running.append_events([owned(ANN, "t1")]) == {"t1": False}


async def test_many_turns_come_in_the_order_asked_for(running: Database) -> None:
    async with running.begin(ANN) as store:
        await _create(store, "t2", conversation_id=2)
        await store.turns.add_step("t2", 1, "", (CALL,))
        found = await store.turns.many(["t2", "unknown", "t1", *map(str, range(1200))])
        assert [turn.id for turn in found] == ["t2", "t1"]
        assert found[0] == (await store.turns.get("t2")).turn
        assert await store.turns.many([]) == ()


@ON_POSTGRES
@pytest.mark.parametrize("skew", [timedelta(hours=-1), timedelta(hours=1)], ids=["behind", "ahead"])
async def test_servers_whose_clocks_differ_judge_leases_alike(
    running: Database, database_url: str, clock: Clock, skew: timedelta
) -> None:
    other = await Database.open(database_url, clock=lambda: clock() + skew)
    try:
        for mine, theirs in ((running, other), (other, running)):
            (dangling,) = await theirs.dangling()
            lease = Lease(user_id=ANN, turn_id="t1", epoch=dangling.epoch)
            assert await mine.hold([lease], lease=timedelta(seconds=20)) == {"t1": False}
            assert not (await theirs.dangling())[0].expired, "it is alive"
            assert await mine.hold([lease], lease=OVER) == {"t1": False}
            assert (await theirs.dangling())[0].expired, "it died"
            async with theirs.begin(ANN) as store:
                assert (await store.turns.get("t1")).expired
                claimed = await store.turns.take_over(
                    "t1", owner="you", lease=timedelta(seconds=20), expected_epoch=dangling.epoch
                )
                assert claimed is not None
                assert claimed.epoch == dangling.epoch + 1
                assert not (await store.turns.get("t1")).expired
            async with mine.begin(ANN) as store:
                assert not (await store.turns.get("t1")).expired
            async with theirs.begin(ANN) as store:
                await store.turns.release("t1", claimed.epoch)
            assert (await mine.dangling())[0].expired, "it was let go of"
    finally:
        await other.aclose()
