"""The keys of vim in the task list: numbers, two letters that belong together, and a range that is marked."""

import pytest

from kirotodo.client.tui.keymap import PRESET, Keymap, keymap
from kirotodo.client.tui.pending_keys import Command, PendingKeys
from kirotodo.client.tui.screens.help import help_text
from kirotodo.client.tui.screens.keys import KeysScreen
from kirotodo.client.tui.screens.postpone import PostponeScreen
from kirotodo.client.tui.screens.task_edit import BulkScreen, DueScreen
from kirotodo.client.tui.screens.view_picker import ViewPickerScreen
from tests.client.tui.chat_host import backend_of, chatting
from tests.client.tui.list_host import SAMPLE

VIM = {PRESET: "vim"}
ORDER = (12, 4, 3, 9, 14, 15)
"""The tasks of the sample as the list shows them."""


def typed(keys: str, keymap: Keymap, *, at_once: bool = False) -> list[object]:
    """What becomes of each of these keys."""
    pending = PendingKeys()
    return [pending.take(key, keymap.keys, scopes=("tasks", "chat"), at_once=at_once) for key in keys.split()]


@pytest.mark.parametrize(
    ("keys", "last"),
    [
        ("j", None),
        ("3 j", Command("tasks.cursor_down", 3)),
        ("1 0 j", Command("tasks.cursor_down", 10)),
        ("0", None),
        ("d d", Command("tasks.delete")),
        ("2 d d", Command("tasks.delete", 2)),
        ("g g", Command("tasks.first")),
        ("3 W", Command("chat.views", 3)),
        ("9 9 9 9 9 j", Command("tasks.cursor_down", 9999)),
        ("3 escape", "waits"),
        ("3 escape j", None),
        ("d escape", "waits"),
        ("d j", "waits"),
        ("d j j", None),
        ("d down", None),
        ("2 f12", None),
        ("2 f12 j", None),
        ("d 2", "waits"),
        ("d 2 d d", Command("tasks.delete")),
    ],
)
def test_keys_wait_for_what_belongs_to_them(keys: str, last: object) -> None:
    assert typed(keys, keymap(VIM))[-1] == last


def test_without_a_preset_digits_are_views_and_letters_act_at_once() -> None:
    assert typed("3 d g", keymap()) == [None, None, None]


def test_a_letter_of_two_acts_at_once_where_a_range_is_marked() -> None:
    assert typed("d", keymap(VIM), at_once=True) == [Command("tasks.delete")]


@pytest.mark.parametrize(
    ("own", "problem"),
    [
        ({"tasks.done": "dd"}, "'tasks.due' has no key left."),
        ({"tasks.done": "dd", "tasks.due": "d"}, "'d' is set for both 'tasks.done' and 'tasks.due'"),
        ({"tasks.done": "d", "tasks.due": "dx"}, "'dx' is set for both 'tasks.done' and 'tasks.due'"),
        ({"chat.undo": "zz"}, "'zz' isn't a key"),
        ({"tasks.done": "d1"}, "'d1' isn't a key"),
    ],
)
def test_two_letters_are_a_key_of_the_task_list_unless_one_of_them_is(own: dict[str, str], problem: str) -> None:
    assert any(problem in said for said in keymap(own).problems)


def test_two_keys_may_begin_with_the_same_letter() -> None:
    result = keymap({"tasks.done": "zd", "tasks.due": "zt"})
    assert (result.keys["tasks.done"], result.keys["tasks.due"]) == (("zd",), ("zt",))
    assert typed("z t", result)[-1] == Command("tasks.due")


async def test_a_number_says_how_far_to_go_and_how_many_to_change() -> None:
    backend = backend_of(tasks=SAMPLE)
    async with chatting(backend, size=(120, 40), keys=VIM) as chat:
        pane = chat.screen.view.tasks

        def here() -> int | None:
            return pane.current.id if pane.current else None

        await chat.press("ctrl+l", *"gg", *"3j")
        await chat.until(lambda: here() == ORDER[3])
        await chat.press(*"2k")
        await chat.until(lambda: here() == ORDER[1])
        await chat.press(*"5G")
        await chat.until(lambda: here() == ORDER[4])
        await chat.press(*"2gg")
        await chat.until(lambda: here() == ORDER[1])
        await chat.press("3")
        await chat.wait_for("─ 3 ─")
        await chat.press("t")
        await chat.until(lambda: isinstance(chat.app.screen, PostponeScreen))
        await chat.wait_for("postpone 3 tasks")
        await chat.press("escape", "3", "escape", "D")
        await chat.until(lambda: isinstance(chat.app.screen, DueScreen))
        await chat.press("escape", *"2cc")
        await chat.until(lambda: isinstance(chat.app.screen, BulkScreen))
        await chat.press("escape", *"2dd")
        await chat.until(lambda: {each.id for each in pane.tasks} == set(ORDER) - {4, 3})
        await chat.press("u")
        await chat.until(lambda: {each.id for each in pane.tasks} == set(ORDER))


async def test_a_number_chooses_a_view_and_zero_shows_all() -> None:
    async with chatting(backend_of(tasks=SAMPLE), size=(120, 40), keys=VIM) as chat:
        await chat.press("ctrl+l", *"4W")
        await chat.wait_for("+shopping", "projects")
        await chat.press("0")
        await chat.wait_for("tasks · 6")
        await chat.press(*"7W")
        await chat.until(lambda: any("no such saved view" in toast for toast in chat.toasts()))
        await chat.press("W")
        await chat.until(lambda: isinstance(chat.app.screen, ViewPickerScreen))


@pytest.mark.parametrize(("keys", "range_key", "delete"), [(VIM, "V", "d"), (VIM, "v", "x"), ({}, "r", "x")])
async def test_a_range_is_marked_as_one_goes_and_then_changed(
    keys: dict[str, str], range_key: str, delete: str
) -> None:
    backend = backend_of(tasks=SAMPLE)
    async with chatting(backend, size=(120, 40), keys=keys) as chat:
        pane = chat.screen.view.tasks
        await chat.press("ctrl+l", "home", "j", range_key)
        await chat.wait_for("1 marked, up to here")
        await chat.press("j", "j", "j")
        await chat.wait_for("4 marked, up to here")
        await chat.press("k")
        await chat.wait_for("3 marked, up to here")
        await chat.press("home")
        await chat.wait_for("2 marked, up to here")
        await chat.press("j", "j", range_key, "j")
        await chat.wait_for("2 marked ")
        assert [task.id for task in pane.targets] == [3, 4] or [task.id for task in pane.targets] == [4, 3]
        await chat.press("end", range_key, "k")
        await chat.wait_for("4 marked, up to here")
        await chat.press("escape")
        await chat.until(lambda: "marked" not in chat.text)
        await chat.press("home", range_key, "j", delete)
        await chat.until(lambda: {each.id for each in pane.tasks} == set(ORDER) - {12, 4})
        await chat.press("j")
        assert "marked" not in chat.text


async def test_a_range_of_days_is_marked_in_the_week() -> None:
    async with chatting(backend_of(tasks=SAMPLE), size=(120, 40)) as chat:
        await chat.press("ctrl+l", "3", "f", "home", "r", "right", "right")
        await chat.wait_for("marked, up to here")
        assert {task.id for task in chat.screen.view.tasks.targets} >= {12, 4}


async def test_a_comma_begins_a_number_with_every_keymap() -> None:
    async with chatting(backend_of(tasks=SAMPLE), size=(120, 40)) as chat:
        await chat.press("ctrl+l", "home", "comma")
        await chat.wait_for("─ … ─")
        await chat.press(*"2m")
        await chat.wait_for("2 marked ")
        await chat.press("1")
        await chat.wait_for("today · 0 of 3 done")


async def test_the_help_and_the_keys_show_them() -> None:
    lines = help_text(keymap(VIM)).plain.splitlines()
    assert any(line.startswith("dd  x  del") and line.endswith("Undo brings it back.") for line in lines)
    assert any(line.startswith("gg  home") for line in lines)
    assert any("Mark from here to where you go" in line and line.startswith("v  V") for line in lines)
    async with chatting(backend_of(tasks=SAMPLE), size=(80, 24), keys=VIM) as chat:
        await chat.press("ctrl+l", "K")
        await chat.until(lambda: isinstance(chat.app.screen, KeysScreen))
        await chat.press("slash", *"tasks.count", "enter")
        await chat.wait_for("1  2  3", "how many tasks")
        await chat.press("escape", "slash", *"tasks.due", "enter", "enter", "d")
        await chat.wait_for("d is the key of “delete”")
