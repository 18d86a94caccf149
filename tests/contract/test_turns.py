"""Turns through the port: what a client may rely on, whatever is behind it."""

import asyncio

import pytest

from kirotodo.core.backend import Backend
from kirotodo.core.domain.conversation import MESSAGE_MAX, Usage
from kirotodo.core.errors import InvalidInput, KeyReused, LiveTurn, ModelError, NotFound
from kirotodo.core.events import (
    TasksChanged,
    TextDelta,
    ToolCallFinished,
    ToolCallStarted,
    TurnCancelled,
    TurnEvent,
    TurnFailed,
    TurnFinished,
    TurnStarted,
)
from kirotodo.core.models.model import Restarted, UsageReport
from kirotodo.core.models.scripted import Fail, ScriptedModel, Wait, call
from tests.contract.harness import BackendHarness, say, until_final


def kinds(events: list[TurnEvent]) -> list[str]:
    """Event kinds, neighbouring text deltas as one."""
    names: list[str] = []
    for event in events:
        if not (event.kind == "text_delta" and names and names[-1] == "text_delta"):
            names.append(event.kind)
    return names


def spent(input_tokens: int, output_tokens: int) -> UsageReport:
    return UsageReport(usage=Usage(input_tokens=input_tokens, output_tokens=output_tokens))


def text_of(events: list[TurnEvent]) -> str:
    """The answer as a viewer puts it together."""
    steps: dict[int, tuple[int, str]] = {}
    for event in events:
        if isinstance(event, TextDelta):
            attempt, text = steps.get(event.step, (event.attempt, ""))
            steps[event.step] = (event.attempt, (text if attempt == event.attempt else "") + event.text)
    return "".join(text for _, (_, text) in sorted(steps.items()))


async def test_an_answer_is_streamed_and_ends_in_exactly_one_final_event(
    backend: Backend, model: ScriptedModel
) -> None:
    model.extend(["Hello ", "there."])
    sent, events = await say(backend, "hi")
    assert kinds(events) == ["turn_started", "text_delta", "turn_finished"]
    assert text_of(events) == "Hello there."
    assert isinstance(events[-1], TurnFinished)
    assert events[-1].response == "Hello there."
    turn = await backend.turn(sent.turn_id)
    assert (turn.status, turn.response, turn.model) == ("finished", "Hello there.", "scripted")
    model.assert_done()


async def test_seq_rises_and_a_late_viewer_sees_the_same(backend: Backend, model: ScriptedModel) -> None:
    model.extend([call("add_task", title="milk")], ["Added."])
    sent, events = await say(backend, "add milk")
    seqs = [event.seq for event in events]
    assert seqs == sorted(set(seqs))
    assert await until_final(backend, sent) == events
    assert await until_final(backend, sent, after=seqs[2]) == events[3:]


async def test_a_tool_call_is_told_and_takes_effect(backend: Backend, model: ScriptedModel) -> None:
    model.extend([call("add_task", title="buy groceries", due="tomorrow at 5pm")], ["Done."])
    _, events = await say(backend, "add a task to buy groceries")
    assert kinds(events) == [
        "turn_started",
        "tool_call_started",
        "tool_call_finished",
        "tasks_changed",
        "text_delta",
        "turn_finished",
    ]
    finished = next(event for event in events if isinstance(event, ToolCallFinished))
    assert (finished.status, finished.undoable, finished.result["task_id"]) == ("succeeded", True, 1)
    changed = next(event for event in events if isinstance(event, TasksChanged))
    (task,) = (await backend.tasks()).items
    assert changed.tasks == (task,)
    assert (task.title, str(task.due_date), str(task.due_time)) == ("buy groceries", "2026-11-24", "17:00:00")


async def test_rounds_go_on_until_the_model_answers(backend: Backend, model: ScriptedModel) -> None:
    await backend.add_from_text("team meeting")
    model.extend([call("list_tasks", search="meeting")], [call("delete_task", task_id=1)], ["Deleted."])
    sent, events = await say(backend, "delete the meeting task")
    assert [event.tool for event in events if isinstance(event, ToolCallStarted)] == ["list_tasks", "delete_task"]
    assert (await backend.tasks()).items == ()
    turn = await backend.turn(sent.turn_id)
    assert [(made.id, made.tool, made.status) for made in turn.tool_calls] == [
        ("0.0", "list_tasks", "succeeded"),
        ("1.0", "delete_task", "succeeded"),
    ]


async def test_several_calls_of_one_step_run_in_order(backend: Backend, model: ScriptedModel) -> None:
    model.extend([call("add_task", title=title) for title in ("milk", "eggs", "bread")], ["Added three."])
    await say(backend, "add milk, eggs and bread")
    assert [(task.id, task.title) for task in (await backend.tasks()).items] == [(1, "milk"), (2, "eggs"), (3, "bread")]


async def test_text_before_a_tool_call_stays_part_of_the_answer(backend: Backend, model: ScriptedModel) -> None:
    model.extend(["Let me see.", call("list_tasks")], ["Nothing there."])
    _, events = await say(backend, "what is there?")
    assert text_of(events) == "Let me see.\n\nNothing there."
    assert isinstance(events[-1], TurnFinished)
    assert events[-1].response == text_of(events)


async def test_a_wrong_call_has_no_effect_and_the_model_may_mend_it(backend: Backend, model: ScriptedModel) -> None:
    model.extend([call("complete_task", task_id=99), call("no_such_tool")], ["I was wrong."])
    sent, events = await say(backend, "done with 99")
    results = [event for event in events if isinstance(event, ToolCallFinished)]
    assert [event.status for event in results] == ["failed", "failed"]
    assert "99" in results[0].result["error"]
    assert "add_task" in results[1].result["error"]
    assert (await backend.turn(sent.turn_id)).status == "finished"


async def test_the_model_sees_the_history_with_an_outcome_for_every_call(
    backend: Backend, model: ScriptedModel
) -> None:
    model.extend([call("add_task", title="milk")], ["Added #1."], ["It is #1."])
    sent, _ = await say(backend, "add milk")
    await say(backend, "which number?", sent.conversation_id)
    shown = [type(item).__name__ for item in model.requests[-1].history]
    assert shown == ["UserText", "AssistantStep", "ToolOutcome", "AssistantStep", "UserText"]
    assert model.requests[-1].facts.open_tasks == 1


async def test_ten_rounds_are_enough(backend: Backend, model: ScriptedModel) -> None:
    model.extend(*[[call("list_tasks", search=f"word {number}")] for number in range(11)])
    _, events = await say(backend, "loop")
    assert isinstance(events[-1], TurnFailed)
    assert "10 rounds" in events[-1].message
    assert len([event for event in events if isinstance(event, ToolCallFinished)]) == 10


async def test_one_live_turn_a_conversation(backend: Backend, model: ScriptedModel) -> None:
    gate = asyncio.Event()
    model.extend([Wait(gate=gate), "first"], ["second"])
    first = await backend.send("one")
    with pytest.raises(LiveTurn) as refused:
        await backend.send("two", conversation_id=first.conversation_id)
    assert refused.value.turn_id == first.turn_id
    gate.set()
    await until_final(backend, first)
    _, events = await say(backend, "two", first.conversation_id)
    assert text_of(events) == "second"
    assert [message.content for message in (await backend.transcript(first.conversation_id)).messages] == [
        "one",
        "first",
        "two",
        "second",
    ]


async def test_the_same_request_key_attaches_and_another_body_is_refused(
    backend: Backend, model: ScriptedModel
) -> None:
    model.extend([call("add_task", title="milk")], ["Added."])
    first = await backend.send("add milk", request_key="k1")
    again = await backend.send("add milk", request_key="k1")
    assert (again.turn_id, again.attached) == (first.turn_id, True)
    assert (await until_final(backend, again))[-1].kind == "turn_finished"
    late = await backend.send("add milk", request_key="k1")
    assert late.turn_id == first.turn_id
    assert len((await backend.tasks()).items) == 1
    with pytest.raises(KeyReused):
        await backend.send("add beer", request_key="k1")


@pytest.mark.parametrize("message", ["", "   \n ", "x" * (MESSAGE_MAX + 1), "lone \ud800 surrogate"])
async def test_a_message_that_cannot_be_taken_is_refused_and_nothing_stored(backend: Backend, message: str) -> None:
    with pytest.raises(InvalidInput):
        await backend.send(message)
    assert (await backend.conversations()).items == ()


async def test_unknown_turns_and_conversations(backend: Backend) -> None:
    with pytest.raises(NotFound):
        await backend.send("hi", conversation_id=7)
    with pytest.raises(NotFound):
        await backend.turn("nope")
    with pytest.raises(NotFound):
        await backend.cancel("nope")
    with pytest.raises(NotFound):
        [event async for event in backend.watch("nope")]


async def test_cancel_keeps_the_partial_answer_and_stops_the_model(backend: Backend, model: ScriptedModel) -> None:
    never = asyncio.Event()
    model.extend([spent(3, 2), "I was about ", "to say", Wait(gate=never), "more"])
    sent = await backend.send("talk")
    events: list[TurnEvent] = []
    async for event in backend.watch(sent.turn_id):
        events.append(event)
        if isinstance(event, TextDelta) and model.closed_early == 0:
            await backend.cancel(sent.turn_id)
    assert isinstance(events[-1], TurnCancelled)
    assert events[-1].response == "I was about to say" == text_of(events)
    assert model.closed_early == 1
    turn = await backend.turn(sent.turn_id)
    assert (turn.status, turn.response) == ("cancelled", "I was about to say")
    assert (events[-1].usage, events[-1].model) == (turn.usage, turn.model)
    assert turn.usage.output_tokens == 2
    assert (await backend.cancel(sent.turn_id)).status == "cancelled"
    transcript = await backend.transcript(sent.conversation_id)
    assert [message.content for message in transcript.messages] == ["talk", "I was about to say"]


async def test_closing_a_viewer_does_not_stop_the_turn(backend: Backend, model: ScriptedModel) -> None:
    gate = asyncio.Event()
    model.extend(["so ", Wait(gate=gate), "far"])
    sent = await backend.send("talk")
    async for event in backend.watch(sent.turn_id):
        if isinstance(event, TextDelta):
            break
    gate.set()
    assert text_of(await until_final(backend, sent)) == "so far"


async def test_two_viewers_see_the_same(backend: Backend, model: ScriptedModel) -> None:
    model.extend([call("add_task", title="milk")], [f"word{n} " for n in range(50)])
    sent = await backend.send("add milk")
    one, two = await asyncio.gather(until_final(backend, sent), until_final(backend, sent))
    assert one == two


async def test_a_failing_model_ends_in_words_and_the_message_is_kept(backend: Backend, model: ScriptedModel) -> None:
    model.extend([call("task_stats"), spent(9, 4)], ["I ", Fail(error=ModelError("The model is out of order."))])
    sent, events = await say(backend, "hi")
    assert isinstance(events[-1], TurnFailed)
    assert (events[-1].code, events[-1].message) == ("model_error", "The model is out of order.")
    assert events[-1].retryable
    turn = await backend.turn(sent.turn_id)
    assert (turn.status, turn.error) == ("failed", "The model is out of order.")
    assert (events[-1].usage, events[-1].model) == (turn.usage, turn.model)
    assert turn.usage.input_tokens == 9
    assert (await backend.transcript(sent.conversation_id)).messages[0].content == "hi"


async def test_a_bug_in_the_model_is_one_sentence_too(backend: Backend, model: ScriptedModel) -> None:
    model.extend([Fail(error=RuntimeError("secret details"))])
    _, events = await say(backend, "hi")
    assert isinstance(events[-1], TurnFailed)
    assert "secret" not in events[-1].message


async def test_an_answer_begun_anew_replaces_what_was_said(backend: Backend, model: ScriptedModel) -> None:
    model.extend(["wrong start ", Restarted(), "right"])
    _, events = await say(backend, "hi")
    assert text_of(events) == "right"
    assert isinstance(events[-1], TurnFinished)
    assert events[-1].response == "right"


async def test_no_answer_at_all_is_a_failure(backend: Backend, model: ScriptedModel) -> None:
    model.extend([])
    _, events = await say(backend, "hi")
    assert isinstance(events[-1], TurnFailed)


async def test_a_turn_is_live_across_the_next_start(harness: BackendHarness) -> None:
    never = asyncio.Event()
    harness.model.extend([call("add_task", title="milk")], ["Half an ans", Wait(gate=never)], ["Added #1."])
    sent = await harness.backend.send("add milk")
    async for event in harness.backend.watch(sent.turn_id):
        if isinstance(event, TextDelta):
            break
    await harness.reopen()
    events = await until_final(harness.backend, sent)
    assert text_of(events) == "Added #1."
    assert [type(event) for event in events].count(TurnStarted) == 1
    assert [task.title for task in (await harness.backend.tasks()).items] == ["milk"]
    harness.model.assert_done()


async def test_a_turn_over_its_deadline_fails_in_words(harness: BackendHarness) -> None:
    await harness.let_turns_take(2)
    harness.model.extend(["thinking", Wait(gate=asyncio.Event())])
    _, events = await say(harness.backend, "hi")
    assert isinstance(events[-1], TurnFailed)
    assert events[-1].code == "turn_timed_out"
    assert text_of(events) == "thinking"
