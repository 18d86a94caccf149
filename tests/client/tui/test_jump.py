"""One key puts a letter at everything in sight, and the letter goes there: where one writes and in dialogs too."""

import re
from collections.abc import Callable
from typing import Final

import pytest
from textual.widget import Widget

from kirotodo.client.testing.script import say
from kirotodo.client.tui.jump import LETTERS, Target, labels, targets
from kirotodo.client.tui.screens.conversations import ConversationsScreen
from kirotodo.client.tui.screens.help import HelpScreen
from kirotodo.client.tui.screens.jump import JumpScreen
from kirotodo.client.tui.screens.keys import KeysScreen
from kirotodo.client.tui.screens.task_edit import DetailsScreen
from kirotodo.client.tui.screens.task_page import TaskPageScreen
from kirotodo.client.tui.screens.theme_picker import ThemePickerScreen
from kirotodo.client.tui.widgets.messages import UserMessage
from kirotodo.client.tui.widgets.task_list import TaskList
from tests.client.tui.chat_host import Chat, adding, backend_of, chatting
from tests.client.tui.list_host import SAMPLE, task

SIZES: Final = ((120, 40), (80, 24), (45, 14))


async def jumping(chat: Chat, key: str = "f4") -> list[Target]:
    """Begin to jump, and return where one can go."""
    await chat.pilot.pause()
    found = targets(chat.app.screen)
    await chat.press(key)
    await chat.until(lambda: isinstance(chat.app.screen, JumpScreen))
    return found


async def go(chat: Chat, at: Callable[[Target], bool]) -> None:
    """Type the letters of the first target like this."""
    found = await jumping(chat)
    places = [index for index, target in enumerate(found) if at(target)]
    await chat.press(*labels(len(found))[places[0]])
    await chat.until(lambda: not isinstance(chat.app.screen, JumpScreen))


def on(widget: Widget, row: int | None = None) -> Callable[[Target], bool]:
    region = widget.region
    return lambda target: region.contains_point(target.at) and (row is None or target.at.y == region.y + row)


@pytest.mark.parametrize("key", ["f4", "ctrl+right_square_bracket"])
async def test_a_letter_goes_to_a_task_a_message_and_back_to_a_draft(key: str) -> None:
    async with chatting(backend_of(adding()), size=(120, 40)) as chat:
        await chat.say("add oat milk")
        await chat.wait_for("Added oat milk.")
        await chat.idle()
        await chat.write("half a")
        shown = chat.screen.query_one(TaskList)
        row = next(index for index, each in enumerate(shown.rows) if each.task is not None and each.task.id == 9)
        found = await jumping(chat, key)
        assert len(chat.app.screen.query(".jump")) == len(found)
        await chat.press(labels(len(found))[next(i for i, each in enumerate(found) if on(shown, row)(each))])
        await chat.until(lambda: shown.has_focus)
        assert shown.current is not None
        assert shown.current.id == 9
        message = chat.screen.query_one(UserMessage)
        await go(chat, on(message))
        await chat.until(lambda: message.has_focus)
        await go(chat, on(chat.composer))
        await chat.until(lambda: chat.composer.has_focus)
        assert chat.draft == "half a"
        await chat.write("nd on")
        assert chat.draft == "half and on"


async def test_a_letter_chooses_a_view() -> None:
    async with chatting(backend_of(), size=(120, 40)) as chat:
        bar = chat.screen.query_one("#views")
        found = await jumping(chat)
        in_bar = [index for index, each in enumerate(found) if on(bar)(each)]
        await chat.press(labels(len(found))[in_bar[1]])
        await chat.until(lambda: chat.screen.view.tasks.view.id == "today")


async def test_queued_messages_are_among_them() -> None:
    async with chatting(backend_of(), size=(120, 40)) as chat:
        chat.queue.show(["one", "two"], held=True)
        await chat.wait_for("2. two")
        rows = list(chat.queue.query("QueuedMessage"))
        await go(chat, on(rows[1]))
        await chat.until(lambda: rows[1].has_focus)


@pytest.mark.parametrize("key", ["escape", "f4", "1", "ctrl+c", "enter"])
async def test_any_other_key_leaves_everything_as_it_was(key: str) -> None:
    async with chatting(backend_of()) as chat:
        await chat.write("draft")
        await jumping(chat)
        await chat.press(key)
        await chat.until(lambda: chat.app.screen is chat.screen)
        assert (chat.draft, chat.composer.has_focus) == ("draft", True)


@pytest.mark.parametrize("size", SIZES)
async def test_it_works_on_every_screen_and_at_every_width(size: tuple[int, int]) -> None:
    async with chatting(backend_of(), size=size) as chat:
        await chat.press("ctrl+l")
        for key, screen in (
            ("?", HelpScreen),
            ("K", KeysScreen),
            ("T", ThemePickerScreen),
            ("ctrl+o", ConversationsScreen),
            ("enter", DetailsScreen),
        ):
            await chat.until(lambda: chat.screen.view.tasks.query_one(TaskList).has_focus)
            await chat.press("question_mark" if key == "?" else key)
            await chat.until(lambda screen=screen: isinstance(chat.app.screen, screen))  # type: ignore[misc]
            await chat.pilot.pause()
            found = await jumping(chat)
            assert found, screen
            await chat.press(*labels(len(found))[-1])
            await chat.until(lambda screen=screen: isinstance(chat.app.screen, screen))  # type: ignore[misc]
            assert chat.app.focused is not None, screen
            while chat.app.screen is not chat.screen:
                await chat.press("escape")
                await chat.pilot.pause()
        for view in "0123456" if size == SIZES[0] else "":
            await chat.press("ctrl+l", view)
            await chat.until(lambda: chat.screen.query_one(TaskList).has_focus)
            assert await jumping(chat), view
            await chat.press("escape")
            await chat.until(lambda: chat.app.screen is chat.screen)


async def test_where_there_is_nothing_to_go_to_that_is_said() -> None:
    async with chatting(backend_of()) as chat:
        await chat.press("ctrl+l", "h")
        await chat.until(lambda: isinstance(chat.app.screen, TaskPageScreen))
        await chat.pilot.pause()
        assert not targets(chat.app.screen)
        await chat.press("f4")
        await chat.until(lambda: "There is nothing here to go to." in chat.toasts())


async def test_what_lies_under_a_drawer_gets_no_letter() -> None:
    async with chatting(backend_of([say("hi.")]), size=(60, 24)) as chat:
        await chat.say("hello")
        await chat.idle()
        await chat.press("ctrl+l")
        await chat.until(lambda: chat.screen.query_one(TaskList).has_focus)
        await chat.pilot.pause()
        drawer = chat.screen.view.tasks.region
        inside = [each for each in targets(chat.screen) if drawer.contains_point(each.at)]
        rows = chat.screen.query_one(TaskList).region
        bar = chat.screen.query_one("#views").region
        assert inside
        assert all(rows.contains_point(each.at) or bar.contains_point(each.at) for each in inside)


async def test_more_targets_than_letters_get_two_each_and_the_first_narrows_them() -> None:
    many = [task(number) for number in range(1, 60)]
    async with chatting(backend_of(tasks=many), size=(120, 50)) as chat:
        found = await jumping(chat)
        assert len(found) > len(LETTERS)
        wanted = labels(len(found))[30]
        await chat.press(wanted[0])
        await chat.until(lambda: sum(label.display for label in chat.app.screen.query(".jump")) <= len(LETTERS))
        await chat.press(wanted[1])
        await chat.until(lambda: chat.app.screen is chat.screen)
        assert chat.screen.query_one(TaskList).has_focus


async def test_a_resize_ends_it() -> None:
    async with chatting(backend_of(), size=(120, 40)) as chat:
        await jumping(chat)
        await chat.pilot.resize_terminal(80, 24)
        await chat.until(lambda: chat.app.screen is chat.screen)
        await chat.pilot.pause()
        assert len(SAMPLE) == len(chat.screen.view.tasks.tasks)


@pytest.mark.parametrize("count", [1, 26, 27, 200, 676])
def test_no_label_is_the_beginning_of_another(count: int) -> None:
    made = labels(count)
    assert len(set(made)) == count
    assert len({len(each) for each in made}) == 1
    assert all(re.fullmatch("[a-z]{1,2}", each) for each in made)
