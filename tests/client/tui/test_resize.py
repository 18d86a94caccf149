"""No screen breaks whatever sizes the window goes through; and a crash says one sentence and keeps what was typed."""

import random
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from textual.pilot import Pilot
from textual.screen import Screen

from kirotodo.client.state import ClientState
from kirotodo.client.testing.script import Hold, say
from kirotodo.client.tui.app import KirotodoApp
from kirotodo.client.tui.entries import NoteEntry, UserEntry
from kirotodo.client.tui.screens.conversations import ConversationsScreen
from kirotodo.client.tui.screens.help import HelpScreen
from kirotodo.client.tui.screens.statistics import StatisticsScreen
from kirotodo.client.tui.screens.task_edit import BulkScreen, DetailsScreen, DueScreen, NewTaskScreen, TitleScreen
from kirotodo.client.tui.screens.task_page import TaskPageScreen
from kirotodo.client.tui.screens.theme_picker import ThemePickerScreen
from kirotodo.client.tui.widgets.messages import AnswerText, Note, UserMessage
from tests.client.tui.chat_host import adding, backend_of, chatting, deleting
from tests.client.tui.list_host import HOSTILE, SAMPLE

SCREENS: dict[str, Callable[[], Screen[None] | None]] = {
    "chat": lambda: None,
    "help": HelpScreen,
    "conversations": lambda: ConversationsScreen(None),
    "title": lambda: TitleScreen(SAMPLE[0]),
    "due": lambda: DueScreen(SAMPLE[0]),
    "details": lambda: DetailsScreen(SAMPLE[0]),
    "new": NewTaskScreen,
    "bulk": lambda: BulkScreen(SAMPLE[:2]),
    "page": lambda: TaskPageScreen(SAMPLE[0]),
    "statistics": StatisticsScreen,
    "themes": ThemePickerScreen,
}


def _is_on_top(app: KirotodoApp, screen: Screen[None]) -> bool:
    return app.screen is screen


async def _resize(pilot: Pilot[None], width: int, height: int) -> None:
    await pilot.resize_terminal(width, height)
    await pilot.pause()


@pytest.mark.parametrize("small", [(40, 14), (46, 24), (45, 40), (20, 6)])
async def test_a_window_grows_in_one_step_from_any_small_size(small: tuple[int, int]) -> None:
    async with chatting(backend_of(adding()), size=(120, 40)) as chat:
        await chat.say("add oat milk, and a message that has to be wrapped more than once in a narrow window")
        await chat.idle()
        for _ in range(2):
            await _resize(chat.pilot, *small)
            await _resize(chat.pilot, 120, 40)
        assert "oat milk" in chat.text


@pytest.mark.parametrize("seed", range(3))
async def test_no_screen_breaks_on_any_sequence_of_sizes(seed: int) -> None:
    """Every screen in turn, through sizes that nobody chose; the seed is in the test's name."""
    pick = random.Random(seed)
    backend = backend_of(adding(), deleting(*SAMPLE[:3]), [Hold(), say("x")])
    async with chatting(backend, size=(100, 24)) as chat:
        await chat.say("add oat milk")
        await chat.idle()
        await chat.say("delete them")
        await chat.wait_for("y yes")
        for name, make in pick.sample(sorted(SCREENS.items()), 7):
            screen = make()
            if screen is not None:
                chat.app.open_screen(screen)
            for _ in range(3):
                await _resize(chat.pilot, pick.choice((1, 12, 39, 40, 45, 46, 47, 99, 100, 200)), pick.randint(1, 60))
            await _resize(chat.pilot, 100, 24)
            assert chat.app.is_running, name
            if screen is not None:
                await chat.until(partial(_is_on_top, chat.app, screen))
                chat.app.pop_screen()
        await chat.press("n")
        await chat.wait_for("Left as they are.")
        await chat.say("more")
        await chat.say("queued")
        await chat.wait_for("1. queued")
        for _ in range(4):
            await _resize(chat.pilot, pick.choice((5, 40, 46, 100, 160)), pick.randint(1, 40))
        backend.finish = lambda: None  # type: ignore[method-assign]  # the last turn is left running


@settings(deadline=None)
@given(st.text(max_size=40) | st.sampled_from(HOSTILE), st.integers(-1, 3))
def test_messages_have_lines_at_any_width(text: str, width: int) -> None:
    UserMessage(UserEntry(key="1", text=text)).lines(width)
    Note(NoteEntry(key="2", text=text)).lines(width)
    AnswerText(text, live=False).lines(width)
    AnswerText(text, live=True).lines(width)


async def test_a_crash_says_one_sentence_without_the_values_of_variables_and_keeps_the_draft(tmp_path: Path) -> None:
    path, reports = tmp_path / "state.json", []

    def broken() -> None:
        raise ValueError("private words")

    async def crash() -> None:
        async with chatting(backend_of(), state_path=path) as chat:
            await chat.write("half a message")
            chat.app._print_error_renderables = lambda: reports.extend(chat.app._exit_renderables)  # type: ignore[method-assign]
            chat.app.call_later(broken)
            await chat.until(lambda: not chat.app.is_running)

    with pytest.raises(ValueError, match="private words"):
        await crash()
    (sentence,) = map(str, reports)
    assert "private words" not in sentence
    assert "(ValueError in " in sentence
    assert "What you typed is kept" in sentence
    assert ClientState(path).draft(None) == "half a message"


async def test_what_is_typed_after_the_task_pane_has_gone_goes_into_the_composer() -> None:
    async with chatting(backend_of(), size=(120, 30)) as chat:
        await chat.press("ctrl+l")
        await _resize(chat.pilot, 80, 24)
        await chat.until(lambda: chat.focused is chat.composer)
        await chat.write("milk")
        assert chat.draft == "milk"
