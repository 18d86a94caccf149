"""What an agent's token opens: its scope on every route there is, its end when it is revoked, and never the account."""

from datetime import UTC, datetime, timedelta
from typing import Any, Final

import httpx2
import pytest

from kirotodo.core.agent_tokens import issue
from kirotodo.core.models.scripted import ScriptedModel
from kirotodo.core.settings import Settings
from kirotodo.server.app import create_app
from tests.server.serving import NO_TLS, Served, served, settings_in
from tests.server.test_isolation import BODIES, ENDLESS, USER_ROUTES

ADDS: Final = {
    *(("POST", "/tasks"), ("POST", "/tasks/from-text"), ("POST", "/tasks/import")),
    ("POST", "/tools/{tool}"),  # of add_task, as below
}
PERSONAL: Final = {
    *(("POST", "/deletion"), ("DELETE", "/deletion")),
    ("GET", "/integrations"),
    *(("GET", "/tokens"), ("POST", "/tokens"), ("DELETE", "/tokens/{name}")),
    *((method, "/reminders/targets") for method in ("GET", "POST")),
    ("DELETE", "/reminders/targets/{kind}"),
    *((method, "/webhooks") for method in ("GET", "POST")),
    *((method, "/webhooks/{webhook_id}") for method in ("PATCH", "DELETE")),
    ("POST", "/webhooks/{webhook_id}/test"),
    ("GET", "/webhooks/{webhook_id}/deliveries"),
    ("POST", "/webhooks/{webhook_id}/deliveries/{change_id}/redeliver"),
}
ALLOWED: Final = {"read": {"GET"}, "add": {"GET", "ADD"}, "all": {"GET", "ADD", "OTHER"}}


def _kind(method: str, route: str) -> str:
    if (method, route) in PERSONAL:
        return "PERSONAL"
    return "ADD" if (method, route) in ADDS else "GET" if method == "GET" else "OTHER"


async def _token(server: Served, name: str, scope: str, user_id: str = "1") -> str:
    async with server.client(user_id) as person:
        answer = await person.post("/tokens", json={"name": name, "scope": scope})
        assert answer.status_code == 201, answer.text
        assert answer.headers["Location"] == f"/api/{user_id}/tokens/{name}"
        token: str = answer.json()["token"]
        return token


def _agent(server: Served, token: str, user_id: str = "1") -> httpx2.AsyncClient:
    headers = {"Authorization": f"Bearer {token}"}
    return httpx2.AsyncClient(verify=NO_TLS, timeout=60, base_url=f"{server.base_url}/api/{user_id}", headers=headers)


def _path(route: str) -> str:
    ids = {
        "task_id": 7,
        "conversation_id": 7,
        "turn_id": "t",
        "call_id": "0.0",
        "webhook_id": 7,
        "change_id": 7,
        "seq": 7,
    }
    return route.format(name="x", tool="add_task", kind="webhook", **ids)


@pytest.mark.parametrize("scope", list(ALLOWED))
async def test_every_route_keeps_to_the_scope(settings: Settings, scope: str) -> None:
    async with served(create_app(settings, model=ScriptedModel([]))) as server:
        token = await _token(server, "agent", scope)
        async with _agent(server, token) as agent:
            for method, route in USER_ROUTES:
                if (method, route) == ENDLESS or route in ("/chat", "/chat/stream", "/turns"):
                    continue
                answer = await agent.request(method, _path(route), json=BODIES.get((method, route)))
                allowed = _kind(method, route) in ALLOWED[scope]
                assert (answer.status_code != 403) == allowed, (method, route, answer.text)
                if not allowed:
                    assert answer.headers["Content-Type"] == "application/problem+json"
                    assert answer.json()["code"] == "forbidden"


async def test_an_agent_that_may_only_add_starts_no_turn(settings: Settings) -> None:
    async with served(create_app(settings, model=ScriptedModel())) as server:
        async with _agent(server, await _token(server, "adder", "add")) as agent:
            for route in ("/chat", "/chat/stream", "/turns"):
                answer = await agent.post(route, json={"message": "delete everything"})
                assert answer.status_code == 403
                assert "needs all" in answer.json()["detail"]
            assert (await agent.post("/tasks", json={"title": "Milk"})).status_code == 201
        async with server.client("1") as person:
            assert [task["title"] for task in (await person.get("/tasks")).json()["items"]] == ["Milk"]
            assert (await person.get("/conversations")).json()["items"] == []


@pytest.mark.parametrize(
    ("scope", "tool", "status"),
    [
        *(("read", "list_tasks", 200), ("read", "add_task", 403), ("read", "say", 403)),
        *(("add", "add_task", 200), ("add", "delete_task", 403), ("add", "undo", 403), ("add", "no_tool", 403)),
        *(("all", "delete_task", 200), ("all", "undo", 200), ("all", "no_tool", 200)),
    ],
)
async def test_a_tool_needs_its_scope(settings: Settings, scope: str, tool: str, status: int) -> None:
    async with (
        served(create_app(settings)) as server,
        _agent(server, await _token(server, "agent", scope)) as agent,
    ):
        assert (await agent.post(f"/tools/{tool}", json={"arguments": {}})).status_code == status


async def test_a_token_opens_the_list_of_its_user_alone(settings: Settings) -> None:
    async with (
        served(create_app(settings)) as server,
        _agent(server, await _token(server, "agent", "all"), user_id="2") as agent,
    ):
        for method, route in USER_ROUTES:
            answer = await agent.request(method, _path(route), json=BODIES.get((method, route)))
            assert answer.status_code == 403, (method, route)


async def test_a_revoked_token_opens_nothing_at_once(settings: Settings) -> None:
    async with served(create_app(settings)) as server, server.client("1") as person:
        token = await _token(server, "agent", "all")
        async with _agent(server, token) as agent:
            assert (await agent.get("/tasks")).status_code == 200
            assert (await person.delete("/tokens/agent")).status_code == 204
            answer = await agent.get("/tasks")
            assert (answer.status_code, answer.json()["code"]) == (401, "not_signed_in")
            assert token not in answer.text
        assert (await person.get("/tokens")).json() == {"items": []}


async def test_signing_out_everywhere_ends_the_tokens_of_agents(settings: Settings) -> None:
    async with (
        served(create_app(settings)) as server,
        server.client("1") as person,
        _agent(server, await _token(server, "agent", "all")) as agent,
    ):
        out = await person.post(f"{server.base_url}/api/auth/signout", json={"everywhere": True})
        assert out.status_code == 204
        assert (await agent.get("/tasks")).status_code == 401


async def test_an_agent_neither_signs_out_nor_changes_the_password(settings: Settings) -> None:
    async with (
        served(create_app(settings)) as server,
        _agent(server, await _token(server, "agent", "all")) as agent,
    ):
        base = f"{server.base_url}/api/auth"
        for everywhere in (True, False):
            answer = await agent.post(f"{base}/signout", json={"everywhere": everywhere})
            assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")
        passwords = {"current_password": "one", "new_password": "correct horse battery"}
        assert (await agent.post(f"{base}/password", json=passwords)).status_code == 403
        assert (await agent.get(f"{base}/me")).json()["id"] == "1"


def _forged(token: str) -> dict[str, str]:
    user, session_id, secret = token.removeprefix("kta_").split(".")
    return {
        "another secret": f"kta_{user}.{session_id}.{issue('1').token.rpartition('.')[2]}",
        "another session": f"kta_{user}.{'0' * 32}.{secret}",
        "another user": f"kta_Mg.{session_id}.{secret}",
        "cut short": token[:-1],
        "unknown": issue("1").token,
    }


async def test_a_forged_token_opens_nothing(settings: Settings) -> None:
    async with served(create_app(settings)) as server:
        token = await _token(server, "agent", "all")
        for name, forged in _forged(token).items():
            for user_id in ("1", "2"):
                async with _agent(server, forged, user_id=user_id) as agent:
                    assert (await agent.get("/tasks")).status_code == 401, name


async def test_a_token_expires(tmp_path: Any) -> None:
    clock = [datetime(2026, 11, 23, 9, tzinfo=UTC)]
    async with served(create_app(settings_in(tmp_path), clock=lambda: clock[0])) as server:
        token = await _token(server, "agent", "read")
        async with _agent(server, token) as agent, server.client("1") as person:
            assert (await agent.get("/tasks")).status_code == 200
            clock[0] += timedelta(hours=2)
            server.app.state.authenticator.agents_changed("1")
            assert (await agent.get("/tasks")).status_code == 200
            (listed,) = (await person.get("/tokens")).json()["items"]
            assert listed["last_used_at"] == "2026-11-23T11:00:00Z"
            clock[0] += timedelta(days=366)
            server.app.state.authenticator.agents_changed("1")
            assert (await agent.get("/tasks")).status_code == 401


async def test_the_stream_of_a_revoked_token_ends(settings: Settings) -> None:
    async with (
        served(create_app(settings)) as server,
        server.client("1") as person,
        _agent(server, await _token(server, "agent", "read")) as agent,
        agent.stream("GET", "/events") as changes,
    ):
        lines = changes.aiter_lines()
        await anext(lines)
        await person.delete("/tokens/agent")
        assert "event: reconnect" in [line async for line in lines]
