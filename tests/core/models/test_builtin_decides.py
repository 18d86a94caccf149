"""The built-in model as a pure function: whatever it is shown, it answers, and what it calls can be called."""

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from kirotodo.core.domain.task import Task, TaskSnapshot
from kirotodo.core.language.context import Call, DialogueState, Pending
from kirotodo.core.language.types import Preferences
from kirotodo.core.models.builtin.memory import ORIGIN, turns_of
from kirotodo.core.models.builtin.model import BuiltinModel, Decision, begin, go_on
from kirotodo.core.models.model import (
    AssistantStep,
    Facts,
    ModelRequest,
    Opaque,
    PromptItem,
    TextDelta,
    ToolCallRequest,
    ToolOutcome,
    UsageReport,
    UserText,
)
from kirotodo.core.tools.task_tools import TOOLS
from tests.core.tools.tool_harness import MONDAY, ZONE


def request(history: Sequence[PromptItem]) -> ModelRequest:
    return ModelRequest(
        instructions="",
        tools=(),
        history=tuple(history),
        facts=Facts(now=MONDAY.astimezone(ZONE), zone=ZONE, open_tasks=0),
        deadline=0,
    )


LIST = TaskSnapshot(
    tasks=tuple(
        Task(id=number, title=title, created_at=MONDAY, updated_at=MONDAY)
        for number, title in ((2, "team meeting"), (5, "board meeting"), (9, "eggs"))
    )
)


def decided(*history: PromptItem, snapshot: TaskSnapshot = LIST) -> Decision:
    *earlier, turn = turns_of(history)
    facts = request(history).facts
    if any(step.calls for step in turn.steps):
        return go_on(earlier, turn, facts)
    return begin(earlier, turn.text, snapshot, facts, Preferences())


SENTENCES = (
    "the second one",
    "no, the other one",
    "yes",
    "no",
    "both",
    "2",
    "delete it",
    "delete the meeting task",
    "mark them as done",
    "add milk, eggs and bread",
    "move everything to friday at 5pm",
    "undo",
    "create a list called x",
    "and eggs",
    "what's due today?",
)
TEXTS = st.sampled_from(SENTENCES) | st.text(max_size=60)
IDS = st.lists(st.integers(1, 9), max_size=3).map(tuple)
CALLS = st.lists(
    st.builds(
        Call, tool=st.sampled_from(("complete_task", "delete_task")), arguments=st.just({"task_id": 2}), task_ids=IDS
    ),
    max_size=2,
).map(tuple)
STATES = st.builds(
    DialogueState,
    done=CALLS,
    shown=IDS,
    numbered=st.booleans(),
    about=IDS,
    pending=st.none()
    | st.builds(Pending, missing=st.sampled_from(("task", "yes", "title", "first_item")), calls=CALLS, offered=IDS),
)


def answered(text: str, state: DialogueState) -> list[PromptItem]:
    """A turn that left this state."""
    opaque = Opaque(data={"state": state.to_json()}, origin=ORIGIN, lasting=True)
    return [UserText(text=text), AssistantStep(text="…", opaque=opaque)]


@given(STATES, TEXTS)
def test_every_text_gets_an_answer_or_calls_that_can_be_called(state: DialogueState, text: str) -> None:
    decision = decided(*answered("hello", state), UserText(text=text))
    assert bool(decision.calls) != bool(decision.text)
    assert decision.opaque is not None
    for call in decision.calls:
        TOOLS.validate(call.tool, call.arguments)


@pytest.mark.slow
@given(STATES)
def test_a_pick_changes_nothing_but_what_was_shown_done_or_offered(state: DialogueState) -> None:
    known = {*state.shown, *state.about, *(state.pending.offered if state.pending else ())}
    known |= {each for call in (*state.done, *(state.pending.calls if state.pending else ())) for each in call.task_ids}
    for text in ("delete it", "delete them", "delete the second one", "the second one", "both", "no, the other one"):
        calls = decided(*answered("hello", state), UserText(text=text)).calls
        for call in calls:
            if call.tool in ("complete_task", "delete_task", "undo"):
                ids = call.arguments.get("task_ids") or [call.arguments.get("task_id")]
                assert set(ids) <= known


@given(STATES, st.sampled_from(SENTENCES))
def test_a_later_step_reads_the_plan_and_not_the_text(state: DialogueState, text: str) -> None:
    """The list and what was said have no bearing on it: a turn that is resumed does and says the same."""
    first = decided(*answered("hello", state), UserText(text=text))
    if not first.calls:
        return
    calls = tuple(
        ToolCallRequest(call_id=f"0.{place}", tool=call.tool, arguments=call.arguments)
        for place, call in enumerate(first.calls)
    )
    outcomes = [
        ToolOutcome(call_id=call.call_id, tool=call.tool, status="succeeded", result={"status": "deleted"})
        for call in calls
    ]
    step = AssistantStep(text="", calls=calls, opaque=first.opaque)
    again = [decided(UserText(text=said), step, *outcomes) for said in (text, "delete everything")]
    assert again[0].text == again[1].text
    assert again[0].calls == again[1].calls


@pytest.mark.parametrize("data", [{}, {"plan": 3}, {"plan": {"items": [{}], "next": {}}}, {"state": {"done": 1}}])
def test_data_of_another_release_is_left_aside(data: dict[str, Any]) -> None:
    call = ToolCallRequest(call_id="0.0", tool="delete_task", arguments={"task_id": 3})
    outcome = ToolOutcome(call_id="0.0", tool="delete_task", status="succeeded", result={"status": "deleted"})
    step = AssistantStep(text="", calls=(call,), opaque=Opaque(data=data, origin=ORIGIN, lasting=True))
    assert decided(UserText(text="delete task 3"), step, outcome).text
    assert decided(UserText(text="hi"), step, UserText(text="delete it")).text


RESULTS = st.fixed_dictionaries(
    {},
    optional={
        "tasks": st.lists(st.fixed_dictionaries({"id": st.integers(1, 9)}, optional={"title": st.text(max_size=9)})),
        "total": st.integers(0, 400),
        "next": st.none() | st.text(max_size=4),
        "task_id": st.integers(1, 9),
        "task_ids": st.lists(st.integers(1, 9)),
        "status": st.sampled_from(("created", "updated", "deleted", "completed", "undone", "reopened")),
        "error": st.text(max_size=9),
        "task": st.fixed_dictionaries({"id": st.integers(1, 9)}),
    },
)


@example(text="undo", outcomes=[("undo", "succeeded", {})])
@given(
    text=st.sampled_from(SENTENCES),
    outcomes=st.lists(
        st.tuples(
            st.sampled_from(TOOLS.names), st.sampled_from(("succeeded", "failed", "denied", "cancelled")), RESULTS
        ),
        min_size=1,
        max_size=3,
    ),
)
def test_a_turn_begun_by_another_hand_comes_to_an_end(
    text: str, outcomes: list[tuple[str, Any, dict[str, Any]]]
) -> None:
    history: list[PromptItem] = [UserText(text=text)]
    for place, (tool, status, result) in enumerate(outcomes):
        call = ToolCallRequest(call_id=f"{place}.0", tool=tool, arguments={})
        outcome = ToolOutcome(call_id=call.call_id, tool=tool, status=status, result=result)
        history += [AssistantStep(text="", calls=(call,)), outcome]
    decision = decided(*history)
    assert bool(decision.calls) != bool(decision.text)


async def test_the_answer_comes_in_pieces_and_costs_nothing() -> None:
    model = BuiltinModel()
    events = [event async for event in model.stream(request([UserText(text="help")]))]
    pieces = [event.text for event in events if isinstance(event, TextDelta)]
    assert len(pieces) > 3
    assert "".join(pieces) == decided(UserText(text="help")).text
    usage = events[-1]
    assert isinstance(usage, UsageReport)
    assert usage.usage.input_tokens == usage.usage.output_tokens == 0
    assert model.name == "built-in"
    await model.aclose()


@pytest.mark.parametrize("status", ["denied", "failed", "cancelled"])
def test_what_did_not_happen_is_not_claimed(status: Any) -> None:
    call = ToolCallRequest(call_id="0.0", tool="complete_task", arguments={"task_id": 3})
    outcome = ToolOutcome(call_id="0.0", tool="complete_task", status=status, result={"error": "There is no task 3."})
    text = decided(UserText(text="mark task 3 as done"), AssistantStep(text="", calls=(call,)), outcome).text
    assert "Done" not in text
