"""Streams: the same bytes for every viewer, whenever they come; nobody's leaving, lagging or number costs a turn."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

import httpx2
import pytest

from kirotodo.core import events as core_events
from kirotodo.core.models.scripted import ScriptedModel, Wait, call
from kirotodo.core.settings import Settings
from kirotodo.server import sse
from kirotodo.server.app import create_app
from kirotodo.server.shutdown import GracefulShutdown
from kirotodo.server.sse import OUTBOX, EventStream, frame
from tests.server.serving import NO_TLS, Served, served, settings_in
from tests.waiting import until

MANY: Final = 300


async def frames_of(answer: httpx2.Response) -> AsyncIterator[str]:
    """Whole frames as they come, pings left out."""
    rest = ""
    async for text in answer.aiter_text():
        *whole, rest = (rest + text).split("\n\n")
        for each in whole:
            if not each.startswith(":"):
                yield each


@asynccontextmanager
async def watching(api: httpx2.AsyncClient, path: str, **options: Any) -> AsyncIterator[AsyncIterator[str]]:
    async with api.stream("GET", path, **options) as answer:
        assert answer.status_code == 200
        yield frames_of(answer)


async def started(api: httpx2.AsyncClient, message: str = "go") -> str:
    turn_id: str = (await api.post("/turns", json={"message": message})).json()["turn_id"]
    return turn_id


async def whole(api: httpx2.AsyncClient, turn_id: str, **options: Any) -> str:
    answer = await api.get(f"/turns/{turn_id}/events", **options)
    return "".join(f"{each}\n\n" for each in answer.text.split("\n\n") if each and not each.startswith(":"))


async def test_every_viewer_sees_the_same_bytes_whenever_they_come(
    api: httpx2.AsyncClient, model: ScriptedModel
) -> None:
    first, second = asyncio.Event(), asyncio.Event()
    model.extend(
        ["Let me see. ", Wait(gate=first), call("add_task", title="Tom & “Jerry” ∑")],
        ["Added\n", Wait(gate=second), "“it”."],
    )
    turn_id = await started(api)
    viewers = [asyncio.create_task(whole(api, turn_id))]
    async with watching(api, f"/turns/{turn_id}/events") as frames:
        async for each in frames:
            if "event: text_delta" in each and not first.is_set():
                viewers.append(asyncio.create_task(whole(api, turn_id)))
                first.set()
            elif "event: text_delta" in each:
                viewers.append(asyncio.create_task(whole(api, turn_id)))
                second.set()
    seen = await asyncio.gather(*viewers)
    later = await whole(api, turn_id)
    assert {*seen, later} == {later}
    assert later.endswith("\n\n")
    assert "event: turn_finished" in later.split("\n\n")[-2]


async def test_a_stream_is_taken_up_after_any_event(api: httpx2.AsyncClient, model: ScriptedModel) -> None:
    model.extend(["Adding. ", call("add_task", title="Milk")], ["Done."])
    turn_id = await started(api)
    all_of_it = (await whole(api, turn_id)).split("\n\n")[:-1]
    assert len(all_of_it) > 5
    for seen in range(len(all_of_it) + 1):
        seq = int(all_of_it[seen - 1].splitlines()[0].removeprefix("id: ")) if seen else 0
        rest = "".join(f"{each}\n\n" for each in all_of_it[seen:])
        assert await whole(api, turn_id, params={"after": seq}) == rest
        assert await whole(api, turn_id, params={"after": 0}, headers={"Last-Event-ID": str(seq)}) == rest


async def test_viewers_that_leave_at_any_point_change_nothing(
    server: Served, api: httpx2.AsyncClient, model: ScriptedModel
) -> None:
    gates = [asyncio.Event() for _ in range(5)]
    model.extend([item for gate in gates for item in ("word ", Wait(gate=gate))])
    turn_id = await started(api)
    for gate in gates:
        async with server.client() as leaving, watching(leaving, f"/turns/{turn_id}/events") as frames:
            async for each in frames:
                if "event: text_delta" in each:
                    break
        await until(lambda: server.core.hub.viewers == 0)
        gate.set()
    assert '"response":"word word word word word "' in await whole(api, turn_id)


async def test_a_quiet_stream_is_kept_open(
    api: httpx2.AsyncClient, model: ScriptedModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sse, "PING_SECONDS", 0.05)
    gate = asyncio.Event()
    model.extend([Wait(gate=gate), "Hello."])
    async with api.stream("POST", "/chat/stream", json={"message": "hi"}) as answer:
        async for line in answer.aiter_lines():
            if line == ": ping":
                gate.set()
            if line == "event: turn_finished":
                break
    assert gate.is_set()


async def endless() -> AsyncGenerator[bytes, None]:
    for number in range(1_000_000):
        endless_pulled.append(number)
        yield frame(id=number, event="text_delta", data=b"{}")


endless_pulled: list[int] = []


async def test_a_viewer_who_does_not_read_is_cut_and_holds_little(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sse, "PATIENCE_SECONDS", 0.1)
    endless_pulled.clear()
    messages: list[Any] = []

    async def receive() -> Any:
        await asyncio.Event().wait()

    async def send(message: Any) -> None:
        messages.append(message)
        if len(messages) == 3:
            await asyncio.Event().wait()

    await EventStream(endless(), drain=GracefulShutdown())({"type": "http"}, receive, send)
    assert len(endless_pulled) <= 4 * OUTBOX
    assert all(message.get("more_body", True) for message in messages)


def break_database(place: str) -> None:
    """Put a folder in the place of the file."""
    for file in Path(place).parent.glob("list.db*"):
        file.unlink()
    Path(place).mkdir()


async def test_what_breaks_a_stream_is_told_in_it(
    server: Served, api: httpx2.AsyncClient, model: ScriptedModel
) -> None:
    gate = asyncio.Event()
    model.extend(["One, ", Wait(gate=gate), "two."])
    place = server.core.settings.database_url.partition(":///")[2]
    async with api.stream("POST", "/chat/stream", json={"message": "count"}) as answer:
        async for each in frames_of(answer):
            if "event: turn_started" in each:
                await until(lambda: server.core.database.pool()[0] == 0)
                await server.core.database.aclose()
                break_database(place)
                gate.set()
            last = each
    assert last.startswith("event: problem\ndata: {")
    assert '"code": "storage_' in last
    assert place not in last


# --- live changes ---


async def test_changes_are_seen_live_and_caught_up_on(server: Served, api: httpx2.AsyncClient) -> None:
    await api.post("/tasks", json={"title": "Milk"})
    async with server.client() as other, watching(other, "/events", params={"after": 0}) as frames:
        first = await anext(frames)
        assert "event: list_changed" in first
        assert '"title":"Milk"' in first
        await api.post("/tasks", json={"title": "Bread"})
        second = await anext(frames)
        assert '"title":"Bread"' in second
        assert '"title":"Milk"' not in second
    await api.patch("/tasks/1", json={"completed": True})
    await api.delete("/tasks/2")
    seen = first.splitlines()[0].removeprefix("id: ")
    async with server.client() as other, watching(other, "/events", headers={"Last-Event-ID": seen}) as frames:
        missed = await anext(frames)
    assert '"removed":[2]' in missed
    assert '"title":"Milk"' in missed


async def test_changes_come_to_their_own_user_alone(server: Served) -> None:
    async with (
        server.client("1") as one,
        server.client("2") as two,
        watching(two, "/events", params={"after": 0}) as frames,
    ):
        await one.post("/tasks", json={"title": "Secret"})
        await two.post("/tasks", json={"title": "Mine"})
        only = await anext(frames)
    assert '"title":"Mine"' in only
    assert "Secret" not in only


# --- the end of a server ---


async def test_a_draining_server_sends_viewers_away_and_takes_nothing_new(
    server: Served, api: httpx2.AsyncClient, model: ScriptedModel
) -> None:
    model.extend(["One, ", Wait(gate=asyncio.Event())])
    turn_id = await started(api)
    async with watching(api, f"/turns/{turn_id}/events") as turn, watching(api, "/events") as changes:
        async for each in turn:
            if "event: text_delta" in each:
                break
        server.app.state.drain.begin()
        assert await anext(turn) == "event: reconnect\ndata: {}"
        assert [each async for each in turn] == []
        assert (await anext(changes)).endswith("event: reconnect\ndata: {}") or "reconnect" in await anext(changes)
    for method, path in (
        ("POST", "/chat"),
        ("POST", "/tasks"),
        ("GET", "/events"),
        ("GET", f"/turns/{turn_id}/events"),
    ):
        answer = await api.request(method, path, json={"message": "x"} if method == "POST" else None)
        assert (answer.status_code, answer.json()["code"]) == (503, "draining")
        assert int(answer.headers["Retry-After"]) > 0
    assert (await api.get(f"/turns/{turn_id}")).json()["status"] == "running"
    assert (await api.get(f"{server.base_url}/health/ready")).status_code == 503
    assert (await api.get(f"{server.base_url}/health")).status_code == 200


async def test_a_turn_that_ends_in_time_is_answered(
    server: Served, api: httpx2.AsyncClient, model: ScriptedModel
) -> None:
    gate = asyncio.Event()
    model.extend(["One, ", Wait(gate=gate), "two."])
    pending = asyncio.create_task(api.post("/chat", json={"message": "count"}))
    await until(lambda: bool(model.requests))
    draining = asyncio.create_task(server.app.state.drain.run(until_idle=server.core.until_idle, grace_seconds=20))
    await until(lambda: server.app.state.drain.begun)
    gate.set()
    assert (await pending).json()["response"] == "One, two."
    await draining


async def test_a_turn_that_does_not_end_in_time_goes_on_elsewhere(settings: Settings) -> None:
    first = ScriptedModel([call("add_task", title="Milk")], ["Added ", Wait(gate=asyncio.Event())])
    async with served(create_app(settings, model=first)) as server, server.client() as api:
        pending = asyncio.create_task(api.post("/chat", json={"message": "add milk"}, headers={"Idempotency-Key": "k"}))
        await until(lambda: len(first.requests) == 2)
        await server.app.state.drain.run(until_idle=server.core.until_idle, grace_seconds=0.05)
        problem = await pending
        assert (problem.status_code, problem.json()["code"]) == (503, "draining")
        assert problem.json()["turn_id"]
    second = ScriptedModel(["Added milk."])
    async with served(create_app(settings, model=second)) as server, server.client() as api:
        again = await api.post("/chat", json={"message": "add milk"}, headers={"Idempotency-Key": "k"})
        assert again.json()["turn_id"] == problem.json()["turn_id"]
        assert again.json()["response"] == "Added milk."
        assert (await api.get("/tasks")).json()["total"] == 1


# --- many at once ---


@pytest.mark.slow
@pytest.mark.parametrize("place", ["sqlite", "postgresql"])
async def test_many_turns_stream_at_once_and_hold_no_connection(
    request: pytest.FixtureRequest, settings: Settings, tmp_path: Path, place: str
) -> None:
    url = settings.database_url if place == "sqlite" else request.getfixturevalue("postgres_url")
    gate = asyncio.Event()
    model = ScriptedModel()
    for _ in range(MANY):
        model.extend(["One, ", Wait(gate=gate), "two."])
    app = create_app(settings_in(tmp_path, database_url=url, db_pool_size=5, agent_timeout=100), model=model)
    speaking, everybody_speaks = 0, asyncio.Event()

    async def one(api: httpx2.AsyncClient, number: int) -> str:
        nonlocal speaking
        async with api.stream("POST", "/chat/stream", json={"message": f"count {number}"}) as answer:
            assert answer.status_code == 200
            async for each in frames_of(answer):
                if "event: text_delta" in each and not gate.is_set():
                    speaking += 1
                    if speaking == MANY:
                        everybody_speaks.set()
                last = each
        return last

    async def all_of_them(server: Served) -> list[str]:
        limits = httpx2.Limits(max_connections=MANY, max_keepalive_connections=0)
        async with (
            server.client() as api,
            httpx2.AsyncClient(
                verify=NO_TLS, base_url=api.base_url, headers=api.headers, limits=limits, timeout=100
            ) as wide,
        ):
            turns = [asyncio.create_task(one(wide, number)) for number in range(MANY)]
            async with asyncio.timeout(60):
                await everybody_speaks.wait()
            assert server.core.database.pool()[1] <= 5
            await until(lambda: server.core.database.pool()[0] == 0)  # but for moments in which leases are kept
            gate.set()
            return list(await asyncio.gather(*turns))

    async with served(app) as server:
        ended = await all_of_them(server)
    assert sum('"response":"One, two."' in each for each in ended) == MANY


async def test_events_are_encoded_once_however_many_watch(
    api: httpx2.AsyncClient, model: ScriptedModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    encoded: list[int] = []
    encode = core_events.encode_event

    def counted(event: core_events.TurnEvent) -> bytes:
        encoded.append(event.seq)
        return encode(event)

    monkeypatch.setattr(core_events, "encode_event", counted)
    gate = asyncio.Event()
    model.extend([Wait(gate=gate), "Hello."])
    turn_id = await started(api)
    viewers = [asyncio.create_task(whole(api, turn_id)) for _ in range(10)]
    gate.set()
    assert len(set(await asyncio.gather(*viewers))) == 1
    assert sorted(encoded) == [1, 2, 3]
