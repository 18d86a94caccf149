"""The filter of the task list completes projects, tags and the words of filters, and never takes one by itself."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, date
from typing import Any

import pytest
from textual.pilot import Pilot

from kirotodo.client.tui.list_filter import ListFilter
from kirotodo.client.tui.widgets.filter_field import FilterField, FilterPopup
from kirotodo.client.tui.widgets.task_pane import TaskPane
from kirotodo.core.domain.filter_reading import DAY_WORDS
from tests.client.tui.list_host import NOW, Host, running, screen_text, task, until

TASKS = (
    task(1, "water the roses", project="garden", tags=("outside",)),
    task(2, "sweep the garage", project="garage"),
    task(3, "order paper", project="Home office", tags=("online", "errand")),
)


@asynccontextmanager
async def filtering(typed: str) -> AsyncIterator[tuple[Host, Pilot[Any]]]:
    """A pane with this typed into its filter."""
    pane = TaskPane(clock=lambda: NOW)
    app = Host(pane)
    async with running(app) as pilot:
        pane.set_tasks(TASKS)
        pane.focus()
        await pilot.pause()
        await pilot.press("slash", *typed)
        yield app, pilot


def text_of(app: Host) -> str:
    return app.query_one(FilterField).value


def offered(app: Host) -> list[str]:
    popup = app.query_one(FilterPopup)
    return [str(option.prompt) for option in popup.options] if popup.open else []


@pytest.mark.parametrize(
    ("typed", "rows"),
    [
        ("+ga", ["+garage", "+garden"]),
        ("+HO", ['+"Home office"']),
        ("#", ["#errand", "#online", "#outside"]),
        ("-#on", ["#online"]),
        ("paper !h", ["!high"]),
        ("due:tom", ["due:tomorrow"]),
        ("is:o", ["is:open"]),
        ("du", ["due:"]),
        ("d", []),
        ("+garden", []),
        ("roses", []),
    ],
)
async def test_the_last_word_is_completed(typed: str, rows: list[str]) -> None:
    async with filtering(typed) as (app, pilot):
        await until(pilot, lambda: offered(app) == rows)
        assert all(row in screen_text(app) for row in rows)


async def test_tab_takes_the_first_and_an_arrow_another() -> None:
    async with filtering("+ga") as (app, pilot):
        await until(pilot, lambda: offered(app))
        await pilot.press("tab")
        assert text_of(app) == "+garage "
        await until(pilot, lambda: "roses" not in screen_text(app))
        assert "sweep" in screen_text(app)
        await pilot.press("-", *"+ga", "down", "down", "enter")
        assert text_of(app) == "+garage -+garden "
        await pilot.press("o", "r", "space", *"due", "tab", *"tod", "tab")
        assert text_of(app) == "+garage -+garden or due:today "


async def test_a_name_of_several_words_is_quoted_and_found() -> None:
    async with filtering("+hom") as (app, pilot):
        await until(pilot, lambda: offered(app))
        await pilot.press("tab", "enter")
        await until(pilot, lambda: "sweep" not in screen_text(app))
        assert "order paper" in screen_text(app)


async def test_enter_keeps_what_is_typed_and_escape_closes_the_list_before_the_filter() -> None:
    async with filtering("+ga") as (app, pilot):
        await until(pilot, lambda: offered(app))
        await pilot.press("enter")
        assert text_of(app) == "+ga"
        await until(pilot, lambda: not offered(app) and not app.query_one(FilterField).has_focus)
        await pilot.press("slash", "end", "backspace")
        await until(pilot, lambda: offered(app))
        await pilot.press("escape")
        assert text_of(app) == "+g"
        assert not offered(app)
        assert app.query_one(FilterField).has_focus
        await pilot.press("escape")
        assert text_of(app) == ""


async def test_the_middle_of_a_filter_is_completed_where_the_cursor_is() -> None:
    async with filtering("+garag roses") as (app, pilot):
        await pilot.press(*["left"] * len(" roses"), "e", "backspace")
        await until(pilot, lambda: offered(app) == ["+garage"])
        await pilot.press("tab")
        assert text_of(app) == "+garage roses"


async def test_a_click_takes_a_row() -> None:
    async with filtering("+ga") as (app, pilot):
        await until(pilot, lambda: offered(app))
        await pilot.click(FilterPopup, offset=(3, 2))
        await until(pilot, lambda: text_of(app) == "+garden ")
        assert app.query_one(FilterField).has_focus


@pytest.mark.parametrize("word", DAY_WORDS)
def test_every_day_that_is_offered_can_be_read(word: str) -> None:
    assert not ListFilter(f"due:{word}", today=date(2026, 11, 24), zone=UTC).trouble


@pytest.mark.parametrize(
    ("today", "words", "first", "last"),
    [
        (date(2026, 12, 9), "this-month", date(2026, 12, 1), date(2026, 12, 31)),
        (date(2026, 12, 9), '"next month"', date(2027, 1, 1), date(2027, 1, 31)),
        (date(2028, 3, 31), "last-month", date(2028, 2, 1), date(2028, 2, 29)),
        (date(2026, 11, 24), "next-week", date(2026, 11, 30), date(2026, 12, 6)),
    ],
)
def test_weeks_and_months_end_on_their_last_day(today: date, words: str, first: date, last: date) -> None:
    found = ListFilter(f"due:{words}", today=today, zone=UTC)
    days = [date.fromordinal(first.toordinal() - 1), first, last, date.fromordinal(last.toordinal() + 1)]
    assert [found.holds(task(1, due_date=day)) for day in days] == [False, True, True, False]


async def test_tab_right_behind_a_letter_completes_it() -> None:
    async with filtering("") as (app, pilot):
        app.query_one(FilterField).insert_text_at_cursor("+garag")
        app.query_one(FilterPopup).close("")
        await pilot.press("tab")
        assert text_of(app) == "+garage "


def test_what_was_read_for_the_letter_before_holds_as_long_as_the_task_is_the_same() -> None:
    milk = task(1, "buy milk")
    first = ListFilter("mil", today=NOW.date(), zone=UTC)
    assert first.holds(milk)
    second = ListFilter("milk", today=NOW.date(), zone=UTC, before=first)
    assert second.holds(milk)
    assert not second.holds(replace(milk, title="buy bread"))
    assert second.holds(milk)
