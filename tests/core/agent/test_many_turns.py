"""Many turns at once in one process, whoever's they are: none fails, and their leases are held together."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from kirotodo.core.agent import runner
from kirotodo.core.agent.admission import Admission
from kirotodo.core.errors import StorageBusy
from kirotodo.core.events import FINAL_EVENTS, TextDelta, TurnEvent, TurnFinished
from kirotodo.core.local import Core
from kirotodo.core.models.model import ModelRequest, ToolOutcome
from kirotodo.core.models.scripted import Item, ScriptedModel, Wait, call
from kirotodo.core.settings import Settings
from kirotodo.core.store.database import Database
from kirotodo.core.store.leases import Lease, OwnedEvent
from tests.lists import list_at
from tests.waiting import until

TURNS = 100
WORDS = [f"word{number} " for number in range(20)]


def settings(folder: Path) -> Settings:
    return Settings(kirotodo_home=folder, database_url=list_at(folder / "list.db"), timezone="UTC", agent_timeout=300)


@pytest.fixture
async def model() -> ScriptedModel:
    return ScriptedModel()


@pytest.fixture
async def core(tmp_path: Path, model: ScriptedModel) -> AsyncIterator[Core]:
    core = await Core.open(settings(tmp_path), model=model)
    yield core
    await core.aclose()


async def follow(core: Core, user: str, turn_id: str) -> list[TurnEvent]:
    return [event async for event in core.of(user).watch(turn_id)]


@pytest.mark.slow
async def test_a_hundred_turns_of_as_many_users(core: Core, model: ScriptedModel) -> None:
    """All speak at once before any may go on, however busy the machine is."""
    core.runner._admission = Admission(always=TURNS)
    everybody = asyncio.Event()

    def step(request: ModelRequest) -> list[Item]:
        if not isinstance(request.history[-1], ToolOutcome):
            return [call("add_task", title="milk")]
        return [*WORDS[:10], Wait(gate=everybody), *WORDS[10:]]

    model.extend(*[step] * (2 * TURNS))
    speaking = 0

    async def one(user: str) -> None:
        nonlocal speaking
        backend = core.of(user)
        sent = await backend.send("add milk")
        events: list[TurnEvent] = []
        async for event in backend.watch(sent.turn_id):
            if isinstance(event, TextDelta) and not any(isinstance(each, TextDelta) for each in events):
                speaking += 1
                if speaking == TURNS:
                    everybody.set()
            events.append(event)
        assert isinstance(events[-1], TurnFinished)
        assert events[-1].response == "".join(WORDS)
        assert [task.title for task in (await backend.tasks()).items] == ["milk"]

    await asyncio.gather(*(one(f"user {number}") for number in range(TURNS)))
    model.assert_done()


async def test_text_of_many_turns_is_written_together(
    core: Core, model: ScriptedModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What comes while one write is under way goes along with the next, and each turn hears of its own fate."""
    append, writes = Database.append_events, list[list[str]]()
    gates = {user: asyncio.Event() for user in ("ann", "bob", "carl")}
    under_way, go_on, never = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def slow(self: Database, events: list[OwnedEvent]) -> dict[str, bool]:
        writes.append([event.lease.user_id for event in events])
        under_way.set()
        await go_on.wait()
        return await append(self, events)

    monkeypatch.setattr(Database, "append_events", slow)
    for gate in gates.values():
        model.extend([Wait(gate=gate), "Hello.", Wait(gate=never)])
    sent = {}
    for number, user in enumerate(gates, 1):
        sent[user] = await core.of(user).send("talk")
        await until(lambda number=number: len(model.requests) == number)  # type: ignore[misc]
    gates["ann"].set()
    await under_way.wait()
    async with core.database.begin("carl") as store:
        turn_id = sent["carl"].turn_id
        assert await store.turns.claim(turn_id, owner="another", lease=timedelta(hours=1), expected_epoch=1) == 2
    gates["bob"].set()
    gates["carl"].set()
    await until(lambda: len(core.runner._writer._waiting) == 2)
    go_on.set()
    for user in ("ann", "bob"):
        async for event in core.of(user).watch(sent[user].turn_id):
            if isinstance(event, TextDelta):
                assert event.text == "Hello."
                break
    await until(lambda: core.runner.live == 2)
    assert writes == [["ann"], ["bob", "carl"], ["carl"]]
    assert (await core.of("carl").turn(turn_id)).status == "running", "it is the other one's to end"


async def test_leases_are_held_together_and_a_stop_is_heard(
    core: Core, model: ScriptedModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One beat for two users: one is asked to stop from elsewhere, the other has lost its turn to another process."""
    monkeypatch.setattr(runner, "HEARTBEAT_SECONDS", 0.01)
    held: list[int] = []
    hold = Database.hold

    async def counted(self: Database, leases: list[Lease], **more: object) -> dict[str, bool]:
        held.append(len(leases))
        return await hold(self, leases, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(Database, "hold", counted)
    never = asyncio.Event()
    model.extend([Wait(gate=never)], [Wait(gate=never)])
    sent = {user: await core.of(user).send("talk") for user in ("ann", "bob")}
    await until(lambda: 2 in held)
    async with core.database.begin("ann") as store:
        await store.turns.request_cancel(sent["ann"].turn_id)
    async with core.database.begin("bob") as store:
        turn_id = sent["bob"].turn_id
        assert await store.turns.claim(turn_id, owner="another", lease=timedelta(hours=1), expected_epoch=1) == 2
    assert (await follow(core, "ann", sent["ann"].turn_id))[-1].kind == "turn_cancelled"
    await until(lambda: not core.runner.live)
    assert model.closed_early == 2
    assert (await core.of("bob").turn(turn_id)).status == "running", "it is the other one's to end"


async def test_a_server_goes_on_with_what_another_left_though_nobody_watches(
    tmp_path: Path, core: Core, model: ScriptedModel
) -> None:
    model.extend([Wait(gate=asyncio.Event())])
    sent = await core.of("ann").send("talk")
    await until(lambda: bool(model.requests))
    other_model = ScriptedModel(["Here I am."])
    other = await Core.open(settings(tmp_path), model=other_model)
    try:
        other.runner.keep_watch(every=0.02)
        other.runner.keep_watch(every=0.02)
        await core.runner.aclose()
        await until(lambda: bool(other_model.requests) and not other.runner.live)
        turn = await other.of("ann").turn(sent.turn_id)
        assert (turn.status, turn.response) == ("finished", "Here I am.")
        assert sum(isinstance(event, FINAL_EVENTS) for event in await follow(other, "ann", sent.turn_id)) == 1
    finally:
        await other.aclose()


async def test_keeping_watch_survives_a_fault_of_the_database(core: Core, monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[int] = []

    async def take_over() -> int:
        looked.append(1)
        raise StorageBusy("held")

    monkeypatch.setattr(core.runner, "take_over", take_over)
    core.runner.keep_watch(every=0.001)
    await until(lambda: len(looked) > 2)


async def test_a_turn_that_waited_to_begin_is_not_taken_for_one_that_nobody_goes_on_with(
    core: Core, model: ScriptedModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The viewer's patience ends when the turn has only just begun."""
    waits: list[float] = []

    def patience(_: runner.TurnRunner) -> float:
        waits.append(0.3 if len(waits) == 1 else 60)  # the first is for the turn to be stored
        return waits[-1]

    monkeypatch.setattr(runner.TurnRunner, "patience", property(patience))
    spoken = asyncio.Event()
    model.extend([Wait(gate=spoken), "Hello."])
    async with core.runner._admission._first:
        sent = await core.of("ann").send("hello")
        following = asyncio.create_task(follow(core, "ann", sent.turn_id))
        await until(lambda: len(waits) == 2)
    await until(lambda: len(waits) == 3 or following.done())
    spoken.set()
    assert isinstance((await following)[-1], TurnFinished)
