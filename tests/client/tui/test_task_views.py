"""The views in the chat: keys and mouse, marks, postponing, the width; and a long list stays quick to walk."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import time, timedelta
from pathlib import Path

import pytest

from kirotodo.client.state import ClientState
from kirotodo.client.tui.screens.postpone import PostponeScreen
from kirotodo.client.tui.screens.task_edit import BulkScreen, DetailsScreen, DueScreen
from kirotodo.client.tui.screens.task_page import ChangeList, TaskPageScreen
from kirotodo.client.tui.screens.view_picker import ViewPickerScreen
from kirotodo.client.tui.widgets.calendar import Calendar
from kirotodo.client.tui.widgets.task_list import TaskList
from kirotodo.client.tui.widgets.view_bar import ViewBar
from kirotodo.core.domain.task import TaskFilter
from kirotodo.core.domain.view import View as SavedView
from kirotodo.core.local import LocalBackend
from kirotodo.core.models.scripted import ScriptedModel
from kirotodo.core.settings import Settings
from tests.client.tui.chat_host import Chat, backend_of, chatting
from tests.client.tui.list_host import NOW, SAMPLE, TODAY, days, task
from tests.lists import list_at
from tests.waiting import until

DONE = task(30, "walk the dog", completed_at=NOW - timedelta(hours=2))
LIST = (*SAMPLE, DONE, task(31, "letter", tags=("paper",), completed_at=NOW - timedelta(days=2)))


def pane(chat: Chat) -> list[str]:
    """The lines of the task pane, without its border."""
    return [" ".join(line.split("│")[-2].split()) for line in chat.text.splitlines() if line.rstrip().endswith("│")]


async def test_every_view_by_its_key_and_by_the_mouse() -> None:
    async with chatting(backend_of(tasks=LIST), size=(120, 40)) as chat:
        await chat.press("ctrl+l")
        await chat.until(lambda: isinstance(chat.focused, TaskList))
        for key, *texts in (
            ("1", "today · 1 of 4 done", "Morning", "Evening", "Done today", "walk the dog"),
            ("2", "upcoming · 3", "Today · Tue 24 Nov", "Fri 27 Nov"),
            ("3", "week · 4", "Overdue", "4 days late", "Mon 30 Nov"),
            ("4", "projects", "+shopping", "No project"),
            ("5", "tags", "No tag"),
            ("6", "Sun 22 Nov", "letter", "walk the dog"),
            ("0", "tasks · 6", "Overdue", "No date"),
        ):
            await chat.press(key)
            await chat.wait_for(*texts)
        await chat.pilot.click(chat.screen.query_one(ViewBar), offset=(8, 0))
        await chat.wait_for("today · 1 of 4 done")
        assert isinstance(chat.focused, TaskList)


async def test_digits_are_text_while_writing() -> None:
    async with chatting(backend_of(tasks=LIST), size=(120, 40)) as chat:
        await chat.write("123")
        assert chat.draft == "123"
        assert "tasks · 6" in chat.text


async def test_marks_and_what_is_done_to_all_that_are_marked() -> None:
    async with chatting(backend_of(tasks=LIST), size=(120, 40)) as chat:
        tasks = chat.screen.view.tasks
        await chat.press("ctrl+l", "end", "up", "m", "m")
        await chat.wait_for("2 marked", "▌14", "▌15")
        await chat.press("t", "t")
        await chat.until(lambda: "Due Wed 25 Nov: milk, eggs" in chat.toasts())
        await chat.wait_for("tomorrow", "tasks · 6")
        assert {each.due_date for each in tasks.tasks if each.id in (14, 15)} == {days(1)}
        await chat.press("M", "e")
        await chat.until(lambda: isinstance(chat.app.screen, BulkScreen))
        await chat.press("tab", "tab")
        await chat.write("errands")
        await chat.press("enter")
        await chat.wait_for("+errands")
        await chat.press("escape", "M", "plus", "enter", "M", "p", "M", "space")
        await chat.until(lambda: any(each.completed for each in tasks.tasks))
        await chat.press("home", "m", "escape")
        assert "marked" not in chat.text


async def test_a_postpone_key_shows_the_date_before_it_takes_effect() -> None:
    backend = backend_of(tasks=LIST)
    async with chatting(backend, size=(120, 40)) as chat:
        await chat.press("ctrl+l", "home", "w")
        await chat.until(lambda: isinstance(chat.app.screen, PostponeScreen))
        await chat.wait_for("postpone: pay rent", "› w next week   Mon 30 Nov · in 6 days", "w or enter confirms.")
        assert (await backend.task(12)).due_date == days(-4)
        await chat.press("plus")
        await chat.wait_for("› + a day later Wed 25 Nov · tomorrow")
        await chat.press("up", "escape")
        await chat.until(lambda: chat.app.screen is chat.screen)
        assert (await backend.task(12)).due_date == days(-4)
        await chat.press("w", "t", "d")
        await chat.until(lambda: isinstance(chat.app.screen, DueScreen))
        await chat.press("escape", "w", "w")
        await chat.until(lambda: "Due Mon 30 Nov: pay rent" in chat.toasts())
        assert (await backend.task(12)).due_date == days(6)


async def test_several_tasks_show_each_of_their_days_and_keep_their_marks_until_it_is_done() -> None:
    backend = backend_of(tasks=LIST)
    async with chatting(backend, size=(120, 40)) as chat:
        await chat.press("ctrl+l", "home", "m", "end", "up", "up", "m", "plus")
        await chat.wait_for("postpone 2 tasks", "Wed 25 Nov (1), Sat 28 Nov (1)", "t tomorrow    Wed 25 Nov · tomorrow")
        await chat.press("escape")
        await chat.wait_for("2 marked")
        await chat.press("plus")
        await chat.wait_for("postpone 2 tasks")
        await chat.pilot.click("#postpone-choices", offset=(8, 0))
        await chat.wait_for("› t tomorrow")
        await chat.pilot.click("#postpone-choices", offset=(8, 0))
        await chat.until(lambda: "Due Wed 25 Nov: pay rent, team meeting" in chat.toasts())
        await chat.until(lambda: "2 marked" not in chat.text)
        assert {(await backend.task(id)).due_date for id in (12, 9)} == {days(1)}


async def test_tasks_that_move_to_several_days_come_back_with_one_undo() -> None:
    backend = backend_of(tasks=LIST)
    before = [(await backend.task(id)).due_date for id in (12, 9)]
    async with chatting(backend, size=(120, 40)) as chat:
        for keys in (("plus", "plus"), ("shift+right",)):
            await chat.press("ctrl+l", "home", "m", "end", "up", "up", "m", *keys)
            await chat.until(lambda: any(toast.startswith("Due ") for toast in chat.toasts()))
            assert before not in [[(await backend.task(id)).due_date for id in (12, 9)]]
            await chat.press("u")
            await chat.until(lambda: any(toast.startswith("Undone: ") for toast in chat.toasts()))
            assert [(await backend.task(id)).due_date for id in (12, 9)] == before
            await chat.press("escape")


@asynccontextmanager
async def three_tasks(folder: Path) -> AsyncIterator[tuple[Chat, LocalBackend]]:
    """A real list, which knows what words mean, with its three tasks marked."""
    settings = Settings(kirotodo_home=folder, database_url=list_at(folder / "list.db"), timezone="UTC")
    backend = await LocalBackend.open(settings, clock=lambda: NOW, model=ScriptedModel())
    await backend.add_task({"title": "pay rent", "due_date": days(-4)})
    await backend.add_task({"title": "water the plants", "due_date": TODAY, "due_time": time(9), "priority": "high"})
    await backend.add_task({"title": "call the plumber", "due_date": TODAY, "priority": "low"})
    async with chatting(backend, size=(120, 40)) as chat:
        await chat.wait_for("3 open", "call the plumber")
        await chat.press("ctrl+l", "home", "m", "m", "m")
        await chat.wait_for("3 marked")
        yield chat, backend


async def test_a_bulk_edit_shows_what_a_date_means_and_which_tasks_change_before_it_does(tmp_path: Path) -> None:
    async with three_tasks(tmp_path) as (chat, backend):
        await chat.press("e")
        await chat.until(lambda: isinstance(chat.app.screen, BulkScreen))
        await chat.wait_for("Empty fields stay as they are.")
        await chat.write("today")
        await chat.wait_for("→ Tue 24 Nov · today · 1 of 3 tasks changes: pay rent")
        await chat.press("tab", "right", "right")  # low
        await chat.wait_for("2 of 3 tasks change: pay rent, water")
        await chat.press("shift+tab", "end", *["backspace"] * 5, "-")
        await chat.wait_for("No date · 3 of 3 tasks change: pay rent, water")
        await chat.press("backspace", *"boo")
        await chat.wait_for("No date in “boo” yet.")
        await chat.press("backspace", "backspace", "backspace")
        await chat.wait_for("2 of 3 tasks change: pay rent, water")
        await chat.press("tab", "left", "left", "tab", *"home")
        await chat.wait_for("3 of 3 tasks change: pay rent")
        assert {each.project for each in (await backend.tasks()).items} == {None}
        await chat.press("tab", *"x", "enter")
        await chat.until(lambda: "3 tasks: add tags, project changed" in chat.toasts())
        assert {each.due_date for each in (await backend.tasks()).items} == {days(-4), TODAY}


async def test_a_date_for_several_tasks_shows_which_of_them_it_moves(tmp_path: Path) -> None:
    async with three_tasks(tmp_path) as (chat, backend):
        await chat.press("d")
        await chat.until(lambda: isinstance(chat.app.screen, DueScreen))
        await chat.wait_for("→ Fri 20 Nov · 4 days ago · 2 of 3 tasks change: water the", "plants, call the plumber")
        await chat.write("today")
        await chat.wait_for("→ Tue 24 Nov · today · 1 of 3 tasks changes: pay rent")
        await chat.press(*["backspace"] * 5)
        await chat.wait_for("No date · 3 of 3 tasks change")
        await chat.write("today 21:00")
        await chat.wait_for("→ Tue 24 Nov, 21:00 · today · 3 of 3 tasks change: pay rent,")
        assert {each.due_date for each in (await backend.tasks()).items} == {days(-4), TODAY}
        await chat.press("enter")
        await chat.until(lambda: "3 tasks: due Tue 24 Nov, 21:00" in chat.toasts())


@pytest.mark.parametrize("keys", [["0"], ["1"], ["2"], ["3"], ["4"], ["5"], ["0", "f"]], ids=str)
async def test_s_skips_this_time_of_a_routine_in_every_view_and_u_undoes_it(keys: list[str]) -> None:
    backend = backend_of(tasks=LIST)
    async with chatting(backend, size=(120, 40)) as chat:
        tasks = chat.screen.view.tasks
        await chat.press("ctrl+l", *keys, "slash")
        await chat.write("plants")
        await chat.press("enter")
        await chat.until(lambda: tasks.current is not None and tasks.current.id == 4)
        await chat.press("s")
        await chat.until(lambda: "Skipped to water the plants (Tue 1 Dec, 09:00)" in chat.toasts())
        assert (await backend.task(4)).due_date == days(7)
        await chat.press("u")
        await chat.until(lambda: "Undone: water the plants" in chat.toasts())
        assert (await backend.task(4)).due_date == TODAY


async def test_s_skips_all_marked_tasks_or_none_where_one_does_not_repeat() -> None:
    routines = [task(number, f"gym {number}", due_date=TODAY, recurrence="FREQ=DAILY") for number in range(1, 6)]
    backend = backend_of(tasks=[*routines, task(6, "milk")])
    async with chatting(backend, size=(120, 40)) as chat:
        await chat.press("ctrl+l", "home", "m", "end", "s")
        await chat.until(lambda: any("Skipped to gym 1 (" in toast for toast in chat.toasts()))
        await chat.press("u", "home", "m", "end", "m", "s")
        await chat.until(lambda: "Task 6 “milk” does not repeat, so there is no occurrence to skip." in chat.toasts())
        assert {each.due_date for each in (await backend.tasks()).items} == {TODAY, None}
        await chat.press("home", "M", "s")
        named = ", ".join(f"gym {number} (Tue 1 Dec)" for number in (1, 2, 3))
        await chat.until(lambda: f"Skipped to {named} and 2 more" in chat.toasts())


async def test_sections_collapse_and_open_again() -> None:
    async with chatting(backend_of(tasks=LIST), size=(120, 40)) as chat:
        await chat.press("ctrl+l", "end", "left")
        await chat.wait_for("▸No date")
        assert "15 ○ eggs" not in chat.text
        await chat.press("enter")
        await chat.wait_for("15 ○ eggs")
        await chat.press("b", "o")
        await chat.until(lambda: "Grouped by project, sorted by priority." in chat.toasts())
        await chat.wait_for("No project")
        await chat.press("1", "b", "o")
        await chat.wait_for("today", "No project")


async def test_the_day_by_its_hours_shows_where_now_is() -> None:
    async with chatting(backend_of(tasks=LIST), size=(120, 40)) as chat:
        await chat.press("ctrl+l", "1")
        await chat.wait_for("4 ○ 09:00 water the plants ↻", "3 ○ 17:00 call the plumber", "Done today")
        lines = pane(chat)
        assert lines.index("Morning 1") < next(i for i, line in enumerate(lines) if line.startswith("── now ─"))
        assert next(i for i, line in enumerate(lines) if line.startswith("── now ─")) < lines.index("Evening 1")
        await chat.press("2")
        await chat.wait_for("upcoming · 3")
        assert "── now" not in chat.text


async def test_the_width_the_view_and_the_full_width_are_as_one_likes(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    async with chatting(backend_of(tasks=LIST), size=(120, 30), state_path=path) as chat:
        tasks = chat.screen.view.tasks
        assert tasks.outer_size.width == 38
        await chat.press("ctrl+l", "4", "less_than_sign")
        await chat.until(lambda: tasks.outer_size.width == 44)
        await chat.press("f")
        await chat.until(lambda: tasks.outer_size.width == 120)
        await chat.press("f", "greater_than_sign", "greater_than_sign")
        await chat.until(lambda: tasks.outer_size.width == 32)
        await chat.pilot.mouse_down(tasks, offset=(0, 5))
        await chat.pilot.hover(offset=(70, 6))
        await chat.pilot.mouse_up(offset=(70, 6))
        await chat.until(lambda: tasks.outer_size.width == 50)
        await chat.until(lambda: ClientState(path).pane_width == 50)
    async with chatting(backend_of(tasks=LIST), size=(120, 30), state_path=path) as chat:
        assert chat.screen.view.tasks.outer_size.width == 50
        await chat.wait_for("+shopping", "projects")


async def test_the_full_width_is_there_again_at_the_next_start_until_one_goes_back_to_write(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    async with chatting(backend_of(tasks=LIST), size=(120, 30), state_path=path) as chat:
        await chat.press("ctrl+l", "f")
        await chat.until(lambda: ClientState(path).pane_full)
    async with chatting(backend_of(tasks=LIST), size=(120, 30), state_path=path) as chat:
        await chat.until(lambda: chat.screen.view.tasks.outer_size.width == 120)
        await chat.press("j", "escape")
        await chat.until(lambda: chat.screen.view.composer.has_focus and not ClientState(path).pane_full)
        await chat.press("ctrl+l", "f")
        await chat.until(lambda: ClientState(path).pane_full)
    async with chatting(backend_of(tasks=LIST), size=(120, 30), state_path=path, new=True) as chat:
        await chat.until(lambda: chat.screen.view.composer.has_focus)
        assert chat.screen.view.tasks.outer_size.width < 120


async def test_what_begins_in_the_composer_is_seen_from_the_full_width(tmp_path: Path) -> None:
    async with chatting(backend_of(tasks=LIST), size=(120, 30)) as chat:
        await chat.press("ctrl+l", "f")
        await chat.until(lambda: chat.screen.view.tasks.outer_size.width == 120)
        await chat.press("ctrl+n")
        await chat.until(lambda: chat.screen.view.composer.has_focus)
        await chat.press(*"hello")
        await chat.wait_for("› hello")


async def test_due_shows_what_words_mean_and_a_month_to_pick_from() -> None:
    async with chatting(backend_of(tasks=LIST), size=(120, 40)) as chat:
        await chat.press("ctrl+l", "end", "d")
        await chat.until(lambda: isinstance(chat.app.screen, DueScreen))
        await chat.wait_for("November 2026", "Mo Tu We")
        await chat.press("down", "right", "down")
        calendar = chat.app.screen.query_one(Calendar)
        assert calendar.day == days(8)
        await chat.press("pagedown", "pageup", "left", "up", "enter")
        await chat.wait_for("today")
        (eggs,) = [each for each in chat.screen.view.tasks.tasks if each.id == 15]
        assert eggs.due_date == TODAY


async def test_a_time_that_passes_changes_the_pane_by_itself() -> None:
    soon = task(1, "call", due_date=TODAY, due_time=time(12, 0, 0))
    async with chatting(backend_of(tasks=[soon]), size=(120, 30)) as chat:
        timer = chat.screen.view.tasks._waking
        assert timer is not None
        assert timer._interval <= 2


async def test_ten_thousand_tasks_are_walked_row_by_row() -> None:
    many = [task(number, f"task {number}", project=f"p{number % 40}") for number in range(1, 10_001)]
    async with chatting(backend_of(tasks=many), size=(120, 30)) as chat:
        await chat.wait_for("tasks · 10000")
        await chat.press("ctrl+l", "4", "end")
        await chat.wait_for("9999 ○ task 9999")
        await chat.press("slash")
        await chat.write("9998")
        await chat.wait_for("9998 ○ task 9998")
        assert len(list(chat.screen.walk_children())) < 60


async def test_the_filter_takes_the_language_of_filters() -> None:
    listed = [*SAMPLE, task(16, "letter", priority="high", due_date=days(1), tags=("waiting",))]
    async with chatting(backend_of(tasks=listed), size=(120, 40)) as chat:
        await chat.press("ctrl+l", "end", "slash")
        for typed, found in (
            ("overdue", [12]),
            ("!high -#waiting", [12]),
            ("due:tomorrow or +work", [16, 9]),
            ("due:fri", [9]),
            ("no:date +shopping", [14, 15]),
            ("shop", [14, 15]),
        ):
            await chat.write(typed)
            rows = chat.screen.query_one(TaskList).rows
            assert [row.task.id for row in rows if row.task] == found, typed
            assert f"{len(found)} of 7" in chat.text
            assert chat.screen.query_one(TaskList).current == next(row.task for row in rows if row.task)
            await chat.press(*["backspace"] * len(typed))
        await chat.write("due:someday")
        await chat.wait_for("isn't a day here")


async def test_the_page_of_a_task_has_its_notes_steps_and_history_with_undo() -> None:
    notes = "Bring the **card**.\n\n- ask about [/] the bill"
    listed = [task(40, "dentist", notes=notes, tags=("health",)), task(41, "find the card", parent_id=40)]
    async with chatting(backend_of(tasks=listed), size=(120, 40)) as chat:
        await chat.press("ctrl+l", "p", "p", "h")
        await chat.until(lambda: isinstance(chat.app.screen, TaskPageScreen))
        await chat.wait_for(
            "Bring the card.", "• ask about [/] the bill", "Steps · 0 of 1 done", "#health", "you (screen)  Changed"
        )
        changes = chat.app.screen.query_one(ChangeList)
        await chat.until(lambda: changes.option_count == 2)
        await chat.wait_for("!! medium")
        await chat.press("down", "up", "u")
        await chat.wait_for("! low")
        await chat.press("u")
        await chat.wait_for("There is nothing to undo there.")
        await chat.press("e")
        await chat.until(lambda: isinstance(chat.app.screen, DetailsScreen))


async def test_the_steps_of_a_task_are_ticked_on_its_page() -> None:
    listed = [task(40, "dentist"), *(task(40 + n, f"step {n}", parent_id=40, position=n) for n in (1, 2))]
    backend = backend_of(tasks=listed)
    async with chatting(backend, size=(120, 40)) as chat:
        await chat.press("ctrl+l", "h")
        await chat.until(lambda: isinstance(chat.app.screen, TaskPageScreen))
        await chat.wait_for("Steps · 0 of 2 done", "○ step 1")
        await chat.press("up", "space")
        await chat.wait_for("Steps · 1 of 2 done", "● step 2")
        await chat.press("up", "space")
        await chat.wait_for("Steps · 2 of 2 done", "● step 1")
        await chat.press("space")
        await chat.wait_for("Steps · 1 of 2 done", "○ step 1")
        await chat.press("down", "down", "down", "space")  # a change is no step
        await chat.pilot.click("#page-step-list", offset=(2, 0))
        await chat.wait_for("Steps · 2 of 2 done")
        assert {each.id for each in (await backend.tasks(TaskFilter(status="completed"))).items} == {41, 42}


async def test_the_steps_of_a_task_are_moved_and_made_tasks_of_their_own_on_its_page(tmp_path: Path) -> None:
    settings = Settings(kirotodo_home=tmp_path, database_url=list_at(tmp_path / "list.db"), timezone="UTC")
    backend = await LocalBackend.open(settings, clock=lambda: NOW, model=ScriptedModel())
    await backend.add_task({"title": "dentist"})
    for title in ("card", "braces", "bill"):
        await backend.add_task({"title": title, "parent_id": 1})

    async def ordered(*titles: str) -> bool:
        return [step.title for step in (await backend.tasks(TaskFilter(parent_id=1))).items] == [*titles]

    async with chatting(backend, size=(80, 24)) as chat:
        await chat.press("ctrl+l")
        await chat.wait_for("dentist")
        await chat.press("h")
        await chat.wait_for("Steps · 0 of 3 done", "○ bill")
        await chat.press("up", "shift+up", "shift+up", "shift+up")  # to the first place, and no further
        await until(lambda: ordered("bill", "card", "braces"))
        await chat.press("]")
        await until(lambda: ordered("card", "bill", "braces"))
        await chat.press("o")
        await chat.wait_for("Steps · 0 of 2 done")
        assert (await backend.task(4)).parent_id is None
        await chat.press("escape", "u")
        await until(lambda: ordered("card", "bill", "braces"))


async def test_saved_views_have_keys_and_follow_the_tasks() -> None:
    backend = backend_of(tasks=LIST)
    await backend.save_view(SavedView(name="shop [/] list", filter="+shopping", group="project", pinned=True))
    await backend.save_view(SavedView(name="broken", filter="due:", problem="What is it due?"))
    async with chatting(backend, size=(160, 40)) as chat:
        await chat.press("ctrl+l")
        await chat.until(lambda: chat.screen.view.tasks.has_view("saved:shop [/] list"))
        await chat.press("7")
        await chat.wait_for("shop [/] list ·", "+shopping")
        await chat.press("home", "space")
        await chat.wait_for("14 ● milk")
        await chat.press("8")
        await chat.until(lambda: any("no such saved view" in toast for toast in chat.toasts()))
        await chat.press("0")
        await chat.wait_for("Overdue")


async def test_any_number_of_saved_views_is_reached_by_a_few_letters_and_remembered(tmp_path: Path) -> None:
    path, backend = tmp_path / "state.json", backend_of(tasks=LIST)
    for number in range(1, 13):
        await backend.save_view(SavedView(name=f"view {number:02}", filter="+shopping", pinned=number == 12))
    await backend.save_view(SavedView(name="broken", filter="due:", problem="What is it due?"))
    async with chatting(backend, size=(120, 40), state_path=path) as chat:
        await chat.press("ctrl+l")
        await chat.until(lambda: chat.screen.view.tasks.has_view("saved:view 11"))
        await chat.press("v")
        await chat.until(lambda: isinstance(chat.app.screen, ViewPickerScreen))
        await chat.wait_for("7 ★ view 12", "due:: What is it due?", "1   Today")
        await backend.save_view(SavedView(name="saved meanwhile", filter="+work", pinned=True))
        await chat.press("escape", "v")
        await chat.wait_for("★ saved meanwhile")
        await chat.write("SHOP 11")
        await chat.wait_for("view 11")
        assert "view 10" not in chat.text
        await chat.press("enter")
        await chat.wait_for("view 11 · 6")
        await chat.press("v")
        await chat.write("nothing of the kind")
        await chat.wait_for("No view has such a name.")
        await chat.press("enter", "escape")
        await chat.until(lambda: ClientState(path).task_view == "saved:view 11")
    async with chatting(backend, size=(120, 40), state_path=path) as chat:
        await chat.wait_for("view 11 · 6")
        await chat.press("ctrl+l", "1", "v", "down", "enter")
        await chat.wait_for("upcoming")


async def test_pinned_views_stand_in_the_pane_and_a_view_that_changes_is_read_anew() -> None:
    backend = backend_of(tasks=LIST)
    for name in ("a", "b", "c", "d", "e"):
        await backend.save_view(SavedView(name=name, filter="+shopping", pinned=name != "e"))
    async with chatting(backend, size=(120, 40)) as chat:
        await chat.press("ctrl+l", "f")
        await chat.wait_for("7 a  8 b  9 c  ★ d")
        assert "★ e" not in chat.text
        bar = chat.screen.query_one(ViewBar)
        await chat.pilot.click(bar, offset=(bar.render().plain.index("★ d") + 1, 0))
        await chat.wait_for("╭─ d · 6")
        await backend.save_view(SavedView(name="d", filter="+work", group="project", pinned=True))
        await chat.press("v", "escape")
        await chat.wait_for("╭─ d · 6", "No project")
        await backend.delete_view("d")
        await chat.press("v", "escape")
        await chat.wait_for("tasks · 6")
