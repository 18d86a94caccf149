"""`/mcp` on a real socket: whose list it is, what a token may do there, what is repeated, and who is refused."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final
from urllib.parse import urlsplit

import httpx2
import mcp_types as types
import pytest
from mcp.client.client import Client
from mcp.client.streamable_http import streamable_http_client

from kirotodo.core.domain.task import TaskFilter
from kirotodo.core.models.scripted import ScriptedModel
from kirotodo.core.settings import Settings
from kirotodo.server.app import create_app
from tests.server.serving import NO_TLS, Served, bearer, served, settings_in
from tests.server.test_isolation import BAD
from tests.waiting import until

MODES: Final = ("2026-07-28", "legacy")
REVISION: Final = MODES[0]
CUTS: Final = 200


@pytest.fixture
async def server(settings: Settings) -> AsyncIterator[Served]:
    async with served(create_app(settings, model=ScriptedModel())) as running:
        yield running


@asynccontextmanager
async def _client(server: Served, headers: dict[str, str], mode: str, *, answers: Any = None) -> AsyncIterator[Client]:
    async with httpx2.AsyncClient(verify=NO_TLS, headers=headers, timeout=60) as http:
        transport = streamable_http_client(f"{server.base_url}/mcp", http_client=http)
        async with Client(transport, mode=mode, elicitation_callback=answers) as client:
            yield client


async def _agent(server: Served, name: str, scope: str, user_id: str = "1") -> dict[str, str]:
    async with server.client(user_id) as person:
        made = await person.post("/tokens", json={"name": name, "scope": scope})
        return {"Authorization": f"Bearer {made.json()['token']}"}


async def _titles(server: Served, user_id: str = "1") -> list[str]:
    page = await server.core.of(user_id).tasks(TaskFilter(), limit=200)
    return sorted(task.title for task in page.items)


@pytest.mark.parametrize("mode", MODES)
async def test_a_token_opens_the_list_of_its_user(server: Served, mode: str) -> None:
    async with _client(server, bearer("1"), mode) as one, _client(server, bearer("2"), mode) as two:
        await one.call_tool("add_task", {"title": "Milk"})
        await two.call_tool("add_task", {"title": "Wine"})
        for tool in ("get_task", "complete_task", "delete_task"):
            foreign = await two.call_tool(tool, {"task_id": 7})
            assert foreign.is_error
        listed = await two.call_tool("list_tasks", {})
        assert "Milk" not in listed.content[0].text  # type: ignore[union-attr]
        resource = await two.read_resource("kirotodo://today")
        assert "Milk" not in resource.contents[0].text  # type: ignore[union-attr]
    assert (await _titles(server, "1"), await _titles(server, "2")) == (["Milk"], ["Wine"])


@pytest.mark.parametrize("mode", MODES)
async def test_an_agent_keeps_to_its_scope(server: Served, mode: str) -> None:
    async with _client(server, await _agent(server, "reader", "read"), mode) as reader:
        assert {tool.name for tool in (await reader.list_tools()).tools} == {
            "list_tasks",
            "get_task",
            "task_stats",
        }
        for tool, arguments in (("add_task", {"title": "Milk"}), ("undo", {}), ("say", {"text": "add milk"})):
            assert (await reader.call_tool(tool, arguments)).is_error
    assert await _titles(server) == []


async def _user_says_yes(_: Any, params: Any) -> types.ElicitResult:
    return types.ElicitResult(action="accept", content={"approve": True})


@pytest.mark.parametrize("mode", MODES)
async def test_the_user_is_asked_over_the_wire(server: Served, mode: str) -> None:
    backend = server.core.of("1")
    for title in ("Milk", "Bread"):
        await backend.add_from_text(title)
    async with _client(server, bearer("1"), mode, answers=_user_says_yes) as client:
        assert not (await client.call_tool("delete_task", {"task_ids": [1, 2]})).is_error
    assert await _titles(server) == []


def _request(method: str, *, revision: str = REVISION, **params: Any) -> tuple[dict[str, str], bytes]:
    """A request of the present revision, as any client writes it."""
    meta = {
        "io.modelcontextprotocol/protocolVersion": revision,
        "io.modelcontextprotocol/clientCapabilities": {},
        "io.modelcontextprotocol/clientInfo": {"name": "test", "version": "1"},
    }
    body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": {**params, "_meta": meta}}
    headers = {
        "Accept": "application/json, text/event-stream",
        "Content-Type": "application/json",
        "MCP-Protocol-Version": revision,
        "Mcp-Method": method,
        **({"Mcp-Name": params["name"]} if "name" in params else {}),
    }
    return headers, json.dumps(body).encode()


async def _post(server: Served, headers: dict[str, str], method: str, **params: Any) -> httpx2.Response:
    own, body = _request(method, **params)
    async with httpx2.AsyncClient(verify=NO_TLS, timeout=60) as http:
        return await http.post(f"{server.base_url}/mcp", headers={**own, **headers}, content=body)


async def test_a_token_that_does_not_hold_opens_nothing(server: Served) -> None:
    for name, make in BAD.items():
        value = make()
        headers = {} if value is None else {"Authorization": value}
        answer = await _post(server, headers, "tools/call", name="add_task", arguments={"title": "Stolen"})
        assert (answer.status_code, answer.json()["code"]) == (401, "not_signed_in"), name
        found = answer.headers["WWW-Authenticate"]
        assert found == f'Bearer resource_metadata="{server.base_url}/.well-known/oauth-protected-resource/mcp"'
    assert await _titles(server) == []


async def test_the_metadata_names_the_resource_and_its_issuer(server: Served, tmp_path: Any) -> None:
    async with httpx2.AsyncClient(verify=NO_TLS, timeout=60) as http:
        for path in ("/.well-known/oauth-protected-resource", "/.well-known/oauth-protected-resource/mcp"):
            found = (await http.get(server.base_url + path)).json()
            assert found["resource"] == f"{server.base_url}/mcp"
            assert found["scopes_supported"] == ["read", "add", "all"]
            assert "authorization_servers" not in found
    settings = settings_in(tmp_path, better_auth_url="https://issuer.example", better_auth_secret=None)
    async with served(create_app(settings)) as other, httpx2.AsyncClient(verify=NO_TLS, timeout=60) as http:
        found = (await http.get(f"{other.base_url}/.well-known/oauth-protected-resource/mcp")).json()
        assert found["authorization_servers"] == ["https://issuer.example"]


async def test_pages_of_other_sites_are_refused(server: Served) -> None:
    evil = {**bearer("1"), "Origin": "https://evil.example"}
    assert (await _post(server, evil, "tools/list")).status_code == 403
    own = {**bearer("1"), "Origin": server.base_url}
    assert (await _post(server, own, "tools/list")).status_code == 200
    rebound = {**bearer("1"), "Origin": "http://evil.example", "Host": "evil.example"}
    assert (await _post(server, rebound, "tools/list")).status_code == 403, "a page that gave this machine its name"


@pytest.mark.filterwarnings("ignore::mcp.shared.exceptions.MCPDeprecationWarning")  # gone in 2026-07-28
async def test_a_session_is_told_of_changes_until_it_is_over(server: Served) -> None:
    told: list[str] = []

    async def hear(message: Any) -> None:
        told.append(getattr(getattr(message, "params", None), "uri", ""))

    backend = server.core.of("1")
    async with httpx2.AsyncClient(verify=NO_TLS, headers=bearer("1"), timeout=30) as http:
        transport = streamable_http_client(f"{server.base_url}/mcp", http_client=http)
        async with Client(transport, mode="legacy", message_handler=hear) as client:
            await client.session.subscribe_resource("kirotodo://today")
            await server.core.of("2").add_from_text("wine today")
            await backend.add_from_text("milk today")
            await until(lambda: bool(told))
            assert set(told) == {"kirotodo://today"}
            assert server.core.hub.lists == ["1"]
    await until(lambda: server.core.hub.lists == [])


async def test_requests_are_counted(tmp_path: Any) -> None:
    settings = settings_in(tmp_path, rate_limit=1, rate_limit_burst=1)
    async with served(create_app(settings, model=ScriptedModel())) as server:
        answers = [await _post(server, bearer("1"), "tools/list") for _ in range(12)]
        assert answers[0].status_code == 200
        refused = answers[-1]
        assert (refused.status_code, refused.json()["code"]) == (429, "rate_limited")
        assert "Retry-After" in refused.headers


async def test_a_revoked_agent_is_refused_at_once(server: Served) -> None:
    headers = await _agent(server, "claude", "all")
    assert (await _post(server, headers, "tools/list")).status_code == 200
    async with server.client("1") as person:
        await person.delete("/tokens/claude")
    assert (await _post(server, headers, "tools/list")).status_code == 401


async def test_a_session_that_is_not_known_here_is_served_all_the_same(server: Served) -> None:
    """After a restart, or behind a load balancer: a client of the revision before need not begin anew."""
    body = {"jsonrpc": "2.0", "id": 1, "method": "tools/call"}
    params = {"name": "add_task", "arguments": {"title": "Milk"}}
    headers = {
        **bearer("1"),
        "Accept": "application/json, text/event-stream",
        "MCP-Protocol-Version": "2025-11-25",
        "Mcp-Session-Id": "0" * 32,
    }
    async with httpx2.AsyncClient(verify=NO_TLS, timeout=60) as http:
        answer = await http.post(f"{server.base_url}/mcp", headers=headers, json={**body, "params": params})
    assert answer.status_code == 200, answer.text
    assert "created" in answer.text
    assert await _titles(server) == ["Milk"]


async def test_a_session_that_its_client_ended_is_over(server: Served) -> None:
    headers = {**bearer("1"), "Accept": "application/json, text/event-stream", "MCP-Protocol-Version": "2025-11-25"}
    hello = {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "test", "version": "1"}}
    body = {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": hello}
    async with httpx2.AsyncClient(verify=NO_TLS, timeout=60, base_url=server.base_url, headers=headers) as http:
        begun = await http.post("/mcp", json=body)
        http.headers["Mcp-Session-Id"] = begun.headers["Mcp-Session-Id"]
        assert (await http.delete("/mcp")).status_code == 200
        later = await http.post("/mcp", json={"jsonrpc": "2.0", "id": 2, "method": "tools/list"})
        assert later.status_code == 404


async def _cut(server: Served, headers: dict[str, str], title: str, after: float) -> None:
    """Send a call and hang up without reading the answer."""
    own, body = _request("tools/call", name="add_task", arguments={"title": title})
    place = urlsplit(server.base_url)
    lines = [
        "POST /mcp HTTP/1.1",
        f"Host: {place.netloc}",
        f"Content-Length: {len(body)}",
        *(f"{name}: {value}" for name, value in {**own, **headers}.items()),
    ]
    _, writer = await asyncio.open_connection(place.hostname, place.port)
    writer.write("\r\n".join([*lines, "", ""]).encode() + body)
    await writer.drain()
    await asyncio.sleep(after)
    writer.close()


async def test_a_call_that_is_cut_and_made_again_has_one_effect(server: Served) -> None:
    """Cut before, during and after the commit, and made again at once."""
    headers = await _agent(server, "claude", "add")
    titles = [f"Task {number}" for number in range(CUTS)]
    for number, title in enumerate(titles):
        await _cut(server, headers, title, after=(number % 8) * 0.002)
        again = await _post(server, headers, "tools/call", name="add_task", arguments={"title": title})
        assert again.json()["result"]["structuredContent"]["status"] == "created"
    assert await _titles(server) == sorted(titles)
