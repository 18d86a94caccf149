"""Entity tags: what is read carries one, and an edit that names one is made only to what was read."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final

import httpx2
import pytest

from kirotodo.core.models.scripted import ScriptedModel, Wait
from kirotodo.core.settings import Settings
from kirotodo.server.app import create_app
from tests.contract.harness import Clock
from tests.server.serving import served, settings_in

BOTH: Final = pytest.mark.parametrize("database", ["sqlite", "postgresql"], indirect=True)
TASK: Final = "/tasks/1"
CONVERSATION: Final = "/conversations/1"
TITLE: Final = {"title": "Another title"}


@pytest.fixture
def database(request: pytest.FixtureRequest, settings: Settings, tmp_path: Path) -> Settings:
    if request.param == "sqlite":
        return settings
    return settings_in(tmp_path, database_url=request.getfixturevalue("postgres_url"))


@pytest.fixture
async def list_api(database: Settings, clock: Clock) -> AsyncIterator[httpx2.AsyncClient]:
    """User 1, with a task and a conversation, on either database."""
    app = create_app(database, model=ScriptedModel(["Hello."]), clock=clock)
    async with served(app) as server, server.client("1") as client:
        await client.post("/tasks", json={"title": "Milk", "tags": ["shop"]})
        await client.post("/chat", json={"message": "hi"})
        yield client


@pytest.fixture
async def lists(api: httpx2.AsyncClient, model: ScriptedModel) -> httpx2.AsyncClient:
    model.extend(["Hello."])
    await api.post("/tasks", json={"title": "Milk", "tags": ["shop"]})
    await api.post("/chat", json={"message": "hi"})
    return api


async def test_every_answer_with_one_thing_carries_its_tag(lists: httpx2.AsyncClient) -> None:
    made = await lists.post("/tasks", json={"title": "Bread"})
    read = await lists.get("/tasks/2")
    assert made.headers["ETag"] == read.headers["ETag"]
    changed = await lists.patch("/tasks/2", json=TITLE)
    assert changed.headers["ETag"] == (await lists.get("/tasks/2")).headers["ETag"] != made.headers["ETag"]
    renamed = await lists.patch(CONVERSATION, json=TITLE)
    assert renamed.headers["ETag"] == (await lists.get(CONVERSATION)).headers["ETag"]
    await lists.delete(CONVERSATION)
    assert (await lists.post(f"{CONVERSATION}/restore")).headers["ETag"] == renamed.headers["ETag"]


@BOTH
@pytest.mark.parametrize("path", [TASK, CONVERSATION])
async def test_of_two_who_read_the_same_exactly_one_changes_it(list_api: httpx2.AsyncClient, path: str) -> None:
    tag = (await list_api.get(path)).headers["ETag"]
    bodies = [{"title": f"By number {number}"} for number in range(6)]
    answers = await asyncio.gather(*(list_api.patch(path, json=body, headers={"If-Match": tag}) for body in bodies))
    assert sorted(answer.status_code for answer in answers) == [200, 412, 412, 412, 412, 412]
    won = next(answer for answer in answers if answer.status_code == 200)
    assert (await list_api.get(path)).json() == won.json()
    lost = next(answer for answer in answers if answer.status_code == 412)
    assert lost.json()["code"] == "precondition_failed"
    again = await list_api.patch(path, json=TITLE, headers={"If-Match": won.headers["ETag"]})
    assert again.status_code == 200


@pytest.mark.parametrize("path", [TASK, CONVERSATION])
async def test_what_has_changed_is_not_deleted(lists: httpx2.AsyncClient, path: str) -> None:
    tag = (await lists.get(path)).headers["ETag"]
    await lists.patch(path, json=TITLE)
    assert (await lists.delete(path, headers={"If-Match": tag})).status_code == 412
    now = await lists.get(path)
    assert now.json()["title"] == TITLE["title"]
    assert (await lists.delete(path, headers={"If-Match": now.headers["ETag"]})).status_code == 204
    assert (await lists.delete(path, headers={"If-Match": now.headers["ETag"]})).status_code == 404


async def test_a_conversation_with_a_live_turn_is_deleted_by_its_tag(
    api: httpx2.AsyncClient, model: ScriptedModel
) -> None:
    model.extend(["Working. ", Wait(gate=asyncio.Event())])
    await api.post("/turns", json={"message": "hi"})
    tag = (await api.get(CONVERSATION)).headers["ETag"]
    assert (await api.delete(CONVERSATION, headers={"If-Match": '"another"'})).status_code == 412
    assert (await api.delete(CONVERSATION, headers={"If-Match": tag})).status_code == 204
    assert (await api.get(CONVERSATION)).status_code == 404


@pytest.mark.parametrize("path", [TASK, CONVERSATION])
@pytest.mark.parametrize(
    ("header", "value", "reading", "writing"),
    [
        ("If-Match", "*", 200, 200),
        ("If-Match", "{tag}", 200, 200),
        ("If-Match", '"other", {tag}', 200, 200),
        ("If-Match", '"other"', 412, 412),
        ("If-Match", "W/{tag}", 412, 412),
        ("If-Match", "bogus", 422, 422),
        ("If-Match", '"half', 422, 422),
        ("If-None-Match", '"other"', 200, 200),
        ("If-None-Match", "{tag}", 304, 412),
        ("If-None-Match", 'W/{tag}, "other"', 304, 412),
        ("If-None-Match", "*", 304, 412),
        ("If-Unmodified-Since", "Wed, 25 Nov 2026 09:30:00 GMT", 422, 422),
    ],
)
async def test_conditional_requests(
    lists: httpx2.AsyncClient, path: str, header: str, value: str, reading: int, writing: int
) -> None:
    tag = (await lists.get(path)).headers["ETag"]
    headers = {header: value.format(tag=tag)}
    read = await lists.get(path, headers=headers)
    assert read.status_code == reading
    if reading == 304:
        assert (read.content, read.headers["ETag"]) == (b"", tag)
    assert (await lists.patch(path, json=TITLE, headers=headers)).status_code == writing
    assert ((await lists.get(path)).headers["ETag"] != tag) == (writing == 200)
    assert (await lists.patch("/tasks/99", json=TITLE, headers={"If-Match": "*"})).status_code == 404


@pytest.mark.parametrize("header", ["If-Match", "If-None-Match", "If-Unmodified-Since"])
async def test_a_condition_is_refused_where_nothing_has_a_tag(lists: httpx2.AsyncClient, header: str) -> None:
    for path, body in (
        ("/tasks", {"title": "Bread"}),
        ("/tasks/delete", {"task_ids": [1]}),
        ("/undo", None),
        ("/changes/undo", {"since": "today"}),
        ("/chat", {"message": "hi"}),
        ("/turns/any/cancel", None),
    ):
        answer = await lists.post(path, json=body, headers={header: "*"})
        assert (answer.status_code, answer.json()["code"]) == (412, "precondition_failed"), path
    assert (await lists.get("/tasks")).json()["total"] == 1
