"""The chat while its server is away: the list is there, edits wait in sight, and what became of them is said."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from kirotodo.client.tui.widgets.task_list import WAITS
from kirotodo.core.backend import TaskFields
from kirotodo.core.domain.view import View
from tests.client.remote.offline_host import MONDAY, Harness, offline_harness
from tests.client.tui.chat_host import Chat, chatting
from tests.waiting import until

SIZE = (120, 30)


@pytest.fixture
async def harness(tmp_path: Path, empty_list: Path) -> AsyncIterator[Harness]:
    async with offline_harness(tmp_path, empty_list) as harness:
        yield harness


@asynccontextmanager
async def chat_over(harness: Harness, *, ready: bool = True) -> AsyncIterator[Chat]:
    async with harness.opened() as backend, chatting(backend, size=SIZE, ready=ready) as chat:
        yield chat


@asynccontextmanager
async def gone_offline(harness: Harness) -> AsyncIterator[Chat]:
    """A chat whose server goes away once the copy is whole."""
    async with harness.opened() as backend, chatting(backend, size=SIZE) as chat:
        await chat.until(lambda: backend._whole and backend._looked is not None)
        harness.proxy.go_away()
        await chat.wait_for("reconnecting")
        chat.screen.action_focus_tasks()
        await chat.pilot.pause()
        yield chat


async def said(chat: Chat, sentence: str) -> None:
    await chat.until(lambda: sentence in chat.toasts())


def line_of(chat: Chat, words: str) -> str:
    return next(line for line in chat.text.splitlines() if words in line)


async def test_a_start_without_network_shows_the_last_known_list(harness: Harness) -> None:
    await harness.direct.add_from_text("water the plants")
    async with harness.followed() as backend:
        await backend.status()
    harness.proxy.go_away()
    async with chat_over(harness, ready=False) as chat:
        await chat.wait_for("water the plants", "reconnecting", "1 open")


async def test_edits_by_keys_wait_in_sight_and_go_out_once_the_server_is_back(harness: Harness) -> None:
    await harness.direct.add_from_text("milk")
    await harness.direct.add_from_text("plumber")
    async with gone_offline(harness) as chat:
        await chat.press("space")
        await said(chat, "Done: milk · sent once the server is back")
        await chat.wait_for("(1 pending)")
        assert WAITS in line_of(chat, "1 ●")
        await chat.press("n")
        await chat.write("bread tomorrow")
        await chat.press("enter")
        await said(chat, "Added: bread · sent once the server is back")
        await chat.wait_for("(2 pending)")
        assert WAITS in line_of(chat, "bread")
        await chat.press("j", "e", *["backspace"] * 7)
        await chat.write("call dad")
        await chat.press("enter")
        await said(chat, "plumber → call dad · sent once the server is back")
        await chat.wait_for("(3 pending)")
        harness.proxy.away = False
        await chat.until(lambda: WAITS not in chat.text and "pending" not in chat.text)
        await chat.wait_for("call dad", "3 ○ bread")
        assert {task.title for task in (await harness.direct.tasks()).items} == {"bread", "call dad"}


async def test_undo_takes_back_what_waits_and_says_only_what_is_so(harness: Harness) -> None:
    await harness.direct.add_from_text("milk")
    async with gone_offline(harness) as chat:
        await chat.press("x")
        await said(chat, "Deleted: milk · u undoes · sent once the server is back")
        await chat.press("u")
        await said(chat, "Undone: milk")
        await chat.wait_for("1 ○ milk")
        assert "pending" not in chat.text
        harness.proxy.away = False
        await chat.until(lambda: "reconnecting" not in chat.text)
    assert await harness.titles() == ["milk"]


async def test_skipping_waits_in_sight_and_goes_out(harness: Harness) -> None:
    gym = (await harness.direct.add_from_text("gym every day"))[0]
    async with gone_offline(harness) as chat:
        await chat.press("s")
        await said(chat, "Skipped to gym (Tue 24 Nov) · sent once the server is back")
        await chat.wait_for("(1 pending)")
        assert WAITS in line_of(chat, "gym")
        harness.proxy.away = False
        await chat.until(lambda: WAITS not in chat.text and "pending" not in chat.text)
    assert (await harness.direct.task(gym.id)).due_date == MONDAY + timedelta(days=1)


async def test_a_saved_view_and_what_waits_in_it_are_there(harness: Harness) -> None:
    await harness.direct.add_from_text("milk #shop")
    await harness.direct.add_from_text("plumber")
    await harness.direct.save_view(View(name="shop", filter="#shop", pinned=True))
    async with gone_offline(harness) as chat:
        await chat.press("p")
        await chat.wait_for("(1 pending)")
        await chat.press("7")
        await chat.wait_for("shop · 1", "1 ○ ! milk ⇡")
        assert "plumber" not in chat.text


async def test_the_page_of_a_task_shows_the_history_that_is_known(harness: Harness) -> None:
    await harness.direct.add_from_text("milk")
    async with gone_offline(harness) as chat:
        await chat.press("p")
        await chat.wait_for("(1 pending)")
        await chat.press("h")
        await chat.wait_for("History, as far as it is known here", "Added", "priority none → low")


async def test_a_conflict_stays_in_the_conversation_and_undo_is_a_key_away(harness: Harness) -> None:
    milk = (await harness.direct.add_from_text("milk"))[0]
    async with gone_offline(harness) as chat:
        await chat.press("e", *["backspace"] * 4)
        await chat.write("oat milk")
        await chat.press("enter")
        await chat.wait_for("1 ○ oat milk", "(1 pending)")
        harness.clock.advance(minutes=1)
        await harness.direct.edit_task(milk, TaskFields(title="soy milk"))
        harness.proxy.away = False
        await chat.wait_for("“milk” was changed elsewhere while your edit waited.")
        await chat.wait_for("1 ○ oat milk")
        await chat.press("u")
        await chat.wait_for("1 ○ soy milk")
    assert await harness.titles() == ["soy milk"]
    async with harness.opened() as backend, chatting(backend, size=SIZE) as chat:
        await chat.wait_for("“milk” was changed elsewhere while your edit waited.", "x dismiss")
        assert not any("changed elsewhere" in toast for toast in chat.toasts())
        chat.controller.begin_new()
        await chat.until(lambda: chat.controller.loaded)
        await chat.wait_for("“milk” was changed elsewhere while your edit waited.")
        chat.transcript.enter()
        await chat.pilot.pause()
        await chat.press("x")
        await chat.until(lambda: "changed elsewhere" not in chat.text)

        async def dismissed() -> bool:
            return not await backend.notes()

        await until(dismissed)
