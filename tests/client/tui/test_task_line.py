"""A task on one line: what gives way when it is narrow, and no width that terminals disagree about."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from kirotodo.client.tui.plain import cut, fill, steady
from kirotodo.client.tui.widgets.task_list import task_line
from kirotodo.core.domain.task import PRIORITIES
from tests.client.tui.list_host import HOSTILE, NOW, days, task

AT_NINE = NOW.time().replace(hour=9)


def shown(width: int = 36, **fields: Any) -> str:
    return task_line(task(12, **fields), width=width, number_width=3, now=NOW).plain


@pytest.mark.parametrize(
    ("fields", "line"),
    [
        ({"title": "milk"}, " 12 ○ milk                          "),
        ({"title": "milk", "completed_at": NOW}, " 12 ● milk                          "),
        ({"title": "milk", "project": "shopping"}, " 12 ○ milk                +shopping "),
        ({"title": "milk", "due_date": days(1)}, " 12 ○ milk                 tomorrow "),
        ({"title": "milk", "recurrence": "FREQ=DAILY"}, " 12 ○ milk ↻                        "),
        ({"title": "milk", "tags": ("a", "b")}, " 12 ○ milk                    #a #b "),
        ({"title": "milk in a long title", "tags": ("much", "too long")}, " 12 ○ milk in a long title          "),
        ({"title": "rent", "priority": "high"}, " 12 ○ !!! rent                      "),
        ({"title": "x", "due_date": days(3), "project": "home"}, " 12 ○ x                +home Fri 27 "),
        (
            {"title": "a title of some length", "due_date": days(3), "project": "home"},
            " 12 ○ a title of some length Fri 27 ",
        ),
        (
            {"title": "a title that is longer than the pane", "due_date": days(3)},
            " 12 ○ a title that is longe… Fri 27 ",
        ),
        (
            {"title": "a title that is longer than the pane", "project": "home"},
            " 12 ○ a title that is longer… +home ",
        ),
        (
            {"title": "a title that goes on", "due_date": days(1), "due_time": AT_NINE, "recurrence": "FREQ=DAILY"},
            " 12 ○ a title tha… ↻ tomorrow 09:00 ",
        ),
    ],
)
def test_the_title_gives_way_to_the_due_date_and_the_project_to_the_title(fields: dict[str, Any], line: str) -> None:
    assert shown(**fields) == line


@given(
    st.text(max_size=80) | st.sampled_from(HOSTILE),
    st.integers(8, 120),
    st.none() | st.dates(days(-400), days(400)),
    st.none() | st.text(max_size=50),
    st.sampled_from(PRIORITIES),
    st.none() | st.just("FREQ=DAILY"),
)
def test_a_line_has_exactly_its_width(
    title: str, width: int, due: Any, project: str | None, priority: Any, recurrence: str | None
) -> None:
    line = shown(width, title=title, due_date=due, project=project, priority=priority, recurrence=recurrence)
    assert cell_len(line) == width
    assert "\n" not in line


def test_joined_emoji_are_taken_apart() -> None:
    assert steady("👩‍👩‍👧‍👦 👍🏽 🏳️‍🌈 ❤️") == "👩👩👧👦 👍 🏳🌈 ❤"
    assert steady("plain [/] text") == "plain [/] text"


@given(st.text(), st.integers(0, 40))
def test_cut_and_fill_keep_to_the_width(text: str, width: int) -> None:
    text = steady(text)
    assert cell_len(cut(text, width)) <= width or cell_len(text) <= width
    assert cell_len(fill(text, width)) == width
