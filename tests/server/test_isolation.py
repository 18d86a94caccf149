"""Nobody sees or changes what is somebody else's: every route there is, every id that is foreign, every token that does
not hold. The routes are read from the application, so that a new one cannot be forgotten."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import httpx2
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from fastapi.routing import APIRoute
from sqlalchemy import select
from sqlalchemy.ext.asyncio import create_async_engine
from sqlmodel import SQLModel

from kirotodo.core.models.scripted import ScriptedModel, Wait, call
from kirotodo.core.settings import Settings
from kirotodo.server.app import create_app
from tests.server.serving import NO_TLS, SECRET, Served, bearer, served, settings_in

USER_ROUTES: Final = sorted(
    (method, route.path.removeprefix("/api/{user_id}"))
    for route in create_app(settings_in(Path("nowhere"))).routes
    if isinstance(route, APIRoute) and route.path.startswith("/api/{user_id}")
    for method in route.methods or ()
)
FOREIGN: Final = 40
"""A task of user 1, and more than user 2 ever has."""
FOREIGN_HOOK: Final = 3
"""A webhook of user 1, and more than user 2 ever has."""
HOOK: Final = {"url": "https://hooks.example.com", "events": ["task.deleted"]}
DRAFT: Final = {"title": "Stolen"}
AGENT: Final = {"name": "thief", "scope": "all"}
BODIES: Final[dict[tuple[str, str], Any]] = {
    ("PATCH", "/conversations/{conversation_id}"): {"title": "Stolen"},
    ("PATCH", "/tasks/{task_id}"): {"title": "Stolen", "completed": True},
    ("POST", "/changes/undo"): {"task_id": FOREIGN},
    ("POST", "/chat"): {"message": "hello", "conversation_id": 2},
    ("POST", "/chat/stream"): {"message": "hello", "conversation_id": 2},
    ("POST", "/conversations/{conversation_id}/branches/{seq}/show"): None,
    ("POST", "/conversations/{conversation_id}/restore"): None,
    ("POST", "/deletion"): {"confirm": "1"},
    ("POST", "/redo"): None,
    ("POST", "/reminders/claim"): {"owner": "thief"},
    ("POST", "/reminders/settle"): {
        "owner": "own",
        "claims": [{"task_id": FOREIGN, "remind_at": "2026-11-23T10:00:00Z", "epoch": 1}],
    },
    ("POST", "/reminders/targets"): {"kind": "ntfy", "url": "https://ntfy.example.com/stolen"},
    ("POST", "/tasks"): DRAFT,
    ("POST", "/tasks/complete"): {"task_ids": [FOREIGN]},
    ("POST", "/tasks/delete"): {"task_ids": [FOREIGN]},
    ("POST", "/tasks/from-text"): {"text": "Stolen"},
    ("POST", "/tasks/import"): {"drafts": [DRAFT]},
    ("POST", "/tasks/move"): {"moves": [{"task_id": FOREIGN, "due_date": "2026-11-27", "to": "2026-11-30"}]},
    ("POST", "/tasks/skip"): {"task_ids": [FOREIGN]},
    ("POST", "/tasks/update"): {"task_ids": [FOREIGN], "fields": DRAFT},
    ("POST", "/tokens"): AGENT,
    ("POST", "/tools/{tool}"): {"arguments": {"task_id": FOREIGN}},
    ("POST", "/turns"): {"message": "hello", "conversation_id": 2},
    ("POST", "/turns/{turn_id}/approval"): {"call_id": "0.0", "decision": "yes"},
    ("POST", "/turns/{turn_id}/calls/{call_id}/undo"): None,
    ("POST", "/turns/{turn_id}/cancel"): None,
    ("POST", "/undo"): None,
    ("POST", "/views"): {"name": "stolen", "filter": "+own"},
    ("PUT", "/views/{name}"): {"name": "stolen", "filter": "+own"},
    ("PATCH", "/webhooks/{webhook_id}"): {"enabled": True},
    ("POST", "/webhooks"): HOOK,
    ("POST", "/webhooks/{webhook_id}/deliveries/{change_id}/redeliver"): None,
    ("POST", "/webhooks/{webhook_id}/test"): None,
}
"""What each route is sent; the ids in it are user 1's, and unknown to user 2."""
OPEN_TO_ALL: Final = {
    ("POST", "/deletion"): 422,
    ("POST", "/changes/undo"): 409,
    ("POST", "/redo"): 409,
    ("POST", "/reminders/claim"): 200,
    ("POST", "/reminders/settle"): 200,
    ("POST", "/reminders/targets"): 201,
    ("POST", "/tasks"): 201,
    ("POST", "/tasks/from-text"): 201,
    ("POST", "/tasks/import"): 200,
    ("POST", "/tokens"): 201,
    ("POST", "/tools/{tool}"): 200,
    ("POST", "/undo"): 200,
    ("POST", "/views"): 201,
    ("GET", "/views"): 200,
    ("GET", "/changes"): 200,
    ("GET", "/conversations"): 200,
    ("GET", "/integrations"): 200,
    ("GET", "/models"): 200,
    ("GET", "/plan"): 200,
    ("GET", "/plan/spread"): 200,
    ("GET", "/reminders/targets"): 200,
    ("GET", "/stats"): 200,
    ("GET", "/status"): 200,
    ("GET", "/tasks"): 200,
    ("GET", "/tokens"): 200,
    ("GET", "/tools"): 200,
    ("GET", "/webhooks"): 200,
    ("POST", "/webhooks"): 201,
}
"""Routes that name nothing of anybody, and what they answer user 2."""
ENDLESS: Final = ("GET", "/events")


@dataclass(frozen=True, kw_only=True)
class FilledServer:
    """A server on which user 1 has tasks, two conversations, a finished turn, and one that waits for a yes."""

    server: Served
    turns: dict[str, str]

    def path(self, route: str, *, turn: str = "parked") -> str:
        names = {"task_id": FOREIGN, "conversation_id": 2, "turn_id": self.turns[turn], "call_id": "0.0", "name": "own"}
        hook = {"webhook_id": FOREIGN_HOOK, "change_id": 1, "seq": 1}
        return route.format(user_id="1", kind="webhook", tool="delete_task", **names, **hook)

    async def contents(self, user_id: str | None = None) -> dict[str, list[Any]]:
        """Every row there is, or every row of a user."""
        found: dict[str, list[Any]] = {}
        engine = create_async_engine(_driver_url(self.server.core.settings.database_url))
        async with engine.connect() as connection:
            for table in SQLModel.metadata.sorted_tables:
                owner = table.c.id if table.name == "users" else table.c.user_id
                query = select(table) if user_id is None else select(table).where(owner == user_id)
                found[table.name] = sorted(map(repr, await connection.execute(query)))
        await engine.dispose()
        return found


def _driver_url(url: str) -> str:
    return url.replace("postgresql://", "postgresql+asyncpg://")


@pytest.fixture(params=["sqlite", "postgresql"])
async def filled_server(
    request: pytest.FixtureRequest, settings: Settings, tmp_path: Path
) -> AsyncIterator[FilledServer]:
    if request.param == "postgresql":
        settings = settings_in(tmp_path, database_url=request.getfixturevalue("postgres_url"))
    model = ScriptedModel([call("add_task", title="Wine")], ["Added."], [call("delete_task", task_ids=[1, 2])])
    async with served(create_app(settings, model=model)) as server, server.client("1") as one:
        drafts = [{"title": "Milk"}, {"title": "Bread"}, *({"title": f"Wine {year}"} for year in range(1980, 2020))]
        await one.post("/tasks/import", json={"drafts": drafts})
        await one.post("/tokens", json={"name": "own", "scope": "all"})
        for number in range(1, FOREIGN_HOOK + 1):
            await one.post("/webhooks", json=HOOK)
            await one.patch(f"/webhooks/{number}", json={"enabled": False})
        await one.post("/reminders/targets", json={"kind": "webhook", "url": "https://own.example.com/"})
        await one.post("/views", json={"name": "own", "filter": "+own"})
        finished = (await one.post("/chat", json={"message": "add wine"})).json()
        parked = (await one.post("/chat", json={"message": "delete milk and bread"})).json()
        assert (finished["status"], parked["status"]) == ("finished", "awaiting_approval")
        yield FilledServer(server=server, turns={"finished": finished["turn_id"], "parked": parked["turn_id"]})
        model.assert_done()


def test_every_route_that_takes_something_is_sent_something() -> None:
    assert {route for route in USER_ROUTES if route[0] in ("POST", "PATCH", "PUT")} == set(BODIES)


async def test_another_users_path_is_forbidden_and_nothing_is_stored(filled_server: FilledServer) -> None:
    before = await filled_server.contents()
    async with httpx2.AsyncClient(
        verify=NO_TLS, timeout=60, base_url=filled_server.server.base_url, headers=bearer("2")
    ) as two:
        for method, route in USER_ROUTES:
            body = BODIES.get((method, route))
            headers = {"X-Timezone": "Asia/Tokyo", "Idempotency-Key": "k"}
            answer = await two.request(method, f"/api/1{filled_server.path(route)}", json=body, headers=headers)
            assert (answer.status_code, answer.json()["code"]) == (403, "forbidden"), (method, route)
    assert await filled_server.contents() == before


async def test_foreign_ids_are_unknown_and_stay_as_they_are(filled_server: FilledServer) -> None:
    before = await filled_server.contents("1")
    async with filled_server.server.client("2") as two:
        await two.post("/tasks", json={"title": "Mine"})
        for method, route in USER_ROUTES:
            if (method, route) == ENDLESS:
                continue
            for turn in filled_server.turns:
                body = (
                    BODIES.get((method, route)) if (method, route) != ("POST", "/tokens") else {**AGENT, "name": turn}
                )
                answer = await two.request(method, filled_server.path(route, turn=turn), json=body)
                expected = OPEN_TO_ALL.get((method, route), 404)
                if "/calls/" in route:
                    expected = 409 if answer.json()["code"] == "not_undoable" else 404
                assert answer.status_code == expected, (method, route, answer.text)
                assert not any(word in answer.text for word in ("Milk", "Bread", "Wine", "delete milk")), route
        async with two.stream("GET", "/events", params={"after": 0}) as changes:
            async for line in changes.aiter_lines():
                if line.startswith("data: "):
                    assert "Milk" not in line
                    break
    assert await filled_server.contents("1") == before


def _claims(**changed: Any) -> dict[str, Any]:
    """Those of a token that holds, but for what is changed; None leaves a claim out."""
    now = int(time.time())
    holding = {"iss": "kirotodo", "aud": "kirotodo", "sub": "1", "tv": 0, "iat": now, "exp": now + 600}
    return {name: value for name, value in {**holding, **changed}.items() if value is not None}


def _hs256(**changed: Any) -> str:
    return jwt.encode(_claims(**changed), SECRET, algorithm="HS256")


def _unsigned() -> str:
    return jwt.encode(_claims(), "", algorithm="none")


def _signed_with_a_public_key() -> str:
    """What a verifier that trusts `alg` would take: HS256, with a published key as its secret."""
    public = Ed25519PrivateKey.generate().public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    return jwt.encode(_claims(), public, algorithm="HS256")


def _signed_with_another_kind_of_key() -> str:
    return jwt.encode(_claims(), Ed25519PrivateKey.generate(), algorithm="EdDSA")


def _tampered() -> str:
    head, _, signature = bearer("2")["Authorization"].removeprefix("Bearer ").split(".")
    return ".".join([head, _hs256().split(".")[1], signature])


BAD: Final[dict[str, Callable[[], str | None]]] = {
    "none": lambda: None,
    "empty": lambda: "Bearer",
    "garbage": lambda: "Bearer not.a.token",
    "another scheme": lambda: "Basic MTox",
    "expired": lambda: f"Bearer {_hs256(exp=int(time.time()) - 10)}",
    "without an end": lambda: f"Bearer {_hs256(exp=None)}",
    "for another audience": lambda: f"Bearer {_hs256(aud='somebody-else')}",
    "not valid yet": lambda: f"Bearer {_hs256(nbf=int(time.time()) + 600)}",
    "without a subject": lambda: f"Bearer {_hs256(sub=None)}",
    "a subject that is no text": lambda: f"Bearer {_hs256(sub=1)}",
    "unsigned": lambda: f"Bearer {_unsigned()}",
    "signed with a public key": lambda: f"Bearer {_signed_with_a_public_key()}",
    "signed with another kind of key": lambda: f"Bearer {_signed_with_another_kind_of_key()}",
    "tampered with": lambda: f"Bearer {_tampered()}",
}


THOROUGHLY: Final = ("none", "expired")
"""Those that every route is tried with; one dependency of all routes judges tokens."""


@pytest.mark.parametrize("filled_server", ["sqlite"], indirect=True)
async def test_a_token_that_does_not_hold_opens_nothing(filled_server: FilledServer) -> None:
    before = await filled_server.contents()
    async with httpx2.AsyncClient(verify=NO_TLS, timeout=60, base_url=filled_server.server.base_url) as stranger:
        for name, make in BAD.items():
            value = make()
            headers = {"X-Timezone": "Asia/Tokyo", **({} if value is None else {"Authorization": value})}
            for method, route in USER_ROUTES if name in THOROUGHLY else (("GET", "/tasks"), ("POST", "/chat")):
                body = BODIES.get((method, route))
                answer = await stranger.request(
                    method, f"/api/1{filled_server.path(route)}", json=body, headers=headers
                )
                assert (answer.status_code, answer.json()["code"]) == (401, "not_signed_in"), (name, method, route)
                assert answer.headers["WWW-Authenticate"].startswith("Bearer")
        holding = await stranger.get("/api/1/tasks", headers={"Authorization": f"Bearer {_hs256()}"})
        assert holding.status_code == 200, "what they differ from holds"
    assert await filled_server.contents() == before


async def test_one_user_never_hears_of_anothers_turns(settings: Settings) -> None:
    """Live, not from the database: the events of a turn that runs go to its own user alone."""
    gate = asyncio.Event()
    model = ScriptedModel(["secret ", Wait(gate=gate), "plans"])
    app = create_app(settings, model=model)
    async with served(app) as server, server.client("1") as one, server.client("2") as two:
        sent = (await one.post("/turns", json={"message": "tell me"})).json()
        peeking = await two.get(f"/turns/{sent['turn_id']}/events")
        assert peeking.status_code == 404
        stopping = await two.post(f"/turns/{sent['turn_id']}/cancel")
        assert stopping.status_code == 404
        gate.set()
        async with one.stream("GET", f"/turns/{sent['turn_id']}/events") as answer:
            assert '"response":"secret plans"' in (await answer.aread()).decode()
