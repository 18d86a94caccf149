"""What every answer has in common: problems, request ids, limits of bodies, and no word of the inside."""

import asyncio
import json
import re
from pathlib import Path
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI

from kirotodo import __version__
from kirotodo.core.domain.conversation import MESSAGE_MAX
from kirotodo.core.models.scripted import ScriptedModel
from kirotodo.core.settings import Settings
from kirotodo.server.app import create_app
from kirotodo.server.middleware import OneByOne
from tests.server.serving import NO_TLS, Served, bearer, served


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "code"),
    [
        ("GET", "/tasks/99", None, 404, "not_found"),
        ("GET", "/turns/none", None, 404, "not_found"),
        ("GET", "/turns/none/events", None, 404, "not_found"),
        ("GET", "/nothing-here", None, 404, "not_found"),
        ("PUT", "/tasks", None, 405, "invalid_input"),
        ("POST", "/undo", None, 409, "not_undoable"),
        ("POST", "/redo", None, 409, "not_undoable"),
        ("POST", "/tasks", {"titel": "Milk"}, 422, "invalid_input"),
        ("POST", "/tasks", {"title": "  "}, 422, "invalid_input"),
        ("POST", "/tasks", {"title": "Milk", "due": "never ever"}, 422, "invalid_input"),
        ("POST", "/tasks", {"title": "nul \0"}, 422, "invalid_input"),
        ("POST", "/tasks/update", {"task_ids": [], "fields": {}}, 422, "invalid_input"),
        ("POST", "/chat", {"message": ""}, 422, "invalid_input"),
        ("POST", "/chat", {"message": "x" * 10_001}, 422, "invalid_input"),
        ("POST", "/chat", {"message": "Hi", "timezone": "Mars/Base"}, 422, "invalid_input"),
        ("POST", "/chat", {"message": "Hi", "conversation_id": 7}, 404, "not_found"),
        ("POST", "/chat", {"message": "Hi", "conversation_id": 2**40}, 422, "invalid_input"),
        ("GET", "/tasks?status=some", None, 422, "invalid_input"),
        ("GET", "/tasks?cursor=nonsense", None, 422, "invalid_input"),
        ("GET", "/tasks/99999999999999999999", None, 422, "invalid_input"),
    ],
)
async def test_faults_are_problems(
    api: httpx2.AsyncClient, method: str, path: str, body: object, status: int, code: str
) -> None:
    answer = await api.request(method, path, json=body)
    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (status, code)
    assert answer.headers["content-type"] == "application/problem+json"
    assert problem["status"] == status
    assert problem["type"] == "about:blank"
    assert problem["title"]
    assert problem["detail"].endswith((".", "!", "?"))


async def test_a_fault_of_the_schema_names_the_fields(api: httpx2.AsyncClient) -> None:
    problem = (await api.post("/tasks/update", json={"task_ids": [0], "fields": {"priority": "urgent"}})).json()
    assert [fault["field"] for fault in problem["errors"]] == ["task_ids.0", "fields.priority"]
    assert problem["detail"].startswith("task_ids.0: ")


async def test_a_body_that_is_no_json_is_refused(api: httpx2.AsyncClient) -> None:
    answer = await api.post("/tasks", content=b"{", headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()["detail"]) == (422, "The body isn't valid JSON.")


async def test_answers_carry_an_id_and_the_version(api: httpx2.AsyncClient) -> None:
    made = (await api.get("/status")).headers
    assert re.fullmatch(r"[0-9a-f]{32}", made["X-Request-ID"])
    assert made["X-Kirotodo-Version"] == __version__
    given = await api.get("/tasks/99", headers={"X-Request-ID": "from-outside:1"})
    assert given.headers["X-Request-ID"] == "from-outside:1"
    unsound = await api.get("/status", headers={"X-Request-ID": "no good\tat all"})
    assert re.fullmatch(r"[0-9a-f]{32}", unsound.headers["X-Request-ID"])


@pytest.mark.parametrize("announced", [True, False])
async def test_bodies_have_a_limit(api: httpx2.AsyncClient, announced: bool) -> None:
    async def chunks() -> Any:
        for _ in range(140):
            yield b" " * 1024

    body = b" " * 140 * 1024 if announced else chunks()
    answer = await api.post("/tasks", content=body, headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")
    assert answer.headers["content-type"] == "application/problem+json"


async def test_the_longest_message_fits_however_it_is_written(api: httpx2.AsyncClient, model: ScriptedModel) -> None:
    model.extend(["Done."])
    body = json.dumps({"message": "\U0001f600" * MESSAGE_MAX}, ensure_ascii=True).encode()
    answer = await api.post("/chat", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 200


@pytest.mark.parametrize("kind", ["text/plain", "multipart/form-data", "application/xml"])
async def test_a_body_that_claims_to_be_no_json_is_refused(api: httpx2.AsyncClient, kind: str) -> None:
    answer = await api.post("/tasks", content=b'{"title": "Milk"}', headers={"Content-Type": kind})
    assert (answer.status_code, answer.json()["code"]) == (415, "invalid_input")
    assert "application/json" in answer.json()["detail"]


async def test_a_path_with_a_slash_too_many_leads_nowhere_else(server: Served) -> None:
    async with httpx2.AsyncClient(verify=NO_TLS, timeout=60, base_url=server.base_url) as client:
        for path in ("/api/auth/signin/", "/health/", "/docs/"):
            answer = await client.post(path, json={"password": "secret"}, headers={"Host": "evil.example"})
            assert answer.status_code in (404, 405)
            assert "location" not in answer.headers


async def test_of_two_tokens_none_is_chosen(server: Served) -> None:
    tokens = [("Authorization", bearer(user)["Authorization"]) for user in ("1", "2")]
    async with httpx2.AsyncClient(verify=NO_TLS, timeout=60, base_url=server.base_url) as client:
        answer = await client.get("/api/1/tasks", headers=tokens)
    assert (answer.status_code, answer.json()["code"]) == (401, "not_signed_in")


@pytest.mark.parametrize("given", ["", "garbage", "-1", "9" * 50, "\u0661"])
async def test_a_last_event_id_that_says_nothing_starts_from_the_beginning(
    api: httpx2.AsyncClient, model: ScriptedModel, given: str
) -> None:
    model.extend(["Hello."])
    turn = (await api.post("/chat", json={"message": "hi"})).json()["turn_id"]
    answer = await api.get(f"/turns/{turn}/events", headers={b"Last-Event-ID": given.encode()})
    assert answer.text.startswith("id: 1\nevent: turn_started\n")


@pytest.mark.slow
async def test_an_import_may_be_larger(api: httpx2.AsyncClient) -> None:
    drafts = [{"title": f"Task {number}", "notes": "n" * 1000} for number in range(100)]
    answer = await api.post("/tasks/import", json={"drafts": drafts})
    assert answer.status_code == 200
    assert len(answer.json()["added"]) == 100
    too_much = await api.post("/tasks/import", content=b" " * (10 * 1024 * 1024 + 1))
    assert too_much.status_code == 413


async def test_what_breaks_inside_stays_inside(server: Served, api: httpx2.AsyncClient) -> None:
    secret = "SELECT secret FROM /var/lib"

    async def break_it() -> None:
        raise RuntimeError(secret)

    server.app.add_api_route("/api/{user_id}/broken", break_it)
    answer = await api.get("/broken")
    assert (answer.status_code, answer.json()["code"]) == (500, "internal_error")
    assert "secret" not in answer.text
    assert answer.headers["X-Request-ID"]


async def test_a_broken_database_is_told_without_its_place(
    server: Served, api: httpx2.AsyncClient, tmp_path: Path
) -> None:
    place = tmp_path / "list.db"
    await server.core.database.aclose()
    for file in place.parent.glob("list.db*"):
        file.unlink()
    place.mkdir()
    answer = await api.get("/tasks")
    assert answer.status_code == 503
    assert answer.json()["code"].startswith("storage_")
    assert str(place) not in answer.text
    assert answer.headers["Retry-After"]
    assert (await api.get(f"{server.base_url}/health/ready")).status_code == 503


async def test_health_needs_nobody_to_sign_in(server: Served) -> None:
    async with httpx2.AsyncClient(verify=NO_TLS, timeout=60, base_url=server.base_url) as client:
        for path in ("/health", "/health/ready"):
            answer = await client.get(path)
            assert (answer.status_code, answer.json()) == (200, {"status": "ok", "version": __version__})


async def test_only_the_origins_of_the_settings_may_call(settings: Settings, model: ScriptedModel) -> None:
    app: FastAPI = create_app(settings.replaced(cors_origins=("https://app.example",)), model=model)
    async with served(app) as server, server.client() as api:
        ours = await api.get("/status", headers={"Origin": "https://app.example"})
        theirs = await api.get("/status", headers={"Origin": "https://evil.example"})
        headers = {"Origin": "https://app.example", "Access-Control-Request-Method": "PATCH"}
        traced = "x-timezone, if-match, sentry-trace, traceparent, x-b3-spanid, x-amzn-trace-id, newrelic"
        preflight = await api.options("/tasks/1", headers={**headers, "Access-Control-Request-Headers": traced})
        foreign = await api.options("/tasks/1", headers={**headers, "Origin": "https://evil.example"})
    assert ours.headers["Access-Control-Allow-Origin"] == "https://app.example"
    exposed = set(ours.headers["Access-Control-Expose-Headers"].split(", "))
    assert {"X-Request-ID", "ETag", "Location"} <= exposed
    assert "Access-Control-Allow-Origin" not in theirs.headers
    assert preflight.status_code == 200
    allowed = preflight.headers["Access-Control-Allow-Headers"].lower().split(", ")
    assert set(traced.split(", ")) <= set(allowed)
    assert (foreign.status_code, foreign.json()["code"]) == (400, "invalid_input")
    assert foreign.headers["content-type"] == "application/problem+json"


async def test_a_crowd_of_requests_is_begun_one_by_one_and_probes_go_ahead() -> None:
    begun: list[str] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        begun.append(scope["path"])

    async def never(*_: Any) -> Any:
        raise AssertionError

    one_by_one = OneByOne(app)
    paths = [*(f"/api/{user}/chat/stream" for user in range(20)), "/health"]
    requests = [asyncio.create_task(one_by_one({"type": "http", "path": path}, never, never)) for path in paths]
    await asyncio.sleep(0)
    assert begun == ["/health"]
    for _ in range(10):
        before = len(begun)
        await asyncio.sleep(0)
        assert len(begun) <= before + 1
    await asyncio.gather(*requests)
    assert begun[1:] == paths[:-1]
