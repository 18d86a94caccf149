"""The week as a grid: its columns, the keys between days, moving tasks to other days, the mouse, and long columns."""

from datetime import time
from typing import Any

import pytest

from kirotodo.client.tui.screens.task_edit import DetailsScreen
from kirotodo.client.tui.widgets.task_list import Row, TaskList
from kirotodo.client.tui.widgets.week_grid import CARD, GRID_FROM, HEAD, WeekGrid, card
from kirotodo.core.text.width import width as cell_width
from tests.client.tui.chat_host import Chat, backend_of, chatting
from tests.client.tui.list_host import HOSTILE, NOW, SAMPLE, TODAY, days, task

SIZE = (120, 34)


def grid(chat: Chat) -> WeekGrid:
    return chat.screen.query_one(WeekGrid)


def columns(chat: Chat) -> list[list[int]]:
    return [[row.task.id for row in column.rows if row.task] for column in grid(chat).columns]


def here(chat: Chat) -> tuple[str, int | None]:
    section, current = grid(chat).section, grid(chat).current
    assert section is not None
    return section.title.split(" · ")[0], current.id if current else None


async def open_week(chat: Chat) -> None:
    await chat.press("ctrl+l", "3", "f")
    await chat.until(lambda: grid(chat).has_focus)


@pytest.mark.parametrize("width", [7, 11, 14, 28])
@pytest.mark.parametrize(
    "title", [*HOSTILE, "one-word", "a title of several words that is longer than two lines of it"]
)
def test_a_card_has_its_lines_whatever_the_title_and_the_width(width: int, title: str) -> None:
    fields: dict[str, Any] = {"due_date": TODAY, "due_time": time(9), "project": "日本語", "priority": "high"}
    for options in (fields, {}, {**fields, "completed_at": NOW, "recurrence": "FREQ=DAILY"}):
        each = task(12, title, **options)
        lines = card(Row(task=each, marked=True), each, width=width, now=NOW)
        assert len(lines) == CARD
        assert {cell_width(line.plain) for line in lines} == {width}


def test_a_card_shows_its_title_over_two_lines_and_below_them_when_where_and_which() -> None:
    each = task(14, "call the plumber about it", due_date=days(-2), project="home", priority="medium")
    lines = [line.plain.rstrip() for line in card(Row(task=each), each, width=20, now=NOW)]
    assert lines == [" ○ !! call the", "   plumber about it", "   2 days late    14"]
    lines = [line.plain.rstrip() for line in card(Row(task=each), each, width=30, now=NOW)]
    assert lines == [" ○ !! call the plumber about", "   it", "   2 days late +home        14"]


async def test_the_grid_comes_where_seven_days_fit_and_else_a_list_by_day() -> None:
    async with chatting(backend_of(), size=(GRID_FROM + 2, 30)) as chat:
        await chat.press("ctrl+l", "3")
        await chat.wait_for("Overdue", "Mon 30 Nov")
        assert chat.screen.query_one(TaskList).has_focus
        await chat.press("f")
        await chat.wait_for("│ Today    2 │ Tomorrow   │ Thu 26 ", "│ Fri 27  1 │", "week · 4")
        assert grid(chat).has_focus
        assert here(chat) == ("Overdue", 12)
        await chat.press("right", "right")
        assert here(chat) == ("Tomorrow", None)
        await chat.press("left", "down")
        assert here(chat) == ("Today", 3)
        await chat.pilot.resize_terminal(GRID_FROM + 1, 30)
        await chat.until(lambda: chat.screen.query_one(TaskList).has_focus)
        current = chat.screen.query_one(TaskList).current
        assert current is not None
        assert current.id == 3
        await chat.pilot.resize_terminal(GRID_FROM + 2, 30)
        await chat.until(lambda: grid(chat).has_focus and here(chat) == ("Today", 3))
        await chat.press("b")
        await chat.wait_for("+work", "No project")
        assert not grid(chat).display


async def test_keys_go_between_days_and_weeks() -> None:
    later = task(70, "the week after", due_date=days(8))
    async with chatting(backend_of(tasks=(*SAMPLE, later)), size=SIZE) as chat:
        await open_week(chat)
        assert columns(chat) == [[12], [4, 3], [], [], [9], [], [], []]
        assert here(chat) == ("Overdue", 12)
        await chat.press("left", "end")
        assert here(chat) == ("Fri 27 Nov", 9)
        await chat.press("right", "right", "right", "right")
        await chat.wait_for("week of Tue 1 Dec · 1", "the week")
        assert here(chat) == ("Tue 1 Dec", None)
        await chat.press("home")
        assert here(chat) == ("Wed 2 Dec", 70)
        await chat.press("left", "left")
        await chat.wait_for("week · 4")
        assert here(chat) == ("Mon 30 Nov", None)
        await chat.press("3")
        await chat.until(lambda: columns(chat)[0] == [12])


async def test_tasks_move_to_other_days_by_key_and_the_cursor_goes_along() -> None:
    backend = backend_of()
    async with chatting(backend, size=SIZE) as chat:
        await open_week(chat)
        await chat.press("shift+right")
        await chat.until(lambda: "Due Tue 24 Nov: pay rent" in chat.toasts())
        await chat.until(lambda: here(chat) == ("Today", 12))
        assert columns(chat)[0] == [4, 3, 12]  # nothing is overdue any more
        await chat.press("right_square_bracket")
        await chat.until(lambda: here(chat) == ("Tomorrow", 12))
        await chat.press("u")
        await chat.until(lambda: here(chat) == ("Today", 12))
        await chat.press("left_square_bracket")
        await chat.until(lambda: "Nothing moves into the past: pay rent" in chat.toasts())
        await chat.press("M", "shift+right")
        await chat.until(lambda: columns(chat)[:2] == [[], [4, 3, 12]])
        await chat.press("shift+right")
        await chat.until(lambda: columns(chat)[:3] == [[], [], [4, 3, 12]])
        await chat.wait_for("3 marked")
        assert (await backend.task(4)).due_date == days(2)


async def test_the_mouse_goes_to_a_day_completes_and_opens() -> None:
    backend = backend_of()
    async with chatting(backend, size=SIZE) as chat:
        await open_week(chat)
        left = grid(chat)._spans()[4][0]
        await chat.pilot.click(WeekGrid, offset=(left + 5, 0))
        await chat.until(lambda: here(chat) == ("Fri 27 Nov", 9))
        await chat.pilot.click(WeekGrid, offset=(left - 5, 12))
        await chat.until(lambda: here(chat) == ("Thu 26 Nov", None))
        await chat.wait_for("nothing due")
        await chat.pilot.click(WeekGrid, offset=(left + 1, HEAD))
        await chat.until(lambda: "Done: team meeting" in chat.toasts())
        assert (await backend.task(9)).completed
        await chat.pilot.double_click(WeekGrid, offset=(left + 6, HEAD + 1))
        await chat.until(lambda: isinstance(chat.app.screen, DetailsScreen))


async def test_a_long_column_is_walked_and_filtered() -> None:
    many = [task(number, f"task {number}", due_date=TODAY) for number in range(1, 3_001)]
    async with chatting(backend_of(tasks=many), size=(120, 20)) as chat:
        await open_week(chat)
        await chat.press("end")
        await chat.wait_for("task 3000", "3000 │")
        await chat.press("pageup", "up", "home")
        await chat.wait_for("task 1 ")
        await chat.press("slash")
        await chat.write("2999")
        await chat.wait_for("1 of 3,000", "task 2999")
        await chat.write("x")
        await chat.wait_for("No task contains “2999x”.")
        await chat.press("backspace", "enter")
        await chat.until(lambda: grid(chat).has_focus and here(chat) == ("Today", 2999))
