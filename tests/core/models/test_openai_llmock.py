"""Turns against llmock, a model server that nobody here wrote: what it says, and every fault it offers."""

from collections.abc import Iterator
from pathlib import Path
from typing import cast

import pytest
from llmock.pytest_plugin import LLMock
from llmock.scenarios import Reply, ToolCall

from kirotodo.core.domain.task import TaskFilter
from kirotodo.core.events import TextDelta, TurnFinished
from kirotodo.core.models.openai.circuit_breaker import CircuitBreaker
from kirotodo.core.models.openai.model import API_KINDS, Endpoint
from tests.core.models.provider import (
    APIS,
    assert_valid,
    endpoint,
    failure,
    final,
    opened,
    results,
    say,
    shown,
)

ANSWER = "Nothing is due today, enjoy the quiet while it lasts."
BROKEN_OFF = ("disconnect", "truncate", "corrupt")


@pytest.fixture(params=APIS)
def api(request: pytest.FixtureRequest) -> API_KINDS:
    return cast(API_KINDS, request.param)


@pytest.fixture
def mock(llmock: LLMock) -> Iterator[LLMock]:
    """The server; every request it was sent is checked in the end."""
    yield llmock
    for record in llmock.requests:
        assert_valid(record.body)


@pytest.fixture
def where(mock: LLMock, api: API_KINDS) -> Endpoint:
    return endpoint(mock.base_url(), api=api)


def in_text(api: API_KINDS) -> int:
    """How many chunks are sent until some text is out."""
    return 3 if api == "chat" else 6


@pytest.mark.slow
async def test_text_comes_through_with_its_usage(mock: LLMock, where: Endpoint, tmp_path: Path) -> None:
    mock.reply(ANSWER)
    async with opened(tmp_path, where) as backend:
        events = await say(backend, "what is due?")
    last = final(events)
    assert isinstance(last, TurnFinished)
    assert last.response == shown(events) == ANSWER
    assert last.usage.input_tokens > 0
    assert last.usage.output_tokens > 0
    mock.assert_resilient(strict=True)


SENTENCES: dict[str, tuple[list[ToolCall], set[str], set[str]]] = {
    "Add a task to buy groceries": ([ToolCall("add_task", {"title": "Buy groceries"})], {"Buy groceries"}, set()),
    "Show me all my tasks": ([ToolCall("list_tasks", {"status": "all"})], set(), set()),
    "What's pending?": ([ToolCall("list_tasks", {"status": "pending"})], set(), set()),
    "Mark task 1 as complete": ([ToolCall("complete_task", {"task_id": 1})], set(), {"Call mom"}),
    "Delete the meeting task": (
        [ToolCall("list_tasks", {"search": "meeting"}), ToolCall("delete_task", {"task_id": 2})],
        set(),
        {"Team meeting"},
    ),
    "Change task 1 to 'Call mom tonight'": (
        [ToolCall("update_task", {"task_id": 1, "title": "Call mom tonight"})],
        {"Call mom tonight"},
        {"Call mom"},
    ),
    "I need to remember to pay bills": ([ToolCall("add_task", {"title": "pay bills"})], {"pay bills"}, set()),
    "What have I completed?": ([ToolCall("list_tasks", {"status": "completed"})], set(), set()),
}


@pytest.mark.parametrize("sentence", SENTENCES)
async def test_each_sentence_is_one_turn_of_several_rounds(
    mock: LLMock, where: Endpoint, tmp_path: Path, sentence: str
) -> None:
    calls, more, fewer = SENTENCES[sentence]
    for call in calls:
        mock.call_tool(call.name, call.arguments)
    mock.reply("Done as you said.")
    async with opened(tmp_path, where) as backend:
        await backend.add_from_text("Call mom")
        await backend.add_from_text("Team meeting")
        events = await say(backend, sentence)
        left = {task.title for task in (await backend.tasks(TaskFilter())).items}
    assert [(each.tool, each.status) for each in results(events)] == [(call.name, "succeeded") for call in calls]
    assert final(events) == events[-1]
    assert isinstance(events[-1], TurnFinished)
    assert left == ({"Call mom", "Team meeting"} | more) - fewer
    assert len(mock.requests) == len(calls) + 1
    mock.assert_resilient(strict=True)


async def test_several_calls_of_one_step_all_run_in_order(mock: LLMock, where: Endpoint, tmp_path: Path) -> None:
    titles = ("milk", "eggs", "bread")
    mock.add(Reply(tool_calls=tuple(ToolCall("add_task", {"title": title}) for title in titles)))
    mock.reply("Three added.")
    async with opened(tmp_path, where) as backend:
        events = await say(backend, "add milk, eggs and bread")
    assert [each.result["title"] for each in results(events)] == list(titles)
    assert len(mock.requests) == 2


async def test_dates_in_words_and_numbers_as_text_are_taken_kindly(
    mock: LLMock, where: Endpoint, tmp_path: Path
) -> None:
    mock.call_tool("add_task", {"title": "milk", "due": "tomorrow at 5pm"})
    mock.call_tool("update_task", {"task_id": "1", "due": "friday"})
    mock.reply("Moved.")
    async with opened(tmp_path, where) as backend:
        await say(backend, "add milk, then move it")
        task = await backend.task(1)
    assert (str(task.due_date), str(task.due_time)) == ("2026-11-27", "17:00:00")


@pytest.mark.parametrize("status", [500, 502, 503, 529])
async def test_a_passing_fault_is_tried_again(mock: LLMock, where: Endpoint, tmp_path: Path, status: int) -> None:
    mock.fail(status, times=2, retry_after=0.05).reply(ANSWER)
    async with opened(tmp_path, where) as backend:
        events = await say(backend, "what is due?")
    assert shown(events) == ANSWER
    assert len(mock.requests) == 3
    mock.assert_resilient(strict=True)


async def test_retry_after_is_waited_for(mock: LLMock, where: Endpoint, tmp_path: Path) -> None:
    mock.rate_limit(times=2, retry_after=0.2).reply(ANSWER)
    async with opened(tmp_path, where) as backend:
        events = await say(backend, "what is due?")
    assert shown(events) == ANSWER
    mock.assert_resilient(strict=True)


async def test_a_quota_of_requests_is_waited_for(mock: LLMock, where: Endpoint, tmp_path: Path) -> None:
    mock.limits(rpm=600).reply(ANSWER, times=None)
    async with opened(tmp_path, where) as backend:
        for _ in range(3):
            assert shown(await say(backend, "what is due?")) == ANSWER
    mock.assert_resilient(strict=True)


async def test_a_wait_beyond_the_deadline_is_not_begun(mock: LLMock, where: Endpoint, tmp_path: Path) -> None:
    mock.rate_limit(times=None, retry_after=60)
    async with opened(tmp_path, where, seconds=5) as backend:
        failed = failure(await say(backend, "what is due?"))
    assert failed.message == (
        "The model service is receiving too many requests. Your message is kept. Try again in 60 seconds."
    )
    assert failed.retryable
    assert len(mock.requests) == 1


async def test_an_outage_ends_in_one_sentence_after_a_few_attempts(
    mock: LLMock, where: Endpoint, tmp_path: Path
) -> None:
    mock.outage(status=500)
    async with opened(tmp_path, where) as backend:
        failed = failure(await say(backend, "what is due?"))
    assert failed.message == "The model service failed with an error of its own (500). Your message is kept."
    assert failed.retryable
    assert len(mock.requests) == 4
    mock.assert_resilient(strict=True)


REFUSALS: list[tuple[int, str | None, str | None, str]] = [
    (401, None, None, "refused the key"),
    (403, None, None, "refused the key"),
    (402, None, None, "no credit left"),
    (404, None, None, "does not know the model 'test-model'"),
    (422, None, None, "refused the request (422)"),
    (429, "insufficient_quota", "You exceeded your current quota, please check your plan.", "no credit left"),
    (400, "context_length_exceeded", "This model's maximum context length was exceeded.", "too long for the model"),
    (400, None, "registry/tiny does not support tools", "can't call tools"),
    (500, None, "tools param requires --jinja flag", "can't call tools"),
]


@pytest.mark.parametrize(("status", "code", "message", "sentence"), REFUSALS)
async def test_a_refusal_is_never_tried_again(
    mock: LLMock,
    where: Endpoint,
    tmp_path: Path,
    status: int,
    code: str | None,
    message: str | None,
    sentence: str,
) -> None:
    mock.fail(status, times=None, code=code, message=message)
    async with opened(tmp_path, where, fallback=True) as backend:
        failed = failure(await say(backend, "add milk"))
        assert not (await backend.tasks()).items
    assert sentence in failed.message
    assert "Your message is kept." in failed.message
    assert not failed.retryable
    assert len(mock.requests) == 1
    mock.assert_resilient(strict=status < 429)


async def test_a_prompt_beyond_the_window_is_said_so(mock: LLMock, where: Endpoint, tmp_path: Path) -> None:
    mock.limits(context_window=10)
    async with opened(tmp_path, where) as backend:
        failed = failure(await say(backend, "what is due? " * 20))
    assert failed.message == (
        "This conversation is too long for the model 'test-model'. Your message is kept. Start a new conversation."
    )
    mock.assert_resilient(strict=True)


async def test_slowness_within_the_deadline_is_borne(mock: LLMock, where: Endpoint, tmp_path: Path) -> None:
    mock.delay(0.1).slow_first_token(0.1).pace(2).reply(ANSWER)
    async with opened(tmp_path, where) as backend:
        assert shown(await say(backend, "what is due?")) == ANSWER
    assert len(mock.requests) == 1
    mock.assert_resilient(strict=True)


async def test_the_deadline_ends_a_turn_whose_model_is_too_slow(mock: LLMock, where: Endpoint, tmp_path: Path) -> None:
    mock.pace(100).reply("word " * 2000)
    async with opened(tmp_path, where, seconds=2.0) as backend:
        failed = failure(await say(backend, "what is due?"))
    assert failed.code == "turn_timed_out"
    assert failed.message == (
        "The model took too long and was stopped. Your message is kept; send it again to retry. "
        "AGENT_TIMEOUT sets how long a turn may take."
    )


@pytest.mark.parametrize("fault", BROKEN_OFF)
async def test_an_answer_that_breaks_off_is_begun_anew_for_all_to_see(
    mock: LLMock, where: Endpoint, tmp_path: Path, api: API_KINDS, fault: str
) -> None:
    getattr(mock, fault)(after_chunks=in_text(api))
    mock.pace(20).reply(ANSWER, times=None)
    async with opened(tmp_path, where) as backend:
        events = await say(backend, "what is due?")
    attempts = {event.attempt for event in events if isinstance(event, TextDelta)}
    last = final(events)
    assert isinstance(last, TurnFinished)
    assert last.response == shown(events) == ANSWER
    assert attempts == {0, 1}
    assert len(mock.requests) == 2
    mock.assert_resilient(strict=True)


@pytest.mark.parametrize("fault", BROKEN_OFF)
async def test_before_the_first_word_nobody_notices(mock: LLMock, where: Endpoint, tmp_path: Path, fault: str) -> None:
    getattr(mock, fault)(after_chunks=1)
    mock.pace(20).reply(ANSWER, times=None)
    async with opened(tmp_path, where) as backend:
        events = await say(backend, "what is due?")
    assert {event.attempt for event in events if isinstance(event, TextDelta)} == {0}
    assert shown(events) == ANSWER
    mock.assert_resilient(strict=True)


@pytest.mark.parametrize(
    ("fault", "sentence"),
    [
        ("disconnect", "can't be reached"),
        ("truncate", "The model's answer broke off. Your message is kept."),
        ("corrupt", "The model service sent an invalid response. Your message is kept."),
    ],
)
async def test_one_that_always_breaks_off_keeps_what_was_said(
    mock: LLMock, where: Endpoint, tmp_path: Path, api: API_KINDS, fault: str, sentence: str
) -> None:
    getattr(mock, fault)(after_chunks=in_text(api), times=None)
    mock.reply(ANSWER, times=None)
    async with opened(tmp_path, where) as backend:
        sent = await backend.send("what is due?")
        events = [event async for event in backend.watch(sent.turn_id)]
        turn = await backend.turn(sent.turn_id)
    failed = failure(events)
    assert sentence in failed.message
    assert failed.retryable
    assert turn.response.strip()
    assert ANSWER.startswith(turn.response)
    assert len(mock.requests) == 4


async def test_a_stall_is_told_from_a_slow_answer(
    mock: LLMock, where: Endpoint, tmp_path: Path, api: API_KINDS
) -> None:
    mock.stall(after_chunks=in_text(api)).reply(ANSWER, times=None)
    async with opened(tmp_path, where, stall=1.0) as backend:
        assert shown(await say(backend, "what is due?")) == ANSWER
    assert len(mock.requests) == 2
    mock.assert_resilient(strict=True)


async def test_one_that_always_stalls_is_said_to(mock: LLMock, where: Endpoint, tmp_path: Path) -> None:
    mock.stall(after_chunks=1, times=None).reply(ANSWER, times=None)
    async with opened(tmp_path, where, stall=0.1) as backend:
        failed = failure(await say(backend, "what is due?"))
    assert "stopped answering. Your message is kept." in failed.message


async def test_a_call_that_broke_off_is_not_half_run(
    mock: LLMock, where: Endpoint, tmp_path: Path, api: API_KINDS
) -> None:
    mock.truncate(after_chunks=in_text(api))
    mock.call_tool("add_task", {"title": "a title that comes in several crumbs"}, times=2)
    mock.reply("Added.")
    async with opened(tmp_path, where) as backend:
        events = await say(backend, "add it")
        assert len((await backend.tasks()).items) == 1
    assert len(results(events)) == 1


async def test_arguments_that_are_no_json_are_handed_back_to_be_mended(
    mock: LLMock, where: Endpoint, tmp_path: Path
) -> None:
    mock.break_tool_call("malformed_arguments")
    mock.call_tool("add_task", {"title": "milk"}, times=2).reply("Added.")
    async with opened(tmp_path, where) as backend:
        events = await say(backend, "add milk")
        assert len((await backend.tasks()).items) == 1
    assert [each.status for each in results(events)] == ["failed", "succeeded"]
    assert results(events)[0].result == {
        "error": "The arguments of add_task were not valid JSON. Nothing was done. Call it again with one JSON object."
    }
    assert isinstance(events[-1], TurnFinished)


async def test_an_unknown_tool_is_answered_with_those_there_are(mock: LLMock, where: Endpoint, tmp_path: Path) -> None:
    mock.break_tool_call("unknown_tool")
    mock.call_tool("add_task", {"title": "milk"}, times=2).reply("Added.")
    async with opened(tmp_path, where) as backend:
        events = await say(backend, "add milk")
    first, second = results(events)
    assert first.status == "failed"
    assert "The tools are: add_task, list_tasks" in first.result["error"]
    assert second.status == "succeeded"


async def test_the_builtin_model_answers_where_that_is_allowed_and_says_so(
    mock: LLMock, where: Endpoint, tmp_path: Path
) -> None:
    mock.outage(status=500)
    async with opened(tmp_path, where, fallback=True) as backend:
        events = await say(backend, "add milk tomorrow")
        titles = [task.title for task in (await backend.tasks()).items]
    assert titles == ["milk"]
    assert shown(events).startswith("*The model cannot be reached; the built-in one answers.*\n\n")
    assert shown(events).count("built-in one answers") == 1
    assert "\n\n\n" not in shown(events)
    assert isinstance(events[-1], TurnFinished)


async def test_a_silent_service_leaves_time_for_the_builtin_model(
    mock: LLMock, where: Endpoint, tmp_path: Path
) -> None:
    mock.slow_first_token(30, times=None)
    async with opened(tmp_path, where, fallback=True, seconds=2.0, stall=30) as backend:
        events = await say(backend, "add milk tomorrow")
        assert len((await backend.tasks()).items) == 1
    assert isinstance(events[-1], TurnFinished)
    assert len(mock.requests) == 1


async def test_when_the_model_is_back_it_does_not_see_the_notice(mock: LLMock, where: Endpoint, tmp_path: Path) -> None:
    mock.fail(500, times=4).reply(ANSWER)
    async with opened(tmp_path, where, fallback=True) as backend:
        sent = await backend.send("what is due today?")
        async for _ in backend.watch(sent.turn_id):
            pass
        assert shown(await say(backend, "and tomorrow?", sent.conversation_id)) == ANSWER
    assert "built-in one answers" not in str(mock.last_request.body)


async def test_the_circuit_opens_after_five_faults_and_closes_after_a_probe(
    mock: LLMock, where: Endpoint, tmp_path: Path
) -> None:
    now = 0.0
    breaker = CircuitBreaker(clock=lambda: now)

    async def no_sleep(_: float) -> None:
        return None

    mock.outage(status=500)
    async with opened(tmp_path, where, breaker=breaker, sleep=no_sleep) as backend:
        states = [breaker.state]
        failure(await say(backend, "one"))
        states.append(breaker.state)
        assert "isn't asked again for half a minute" in failure(await say(backend, "two")).message
        states.append(breaker.state)
        assert len(mock.requests) == 5
        failure(await say(backend, "three"))
        assert len(mock.requests) == 5, "an open circuit asks nobody"
        now = 31.0
        states.append(breaker.state)
        failure(await say(backend, "four"))
        assert len(mock.requests) == 6, "one probe goes out"
        states.append(breaker.state)
        now = 62.0
        mock.reset().reply(ANSWER)
        assert shown(await say(backend, "five")) == ANSWER
        states.append(breaker.state)
    assert states == ["closed", "closed", "open", "half_open", "open", "closed"]


async def test_too_many_requests_never_open_the_circuit(mock: LLMock, where: Endpoint, tmp_path: Path) -> None:
    breaker = CircuitBreaker(clock=lambda: 0.0)

    async def no_sleep(_: float) -> None:
        return None

    mock.rate_limit(times=None, retry_after=0.01)
    async with opened(tmp_path, where, breaker=breaker, sleep=no_sleep) as backend:
        for text in ("one", "two", "three"):
            assert "too many requests" in failure(await say(backend, text)).message
    assert len(mock.requests) == 12
    assert breaker.state == "closed"
