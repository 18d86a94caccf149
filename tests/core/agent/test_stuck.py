"""No turn is stuck: it ends whatever cannot be written, is taken over only so often, and its conversation goes on."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from kirotodo.core.agent.runner import GIVEN_UP, TAKEOVERS_MAX
from kirotodo.core.backend import Backend
from kirotodo.core.domain.conversation import Sent
from kirotodo.core.errors import ModelError
from kirotodo.core.events import FINAL_EVENTS, TurnEvent, TurnFailed
from kirotodo.core.local import Core, LocalBackend
from kirotodo.core.models.scripted import Fail, ScriptedModel, Wait, call
from kirotodo.core.store.conversations import ConversationStore
from kirotodo.core.store.tables import tool_calls
from tests.core.agent.test_many_turns import settings
from tests.waiting import until


@pytest.fixture
async def model() -> ScriptedModel:
    return ScriptedModel()


@pytest.fixture
async def backend(tmp_path: Path, model: ScriptedModel) -> AsyncIterator[LocalBackend]:
    backend = await LocalBackend.open(settings(tmp_path), model=model)
    yield backend
    await backend.aclose()


async def ended(backend: Backend, sent: Sent) -> list[TurnEvent]:
    return [event async for event in backend.watch(sent.turn_id)]


@pytest.mark.slow
async def test_a_failure_whose_words_cannot_be_stored_is_told_nevertheless(
    backend: LocalBackend, model: ScriptedModel
) -> None:
    model.extend(["So far ", Fail(error=ModelError("The service said: \ud83c"))], ["On."])
    sent = await backend.send("hello")
    last = (await ended(backend, sent))[-1]
    assert isinstance(last, TurnFailed)
    assert last.message == "The service said: �"
    assert (await backend.turn(sent.turn_id)).error == last.message
    again = await backend.send("hello again", conversation_id=sent.conversation_id)
    assert (await ended(backend, again))[-1].kind == "turn_finished"


@pytest.mark.parametrize("stop", [True, False])
async def test_a_turn_ends_without_its_text_where_that_cannot_be_written(
    backend: LocalBackend, model: ScriptedModel, monkeypatch: pytest.MonkeyPatch, stop: bool
) -> None:
    """Whatever the reason: here the store refuses the answer as a message."""

    async def refuse(*_: Any, **__: Any) -> None:
        raise UnicodeEncodeError("utf-8", "x", 0, 1, "no")

    model.extend(["So far ", Wait(gate=asyncio.Event()) if stop else "so good."], ["On."])
    sent = await backend.send("hello")
    with monkeypatch.context() as patch:
        patch.setattr(ConversationStore, "add_message", refuse)
        if stop:
            await until(lambda: bool(model.requests))
            await backend.cancel(sent.turn_id)
        events = await ended(backend, sent)
    assert events[-1].kind == ("turn_cancelled" if stop else "turn_failed")
    again = await backend.send("hello again", conversation_id=sent.conversation_id)
    assert (await ended(backend, again))[-1].kind == "turn_finished"


async def test_a_failed_call_with_half_a_character_of_an_earlier_release_breaks_no_later_turn(
    backend: LocalBackend, model: ScriptedModel
) -> None:
    model.extend([call("nothing", a="b")], ["No."], ["On."])
    sent = await backend.send("hello")
    await ended(backend, sent)
    async with backend._database.begin("local") as store:
        stored = {"arguments": json.dumps({"half \ud83c": "\udf39"})}
        await store.turns._scope.execute(tool_calls.update(), stored)
    again = await backend.send("go on", conversation_id=sent.conversation_id)
    assert (await ended(backend, again))[-1].kind == "turn_finished"
    (shown,) = [item for item in model.requests[-1].history if getattr(item, "calls", ())]
    assert dict(shown.calls[0].arguments) == {"half �": "�"}  # type: ignore[union-attr]


async def left_behind(core: Core, turn_id: str) -> None:
    """The process that runs the turn dies: its lease runs out, and it writes no more."""
    async with core.database.begin("ann") as store:
        record = await store.turns.get(turn_id)
        over = timedelta(seconds=-1)
        assert await store.turns.claim(turn_id, owner="dead", lease=over, expected_epoch=record.epoch)
    await until(lambda: not core.runner.live)


async def test_a_turn_that_kills_each_process_is_given_up_and_the_model_not_asked_for_ever(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kirotodo.core.agent.runner.HEARTBEAT_SECONDS", 0.01)
    model = ScriptedModel(*[[Wait(gate=asyncio.Event())]] * 20)
    core = await Core.open(settings(tmp_path), model=model)
    try:
        backend = core.of("ann")
        sent = await backend.send("hello")
        await until(lambda: bool(model.requests))
        for taken in range(TAKEOVERS_MAX):
            await left_behind(core, sent.turn_id)
            assert await core.runner.take_over() == 1
            await until(lambda taken=taken: len(model.requests) == taken + 2)  # type: ignore[misc]
        await left_behind(core, sent.turn_id)
        assert await core.runner.take_over() == 1
        events = [event async for event in backend.watch(sent.turn_id)]
        assert isinstance(events[-1], TurnFailed)
        assert events[-1].message == GIVEN_UP
        assert len(model.requests) == TAKEOVERS_MAX + 1
        assert (await backend.send("again", conversation_id=sent.conversation_id)).turn_id
    finally:
        await core.aclose()


async def test_a_turn_that_each_process_let_go_of_in_good_order_goes_on(tmp_path: Path) -> None:
    for number in range(TAKEOVERS_MAX + 2):
        model = ScriptedModel([Wait(gate=asyncio.Event())])
        core = await Core.open(settings(tmp_path), model=model)
        if number:
            assert await core.runner.take_over() == 1
        else:
            sent = await core.of("ann").send("hello")
        await until(lambda model=model: bool(model.requests))  # type: ignore[misc]
        await core.aclose()
    core = await Core.open(settings(tmp_path), model=ScriptedModel(["Done."]))
    assert await core.runner.take_over() == 1
    events = [event async for event in core.of("ann").watch(sent.turn_id)]
    assert events[-1].kind == "turn_finished"
    assert sum(isinstance(event, FINAL_EVENTS) for event in events) == 1
    await core.aclose()


async def test_a_stop_asked_for_while_nobody_ran_the_turn_costs_no_model(tmp_path: Path) -> None:
    model = ScriptedModel([Wait(gate=asyncio.Event())])
    core = await Core.open(settings(tmp_path), model=model)
    sent = await core.of("ann").send("hello")
    await until(lambda: bool(model.requests))
    async with core.database.begin("ann") as store:
        await store.turns.request_cancel(sent.turn_id)
    await core.aclose()
    silent = ScriptedModel()
    core = await Core.open(settings(tmp_path), model=silent)
    await core.runner.take_over()
    events = [event async for event in core.of("ann").watch(sent.turn_id)]
    assert events[-1].kind == "turn_cancelled"
    assert silent.requests == []
    await core.aclose()
