"""The palette has every action of the key table, and every setting; what is chosen is done, or it leads to where."""

import tomllib
from collections import Counter
from pathlib import Path
from typing import Any, Final

from textual.command import Hit

from kirotodo.client.testing.script import say
from kirotodo.client.tui.key_file import KeyFile
from kirotodo.client.tui.keymap import ACTIONS, BY_ID, HEADINGS
from kirotodo.client.tui.screens.conversations import ConversationsScreen
from kirotodo.client.tui.screens.keys import KeysScreen
from kirotodo.client.tui.screens.palette import OPENERS, WHEN, WIDGETS, KirotodoCommands
from kirotodo.client.tui.screens.task_edit import DetailsScreen
from kirotodo.client.tui.screens.theme_picker import ThemePickerScreen
from kirotodo.client.tui.shell import ShownSetting
from kirotodo.core.domain.view import View
from tests.client.tui.chat_host import Chat, backend_of, chatting, deleting
from tests.client.tui.list_host import SAMPLE

WIDE: Final = (120, 40)


async def found(chat: Chat, query: str) -> list[Hit]:
    provider = KirotodoCommands(chat.screen)
    hits = [hit async for hit in provider.search(query) if isinstance(hit, Hit)]
    return sorted(hits, key=lambda hit: -hit.score)


async def choose(chat: Chat, query: str, text: str, *, about: str = "") -> None:
    hits = await found(chat, query)
    hit = next(hit for hit in hits if str(hit.text).startswith(text) and about in str(hit.help))
    done: Any = hit.command()
    if done is not None and hasattr(done, "__await__"):
        await done
    await chat.pilot.pause()


async def test_every_action_of_the_key_table_is_found_by_its_title() -> None:
    async with chatting(backend_of(), size=WIDE) as chat:
        missing = Counter[str]()
        for title in {action.title for action in ACTIONS}:
            hits = [(str(hit.text).casefold(), str(hit.help)) for hit in await found(chat, title)]
            wanted = [action for action in ACTIONS if action.title == title]
            for action in wanted:
                there = sum(text == title.casefold() and help.startswith(action.help) for text, help in hits)
                alike = sum(other.help == action.help for other in wanted)
                missing[action.id] += there != alike
        assert [id for id, count in missing.items() if count] == []
        assert len(missing) == len(ACTIONS) == len(BY_ID)


def test_every_scope_is_one_of_the_chat_or_has_something_that_opens_it() -> None:
    assert {"app", "chat", *WIDGETS, *OPENERS} == set(HEADINGS)
    assert WIDGETS.keys() == WHEN.keys()
    assert set(OPENERS.values()) <= set(BY_ID)


async def test_no_action_that_is_chosen_fails_whatever_is_on_the_screen() -> None:
    left_out = {"app.quit", "app.suspend", "app.interrupt", "composer.open_editor", "composer.quit_if_empty"}
    async with chatting(backend_of(), size=WIDE) as chat:
        one_of_each_screen = {action.scope: action for action in ACTIONS if action.scope in OPENERS}.values()
        for action in (*(each for each in ACTIONS if each.scope not in OPENERS), *one_of_each_screen):
            if action.id not in left_out:
                await KirotodoCommands(chat.screen)._run(action)
                await chat.pilot.pause()
                for _ in range(4):
                    if chat.app.screen is not chat.screen:
                        chat.app.pop_screen()
                        await chat.pilot.pause()
        assert chat.app.screen is chat.screen


async def test_an_action_acts_on_the_newest_of_its_kind() -> None:
    backend = backend_of([say("a fine answer")], deleting(SAMPLE[0], SAMPLE[1]))
    async with chatting(backend, size=WIDE) as chat:
        await chat.say("hello")
        await chat.wait_for("a fine answer")
        await chat.idle()
        await choose(chat, "copy", "Copy", about="Copy the message.")
        await chat.until(lambda: chat.app.clipboard == "a fine answer")
        await choose(chat, "priority", "Priority", about="task list")
        await chat.until(lambda: "!!! pay rent" not in chat.text)
        assert (await backend.task(12)).priority != SAMPLE[0].priority
        await chat.press("i")
        await chat.say("delete them")
        await chat.until(lambda: chat.approval.asking)
        await choose(chat, "no", "No", about="Don't allow it.")
        await chat.wait_for("Left as they are.")


async def test_what_is_not_there_is_said_and_a_screen_is_opened() -> None:
    async with chatting(backend_of(), size=WIDE) as chat:
        await choose(chat, "yes", "Yes", about="Allow it.")
        await chat.until(lambda: "“yes” works while a change waits for your approval." in chat.toasts())
        for query, text, screen, said in (
            ("rename", "Rename", ConversationsScreen, "r does that here: Rename the conversation."),
            ("reset all", "Reset all", KeysScreen, "R does that here: Give every action its own keys back."),
            ("save", "Save", DetailsScreen, "enter does that here: Save the changes."),
        ):
            await choose(chat, query, text)
            await chat.until(lambda screen=screen: isinstance(chat.app.screen, screen))  # type: ignore[misc]
            await chat.until(lambda said=said: [each for each in chat.toasts() if each.startswith(said)])  # type: ignore[misc]
            await chat.press("escape")
            await chat.until(lambda: chat.app.screen is chat.screen)


async def test_settings_are_changed_there_with_their_value_shown(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    settings = [ShownSetting("AGENT_TIMEOUT", "30.0", "default", "Seconds a turn may take.")]
    async with chatting(backend_of(), size=WIDE, key_file=KeyFile(path), settings=settings) as chat:
        await choose(chat, "vim", "Setting: keys vim = off")
        assert tomllib.loads(path.read_text()) == {"keys": {"preset": "vim"}}
        assert chat.app.keys.keys["tasks.sort"] == ("s",)
        await choose(chat, "enter-newline", "Setting: keys enter-newline = off")
        assert tomllib.loads(path.read_text()) == {"keys": {"preset": "vim enter-newline"}}
        await choose(chat, "vim", "Setting: keys vim = on")
        await choose(chat, "enter-newline", "Setting: keys enter-newline = on")
        assert chat.app.keys.keys["tasks.sort"] == ("o",)
        await choose(chat, "mouse", "Setting: mouse = on")
        await choose(chat, "mouse", "Setting: mouse = off")
        assert chat.app.mouse
        await choose(chat, "setting task list", "Setting: task list = on")
        assert not chat.app.state.pane_open
        await choose(chat, "timeout", "Setting: AGENT_TIMEOUT = 30.0")
        assert any("it counts from the next start" in toast for toast in chat.toasts())
        await choose(chat, "setting theme", "Setting: theme = dark")
        await chat.until(lambda: isinstance(chat.app.screen, ThemePickerScreen))


async def test_saved_views_are_found_by_name() -> None:
    backend = backend_of()
    await backend.save_view(View(name="errands", filter="+shopping"))
    async with chatting(backend, size=WIDE) as chat:
        await chat.until(lambda: chat.screen.view.tasks.has_view("saved:errands"))
        await choose(chat, "errands", "View: errands")
        await chat.until(lambda: chat.screen.view.tasks.view.id == "saved:errands")
