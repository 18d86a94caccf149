"""Keys are changed in the chat: pressed, written to config.toml beside what stands there, and used at once."""

import tomllib
from pathlib import Path
from typing import Any

import pytest
from textual.widgets import Static

from kirotodo.client.tui.key_file import KeyFile
from kirotodo.client.tui.keymap import ACTIONS, NO_KEY, PRESET, keymap
from kirotodo.client.tui.screens.keys import KeysScreen
from kirotodo.core.errors import ConfigError
from tests.client.tui.chat_host import Chat, backend_of, chatting

CONFIG = """\
# my settings
model = "built-in"  # the quick one

[keys]
preset = "vim"
"tasks.page" = "h"  # as ever

[models.fast]
model = "x"  # an example
"""


async def opened(chat: Chat, search: str = "") -> KeysScreen:
    await chat.press("ctrl+l", "K")
    await chat.until(lambda: isinstance(chat.app.screen, KeysScreen))
    screen = chat.app.screen
    assert isinstance(screen, KeysScreen)
    if search:
        await chat.press("slash")
        await chat.write(search)
        await chat.press("enter")
        await chat.until(lambda: screen._current() is not None and search in screen._current().id)  # type: ignore[union-attr]
    return screen


async def left(chat: Chat) -> None:
    await chat.press("escape", "escape")
    await chat.until(lambda: chat.app.screen is chat.screen)


async def test_a_key_that_is_pressed_runs_the_action_at_once_and_after_a_restart(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text(CONFIG)
    options: dict[str, Any] = {"key_file": KeyFile(path), "size": (120, 40)}
    async with chatting(backend_of(), keys={PRESET: "vim", "tasks.page": "h"}, **options) as chat:
        await opened(chat, "chat.statistics")
        await chat.press("enter")
        await chat.wait_for("Press the new key for “statistics”")
        await chat.press("f9")
        await chat.wait_for("f9 runs “statistics” now.", "f9", "changed")
        await left(chat)
        await chat.press("f9")
        await chat.wait_for("statistics", "count again")
    text = path.read_text()
    assert text == CONFIG.replace("# as ever\n", '# as ever\n"chat.statistics" = "f9"\n')
    async with chatting(backend_of(), keys=tomllib.loads(text)["keys"], **options) as chat:
        await chat.press("f9")
        await chat.wait_for("count again")


async def test_a_key_of_another_action_is_taken_over_or_left(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    async with chatting(backend_of(), key_file=KeyFile(path), size=(80, 24)) as chat:
        await opened(chat, "tasks.due")
        await chat.press("enter", "e")
        await chat.wait_for("e is the key of “edit” (The task list).")
        await chat.press("escape")
        await chat.wait_for("Nothing was changed.")
        assert not path.exists()
        await chat.press("enter", "e", "enter")
        await chat.wait_for("e runs “due” now.")
        assert tomllib.loads(path.read_text())["keys"] == {"tasks.due": "e", "tasks.edit": NO_KEY}
        assert chat.app.keys.problems == ()
        await left(chat)
        await chat.press("ctrl+l", "e")
        await chat.wait_for("due")
        await chat.press("escape")


async def test_an_action_gets_one_more_key_and_its_own_ones_back(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text('# mine\n[keys]\ntasks.done = "space"  # one\n')
    async with chatting(backend_of(), keys={"tasks.done": "space"}, key_file=KeyFile(path)) as chat:
        await opened(chat, "tasks.done")
        await chat.press("a", "f9")
        await chat.wait_for("f9 runs “done” now.")
        assert path.read_text() == '# mine\n[keys]\ntasks.done = "space f9"  # one\n'
        await chat.press("r")
        await chat.wait_for("“done” has its own keys again.")
        assert tomllib.loads(path.read_text()).get("keys", {}).get("tasks", {}) == {}
        assert path.read_text().startswith("# mine\n")
        await chat.press("r")
        await chat.wait_for("“done” has its own keys.")


async def test_all_keys_are_reset_at_the_second_press_and_a_preset_stays(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text('[keys]\npreset = "vim"\n"tasks.due" = "f9"\n"tasks.new" = "f8"\n')
    own = tomllib.loads(path.read_text())["keys"]
    async with chatting(backend_of(), keys=own, key_file=KeyFile(path)) as chat:
        await opened(chat)
        await chat.press("R")
        await chat.wait_for("Press R again to reset 2 changed actions.")
        await chat.press("down", "R")
        await chat.wait_for("Every action has its own keys again.")
        assert tomllib.loads(path.read_text())["keys"] == {"preset": "vim"}
        assert chat.app.keys == keymap({PRESET: "vim"})
        await chat.press("R")
        await chat.wait_for("No key was changed.")


@pytest.mark.parametrize(
    ("action", "key", "words"),
    [
        ("composer.submit", "x", "'x' types text in the composer"),
        ("app.suspend", "q", "'q' types text everywhere"),
        ("tasks.done", "ctrl+t", "ctrl+t would hide “tasks” (Everywhere in the chat"),
        ("tasks.done", "ctrl+q", "ctrl+q is the key of “quit” (Everywhere)."),
        ("app.suspend", "ctrl+t", "ctrl+t would hide “tasks”"),
    ],
)
async def test_what_a_key_would_do_elsewhere_is_said_before_anything_is_written(
    tmp_path: Path, action: str, key: str, words: str
) -> None:
    path = tmp_path / "config.toml"
    async with chatting(backend_of(), key_file=KeyFile(path), size=(120, 40)) as chat:
        await opened(chat, action)
        await chat.press("enter", key)
        await chat.wait_for(words)
        await chat.press("escape")
        await chat.wait_for("Nothing was changed.")
    assert not path.exists()


async def test_a_file_that_can_not_be_changed_is_said_and_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text("keys = [oops")
    async with chatting(backend_of(), key_file=KeyFile(path), size=(120, 40)) as chat:
        screen = await opened(chat, "tasks.done")
        await chat.press("enter", "f9")
        await chat.until(lambda: "isn't valid TOML" in str(screen.query_one("#keymap-status", Static).content))
        assert chat.app.keys.keys["tasks.done"] == ("space",)
    assert path.read_text() == "keys = [oops"


async def test_hints_show_the_new_key_at_once() -> None:
    async with chatting(backend_of(), size=(120, 40)) as chat:
        await chat.app.change_keys({"tasks.done": "f9", "chat.help": "f8", "chat.view_today": "f7"})
        await chat.wait_for("f9 done", "f8 help", "f7")


async def test_the_help_leads_to_it_and_a_command_opens_it() -> None:
    async with chatting(backend_of()) as chat:
        await chat.press("f1", "c")
        await chat.until(lambda: isinstance(chat.app.screen, KeysScreen))
        await left(chat)
        await chat.say("/keys")
        await chat.until(lambda: isinstance(chat.app.screen, KeysScreen))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "# nothing\n",
        '[keys]\n"tasks.done" = "x"\n',
        '[keys]\ntasks.done = ["x", "y"]  # two\n\n[models.fast]\nmodel = "x"\n',
        '[keys.tasks]\ndone = "x"\n',
        'keys = { "tasks.done" = "x" }\n',
        '\ufeffmodel = "built-in"\r\n[keys]\r\n"chat.help" = "f5" # c\r\n',
    ],
)
def test_every_notation_of_keys_is_changed_in_place_and_reset(tmp_path: Path, text: str) -> None:
    path = tmp_path / "config.toml"
    path.write_bytes(text.encode())
    file = KeyFile(path)
    before = tomllib.loads(text.removeprefix("\ufeff"))
    assert file.change({"tasks.done": "f9 space", "tasks.due": "f8"})["tasks.done"] == "f9 space"
    assert {key: value for key, value in tomllib.loads(path.read_text()).items() if key != "keys"} == {
        key: value for key, value in before.items() if key != "keys"
    }
    kept = file.change({"tasks.done": None, "tasks.due": None})
    assert set(kept) <= {"chat.help"}
    for comment in ("# nothing", "# c"):
        assert (comment in path.read_text()) == (comment in text)


def test_a_table_that_is_none_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text('keys = "vim"\n')
    with pytest.raises(ConfigError, match="keys are a table"):
        KeyFile(path).change({"tasks.done": "x"})


def test_every_action_can_be_left_without_a_key() -> None:
    result = keymap({action.id: NO_KEY for action in ACTIONS})
    assert result.problems == ()
    assert not any(result.keys.values())
