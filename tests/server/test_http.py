"""What HTTP promises of any server: HEAD, Allow, OPTIONS, Location, ids that are ids, bodies by their kind."""

from pathlib import Path
from typing import Any, Final

import httpx2
import pytest
from fastapi.routing import APIRoute

from kirotodo.core.models.scripted import ScriptedModel
from kirotodo.server.app import create_app
from tests.server.serving import Served, settings_in

ROUTES: Final = [route for route in create_app(settings_in(Path("nowhere"))).routes if isinstance(route, APIRoute)]
READ: Final = sorted(route.path for route in ROUTES if "GET" in (route.methods or ()))


@pytest.fixture
async def lists(api: httpx2.AsyncClient, model: ScriptedModel) -> httpx2.AsyncClient:
    """A list with task 1, webhook 1, and conversation 1 with a turn."""
    model.extend(["Hello."])
    await api.post("/webhooks", json={"url": "https://example.com/hook"})
    await api.post("/tasks", json={"title": "Milk"})
    await api.post("/chat", json={"message": "hi"})
    return api


async def place_of(api: httpx2.AsyncClient, base_url: str, path: str) -> str:
    turn_id = (await api.get("/conversations/1/messages")).json()["turns"][0]["id"]
    names = {"user_id": "1", "task_id": 1, "conversation_id": 1, "turn_id": turn_id, "call_id": "0.0"}
    others = {"kind": "ntfy", "name": "work", "tool": "list_tasks", "webhook_id": 1, "change_id": 1, "seq": 1}
    return base_url + path.format(**names, **others, model="kirotodo")


@pytest.mark.parametrize("path", READ)
async def test_the_head_of_an_answer_is_to_be_had_alone(server: Served, lists: httpx2.AsyncClient, path: str) -> None:
    place = await place_of(lists, server.base_url, path)
    head = await lists.head(place)
    assert (head.status_code, head.content) == (200, b"")
    async with lists.stream("GET", place) as whole:  # not read to its end: some have none
        assert whole.headers["Content-Type"] == head.headers["Content-Type"]
        if path != "/metrics":  # which counts these very requests
            assert whole.headers.get("Content-Length") == head.headers.get("Content-Length")


@pytest.mark.parametrize("path", sorted({route.path for route in ROUTES}))
async def test_an_address_says_all_its_methods(server: Served, lists: httpx2.AsyncClient, path: str) -> None:
    place = await place_of(lists, server.base_url, path)
    methods = {method for route in ROUTES if route.path == path for method in route.methods or ()}
    allowed = {"OPTIONS", *methods, *({"HEAD"} if "GET" in methods else ())}
    answer = await lists.options(place)
    assert (answer.status_code, answer.content, set(answer.headers["Allow"].split(", "))) == (204, b"", allowed)
    refused = await lists.request(next(each for each in ("PUT", "PATCH", "DELETE") if each not in methods), place)
    assert (refused.status_code, refused.headers["Allow"]) == (405, answer.headers["Allow"])
    assert refused.headers["Content-Type"] == "application/problem+json"


async def test_what_was_made_says_where_it_is(server: Served, lists: httpx2.AsyncClient, model: ScriptedModel) -> None:
    model.extend(["Hello."])
    task = await lists.post("/tasks", json={"title": "Bread"})
    assert task.headers["Location"] == "/api/1/tasks/2"
    sent = await lists.post("/turns", json={"message": "hi"})
    for answer, same in ((task, task.json()["id"]), (sent, sent.json()["turn_id"])):
        assert (await lists.get(server.base_url + answer.headers["Location"])).json()["id"] == same
    account = {"email": "ann@example.com", "password": "correct horse battery"}
    made = await lists.post(f"{server.base_url}/api/auth/signup", json=account)
    headers = {"Authorization": f"Bearer {made.json()['access_token']}"}
    me = await lists.get(server.base_url + made.headers["Location"], headers=headers)
    assert me.json()["email"] == account["email"]


async def test_nothing_private_is_kept_on_the_way(server: Served, lists: httpx2.AsyncClient) -> None:
    account = {"email": "ann@example.com", "password": "correct horse battery"}
    answers = [
        await lists.get("/tasks"),
        await lists.get("/tasks/99"),
        await lists.get("/nothing-here"),
        await lists.post(f"{server.base_url}/api/auth/signup", json=account),
        await lists.post(f"{server.base_url}/api/auth/signin", json=account),
        await lists.get("/tasks", headers={"Authorization": "Bearer junk"}),
        await lists.head("/events"),
    ]
    assert [answer.headers["Cache-Control"].split(",")[0] for answer in answers] == ["no-store"] * len(answers)


NO_IDS: Final = ("+1", "-1", "0", "01", "1_0", "1.0", "%201", "１", "1e0", "true", "9" * 30, "0x1")


@pytest.mark.parametrize("text", NO_IDS)
async def test_a_path_or_query_takes_plain_numbers_alone(lists: httpx2.AsyncClient, text: str) -> None:
    for path in (f"/tasks/{text}", f"/conversations/{text}", f"/tasks?limit={text}", f"/stats?period_days={text}"):
        answer = await lists.get(path)
        assert (answer.status_code, answer.json()["code"]) == (422, "invalid_input"), path


@pytest.mark.parametrize("value", [True, "1", 1.0, 1.5, None, [1], 0, -1, 2**31, 10**30])
async def test_an_id_in_a_body_is_an_integer(lists: httpx2.AsyncClient, value: Any) -> None:
    for path, body in (
        ("/tasks/complete", {"task_ids": [value]}),
        ("/tasks/delete", {"task_ids": [value]}),
        ("/tasks/update", {"task_ids": [value], "fields": {"title": "x"}}),
        *(() if value is None else (("/chat", {"message": "hi", "conversation_id": value}),)),
        ("/undo", {"groups": value}),
    ):
        answer = await lists.post(path, json=body)
        assert (answer.status_code, answer.json()["code"]) == (422, "invalid_input"), path
    assert (await lists.get("/tasks/1")).json()["completed_at"] is None


@pytest.mark.parametrize("value", ["yes", "true", 1, 0, None, 1.0])
async def test_yes_and_no_are_true_and_false(lists: httpx2.AsyncClient, value: Any) -> None:
    for method, path, body in (
        ("PATCH", "/tasks/1", {"completed": value}),
        ("POST", "/tasks/complete", {"task_ids": [1], "completed": value}),
        ("POST", "/tasks/from-text", {"text": "Bread", "dry_run": value}),
    ):
        answer = await lists.request(method, path, json=body)
        assert (answer.status_code, answer.json()["code"]) == (422, "invalid_input"), path
    assert [task["title"] for task in (await lists.get("/tasks")).json()["items"]] == ["Milk"]


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        ("application/json; charset=utf-8", 201),
        ("application/merge-patch+json", 201),
        ("application/x-www-form-urlencoded", 201),  # what `curl -d` says
        (None, 201),
        ("text/plain", 415),
        ("application/xml", 415),
    ],
)
async def test_a_body_is_json(lists: httpx2.AsyncClient, kind: str | None, status: int) -> None:
    headers = {} if kind is None else {"Content-Type": kind}
    answer = await lists.post("/tasks", content=b'{"title":"Bread"}', headers=headers)
    assert answer.status_code == status
    if status == 415:
        assert "application/json" in answer.json()["detail"]


@pytest.mark.parametrize("given", ["", "garbage", "-1", "9" * 40, "１"])
async def test_a_place_in_a_stream_that_is_none_begins_it_anew(lists: httpx2.AsyncClient, given: str) -> None:
    turn_id = (await lists.get("/conversations/1/messages")).json()["turns"][0]["id"]
    headers = [(b"Last-Event-ID", given.encode())]
    answer = await lists.get(f"/turns/{turn_id}/events", headers=headers)
    assert answer.status_code == 200
    assert answer.text.startswith("id: 1\n")


async def test_a_call_of_a_turn_that_is_not_there_is_not_found(lists: httpx2.AsyncClient) -> None:
    turn_id = (await lists.get("/conversations/1/messages")).json()["turns"][0]["id"]
    for path in ("/turns/none/calls/0.0/undo", f"/turns/{turn_id}/calls/9.9/undo"):
        answer = await lists.post(path)
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
