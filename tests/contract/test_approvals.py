"""Approvals through the port: nothing bulk or destructive happens before a yes."""

import pytest

from kirotodo.core.backend import Backend
from kirotodo.core.domain.conversation import Sent
from kirotodo.core.errors import Conflict, InvalidInput, LiveTurn, NotFound
from kirotodo.core.events import ApprovalAnswered, ToolCallFinished, TurnCancelled, TurnFinished
from kirotodo.core.models.scripted import ScriptedModel, call
from tests.contract.harness import BackendHarness, say, until_final, until_parked


async def parked(harness: BackendHarness) -> Sent:
    """A conversation in which the model wants to delete two tasks."""
    await harness.backend.add_from_text("milk")
    await harness.backend.add_from_text("eggs")
    harness.model.extend([call("delete_task", task_ids=[1, 2])], ["Ready."])
    return await harness.backend.send("delete milk and eggs")


async def left(backend: Backend) -> list[str]:
    return [task.title for task in (await backend.tasks()).items]


async def test_the_question_names_exactly_what_it_is_about(harness: BackendHarness) -> None:
    requested = await until_parked(harness.backend, await parked(harness))
    assert [task.title for task in requested.approval.tasks] == ["milk", "eggs"]
    assert requested.approval.arguments["task_ids"] == [1, 2]
    assert "2" in requested.approval.question
    assert await left(harness.backend) == ["milk", "eggs"]


async def test_yes_goes_on(harness: BackendHarness) -> None:
    sent = await parked(harness)
    requested = await until_parked(harness.backend, sent)
    await harness.backend.answer(sent.turn_id, requested.approval.call_id, "yes")
    events = await until_final(harness.backend, sent)
    assert isinstance(events[-1], TurnFinished)
    assert [event.decision for event in events if isinstance(event, ApprovalAnswered)] == ["yes"]
    assert await left(harness.backend) == []


async def test_no_changes_nothing_and_the_model_hears_it(harness: BackendHarness) -> None:
    sent = await parked(harness)
    requested = await until_parked(harness.backend, sent)
    await harness.backend.answer(sent.turn_id, requested.approval.call_id, "no")
    events = await until_final(harness.backend, sent)
    assert [event.status for event in events if isinstance(event, ToolCallFinished)] == ["denied"]
    assert isinstance(events[-1], TurnFinished)
    assert await left(harness.backend) == ["milk", "eggs"]


@pytest.mark.parametrize(("word", "rest"), [("yes please", []), ("no", ["milk", "eggs"])])
async def test_a_plain_word_answers_too(harness: BackendHarness, word: str, rest: list[str]) -> None:
    sent = await parked(harness)
    await until_parked(harness.backend, sent)
    answered = await harness.backend.send(word, conversation_id=sent.conversation_id)
    assert (answered.turn_id, answered.attached) == (sent.turn_id, True)
    await until_final(harness.backend, sent)
    assert await left(harness.backend) == rest
    contents = [message.content for message in (await harness.backend.transcript(sent.conversation_id)).messages]
    assert contents == ["delete milk and eggs", word, "Ready."]


async def test_another_message_meanwhile_is_refused(harness: BackendHarness) -> None:
    sent = await parked(harness)
    await until_parked(harness.backend, sent)
    with pytest.raises(LiveTurn):
        await harness.backend.send("add beer", conversation_id=sent.conversation_id)


async def test_always_covers_the_rest_of_the_conversation_and_no_other(harness: BackendHarness) -> None:
    sent = await parked(harness)
    requested = await until_parked(harness.backend, sent)
    await harness.backend.answer(sent.turn_id, requested.approval.call_id, "always")
    await until_final(harness.backend, sent)
    for title in ("a", "b", "c", "d"):
        await harness.backend.add_from_text(title)
    harness.model.extend([call("delete_task", task_ids=[3, 4])], ["Gone."])
    await say(harness.backend, "delete a and b", sent.conversation_id)
    assert await left(harness.backend) == ["c", "d"]
    harness.model.extend([call("delete_task", task_ids=[5, 6])])
    await until_parked(harness.backend, await harness.backend.send("delete c and d"))


async def test_never_refuses_in_the_rest_of_the_conversation_and_in_no_other(harness: BackendHarness) -> None:
    sent = await parked(harness)
    requested = await until_parked(harness.backend, sent)
    await harness.backend.answer(sent.turn_id, requested.approval.call_id, "never")
    events = await until_final(harness.backend, sent)
    assert [event.decision for event in events if isinstance(event, ApprovalAnswered)] == ["no"]
    assert await left(harness.backend) == ["milk", "eggs"]
    # Single calls of one step count together; the last of them alone would need no yes.
    harness.model.extend([call("delete_task", task_ids=[1]), call("delete_task", task_ids=[2])], ["Not done."])
    _, again = await say(harness.backend, "delete them one by one", sent.conversation_id)
    assert [event.status for event in again if isinstance(event, ToolCallFinished)] == ["denied", "denied"]
    assert await left(harness.backend) == ["milk", "eggs"]
    harness.model.extend([call("complete_task", task_ids=[1, 2])], ["Done."])
    await say(harness.backend, "complete them", sent.conversation_id)
    assert await left(harness.backend) == []
    harness.model.extend([call("delete_task", task_ids=[1, 2])])
    await until_parked(harness.backend, await harness.backend.send("delete them"))


async def test_one_that_needs_no_yes_is_done_after_a_never(harness: BackendHarness) -> None:
    sent = await parked(harness)
    requested = await until_parked(harness.backend, sent)
    await harness.backend.answer(sent.turn_id, requested.approval.call_id, "never")
    await until_final(harness.backend, sent)
    harness.model.extend([call("delete_task", task_ids=[1])], ["Gone."])
    await say(harness.backend, "delete milk", sent.conversation_id)
    assert await left(harness.backend) == ["eggs"]


async def test_edited_arguments_are_what_runs(harness: BackendHarness) -> None:
    sent = await parked(harness)
    requested = await until_parked(harness.backend, sent)
    await harness.backend.answer(sent.turn_id, requested.approval.call_id, "yes", arguments={"task_ids": [2]})
    await until_final(harness.backend, sent)
    assert await left(harness.backend) == ["milk"]


async def test_arguments_that_cannot_be_are_refused_and_the_question_stays(harness: BackendHarness) -> None:
    sent = await parked(harness)
    requested = await until_parked(harness.backend, sent)
    with pytest.raises(InvalidInput):
        await harness.backend.answer(sent.turn_id, requested.approval.call_id, "yes", arguments={"task_ids": ["x"]})
    assert (await harness.backend.turn(sent.turn_id)).status == "awaiting_approval"
    await harness.backend.cancel(sent.turn_id)
    harness.model.clear()


async def test_a_question_is_answered_once(harness: BackendHarness) -> None:
    sent = await parked(harness)
    requested = await until_parked(harness.backend, sent)
    with pytest.raises(Conflict):
        await harness.backend.answer(sent.turn_id, "9.9", "yes")
    with pytest.raises(NotFound):
        await harness.backend.answer("nope", requested.approval.call_id, "yes")
    await harness.backend.answer(sent.turn_id, requested.approval.call_id, "yes")
    with pytest.raises(Conflict):
        await harness.backend.answer(sent.turn_id, requested.approval.call_id, "no")


async def test_the_question_survives_the_program(harness: BackendHarness) -> None:
    sent = await parked(harness)
    await until_parked(harness.backend, sent)
    harness.clock.advance(days=3)
    await harness.reopen()
    turn = await harness.backend.turn(sent.turn_id)
    assert turn.status == "awaiting_approval"
    assert turn.approval is not None
    await harness.backend.answer(sent.turn_id, turn.approval.call_id, "yes")
    assert isinstance((await until_final(harness.backend, sent))[-1], TurnFinished)
    assert await left(harness.backend) == []


async def test_cancel_says_no(harness: BackendHarness) -> None:
    sent = await parked(harness)
    await until_parked(harness.backend, sent)
    turn = await harness.backend.cancel(sent.turn_id)
    assert (turn.status, turn.approval) == ("cancelled", None)
    assert isinstance((await until_final(harness.backend, sent))[-1], TurnCancelled)
    assert await left(harness.backend) == ["milk", "eggs"]
    harness.model.extend(["Still here."])


async def test_a_task_deleted_meanwhile_is_told(harness: BackendHarness) -> None:
    sent = await parked(harness)
    requested = await until_parked(harness.backend, sent)
    await harness.backend.delete_tasks([2])
    await harness.backend.answer(sent.turn_id, requested.approval.call_id, "yes")
    events = await until_final(harness.backend, sent)
    (finished,) = [event for event in events if isinstance(event, ToolCallFinished)]
    assert finished.status == "failed"
    assert await left(harness.backend) == ["milk"]


async def test_one_task_needs_no_approval(backend: Backend, model: ScriptedModel) -> None:
    await backend.add_from_text("milk")
    model.extend([call("delete_task", task_id=1)], ["Gone."])
    await say(backend, "delete milk")
    assert await left(backend) == []
