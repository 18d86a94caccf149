"""Several servers on one PostgreSQL: whichever dies, and whenever, another goes on; whichever is asked, it answers."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from kirotodo.core.events import FINAL_EVENTS, ApprovalRequested, TextDelta, TurnCancelled, TurnEvent, decode_event
from tests.server.replica import Moment, Replica, replicas

MESSAGE = {"message": "add a and b"}
LATEST = 40
"""More commits than a turn has."""

Start = Callable[..., Replica]


@pytest.fixture
def start(tmp_path: Path, postgres_url: str) -> Iterator[Start]:
    with replicas(tmp_path, postgres_url) as starting:
        yield starting


async def send(client: httpx2.AsyncClient, key: str, **more: Any) -> dict[str, Any]:
    answer = await client.post("/turns", json={**MESSAGE, **more}, headers={"Idempotency-Key": key})
    assert answer.status_code == 202, answer.text
    sent: dict[str, Any] = answer.json()
    return sent


async def follow(client: httpx2.AsyncClient, turn_id: str, *, after: int = 0) -> AsyncIterator[TurnEvent]:
    async with client.stream("GET", f"/turns/{turn_id}/events?after={after}") as stream:
        assert stream.status_code == 200
        async for line in stream.aiter_lines():
            if line.startswith("data: {") and line != "data: {}":
                yield decode_event(line.removeprefix("data: "))


async def all_of(client: httpx2.AsyncClient, turn_id: str) -> list[TurnEvent]:
    return [event async for event in follow(client, turn_id)]


async def whole(client: httpx2.AsyncClient, turn_id: str, conversation_id: int) -> None:
    """Nothing lost, nothing doubled, and the conversation goes on."""
    events = await all_of(client, turn_id)
    assert [event.kind for event in events if isinstance(event, FINAL_EVENTS)] == ["turn_finished"]
    assert events == sorted(events, key=lambda event: event.seq)
    assert len({event.seq for event in events}) == len(events)
    turn = (await client.get(f"/turns/{turn_id}")).json()
    assert [(made["tool"], made["status"]) for made in turn["tool_calls"]] == [("add_task", "succeeded")] * 2
    tasks = (await client.get("/tasks")).json()["items"]
    assert {task["id"]: task["title"] for task in tasks} == {1: "a", 2: "b"}
    assert len(tasks) == 2
    page = (await client.get(f"/conversations/{conversation_id}/messages")).json()
    assert [message["role"] for message in page["messages"]] == ["user", "assistant"]
    later = await send(client, f"after-{turn_id}", conversation_id=conversation_id)
    assert (await all_of(client, later["turn_id"]))[-1].kind == "turn_finished"


async def die_at(victim: Replica, survivor: Replica, user_id: str) -> bool:
    """Send to one that dies on the way, and go on at the other; False where it lived through the turn."""
    async with victim.client(user_id) as client, survivor.client(user_id) as other:
        sent: dict[str, Any] | None = None
        try:
            sent = await send(client, "the-one")
            [_ async for _ in follow(client, sent["turn_id"])]
        except httpx2.TransportError:
            pass
        again = await send(other, "the-one")
        assert sent is None or again["turn_id"] == sent["turn_id"]
        await whole(other, again["turn_id"], again["conversation_id"])
        return not victim.process.is_alive()


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize("moment", ["before", "after"])
async def test_a_server_dies_at_each_commit_of_a_turn(start: Start, moment: Moment) -> None:
    survivor = start()
    for number in range(1, LATEST):
        victim = start(death=(number, moment))
        died = await die_at(victim, survivor, f"user-{number}")
        victim.kill()
        if not died:
            break
    assert 3 < number < LATEST, f"the turn had {number - 1} commits"


@pytest.mark.slow
@pytest.mark.timeout(180)
async def test_a_server_that_hangs_loses_its_turn_and_cannot_write_any_more(start: Start) -> None:
    sleeper, survivor = start(hangs=True), start()
    async with sleeper.client() as client, survivor.client() as other:
        sent = await send(client, "the-one")
        async for event in follow(client, sent["turn_id"]):
            if isinstance(event, TextDelta) and event.text.endswith("Wait. "):
                break
        os.kill(sleeper.pid, signal.SIGSTOP)
        events = await all_of(other, sent["turn_id"])
        assert events[-1].kind == "turn_finished"
        os.kill(sleeper.pid, signal.SIGCONT)
        assert (await client.get(f"/turns/{sent['turn_id']}")).json()["status"] == "finished"
        assert await all_of(client, sent["turn_id"]) == events
        await whole(other, sent["turn_id"], sent["conversation_id"])


async def test_any_server_tells_how_a_turn_goes(start: Start) -> None:
    one, two = start(), start()
    async with one.client() as client, two.client() as other:
        sent = await send(client, "the-one")
        here, there = await asyncio.gather(all_of(client, sent["turn_id"]), all_of(other, sent["turn_id"]))
        assert here == there
        await whole(other, sent["turn_id"], sent["conversation_id"])


async def test_any_server_stops_a_turn(start: Start) -> None:
    one, two = start(hangs=True), start()
    async with one.client() as client, two.client() as other:
        sent = await send(client, "the-one")
        async for event in follow(other, sent["turn_id"]):
            if isinstance(event, TextDelta) and event.text.endswith("Wait. "):
                break
        stopped = await other.post(f"/turns/{sent['turn_id']}/cancel")
        assert stopped.json()["status"] == "cancelled"
        assert stopped.json()["response"].endswith("Wait. ")
        assert isinstance((await all_of(client, sent["turn_id"]))[-1], TurnCancelled)


async def test_any_server_takes_the_answer_to_a_question(start: Start) -> None:
    one, two = start(), start()
    async with one.client() as client, two.client() as other:
        for title in "xy":
            await client.post("/tasks", json={"title": title})
        sent = await send(client, "the-one", message="delete all")
        question = None
        async for event in follow(client, sent["turn_id"]):
            if isinstance(event, ApprovalRequested):
                question = event.approval
                break
        assert question is not None
        one.kill()
        answer = {"call_id": question.call_id, "decision": "yes"}
        assert (await other.post(f"/turns/{sent['turn_id']}/approval", json=answer)).status_code == 200
        assert (await all_of(other, sent["turn_id"]))[-1].kind == "turn_finished"
        assert (await other.get("/tasks")).json()["items"] == []


async def test_every_server_hears_of_changes(start: Start) -> None:
    one, two = start(), start()
    async with one.client() as client, two.client() as other, other.stream("GET", "/events") as news:
        assert news.status_code == 200
        await client.post("/tasks", json={"title": "milk"})
        async for line in news.aiter_lines():
            if line.startswith("data: ") and "milk" in line:
                break
