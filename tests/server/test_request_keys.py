"""Requests with an `Idempotency-Key`: whatever comes twice is done once, and answered as it was the first time."""

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import httpx2
import pytest

from kirotodo.core.models.scripted import ScriptedModel, call
from kirotodo.core.settings import Settings
from kirotodo.core.store.request_keys import KEPT
from kirotodo.server.app import create_app
from tests.contract.harness import Clock
from tests.server.replica import replicas
from tests.server.serving import served

KEY: Final = {"Idempotency-Key": "one"}
REQUESTS: Final[dict[str, Any]] = {
    "/tasks": {"title": "Bread"},
    "/tasks/from-text": {"text": "Pay rent friday #home"},
    "/tasks/update": {"task_ids": [1], "fields": {"due": "+1 day"}},
    "/tasks/complete": {"task_ids": [1, 2]},
    "/tasks/delete": {"task_ids": [2]},
    "/tasks/import": {"drafts": [{"title": "Wine"}, {"title": " "}]},
    "/undo": {"groups": 1},
    "/changes/undo": {"change_id": 1},
    "/redo": None,
    "/conversations/1/restore": None,
    "/turns/{turn}/calls/0.0/undo": None,
}
"""Each edit there is by POST, on a list on which it can be made."""


@pytest.fixture
def model() -> ScriptedModel:
    return ScriptedModel([call("add_task", title="Milk")], ["Added."])


async def grown(client: httpx2.AsyncClient) -> str:
    """A list with tasks, something to redo, and a turn whose call can be undone; the turn's id."""
    turn_id: str = (await client.post("/chat", json={"message": "add milk"})).json()["turn_id"]
    await client.post("/tasks", json={"title": "Every week", "recurrence": "weekly", "due": "today"})
    await client.patch("/tasks/2", json={"title": "Each week"})
    await client.post("/undo")
    return turn_id


async def everything(client: httpx2.AsyncClient) -> list[Any]:
    pages = [await client.get(path, params=query) for path, query in (("/tasks", {"status": "all"}), ("/stats", {}))]
    return [page.json() for page in pages]


@pytest.mark.parametrize("path", REQUESTS)
async def test_a_request_that_comes_again_is_answered_again_and_not_done_again(
    api: httpx2.AsyncClient, clock: Clock, path: str
) -> None:
    turn_id = await grown(api)
    place, body = path.format(turn=turn_id), REQUESTS[path]
    first = await api.post(place, json=body, headers=KEY)
    assert first.status_code < 300, first.text
    after = await everything(api)
    clock.advance(minutes=5)
    again = await api.post(place, json=body, headers=KEY)
    assert (again.status_code, again.content) == (first.status_code, first.content)
    assert [again.headers.get(name) for name in ("ETag", "Location")] == [
        first.headers.get(name) for name in ("ETag", "Location")
    ]
    assert await everything(api) == after


@pytest.mark.parametrize(
    ("path", "body"), [("/tasks", {"title": "Wine"}), ("/tasks/delete", {"task_ids": [1]}), ("/undo", None)]
)
async def test_a_key_that_comes_with_another_request_is_refused(
    api: httpx2.AsyncClient, path: str, body: object
) -> None:
    await api.post("/tasks", json={"title": "Bread"}, headers=KEY)
    answer = await api.post(path, json=body, headers=KEY)
    assert (answer.status_code, answer.json()["code"]) == (422, "key_reused")
    assert [task["title"] for task in (await api.get("/tasks")).json()["items"]] == ["Bread"]


async def test_a_request_that_was_refused_did_nothing_and_may_come_again(api: httpx2.AsyncClient) -> None:
    body = {"task_ids": [1]}
    assert (await api.post("/tasks/complete", json=body, headers=KEY)).status_code == 404
    await api.post("/tasks", json={"title": "Bread"})
    assert (await api.post("/tasks/complete", json=body, headers=KEY)).status_code == 200


async def test_a_change_by_tag_that_comes_again_is_answered_although_the_tag_has_changed(
    api: httpx2.AsyncClient,
) -> None:
    made = await api.post("/tasks", json={"title": "Bread"})
    headers = {**KEY, "If-Match": made.headers["ETag"]}
    first = await api.patch("/tasks/1", json={"due": "+1 day"}, headers=headers)
    again = await api.patch("/tasks/1", json={"due": "+1 day"}, headers=headers)
    assert (again.status_code, again.content) == (200, first.content)


async def test_a_restart_forgets_no_key(settings: Settings, clock: Clock) -> None:
    answers = []
    for _ in range(2):
        async with served(create_app(settings, model=ScriptedModel(), clock=clock)) as server, server.client() as api:
            answers.append(await api.post("/tasks", json={"title": "Bread"}, headers=KEY))
    assert answers[0].content == answers[1].content


async def test_keys_are_kept_for_days_and_no_longer(api: httpx2.AsyncClient, clock: Clock) -> None:
    body = {"title": "Bread"}
    assert (await api.post("/tasks", json=body, headers=KEY)).json()["id"] == 1
    clock.advance(seconds=KEPT.total_seconds() - 1)
    assert (await api.post("/tasks", json=body, headers=KEY)).json()["id"] == 1
    clock.advance(seconds=timedelta(seconds=1).total_seconds())
    assert (await api.post("/tasks", json=body, headers=KEY)).json()["id"] == 2


@pytest.mark.parametrize("key", ["", "x" * 201, "a b", "ä"])
async def test_a_key_that_is_none_is_refused(api: httpx2.AsyncClient, key: str) -> None:
    answer = await api.post("/tasks", json={"title": "Bread"}, headers={b"Idempotency-Key": key.encode()})
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_input")


@pytest.fixture
async def two(tmp_path: Path, postgres_url: str) -> AsyncIterator[tuple[httpx2.AsyncClient, httpx2.AsyncClient]]:
    with replicas(tmp_path, postgres_url) as start:
        async with start().client() as one, start().client() as another:
            yield one, another


async def at_once(ask: Callable[[httpx2.AsyncClient], Any], *clients: httpx2.AsyncClient) -> list[httpx2.Response]:
    return list(await asyncio.gather(*(ask(client) for client in clients for _ in range(6))))


async def test_the_same_request_at_once_is_made_once(api: httpx2.AsyncClient) -> None:
    answers = await at_once(lambda client: client.post("/tasks", json={"title": "Bread"}, headers=KEY), api)
    assert {(answer.status_code, answer.content) for answer in answers} == {(201, answers[0].content)}
    assert (await api.get("/tasks")).json()["total"] == 1


async def test_two_servers_make_the_same_request_once(two: tuple[httpx2.AsyncClient, httpx2.AsyncClient]) -> None:
    line = {"text": "Pay rent friday #home"}
    answers = await at_once(lambda client: client.post("/tasks/from-text", json=line, headers=KEY), *two)
    assert {(answer.status_code, answer.content) for answer in answers} == {(201, answers[0].content)}
    assert (await two[1].get("/tasks")).json()["total"] == 1
