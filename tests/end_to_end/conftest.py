"""One person with a program, a terminal to run it in, and the chat open in it."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.end_to_end.chat import Chat
from tests.end_to_end.installed_program import KIROTODO, InstalledProgram
from tests.end_to_end.terminal import HOW_TO_GET_TMUX, Terminal, tmux_is_there
from tests.lists import list_at

OpenTerminal = Callable[..., Terminal]


@pytest.fixture
def new_program(tmp_path: Path) -> InstalledProgram:
    """The program before its first start."""
    if not KIROTODO.exists():
        pytest.skip(f"{KIROTODO} is not there: `make install` puts it there")
    return InstalledProgram(tmp_path)


@pytest.fixture
def program(new_program: InstalledProgram) -> InstalledProgram:
    """The program with an empty list, which its first start takes a second to make."""
    list_at(new_program.database)
    return new_program


@pytest.fixture
def open_terminal(program: InstalledProgram) -> Iterator[OpenTerminal]:
    """Makes terminals: `open_terminal(columns=80, lines=24, NO_COLOR="1")`; all are closed at the end."""
    if not tmux_is_there():
        pytest.skip(HOW_TO_GET_TMUX)
    opened: list[Terminal] = []

    def make(*, columns: int = 120, lines: int = 40, **also: str) -> Terminal:
        opened.append(Terminal(program.folder, {**program.environment, **also}, columns=columns, lines=lines))
        return opened[-1]

    yield make
    for terminal in opened:
        terminal.close()


@pytest.fixture
def terminal(open_terminal: OpenTerminal) -> Terminal:
    return open_terminal()


@pytest.fixture
def chat(terminal: Terminal, program: InstalledProgram) -> Chat:
    """The chat, just opened for the first time."""
    return Chat(terminal, program).open()
