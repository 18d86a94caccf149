"""The history a model sees: bounded, whole turns, and never a call without its outcome."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from kirotodo.core.agent.prompt import HISTORY_TOKENS, RESULT_ITEMS, cost, prompt_input, shortened
from kirotodo.core.domain.conversation import Message, ToolCall
from kirotodo.core.models.model import AssistantStep, PromptItem, ToolOutcome, UserText
from kirotodo.core.store.turns import StepRecord

NOW = datetime(2026, 11, 23, tzinfo=UTC)


def message(seq: int, role: Any, content: str, turn: str) -> Message:
    return Message(conversation_id=1, seq=seq, role=role, content=content, turn_id=turn, created_at=NOW)


def step(number: int, text: str, *results: dict[str, Any] | None) -> StepRecord:
    calls = tuple(
        ToolCall(
            id=f"{number}.{position}",
            step=number,
            position=position,
            tool="list_tasks",
            arguments={},
            result=result,
            status="succeeded" if result is not None else "pending",
        )
        for position, result in enumerate(results)
    )
    return StepRecord(step=number, text=text, calls=calls)


def window(
    messages: Sequence[Message],
    steps: Mapping[str, Sequence[StepRecord]],
    *,
    turn_id: str,
    max_messages: int,
    max_tokens: int = HISTORY_TOKENS,
) -> tuple[PromptItem, ...]:
    """The history as the agent puts it together."""
    known = prompt_input(messages, steps, turn_id=turn_id, max_messages=max_messages, max_tokens=max_tokens)
    return known.history(steps.get(turn_id, ()))


def conversation_of(
    turns: Sequence[tuple[str, tuple[StepRecord, ...], bool]], first_seen: int
) -> tuple[list[Message], dict[str, tuple[StepRecord, ...]]]:
    """The messages of turns, of which each has a text, steps and maybe an answer, from the `first_seen` on; the steps
    of each turn. The last turn is under way."""
    messages: list[Message] = []
    steps: dict[str, tuple[StepRecord, ...]] = {}
    for number, (text, made, answered) in enumerate(turns):
        turn = f"t{number}"
        steps[turn] = made
        messages.append(message(len(messages) + 1, "user", text, turn))
        if answered and number < len(turns) - 1:
            messages.append(message(len(messages) + 1, "assistant", "answer", turn))
    return messages[min(first_seen, len(messages) - 1) :], steps


def paired(items: tuple[PromptItem, ...]) -> bool:
    """Whether every call is followed by its outcome, in order, and no outcome stands alone."""
    waiting: list[str] = []
    for item in items:
        match item:
            case AssistantStep(calls=calls):
                if waiting:
                    return False
                waiting = [call.call_id for call in calls]
            case ToolOutcome(call_id=call_id):
                if not waiting or waiting.pop(0) != call_id:
                    return False
            case UserText():
                if waiting:
                    return False
    return not waiting


results = st.none() | st.dictionaries(st.text(max_size=8), st.text(max_size=300) | st.integers(), max_size=5)
THOUGHT = {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "x"}
opaques = st.none() | st.fixed_dictionaries(
    {
        "origin": st.sampled_from(("here", "elsewhere")),
        "lasting": st.booleans(),
        "data": st.fixed_dictionaries(
            {
                "message": st.dictionaries(st.sampled_from(("reasoning_content", "reasoning")), st.text(max_size=200)),
                "calls": st.dictionaries(st.sampled_from("012"), st.just({"extra_content": {"google": {}}})),
                "items": st.lists(st.just(THOUGHT), max_size=2),
            }
        ),
    }
)
steps_of_a_turn = st.lists(st.tuples(st.text(max_size=400), st.lists(results, max_size=3), opaques), max_size=4).map(
    lambda made: tuple(
        replace(step(number, text, *outcomes), opaque=opaque) for number, (text, outcomes, opaque) in enumerate(made)
    )
)


@given(
    turns=st.lists(
        st.tuples(st.text(min_size=1, max_size=2000), steps_of_a_turn, st.booleans()), min_size=1, max_size=30
    ),
    max_messages=st.integers(1, 40),
    first_seen=st.integers(0, 10),
)
def test_whatever_happened_the_history_is_sound(
    turns: list[tuple[str, tuple[StepRecord, ...], bool]], max_messages: int, first_seen: int
) -> None:
    seen, steps = conversation_of(turns, first_seen)
    items = window(seen, steps, turn_id=f"t{len(turns) - 1}", max_messages=max_messages)
    assert paired(items)
    assert sum(isinstance(item, UserText) for item in items) <= max(1, (max_messages + 1) // 2 + 1)
    own = [item for item in items if isinstance(item, UserText)][-1]
    assert own.text == turns[-1][0]
    whole = window([seen[-1]], steps, turn_id=f"t{len(turns) - 1}", max_messages=max_messages)
    assert items[-len(whole) :] == whole
    assert cost(items) - cost(whole) <= HISTORY_TOKENS


def test_a_call_that_was_never_run_is_told_as_cancelled() -> None:
    items = window([message(1, "user", "hi", "t")], {"t": (step(0, "", None),)}, turn_id="t", max_messages=20)
    assert items[-1] == ToolOutcome(
        call_id="0.0", tool="list_tasks", status="cancelled", result={"error": "This call was not carried out."}
    )


def test_a_cancelled_turn_keeps_what_was_said() -> None:
    messages = [
        message(1, "user", "hi", "a"),
        message(2, "assistant", "I was ab", "a"),
        message(3, "user", "go on", "b"),
    ]
    items = window(messages, {}, turn_id="b", max_messages=20)
    assert items == (UserText(text="hi"), AssistantStep(text="I was ab"), UserText(text="go on"))


def test_earlier_results_are_cut_to_what_is_referred_to() -> None:
    tasks = [{"id": number, "title": "x" * 500, "notes": "long", "due_date": None} for number in range(60)]
    short = shortened({"tasks": tasks, "total": 60, "next": "cursor"})
    assert len(short["tasks"]) == RESULT_ITEMS
    assert set(short["tasks"][0]) == {"id", "title"}
    assert len(short["tasks"][0]["title"]) == 160
    assert short["total"] == 60


def test_the_turn_itself_is_shown_whole() -> None:
    tasks = [{"id": number, "title": "t", "notes": "kept"} for number in range(60)]
    items = window(
        [message(1, "user", "list", "t")], {"t": (step(0, "", {"tasks": tasks}),)}, turn_id="t", max_messages=20
    )
    last = items[-1]
    assert isinstance(last, ToolOutcome)
    assert last.result == {"tasks": tasks}
