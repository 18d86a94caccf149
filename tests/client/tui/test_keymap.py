"""One registry feeds every binding and the help, has no conflicts, and takes a keymap over it."""

import importlib
import inspect
import pkgutil
from collections import Counter
from collections.abc import Iterator

import pytest
from textual.app import App
from textual.binding import Binding
from textual.dom import DOMNode
from textual.widget import Widget

import kirotodo.client.tui
from kirotodo.client.testing.script import say
from kirotodo.client.tui.keymap import (
    ACTIONS,
    BY_ID,
    HEADINGS,
    PRESET,
    PRESETS,
    bindings,
    hints,
    key_label,
    keymap,
    read_key,
)
from kirotodo.client.tui.screens.help import KEYS_WIDTH, help_text
from tests.client.tui.chat_host import backend_of, chatting


def classes() -> Iterator[type[DOMNode]]:
    """Every app, screen and widget of the terminal client."""
    for module in pkgutil.walk_packages(kirotodo.client.tui.__path__, "kirotodo.client.tui."):
        for _, found in inspect.getmembers(importlib.import_module(module.name), inspect.isclass):
            if issubclass(found, DOMNode) and found.__module__ == module.name:
                yield found


@pytest.mark.parametrize("found", sorted(classes(), key=str), ids=lambda found: found.__name__)
def test_every_binding_comes_from_the_registry_and_has_its_method(found: type[DOMNode]) -> None:
    own = list(Binding.make_bindings(found.__dict__.get("BINDINGS", ())))
    assert {binding.id for binding in own} <= set(BY_ID)
    for binding in own:
        assert hasattr(found, f"action_{binding.action}") or "." in binding.action, binding


def test_every_action_with_a_widget_is_bound_by_one() -> None:
    bound = {binding.id for found in classes() for binding in Binding.make_bindings(found.__dict__.get("BINDINGS", ()))}
    assert set(BY_ID) - bound == set()


def test_no_two_actions_of_a_scope_share_a_key() -> None:
    uses = Counter((action.scope, binding.key) for action in ACTIONS for binding in _keys(action.keys))
    assert [use for use, count in uses.items() if count > 1] == []


def _keys(keys: tuple[str, ...]) -> list[Binding]:
    return list(Binding.make_bindings([Binding(",".join(keys), "x")])) if keys else []


def test_nothing_essential_hangs_on_keys_that_terminals_keep_for_themselves() -> None:
    risky = {"ctrl+a", "ctrl+b", "ctrl+s", "alt+up", "alt+down", "alt+left", "alt+right"}
    for action in ACTIONS:
        assert not risky & set(action.keys), action.id
        if action.id != "app.quit":
            assert "ctrl+q" not in action.keys
        if action.id != "app.suspend":
            assert "ctrl+z" not in action.keys


def test_where_text_is_written_no_letter_is_a_key() -> None:
    for action in ACTIONS:
        if action.scope in ("app", "composer", "dialog"):
            assert all(len(key_label(key)) > 1 or key in ("up", "down") for key in action.keys), action.id


def test_every_action_has_a_scope_words_and_a_key() -> None:
    for action in ACTIONS:
        assert action.scope in HEADINGS
        assert action.title
        assert action.help.endswith(".")
        assert len(action.help) <= 58
        assert action.keys
    assert len(BY_ID) == len(ACTIONS)


def test_the_help_lists_every_action_with_its_keys() -> None:
    lines = help_text(keymap()).plain.splitlines()
    for action in ACTIONS:
        labels = "  ".join(key_label(key) for key in action.keys)
        alone = labels in lines and f"{' ' * KEYS_WIDTH}{action.help}" in lines  # too many keys for their column
        assert alone or any(line.startswith(labels) and line.endswith(action.help) for line in lines), action.id
    for heading in HEADINGS.values():
        assert heading in lines


@pytest.mark.parametrize("names", [*PRESETS, "vim enter-newline", "emacs, enter-newline"])
def test_presets_leave_every_action_a_key_and_no_two_the_same(names: str) -> None:
    result = keymap({PRESET: names})
    assert result.problems == ()
    uses = Counter((BY_ID[id].scope, key) for id, keys in result.keys.items() for key in keys)
    assert [use for use, count in uses.items() if count > 1] == []


def test_own_keys_come_over_a_preset_and_an_unknown_preset_is_reported() -> None:
    result = keymap({PRESET: "vim nano", "tasks.redo": "R"})
    assert result.problems == ("There is no preset 'nano'. Choose from vim, emacs, enter-newline.",)
    assert (result.keys["tasks.redo"], result.keys["chat.redo"]) == (("R",), ("ctrl+r", "U"))


async def test_enter_can_make_a_newline() -> None:
    async with chatting(backend_of([say("hi.")]), keys={PRESET: "enter-newline"}) as chat:
        await chat.press("a", "enter", "b", "alt+enter")
        await chat.wait_for("hi.")
        assert chat.app.state.history == ["a\nb"]


def test_hints_take_what_fits() -> None:
    assert hints("tasks", width=31).plain == "space done · e edit · d due"
    assert hints("tasks", width=3).plain == ""
    assert hints("tasks").plain.startswith("space done · e edit · d due · n new")


# --- the keymap ---


def test_an_override_takes_its_key_from_the_default() -> None:
    result = keymap({"tasks.edit": "y, f4", "tasks.done": "e"})
    assert result.keys["tasks.edit"] == ("y", "f4")
    assert result.keys["tasks.done"] == ("e",)
    assert result.problems == ()


def test_an_action_that_loses_its_only_key_is_reported() -> None:
    result = keymap({"tasks.due": "e"})
    assert result.keys["tasks.edit"] == ()
    assert result.problems == ("'tasks.edit' has no key left.",)
    assert result.textual()["tasks.edit"] == "unbound"


@pytest.mark.parametrize(
    ("overrides", "words"),
    [
        ({"tasks.fly": "f"}, "no action 'tasks.fly'"),
        ({"tasks.edit": "f", "tasks.due": "f"}, "both 'tasks.edit' and 'tasks.due'"),
        ({"tasks.edit": "?", "tasks.due": "question_mark"}, "'?' is set for both"),
        ({"composer.submit": "s"}, "'s' types text in the composer"),
        ({"dialog.close": "q"}, "'q' types text in the dialog"),
        ({"composer.submit": "-"}, "'-' types text in the composer"),
        ({"app.suspend": "q"}, "'q' types text everywhere"),
        ({"tasks.dne": "f4"}, "Did you mean 'tasks.done'?"),
        ({"tasks.done": "ctlr+t"}, "'ctlr+t' isn't a key"),
        ({"tasks.done": "space bogus"}, "'bogus' isn't a key"),
        ({"tasks.done": ""}, "'tasks.done' is given no key"),
    ],
)
def test_what_cannot_be_done_is_reported_and_left_out(overrides: dict[str, str], words: str) -> None:
    result = keymap(overrides)
    assert any(words in problem for problem in result.problems)
    last = list(overrides)[-1]
    if last in BY_ID:
        assert result.keys[last] == BY_ID[last].keys


def test_a_key_that_hides_one_of_the_screen_around_is_done_and_said() -> None:
    result = keymap({"tasks.done": "ctrl+t"})
    assert result.keys["tasks.done"] == ("ctrl+t",)
    assert result.problems == ("'ctrl+t' now runs 'tasks.done', which hides 'chat.toggle_tasks' there.",)


def test_a_key_that_comes_first_everywhere_is_reported_where_it_hides_another() -> None:
    assert keymap({"app.suspend": "ctrl+t"}).problems == (
        "'ctrl+t' now runs 'app.suspend', which hides 'chat.toggle_tasks' there.",
    )
    result = keymap({"composer.undo": "ctrl+z", "app.suspend": "f9"})
    assert (result.keys["composer.undo"], result.keys["app.suspend"], result.problems) == (("ctrl+z",), ("f9",), ())


@pytest.mark.parametrize(
    ("typed", "key"),
    [
        ("?", "question_mark"),
        ("Esc", "escape"),
        ("return", "enter"),
        ("Ctrl+T", "ctrl+t"),
        ("shift+u", "U"),
        ("Alt+Ctrl+x", "alt+ctrl+x"),
        ("ctrl++", "ctrl+plus"),
        ("ctrl+_", "ctrl+underscore"),
        ("ctrl+i", "tab"),
        ("pgup", "pageup"),
        ("↑", "up"),
        ("é", "é"),
        ("f12", "f12"),
        ("minus", "minus"),
        ("-", "minus"),
        ("/", "slash"),
        ("ctrl+", None),
        ("f99x", None),
        ("command+t", None),
    ],
)
def test_keys_are_named_as_people_name_them(typed: str, key: str | None) -> None:
    assert read_key(typed) == key


def test_every_key_that_is_shown_can_be_written_in_the_settings() -> None:
    for action in ACTIONS:
        for key in action.keys:
            assert read_key(key_label(key)) == key


@pytest.mark.parametrize("found", sorted(classes(), key=str), ids=lambda found: found.__name__)
def test_every_action_can_have_another_key(found: type[DOMNode]) -> None:
    """As Textual applies a keymap to what a widget inherits: the new key runs the action, the old ones don't."""
    own = {binding.id for binding in Binding.make_bindings(found.__dict__.get("BINDINGS", ()))}
    for action in (BY_ID[id] for id in own if id is not None):
        result = keymap({action.id: "ctrl+f5"})
        assert not result.problems
        merged = found._merge_bindings().copy()
        merged.apply_keymap(result.textual())
        assert {each.action for each in merged.key_to_bindings["ctrl+f5"]} == {action.name}
        for key in action.keys:
            assert action.id not in [each.id for each in merged.key_to_bindings.get(key, ())]


def test_one_key_may_mean_different_things_in_different_places() -> None:
    assert keymap({"queue.edit": "d"}).problems == ()


async def test_textual_takes_the_keymap() -> None:
    class Pane(Widget, can_focus=True):
        BINDINGS = bindings("tasks")
        done: list[str] = []

        def action_edit(self) -> None:
            self.done.append("edit")

        def action_done(self) -> None:
            self.done.append("done")

    class PaneApp(App[None]):
        def compose(self) -> Iterator[Widget]:
            yield Pane()

    app = PaneApp()
    async with app.run_test() as pilot:
        app.set_keymap(keymap({"tasks.edit": "?", "tasks.done": "e"}).textual())
        app.query_one(Pane).focus()
        await pilot.press("question_mark", "e", "space")
    assert Pane.done == ["edit", "done"]


async def test_the_chat_has_and_shows_the_keys_of_the_settings() -> None:
    keys = {
        "composer.submit": "ctrl+s",
        "chat.help": "f5",
        "chat.toggle_tasks": "f6",
        "tasks.new": "f7",
        "dialog.close": "f8",
        "help.close": "f8",
        "tasks.fly": "f",
    }
    async with chatting(backend_of([say("hi.")]), keys=keys, size=(120, 50)) as chat:
        assert chat.toasts() == [
            "Your keys in config.toml:\nThere is no action 'tasks.fly'. Did you mean 'tasks.filter'?"
        ]
        assert "ctrl+s send" in chat.text
        assert "f6 tasks · f5 help" in chat.text
        await chat.press(*"hello", "enter", "ctrl+j", "ctrl+s")
        await chat.wait_for("hi.")
        assert chat.draft == ""
        await chat.press("f5")
        await chat.wait_for("f8 close", "ctrl+s              Send the message.")
        await chat.press("escape", "f8")
        await chat.until(lambda: "f8 close" not in chat.text)
        await chat.press("ctrl+p")
        await chat.wait_for("(f6)")


@pytest.mark.parametrize(
    ("key", "label"),
    [("ctrl+underscore", "ctrl+_"), ("alt+question_mark", "alt+?"), ("ctrl+space", "ctrl+space"), ("escape", "esc")],
)
def test_a_key_is_shown_as_it_is_typed(key: str, label: str) -> None:
    assert key_label(key) == label
