"""A recording plays back as it was: its events, its question, its end."""

import datetime as dt

import pytest

from kirotodo.client.commands.replay import play, read_recording
from kirotodo.core.domain.conversation import Approval
from kirotodo.core.errors import Conflict, InvalidInput
from kirotodo.core.events import (
    ApprovalAnswered,
    ApprovalRequested,
    TextDelta,
    TurnEvent,
    TurnFinished,
    TurnStarted,
    encode_event,
)

NOW = dt.datetime(2026, 11, 23, 9, 30, tzinfo=dt.UTC)


def started(turn_id: str, message: str) -> TurnStarted:
    return TurnStarted(turn_id=turn_id, seq=1, conversation_id=7, message=message, model="some-model", created_at=NOW)


def recorded(*events: TurnEvent) -> str:
    return "\n".join(encode_event(event).decode() for event in events)


async def test_the_last_turn_plays_and_earlier_ones_are_over() -> None:
    text = recorded(
        started("a", "hello"),
        TurnFinished(turn_id="a", seq=2, response="Hi.", model="some-model", title="Hello"),
        started("b", "add milk"),
        TextDelta(turn_id="b", seq=2, step=1, attempt=1, text="Added."),
        TurnFinished(turn_id="b", seq=3, response="Added.", model="some-model", title="Hello"),
    )
    backend, conversation = play(read_recording(text), clock=lambda: NOW)
    page = await backend.transcript(conversation)
    assert [message.content for message in page.messages][:3] == ["hello", "Hi.", "add milk"]
    events = [event async for event in backend.watch(page.turns[-1].id)]
    assert [event.kind for event in events] == ["turn_started", "text_delta", "turn_finished"]
    assert (await backend.status()).model == "some-model"
    await backend.aclose()


async def test_a_question_is_asked_again_and_the_recording_goes_on_after_it() -> None:
    approval = Approval(call_id="1.0", tool="delete_task", arguments={}, question="Delete 2 tasks?")
    text = recorded(
        started("a", "delete all"),
        ApprovalRequested(turn_id="a", seq=2, approval=approval),
        ApprovalAnswered(turn_id="a", seq=3, call_id="1.0", decision="yes"),
        TurnFinished(turn_id="a", seq=4, response="Gone.", model="some-model", title="x"),
    )
    backend, conversation = play(read_recording(text), clock=lambda: NOW)
    (turn,) = (await backend.transcript(conversation)).turns
    kinds = []
    async for event in backend.watch(turn.id):
        kinds.append(event.kind)
        if isinstance(event, ApprovalRequested):
            await backend.answer(turn.id, "1.0", "no")
    assert kinds == ["turn_started", "approval_requested", "approval_answered", "turn_finished"]
    await backend.aclose()


async def test_nothing_can_be_said_to_a_recording() -> None:
    backend, _ = play(read_recording(recorded(started("a", "hello"))), clock=lambda: NOW)
    with pytest.raises(Conflict, match="recording"):
        await backend.send("hello?")
    await backend.aclose()


@pytest.mark.parametrize(
    ("text", "sentence"),
    [("", "no events"), ("{}", "Line 1"), (recorded(started("a", "x")) + "\nnonsense", "Line 2")],
)
def test_what_is_no_recording_is_told(text: str, sentence: str) -> None:
    with pytest.raises(InvalidInput, match=sentence):
        read_recording(text)
