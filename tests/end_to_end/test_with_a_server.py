"""A server, somebody who signs up at it, and the chat over it: the server dies in mid-answer, the chat goes on."""

import os
import re
import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from tests.end_to_end.chat import Chat
from tests.end_to_end.installed_program import KIROTODO, InstalledProgram, assert_one_sentence
from tests.end_to_end.slow_model import SlowModel, slow_model
from tests.end_to_end.terminal import Terminal

pytestmark = [pytest.mark.terminal, pytest.mark.slow]

PASSWORD: Final = "correct horse battery"


class RestartableServer:
    """`kirotodo serve`, as often as wanted on the same data and port."""

    def __init__(self, folder: Path, **environment: str) -> None:
        self._environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(folder),
            "KIROTODO_HOME": str(folder),
            "TIMEZONE": "UTC",
            **environment,
        }
        self._process: subprocess.Popen[str] | None = None
        self.url = ""

    @property
    def host(self) -> str:
        return self.url.removeprefix("http://")

    def start(self) -> None:
        port = self.url.rpartition(":")[2] or "0"
        self._process = subprocess.Popen(
            [KIROTODO, "serve", "--port", port],
            env=self._environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        assert self._process.stdout is not None
        found = re.search(r"http://\S+", self._process.stdout.readline())
        assert found, "the server did not start"
        self.url = found[0]

    def end(self, how: signal.Signals = signal.SIGKILL) -> None:
        if self._process is not None:
            self._process.send_signal(how)
            self._process.wait(60)
            if self._process.stdout is not None:
                self._process.stdout.close()
            self._process = None


@pytest.fixture
def model() -> Iterator[SlowModel]:
    with slow_model() as model:
        yield model


@pytest.fixture
def server(tmp_path: Path) -> Iterator[RestartableServer]:
    (tmp_path / "server").mkdir()
    server = RestartableServer(tmp_path / "server")
    server.start()
    yield server
    server.end()


@pytest.fixture
def slow_server(tmp_path: Path, model: SlowModel) -> Iterator[RestartableServer]:
    (tmp_path / "server").mkdir()
    server = RestartableServer(tmp_path / "server", OPENAI_BASE_URL=model.url, OPENAI_MODEL="slow", AGENT_TIMEOUT="60")
    server.start()
    yield server
    server.end()


def sign_up(terminal: Terminal, server: RestartableServer) -> None:
    """As a person does it at the prompt."""
    terminal.run(f"kirotodo signup {server.url}")
    terminal.wait_for("Email:")
    terminal.say("ada@example.com")
    terminal.wait_for("Password:")
    terminal.say(PASSWORD)
    terminal.wait_for("Repeat")
    terminal.say(PASSWORD)
    terminal.wait_for("Signed in to")
    screen = terminal.wait_for_prompt()
    assert PASSWORD not in screen


def move(terminal: Terminal, key: str, *, to: str) -> None:
    """Press the key and wait until the field is the one that is lit: what is typed sooner goes to the field before."""
    before = terminal.painted(to)
    terminal.press(key)
    terminal.wait_until(lambda: terminal.painted(to) != before, f"{to} should have the focus")


def conversation(program: InstalledProgram) -> list[tuple[str, str]]:
    import json

    shown: dict[str, Any] = json.loads(program.do("conversations", "show", "1", "--json"))
    return [(message["role"], message["content"]) for message in shown["messages"]]


def test_sign_up_list_chat_and_out(server: RestartableServer, program: InstalledProgram, terminal: Terminal) -> None:
    sign_up(terminal, server)
    program.do("add", "milk tomorrow")
    chat = Chat(terminal, program)
    chat.start()
    terminal.wait_for(f"{server.host} · built-in · 1 open")
    chat.say("add eggs and bread", "3 open")
    program.do("add", "beer")
    terminal.wait_for("4 open")
    chat.leave()
    assert program.titles() == ["beer", "bread", "eggs", "milk"]
    assert program.titles("--local") == []
    program.do("logout")
    refused = program.run("list", "--server", server.url)
    assert refused.returncode == 4
    assert_one_sentence(refused.stderr, "aren't signed in", "kirotodo login")


def test_the_server_dies_in_the_middle_of_an_answer_and_the_chat_goes_on(
    slow_server: RestartableServer, model: SlowModel, program: InstalledProgram, terminal: Terminal
) -> None:
    sign_up(terminal, slow_server)
    chat = Chat(terminal, program)
    chat.start()
    terminal.wait_for(f"{slow_server.host} · slow · 0 open")
    chat.say("hello", "half")
    slow_server.end()
    terminal.wait_for("reconnecting")
    terminal.say("and then?")
    terminal.wait_for("(1 pending)")
    model.gate.set()
    slow_server.start()
    terminal.wait_for(lambda screen: screen.count("half an answer") == 2, patience=60)
    terminal.wait_for(f"{slow_server.host} · slow")
    chat.leave()
    answer = ("assistant", "half an answer")
    assert conversation(program) == [("user", "hello"), answer, ("user", "and then?"), answer]


def test_the_door_of_a_server_in_the_chat(
    server: RestartableServer, program: InstalledProgram, terminal: Terminal
) -> None:
    """For somebody without a shell: the chat alone is enough."""
    terminal.run(f"KIROTODO_CREDENTIALS=memory kirotodo chat --server {server.url}")
    terminal.wait_for("password")
    move(terminal, "BTab", to="account")
    terminal.press("Space")
    terminal.wait_for("make one")
    move(terminal, "Tab", to="email")
    terminal.type("ada@example.com")
    move(terminal, "Tab", to="password  ")
    terminal.type(PASSWORD)
    move(terminal, "Tab", to="again")
    terminal.type(PASSWORD)
    terminal.press("Enter")
    terminal.wait_for(f"{server.host} · built-in · 0 open")
    terminal.say("add milk")
    terminal.wait_for("1 open")
    terminal.press("C-q")
    assert PASSWORD not in terminal.wait_for_prompt()
    assert not (program.home / "credentials.json").exists()
    assert program.run("whoami").returncode == 4


def test_edits_without_the_server_survive_two_kills_and_are_sent_once(
    server: RestartableServer, program: InstalledProgram, open_terminal: Callable[[], Terminal]
) -> None:
    terminal = open_terminal()
    sign_up(terminal, server)
    program.do("add", "milk tomorrow")
    chat = Chat(terminal, program)
    chat.start()
    terminal.wait_for(f"{server.host} · built-in · 1 open")
    terminal.wait_until(program.keeps_copy, "the chat should keep a copy")
    server.end()
    terminal.wait_for("reconnecting")
    terminal.press("C-l")
    terminal.press("Space")
    terminal.wait_for("(1 pending)")
    terminal.press("n")
    terminal.wait_for("new task")
    terminal.type("bread tomorrow")
    terminal.press("Enter")
    terminal.wait_for("(2 pending)")
    chat.kill()
    assert "bread" in program.do("list")
    added = program.run("add", "eggs")
    assert added.returncode == 0
    assert_one_sentence(added.stderr, "3 edits wait")
    refused = program.run("logout")
    assert refused.returncode == 1
    assert_one_sentence(refused.stderr, "3 edits", "--discard")
    terminal = open_terminal()
    chat = Chat(terminal, program)
    chat.start()
    terminal.wait_for(lambda screen: all(word in screen for word in ("bread ⇡", "eggs ⇡", "(3 pending)")))
    server.start()
    terminal.wait_for(lambda screen: "⇡" not in screen and "bread" in screen, patience=60)
    chat.leave()
    assert program.titles("--status", "all") == ["bread", "eggs", "milk"]
    assert "milk" in program.do("list", "--status", "completed")
    program.do("logout")
    assert not program.keeps_copy()
