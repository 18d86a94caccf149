"""Chat over a real socket: the outcome at once, as a stream, or later; turns go on whoever leaves."""

import asyncio
from typing import Any

import httpx2
import pytest

from kirotodo.core.errors import ModelError, TurnTimedOut
from kirotodo.core.models.scripted import Fail, ScriptedModel, Wait, call
from tests.server.serving import Served


async def frames(answer: httpx2.Response) -> list[str]:
    """The stream's frames, without pings."""
    text = (await answer.aread()).decode()
    return [each for each in text.split("\n\n") if each and not each.startswith(":")]


async def test_a_turn_is_answered_as_json(api: httpx2.AsyncClient, model: ScriptedModel) -> None:
    model.extend([call("add_task", title="Milk")], ["Added ", "milk."])
    answer = await api.post("/chat", json={"message": "add milk"})
    assert answer.status_code == 200
    outcome = answer.json()
    assert outcome["response"] == "Added milk."
    assert (outcome["conversation_id"], outcome["message_id"], outcome["status"]) == (1, 1, "finished")
    (made,) = outcome["tool_calls"]
    assert (made["id"], made["tool"], made["status"]) == ("0.0", "add_task", "succeeded")
    assert made["result"]["task_id"] == 1
    assert (await api.get("/tasks")).json()["items"][0]["title"] == "Milk"


async def test_a_turn_is_followed_as_events(api: httpx2.AsyncClient, model: ScriptedModel) -> None:
    model.extend(["Hello."])
    async with api.stream("POST", "/chat/stream", json={"message": "hi"}) as answer:
        assert answer.headers["content-type"] == "text/event-stream; charset=utf-8"
        assert "no-cache" in answer.headers["cache-control"]
        events = await frames(answer)
    assert [each.splitlines()[1] for each in events] == [
        "event: turn_started",
        "event: text_delta",
        "event: turn_finished",
    ]
    assert [each.splitlines()[0] for each in events] == ["id: 1", "id: 2", "id: 3"]


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (ModelError("The model is out."), 503, "model_error"),
        (TurnTimedOut("It took too long."), 504, "turn_timed_out"),
    ],
)
async def test_a_turn_that_failed_is_a_problem_and_its_message_is_kept(
    api: httpx2.AsyncClient, model: ScriptedModel, error: ModelError, status: int, code: str
) -> None:
    model.extend([Fail(error=error)])
    answer = await api.post("/chat", json={"message": "hello there"})
    problem = answer.json()
    assert (answer.status_code, problem["code"], problem["detail"]) == (status, code, error.message)
    kept = (await api.get(f"/conversations/{problem['conversation_id']}/messages")).json()
    assert [message["content"] for message in kept["messages"]] == ["hello there"]
    assert kept["turns"][0]["id"] == problem["turn_id"]


async def test_a_turn_outlives_the_request_that_began_it(
    server: Served, api: httpx2.AsyncClient, model: ScriptedModel
) -> None:
    gate = asyncio.Event()
    model.extend(["One, ", Wait(gate=gate), "two."])
    async with server.client() as leaving, leaving.stream("POST", "/chat/stream", json={"message": "count"}) as answer:
        async for line in answer.aiter_lines():
            if line.startswith("event: text_delta"):
                break
    gate.set()
    turn = (await api.get("/conversations/1/messages")).json()["turns"][0]
    async with api.stream("GET", f"/turns/{turn['id']}/events") as answer:
        events = await frames(answer)
    assert '"response":"One, two."' in events[-1]


async def test_an_approval_is_asked_for_and_answered(api: httpx2.AsyncClient, model: ScriptedModel) -> None:
    for title in ("Milk", "Bread"):
        await api.post("/tasks", json={"title": title})
    model.extend([call("delete_task", task_ids=[1, 2])], ["Both are gone."])
    parked = (await api.post("/chat", json={"message": "delete both"})).json()
    assert parked["status"] == "awaiting_approval"
    assert [task["title"] for task in parked["approval"]["tasks"]] == ["Milk", "Bread"]
    assert (await api.get("/tasks")).json()["total"] == 2
    answered = await api.post(
        f"/turns/{parked['turn_id']}/approval", json={"call_id": parked["approval"]["call_id"], "decision": "yes"}
    )
    assert answered.status_code == 200
    async with api.stream("GET", f"/turns/{parked['turn_id']}/events") as stream:
        assert (await frames(stream))[-1].splitlines()[1] == "event: turn_finished"
    assert (await api.get("/tasks")).json()["total"] == 0
    again = await api.post(f"/turns/{parked['turn_id']}/approval", json={"call_id": "0.0", "decision": "yes"})
    assert (again.status_code, again.json()["code"]) == (409, "conflict")


async def test_a_turn_is_stopped(api: httpx2.AsyncClient, model: ScriptedModel) -> None:
    model.extend(["One, ", Wait(gate=asyncio.Event())])
    sent = await api.post("/turns", json={"message": "count"})
    assert sent.status_code == 202
    turn_id = sent.json()["turn_id"]
    async with api.stream("GET", f"/turns/{turn_id}/events") as answer:
        async for line in answer.aiter_lines():
            if line.startswith("event: text_delta"):
                break
    busy = await api.post("/chat", json={"message": "and now?", "conversation_id": 1})
    assert (busy.status_code, busy.json()["code"], busy.json()["turn_id"]) == (409, "live_turn", turn_id)
    stopped = (await api.post(f"/turns/{turn_id}/cancel")).json()
    assert (stopped["status"], stopped["response"]) == ("cancelled", "One, ")


async def test_a_key_never_begins_a_second_turn(api: httpx2.AsyncClient, model: ScriptedModel) -> None:
    model.extend(["Hello."])
    key = {"Idempotency-Key": "k-1"}

    async def say(message: str) -> dict[str, Any]:
        answer = await api.post("/chat", json={"message": message}, headers=key)
        return {"status": answer.status_code, **answer.json()}

    first, again = await say("hi"), await say("hi")
    assert first == again
    assert (await say("something else"))["code"] == "key_reused"
    bad = await api.post("/chat", json={"message": "hi"}, headers={"Idempotency-Key": "with space"})
    assert bad.status_code == 422
