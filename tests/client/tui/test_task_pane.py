"""The task pane: every key asks for what it says, the cursor stays with its task, and no title does harm."""

from collections.abc import Sized
from dataclasses import replace
from datetime import time, timedelta
from functools import partial
from typing import Any

import pytest
from textual.pilot import Pilot

from kirotodo.client.tui import themes
from kirotodo.client.tui.widgets.task_list import TaskList
from kirotodo.client.tui.widgets.task_pane import TaskPane
from kirotodo.core.domain.task import Task
from tests.client.tui.list_host import HOSTILE, NOW, SAMPLE, TODAY, Host, days, running, screen_text, task, until

REQUESTS = (
    TaskPane.CompleteRequested,
    TaskPane.DeleteRequested,
    TaskPane.PriorityRequested,
    TaskPane.EditRequested,
    TaskPane.DueRequested,
    TaskPane.DetailsRequested,
    TaskPane.AddRequested,
    TaskPane.UndoRequested,
    TaskPane.RedoRequested,
    TaskPane.LeaveRequested,
)


@pytest.fixture(autouse=True)
def _in_utc(monkeypatch: pytest.MonkeyPatch) -> None:
    import time as clock

    monkeypatch.setenv("TZ", "UTC")
    clock.tzset()


def a_pane() -> TaskPane:
    return TaskPane(clock=lambda: NOW)


def current_id(pane: TaskPane) -> int | None:
    return pane.current.id if pane.current else None


async def shown(pilot: Pilot[Any], pane: TaskPane, tasks: tuple[Task, ...] = SAMPLE, **options: Any) -> None:
    pane.set_tasks(tasks, **options)
    pane.focus()
    await pilot.pause()


def more_than(posted: Sized, before: int) -> bool:
    return len(posted) > before


def on_screen(app: Host) -> list[str]:
    return [line.strip("│╭╮╰╯─ ") for line in screen_text(app).splitlines() if line.strip("│╭╮╰╯─ ")]


async def test_tasks_stand_in_their_sections_with_due_and_project() -> None:
    pane = a_pane()
    app = Host(pane)
    async with running(app) as pilot:
        await shown(pilot, pane)
        lines = [" ".join(line.split()) for line in on_screen(app)]
    assert lines[:13] == [
        "tasks · 6",
        "0 All 1 2 3 4 5 6",
        "Overdue 1",
        "12 ○ !!! pay rent 4 days late",
        "Today 2",
        "4 ○ water the plants ↻ 09:00",
        "3 ○ call the plumber 17:00",
        "Upcoming 1",
        "9 ○ team meeting Fri 27 09:00",
        "No date 2",
        "14 ○ milk +shopping",
        "15 ○ eggs +shopping",
        "space done · e edit · d due",
    ]


@pytest.mark.parametrize(
    ("key", "kind"),
    [
        ("e", TaskPane.EditRequested),
        ("d", TaskPane.DueRequested),
        ("enter", TaskPane.DetailsRequested),
    ],
)
async def test_a_key_asks_for_an_editor_of_the_task_under_the_cursor(key: str, kind: Any) -> None:
    pane = a_pane()
    app = Host(pane)
    async with running(app, *REQUESTS) as pilot:
        await shown(pilot, pane)
        await pilot.press("down", key)
        await until(pilot, lambda: app.posted_of(kind))
    assert [message.task.id for message in app.posted_of(kind)] == [4]
    assert len(app.posted) == 1


@pytest.mark.parametrize(
    ("key", "kind"),
    [
        ("n", TaskPane.AddRequested),
        ("u", TaskPane.UndoRequested),
        ("U", TaskPane.RedoRequested),
        ("escape", TaskPane.LeaveRequested),
    ],
)
@pytest.mark.parametrize("tasks", [SAMPLE, ()])
async def test_a_key_that_needs_no_task_works_on_an_empty_list_too(
    key: str, kind: Any, tasks: tuple[Task, ...]
) -> None:
    pane = a_pane()
    app = Host(pane)
    async with running(app, *REQUESTS) as pilot:
        await shown(pilot, pane, tasks)
        await pilot.press(key)
        await until(pilot, lambda: app.posted_of(kind))
    assert len(app.posted) == 1


@pytest.mark.parametrize("key", ["x", "delete"])
async def test_delete_asks_for_the_task_under_the_cursor(key: str) -> None:
    pane = a_pane()
    app = Host(pane)
    async with running(app, *REQUESTS) as pilot:
        await shown(pilot, pane)
        await pilot.press(key)
        await until(pilot, lambda: app.posted)
    assert [one.id for one in app.posted_of(TaskPane.DeleteRequested)[0].tasks] == [12]


@pytest.mark.parametrize("key", ["space", "e", "d", "enter", "p", "s", "x", "down", "up", "pagedown", "end", "home"])
async def test_keys_about_a_task_do_nothing_on_an_empty_list(key: str) -> None:
    pane = a_pane()
    app = Host(pane)
    async with running(app, *REQUESTS) as pilot:
        await shown(pilot, pane, ())
        await pilot.press(key, "n")
        await until(pilot, lambda: app.posted_of(TaskPane.AddRequested))
    assert len(app.posted) == 1


async def test_space_marks_done_and_once_more_opens_again_with_the_task_in_its_place() -> None:
    pane = a_pane()
    app = Host(pane)
    async with running(app, *REQUESTS) as pilot:
        await shown(pilot, pane)
        before = [row.task.id for row in pane.query_one(TaskList).rows if row.task]
        await pilot.press("space")
        await until(pilot, lambda: len(app.posted) == 1)
        assert pane.current
        pane.apply([replace(pane.current, completed_at=NOW)])
        await pilot.pause()
        assert [row.task.id for row in pane.query_one(TaskList).rows if row.task] == before
        assert "12 ● !!! pay rent" in screen_text(app)
        await pilot.press("space")
        await until(pilot, lambda: len(app.posted) == 2)
    assert [(message.task_ids, message.completed) for message in app.posted if isinstance(message, REQUESTS[0])] == [
        ((12,), True),
        ((12,), False),
    ]


async def test_p_goes_round_the_priorities() -> None:
    pane = a_pane()
    app = Host(pane)
    async with running(app, *REQUESTS) as pilot:
        await shown(pilot, pane, (task(1),))
        while len(app.posted) < 4:
            before = len(app.posted)
            await pilot.press("p")
            await until(pilot, partial(more_than, app.posted, before))
            request = app.posted_of(TaskPane.PriorityRequested)[-1]
            pane.apply([replace(request.task, priority=request.priority)])
    assert [message.priority for message in app.posted_of(TaskPane.PriorityRequested)] == [
        "low",
        "medium",
        "high",
        "none",
    ]


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        (["down"], 4),
        (["j", "j"], 3),
        (["down", "down", "up"], 4),
        (["j", "j", "k"], 4),
        (["up"], 12),
        (["end"], 15),
        (["G"], 15),
        (["end", "down"], 15),
        (["end", "home"], 12),
        (["G", "g"], 12),
        (["pagedown"], 15),
        (["pagedown", "pageup"], 12),
    ],
)
async def test_keys_move_the_cursor_from_task_to_task(keys: list[str], expected: int) -> None:
    pane = a_pane()
    app = Host(pane)
    async with running(app) as pilot:
        await shown(pilot, pane)
        await pilot.press(*keys)
        await until(pilot, lambda: current_id(pane) == expected)


async def test_the_cursor_stays_with_its_task_when_others_come_and_go() -> None:
    pane = a_pane()
    app = Host(pane)
    async with running(app) as pilot:
        await shown(pilot, pane)
        await pilot.press("down", "down")
        assert current_id(pane) == 3
        pane.apply([task(20, "earlier", due_date=days(-9)), task(21, due_date=TODAY, due_time=time(8))], [12])
        assert current_id(pane) == 3
        pane.apply([task(3, "call the plumber", due_date=days(9))])
        assert current_id(pane) == 3
        pane.apply([], [3])
        await pilot.pause()
        assert current_id(pane) in {one.id for one in pane.tasks}


async def test_when_the_task_under_the_cursor_is_gone_the_next_one_has_it() -> None:
    pane = a_pane()
    app = Host(pane)
    async with running(app) as pilot:
        await shown(pilot, pane)
        await pilot.press("end")
        pane.apply([], [15])
        assert current_id(pane) == 14
        pane.apply([], [one.id for one in SAMPLE])
        await pilot.pause()
        assert current_id(pane) is None
        assert "Nothing to do." in screen_text(app)


async def test_patches_show_what_changed() -> None:
    pane = a_pane()
    app = Host(pane)
    async with running(app) as pilot:
        await shown(pilot, pane)
        pane.apply([task(14, "oat milk", due_date=days(1)), task(30, "bread")], [15])
        await until(pilot, lambda: "oat milk" in screen_text(app))
        text = screen_text(app)
    assert "tomorrow" in text
    assert "bread" in text
    assert "eggs" not in text


async def test_what_was_done_leaves_with_a_sweep() -> None:
    pane = a_pane()
    app = Host(pane)
    async with running(app) as pilot:
        await shown(pilot, pane)
        pane.apply([task(14, "milk", completed_at=NOW)])
        await until(pilot, lambda: "14 ● milk" in screen_text(app))
        pane.sweep()
        await until(pilot, lambda: "milk" not in screen_text(app))


async def test_a_task_done_elsewhere_and_unknown_here_is_shown_as_done() -> None:
    pane = a_pane()
    app = Host(pane)
    async with running(app) as pilot:
        await shown(pilot, pane)
        pane.apply(
            [task(40, "just done", completed_at=NOW), task(41, "long ago", completed_at=NOW - timedelta(days=9))]
        )
        await until(pilot, lambda: "40 ● just done" in screen_text(app))
        assert "Done" in screen_text(app)
        assert "long ago" not in screen_text(app)


async def test_slash_filters_while_typing_and_escape_takes_the_filter_away() -> None:
    pane = a_pane()
    app = Host(pane)
    async with running(app, *REQUESTS) as pilot:
        await shown(pilot, pane)
        await pilot.press("slash", *"SHOPPING egg")
        await until(pilot, lambda: "milk" not in screen_text(app))
        assert "eggs" in screen_text(app)
        await pilot.press("enter", "space")
        await until(pilot, lambda: app.posted)
        assert app.posted_of(TaskPane.CompleteRequested)[0].task_ids == (15,)
        await pilot.press("escape")
        await until(pilot, lambda: "milk" in screen_text(app))
        assert not app.posted_of(TaskPane.LeaveRequested)
        await pilot.press("escape")
        await until(pilot, lambda: app.posted_of(TaskPane.LeaveRequested))


@pytest.mark.parametrize("typed", ["resume", "e-mail", "email", "dont"])
async def test_the_filter_knows_the_ways_to_spell_a_word(typed: str) -> None:
    pane = a_pane()
    app = Host(pane)
    async with running(app, *REQUESTS) as pilot:
        await shown(pilot, pane, (task(1, "don\u2019t e-mail my résumé"), task(2, "eggs")))
        await until(pilot, lambda: "eggs" in screen_text(app))
        await pilot.press("slash", *("minus" if char == "-" else char for char in typed))
        await until(pilot, lambda: "eggs" not in screen_text(app))
        assert "résumé" in screen_text(app)


async def test_letters_in_the_filter_are_text_and_arrows_move_the_cursor() -> None:
    pane = a_pane()
    app = Host(pane)
    async with running(app, *REQUESTS) as pilot:
        await shown(pilot, pane)
        await pilot.press("slash", *"xdupe")
        await until(pilot, lambda: "No task contains “xdupe”." in screen_text(app))
        assert app.posted == []
        await pilot.press("escape", "slash", "e", "down")
        await until(pilot, lambda: current_id(pane) == 4)


async def test_a_click_on_the_circle_marks_done_and_elsewhere_moves_the_cursor() -> None:
    pane = a_pane()
    app = Host(pane)
    async with running(app, *REQUESTS) as pilot:
        await shown(pilot, pane)
        await pilot.click(TaskList, offset=(12, 4))
        await until(pilot, lambda: current_id(pane) == 3)
        assert app.posted == []
        await pilot.click(TaskList, offset=(4, 3))
        await until(pilot, lambda: app.posted)
        assert app.posted_of(TaskPane.CompleteRequested)[0].task_ids == (4,)
        await pilot.click(TaskList, offset=(4, 0))
        await pilot.click(TaskList, offset=(12, 3), times=2)
        await until(pilot, lambda: app.posted_of(TaskPane.DetailsRequested))
    assert len(app.posted) == 2


async def test_more_than_was_loaded_is_said() -> None:
    pane = a_pane()
    app = Host(pane)
    async with running(app) as pilot:
        await shown(pilot, pane, total=5_006)
        await until(pilot, lambda: "and 5,000 more" in screen_text(app))
        assert "tasks · 5006" in screen_text(app)


@pytest.mark.parametrize("theme", [themes.DARK, themes.ANSI])
async def test_no_title_project_or_tag_does_harm(theme: str) -> None:
    tasks = [task(n, title, project=title, tags=(title,)) for n, title in enumerate(HOSTILE, 1)]
    dated = [task(100 + n, title, due_date=TODAY) for n, title in enumerate(HOSTILE)]
    pane = a_pane()
    app = Host(pane, theme=theme)
    async with running(app, size=(40, 40)) as pilot:
        await shown(pilot, pane, (*tasks, *dated))
        await pilot.press("down", "slash", "z")
        await until(pilot, lambda: "No task contains" in screen_text(app))
        await pilot.press("escape")
        await until(pilot, lambda: "No date" in screen_text(app))
        assert {strip.cell_length for strip in app.screen._compositor.render_strips()} == {40}
        assert not set("\x1b\x07\u202e") & set(screen_text(app))


@pytest.mark.parametrize("size", [(120, 40), (40, 12), (20, 6), (12, 4)])
async def test_any_size_is_survived(size: tuple[int, int]) -> None:
    pane = a_pane()
    app = Host(pane)
    async with running(app) as pilot:
        await shown(pilot, pane, tuple(task(n + 1, title) for n, title in enumerate(HOSTILE)))
        await pilot.resize_terminal(*size)
        await pilot.press("end", "home", "down")
        await until(pilot, lambda: current_id(pane) == 2)


async def test_a_thousand_tasks_cost_one_widget_and_the_cursor_stays_in_sight() -> None:
    pane = a_pane()
    app = Host(pane)
    async with running(app) as pilot:
        await shown(pilot, pane, tuple(task(n, f"task number {n}") for n in range(1, 1_001)))
        assert len(pane.query("*")) < 10
        await pilot.press("end")
        await until(pilot, lambda: "1000 ○ task number 1000" in screen_text(app))
        await pilot.press("pageup", "pageup", "pageup")
        await until(pilot, lambda: pane.current and f"{pane.current.id} ○ " in screen_text(app))
        pane.apply([task(500, "in the middle", due_date=TODAY)])
        await pilot.press("home")
        await until(pilot, lambda: "in the middle" in screen_text(app))


async def test_before_the_list_is_there_nothing_is_claimed() -> None:
    app = Host(a_pane())
    async with running(app):
        assert "Nothing to do" not in screen_text(app)


async def test_without_colours_the_cursor_is_marked_all_the_same() -> None:
    pane = a_pane()
    app = Host(pane, theme=themes.ANSI)
    async with running(app) as pilot:
        await shown(pilot, pane)
        marked = [
            index
            for index in range(len(SAMPLE))
            if any(segment.style and segment.style.reverse for segment in pane.query_one(TaskList).render_line(index))
        ]
        assert marked == [pane.query_one(TaskList).cursor]
