"""The database goes away in the middle of a turn: its owner goes on once it is back, and nothing is done twice."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from kirotodo.core.agent import runner
from kirotodo.core.errors import StorageError
from kirotodo.core.events import FINAL_EVENTS, TextDelta, TurnEvent
from kirotodo.core.local import Core
from kirotodo.core.models.scripted import ScriptedModel, Wait, call
from kirotodo.core.store.sqlite import driver
from tests.core.agent.test_many_turns import settings
from tests.waiting import until

PATIENCE = 0.05


@pytest.fixture
async def model() -> ScriptedModel:
    return ScriptedModel()


@pytest.fixture
async def core(tmp_path: Path, model: ScriptedModel, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Core]:
    monkeypatch.setattr(driver, "BUSY_SECONDS", 0.01)
    monkeypatch.setattr(driver.connect, "__kwdefaults__", {"timeout": 0.01})
    core = await Core.open(settings(tmp_path), model=model)
    yield core
    await core.aclose()


@contextmanager
def outage(folder: Path) -> Iterator[None]:
    """Another program holds the file and lets nobody write."""
    with closing(sqlite3.connect(folder / "list.db", isolation_level=None)) as holder:
        holder.execute("BEGIN EXCLUSIVE")
        yield
        holder.execute("ROLLBACK")


async def test_the_owner_goes_on_as_soon_as_the_database_takes_writes_again(
    tmp_path: Path, core: Core, model: ScriptedModel, caplog: pytest.LogCaptureFixture
) -> None:
    """Without a take-over, whose lease of twenty seconds nobody waits for."""
    spoken = asyncio.Event()
    model.extend([call("add_task", title="milk")], ["Half ", Wait(gate=spoken), "an answer."], ["A whole answer."])
    backend = core.of("ann")
    sent = await backend.send("add milk")
    following = asyncio.create_task(collected(core, sent.turn_id))
    await until(lambda: len(model.requests) == 2)
    with outage(tmp_path):
        spoken.set()
        await until(lambda: "is waiting for the database" in caplog.text)
        assert core.runner.runs(sent.turn_id)
    async with asyncio.timeout(60):
        events = await following
    assert events[-1].kind == "turn_finished"
    assert sum(isinstance(event, FINAL_EVENTS) for event in events) == 1
    assert [event.seq for event in events] == sorted({event.seq for event in events})
    assert [task.title for task in (await backend.tasks()).items] == ["milk"]
    async with core.database.read("ann") as store:
        assert (await store.turns.get(sent.turn_id)).epoch == 1
    last = max((event.attempt for event in events if isinstance(event, TextDelta) and event.step == 1), default=0)
    assert "".join(
        event.text for event in events if isinstance(event, TextDelta) and event.step == 1 and event.attempt == last
    ) in ("A whole answer.", "Half an answer.")


async def collected(core: Core, turn_id: str) -> list[TurnEvent]:
    return [event async for event in core.of("ann").watch(turn_id)]


async def test_viewers_are_told_of_an_outage_that_lasts_and_a_stop_takes_effect_after_it(
    tmp_path: Path, core: Core, model: ScriptedModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runner, "OUTAGE_REPORTED_SECONDS", 0.05)
    monkeypatch.setattr(runner, "CANCEL_SECONDS", 0.05)
    spoken = asyncio.Event()
    model.extend(["Half ", Wait(gate=spoken), "an answer.", Wait(gate=asyncio.Event())])
    backend = core.of("ann")
    sent = await backend.send("hello")
    following = asyncio.create_task(collected(core, sent.turn_id))
    await until(lambda: len(model.requests) == 1)
    with outage(tmp_path):
        spoken.set()
        with pytest.raises(StorageError):
            await following
        await core.runner.cancel("ann", sent.turn_id)
    async with asyncio.timeout(60):
        assert (await collected(core, sent.turn_id))[-1].kind == "turn_cancelled"
    assert len(model.requests) == 1


async def test_viewers_of_a_turn_that_nobody_can_go_on_with_are_told_and_those_of_a_parked_one_wait(
    core: Core, model: ScriptedModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runner.TurnRunner, "patience", PATIENCE)
    model.extend([Wait(gate=asyncio.Event())], [call("undo", turns=2)])
    sent = await core.of("ann").send("hello")
    with pytest.raises(StorageError, match="saved"):
        await collected(core, sent.turn_id)
    parked = await core.of("ann").send("undo two")

    async def waits() -> bool:
        return (await core.of("ann").turn(parked.turn_id)).status == "awaiting_approval"

    await until(waits)
    following = asyncio.create_task(collected(core, parked.turn_id))
    await asyncio.sleep(3 * PATIENCE)
    assert not following.done()
    following.cancel()
    await asyncio.gather(following, return_exceptions=True)
