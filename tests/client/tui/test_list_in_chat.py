"""The list side in the whole app: the pane edits the list, the screens open and tell the chat, text stays text."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from textual.command import CommandPalette
from textual.widgets import Input, OptionList

from kirotodo.client.state import ClientState
from kirotodo.client.testing.scripted_backend import ScriptedBackend
from kirotodo.client.tui import themes
from kirotodo.client.tui.screens.conversations import ConversationsScreen
from kirotodo.client.tui.screens.help import HelpScreen
from kirotodo.client.tui.screens.task_edit import DetailsScreen, DueScreen, NewTaskScreen, TitleScreen
from kirotodo.client.tui.widgets.first_run import EXAMPLES, QUESTIONS
from kirotodo.client.tui.widgets.task_pane import TaskPane
from kirotodo.core.domain.task import Task, TaskFilter
from tests.client.tui.chat_host import Chat, backend_of, chatting
from tests.client.tui.list_host import HOSTILE, TODAY, task, until

WIDE = (120, 40)


@pytest.fixture
def backend() -> ScriptedBackend:
    return backend_of()


@pytest.fixture
async def chat(backend: ScriptedBackend) -> AsyncIterator[Chat]:
    """The app with the pane focused and its cursor on task 12."""
    async with chatting(backend, size=WIDE) as chat:
        await chat.until(lambda: pane_of(chat).tasks)
        pane_of(chat).focus()
        await chat.pilot.pause()
        yield chat


def pane_of(chat: Chat) -> TaskPane:
    return chat.screen.query_one(TaskPane)


async def a_task(backend: ScriptedBackend, id: int) -> Task:
    return next(one for one in (await backend.tasks(TaskFilter(status="all"), limit=200)).items if one.id == id)


async def test_space_marks_done_again_reopens_u_undoes_and_redo_does_again(
    chat: Chat, backend: ScriptedBackend
) -> None:
    await chat.press("space")
    await chat.wait_for("12 ● !!! pay rent")
    assert chat.toasts() == ["Done: pay rent"]
    assert (await a_task(backend, 12)).completed
    await chat.press("space")
    await chat.wait_for("12 ○ !!! pay rent")
    assert not (await a_task(backend, 12)).completed
    await chat.press("u")
    await chat.wait_for("12 ● !!! pay rent")
    await chat.press("U")
    await chat.wait_for("12 ○ !!! pay rent")
    assert chat.focused is not None
    assert pane_of(chat) in chat.focused.ancestors


async def test_p_changes_the_priority(chat: Chat, backend: ScriptedBackend) -> None:
    await chat.press("p")
    await chat.wait_for("12 ○ pay rent")
    assert (await a_task(backend, 12)).priority == "none"


async def test_x_deletes_and_u_brings_back(chat: Chat) -> None:
    await chat.press("x")
    await chat.until(lambda: 12 not in {one.id for one in pane_of(chat).tasks})
    await chat.press("u")
    await chat.wait_for("12 ○ !!! pay rent")


async def test_e_changes_the_title(chat: Chat, backend: ScriptedBackend) -> None:
    await chat.press("e")
    await chat.until(lambda: isinstance(chat.app.screen, TitleScreen))
    await chat.write(" [/]")
    await chat.press("enter")
    await chat.wait_for("12 ○ !!! pay rent [/]")
    assert (await a_task(backend, 12)).title == "pay rent [/]"
    assert chat.toasts() == ["pay rent → pay rent [/]"]


async def test_d_changes_the_due_date_and_the_task_moves_with_the_cursor(chat: Chat, backend: ScriptedBackend) -> None:
    await chat.press("d")
    await chat.until(lambda: isinstance(chat.app.screen, DueScreen))
    assert chat.app.screen.query_one("#due", Input).value == "2026-11-20"
    await chat.write("tomorrow")
    await chat.press("enter")
    await chat.wait_for("pay rent", "tomorrow")
    await chat.until(lambda: (current := pane_of(chat).current) and current.id == 12)
    assert str((await a_task(backend, 12)).due_date) == "2026-11-25"
    assert "Overdue" not in chat.text


async def test_n_adds_a_task(chat: Chat) -> None:
    await chat.press("n")
    await chat.until(lambda: isinstance(chat.app.screen, NewTaskScreen))
    await chat.write("buy stamps?")
    await chat.press("enter")
    await chat.until(lambda: "buy stamps?" in {one.title for one in pane_of(chat).tasks})
    await chat.wait_for("buy stamps?")


async def test_enter_shows_the_details(chat: Chat, backend: ScriptedBackend) -> None:
    await chat.press("enter")
    await chat.until(lambda: isinstance(chat.app.screen, DetailsScreen))
    chat.app.screen.query_one("#notes").focus()
    await chat.write("first line")
    await chat.press("enter")
    await chat.until(lambda: len(chat.app.screen_stack) == 1)
    assert (await a_task(backend, 12)).notes == "first line"


async def test_escape_goes_back_to_the_composer_and_slash_filters(chat: Chat) -> None:
    await chat.press("slash", *"egg", "enter")
    await chat.until(lambda: "14 ○ milk" not in chat.text and "15 ○ eggs" in chat.text)
    await chat.press("escape")
    await chat.wait_for("14 ○ milk")
    await chat.press("escape")
    await chat.until(lambda: chat.composer.has_focus)


async def test_what_another_program_changes_is_shown(chat: Chat, backend: ScriptedBackend) -> None:
    backend.change_elsewhere([task(50, "from another window", due_date=TODAY)], [14])
    await chat.wait_for("50 ○ from another window")
    assert 14 not in {one.id for one in pane_of(chat).tasks}


async def test_letters_are_text_in_the_composer(chat: Chat) -> None:
    await chat.press("escape")
    await chat.write("? u n x d")
    assert chat.draft == "? u n x d"
    assert len(chat.app.screen_stack) == 1


@pytest.mark.parametrize("key", ["f1", "question_mark"])
async def test_the_help_opens_outside_text_by_both_its_keys(chat: Chat, key: str) -> None:
    await chat.press(key)
    await chat.until(lambda: isinstance(chat.app.screen, HelpScreen))
    await chat.press("escape")
    await chat.until(lambda: len(chat.app.screen_stack) == 1)


async def test_f1_opens_the_help_while_writing(chat: Chat) -> None:
    await chat.press("escape", *"draft", "f1")
    await chat.until(lambda: isinstance(chat.app.screen, HelpScreen))
    await chat.press("escape")
    await chat.until(lambda: chat.draft == "draft")


async def test_the_palette_runs_an_action_of_the_pane(chat: Chat) -> None:
    await chat.press("ctrl+p")
    await chat.until(lambda: isinstance(chat.app.screen, CommandPalette))
    await chat.write("Add a task")
    await chat.until(lambda: "Add a task." in chat.text and chat.app.screen.query_one(OptionList).option_count)
    await chat.press("enter")
    await chat.until(lambda: isinstance(chat.app.screen, NewTaskScreen))


async def test_conversations_are_switched_renamed_and_deleted(backend: ScriptedBackend) -> None:
    first = backend.add_conversation("Groceries", [("add milk", "Added milk.")])
    second = backend.add_conversation("Bills [/]", [("what is due?", "Nothing is due.")])
    async with chatting(backend, size=WIDE) as chat:
        shown = chat.controller.conversation_id
        other = first if shown == second else second
        await chat.press("ctrl+o")
        await chat.until(lambda: isinstance(chat.app.screen, ConversationsScreen) and "Bills [/]" in chat.text)
        screen = chat.app.screen
        assert isinstance(screen, ConversationsScreen)
        await chat.until(lambda: screen.highlighted and screen.highlighted.id == shown)
        await chat.press("r", *"!", "enter")
        await chat.until(lambda: screen.highlighted and screen.highlighted.title.endswith("!"))
        await chat.press("down" if screen._found[0].id == shown else "k", "enter")
        await chat.until(lambda: chat.controller.conversation_id == other and len(chat.app.screen_stack) == 1)
        await chat.press("ctrl+o")
        await chat.until(lambda: isinstance(chat.app.screen, ConversationsScreen) and "2 conversations" in chat.text)
        await chat.press("d")
        await chat.wait_for("1 conversation")
        await chat.until(lambda: chat.controller.conversation_id is None)
        await chat.press("u")
        await chat.wait_for("2 conversations")


async def test_the_theme_is_toggled_and_remembered(backend: ScriptedBackend, tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    async with chatting(backend, state_path=path) as chat:
        await chat.press("f2")
        await chat.until(lambda: chat.app.theme == themes.LIGHT)
    assert ClientState(path).theme == themes.LIGHT


async def test_the_first_run_offers_examples_and_puts_the_chosen_one_into_the_composer() -> None:
    async with chatting(backend_of(tasks=()), size=WIDE) as chat:
        await chat.wait_for(*EXAMPLES, "Nothing to do.")
        assert chat.composer.has_focus
        chat.app.screen.query_one("#examples").focus()
        await chat.press("down", "enter")
        await chat.until(lambda: chat.draft == EXAMPLES[1])
        assert chat.composer.has_focus


async def test_an_empty_conversation_shows_the_day_whose_tasks_can_be_ticked() -> None:
    backend = backend_of()
    async with chatting(backend, size=(80, 30)) as chat:
        await chat.wait_for("Good afternoon · Tuesday 24 November", "Overdue", "pay rent", "Today", *QUESTIONS)
        assert "milk" not in chat.text
        assert EXAMPLES[0] not in chat.text
        await chat.press("tab", "up", "down", "space")
        await chat.wait_for("3 ● call the plumber", "1 for today")
        await chat.press("up", "up", "t", "t")
        await chat.until(lambda: "Overdue" not in chat.text)
        await backend.add_task({"title": "ring Ann", "due": "today"})
        await chat.wait_for("ring Ann", "2 for today")
        await chat.press("i", "tab", "enter")
        await chat.until(lambda: chat.draft == QUESTIONS[0])
        await chat.pilot.resize_terminal(80, 16)
        await chat.until(lambda: "call the plumber" not in chat.text.split("Good", 1)[1].split("ask", 1)[1])


async def test_hostile_tasks_are_worked_like_any_other() -> None:
    tasks = [task(n, title or "x", project=title.strip() or None) for n, title in enumerate(HOSTILE, 1)]
    async with chatting(backend_of(tasks=tasks), size=WIDE) as chat:
        await chat.until(lambda: pane_of(chat).tasks)
        pane_of(chat).focus()
        for _ in tasks:
            await chat.press("space", "p", "down")
        await until(chat.pilot, lambda: all(one.completed for one in pane_of(chat).tasks))
        assert not set("\x1b\x07\u202e") & set(chat.text)


async def test_ten_thousand_tasks_are_shown_and_more_are_counted() -> None:
    tasks = [task(n, f"task number {n}") for n in range(1, 10_251)]
    async with chatting(backend_of(tasks=tasks), size=WIDE) as chat:
        await chat.until(lambda: len(pane_of(chat).tasks) == 10_000)
        pane_of(chat).focus()
        await chat.press("end")
        await chat.wait_for("and 250 more", "tasks · 10250")
