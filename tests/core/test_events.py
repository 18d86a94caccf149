"""Events and their bytes."""

from datetime import UTC, datetime
from typing import Final

import pytest

from kirotodo.core import events
from kirotodo.core.domain.conversation import Approval
from kirotodo.core.events import (
    FINAL_EVENTS,
    ApprovalAnswered,
    ApprovalRequested,
    EncodedEvent,
    TasksChanged,
    TextDelta,
    ToolCallFinished,
    ToolCallStarted,
    TurnCancelled,
    TurnEvent,
    TurnFailed,
    TurnFinished,
    TurnStarted,
    encode_event,
)

MISLEADING: Final = '{"kind":"turn_finished"}'
NOW: Final = datetime(2026, 11, 23, tzinfo=UTC)
EVERY: Final[tuple[TurnEvent, ...]] = (
    TurnStarted(turn_id="t", seq=1, conversation_id=1, message=MISLEADING, model="m", created_at=NOW),
    TextDelta(turn_id="t", seq=2, step=0, attempt=0, text=MISLEADING),
    ToolCallStarted(turn_id="t", seq=3, call_id="0.0", tool="x", arguments={"kind": "turn_failed", "of": MISLEADING}),
    ApprovalRequested(turn_id="t", seq=4, approval=Approval(call_id="0.0", tool="x", arguments={}, question="Go on?")),
    ApprovalAnswered(turn_id="t", seq=5, call_id="0.0", decision="yes"),
    ToolCallFinished(
        turn_id="t", seq=6, call_id="0.0", tool="x", status="succeeded", result={"kind": "turn_failed"}, duration_ms=1
    ),
    TasksChanged(turn_id="t", seq=7, removed=(1,)),
    TurnFinished(turn_id="t", seq=8, response=MISLEADING, model="m", title=MISLEADING),
    TurnFailed(turn_id="t", seq=9, code="model_error", message=MISLEADING),
    TurnCancelled(turn_id="t", seq=10, response=MISLEADING),
)


@pytest.mark.parametrize("event", EVERY, ids=lambda event: event.kind)
def test_a_record_tells_the_kind_without_reading_the_event(event: TurnEvent, monkeypatch: pytest.MonkeyPatch) -> None:
    stored = EncodedEvent(event.seq, data=encode_event(event))
    with monkeypatch.context() as patched:
        patched.setattr(events, "decode_event", None)
        assert stored.kind == event.kind == EncodedEvent.of(event).kind
        assert stored.is_final == isinstance(event, FINAL_EVENTS)
    assert stored.event == event


def test_every_kind_of_event_is_among_them() -> None:
    assert {type(event) for event in EVERY} == set(TurnEvent.__args__)


def test_an_event_is_encoded_once_however_often_it_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    record = EncodedEvent.of(EVERY[1])
    first = record.data
    monkeypatch.setattr(events, "encode_event", None)
    assert record.data is first
