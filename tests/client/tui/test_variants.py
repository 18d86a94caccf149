"""Editing a message and asking again: the other variants stay a key or a click away."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from kirotodo.client.state import ClientState, Outgoing
from kirotodo.core.backend import Backend
from kirotodo.core.local import LocalBackend
from kirotodo.core.models.scripted import ScriptedModel, call
from kirotodo.core.settings import Settings
from tests.client.tui.chat_host import Chat, chatting
from tests.client.tui.list_host import NOW
from tests.lists import list_at


@pytest.fixture
def model() -> ScriptedModel:
    return ScriptedModel()


@asynccontextmanager
async def talked(tmp_path: Path, model: ScriptedModel) -> AsyncIterator[tuple[Chat, Backend]]:
    """A chat in which milk was added and something was asked; the message about milk has the focus."""
    settings = Settings(kirotodo_home=tmp_path, database_url=list_at(tmp_path / "list.db"), timezone="UTC")
    backend = await LocalBackend.open(settings, clock=lambda: NOW, model=model)
    model.extend([call("add_task", title="milk")], ["Added it."], ["One task."])
    async with chatting(backend, size=(100, 30), state_path=tmp_path / "state.json") as chat:
        await chat.say("add milk")
        await chat.wait_for("Added it.")
        await chat.idle()
        await chat.say("what is there?")
        await chat.wait_for("One task.")
        await chat.idle()
        await chat.transcript.go_to_message(1)
        await focused_on(chat, 1)
        yield chat, backend


async def focused_on(chat: Chat, seq: int) -> None:
    await chat.until(lambda: getattr(getattr(chat.focused, "entry", None), "seq", None) == seq)


async def titles(backend: Backend) -> list[str]:
    return [task.title for task in (await backend.tasks()).items]


async def test_an_edited_message_is_sent_in_its_place_and_what_it_changed_is_undone(
    tmp_path: Path, model: ScriptedModel
) -> None:
    async with talked(tmp_path, model) as (chat, backend):
        chat.composer.put("a draft")
        model.extend([call("add_task", title="oat milk")], ["Added that."])
        await chat.press("e")
        assert chat.draft == "add milk"
        assert "edit and send again" in chat.text
        await chat.press("end", *["backspace"] * 4)
        await chat.write("oat milk")
        await chat.press("enter")
        await chat.wait_for("Added that.", "‹ 2/2 ›", "add oat milk")
        await chat.idle()
        assert "what is there?" not in chat.text
        assert await titles(backend) == ["oat milk"]
        assert chat.draft == "a draft"
        await chat.transcript.go_to_message(5)
        await focused_on(chat, 5)
        await chat.press("left")
        await chat.wait_for("‹ 1/2 ›", "Added it.", "what is there?")
        await focused_on(chat, 1)
        await chat.press("right")
        await chat.wait_for("‹ 2/2 ›", "Added that.")
        assert await titles(backend) == ["oat milk"]


async def test_a_click_on_the_mark_shows_the_other_variant(tmp_path: Path, model: ScriptedModel) -> None:
    async with talked(tmp_path, model) as (chat, _):
        model.extend(["Another answer."])
        await chat.press("R")
        await chat.wait_for("Another answer.", "‹ 2/2 ›")
        await chat.idle()
        lines = chat.text.splitlines()
        row = next(index for index, line in enumerate(lines) if "‹ 2/2 ›" in line)
        await chat.pilot.click(offset=(lines[row].index("‹"), row))
        await chat.wait_for("‹ 1/2 ›", "Added it.")


async def test_esc_leaves_the_message_as_it_is_and_gives_the_draft_back(tmp_path: Path, model: ScriptedModel) -> None:
    async with talked(tmp_path, model) as (chat, _):
        chat.composer.put("a draft")
        await chat.press("e")
        await chat.write(" more")
        await chat.press("escape")
        assert chat.draft == "a draft"
        assert "edit and send again" not in chat.text
        await chat.press("right")
        assert "‹" not in chat.text


async def test_what_is_typed_while_editing_survives_a_kill(tmp_path: Path, model: ScriptedModel) -> None:
    async with talked(tmp_path, model) as (chat, _):
        chat.composer.put("a draft")
        await chat.press("e")
        await chat.write("!")
        await chat.until(lambda: "a draft" in ClientState(tmp_path / "state.json").draft(1))
        assert "add milk" in ClientState(tmp_path / "state.json").draft(1)


async def test_an_edited_message_that_was_on_its_way_takes_its_place_at_the_next_start(
    tmp_path: Path, model: ScriptedModel
) -> None:
    async with talked(tmp_path, model):
        pass
    state = ClientState(tmp_path / "state.json")
    state.post(Outgoing(text="add eggs", request_key="k1", conversation_id=1, instead_of=3))
    assert state.save()
    model.extend(["Yes."])
    settings = Settings(kirotodo_home=tmp_path, database_url=list_at(tmp_path / "list.db"), timezone="UTC")
    backend = await LocalBackend.open(settings, clock=lambda: NOW, model=model)
    async with chatting(backend, size=(100, 30), state_path=tmp_path / "state.json") as chat:
        await chat.wait_for("add eggs", "‹ 2/2 ›")
        assert "what is there?" not in chat.text
