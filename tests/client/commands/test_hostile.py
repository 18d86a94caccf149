"""No command lets a hostile server, file, name or setting script the terminal, and none crashes on it."""

import io
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final, get_type_hints

import click
import pytest
from pydantic import TypeAdapter, ValidationError

from kirotodo.cli import SERVER_OPTION_COMMANDS, command_group
from kirotodo.client.accounts.client_accounts import ClientAccounts
from kirotodo.client.commands.context import Session
from kirotodo.core import errors
from kirotodo.core.backend import Backend
from kirotodo.core.text.sanitize import UNSAFE
from tests.client.commands.fake_terminal import assert_safe, on_terminal
from tests.client.hostile import NOW, POISONS, SCRIPTS, build, hostile

COMMANDS: Final = (
    "ask x",
    "ask --json x",
    "ask --jsonl x",
    "ask --continue x",
    "ask --yes x",
    "conversations",
    "conversations list --json",
    "conversations list --search x",
    "conversations show 1",
    "conversations show 1 --json",
    "conversations rename 1 x",
    "conversations delete 1",
    "conversations restore 1",
    "conversations export 1",
    "conversations export 1 --format json",
    "add x",
    "add --dry-run x",
    "add --json x",
    "list",
    "list --json",
    "list --all",
    "show 1",
    "show 1 --json",
    "edit 1 --title x",
    "edit 1 --title x --json",
    "done 1",
    "done --reopen 1",
    "delete 1",
    "undo",
    "redo",
    "search x",
    "stats",
    "stats --json",
    "log",
    "log 1 --json",
    "list --as-of 2026-11-23T09:00:00Z",
    "undo --change 1",
    "away friday",
    "plan",
    "skip 1",
    "snooze 1 1h",
    "steps 1",
    "calendar",
    "tokens",
    "views",
    "targets",
    "targets --json",
    "targets add ntfy https://ntfy.sh/topic",
    "targets remove ntfy",
    "integrations",
    "integrations --json",
    "webhooks",
    "webhooks --json",
    "webhooks add https://example.com/hook",
    "webhooks test 1",
    "webhooks disable 1",
    "webhooks enable 1",
    "webhooks deliveries 1",
    "webhooks redeliver 1 1",
    "webhooks remove 1",
    "export",
    "export --format json",
    "export --format csv",
)
NOT_OF_A_BACKEND: Final = {"chat", "import", "whoami", "account", "mcp", "remind"}


def run(backend: Backend, home: Path, *args: str) -> tuple[str, int]:
    """What reached the terminal, without our own styles, and the exit code."""

    @asynccontextmanager
    async def opened(*, resume: bool = False) -> AsyncIterator[Backend]:
        yield backend

    def accounts() -> ClientAccounts:
        return ClientAccounts(config_folder=home, state_folder=home, timezone="UTC", environment={})

    def screen(**given: Any) -> None:
        raise AssertionError("no screen is opened here")

    session = Session(backend=opened, rehearsal=opened, screen=screen, now=lambda: NOW, accounts=accounts)
    return on_terminal(*args, session=session)


@pytest.fixture(autouse=True)
def _a_person_at_the_terminal(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("KIROTODO_HOME", str(tmp_path))
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"y\n" * 20)))


def test_every_command_on_a_list_is_tried() -> None:
    assert {line.split()[0] for line in COMMANDS} == set(SERVER_OPTION_COMMANDS) - NOT_OF_A_BACKEND
    conversations = command_group().get_command(click.Context(command_group()), "conversations")
    assert isinstance(conversations, click.Group)
    tried = {line.split()[1] for line in COMMANDS if line.startswith("conversations ")}
    assert tried == set(conversations.commands)


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("name", [name for name in POISONS if name != "much"])
def test_no_command_is_scripted_by_a_server(command: str, name: str, tmp_path: Path) -> None:
    if name == "halves" and "json" in command:
        return  # see test_no_half_of_a_character_comes_over_the_wire
    for pick, final in enumerate(("turn_finished", "turn_failed", "turn_cancelled")):
        shown, _ = run(hostile(POISONS[name], pick=pick, final=final), tmp_path, *command.split())
        assert shown
        assert_safe(shown)


@pytest.mark.parametrize("text", ['"\\ud800"', '"\\udfff x"'])
def test_no_half_of_a_character_comes_over_the_wire(text: str) -> None:
    for data in (text, f'{{"a": {text}}}'):
        with pytest.raises(ValidationError):
            TypeAdapter[Any](Any).validate_json(data)


@pytest.mark.parametrize("command", ["list --all", "export", "conversations export 1"])
def test_a_server_whose_pages_never_end_is_left(command: str, tmp_path: Path) -> None:
    shown, code = run(hostile("x", endless=True), tmp_path, *command.split())
    assert (code, "again and again" in shown) == (1, True)


@pytest.mark.parametrize("command", ["list", "show 1", "conversations show 1", "ask x"])
def test_two_hundred_thousand_characters_are_borne(command: str, tmp_path: Path) -> None:
    shown, code = run(hostile(POISONS["much"], pick=2), tmp_path, *command.split())
    assert_safe(shown)
    assert code == 0


def every_error(kind: type[Exception] = errors.KirotodoError) -> list[type[Exception]]:
    return [kind, *(below for child in kind.__subclasses__() for below in every_error(child))]


@pytest.mark.parametrize("kind", every_error())
def test_no_error_scripts_the_terminal(kind: type[Exception], tmp_path: Path) -> None:
    hints = {name: hint for name, hint in get_type_hints(kind.__init__).items() if name not in ("message", "return")}
    error = kind(POISONS["scripts"], **{name: build(hint, SCRIPTS) for name, hint in hints.items()})
    for command in ("list", "ask x"):
        shown, code = run(hostile("x", error=error), tmp_path, *command.split())
        assert_safe(shown)
        assert code != 0


@pytest.mark.parametrize("debug", ["", "1"])
def test_what_nobody_foresaw_is_told_safely(debug: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KIROTODO_DEBUG", debug)
    shown, code = run(hostile("x", error=RuntimeError(SCRIPTS)), tmp_path, "list")
    assert UNSAFE.search(shown) is None
    assert (code, "Traceback" in shown) == (1, bool(debug))


@pytest.mark.parametrize(
    "args",
    [
        ("import", "evil\x1b]0;x\x07.csv"),
        ("export", "nowhere\x9d0;x\x9c/list.json"),
        ("replay", "\x1b]0;x\x07"),
        ("add", "--no\x1b]0;x\x07"),
        ("\x1b]0;x\x07",),
        ("show", "\x1b]0;x\x07"),
        ("login", "http://evil\x1b]0;x\x07"),
        ("list", "--project", "\x1b]0;x\x07"),
    ],
)
def test_names_that_were_typed_come_back_safe(args: tuple[str, ...], tmp_path: Path) -> None:
    shown, _ = run(hostile("x"), tmp_path, *args)
    assert_safe(shown)


def test_a_hostile_file_is_read_safely(tmp_path: Path) -> None:
    file = tmp_path / "list.csv"
    file.write_text(f'title,due\n"{SCRIPTS}",{SCRIPTS}\n'.replace("\x00", ""), newline="")
    shown, _ = run(hostile("x"), tmp_path, "import", str(file), "--dry-run")
    assert_safe(shown)


def test_csv_is_raw_in_a_pipe_and_written_out_on_a_terminal(tmp_path: Path) -> None:
    backend = hostile("\x1b]0;x\x07title")
    assert "\\x1b]0;x\\x07title" in run(backend, tmp_path, "export", "--format", "csv")[0]
    run(backend, tmp_path, "export", "--format", "csv", str(tmp_path / "list.csv"))
    assert "\x1b]0;x\x07title" in (tmp_path / "list.csv").read_bytes().decode()
