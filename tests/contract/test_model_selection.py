"""Choosing among models through the port."""

import pytest

from kirotodo.core.backend import Backend
from kirotodo.core.errors import InvalidInput, KeyReused
from kirotodo.core.events import TurnFinished, TurnStarted
from kirotodo.core.models.scripted import ScriptedModel
from tests.contract.harness import BackendHarness, until_final, until_parked


async def test_the_choices_have_names_of_their_own_and_the_default_comes_first(harness: BackendHarness) -> None:
    choices = await harness.backend.models()
    names = [choice.name for choice in choices]
    assert names[0] == harness.model.name
    assert "built-in" in names
    assert len(set(names)) == len(names)
    assert [choice.default for choice in choices] == [True] + [False] * (len(choices) - 1)
    assert (await harness.backend.status()).model == names[0]


async def test_a_turn_is_answered_by_the_model_it_names(backend: Backend, model: ScriptedModel) -> None:
    sent = await backend.send("add milk", model="built-in")
    events = await until_final(backend, sent)
    assert isinstance(events[0], TurnStarted)
    assert isinstance(events[-1], TurnFinished)
    assert (events[0].model, events[-1].model, (await backend.turn(sent.turn_id)).model) == ("built-in",) * 3
    assert [task.title for task in (await backend.tasks()).items] == ["milk"]
    assert model.requests == []


async def test_models_take_turns_in_one_conversation(backend: Backend, model: ScriptedModel) -> None:
    first = await backend.send("add milk", model="built-in")
    await until_final(backend, first)
    model.extend(["You have milk."])
    second = await backend.send("what do I have?", conversation_id=first.conversation_id)
    assert isinstance((await until_final(backend, second))[-1], TurnFinished)
    assert "add milk" in str(model.requests[0].history)
    turns = (await backend.transcript(first.conversation_id)).turns
    assert [turn.model for turn in turns] == ["built-in", "scripted"]


async def test_an_unknown_model_is_refused_with_the_names_there_are(backend: Backend) -> None:
    with pytest.raises(InvalidInput, match=r"'gpt-99'.*scripted.*built-in"):
        await backend.send("hello", model="gpt-99")
    assert (await backend.conversations()).items == ()


async def test_the_same_key_with_another_model_is_another_request(backend: Backend) -> None:
    sent = await backend.send("add milk", request_key="k", model="built-in")
    await until_final(backend, sent)
    again = await backend.send("add milk", request_key="k", model="built-in")
    assert (again.turn_id, again.attached) == (sent.turn_id, True)
    with pytest.raises(KeyReused):
        await backend.send("add milk", request_key="k", model="scripted")


async def test_a_turn_goes_on_after_a_restart_with_the_model_it_was_begun_with(harness: BackendHarness) -> None:
    await harness.backend.add_from_text("milk")
    await harness.backend.add_from_text("eggs")
    sent = await harness.backend.send("delete all tasks", model="built-in")
    requested = await until_parked(harness.backend, sent)
    await harness.reopen()
    await harness.backend.answer(sent.turn_id, requested.approval.call_id, "yes")
    last = (await until_final(harness.backend, sent))[-1]
    assert isinstance(last, TurnFinished)
    assert last.model == "built-in"
    assert (await harness.backend.tasks()).items == ()
    assert harness.model.requests == []
