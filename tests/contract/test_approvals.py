"""Approvals through the port: nothing bulk or destructive happens before a yes."""

import pytest

from kirotodo.core.backend import Backend
from kirotodo.core.domain.conversation import Sent
from kirotodo.core.errors import Conflict, InvalidInput, LiveTurn, NotFound
from kirotodo.core.events import ApprovalAnswered, ToolCallFinished, TurnCancelled, TurnFinished
from kirotodo.core.models.scripted import ScriptedModel, call
from tests.contract.harness import BackendHarness, say, until_final, until_parked


async def parked(house: BackendHarness) -> Sent:
    """A conversation in which the model wants to delete two tasks."""
    await house.backend.add_from_text("milk")
    await house.backend.add_from_text("eggs")
    house.model.extend([call("delete_task", task_ids=[1, 2])], ["Ready."])
    return await house.backend.send("delete milk and eggs")


async def left(backend: Backend) -> list[str]:
    return [task.title for task in (await backend.tasks()).items]


async def test_the_question_names_exactly_what_it_is_about(house: BackendHarness) -> None:
    asked = await until_parked(house.backend, await parked(house))
    assert [task.title for task in asked.approval.tasks] == ["milk", "eggs"]
    assert asked.approval.arguments["task_ids"] == [1, 2]
    assert "2" in asked.approval.question
    assert await left(house.backend) == ["milk", "eggs"]


async def test_yes_goes_on(house: BackendHarness) -> None:
    sent = await parked(house)
    asked = await until_parked(house.backend, sent)
    await house.backend.answer(sent.turn_id, asked.approval.call_id, "yes")
    events = await until_final(house.backend, sent)
    assert isinstance(events[-1], TurnFinished)
    assert [event.decision for event in events if isinstance(event, ApprovalAnswered)] == ["yes"]
    assert await left(house.backend) == []


async def test_no_changes_nothing_and_the_model_hears_it(house: BackendHarness) -> None:
    sent = await parked(house)
    asked = await until_parked(house.backend, sent)
    await house.backend.answer(sent.turn_id, asked.approval.call_id, "no")
    events = await until_final(house.backend, sent)
    assert [event.status for event in events if isinstance(event, ToolCallFinished)] == ["denied"]
    assert isinstance(events[-1], TurnFinished)
    assert await left(house.backend) == ["milk", "eggs"]


@pytest.mark.parametrize(("word", "rest"), [("yes please", []), ("no", ["milk", "eggs"])])
async def test_a_plain_word_answers_too(house: BackendHarness, word: str, rest: list[str]) -> None:
    sent = await parked(house)
    await until_parked(house.backend, sent)
    answered = await house.backend.send(word, conversation_id=sent.conversation_id)
    assert (answered.turn_id, answered.attached) == (sent.turn_id, True)
    await until_final(house.backend, sent)
    assert await left(house.backend) == rest
    contents = [message.content for message in (await house.backend.transcript(sent.conversation_id)).messages]
    assert contents == ["delete milk and eggs", word, "Ready."]


async def test_another_message_meanwhile_is_refused(house: BackendHarness) -> None:
    sent = await parked(house)
    await until_parked(house.backend, sent)
    with pytest.raises(LiveTurn):
        await house.backend.send("add beer", conversation_id=sent.conversation_id)


async def test_always_covers_the_rest_of_the_conversation_and_no_other(house: BackendHarness) -> None:
    sent = await parked(house)
    asked = await until_parked(house.backend, sent)
    await house.backend.answer(sent.turn_id, asked.approval.call_id, "always")
    await until_final(house.backend, sent)
    for title in ("a", "b", "c", "d"):
        await house.backend.add_from_text(title)
    house.model.extend([call("delete_task", task_ids=[3, 4])], ["Gone."])
    await say(house.backend, "delete a and b", sent.conversation_id)
    assert await left(house.backend) == ["c", "d"]
    house.model.extend([call("delete_task", task_ids=[5, 6])])
    await until_parked(house.backend, await house.backend.send("delete c and d"))


async def test_edited_arguments_are_what_runs(house: BackendHarness) -> None:
    sent = await parked(house)
    asked = await until_parked(house.backend, sent)
    await house.backend.answer(sent.turn_id, asked.approval.call_id, "yes", arguments={"task_ids": [2]})
    await until_final(house.backend, sent)
    assert await left(house.backend) == ["milk"]


async def test_arguments_that_cannot_be_are_refused_and_the_question_stays(house: BackendHarness) -> None:
    sent = await parked(house)
    asked = await until_parked(house.backend, sent)
    with pytest.raises(InvalidInput):
        await house.backend.answer(sent.turn_id, asked.approval.call_id, "yes", arguments={"task_ids": ["x"]})
    assert (await house.backend.turn(sent.turn_id)).status == "awaiting_approval"
    await house.backend.cancel(sent.turn_id)
    house.model.clear()


async def test_a_question_is_answered_once(house: BackendHarness) -> None:
    sent = await parked(house)
    asked = await until_parked(house.backend, sent)
    with pytest.raises(Conflict):
        await house.backend.answer(sent.turn_id, "9.9", "yes")
    with pytest.raises(NotFound):
        await house.backend.answer("nope", asked.approval.call_id, "yes")
    await house.backend.answer(sent.turn_id, asked.approval.call_id, "yes")
    with pytest.raises(Conflict):
        await house.backend.answer(sent.turn_id, asked.approval.call_id, "no")


async def test_the_question_survives_the_program(house: BackendHarness) -> None:
    sent = await parked(house)
    await until_parked(house.backend, sent)
    house.clock.advance(days=3)
    await house.reopen()
    turn = await house.backend.turn(sent.turn_id)
    assert turn.status == "awaiting_approval"
    assert turn.approval is not None
    await house.backend.answer(sent.turn_id, turn.approval.call_id, "yes")
    assert isinstance((await until_final(house.backend, sent))[-1], TurnFinished)
    assert await left(house.backend) == []


async def test_cancel_says_no(house: BackendHarness) -> None:
    sent = await parked(house)
    await until_parked(house.backend, sent)
    turn = await house.backend.cancel(sent.turn_id)
    assert (turn.status, turn.approval) == ("cancelled", None)
    assert isinstance((await until_final(house.backend, sent))[-1], TurnCancelled)
    assert await left(house.backend) == ["milk", "eggs"]
    house.model.extend(["Still here."])


async def test_a_task_deleted_meanwhile_is_told(house: BackendHarness) -> None:
    sent = await parked(house)
    asked = await until_parked(house.backend, sent)
    await house.backend.delete_tasks([2])
    await house.backend.answer(sent.turn_id, asked.approval.call_id, "yes")
    events = await until_final(house.backend, sent)
    (finished,) = [event for event in events if isinstance(event, ToolCallFinished)]
    assert finished.status == "failed"
    assert await left(house.backend) == ["milk"]


async def test_one_task_needs_no_approval(backend: Backend, model: ScriptedModel) -> None:
    await backend.add_from_text("milk")
    model.extend([call("delete_task", task_id=1)], ["Gone."])
    await say(backend, "delete milk")
    assert await left(backend) == []
