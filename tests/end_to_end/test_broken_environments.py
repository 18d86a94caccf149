"""A machine that is not as it should be: one clear sentence or a sensible smaller thing, never a traceback."""

import os
import re
import sqlite3
import subprocess
from collections.abc import Callable

import pytest

from tests.end_to_end.chat import Chat
from tests.end_to_end.conftest import OpenTerminal
from tests.end_to_end.installed_program import KIROTODO, InstalledProgram, assert_one_sentence
from tests.end_to_end.terminal import PROMPT
from tests.lists import list_at

pytestmark = pytest.mark.slow


@pytest.fixture
def program(new_program: InstalledProgram) -> InstalledProgram:
    return new_program


def folder_is_a_file(program: InstalledProgram) -> None:
    program.home.write_text("not a folder")


def folder_below_a_file(program: InstalledProgram) -> None:
    program.home = program.folder / "file" / "home"
    (program.folder / "file").write_text("not a folder")


def database_is_no_database(program: InstalledProgram) -> None:
    program.home.mkdir()
    program.database.write_bytes(b"this is no database, whatever its name says" * 200)


def database_is_cut(program: InstalledProgram) -> None:
    list_at(program.database)
    content = program.database.read_bytes()
    program.database.with_name("kirotodo.db-wal").unlink(missing_ok=True)
    program.database.write_bytes(content[: len(content) // 3])


def database_is_too_new(program: InstalledProgram) -> None:
    list_at(program.database)
    with sqlite3.connect(program.database) as connection:
        connection.execute("UPDATE alembic_version SET version_num = 'ffff_of_the_future'")
    connection.close()


def config_is_no_toml(program: InstalledProgram) -> None:
    program.home.mkdir()
    (program.home / "config.toml").write_text('weekend = "satur\n')


def config_names_no_setting(program: InstalledProgram) -> None:
    program.home.mkdir()
    (program.home / "config.toml").write_text('weekends = "saturday"\n')


def config_has_a_wrong_value(program: InstalledProgram) -> None:
    program.home.mkdir()
    (program.home / "config.toml").write_text('weekend = "wednesday"\n')


Break = Callable[[InstalledProgram], None]
TROUBLES: list[tuple[Break, tuple[str, ...]]] = [
    (folder_is_a_file, ("home",)),
    (folder_below_a_file, ("home",)),
    (database_is_no_database, ("kirotodo.db",)),
    (database_is_cut, ("kirotodo.db",)),
    (database_is_too_new, ("newer",)),
    (config_is_no_toml, ("config.toml",)),
    (config_names_no_setting, ("weekends", "weekend?")),
    (config_has_a_wrong_value, ("WEEKEND", "saturday")),
]
troubles = pytest.mark.parametrize(("trouble", "words"), TROUBLES, ids=[trouble.__name__ for trouble, _ in TROUBLES])


@troubles
def test_commands_say_what_is_wrong(trouble: Break, words: tuple[str, ...], program: InstalledProgram) -> None:
    trouble(program)
    for command in (["list"], ["ask", "add milk"]):
        done = program.run(*command)
        assert done.returncode == 1, done.stdout
        assert not done.stdout
        assert_one_sentence(done.stderr, *words)


@pytest.mark.terminal
@troubles
def test_the_chat_says_what_is_wrong(
    trouble: Break, words: tuple[str, ...], program: InstalledProgram, open_terminal: OpenTerminal
) -> None:
    trouble(program)
    chat = Chat(open_terminal(columns=80, lines=30), program)  # without the task pane, which would stand in long names
    chat.start()
    terminal = chat.terminal
    terminal.wait_until(lambda: all(word in flat(terminal.screen) for word in words), f"wanted {words}")
    if "alternate screen" in terminal.left_on():
        chat.leave()
    terminal.wait_for_prompt()
    assert "Traceback" not in terminal.screen
    assert not terminal.left_on()


def flat(screen: str) -> str:
    """What the screen says, however its lines were broken and framed, without any blanks."""
    return re.sub(r"[\s│╭╮╰╯─▌]+", "", screen)


def test_nowhere_to_live_is_said(program: InstalledProgram) -> None:
    environment = {name: value for name, value in program.environment.items() if name not in ("HOME", "KIROTODO_HOME")}
    done = subprocess.run(
        [str(KIROTODO), "list"], env=environment, cwd=program.folder, capture_output=True, text=True, check=False
    )
    assert "Traceback" not in done.stderr
    assert done.returncode in (0, 1)


@pytest.mark.skipif(os.geteuid() == 0, reason="root writes everywhere; run the tests as another user")
def test_a_folder_that_cannot_be_written_is_said(program: InstalledProgram) -> None:
    program.do("add", "milk")
    for path in (*program.home.iterdir(), program.home):
        path.chmod(path.stat().st_mode & ~0o222)
    try:
        done = program.run("add", "bread")
        assert done.returncode == 1
        assert_one_sentence(done.stderr, "home")
    finally:
        program.home.chmod(0o755)


def test_a_full_disk_is_said(program: InstalledProgram) -> None:
    """A process that may not write a file larger than a few kilobytes meets what a full disk does."""
    list_at(program.database)
    program.do("add", "milk")
    done = subprocess.run(
        ["sh", "-c", "ulimit -f 8; trap '' XFSZ; exec kirotodo add 'bread'"],
        cwd=program.folder,
        env=program.environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1, done.stdout
    assert_one_sentence(done.stderr)
    assert program.titles() == ["milk"]


# --- no terminal, or a poor one ---


def test_without_a_terminal_the_chat_points_to_ask(program: InstalledProgram) -> None:
    for command in ([], ["chat"]):
        done = program.run(*command)
        assert done.returncode == 2
        assert not done.stdout
        assert "kirotodo ask" in done.stderr
        assert "Traceback" not in done.stderr


@pytest.mark.terminal
@pytest.mark.parametrize(
    ("command", "columns", "lines", "also", "wanted"),
    [
        ("TERM=dumb kirotodo chat", 80, 24, {}, "kirotodo ask"),
        ("kirotodo chat | cat", 80, 24, {}, "kirotodo ask"),
        ("kirotodo chat < /dev/null", 80, 24, {}, "kirotodo ask"),
        ("TERM=dumb kirotodo add milk", 80, 24, {}, "milk"),
        ("kirotodo list", 20, 6, {}, "pending"),
    ],
)
def test_a_poor_terminal_gets_plain_words(
    command: str, columns: int, lines: int, also: dict[str, str], wanted: str, open_terminal: OpenTerminal
) -> None:
    terminal = open_terminal(columns=columns, lines=lines, **also)
    terminal.run(command)
    terminal.wait_until(
        lambda: flat(wanted) in flat(terminal.screen).removeprefix(flat(PROMPT + command)), f"wanted {wanted!r}"
    )
    terminal.wait_for_prompt()
    assert "Traceback" not in terminal.screen
    assert not terminal.left_on()


@pytest.mark.terminal
def test_a_tiny_terminal_gets_one_sentence_and_then_the_chat(
    program: InstalledProgram, open_terminal: OpenTerminal
) -> None:
    terminal = open_terminal(columns=20, lines=6)
    chat = Chat(terminal, program)
    chat.start()
    terminal.wait_for("larger")
    terminal.resize(120, 40)
    terminal.wait_for("0 open")
    chat.say("add milk", "1 open")
    chat.leave()


@pytest.mark.terminal
def test_without_colour_the_chat_uses_none(program: InstalledProgram, open_terminal: OpenTerminal) -> None:
    chat = Chat(open_terminal(NO_COLOR="1"), program).open()
    chat.say("add milk", "1 open")
    coloured = chat.terminal.coloured()
    chat.leave()
    assert not coloured
