"""The list of conversations: read, searched, paged, opened, renamed, deleted and brought back, by every key."""

from datetime import timedelta
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets import Input, OptionList

from kirotodo.client.tui import themes
from kirotodo.client.tui.messages import ConversationDeleted, ConversationRenamed, NewConversation, OpenConversation
from kirotodo.client.tui.screens.conversations import EMPTY, ConversationsScreen, when
from kirotodo.core.domain.conversation import Conversation
from kirotodo.core.errors import InvalidInput
from tests.client.tui.list_backend import ListBackend, ShellHost
from tests.client.tui.list_host import HOSTILE, NOW, running, screen_text, until

MESSAGES = (OpenConversation, NewConversation, ConversationRenamed, ConversationDeleted)


def conversation(id: int, title: str, preview: str = "", *, hours: float = 0) -> Conversation:
    at = NOW - timedelta(hours=hours)
    return Conversation(id=id, title=title, preview=preview, message_count=id * 2, created_at=at, updated_at=at)


THREE = (
    conversation(1, "Groceries", "Added 3 tasks.", hours=30),
    conversation(2, "Bills", "Two match: which one?", hours=2),
    conversation(3, "Garden", "every other friday", hours=100),
)


def host(*conversations: Conversation) -> ShellHost:
    return ShellHost(ListBackend(conversations=conversations))


async def opened(app: ShellHost, pilot: Pilot[Any], current: int | None = None) -> ConversationsScreen:
    screen = ConversationsScreen(current)
    app.push_screen(screen)
    await until(pilot, lambda: app.screen is screen and app.backend.calls_of("conversations") and status(screen))
    return screen


def status(screen: ConversationsScreen) -> str:
    return str(screen.query_one("#status").render())


def titles(screen: ConversationsScreen) -> list[str]:
    options = screen.query_one(OptionList).options
    return [str(option.prompt).split("\n")[0].strip("› ").split("  ")[0] for option in options]


def at(screen: ConversationsScreen) -> int | None:
    return screen.highlighted.id if screen.highlighted else None


def closed(app: ShellHost) -> bool:
    return len(app.screen_stack) == 1


async def test_the_latest_comes_first_with_preview_count_and_date() -> None:
    app = host(*THREE)
    async with running(app, size=(80, 24)) as pilot:
        screen = await opened(app, pilot)
        assert titles(screen) == ["Bills", "Groceries", "Garden"]
        text = " ".join(screen_text(app).replace("│", " ").split())
    assert "Bills 4 · 10:00 Two match: which one?" in text
    assert "Groceries 2 · yesterday Added 3 tasks." in text
    assert "Garden 6 · Fri 20 Nov every other friday" in text
    assert "3 conversations" in text


@pytest.mark.parametrize(
    ("keys", "id"), [(["enter"], 2), (["down", "enter"], 1), (["j", "j", "enter"], 3), (["j", "k", "enter"], 2)]
)
async def test_enter_opens_the_one_under_the_cursor(keys: list[str], id: int) -> None:
    app = host(*THREE)
    async with running(app, *MESSAGES, size=(80, 24)) as pilot:
        await opened(app, pilot)
        await pilot.press(*keys)
        await until(pilot, lambda: closed(app) and app.posted)
    assert [message.conversation_id for message in app.posted_of(OpenConversation)] == [id]


async def test_a_click_opens() -> None:
    app = host(*THREE)
    async with running(app, *MESSAGES, size=(80, 24)) as pilot:
        await opened(app, pilot)
        await pilot.click(OptionList, offset=(5, 3))
        await until(pilot, lambda: closed(app) and app.posted)
    assert [message.conversation_id for message in app.posted_of(OpenConversation)] == [1]


async def test_the_cursor_begins_on_the_open_one() -> None:
    app = host(*THREE)
    async with running(app, size=(80, 24)) as pilot:
        screen = await opened(app, pilot, current=3)
        assert at(screen) == 3
        assert "› Garden" in screen_text(app)


async def test_slash_searches_through_the_backend_and_escape_goes_back_in_steps() -> None:
    app = host(*THREE)
    async with running(app, size=(80, 24)) as pilot:
        screen = await opened(app, pilot)
        await pilot.press("slash", *"friday")
        await until(pilot, lambda: titles(screen) == ["Garden"])
        assert "1 found" in screen_text(app)
        assert len(app.backend.calls_of("conversations")) < 7
        await pilot.press(*"zz")
        await until(pilot, lambda: "No conversation contains “fridayzz”." in screen_text(app))
        await pilot.press("escape")
        await until(pilot, lambda: len(titles(screen)) == 3)
        await pilot.press("escape")
        await until(pilot, lambda: closed(app))


async def test_letters_in_the_search_are_text_and_down_goes_to_the_list() -> None:
    app = host(*THREE)
    async with running(app, *MESSAGES, size=(80, 24)) as pilot:
        screen = await opened(app, pilot)
        await pilot.press("up", *"Bil", "down")
        await until(pilot, lambda: titles(screen) == ["Bills"])
        await until(pilot, lambda: screen.query_one(OptionList).has_focus)
        assert screen.query_one("#search", Input).value == "Bil"
        await pilot.press("enter")
        await until(pilot, lambda: app.posted)
    assert app.posted_of(OpenConversation)[0].conversation_id == 2


async def test_r_renames_in_place() -> None:
    app = host(*THREE)
    async with running(app, *MESSAGES, size=(80, 24)) as pilot:
        screen = await opened(app, pilot)
        await pilot.press("r", *" & rent", "enter")
        await until(pilot, lambda: "Bills & rent" in titles(screen))
        assert screen.query_one(OptionList).has_focus
        assert at(screen) == 2
    assert app.backend.calls_of("rename_conversation") == [(2, "Bills & rent")]
    assert app.posted_of(ConversationRenamed)[0].conversation.title == "Bills & rent"


async def test_a_refused_title_stays_in_its_field_and_escape_leaves_only_the_rename() -> None:
    app = host(*THREE)
    async with running(app, *MESSAGES, size=(80, 24)) as pilot:
        screen = await opened(app, pilot)
        await pilot.press("r")
        app.backend.refusal = InvalidInput("A title has 200 characters at most.")
        await pilot.press(*"x", "enter")
        await until(pilot, lambda: "A title has 200 characters at most." in screen_text(app))
        assert screen.query_one("#rename", Input).value == "Billsx"
        await pilot.press("escape")
        await until(pilot, lambda: screen.query_one(OptionList).has_focus)
        assert app.screen is screen


@pytest.mark.parametrize("key", ["d", "delete"])
async def test_delete_can_be_taken_back(key: str) -> None:
    app = host(*THREE)
    async with running(app, *MESSAGES, size=(80, 24)) as pilot:
        screen = await opened(app, pilot)
        await pilot.press(key)
        await until(pilot, lambda: titles(screen) == ["Groceries", "Garden"])
        assert app.posted_of(ConversationDeleted)[0].conversation_id == 2
        assert app.toasts == ["Deleted “Bills” · u brings it back"]
        assert at(screen) == 1
        await pilot.press("u")
        await until(pilot, lambda: len(titles(screen)) == 3)
        assert app.toasts[-1] == "“Bills” is back"
        await pilot.press("u")
        await pilot.pause()
    assert app.backend.calls_of("restore_conversation") == [(2,)]


@pytest.mark.parametrize("conversations", [(), THREE])
async def test_n_begins_a_new_one(conversations: tuple[Conversation, ...]) -> None:
    app = host(*conversations)
    async with running(app, *MESSAGES, size=(80, 24)) as pilot:
        await opened(app, pilot)
        await pilot.press("n")
        await until(pilot, lambda: closed(app) and app.posted_of(NewConversation))


async def test_an_empty_list_says_so_and_its_keys_do_nothing() -> None:
    app = host()
    async with running(app, *MESSAGES, size=(80, 24)) as pilot:
        screen = await opened(app, pilot)
        await until(pilot, lambda: EMPTY in screen_text(app))
        await pilot.press("enter", "r", "d", "u", "up", "down")
        await pilot.pause()
        assert app.screen is screen
    assert app.posted == []


async def test_more_pages_come_when_the_end_is_near() -> None:
    app = host(*(conversation(n, f"Talk {n}", hours=n) for n in range(1, 121)))
    async with running(app, size=(80, 24)) as pilot:
        screen = await opened(app, pilot)
        assert len(titles(screen)) == 50
        assert "120 conversations" in screen_text(app)
        await pilot.press("end")
        await until(pilot, lambda: len(titles(screen)) == 100)
        assert at(screen) == 50
        await pilot.press("end")
        await until(pilot, lambda: len(titles(screen)) == 120)
        await pilot.press("G", "down")
        await until(pilot, lambda: at(screen) == 120)
        await pilot.press("pageup")
        await until(pilot, lambda: 100 < (at(screen) or 0) < 120)
        await pilot.press("home", "pagedown", "g")
        await until(pilot, lambda: at(screen) == 1)


async def test_a_backend_that_refuses_is_told_in_its_words() -> None:
    app = host(*THREE)
    app.backend.refusal = InvalidInput("The list cannot be read [/].")
    async with running(app, size=(80, 24)) as pilot:
        await opened(app, pilot)
        await until(pilot, lambda: "The list cannot be read [/]." in screen_text(app))
        await pilot.press("escape")
        await until(pilot, lambda: closed(app))


@pytest.mark.parametrize("size", [(80, 24), (40, 12), (20, 6)])
async def test_no_title_or_preview_does_harm_at_any_size(size: tuple[int, int]) -> None:
    app = host(*(conversation(n, text, text) for n, text in enumerate(HOSTILE, 1)))
    async with running(app, *MESSAGES, size=size) as pilot:
        await opened(app, pilot)
        for _ in HOSTILE:
            assert not set("\x1b\x07\u202e") & set(screen_text(app))
            await pilot.press("r", "escape", "down")
        await pilot.resize_terminal(60, 20)
        await pilot.press("enter")
        await until(pilot, lambda: closed(app) and app.posted)


@pytest.mark.parametrize(
    ("ago", "word"),
    [
        (timedelta(seconds=20), "just now"),
        (timedelta(seconds=-20), "just now"),
        (timedelta(minutes=5), "5 min"),
        (timedelta(hours=3), "09:00"),
        (timedelta(hours=13), "yesterday"),
        (timedelta(days=4), "Fri 20 Nov"),
        (timedelta(days=400), "Mon 20 Oct 2025"),
    ],
)
def test_a_past_moment_in_a_word(ago: timedelta, word: str) -> None:
    assert when(NOW - ago, NOW) == word


async def test_without_colours_the_cursor_is_marked_all_the_same() -> None:
    app = host(*THREE)
    app.theme = themes.ANSI
    async with running(app, size=(80, 24)) as pilot:
        screen = await opened(app, pilot)
        await until(pilot, lambda: at(screen) == 2)
        lines = [screen.query_one(OptionList).render_line(index) for index in range(6)]
    marked = [any(segment.style and segment.style.underline for segment in line) for line in lines]
    assert marked == [True, True, False, False, False, False]
