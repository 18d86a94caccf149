"""Configured models behind the local list: made when asked for, with their own keys; and those that are gone."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import keyring
import pytest
from llmock.pytest_plugin import LLMock

from kirotodo.core.backend import ModelChoice
from kirotodo.core.domain.conversation import Usage
from kirotodo.core.errors import ConfigError
from kirotodo.core.events import ApprovalRequested, TurnFailed, TurnFinished
from kirotodo.core.local import LocalBackend
from kirotodo.core.model_profiles import ModelProfile
from kirotodo.core.models.model import Model
from kirotodo.core.models.registry import endpoint_of
from kirotodo.core.models.scripted import ScriptedModel, call
from kirotodo.core.settings import Settings
from tests.core.models.model_server import model_server, refused
from tests.core.models.provider import events_of, failure, final
from tests.keyrings import LockedKeyring, MemoryKeyring, NoKeyring

pytestmark = pytest.mark.usefixtures("memory_keyring")


@asynccontextmanager
async def opened(
    folder: Path, *profiles: ModelProfile, default: Model | None = None, **more: object
) -> AsyncIterator[LocalBackend]:
    values = {"kirotodo_home": folder, "timezone": "Europe/Vienna", "models": profiles, **more}
    backend = await LocalBackend.open(Settings(**values), model=default)
    try:
        yield backend
    finally:
        await backend.aclose()


async def test_the_choices_are_told_without_asking_anybody(tmp_path: Path) -> None:
    near = ModelProfile(name="near", model="qwen", base_url="http://user:pw@localhost:1/v1")
    far = ModelProfile(name="far", model="big", input_price=1, output_price=2, currency="€")
    async with opened(tmp_path, near, far, model="far") as backend:
        assert await backend.models() == (
            ModelChoice(
                name="far",
                model="big",
                place="api.openai.com",
                default=True,
                input_price=1,
                output_price=2,
                currency="€",
            ),
            ModelChoice(name="near", model="qwen", place="localhost:1"),
            ModelChoice(name="built-in", model="built-in", place="local"),
        )


@pytest.mark.parametrize(
    ("prices", "cost"),
    [
        ({}, None),
        ({"input_price": 2.0, "output_price": 10.0}, 2 * 1.0 + 10 * 0.5),
        ({"input_price": 2.0, "output_price": 10.0, "cached_price": 1.0}, 2 * 0.6 + 1 * 0.4 + 10 * 0.5),
        ({"input_price": 0.0, "output_price": 0.0}, 0),
    ],
)
def test_what_a_conversation_costs(prices: dict[str, Any], cost: float | None) -> None:
    choice = ModelChoice(name="a", model="a", place="local", **prices)
    usage = Usage(input_tokens=1_000_000, cached_tokens=400_000, output_tokens=500_000)
    assert choice.cost(usage) == (None if cost is None else pytest.approx(cost))


async def test_a_profile_answers_with_the_key_of_its_variable(
    llmock: LLMock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAR_API_KEY", "sk-of-the-variable")
    llmock.reply("Nothing is due.")
    far = ModelProfile(name="far", model="big", base_url=llmock.base_url(), key_env="FAR_API_KEY")
    async with opened(tmp_path, far) as backend:
        last = final(await events_of(backend, await backend.send("what is due?", model="far")))
    assert isinstance(last, TurnFinished)
    assert (last.response, last.model) == ("Nothing is due.", "far")
    assert llmock.last_request.body["model"] == "big"
    assert endpoint_of(far, Settings(kirotodo_home=tmp_path)).api_key == "sk-of-the-variable"


@pytest.mark.parametrize(
    ("status", "key_env", "named"),
    [
        (401, "FAR_API_KEY", "Check FAR_API_KEY and its permissions."),
        (401, None, "Check its key (kirotodo config key far) and its permissions."),
        (
            404,
            None,
            "Check model in [models.far] of config.toml and base_url in [models.far] of config.toml.",
        ),
    ],
)
async def test_a_fault_names_what_the_profile_is_set_with(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, status: int, key_env: str | None, named: str
) -> None:
    monkeypatch.setenv("FAR_API_KEY", "sk-of-the-variable")
    async with model_server() as server:
        server.answers.append(refused(status, {"error": {"message": "no"}}))
        far = ModelProfile(name="far", model="big", base_url=server.url, key_env=key_env)
        async with opened(tmp_path, far) as backend:
            message = failure(await events_of(backend, await backend.send("what is due?", model="far"))).message
    assert message.endswith(named)
    assert "OPENAI_" not in message


async def test_a_profile_answers_with_the_key_of_the_keyring(
    llmock: LLMock, tmp_path: Path, memory_keyring: MemoryKeyring
) -> None:
    memory_keyring.set_password("kirotodo", "model:far", "sk-of-the-ring")
    llmock.reply("Nothing is due.")
    far = ModelProfile(name="far", model="big", base_url=llmock.base_url())
    async with opened(tmp_path, far, model="far") as backend:
        assert isinstance(final(await events_of(backend, await backend.send("what is due?"))), TurnFinished)
    assert endpoint_of(far, Settings(kirotodo_home=tmp_path)).api_key == "sk-of-the-ring"


@pytest.mark.parametrize("ring", [NoKeyring, LockedKeyring])
async def test_a_service_on_this_machine_needs_neither_key_nor_keyring(
    llmock: LLMock, tmp_path: Path, ring: type[NoKeyring]
) -> None:
    keyring.set_keyring(ring())
    llmock.reply("Nothing is due.")
    async with opened(tmp_path, ModelProfile(name="near", model="big", base_url=llmock.base_url())) as backend:
        last = final(await events_of(backend, await backend.send("what is due?", model="near")))
    assert isinstance(last, TurnFinished)


@pytest.mark.parametrize(
    ("profile", "ring", "sentence"),
    [
        (ModelProfile(name="far", model="big"), MemoryKeyring, "needs a key: run: kirotodo config key far"),
        (ModelProfile(name="far", model="big", key_env="NO_SUCH_API_KEY"), MemoryKeyring, "set NO_SUCH_API_KEY"),
        (ModelProfile(name="far", model="big"), LockedKeyring, "keyring refused"),
    ],
)
async def test_a_key_that_cannot_be_had_ends_the_turn_in_a_sentence(
    tmp_path: Path, profile: ModelProfile, ring: type[MemoryKeyring], sentence: str
) -> None:
    keyring.set_keyring(ring())
    async with opened(tmp_path, profile) as backend:
        message = failure(await events_of(backend, await backend.send("what is due?", model="far")))
    assert sentence in message.message
    assert "Your message is kept." in message.message


async def test_a_key_that_is_none_is_not_repeated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FAR_API_KEY", "two words")
    far = ModelProfile(name="far", model="big", key_env="FAR_API_KEY")
    async with opened(tmp_path, far) as backend:
        message = failure(await events_of(backend, await backend.send("what is due?", model="far")))
    assert "isn't a valid key" in message.message
    assert "two words" not in message.message


async def test_the_openai_settings_that_are_wrong_are_told_where_they_are_used(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="OPENAI_BASE_URL"):
        async with opened(tmp_path, openai_base_url="nowhere"):
            pass
    async with opened(tmp_path, openai_base_url="nowhere", model="built-in") as backend:
        sent = await backend.send("add milk")
        assert isinstance(final(await events_of(backend, sent)), TurnFinished)
        with pytest.raises(ConfigError, match="OPENAI_BASE_URL"):
            await backend.send("add milk", model="gpt-4.1-mini")


async def test_a_turn_whose_model_is_gone_says_so_and_keeps_the_message(tmp_path: Path) -> None:
    first = ScriptedModel([call("delete_task", task_ids=[1, 2])], name="first")
    async with opened(tmp_path, default=first) as backend:
        await backend.add_from_text("milk")
        await backend.add_from_text("eggs")
        sent = await backend.send("delete milk and eggs")
        async for event in backend.watch(sent.turn_id):
            if isinstance(event, ApprovalRequested):
                break
    async with opened(tmp_path) as backend:
        assert isinstance(event, ApprovalRequested)
        await backend.answer(sent.turn_id, event.approval.call_id, "yes")
        last = final(await events_of(backend, sent))
        assert isinstance(last, TurnFailed)
        assert "'first', which began this answer, is no longer configured" in last.message
        messages = (await backend.transcript(sent.conversation_id)).messages
        assert [message.content for message in messages] == ["delete milk and eggs"]
