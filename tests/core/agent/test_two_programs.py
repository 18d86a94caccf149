"""Two programs on one database: each sees, stops and answers what the other runs."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from kirotodo.core.events import FINAL_EVENTS, ApprovalRequested, TextDelta, TurnCancelled, TurnEvent, TurnFinished
from kirotodo.core.local import LocalBackend
from kirotodo.core.models.scripted import ScriptedModel, Wait, call
from kirotodo.core.settings import Settings


class Programs:
    """Two backends on one file; `model` answers in the first, `other_model` in the second."""

    def __init__(self, one: LocalBackend, two: LocalBackend, model: ScriptedModel, other_model: ScriptedModel) -> None:
        self.one, self.two, self.model, self.other_model = one, two, model, other_model


@pytest.fixture
async def programs(tmp_path: Path) -> AsyncIterator[Programs]:
    settings = Settings(
        kirotodo_home=tmp_path, database_url=f"sqlite+aiosqlite:///{tmp_path / 'list.db'}", timezone="Europe/Vienna"
    )
    model, other = ScriptedModel(), ScriptedModel()
    one = await LocalBackend.open(settings, model=model)
    two = await LocalBackend.open(settings, model=other)
    yield Programs(one, two, model, other)
    await one.aclose()
    await two.aclose()


async def follow(backend: LocalBackend, turn_id: str) -> list[TurnEvent]:
    return [event async for event in backend.watch(turn_id)]


async def test_a_turn_is_followed_from_the_other_program(programs: Programs) -> None:
    gate = asyncio.Event()
    programs.model.extend([call("add_task", title="milk")], ["Half ", Wait(gate=gate), "done."])
    sent = await programs.one.send("add milk")
    seen: list[TurnEvent] = []
    async for event in programs.two.watch(sent.turn_id):
        seen.append(event)
        if isinstance(event, TextDelta):
            gate.set()
    assert isinstance(seen[-1], TurnFinished)
    assert seen == await follow(programs.one, sent.turn_id)
    assert [task.title for task in (await programs.two.tasks()).items] == ["milk"]


async def test_a_turn_is_stopped_from_the_other_program(programs: Programs) -> None:
    ticks = [f"word{number} " for number in range(5)]
    never = asyncio.Event()
    programs.model.extend([*ticks, Wait(gate=never)])
    sent = await programs.one.send("talk")
    async for event in programs.two.watch(sent.turn_id):
        if isinstance(event, TextDelta):
            break
    turn = await programs.two.cancel(sent.turn_id)
    assert turn.status == "cancelled"
    assert turn.response == "".join(ticks)
    assert isinstance((await follow(programs.one, sent.turn_id))[-1], TurnCancelled)
    assert programs.model.closed_early == 1


async def test_an_approval_is_answered_from_the_other_program(programs: Programs) -> None:
    for title in ("milk", "eggs"):
        await programs.one.add_from_text(title)
    programs.model.extend([call("delete_task", task_ids=[1, 2])])
    programs.other_model.extend(["Both are gone."])
    sent = await programs.one.send("delete both")
    events = follow(programs.one, sent.turn_id)
    watching = asyncio.create_task(events)
    async for event in programs.two.watch(sent.turn_id):
        if isinstance(event, ApprovalRequested):
            await programs.two.answer(sent.turn_id, event.approval.call_id, "yes")
        if isinstance(event, FINAL_EVENTS):
            break
    last = (await watching)[-1]
    assert isinstance(last, TurnFinished)
    assert last.response == "Both are gone."
    assert (await programs.two.tasks()).items == ()


async def test_a_live_turn_is_not_taken_from_a_program_that_runs(programs: Programs, tmp_path: Path) -> None:
    gate = asyncio.Event()
    programs.model.extend([Wait(gate=gate), "mine"])
    sent = await programs.one.send("talk")
    settings = Settings(kirotodo_home=tmp_path, database_url=f"sqlite+aiosqlite:///{tmp_path / 'list.db'}")
    third = await LocalBackend.open(settings, model=ScriptedModel())
    gate.set()
    last = (await follow(third, sent.turn_id))[-1]
    await third.aclose()
    assert isinstance(last, TurnFinished)
    assert last.response == "mine"
