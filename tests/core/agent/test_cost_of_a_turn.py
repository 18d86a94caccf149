"""What a turn asks of the database, counted: messages to PostgreSQL, hops to the thread of SQLite."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from asyncpg.prepared_stmt import PreparedStatement

from kirotodo.core.agent import runner
from kirotodo.core.local import Core
from kirotodo.core.models.scripted import ScriptedModel, Wait, call
from kirotodo.core.settings import Settings
from kirotodo.core.store.postgres.connection import Connection
from kirotodo.core.store.sqlite.aio import ThreadDriver
from tests.lists import list_at

TO_POSTGRES, TO_SQLITE = (14, 21), (10, 15)
"""In a new conversation, and in one that goes on, whose messages have to be read. BEGIN and COMMIT are among them."""


@contextmanager
def counted(monkeypatch: pytest.MonkeyPatch, *methods: tuple[type[Any], str]) -> Iterator[list[str]]:
    """The calls of these methods meanwhile, with the beginning of what they were given."""
    seen: list[str] = []

    def noting(name: str, original: Callable[..., Awaitable[Any]]) -> Callable[..., Any]:
        async def noted(self: Any, *given: Any, **options: Any) -> Any:
            seen.append(f"{name} {self.get_query()[:60] if name == 'fetch' else str(given[0])[:60]}")
            return await original(self, *given, **options)

        return noted

    with monkeypatch.context() as patch:
        for kind, name in methods:
            patch.setattr(kind, name, noting(name, getattr(kind, name)))
        yield seen


async def say(core: Core, model: ScriptedModel, conversation_id: int | None) -> int:
    """One turn with a call and a text, which is stored before the turn ends; the conversation."""
    shown = asyncio.Event()
    model.extend([call("add_task", title="milk")], ["Done.", Wait(gate=shown)])
    sent = await core.of("ann").send("add milk", conversation_id=conversation_id)
    async for event in core.of("ann").watch(sent.turn_id):
        if event.kind == "text_delta":
            shown.set()
    assert event.kind == "turn_finished"
    return sent.conversation_id


@pytest.mark.parametrize("goes_on", [False, True], ids=["a new conversation", "one that goes on"])
@pytest.mark.parametrize(
    ("database", "most", "methods"),
    [
        pytest.param("sqlite", TO_SQLITE, [(ThreadDriver, "hop")]),
        pytest.param(
            "postgres", TO_POSTGRES, [(Connection, "execute"), (PreparedStatement, "fetch")], marks=pytest.mark.postgres
        ),
    ],
    ids=["sqlite", "postgres"],
)
async def test_a_turn_is_few_round_trips(
    tmp_path: Path,
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
    database: str,
    most: tuple[int, int],
    methods: list[tuple[type[Any], str]],
    goes_on: bool,
) -> None:
    monkeypatch.setattr(runner, "HEARTBEAT_SECONDS", 3600.0)  # leases are renewed for all turns together
    url = list_at(tmp_path / "list.db") if database == "sqlite" else request.getfixturevalue("postgres_url")
    model = ScriptedModel()
    core = await Core.open(Settings(kirotodo_home=tmp_path, database_url=url, timezone="UTC"), model=model)
    try:
        conversation: int | None = None
        for _ in range(2):  # what is prepared once for each connection is no part of a turn
            conversation = await say(core, model, conversation)
        with counted(monkeypatch, *methods) as seen:
            await say(core, model, conversation if goes_on else None)
    finally:
        await core.aclose()
    assert len(seen) <= most[goes_on], "\n".join(seen)
