"""The built-in model as a pure function: whatever it is shown, it answers, and what it calls can be called."""

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from kirotodo.core.language.types import Preferences
from kirotodo.core.models.builtin.model import BuiltinModel, Decision, decide
from kirotodo.core.models.model import (
    AssistantStep,
    Facts,
    ModelRequest,
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


def decided(*history: PromptItem) -> Decision:
    return decide(request(history), Preferences())


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
ANSWERS = TEXTS | st.sampled_from(
    (
        "Two match:\n1. #9 a\n2. #11 b\n\nWhich one should I delete?",
        "1. #9 a\n\nIs that the one?",
        "- #3 x",
        "What is to be done?",
    )
)


@given(st.lists(st.tuples(TEXTS, ANSWERS), max_size=3), TEXTS)
def test_every_text_gets_an_answer_or_calls_that_can_be_called(before: list[tuple[str, str]], text: str) -> None:
    history: list[PromptItem] = []
    for user, answer in before:
        history += [UserText(text=user), AssistantStep(text=answer)]
    decision = decided(*history, UserText(text=text))
    assert bool(decision.calls) != bool(decision.text)
    for call in decision.calls:
        TOOLS.validate(call.tool, call.arguments)


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
