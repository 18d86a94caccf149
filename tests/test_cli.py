"""The front door: help, wrong usage, faults in one sentence, and real processes with real pipes and terminals."""

import contextlib
import json
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType

import click
import pexpect
import pytest
from click.testing import CliRunner

from kirotodo import __version__
from kirotodo.cli import command_group
from kirotodo.core.text.sanitize import UNSAFE
from kirotodo.core.text.width import width
from tests.client.commands.command_runner import CommandRunner
from tests.lists import list_at

KIROTODO = [sys.executable, "-m", "kirotodo"]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def program(home: Path) -> CommandRunner:
    """The program within this process, on the list that the processes of a test use."""
    list_at(home / "kirotodo.db")
    return CommandRunner(home)


def environment(home: Path, **more: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name in {"PATH", "LANG", "LC_ALL", "HOME"}}
    return {**kept, "KIROTODO_HOME": str(home), "TIMEZONE": "UTC", "PYTHONUTF8": "1", **more}


def shell(
    home: Path, *args: str, stdin: str | None = None, cwd: Path | None = None, **more: str
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*KIROTODO, *args],
        input=stdin if stdin is not None else "",
        env=environment(home, **more),
        capture_output=True,
        text=True,
        timeout=60,
        cwd=cwd or home.parent,
    )


def terminal(
    home: Path, *args: str, size: tuple[int, int] = (24, 80), variables: Mapping[str, str] = MappingProxyType({})
) -> "pexpect.spawn[str]":
    """A command at a terminal of `size`, rows first."""
    env = environment(home, **{"TERM": "xterm", **variables})
    return pexpect.spawn(KIROTODO[0], [*KIROTODO[1:], *args], env=env, encoding="utf-8", dimensions=size)


def ended(child: "pexpect.spawn[str]") -> str:
    """What it showed up to its end."""
    child.expect(pexpect.EOF)
    child.close()
    return child.before or ""


def commands(group: click.Group, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        yield (*path, name), command
        if isinstance(command, click.Group):
            yield from commands(command, (*path, name))


EVERY = list(commands(command_group()))


# --- help ---


@pytest.mark.parametrize(("path", "command"), EVERY, ids=[" ".join(path) for path, _ in EVERY])
def test_every_command_has_help_with_examples(path: tuple[str, ...], command: click.Command) -> None:
    result = CliRunner().invoke(command_group(), [*path, "--help"])
    assert result.exit_code == 0
    assert UNSAFE.search(result.stdout) is None
    assert "Examples:" in result.stdout
    assert f"kirotodo {' '.join(path)}" in result.stdout.split("Examples:")[1]
    assert command.get_short_help_str(90).endswith(".")
    assert all(option.help for option in command.params if isinstance(option, click.Option))


def test_every_command_has_a_heading_in_the_help() -> None:
    result = CliRunner().invoke(command_group(), ["--help"])
    for path, _ in EVERY:
        if len(path) == 1:
            assert f"\n  {path[0]} " in result.stdout


@pytest.mark.parametrize("path", [(), ("add",), ("conversations", "export")])
def test_help_is_a_command_too(path: tuple[str, ...]) -> None:
    as_word = CliRunner().invoke(command_group(), ["help", *path])
    as_option = CliRunner().invoke(command_group(), [*path, "--help"])
    assert as_word.stdout == as_option.stdout


def test_help_of_nothing_is_wrong_usage(program: CommandRunner) -> None:
    assert "nope" in program.fails(2, "help", "nope")
    assert "no subcommands" in program.fails(2, "help", "add", "more")


def test_the_version() -> None:
    result = CliRunner().invoke(command_group(), ["--version"])
    assert result.stdout == f"kirotodo {__version__}\n"


# --- wrong usage ---


@pytest.mark.parametrize(
    ("args", "hint"),
    [
        (("lst",), "`kirotodo list`"),
        (("ls",), "`kirotodo list`"),
        (("rm", "3"), "`kirotodo delete`"),
        (("complete", "3"), "`kirotodo done`"),
        (("backup",), "`kirotodo db backup`"),
        (("buy milk",), 'kirotodo ask "buy milk"'),
        (("buy", "milk"), 'kirotodo ask "buy milk"'),
        (("list", "--jsn"), "'--json'"),
        (("list", "--due", "yesterday"), "'today'"),
        (("list", "--limit", "0"), "x>=1"),
        (("done",), "numbers of tasks, or --where"),
    ],
)
def test_wrong_usage_suggests_what_was_meant(program: CommandRunner, args: tuple[str, ...], hint: str) -> None:
    assert hint in program.fails(2, *args)


def test_words_behind_list_are_a_filter(program: CommandRunner) -> None:
    program.ok("add", "call the plumber")
    assert "the plumber" in program.ok("list", "the", "plumber")
    assert "`kirotodo list due:today`" in program.run("list", "today").stderr


def test_a_hostile_command_is_told_safely(program: CommandRunner) -> None:
    assert "\x1b" not in program.fails(2, "\x1b]0;evil\x07")


# --- the chat ---


def test_without_a_terminal_the_chat_points_to_ask(program: CommandRunner) -> None:
    for args in ((), ("chat",), ("chat", "--new")):
        sentence = program.fails(2, *args)
        assert "kirotodo ask" in sentence
        assert len(sentence.splitlines()) == 1
    assert program.opened_screens == []


def test_a_new_conversation_and_an_old_one_exclude_each_other(program: CommandRunner) -> None:
    program.fails(2, "chat", "--new", "--conversation", "3")


# --- faults of the surroundings, in real processes ---


def stderr_of(done: subprocess.CompletedProcess[str], code: int) -> str:
    """What is on stderr, which is no trace."""
    assert done.returncode == code, (done.stdout, done.stderr)
    assert "Traceback" not in done.stderr
    assert "went wrong inside" not in done.stderr
    return done.stderr


@pytest.mark.slow
def test_the_first_run_works_at_once(home: Path) -> None:
    done = shell(home, "add", "buy milk 2030-01-07")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "Added 1 buy milk (Mon 7 Jan 2030)\n"
    assert "buy milk" in shell(home, "list").stdout


@pytest.mark.slow
def test_a_pipe_into_ask_and_its_json(home: Path) -> None:
    done = shell(home, "ask", "--json", stdin="add milk tomorrow at 5pm\n")
    assert done.returncode == 0
    assert json.loads(done.stdout)["status"] == "finished"
    assert json.loads(shell(home, "list", "--json").stdout)["items"][0]["due_time"] == "17:00:00"


@pytest.mark.slow
def test_a_broken_configuration_is_one_sentence(home: Path) -> None:
    home.mkdir()
    (home / "config.toml").write_text("rate_limit =\n")
    assert "line 1" in stderr_of(shell(home, "list"), 1)
    assert shell(home, "config", "path").stdout.strip() == str(home / "config.toml")


@pytest.mark.slow
def test_a_corrupt_database_is_one_sentence(home: Path) -> None:
    home.mkdir()
    (home / "kirotodo.db").write_bytes(b"this is no database" * 1000)
    for args in (("list",), ("ask", "hello"), ("add", "milk"), ("db", "check")):
        sentence = stderr_of(shell(home, *args), 1)
        assert "kirotodo.db" in sentence


@pytest.mark.slow
def test_a_data_folder_that_is_a_file_is_one_sentence(home: Path) -> None:
    home.write_text("")
    assert str(home) in stderr_of(shell(home, "list"), 1)


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="needs a folder that not even root can write")
@pytest.mark.slow
def test_a_folder_that_cannot_be_written_is_one_sentence(tmp_path: Path) -> None:
    for args in (("list",), ("add", "milk"), ("ask", "hello")):
        sentence = stderr_of(shell(Path("/proc/kirotodo"), *args, cwd=tmp_path), 1)
        assert "/proc/kirotodo" in sentence
        assert len(sentence.splitlines()) == 1


@pytest.mark.slow
def test_a_held_database_is_one_sentence_and_can_be_read(home: Path, program: CommandRunner) -> None:
    program.ok("add", "milk")
    with contextlib.closing(sqlite3.connect(home / "kirotodo.db", isolation_level=None)) as holder:
        holder.execute("BEGIN IMMEDIATE")
        assert "locked by another program" in stderr_of(shell(home, "add", "eggs"), 1)
        assert "milk" in shell(home, "list").stdout


@pytest.mark.slow
def test_two_programs_at_once_lose_nothing(home: Path, program: CommandRunner) -> None:
    program.ok("add", "first")
    running = [
        subprocess.Popen([*KIROTODO, "add", f"task {number}"], env=environment(home), stdout=subprocess.PIPE)
        for number in range(4)
    ]
    for process in running:
        process.communicate(timeout=60)
        assert process.returncode == 0
    assert set(program.titles()) == {"first", "task 0", "task 1", "task 2", "task 3"}


@pytest.mark.slow
def test_a_full_stdout_is_one_sentence(home: Path, program: CommandRunner) -> None:
    program.ok("add", "milk")
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [*KIROTODO, "list"], env=environment(home), stdout=full, stderr=subprocess.PIPE, text=True, timeout=60
        )
    assert "No space left" in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert done.returncode == 1


@pytest.mark.slow
def test_a_closed_pipe_is_silent(home: Path, program: CommandRunner) -> None:
    tasks = json.dumps([{"title": f"task {number} {'x' * 100}"} for number in range(2_000)])
    program.ok("import", stdin=tasks)
    with subprocess.Popen(
        [*KIROTODO, "list", "--all"], env=environment(home), stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as running:
        assert running.stdout is not None
        assert running.stderr is not None
        running.stdout.readline()
        running.stdout.close()
        assert running.stderr.read() == b""
        assert running.wait(60) == 0


@pytest.mark.slow
def test_a_stdout_of_few_letters_shows_what_it_can(home: Path, program: CommandRunner) -> None:
    program.ok("add", "牛奶")
    done = shell(home, "list", PYTHONUTF8="0", PYTHONIOENCODING="latin-1")
    assert done.returncode == 0
    assert "o ??" in done.stdout


@pytest.mark.parametrize(("name", "value"), [("NO_COLOR", "1"), ("TERM", "dumb")])
@pytest.mark.slow
def test_no_colours_where_none_are_wanted(home: Path, program: CommandRunner, name: str, value: str) -> None:
    program.ok("add", "milk")
    shown = ended(terminal(home, "list", variables={name: value}))
    assert "milk" in shown
    assert "\x1b" not in shown


@pytest.mark.slow
def test_a_terminal_gets_colours(home: Path, program: CommandRunner) -> None:
    program.ok("add", "milk")
    assert "\x1b[1m" in ended(terminal(home, "list"))


@pytest.mark.slow
def test_a_narrow_terminal_is_never_overrun(home: Path, program: CommandRunner) -> None:
    for text in (
        "牛奶 milk and very many other things from the market +shopping #food 2026-11-27 17:00 !high",
        "short 2026-11-27",
        "a long title without anything behind it that goes on and on and on and on and on",
    ):
        program.ok("add", text)
    for columns in (20, 40, 60, 100):
        shown = ended(terminal(home, "list", size=(24, columns), variables={"NO_COLOR": "1"}))
        assert max(width(line) for line in shown.splitlines()) <= columns
        assert any("short" in line for line in shown.splitlines())


@pytest.mark.parametrize(
    ("term", "size", "reason"),
    [("dumb", (24, 80), "TERM is dumb"), ("xterm", (4, 80), "80×4"), ("xterm", (24, 15), "15×24")],
)
@pytest.mark.slow
def test_a_terminal_too_plain_or_too_small_points_to_ask(
    home: Path, term: str, size: tuple[int, int], reason: str
) -> None:
    child = terminal(home, "chat", size=size, variables={"TERM": term})
    shown = ended(child)
    assert reason in shown
    assert "kirotodo ask" in shown
    assert child.exitstatus == 2


@pytest.mark.parametrize(("answer", "left"), [("y", 0), ("n", 2), ("", 2)])
@pytest.mark.slow
def test_deleting_several_asks_at_a_terminal(home: Path, program: CommandRunner, answer: str, left: int) -> None:
    for title in ("milk", "eggs"):
        program.ok("add", title)
    child = terminal(home, "delete", "1", "2")
    child.expect_exact("Delete these 2 tasks? [y/N]")
    child.sendline(answer)
    ended(child)
    assert len(program.titles()) == left
    assert child.exitstatus == (0 if left == 0 else 1)


@pytest.mark.slow
def test_ask_asks_at_a_terminal(home: Path, program: CommandRunner) -> None:
    for title in ("milk", "eggs"):
        program.ok("add", title)
    child = terminal(home, "ask", "delete all my tasks")
    child.expect_exact("[y/N]")
    child.sendline("y")
    ended(child)
    assert child.exitstatus == 0
    assert program.titles() == []


@pytest.mark.slow
def test_ctrl_c_at_a_question_stops_the_turn(home: Path, program: CommandRunner) -> None:
    for title in ("milk", "eggs"):
        program.ok("add", title)
    child = terminal(home, "ask", "delete all my tasks")
    child.expect_exact("[y/N]")
    child.sendintr()
    shown = ended(child)
    assert "Stopped." in shown
    assert "Traceback" not in shown
    assert child.exitstatus == 130
    assert len(program.titles()) == 2
    assert "awaiting" not in program.ok("conversations", "show", "1")


@pytest.mark.slow
def test_ctrl_c_ends_with_130(home: Path) -> None:
    running = subprocess.Popen(
        [*KIROTODO, "add"], env=environment(home), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    with running:
        assert running.stdin is not None
        assert running.stderr is not None
        running.stdin.write(b"milk")
        running.stdin.flush()
        _until_reading(running.pid)
        running.send_signal(signal.SIGINT)
        assert running.wait(60) == 130
        assert b"Traceback" not in running.stderr.read()


def _until_reading(pid: int) -> None:
    """Wait until the process has taken everything out of its stdin, so that it is past its start."""
    from select import select

    for _ in range(600):
        status = Path(f"/proc/{pid}/wchan")
        if status.exists() and "pipe" in status.read_text():
            return
        select([], [], [], 0.05)


@pytest.mark.skipif(os.name == "nt" or os.getuid() != 0, reason="needs root to become nobody")
@pytest.mark.slow
def test_no_home_folder_is_one_sentence(tmp_path: Path) -> None:
    become_nobody = (
        "import os, sys, tzlocal, platformdirs.unix, pydantic_core, kirotodo.core.settings\n"
        "import kirotodo.client.commands.group, kirotodo.server.commands.config\n"
        "import kirotodo.server.commands.console\n"
        "os.chdir('/'); os.setuid(54321); sys.argv = ['kirotodo', 'config']\n"
        "from kirotodo.cli import main; main()"
    )
    done = subprocess.run(
        [sys.executable, "-c", become_nobody],
        env={"PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert "Set HOME, or set KIROTODO_HOME" in stderr_of(done, 1)


@pytest.mark.slow
def test_a_full_trace_is_shown_to_those_who_ask_for_it(home: Path) -> None:
    done = shell(home, "show", "9", KIROTODO_DEBUG="1")
    assert "Traceback" in done.stderr
    assert done.returncode == 1
