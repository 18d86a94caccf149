"""Keys that arrive faster than the screen changes: each goes where the ones before it lead."""

from pathlib import Path

import pytest
from textual.events import Key
from textual.widgets import Input

from kirotodo.client.accounts.selection import ServerSelection
from kirotodo.client.tui.screens.conversations import ConversationsScreen
from kirotodo.client.tui.screens.help import HelpScreen
from kirotodo.client.tui.screens.sign_in import PasswordScreen, SignInScreen
from kirotodo.client.tui.screens.task_edit import DetailsScreen
from kirotodo.client.tui.widgets.task_pane import TaskPane
from kirotodo.core.domain.task import TaskFilter
from tests.client.remote.raw_server import RawServer
from tests.client.tui.chat_host import Chat, backend_of, chatting
from tests.client.tui.list_host import SAMPLE
from tests.client.tui.server_picker_host import Home, chat_in, keep_a_list

RENT = SAMPLE[0]
NAMED = {" ": "space", "@": "at", ".": "full_stop", "/": "slash"}


def burst(chat: Chat, *keys: str) -> None:
    """Send all keys at once, as a program does that types. `<tab>` is a key, anything else a text."""
    for each in keys:
        for key in [each.strip("<>")] if each.startswith("<") else each:
            chat.app.post_message(Key(NAMED.get(key, key), key if len(key) == 1 else None))


def fields(chat: Chat) -> dict[str | None, str]:
    return {field.id: field.value for field in chat.app.screen.query(Input)}


async def to_the_tasks(chat: Chat) -> None:
    pane = chat.screen.query_one(TaskPane)
    await chat.until(lambda: pane.tasks)
    pane.focus()
    await chat.pilot.pause()


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


@pytest.mark.parametrize("to_next", ["<tab>", "<enter>", "<down>"])
async def test_a_password_right_behind_the_key_to_its_field_is_not_shown(
    home: Home, server: RawServer, to_next: str
) -> None:
    keep_a_list(server)
    async with chat_in(home, selection=ServerSelection(server=server.address.url), ready=False) as chat:
        await chat.until(lambda: isinstance(chat.app.screen, SignInScreen) and chat.focused)
        burst(chat, "bob@example.net", to_next, "tulip window 9")
        await chat.until(lambda: fields(chat)["password"] == "tulip window 9")
        assert fields(chat)["email"] == "bob@example.net"
        assert "tulip" not in chat.text
        burst(chat, "x", "<shift+tab>", "x", "<enter>")
        await chat.wait_for("3 open")
    assert server.to("/signin")[0].body == {"email": "bob@example.netx", "password": "tulip window 9x"}


async def test_three_passwords_go_into_three_fields(home: Home) -> None:
    async with chat_in(home) as chat:
        assert chat.app.switcher is not None
        await chat.app.push_screen(PasswordScreen(chat.app.switcher))
        burst(chat, "old one", "<enter>", "new one", "<tab>", "new two")
        await chat.until(lambda: fields(chat)["again"] == "new two")
        assert fields(chat) == {"current": "old one", "new": "new one", "again": "new two"}


async def test_letters_behind_a_key_that_opens_a_dialog_are_typed_into_it() -> None:
    backend = backend_of()
    async with chatting(backend, size=(120, 40)) as chat:
        await to_the_tasks(chat)
        burst(chat, "e", " xn", "<enter>")
        await chat.until(lambda: "pay rent → pay rent xn" in chat.toasts())
    tasks = (await backend.tasks(TaskFilter(status="all"), limit=200)).items
    assert sorted(task.title for task in tasks) == sorted(
        f"{task.title} xn" if task.id == RENT.id else task.title for task in SAMPLE
    )


async def test_every_field_of_the_details_takes_its_own_letters() -> None:
    async with chatting(backend_of(), size=(120, 40)) as chat:
        await to_the_tasks(chat)
        burst(chat, "<enter>", *(part for _ in range(12) for part in ("q", "<tab>")))
        await chat.until(lambda: isinstance(chat.app.screen, DetailsScreen) and "q" in fields(chat).get("tags", ""))
        await chat.pilot.pause()
        assert {value.count("q") for value in fields(chat).values()} <= {1, 2}


async def test_a_search_right_behind_its_key_renames_and_deletes_nothing() -> None:
    async with chatting(backend_of()) as chat:
        burst(chat, "<ctrl+o>", "/drum")
        await chat.until(lambda: isinstance(chat.app.screen, ConversationsScreen))
        await chat.until(lambda: "drum" in fields(chat).values())


async def test_keys_go_on_after_screens_that_open_and_close_in_one_burst() -> None:
    async with chatting(backend_of(), size=(120, 40)) as chat:
        await to_the_tasks(chat)
        burst(chat, *["<f1>", "<f1>", "<ctrl+o>", "<escape>"] * 5, "<f1>")
        await chat.until(lambda: isinstance(chat.app.screen, HelpScreen))
        burst(chat, "<escape>", "i", "still here")
        await chat.until(lambda: chat.draft == "still here")


@pytest.mark.parametrize("keys", [["<ctrl+q>"], ["<ctrl+c>", "<ctrl+c>"]], ids=["ctrl+q", "ctrl+c"])
@pytest.mark.parametrize("opened_by", ["<ctrl+o>", "<f1>", "e"])
async def test_the_keys_that_quit_do_so_over_every_screen(opened_by: str, keys: list[str]) -> None:
    async with chatting(backend_of(), size=(120, 40)) as chat:
        await to_the_tasks(chat)
        burst(chat, opened_by, *keys)
        await chat.until(lambda: not chat.app.is_running)


@pytest.mark.parametrize("key", ["<ctrl+q>", "<ctrl+c>"])
async def test_text_in_a_dialog_is_discarded_at_the_second_press_alone(key: str) -> None:
    async with chatting(backend_of(), size=(120, 40)) as chat:
        await to_the_tasks(chat)
        burst(chat, "n", "buy ink", key)
        await chat.until(chat.toasts)
        assert chat.toasts() == [f"Press {key.strip('<>')} again to quit and discard what you typed here."]
        assert "buy ink" in fields(chat).values()
        burst(chat, key)
        await chat.until(lambda: not chat.app.is_running)


async def test_a_selection_in_a_dialog_is_copied_by_ctrl_c() -> None:
    async with chatting(backend_of(), size=(120, 40)) as chat:
        await to_the_tasks(chat)
        burst(chat, "n", "buy ink", "<shift+home>", "<ctrl+c>", "<ctrl+c>")
        await chat.until(lambda: chat.app.clipboard == "buy ink")
        assert all(each.startswith("Copied 7 characters") for each in chat.toasts()), "ctrl+c would leave the chat"
