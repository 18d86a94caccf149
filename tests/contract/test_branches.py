"""Editing a message and asking again: each variant stays, with what followed it, and what it changed is undone."""

import asyncio
from typing import Any

import pytest

from kirotodo.core.backend import Backend, TaskFields
from kirotodo.core.domain.conversation import Sent
from kirotodo.core.errors import InvalidInput, KeyReused, LiveTurn, NotFound
from kirotodo.core.models.scripted import ScriptedModel, Wait, call
from tests.contract.harness import BackendHarness, say, until_final


async def instead(backend: Backend, text: str, conversation_id: int, seq: int, **more: Any) -> Sent:
    sent = await backend.send(text, conversation_id=conversation_id, instead_of=seq, **more)
    await until_final(backend, sent)
    return sent


async def shown(backend: Backend, conversation_id: int) -> list[tuple[int, str]]:
    return [(each.seq, each.content) for each in (await backend.transcript(conversation_id)).messages]


async def titles(backend: Backend) -> list[str]:
    return [task.title for task in (await backend.tasks()).items]


async def test_an_edited_message_takes_the_place_of_the_old_one_which_stays(
    backend: Backend, model: ScriptedModel
) -> None:
    model.extend(["one"], ["two"], ["edited"], ["later"])
    sent, _ = await say(backend, "first")
    here = sent.conversation_id
    await say(backend, "second", here)
    edited = await instead(backend, "second, edited", here, 3)
    assert edited.message_seq == 5
    assert await shown(backend, here) == [(1, "first"), (2, "one"), (5, "second, edited"), (6, "edited")]
    variants = {each.seq: each.variants for each in (await backend.transcript(here)).messages}
    assert variants == {1: (), 2: (), 5: (3, 5), 6: ()}
    await backend.show_branch(here, 3)
    assert await shown(backend, here) == [(1, "first"), (2, "one"), (3, "second"), (4, "two")]
    await say(backend, "third", here)
    await backend.show_branch(here, 5)
    assert await shown(backend, here) == [(1, "first"), (2, "one"), (5, "second, edited"), (6, "edited")]
    await backend.show_branch(here, 3)
    assert [seq for seq, _ in await shown(backend, here)] == [1, 2, 3, 4, 7, 8]


async def test_the_model_reads_the_branch_that_is_shown(backend: Backend, model: ScriptedModel) -> None:
    model.extend(["one"], ["two"], ["three"])
    sent, _ = await say(backend, "my secret is blue")
    await instead(backend, "my secret is red", sent.conversation_id, 1)
    await say(backend, "what is it?", sent.conversation_id)
    read = str(model.requests[-1])
    assert "red" in read
    assert "blue" not in read


async def test_asking_again_undoes_what_the_answer_changed(backend: Backend, model: ScriptedModel) -> None:
    add = call("add_task", title="milk")
    model.extend([add], ["Added."], [call("add_task", title="oat milk")], ["Added."])
    sent, _ = await say(backend, "add milk")
    await instead(backend, "add oat milk", sent.conversation_id, 1)
    assert await titles(backend) == ["oat milk"]


async def test_what_later_turns_changed_is_undone_too_unless_it_is_to_stay(
    backend: Backend, model: ScriptedModel
) -> None:
    for title in ("milk", "eggs"):
        model.extend([call("add_task", title=title)], ["Added."])
    sent, _ = await say(backend, "add milk")
    await say(backend, "add eggs", sent.conversation_id)
    model.extend(["Fine."], ["Fine."])
    kept = await instead(backend, "never mind", sent.conversation_id, 1, keep_changes=True)
    assert await titles(backend) == ["milk", "eggs"]
    await backend.show_branch(sent.conversation_id, 1)
    assert await titles(backend) == ["milk", "eggs"]
    await instead(backend, "forget it", sent.conversation_id, 1)
    assert await titles(backend) == []
    variants = (await backend.transcript(sent.conversation_id)).messages[0].variants
    assert len(variants) == 3
    assert kept.message_seq == variants[1]


async def test_what_was_changed_since_by_somebody_stays_and_is_named(backend: Backend, model: ScriptedModel) -> None:
    model.extend([call("add_task", title="milk")], ["Added."], ["Fine."])
    sent, _ = await say(backend, "add milk")
    (milk,) = (await backend.tasks()).items
    await backend.update_tasks([milk.id], TaskFields(notes="two litres"))
    again = await instead(backend, "hm", sent.conversation_id, 1)
    assert await titles(backend) == ["milk"]
    assert len(again.notes) == 1
    assert "milk" in again.notes[0]


async def test_the_same_key_makes_one_variant(backend: Backend, model: ScriptedModel) -> None:
    model.extend(["one"], ["two"])
    sent, _ = await say(backend, "first")
    first = await instead(backend, "edited", sent.conversation_id, 1, request_key="k1")
    again = await instead(backend, "edited", sent.conversation_id, 1, request_key="k1")
    assert (again.turn_id, again.attached) == (first.turn_id, True)
    with pytest.raises(KeyReused):
        await backend.send("edited", conversation_id=sent.conversation_id, request_key="k1")


async def test_only_a_shown_message_of_the_user_can_be_replaced(backend: Backend, model: ScriptedModel) -> None:
    model.extend(["one"], ["two"])
    sent, _ = await say(backend, "first")
    here = sent.conversation_id
    for seq in (2, 77):
        with pytest.raises(InvalidInput, match="is not one of yours"):
            await backend.send("edited", conversation_id=here, instead_of=seq)
    with pytest.raises(InvalidInput, match="Name the conversation"):
        await backend.send("edited", instead_of=1)
    with pytest.raises(NotFound):
        await backend.send("edited", conversation_id=99, instead_of=1)
    with pytest.raises(NotFound):
        await backend.show_branch(here, 1)
    await instead(backend, "edited", here, 1)
    with pytest.raises(InvalidInput):
        await backend.send("again", conversation_id=here, instead_of=1)


async def test_a_turn_under_way_is_left_alone(harness: BackendHarness) -> None:
    backend = harness.backend
    wait = Wait(gate=asyncio.Event())
    harness.model.extend(["one"], ["two"], [wait, "three"])
    sent, _ = await say(backend, "first")
    await instead(backend, "edited", sent.conversation_id, 1)
    live = await backend.send("slow", conversation_id=sent.conversation_id)
    with pytest.raises(LiveTurn):
        await backend.send("again", conversation_id=sent.conversation_id, instead_of=3)
    with pytest.raises(LiveTurn):
        await backend.show_branch(sent.conversation_id, 1)
    await backend.cancel(live.turn_id)
    await backend.show_branch(sent.conversation_id, 1)
    assert [seq for seq, _ in await shown(backend, sent.conversation_id)] == [1, 2]
