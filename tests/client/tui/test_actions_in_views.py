"""Every action of the task list in every view does there what the key table promises."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import date, timedelta
from typing import Final, TypeAlias

import pytest
from textual.screen import Screen

from kirotodo.client.tui.keymap import ACTIONS, BY_ID
from kirotodo.client.tui.screens.postpone import PostponeScreen
from kirotodo.client.tui.screens.task_edit import BulkScreen, DetailsScreen, DueScreen, NewTaskScreen, TitleScreen
from kirotodo.client.tui.screens.task_page import TaskPageScreen
from kirotodo.client.tui.views import VIEWS, is_saved
from kirotodo.client.tui.widgets.task_list import TaskList
from kirotodo.client.tui.widgets.task_pane import TaskPane
from kirotodo.core.domain.task import Task
from kirotodo.core.domain.view import View as SavedView
from tests.client.tui.chat_host import Chat, backend_of, chatting
from tests.client.tui.list_host import NOW, TODAY, days, task

Step: TypeAlias = Callable[[Chat], Awaitable[None]]
SHOWN: Final = (*(view.id for view in VIEWS), "saved:mine")
NAMES: Final = tuple(action.name for action in ACTIONS if action.scope == "tasks")
NEXT_MONDAY: Final = days(6)


def listed(view: str) -> list[Task]:
    """Three tasks that every view shows in one section; the first one repeats, where it is open."""
    due = [task(number, project="home", tags=("x",), due_date=TODAY) for number in (1, 2, 3)]
    if view == "done":
        return [replace(each, completed_at=NOW - timedelta(minutes=each.id)) for each in due]
    return [replace(due[0], recurrence="FREQ=DAILY"), *due[1:]]


# --- what the list shows ---


def pane(chat: Chat) -> TaskPane:
    return chat.screen.view.tasks


def rows(chat: Chat) -> TaskList:
    return chat.screen.query_one(TaskList)


def shown(chat: Chat) -> list[int]:
    return [row.task.id for row in rows(chat).rows if row.task is not None]


def known(chat: Chat, number: int) -> Task:
    return next(each for each in pane(chat)._known() if each.id == number)


def marked(chat: Chat) -> list[int]:
    return [row.task.id for row in rows(chat).rows if row.task is not None and row.marked]


async def press(chat: Chat, name: str) -> None:
    await chat.press(BY_ID[f"tasks.{name}"].keys[0])


async def stand(chat: Chat, number: int) -> None:
    """Move the cursor to a task."""
    for _ in range(9):
        current = rows(chat).current
        if current is not None and current.id == number:
            return
        await chat.press("down" if current is not None and current.id < number else "up")
    raise AssertionError(f"the cursor does not reach {number}: {shown(chat)}")


async def undone(chat: Chat, as_before: Callable[[], object]) -> None:
    await press(chat, "undo")
    await chat.until(as_before)


# --- what each action promises ---


async def completed(chat: Chat) -> None:
    before = known(chat, 2).completed
    await press(chat, "done")
    await chat.until(lambda: known(chat, 2).completed is not before)
    await undone(chat, lambda: known(chat, 2).completed is before)


async def undo_and_redo(chat: Chat) -> None:
    before = known(chat, 2).priority
    await press(chat, "priority")
    await chat.until(lambda: known(chat, 2).priority != before)
    await undone(chat, lambda: known(chat, 2).priority == before)
    await press(chat, "redo")
    await chat.until(lambda: known(chat, 2).priority != before)
    await undone(chat, lambda: known(chat, 2).priority == before)


def opens(name: str, screen: type[Screen[None]]) -> Step:
    async def step(chat: Chat) -> None:
        await press(chat, name)
        await chat.until(lambda: isinstance(chat.app.screen, screen))
        await chat.press("escape")
        await chat.until(lambda: chat.app.screen is chat.screen)

    return step


async def deleted(chat: Chat) -> None:
    await press(chat, "delete")
    await chat.until(lambda: 2 not in shown(chat))
    await undone(chat, lambda: 2 in shown(chat))


def postpones(name: str, number: int, to: date) -> Step:
    async def step(chat: Chat) -> None:
        await stand(chat, number)
        await press(chat, name)
        await chat.until(lambda: isinstance(chat.app.screen, PostponeScreen))
        await press(chat, name)
        await chat.until(lambda: any(each.due_date == to for each in pane(chat).tasks))
        await undone(chat, lambda: known(chat, number).due_date == TODAY)

    return step


async def shifted(chat: Chat) -> None:
    await press(chat, "later")
    await chat.until(lambda: known(chat, 2).due_date == days(1))
    await undone(chat, lambda: known(chat, 2).due_date == TODAY)
    await chat.until(lambda: 2 in shown(chat))
    await stand(chat, 2)
    await press(chat, "earlier")
    await chat.until(lambda: "Nothing moves into the past: task 2" in chat.toasts())
    assert known(chat, 2).due_date == TODAY


async def skipped(chat: Chat) -> None:
    await stand(chat, 1)
    await press(chat, "skip")
    await chat.until(lambda: known(chat, 1).due_date == days(7))


async def one_marked(chat: Chat) -> None:
    await press(chat, "mark")
    await chat.until(lambda: marked(chat) == [2])
    await press(chat, "edit")
    await chat.until(lambda: isinstance(chat.app.screen, BulkScreen))
    await chat.press("escape")
    await chat.until(lambda: chat.app.screen is chat.screen)
    await press(chat, "leave")
    await chat.until(lambda: not marked(chat))


async def range_marked(chat: Chat) -> None:
    await press(chat, "mark_range")
    await press(chat, "cursor_down")
    await chat.until(lambda: marked(chat) == [2, 3])
    await press(chat, "mark_range")
    await press(chat, "cursor_up")
    await chat.until(lambda: marked(chat) == [2, 3])
    await press(chat, "leave")
    await chat.until(lambda: not marked(chat))


async def counted(chat: Chat) -> None:
    await press(chat, "count")
    await chat.press("2")
    await press(chat, "mark")
    await chat.until(lambda: marked(chat) == [2, 3])
    await press(chat, "leave")
    await chat.until(lambda: not marked(chat))


async def section_marked(chat: Chat) -> None:
    await press(chat, "mark_section")
    await chat.until(lambda: marked(chat) == shown(chat) == [1, 2, 3])
    await press(chat, "mark_section")
    await chat.until(lambda: not marked(chat))


def arranges(name: str, of: Callable[[Chat], str]) -> Step:
    async def step(chat: Chat) -> None:
        before = of(chat)
        await press(chat, name)
        await chat.until(lambda: of(chat) != before)
        for _ in range(9):
            if of(chat) != before:
                await press(chat, name)
        assert of(chat) == before

    return step


async def collapsed(chat: Chat) -> None:
    await press(chat, "collapse")
    await chat.until(lambda: rows(chat).on_head and not shown(chat))
    await press(chat, "expand")
    await chat.until(lambda: shown(chat) == [1, 2, 3])


async def whole_width(chat: Chat) -> None:
    await press(chat, "full_width")
    await chat.until(lambda: pane(chat).outer_size.width == chat.app.size.width)
    await press(chat, "full_width")
    await chat.until(lambda: pane(chat).outer_size.width < chat.app.size.width)


async def width(chat: Chat) -> None:
    before = pane(chat).outer_size.width
    await press(chat, "wider")
    await chat.until(lambda: pane(chat).outer_size.width > before)
    await press(chat, "narrower")
    await chat.until(lambda: pane(chat).outer_size.width == before)


async def filtered(chat: Chat) -> None:
    await press(chat, "filter")
    await chat.write("task 3")
    await chat.until(lambda: shown(chat) == [3])
    await chat.press("escape")
    await chat.until(lambda: shown(chat) == [1, 2, 3] and rows(chat).has_focus)


def moves(name: str, to: int) -> Step:
    async def step(chat: Chat) -> None:
        await press(chat, name)
        current = rows(chat).current
        assert current is not None
        assert current.id == to

    return step


async def left(chat: Chat) -> None:
    await press(chat, "leave")
    await chat.until(lambda: chat.composer.has_focus)


DOES: Final[Mapping[str, Step]] = {
    "done": completed,
    "edit": opens("edit", TitleScreen),
    "due": opens("due", DueScreen),
    "new": opens("new", NewTaskScreen),
    "details": opens("details", DetailsScreen),
    "page": opens("page", TaskPageScreen),
    "priority": undo_and_redo,
    "delete": deleted,
    "postpone_tomorrow": postpones("postpone_tomorrow", 2, days(1)),
    "postpone_day": postpones("postpone_day", 2, days(1)),
    "postpone_week": postpones("postpone_week", 2, NEXT_MONDAY),
    "earlier": shifted,
    "later": shifted,
    "mark": one_marked,
    "mark_range": range_marked,
    "mark_section": section_marked,
    "count": counted,
    "sort": arranges("sort", lambda chat: pane(chat)._arrangement.sorting),
    "group": arranges("group", lambda chat: pane(chat)._arrangement.grouping),
    "collapse": collapsed,
    "expand": collapsed,
    "full_width": whole_width,
    "wider": width,
    "narrower": width,
    "filter": filtered,
    "undo": undo_and_redo,
    "redo": undo_and_redo,
    "cursor_up": moves("cursor_up", 1),
    "cursor_down": moves("cursor_down", 3),
    "page_up": moves("page_up", 1),
    "page_down": moves("page_down", 3),
    "first": moves("first", 1),
    "last": moves("last", 3),
    "leave": left,
    "skip": skipped,  # the last one: the task leaves some views
}
NOT_IN: Final[Mapping[str, Mapping[str, str]]] = {
    "done": {
        "skip": "a task that is done has no open occurrence",
    }
}
"""Actions that a view has no use for, and why."""


@pytest.mark.parametrize("view", SHOWN)
async def test_every_action_does_what_it_promises(view: str) -> None:
    backend = backend_of(tasks=listed(view))
    await backend.save_view(SavedView(name="mine", filter="+home"))
    async with chatting(backend, size=(120, 30)) as chat:
        await chat.until(lambda: pane(chat).has_view("saved:mine"))
        wanted = {step: name for name, step in DOES.items() if name not in NOT_IN.get(view, {})}
        await chat.press("ctrl+l", BY_ID["chat.view_saved_1" if is_saved(view) else f"chat.view_{view}"].keys[0])
        for step, name in wanted.items():
            if not rows(chat).has_focus:
                await chat.press("ctrl+l")
            await chat.until(lambda: rows(chat).has_focus and sorted(shown(chat)) == [1, 2, 3])
            await stand(chat, 2)
            try:
                await step(chat)
            except AssertionError as error:
                raise AssertionError(f"{name} in {view}: {error}") from error


def test_no_action_of_the_list_is_left_out_in_any_view() -> None:
    untested = [
        (name, view) for view in SHOWN for name in NAMES if name not in DOES and name not in NOT_IN.get(view, {})
    ]
    assert untested == []
    assert set(DOES) <= set(NAMES)
    for view, actions in NOT_IN.items():
        assert view in SHOWN
        assert set(actions) <= set(NAMES)
