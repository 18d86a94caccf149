"""A real server behind a connection that is cut: at twenty points of a turn, from its first byte to its last."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Final

import pytest

from kirotodo.client.accounts.address import Address
from kirotodo.client.accounts.credentials import StoredTokens
from kirotodo.client.remote.backend import RemoteBackend
from kirotodo.core.backend import Backend, LinkChanged, ListChanged
from kirotodo.core.domain.conversation import Transcript
from kirotodo.core.events import TurnEvent
from kirotodo.core.models.scripted import ScriptedModel, call
from kirotodo.server.app import create_app
from tests.client.remote.cutting_proxy import CuttingProxy, cutting_proxy
from tests.client.remote.raw_server import QUICK, in_memory
from tests.client.remote.test_stream_resumption import take_until
from tests.contract.harness import Clock
from tests.server.serving import Served, served, settings_in, token_for

POINTS: Final = 20


class CutHarness:
    """A server, the proxy before it, and its model."""

    def __init__(self, server: Served, proxy: CuttingProxy, model: ScriptedModel) -> None:
        self.server = server
        self.proxy = proxy
        self.model = model

    @asynccontextmanager
    async def backend(self, user_id: str) -> AsyncIterator[RemoteBackend]:
        backend = RemoteBackend(
            Address.of(self.proxy.url),
            StoredTokens.of_token(token_for(user_id)),
            in_memory(),
            timezone="Europe/Vienna",
            insist=True,
            backoff=QUICK,
        )
        try:
            yield backend
        finally:
            await backend.aclose()

    async def turn(self, user_id: str) -> tuple[list[TurnEvent], Transcript]:
        """A turn with two tools and a few words, as it is seen through the proxy."""
        self.model.extend(
            [call("add_task", title="milk"), call("add_task", title="eggs")],
            ["Added ", "milk ", "and ", "eggs, ", "as ", "you ", "wished."],
        )
        async with self.backend(user_id) as backend, asyncio.timeout(60):
            sent = await backend.send("add milk and eggs")
            events = [event async for event in backend.watch(sent.turn_id)]
            return events, await backend.transcript(sent.conversation_id)

    def direct(self, user_id: str) -> Backend:
        return self.server.core.of(user_id)


@pytest.fixture
async def harness(tmp_path: Path, empty_list: Path) -> AsyncIterator[CutHarness]:
    shutil.copy(empty_list, tmp_path / "list.db")
    model = ScriptedModel()
    app = create_app(settings_in(tmp_path), model=model, clock=Clock())
    async with served(app) as server, cutting_proxy(int(server.base_url.rpartition(":")[2])) as proxy:
        yield CutHarness(server, proxy, model)


def same_for_all(transcript: Transcript) -> Transcript:
    """The transcript without what differs from turn to turn by its nature."""
    return replace(
        transcript,
        messages=tuple(replace(message, turn_id="t") for message in transcript.messages),
        turns=tuple(
            replace(turn, id="t", tool_calls=tuple(replace(one, duration_ms=0) for one in turn.tool_calls))
            for turn in transcript.turns
        ),
    )


@pytest.mark.slow
async def test_cut_at_twenty_points_nothing_is_lost_and_nothing_doubled(harness: CutHarness) -> None:
    harness.proxy.arm(None)
    _, uncut = await harness.turn("uncut")
    length = harness.proxy.passed
    assert length > 1000
    for point in range(POINTS):
        user_id = f"cut-{point}"
        harness.proxy.arm(length * point // POINTS)
        events, transcript = await harness.turn(user_id)
        assert harness.proxy.cuts == point + 1
        assert same_for_all(transcript) == same_for_all(uncut), f"cut after {length * point // POINTS} bytes"
        direct = harness.direct(user_id)
        assert events == [event async for event in direct.watch(events[0].turn_id)]
        assert [task.title for task in (await direct.tasks()).items] == ["milk", "eggs"]
        assert (await direct.conversations()).total in (1, None)
        assert len((await direct.conversations()).items) == 1
    harness.model.assert_done()


async def test_changes_missed_while_the_link_was_cut_are_fetched(harness: CutHarness) -> None:
    direct = harness.direct("viewer")
    async with harness.backend("viewer") as backend:
        changes = backend.changes()
        await take_until(changes, lambda change: isinstance(change, ListChanged))
        await direct.add_from_text("milk")
        await take_until(changes, lambda change: titles(change) == ["milk"])
        harness.proxy.cut()
        await direct.add_from_text("eggs")
        received = await take_until(changes, lambda change: "eggs" in titles(change))
    assert [title for change in received for title in titles(change)] == ["eggs"]
    assert harness.proxy.cuts == 1


def titles(change: ListChanged | LinkChanged) -> list[str]:
    return [task.title for task in change.tasks] if isinstance(change, ListChanged) else []
