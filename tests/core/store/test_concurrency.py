"""Many at once: what SQLite promises by having one writer, PostgreSQL promises too."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from kirotodo.core.domain.conversation import Sent
from kirotodo.core.domain.task import TaskDraft, TaskFilter
from kirotodo.core.errors import LiveTurn
from kirotodo.core.local import LocalBackend
from kirotodo.core.models.scripted import ScriptedModel, Wait
from kirotodo.core.settings import Settings
from kirotodo.core.store.database import Database
from tests.core.store.conftest import ANN, Clock, titles


@pytest.fixture
async def others(database: Database, database_url: str) -> AsyncIterator[list[Database]]:
    """The same database, opened as four programs would."""
    opened = [database, *[await Database.open(database_url, clock=Clock()) for _ in range(3)]]
    yield opened
    for each in opened[1:]:
        await each.aclose()


async def test_a_new_user_may_come_from_several_sides_at_once(others: list[Database]) -> None:
    async def first(database: Database, number: int) -> None:
        async with database.begin("new") as store:
            await store.tasks.add(TaskDraft(title=f"{number}"))

    await asyncio.gather(*(first(each, number) for number, each in enumerate(others * 3)))
    async with others[0].read("new") as store:
        assert sorted(map(int, await titles(store, TaskFilter()))) == list(range(12))
        assert await store.tasks.count_pending() == 12


async def test_what_is_read_and_then_written_is_not_overwritten(others: list[Database]) -> None:
    async with others[0].begin(ANN) as store:
        await store.tasks.add(TaskDraft(title="log", notes=""))

    async def append(database: Database, number: int) -> None:
        async with database.begin(ANN) as store:
            task = await store.tasks.get(1)
            await store.tasks.update(1, {"notes": f"{task.notes} {number}".strip()})

    await asyncio.gather(*(append(each, number) for number, each in enumerate(others * 3)))
    async with others[0].read(ANN) as store:
        assert sorted(map(int, (await store.tasks.get(1)).notes.split())) == list(range(12))


@pytest.fixture
async def programs(database_url: str, tmp_path: Path) -> AsyncIterator[list[LocalBackend]]:
    """Programs whose models never come to an end."""
    settings = Settings(kirotodo_home=tmp_path, database_url=database_url, timezone="Europe/Vienna")
    opened = []
    for _ in range(4):
        model = ScriptedModel()
        for _ in range(8):
            model.extend(["Hm. ", Wait(gate=asyncio.Event())])
        opened.append(await LocalBackend.open(settings, model=model))
    yield opened
    for each in opened:
        await each.aclose()


async def _send(backend: LocalBackend, conversation: int, key: str | None) -> Sent | LiveTurn:
    try:
        return await backend.send("hello", conversation_id=conversation, request_key=key)
    except LiveTurn as refused:
        return refused


async def test_of_senders_to_one_conversation_one_wins_and_the_others_are_told_who(
    programs: list[LocalBackend],
) -> None:
    begun = await programs[0].send("let us talk")
    await programs[0].cancel(begun.turn_id)
    outcomes = await asyncio.gather(*(_send(each, begun.conversation_id, None) for each in programs * 2))
    won = [each for each in outcomes if isinstance(each, Sent)]
    refused = [each for each in outcomes if isinstance(each, LiveTurn)]
    assert (len(won), len(refused)) == (1, 7)
    assert {each.turn_id for each in refused} == {won[0].turn_id}


async def test_the_same_request_sent_from_several_sides_is_one_turn(programs: list[LocalBackend]) -> None:
    begun = await programs[0].send("let us talk")
    await programs[0].cancel(begun.turn_id)
    outcomes = await asyncio.gather(*(_send(each, begun.conversation_id, "key") for each in programs * 2))
    assert all(isinstance(each, Sent) for each in outcomes)
    assert len({each.turn_id for each in outcomes}) == 1
    assert [isinstance(each, Sent) and each.attached for each in outcomes].count(False) == 1
    transcript = await programs[1].transcript(begun.conversation_id)
    assert [message.content for message in transcript.messages if message.role == "user"] == ["let us talk", "hello"]


async def test_completing_from_several_sides_at_once_makes_one_next_occurrence(programs: list[LocalBackend]) -> None:
    (task,) = await programs[0].add_from_text("water the plants every day")
    done = await asyncio.gather(*(each.complete_tasks([task.id]) for each in programs * 3))
    assert sum(len(each.tasks) for each in done) == 2
    page = await programs[1].tasks(TaskFilter(status="all"))
    assert sorted((task.id, task.completed) for task in page.items) == [(1, True), (2, False)]
