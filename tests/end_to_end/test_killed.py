"""`kill -9` at any moment, then the next start: nothing typed is lost, nothing is done twice, nothing is stuck."""

import json
import subprocess

import pytest

from tests.end_to_end.chat import Chat
from tests.end_to_end.conftest import OpenTerminal
from tests.end_to_end.installed_program import KIROTODO, PATIENCE, InstalledProgram
from tests.end_to_end.slow_model import SlowModel, slow_model

pytestmark = [pytest.mark.terminal, pytest.mark.slow]


def test_a_draft_survives(chat: Chat, program: InstalledProgram, open_terminal: OpenTerminal) -> None:
    chat.terminal.type("remind me to")
    chat.wait_for_draft("remind me to")
    chat.kill()

    again = Chat(open_terminal(), program).open()
    again.terminal.wait_for("remind me to")
    again.terminal.say(" buy stamps")
    again.terminal.wait_for("1 open")
    assert program.titles() == ["buy stamps"]


@pytest.mark.parametrize("shown", ["you   add", "Added", "1 open"])
def test_a_turn_goes_on_and_is_done_once(
    shown: str, chat: Chat, program: InstalledProgram, open_terminal: OpenTerminal
) -> None:
    """Killed as soon as the message, the answer or the count is on the screen."""
    chat.terminal.say("add milk tomorrow at 5pm")
    chat.terminal.wait_for(shown)
    chat.kill()

    again = Chat(open_terminal(), program).open()
    again.terminal.wait_for("add milk tomorrow at 5pm")
    if "1 open" not in again.terminal.screen and not program.tasks():
        again.terminal.press("Enter")  # it never left the composer, where it still is
    again.terminal.wait_for("1 open")
    again.say("add bread", "2 open")
    assert program.titles() == ["bread", "milk"]


def test_a_question_is_asked_again(chat: Chat, program: InstalledProgram, open_terminal: OpenTerminal) -> None:
    chat.say("add milk, eggs and bread", "3 open")
    chat.say("delete all my tasks", "yes")
    chat.kill()

    again = Chat(open_terminal(), program).open()
    again.terminal.wait_for("3 open")
    again.terminal.wait_for("yes")
    again.terminal.press("y")
    again.terminal.wait_for("0 open")
    assert program.tasks() == []
    again.say("undo that", "3 open")


def killed_in_the_middle(program: InstalledProgram, model: SlowModel, *words: str) -> None:
    """`ask`, killed once half of the answer came."""
    asking = subprocess.Popen(
        [str(KIROTODO), "ask", *words],
        cwd=program.folder,
        env={**program.environment, **service(model)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    assert model.requested.wait(PATIENCE)
    asking.kill()
    asking.wait()


def service(model: SlowModel) -> dict[str, str]:
    return {"OPENAI_API_KEY": "none", "OPENAI_BASE_URL": model.url, "OPENAI_MODEL": "slow"}


def messages(program: InstalledProgram, *conversations: int) -> list[list[str]]:
    """What was said in each of these conversations."""
    shown = program.run_each(*(["conversations", "show", str(number), "--json"] for number in conversations))
    return [[message["content"] for message in json.loads(each.stdout)["messages"]] for each in shown]


@pytest.mark.parametrize("into", [["-n", "1"], []])
def test_the_next_ask_finishes_what_a_killed_one_left(program: InstalledProgram, into: list[str]) -> None:
    with slow_model() as model:
        killed_in_the_middle(program, model, "hello")
        model.gate.set()
        done = program.run("ask", *into, "again", also=service(model))
    assert (done.returncode, done.stdout) == (0, "half an answer\n"), done.stderr
    first, last = messages(program, 1, 1 if into else 2)
    assert first[:2] == ["hello", "half an answer"]
    assert last[-2:] == ["again", "half an answer"]
