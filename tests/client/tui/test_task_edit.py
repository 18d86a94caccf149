"""The editors of a task: keys, what they send, refusals in their place, and nothing typed is lost."""

from datetime import time
from typing import Any

import pytest
from textual import events
from textual.pilot import Pilot
from textual.screen import Screen
from textual.widgets import Input

from kirotodo.client.tui.messages import Edited
from kirotodo.client.tui.screens.dialog import DISCARD
from kirotodo.client.tui.screens.task_edit import DetailsScreen, DueScreen, NewTaskScreen, TitleScreen
from kirotodo.client.tui.widgets.field import LinesField
from kirotodo.core.errors import TASK_CHANGED, InvalidInput, PreconditionFailed
from tests.client.tui.list_backend import ListBackend, ShellHost
from tests.client.tui.list_host import HOSTILE, TODAY, days, running, screen_text, task, until

SIZE = (80, 24)
RENT = task(
    12,
    "pay rent",
    due_date=days(3),
    due_time=time(9),
    priority="medium",
    project="home",
    tags=("bills", "money"),
    notes="to the landlord",
    recurrence="FREQ=MONTHLY",
    previous_id=8,
)


@pytest.fixture
def app() -> ShellHost:
    return ShellHost(ListBackend(tasks=[RENT]))


async def opened(app: ShellHost, pilot: Pilot[Any], screen: Screen[Any]) -> None:
    app.push_screen(screen)
    await until(pilot, lambda: app.screen is screen and isinstance(screen.focused, Input))


def closed(app: ShellHost) -> bool:
    return len(app.screen_stack) == 1


async def test_the_title_is_changed_from_the_old_one(app: ShellHost) -> None:
    async with running(app, Edited, size=SIZE) as pilot:
        await opened(app, pilot, TitleScreen(RENT))
        await pilot.press(*" now", "enter")
        await until(pilot, lambda: closed(app) and app.posted)
    assert app.backend.calls_of("edit_task") == [(RENT, {"title": "pay rent now"})]
    assert app.posted_of(Edited)[0].changed.tasks[0].title == "pay rent now"
    assert app.posted_of(Edited)[0].notice == "pay rent → pay rent now"


@pytest.mark.parametrize("screen", [TitleScreen, DueScreen, DetailsScreen])
async def test_a_task_that_was_changed_elsewhere_is_left_alone_and_what_was_typed_stays(
    app: ShellHost, screen: Any
) -> None:
    app.backend.refusal = PreconditionFailed(TASK_CHANGED)
    async with running(app, Edited, size=SIZE) as pilot:
        await opened(app, pilot, screen(RENT))
        field = app.screen.focused
        assert isinstance(field, Input)
        await pilot.press("ctrl+u", *"fri", "enter")
        await until(pilot, lambda: "The task has changed since you opened it" in screen_text(app))
        assert field.value == "fri"
    assert [seen for seen, _ in app.backend.calls_of("edit_task")] == [RENT]
    assert app.posted == []


@pytest.mark.parametrize("screen", [TitleScreen, DueScreen, DetailsScreen])
@pytest.mark.parametrize("key", ["enter", "escape"])
async def test_without_a_change_nothing_is_sent(app: ShellHost, screen: Any, key: str) -> None:
    async with running(app, Edited, size=SIZE) as pilot:
        await opened(app, pilot, screen(RENT))
        await pilot.press(key)
        await until(pilot, lambda: closed(app))
    assert app.backend.calls == []
    assert app.posted == []


async def test_a_refusal_stands_under_the_field_and_the_text_stays(app: ShellHost) -> None:
    app.backend.refusal = InvalidInput("“someday soonish” is no date I know; try “fri 5pm” [/].")
    async with running(app, Edited, size=SIZE) as pilot:
        await opened(app, pilot, DueScreen(RENT))
        await pilot.press(*"someday soonish", "enter")
        await until(pilot, lambda: "is no date I know; try “fri 5pm” [/]." in screen_text(app))
        assert app.screen.query_one("#due", Input).value == "someday soonish"
        app.backend.refusal = None
        await pilot.press(*"!", "enter")
        await until(pilot, lambda: closed(app) and app.posted)
    assert app.backend.calls_of("edit_task")[-1] == (RENT, {"due": "someday soonish!"})


async def test_due_begins_with_the_old_date_and_typing_replaces_it(app: ShellHost) -> None:
    async with running(app, Edited, size=SIZE) as pilot:
        await opened(app, pilot, DueScreen(RENT))
        assert app.screen.query_one("#due", Input).value == "2026-11-27 09:00"
        await pilot.press(*"tomorrow 5pm", "enter")
        await until(pilot, lambda: closed(app) and app.posted)
    assert app.backend.calls_of("edit_task") == [(RENT, {"due": "tomorrow 5pm"})]


async def test_the_old_due_date_can_be_edited(app: ShellHost) -> None:
    async with running(app, Edited, size=SIZE) as pilot:
        await opened(app, pilot, DueScreen(RENT))
        await pilot.press("end", "backspace", "5", "enter")
        await until(pilot, lambda: closed(app))
    assert app.backend.calls_of("edit_task") == [(RENT, {"due": "2026-11-27 09:05"})]


async def test_a_time_that_is_rubbed_out_is_taken_away(app: ShellHost) -> None:
    async with running(app, Edited, size=SIZE) as pilot:
        await opened(app, pilot, DueScreen(RENT))
        await pilot.press("end", *["backspace"] * len(" 09:00"), "enter")
        await until(pilot, lambda: closed(app))
    assert app.backend.calls_of("edit_task") == [(RENT, {"due": "2026-11-27", "time": None})]


async def test_an_empty_due_takes_the_date_away(app: ShellHost) -> None:
    async with running(app, Edited, size=SIZE) as pilot:
        await opened(app, pilot, DueScreen(RENT))
        await pilot.press("delete", "enter")
        await until(pilot, lambda: closed(app))
    assert app.backend.calls_of("edit_task") == [(RENT, {"due": None})]


@pytest.mark.parametrize("screen", [TitleScreen, DetailsScreen])
async def test_a_task_is_not_left_without_a_title(app: ShellHost, screen: Any) -> None:
    async with running(app, Edited, size=SIZE) as pilot:
        await opened(app, pilot, screen(RENT))
        await pilot.press("ctrl+u", "enter")
        await until(pilot, lambda: "A task needs a title" in screen_text(app))
    assert app.backend.calls == []


async def test_escape_asks_once_more_before_typed_text_is_thrown_away(app: ShellHost) -> None:
    async with running(app, Edited, size=SIZE) as pilot:
        await opened(app, pilot, NewTaskScreen())
        await pilot.press(*"milk", "escape")
        await until(pilot, lambda: DISCARD.format("esc") in screen_text(app))
        await pilot.press("s", "escape")
        await until(pilot, lambda: DISCARD.format("esc") in screen_text(app))
        assert app.screen.query_one("#text", Input).value == "milks"
        await pilot.press("escape")
        await until(pilot, lambda: closed(app))
    assert all(dry_run for _, dry_run in app.backend.calls_of("add_from_text"))


async def test_a_new_task_is_previewed_while_typing_and_then_added(app: ShellHost) -> None:
    async with running(app, Edited, size=SIZE) as pilot:
        await opened(app, pilot, NewTaskScreen())
        await pilot.press(*"milk and eggs")
        await until(pilot, lambda: "○ eggs" in screen_text(app))
        assert "○ milk" in screen_text(app)
        assert app.posted == []
        await pilot.press("enter")
        await until(pilot, lambda: closed(app) and app.posted)
    assert app.backend.calls[-1] == ("add_from_text", "milk and eggs", False)
    assert [one.title for one in app.posted_of(Edited)[0].changed.tasks] == ["milk", "eggs"]
    assert app.posted_of(Edited)[0].notice == "Added: milk, eggs"


async def test_the_preview_waits_for_a_pause(app: ShellHost) -> None:
    async with running(app, Edited, size=SIZE) as pilot:
        await opened(app, pilot, NewTaskScreen())
        await pilot.press(*"abcdefghijklmnopqrst")
        await until(pilot, lambda: "○ abcdefghijklmnopqrst" in screen_text(app))
    assert len(app.backend.calls) < 20


async def test_the_preview_says_why_nothing_would_be_added(app: ShellHost) -> None:
    app.backend.refusal = InvalidInput("That is longer than 200 characters.")
    async with running(app, Edited, size=SIZE) as pilot:
        await opened(app, pilot, NewTaskScreen())
        await pilot.press("x")
        await until(pilot, lambda: "That is longer than 200 characters." in screen_text(app))
        await pilot.press("enter")
        await until(pilot, lambda: len(app.backend.calls) == 2)
        await until(pilot, lambda: app.screen.query_one("#dialog-status").has_class("-error"))
        assert app.screen.query_one("#text", Input).value == "x"


async def test_details_show_every_field(app: ShellHost) -> None:
    async with running(app, size=SIZE) as pilot:
        await opened(app, pilot, DetailsScreen(RENT))
        text = " ".join(screen_text(app).replace("│", " ").split())
    for shown in ("pay rent", "2026-11-27 09:00", "every month", "< medium >", "home", "bills, money"):
        assert shown in text
    for shown in ("to the landlord", "counted from its schedule", "follows task 8", "added Tue 24 Nov"):
        assert shown in text


async def test_details_send_what_changed_and_say_what_it_was(app: ShellHost) -> None:
    async with running(app, Edited, size=SIZE) as pilot:
        await opened(app, pilot, DetailsScreen(RENT))
        await pilot.press("down", "ctrl+u", *"fri", "tab", "ctrl+u", *"every friday")
        await until(pilot, lambda: "Before: due: 2026-11-27 09:00 · recurrence: every month" in screen_text(app))
        await pilot.press("tab", "tab", "h", "down", "ctrl+u", "tab", "ctrl+u", *"a, #b")
        await pilot.press("shift+tab", "up", "up", "up", "enter")
        await until(pilot, lambda: closed(app) and app.posted)
    assert app.backend.calls_of("edit_task") == [
        (
            RENT,
            {"due": "fri", "recurrence": "every friday", "priority": "high", "project": None, "tags": ("a", "b")},
        )
    ]


@pytest.mark.parametrize(
    ("keys", "expected"),
    [(["right"], "high"), (["space"], "high"), (["left"], "low"), (["n"], "none"), (["right", "right"], "none")],
)
async def test_a_choice_is_made_by_arrows_space_and_letters(app: ShellHost, keys: list[str], expected: str) -> None:
    async with running(app, Edited, size=SIZE) as pilot:
        await opened(app, pilot, DetailsScreen(RENT))
        app.screen.query_one("#priority").focus()
        await pilot.press(*keys, "enter")
        await until(pilot, lambda: closed(app))
    assert app.backend.calls_of("edit_task") == [(RENT, {"priority": expected})]


@pytest.mark.parametrize("newline", ["ctrl+j", "shift+enter"])
async def test_notes_take_lines_and_enter_saves(app: ShellHost, newline: str) -> None:
    async with running(app, Edited, size=SIZE) as pilot:
        await opened(app, pilot, DetailsScreen(RENT))
        notes = app.screen.query_one("#notes", LinesField)
        notes.focus()
        notes.move_cursor(notes.document.end)
        await pilot.press(newline, *"x", "enter")
        await until(pilot, lambda: closed(app))
    assert app.backend.calls_of("edit_task") == [(RENT, {"notes": "to the landlord\nx"})]


@pytest.mark.parametrize("screen", [TitleScreen, DueScreen, DetailsScreen])
async def test_no_text_does_harm(app: ShellHost, screen: Any) -> None:
    async with running(app, size=SIZE) as pilot:
        for title in HOSTILE:
            hostile = task(1, title, project=title, tags=(title,), notes=title, due_date=TODAY)
            await opened(app, pilot, screen(hostile))
            assert not set("\x1b\x07\u202e") & set(screen_text(app))
            await pilot.press("escape")
            await until(pilot, lambda: closed(app))
    assert app.backend.calls == []


async def test_what_is_pasted_does_no_harm(app: ShellHost) -> None:
    async with running(app, size=SIZE) as pilot:
        await opened(app, pilot, NewTaskScreen())
        app.screen.query_one("#text", Input).insert_text_at_cursor("milk\x1b]0;evil\x07 and\u202e \x1b[31meggs\ntoo")
        await until(pilot, lambda: "○ eggs too" in screen_text(app))
        assert app.screen.query_one("#text", Input).value == "milk and eggs too"


async def test_a_paste_of_several_lines_goes_into_one_line_whole(app: ShellHost) -> None:
    async with running(app, size=SIZE) as pilot:
        await opened(app, pilot, NewTaskScreen())
        field = app.screen.query_one("#text", Input)
        field.post_message(events.Paste("\nmilk\r\nand\x1b[31m eggs\n"))
        await until(pilot, lambda: field.value == " milk and eggs")
    assert app.backend.calls == []


@pytest.mark.parametrize("size", [(40, 12), (20, 6), (120, 40)])
async def test_the_dialogs_fit_small_screens(app: ShellHost, size: tuple[int, int]) -> None:
    async with running(app, size=size) as pilot:
        for screen in (TitleScreen(RENT), DueScreen(RENT), NewTaskScreen(), DetailsScreen(RENT)):
            await opened(app, pilot, screen)
            box = screen.query_one("#dialog").region
            assert box.width <= size[0]
            assert box.height <= size[1]
            await pilot.press("escape")
            await until(pilot, lambda: closed(app))
