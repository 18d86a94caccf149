"""The list as a model, asked by the openai SDK over a real socket: streamed and whole, once, and with questions."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import httpx2
import openai
import pytest
from openai.types.chat import ChatCompletion, ChatCompletionChunk

from kirotodo.core.domain.task import TaskDraft, TaskFilter
from kirotodo.core.errors import ModelError
from kirotodo.core.models.scripted import Fail, ScriptedModel, call
from kirotodo.core.settings import Settings
from kirotodo.protocols.chat_completions import about_the_chat
from kirotodo.server.app import create_app
from tests.server.serving import NO_TLS, Served, served, settings_in

TITLE: Final = (
    "### Task:\nGenerate a concise, 3-5 word title with an emoji summarizing the chat history.\n### Output:\n"
    'JSON format: { "title": "your concise title here" }\n<chat_history>\nUSER: add milk and bread\n</chat_history>'
)


@pytest.fixture
def model() -> ScriptedModel:
    return ScriptedModel()


@pytest.fixture
async def server(settings: Settings, model: ScriptedModel) -> AsyncIterator[Served]:
    async with served(create_app(settings, model=model)) as running:
        yield running


async def _token(server: Served, scope: str = "all") -> str:
    async with server.client("1") as person:
        made = await person.post("/tokens", json={"name": f"chat-{scope}", "scope": scope})
        token: str = made.json()["token"]
        return token


@asynccontextmanager
async def _openai(server: Served, scope: str = "all", *, token: str = "") -> AsyncIterator[openai.AsyncOpenAI]:
    key = token or await _token(server, scope)
    async with (
        httpx2.AsyncClient(verify=NO_TLS, timeout=60) as http,
        openai.AsyncOpenAI(api_key=key, base_url=f"{server.base_url}/v1", http_client=http, max_retries=0) as client,
    ):
        yield client


async def _ask(client: openai.AsyncOpenAI, *texts: str, stream: bool = False, **more: Any) -> str:
    """Send a thread, users' texts and answers in turn, and return the answer to the last."""
    roles = ("user", "assistant")
    messages: Any = [{"role": roles[place % 2], "content": text} for place, text in enumerate(texts)]
    messages = [{"role": "system", "content": "It is 9:30."}, *messages]
    if not stream:
        whole = await client.chat.completions.create(model="kirotodo", messages=messages, **more)
        ChatCompletion.model_validate(whole.model_dump(), strict=True)
        return whole.choices[0].message.content or ""
    pieces = []
    async for chunk in await client.chat.completions.create(
        model="kirotodo", messages=messages, stream=True, stream_options={"include_usage": True}, **more
    ):
        ChatCompletionChunk.model_validate(chunk.model_dump(), strict=True)
        pieces.append(chunk)
    assert pieces[0].choices[0].delta.role == "assistant"
    assert pieces[-1].usage is not None
    assert pieces[-2].choices[0].finish_reason == "stop"
    return "".join(choice.delta.content or "" for piece in pieces for choice in piece.choices)


async def _titles(server: Served) -> list[str]:
    return sorted(task.title for task in (await server.core.of("1").tasks(TaskFilter())).items)


async def _conversations(server: Served) -> list[int]:
    return [each.message_count for each in (await server.core.of("1").conversations()).items]


@pytest.mark.parametrize("stream", [False, True])
async def test_a_thread_is_a_conversation(server: Served, model: ScriptedModel, stream: bool) -> None:
    model.extend([call("add_task", title="Milk")], ["Added ", "milk."], ["Milk", " it is."])
    async with _openai(server) as client:
        first = await _ask(client, "add milk", stream=stream)
        assert first == "Added milk."
        assert await _ask(client, "add milk", first, "what is on it?", stream=stream) == "Milk it is."
    assert await _titles(server) == ["Milk"]
    assert await _conversations(server) == [4]


@pytest.mark.parametrize("stream", [False, True])
async def test_a_thread_that_is_sent_again_changes_nothing(server: Served, model: ScriptedModel, stream: bool) -> None:
    model.extend([call("add_task", title="Milk")], ["Added."], [call("add_task", title="Bread")], ["That too."])
    async with _openai(server) as client:
        for _ in range(2):
            assert await _ask(client, "add milk", stream=stream) == "Added."
        for _ in range(2):
            assert await _ask(client, "add milk", "Added.", "and bread", stream=stream) == "That too."
    model.assert_done()
    assert await _titles(server) == ["Bread", "Milk"]
    assert await _conversations(server) == [4]


async def test_the_same_words_later_are_a_new_thread(tmp_path: Any, model: ScriptedModel) -> None:
    clock = [datetime(2026, 11, 23, 9, 30, tzinfo=UTC)]
    model.extend(["Nothing."], ["Still nothing."], [call("add_task", title="Milk")], ["Added."], ["Added again."])
    async with (
        served(create_app(settings_in(tmp_path), model=model, clock=lambda: clock[0])) as server,
        _openai(server) as client,
    ):
        assert await _ask(client, "what is due?") == "Nothing."
        clock[0] += timedelta(minutes=2)
        assert await _ask(client, "what is due?") == "Still nothing."
        assert await _ask(client, "add milk") == "Added."
        clock[0] += timedelta(minutes=2)
        assert await _ask(client, "add milk") == "Added."
        clock[0] += timedelta(minutes=20)
        assert await _ask(client, "add milk") == "Added again."


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize(("word", "left"), [("yes", []), ("no", ["Bread", "Milk"])])
async def test_an_approval_is_a_question_and_an_answer(
    server: Served, model: ScriptedModel, stream: bool, word: str, left: list[str]
) -> None:
    await server.core.of("1").import_tasks([TaskDraft(title="Milk"), TaskDraft(title="Bread")])
    model.extend([call("delete_task", task_ids=[1, 2])], ["As you say."])
    async with _openai(server) as client:
        asked = await _ask(client, "delete both", stream=stream)
        assert asked == "Delete 2 tasks?\n- 1 Milk\n- 2 Bread\n\nAnswer yes or no."
        assert await _ask(client, "delete both", asked, "what?", stream=stream) == asked
        assert await _titles(server) == ["Bread", "Milk"]
        for _ in range(2):
            assert await _ask(client, "delete both", asked, word, stream=stream) == "As you say."
    assert await _titles(server) == left


@pytest.mark.parametrize("stream", [False, True])
async def test_what_a_chat_program_asks_about_the_chat_begins_no_turn(
    server: Served, model: ScriptedModel, stream: bool
) -> None:
    async with _openai(server) as client:
        assert await _ask(client, TITLE, stream=stream) == '{"title": "add milk and bread"}'
    assert await _conversations(server) == []


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("Please generate a short title for this conversation.\n\n||>User: add milk\n||>AI: ok", "add milk"),
        ('### Task:\nGenerate 1-3 broad tags for the chat history. JSON: { "tags": ["a"] }', '{"tags": []}'),
        ('### Task:\nSuggest 3-5 relevant follow-ups. { "follow_ups": [] } <chat_history>', '{"follow_ups": []}'),
        (
            "Summarize the conversation in 5 words or fewer as a title.\nUSER: delete all done tasks\nASSISTANT: Sure",
            "delete all done tasks",
        ),
        ("Based on the chat history, give this conversation a name.\nOnly give the name, nothing else.", "To-do list"),
        ("Summarize in a 10-word Title. Give the title only. Here is the message: delete all my tasks", "To-do list"),
        ("Summarize the discussion briefly in 200 words or less to use as a prompt for future context.", "To-do list"),
        (
            'Please generate a 5-word title for the conversation, never using the word "title".\n||>User:\n"del all"',
            "del all",
        ),
        (
            "### Task:\nAnalyze the chat history to determine the necessity of generating search queries.\n"
            '{ "queries": ["query1"] }',
            '{"queries": []}',
        ),
        ("summarize what is due this week", None),
        ("generate a title for my post about our conversation and add it", None),
        ("rename this conversation", None),
        ("add write a title for the talk on friday", None),
        ("generate the tags for the parcels tomorrow", None),
        ("give Ann the book's title", None),
        ("chat with Ann about our conversation on monday", None),
    ],
)
def test_questions_of_chat_programs_are_told_from_those_of_people(text: str, answer: str | None) -> None:
    assert about_the_chat(text) == answer


async def test_the_built_in_model_answers(settings: Settings) -> None:
    async with served(create_app(settings)) as server, _openai(server) as client:
        assert "milk" in await _ask(client, "add milk tomorrow at 5pm", stream=True)
        assert await _titles(server) == ["milk"]


async def test_models_are_listed(server: Served) -> None:
    async with _openai(server, "read") as client:
        names = [model.id async for model in client.models.list()]
        assert names[:2] == ["kirotodo", "scripted"]
        assert (await client.models.retrieve("kirotodo")).id == "kirotodo"
        with pytest.raises(openai.NotFoundError):
            await client.models.retrieve("gpt-9")


@pytest.mark.parametrize("scope", ["read", "add"])
async def test_a_lesser_scope_is_refused(server: Served, scope: str) -> None:
    async with _openai(server, scope) as client:
        with pytest.raises(openai.PermissionDeniedError) as refused:
            await _ask(client, "add milk")
    assert refused.value.response.headers["Content-Type"] == "application/problem+json"
    assert refused.value.response.json()["code"] == "forbidden"
    assert "scope" in refused.value.message
    assert await _conversations(server) == []


async def test_errors_are_in_openais_words(server: Served, model: ScriptedModel) -> None:
    async with _openai(server, token="kta_wrong") as client:
        with pytest.raises(openai.AuthenticationError):
            await _ask(client, "add milk")
    async with _openai(server) as client:
        with pytest.raises(openai.NotFoundError, match="no model"):
            await client.chat.completions.create(model="gpt-9", messages=[{"role": "user", "content": "hi"}])
        with pytest.raises(openai.UnprocessableEntityError, match="last message"):
            await client.chat.completions.create(model="kirotodo", messages=[{"role": "assistant", "content": "hi"}])
        for stream in (False, True):
            model.extend([Fail(error=ModelError("The model is ill.", retryable=False))])
            with pytest.raises(openai.APIError, match="ill"):
                await _ask(client, f"hello {stream}", stream=stream)


async def test_content_in_parts_is_read(server: Served, model: ScriptedModel) -> None:
    model.extend([call("add_task", title="Milk")], ["Added."])
    parts: Any = [{"type": "text", "text": "add milk"}, {"type": "image_url", "image_url": {"url": "data:,"}}]
    async with _openai(server) as client:
        await client.chat.completions.create(
            model="kirotodo", messages=[{"role": "user", "content": parts}], temperature=0, tools=[], user="x"
        )
    assert model.requests[0].history[-1].text == "add milk"  # type: ignore[union-attr]


async def test_turns_are_counted(tmp_path: Any) -> None:
    settings = settings_in(tmp_path, rate_limit=1, rate_limit_burst=1)
    async with served(create_app(settings)) as server, _openai(server) as client:
        await _ask(client, "hello")
        with pytest.raises(openai.RateLimitError):
            await _ask(client, "hello again")


def test_a_program_that_asks_in_the_system_message_is_understood() -> None:
    asks = "Summarize the user's conversation into a title within 10 words. No punctuation."
    said = '[{"role": "user", "content": "delete everything"}, {"role": "assistant", "content": "Sure"}]'
    assert about_the_chat(said, system=asks) == "delete everything"
    assert about_the_chat("delete everything", system=asks) is None, "a person wrote this"
    assert about_the_chat(said, system="You are a helpful assistant.") is None


@pytest.mark.parametrize("stream", [False, True])
async def test_nothing_but_the_users_own_words_changes_the_list(
    server: Served, model: ScriptedModel, stream: bool
) -> None:
    """A session as chat programs have it: each message sent twice, titles asked for, and a yes that comes again."""
    await server.core.of("1").import_tasks([TaskDraft(title="Milk"), TaskDraft(title="Bread")])
    model.extend([call("add_task", title="Tea")], ["Added."], [call("delete_task", task_ids=[1, 2])], ["Deleted."])
    async with _openai(server) as client:
        thread = ["add tea"]
        for said in ("and delete the first two", "yes"):
            answers = [await _ask(client, *thread, stream=stream) for _ in range(2)]
            assert answers[0] == answers[1]
            await _ask(client, TITLE, stream=stream)
            thread += [answers[0], said]
        assert await _titles(server) == ["Bread", "Milk", "Tea"], "a question changes nothing"
        answers = [await _ask(client, *thread, stream=stream) for _ in range(2)]
        assert answers == ["Deleted.", "Deleted."]
    model.assert_done()
    assert await _titles(server) == ["Tea"]
    assert len(await _conversations(server)) == 1
