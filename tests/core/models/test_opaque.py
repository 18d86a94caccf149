"""What a provider wants back unread: kept with the step, sent to nobody else, and through a restart."""

from pathlib import Path
from typing import Any

import pytest

from kirotodo.core.events import ApprovalRequested, TurnFinished
from kirotodo.core.local import LocalBackend
from kirotodo.core.models.model import AssistantStep, Opaque, PromptItem, ToolCallRequest, ToolOutcome, UserText
from kirotodo.core.models.openai.model import API_KINDS, OpenAIModel
from tests.core.models.model_server import Answer, ModelServer, delta, model_server, refused
from tests.core.models.provider import (
    APIS,
    assert_valid,
    endpoint,
    events_of,
    final,
    model_request,
    opened,
    run,
    say,
    small_jitter,
)

RECORDED = Path(__file__).parent / "recorded"
SIGNED = {"extra_content": {"google": {"thought_signature": "c2lnMQ=="}}}
DETAILS = [
    {
        "type": "reasoning.text",
        "text": "They want milk.",
        "signature": "c2lnMw==",
        "format": "anthropic-claude-v1",
        "index": 0,
    },
    {"type": "reasoning.encrypted", "data": "ZW5j", "format": "anthropic-claude-v1", "index": 1},
]
THOUGHT = {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "gAAAAB-whole"}
ANSWER = {"choices": [{"index": 0, "delta": {"content": "Done."}, "finish_reason": "stop"}]}
ANSWER_IN_RESPONSES = [
    {"type": "response.output_text.delta", "delta": "Done."},
    {"type": "response.completed", "response": {"status": "completed"}},
]


def recorded(name: str) -> Answer:
    return Answer(pieces=[(RECORDED / f"{name}.sse").read_bytes()])


def assistant(body: dict[str, Any], number: int = 0) -> dict[str, Any]:
    """The step of this number in a request to Chat Completions."""
    steps = [message for message in body["messages"] if message["role"] == "assistant"]
    return dict(steps[number])


def without(message: dict[str, Any], *names: str) -> bool:
    return not any(name in message for name in names)


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("deepseek_thinking", {"reasoning_content": "They want milk."}),
        ("openrouter_thinking", {"reasoning_details": DETAILS}),
    ],
)
async def test_thoughts_go_back_with_the_step_that_had_them(tmp_path: Path, name: str, wanted: dict[str, Any]) -> None:
    async with model_server() as server, opened(tmp_path, endpoint(server.url)) as backend:
        server.answers.append(recorded(name))
        server.say(ANSWER)
        assert isinstance(final(await say(backend, "add milk")), TurnFinished)
    assert_valid(server.bodies[1])
    assert wanted.items() <= assistant(server.bodies[1]).items()


@pytest.mark.parametrize(
    ("name", "signatures"),
    [("gemini_signed", ["c2lnMQ==", None]), ("gemini_signed_late", ["c2lnMg=="])],
)
async def test_signatures_go_back_with_the_calls_that_had_them(
    tmp_path: Path, name: str, signatures: list[str | None]
) -> None:
    async with model_server() as server, opened(tmp_path, endpoint(server.url)) as backend:
        server.answers.append(recorded(name))
        server.say(ANSWER)
        await say(backend, "add milk, and tell me how I do")
    assert_valid(server.bodies[1])
    calls = assistant(server.bodies[1])["tool_calls"]
    assert [call.get("extra_content", {}).get("google", {}).get("thought_signature") for call in calls] == signatures


async def test_encrypted_reasoning_goes_back_before_its_call(tmp_path: Path) -> None:
    async with model_server() as server, opened(tmp_path, endpoint(server.url, api="responses")) as backend:
        server.answers.append(recorded("openai_responses_thinking"))
        server.say(*ANSWER_IN_RESPONSES)
        server.say(*ANSWER_IN_RESPONSES)
        sent = await say(backend, "add milk")
        await say(backend, "thanks", final_conversation(sent))
    first, second, later = server.bodies
    assert first["include"] == ["reasoning.encrypted_content"]
    assert_valid(second)
    kinds = [item.get("type") for item in second["input"]]
    assert kinds == ["message", "reasoning", "function_call", "function_call_output"]
    assert second["input"][1] == THOUGHT
    assert "reasoning" not in [item.get("type") for item in later["input"]]


def final_conversation(events: list[Any]) -> int:
    return int(events[0].conversation_id)


@pytest.mark.slow
async def test_only_what_lasts_is_sent_in_later_turns(tmp_path: Path) -> None:
    """DeepSeek wants its reasoning of a turn that called tools for ever; a signature is of one turn."""
    for name, lasts in (("deepseek_thinking", True), ("gemini_signed", False), ("openrouter_thinking", False)):
        folder = tmp_path / name
        folder.mkdir()
        async with model_server() as server, opened(folder, endpoint(server.url)) as backend:
            server.answers.append(recorded(name))
            server.say(delta(reasoning_content="So it is.") if lasts else delta(), ANSWER)
            server.say(ANSWER)
            sent = await say(backend, "add milk")
            await say(backend, "thanks", final_conversation(sent))
        later = server.bodies[2]
        assert_valid(later)
        called, answered = assistant(later, 0), assistant(later, 1)
        assert without(called, "reasoning_details")
        assert without(called["tool_calls"][0], "extra_content")
        assert called.get("reasoning_content") == ("They want milk." if lasts else None)
        assert answered.get("reasoning_content") == ("So it is." if lasts else None)


async def test_it_outlives_the_process(tmp_path: Path) -> None:
    """A turn that is parked on an approval goes on in another process, with the signature of its call."""
    one_call = delta(
        tool_calls=[
            {
                "index": 0,
                "id": "c",
                "function": {"name": "delete_task", "arguments": '{"task_ids": [1, 2]}'},
                **SIGNED,
            }
        ]
    )
    async with model_server() as server:
        server.say(one_call, delta("tool_calls"))
        server.say(ANSWER)
        async with opened(tmp_path, endpoint(server.url)) as backend:
            for title in ("milk", "eggs"):
                await backend.add_task({"title": title})
            sent = await backend.send("delete both")
            call_id = await parked(backend, sent.turn_id)
        async with opened(tmp_path, endpoint(server.url)) as backend:
            await backend.answer(sent.turn_id, call_id, "yes")
            assert isinstance(final(await events_of(backend, sent)), TurnFinished)
    assert_valid(server.bodies[1])
    assert SIGNED.items() <= assistant(server.bodies[1])["tool_calls"][0].items()


async def parked(backend: LocalBackend, turn_id: str) -> str:
    async for event in backend.watch(turn_id):
        if isinstance(event, ApprovalRequested):
            return event.approval.call_id
    raise AssertionError("it was not parked")


def history(opaque: Opaque | None) -> tuple[PromptItem, ...]:
    call = ToolCallRequest(call_id="0.0", tool="task_stats", arguments={})
    return (
        UserText(text="how do I do?"),
        AssistantStep(text="", calls=(call,), opaque=opaque),
        ToolOutcome(call_id="0.0", tool="task_stats", status="succeeded", result={"open": 3}),
    )


def step_in(server: ModelServer, api: str) -> Any:
    body = server.bodies[-1]
    assert_valid(body)
    return assistant(body) if api == "chat" else [item.get("type") for item in body["input"]]


@pytest.mark.parametrize("api", APIS)
async def test_nobody_is_sent_what_another_said(api: API_KINDS) -> None:
    data = {"message": {"reasoning_content": "secret"}, "calls": {"0": SIGNED}, "items": [THOUGHT]}
    async with model_server() as server:
        server.say(*([ANSWER] if api == "chat" else ANSWER_IN_RESPONSES))
        model = OpenAIModel(endpoint(server.url, api=api))
        await run(model, model_request(*history(Opaque(data=data, origin=f"{api} elsewhere test-model"))))
        await model.aclose()
    assert "secret" not in str(server.bodies)
    assert "c2ln" not in str(server.bodies)
    assert "gAAAAB" not in str(server.bodies)


INSISTS = "The reasoning_content in the thinking mode must be passed back to the API."
UNSIGNED = "Function call is missing a thought_signature in functionCall parts."


@pytest.mark.parametrize(
    "complaint", [INSISTS, UNSIGNED, "Unknown field: reasoning_content", "Encrypted content is not "]
)
async def test_a_provider_is_given_what_it_insists_on_and_spared_what_it_does_not_know(complaint: str) -> None:
    api: API_KINDS = "responses" if complaint.startswith("Encrypted") else "chat"
    async with model_server() as server:
        server.answers.append(refused(400, {"error": {"message": complaint, "code": "invalid_request_error"}}))
        server.say(*([ANSWER] if api == "chat" else ANSWER_IN_RESPONSES))
        model = OpenAIModel(endpoint(server.url, api=api), jitter=small_jitter)
        known = Opaque(data={"message": {"reasoning_content": "so"}}, origin=model._origin)
        opaque = known if complaint.startswith("Unknown") else None
        for _ in range(2):
            await run(model, model_request(*history(opaque)))
        await model.aclose()
    assert len(server.bodies) == 3, "once more, and from then on at once"
    step = step_in(server, api)
    if complaint == INSISTS:
        assert step["reasoning_content"] == ""
    elif complaint == UNSIGNED:
        assert step["tool_calls"][0]["extra_content"]["google"]["thought_signature"]
    elif api == "chat":
        assert without(step, "reasoning_content")
    else:
        assert "include" not in server.bodies[-1]
