"""Two programs on one database: each sees, stops and answers what the other runs."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from kirotodo.core.agent.change_poller import LOOK_SECONDS
from kirotodo.core.events import FINAL_EVENTS, ApprovalRequested, TextDelta, TurnCancelled, TurnEvent, TurnFinished
from kirotodo.core.local import LocalBackend
from kirotodo.core.models.scripted import ScriptedModel, Wait, call
from kirotodo.core.settings import Settings
from kirotodo.core.store.database import Heads
from tests.lists import list_at


@dataclass(frozen=True, kw_only=True)
class Programs:
    """Two backends on one database; `model` answers in the first, `other_model` in the second."""

    settings: Settings
    one: LocalBackend
    two: LocalBackend
    model: ScriptedModel
    other_model: ScriptedModel


@pytest.fixture(params=["sqlite", "postgres"])
async def programs(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Programs]:
    url = list_at(tmp_path / "list.db")
    if request.param == "postgres":
        url = request.getfixturevalue("postgres_url")
    settings = Settings(kirotodo_home=tmp_path, database_url=url, timezone="Europe/Vienna")
    model, other = ScriptedModel(), ScriptedModel()
    one = await LocalBackend.open(settings, model=model)
    two = await LocalBackend.open(settings, model=other)
    yield Programs(settings=settings, one=one, two=two, model=model, other_model=other)
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


async def test_a_live_turn_is_not_taken_from_a_program_that_runs(programs: Programs) -> None:
    gate = asyncio.Event()
    programs.model.extend([Wait(gate=gate), "mine"])
    sent = await programs.one.send("talk")
    third = await LocalBackend.open(programs.settings, model=ScriptedModel())
    gate.set()
    last = (await follow(third, sent.turn_id))[-1]
    await third.aclose()
    assert isinstance(last, TurnFinished)
    assert last.response == "mine"


async def test_one_look_serves_all_who_watch(programs: Programs, monkeypatch: pytest.MonkeyPatch) -> None:
    queries: list[tuple[Sequence[Any], Sequence[Any]]] = []
    looked = asyncio.Event()
    database = programs.two._database
    look = database.marks

    async def counted(turns: Sequence[tuple[str, str]], users: Sequence[str]) -> Heads | None:
        queries.append((list(turns), list(users)))
        if len(queries) == 3:
            looked.set()
        return await look(turns, users)

    monkeypatch.setattr(database, "marks", counted)
    gate = asyncio.Event()
    programs.model.extend(["Half ", Wait(gate=gate), "done."])
    sent = await programs.one.send("talk")
    watching = [asyncio.create_task(follow(programs.two, sent.turn_id)) for _ in range(20)]
    await looked.wait()
    gate.set()
    seen = await asyncio.gather(*watching)
    assert all(events == seen[0] for events in seen)
    assert isinstance(seen[0][-1], TurnFinished)
    assert all(look == ([("local", sent.turn_id)], []) for look in queries)
    query_count = len(queries)
    await programs.one.add_from_text("nobody watches any more")
    await asyncio.sleep(2 * LOOK_SECONDS)
    assert len(queries) <= query_count + 1


async def test_what_the_other_program_does_to_the_list_is_heard(programs: Programs) -> None:
    async with aclosing(programs.two.changes()) as changes:
        await anext(changes)
        await programs.one.add_from_text("milk")
        change = await anext(changes)
        assert [task.title for task in change.tasks] == ["milk"]
        await programs.one.delete_tasks([1])
        assert (await anext(changes)).removed == (1,)
