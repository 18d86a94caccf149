"""A search in the conversations shows the words around each hit, and enter jumps to the message."""

from pathlib import Path

import pytest

from kirotodo.core.domain.conversation import Role
from kirotodo.core.local import LOCAL_USER, LocalBackend
from kirotodo.core.models.scripted import ScriptedModel
from kirotodo.core.settings import Settings
from kirotodo.core.store.database import Database
from tests.client.tui.chat_host import chatting
from tests.client.tui.list_host import NOW
from tests.lists import list_at

MESSAGES = 160


async def written(url: str, needles: dict[int, str]) -> None:
    """A conversation of many messages, these among them."""
    database = await Database.open(url, clock=lambda: NOW)
    async with database.begin(LOCAL_USER) as store:
        conversation, _ = await store.conversations.begin("Long", "message 1", turn_id="t1")
        for number in range(2, MESSAGES + 1):
            role: Role = "user" if number % 2 else "assistant"
            text = needles.get(number, f"message {number}")
            turn_id = f"t{(number + 1) // 2}"
            await store.conversations.add_message(conversation.id, role=role, content=text, turn_id=turn_id)
    await database.aclose()


@pytest.mark.parametrize("number", [3, 4, 81, 160], ids=["first page", "an answer", "middle", "newest"])
async def test_enter_jumps_to_the_message_that_was_found(tmp_path: Path, number: int) -> None:
    url = list_at(tmp_path / "list.db")
    await written(url, {number: "look for the needle in the hay, said somebody"})
    settings = Settings(kirotodo_home=tmp_path, database_url=url, timezone="UTC")
    backend = await LocalBackend.open(settings, clock=lambda: NOW, model=ScriptedModel())
    async with chatting(backend, size=(100, 30)) as chat:
        await chat.wait_for("kirotodo · Long")
        await chat.press("ctrl+o")
        await chat.wait_for("search titles and messages")
        await chat.press("slash")
        await chat.write("needle")
        await chat.wait_for("look for the needle in the hay", "1 found")
        await chat.press("enter", "enter")
        await chat.until(lambda: "conversations" not in chat.text.splitlines()[1])
        await chat.wait_for("look for the needle in the hay")
        asked = number if number % 2 else number - 1
        await chat.until(lambda: getattr(getattr(chat.focused, "entry", None), "seq", None) == asked)
