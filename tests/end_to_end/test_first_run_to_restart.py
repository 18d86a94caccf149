"""From the first run to the next one: the list works at once, and everything is there again."""

import pytest

from tests.end_to_end.chat import Chat
from tests.end_to_end.conftest import OpenTerminal
from tests.end_to_end.installed_program import InstalledProgram
from tests.end_to_end.terminal import Terminal

pytestmark = [pytest.mark.terminal, pytest.mark.slow]


@pytest.fixture
def program(new_program: InstalledProgram) -> InstalledProgram:
    return new_program


def test_the_first_screen_shows_what_to_try_and_keeps_what_is_typed(chat: Chat, program: InstalledProgram) -> None:
    terminal = chat.terminal
    screen = terminal.wait_for("what is due this week?")
    terminal.wait_for("0 open")
    examples = [line.split("›")[1].strip() for line in pane_less(screen) if "›" in line]
    assert len([example for example in examples if example]) == 3
    chat.say("Add a task to buy groceries", "Added")
    terminal.wait_for("1 open")
    terminal.wait_for(lambda screen: pane_of(screen).count("buy groceries") == 1)
    chat.leave()
    assert program.titles() == ["buy groceries"]


def test_a_day_of_talk(chat: Chat, program: InstalledProgram) -> None:
    terminal = chat.terminal
    program.do("add", "team meeting friday 9:00")
    terminal.wait_for("1 open")
    chat.say("Add a task to buy groceries", "2 open")
    chat.say("I need to remember to pay bills", "3 open")
    chat.say("Show me all my tasks", "#3")
    chat.say("Mark task 3 as complete", "2 open")
    chat.say("Change task 2 to 'Call mom tonight'", "Call mom tonight")
    chat.say("Delete the meeting task", "1 open")
    chat.say("What have I completed?", "you   What have I completed?")
    chat.say("add milk, eggs and bread to shopping", "4 open")
    chat.say("undo that", "1 open")
    chat.leave()
    assert program.titles("--status", "pending") == ["Call mom tonight"]
    assert program.titles("--status", "completed") == ["pay bills"]


def test_after_a_restart_conversation_tasks_and_draft_are_there(
    chat: Chat, program: InstalledProgram, open_terminal: OpenTerminal
) -> None:
    chat.say("every other friday at 9 water the plants", "1 open")
    chat.terminal.type("add buy oat")
    chat.terminal.wait_for("add buy oat")
    chat.leave()

    again = Chat(open_terminal(), program).open()
    again.terminal.wait_for("add buy oat")
    again.terminal.wait_for("every other friday at 9 water the plants")
    again.terminal.wait_for(lambda screen: "water the plan" in pane_of(screen))
    again.terminal.say(" milk")
    again.terminal.wait_for("2 open")
    assert program.titles() == ["buy oat milk", "water the plants"]


def test_a_new_conversation_and_the_way_back(chat: Chat, terminal: Terminal) -> None:
    chat.say("add milk", "1 open")
    terminal.press("C-n")
    terminal.wait_for("new conversation")
    terminal.wait_for(lambda screen: "Added" not in screen)
    chat.say("add bread", "2 open")
    terminal.press("C-o")
    terminal.wait_for("2 conversations")
    terminal.press("Down", "Enter")
    terminal.wait_for(lambda screen: "you" in screen and "add milk" in screen)


def pane_less(screen: str) -> list[str]:
    """The lines of the left part, where the conversation is."""
    return [line[:80] for line in screen.split("\n")]


def pane_of(screen: str) -> str:
    """The right half, where the tasks are."""
    return "\n".join(line[70:] for line in screen.split("\n"))
