"""The help shows all keys and closes by each of its own; the palette runs commands and opens conversations."""

from dataclasses import replace
from typing import Any

import pytest
from textual.command import CommandPalette, DiscoveryHit, Hit
from textual.containers import VerticalScroll
from textual.widgets import Input, OptionList

from kirotodo.client.tui.keymap import ACTIONS, keymap
from kirotodo.client.tui.messages import OpenConversation, TextOffered
from kirotodo.client.tui.screens.help import HelpScreen, help_text
from kirotodo.client.tui.screens.palette import KirotodoCommands
from kirotodo.client.tui.widgets.first_run import EXAMPLES, FirstRun, greeting, hello
from kirotodo.client.tui.widgets.task_pane import TaskPane
from kirotodo.core.errors import Unreachable
from tests.client.tui.list_backend import ListBackend, ShellHost
from tests.client.tui.list_host import HOSTILE, NOW, SAMPLE, Host, running, screen_text, until
from tests.client.tui.test_conversations_screen import THREE, conversation


@pytest.mark.parametrize("key", ["escape", "f1", "question_mark", "q"])
async def test_the_help_closes(key: str) -> None:
    app = Host()
    async with running(app, size=(80, 24)) as pilot:
        app.push_screen(HelpScreen())
        await until(pilot, lambda: "Search commands and conversations; not in dialogs." in screen_text(app))
        await pilot.press(key)
        await until(pilot, lambda: len(app.screen_stack) == 1)


@pytest.mark.parametrize("size", [(120, 40), (40, 12), (20, 6)])
async def test_the_help_scrolls_to_its_end_at_any_size(size: tuple[int, int]) -> None:
    app = Host()
    async with running(app, size=size) as pilot:
        app.push_screen(HelpScreen())
        await until(pilot, lambda: app.screen.query(VerticalScroll))
        sheet = app.screen.query_one(VerticalScroll)
        await until(pilot, lambda: sheet.has_focus and sheet.max_scroll_y)
        await pilot.press("end")
        await until(pilot, lambda: sheet.scroll_y == sheet.max_scroll_y)


class PaletteHost(ShellHost):
    COMMANDS = {KirotodoCommands}

    def __init__(self, **options: Any) -> None:
        super().__init__(ListBackend(conversations=THREE), **options)
        self.done: list[str] = []

    def action_toggle_theme(self) -> None:
        self.done.append("theme")


async def test_the_palette_runs_the_command_that_was_searched() -> None:
    app = PaletteHost()
    async with running(app, size=(80, 24)) as pilot:
        await pilot.press("ctrl+p")
        await until(pilot, lambda: isinstance(app.screen, CommandPalette))
        await pilot.press(*"dark")
        await until(pilot, lambda: "Light or dark" in screen_text(app))
        await until(pilot, lambda: app.screen.query_one(OptionList).option_count > 0)
        await pilot.press("enter")
        await until(pilot, lambda: app.done)
    assert app.done == ["theme"]


async def test_the_palette_works_the_task_pane() -> None:
    app = PaletteHost()
    pane = TaskPane(clock=lambda: NOW)
    async with running(app, TaskPane.AddRequested, size=(80, 24)) as pilot:
        await app.mount(pane)
        provider = KirotodoCommands(app.screen)
        (hit,) = [hit async for hit in provider.discover() if "Add a task." in str(hit.help)]
        await hit.command()
        await until(pilot, lambda: app.posted)


async def test_all_palette_actions_are_offered_and_pane_ones_only_with_a_pane() -> None:
    app = PaletteHost()
    async with running(app, size=(80, 24)):
        provider = KirotodoCommands(app.screen)
        shown = [hit async for hit in provider.discover() if isinstance(hit, DiscoveryHit)]
        wanted = [action for action in ACTIONS if action.palette and action.scope != "tasks"]
        assert len(shown) == len(wanted)
        await app.mount(TaskPane(clock=lambda: NOW))
        shown = [hit async for hit in provider.discover() if isinstance(hit, DiscoveryHit)]
        assert len(shown) == len([action for action in ACTIONS if action.palette])


async def test_the_palette_opens_conversations_by_title() -> None:
    app = PaletteHost()
    async with running(app, OpenConversation, size=(80, 24)) as pilot:
        provider = KirotodoCommands(app.screen)
        (hit,) = [hit async for hit in provider.search("Groc") if isinstance(hit, Hit)]
        hit.command()
        await until(pilot, lambda: app.posted)
    assert app.posted_of(OpenConversation)[0].conversation_id == 1


async def test_a_backend_that_does_not_answer_leaves_the_commands() -> None:
    app = PaletteHost()
    app.backend.refusal = Unreachable("The server does not answer.")
    async with running(app, size=(80, 24)):
        hits = [hit async for hit in KirotodoCommands(app.screen).search("quit")]
    found = [hit.text for hit in hits if isinstance(hit, Hit)]
    assert found[0] == "Quit"
    assert set(found) == {"Quit", "Copy, or quit"}


async def test_hostile_titles_do_no_harm_in_the_palette() -> None:
    app = PaletteHost()
    app.backend = ListBackend(conversations=[conversation(n, f"zq {text}") for n, text in enumerate(HOSTILE, 1)])
    async with running(app, size=(80, 24)) as pilot:
        await pilot.press("ctrl+p")
        await until(pilot, lambda: isinstance(app.screen, CommandPalette))
        await pilot.press(*"zq")
        await until(pilot, lambda: "zq pay [/] rent" in screen_text(app))
        assert app.screen.query_one(Input).value == "zq"
        assert not set("\x1b\x07\u202e") & set(screen_text(app))


@pytest.mark.parametrize("number", range(len(EXAMPLES)))
async def test_a_first_example_goes_to_the_composer(number: int) -> None:
    app = Host(FirstRun())
    async with running(app, TextOffered, size=(80, 24)) as pilot:
        for example in EXAMPLES:
            assert example in screen_text(app)
        app.query_one(OptionList).focus()
        await pilot.press(*["down"] * number, "enter")
        await until(pilot, lambda: app.posted)
    assert [(offered.text, offered.send) for offered in app.posted_of(TextOffered)] == [(EXAMPLES[number], False)]


async def test_an_example_can_be_clicked() -> None:
    app = Host(FirstRun())
    async with running(app, TextOffered, size=(80, 24)) as pilot:
        await pilot.click(OptionList, offset=(4, 2))
        await until(pilot, lambda: app.posted)
    assert app.posted_of(TextOffered)[0].text == EXAMPLES[2]


async def test_the_palette_finds_tasks_and_what_can_be_done_to_them() -> None:
    app = PaletteHost()
    pane = TaskPane(clock=lambda: NOW)
    async with running(app, TaskPane.DetailsRequested, TaskPane.PriorityRequested, size=(80, 24)) as pilot:
        await app.mount(pane)
        pane.set_tasks(SAMPLE)
        await pilot.pause()
        provider = KirotodoCommands(app.screen)
        hits = {str(hit.text): hit async for hit in provider.search("plumber") if isinstance(hit, Hit)}
        hits["3 call the plumber"].command()
        await until(pilot, lambda: app.posted_of(TaskPane.DetailsRequested))
        assert app.posted_of(TaskPane.DetailsRequested)[0].task.id == 3
        hits = {str(hit.text): hit async for hit in provider.search("prio") if isinstance(hit, Hit)}
        await hits["Priority"].command()
        await until(pilot, lambda: app.posted_of(TaskPane.PriorityRequested))


def test_the_help_finds_words_keys_and_slash_commands() -> None:
    found = help_text(keymap(), 80, "undo").plain
    assert "Undo the latest change to the list." in found
    assert "/undo" in found
    assert "Quit" not in found
    assert help_text(keymap(), 80, "ctrl+l").plain.splitlines()[-1].startswith("ctrl+l")
    assert help_text(keymap(), 80, "zzz").plain == "No key has “zzz”."


def test_an_empty_conversation_greets_with_the_day() -> None:
    assert hello(NOW).plain == "Good afternoon · Tuesday 24 November"
    assert greeting(SAMPLE, NOW).plain == "1 overdue · 2 for today · next 17:00 call the plumber"
    assert greeting(SAMPLE[4:], NOW).plain == "nothing is due today"
    assert greeting([], NOW).plain == ""
    assert "[/]" in greeting([replace(SAMPLE[1], title="pay [/] rent")], NOW).plain
