"""The folder a command is typed in: what lies there steers no command of a client, and those of a server say so."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest
from click.testing import CliRunner, Result

from kirotodo.cli import COMMANDS, ENV_FILE_COMMANDS, command_group
from kirotodo.core.settings import Settings

WEB_PROJECT: Final = """\
# what a web project has
DATABASE_URL="file:./dev.db"
export LOG_LEVEL=trace
ENVIRONMENT=staging
MODEL=claude-3
TIMEZONE=Mars
PORT=3000
SECRET='it''s
RATE_LIMIT=100/minute
"""
THIEF: Final = """\
KIROTODO_HOME=./theirs
DATABASE_URL=sqlite:///theirs.db
BETTER_AUTH_SECRET=known-to-the-author-of-this-folder
OPENAI_BASE_URL=http://127.0.0.1:9/v1
OPENAI_API_KEY=theirs
KIROTODO_SERVER=http://127.0.0.1:9
"""
FOLDERS: Final = {
    "web project": WEB_PROJECT.encode(),
    "thief": THIEF.encode(),
    "no text": b"\xff\xfe\x00RATE_LIMIT=\xff",
    "folder": None,
}


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in Settings.fields:
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.setenv("KIROTODO_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("TIMEZONE", "Europe/Vienna")
    folder = tmp_path / "folder"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return tmp_path / "home"


def run(*args: str, stdin: str | None = None) -> Result:
    return CliRunner().invoke(command_group(), args, input=stdin)


def ok(*args: str, stdin: str | None = None) -> str:
    result = run(*args, stdin=stdin)
    assert result.exit_code == 0, (args, result.output)
    return result.stdout


def lay(content: bytes | None) -> None:
    """Make `.env` in this folder, a folder where there is no content; and other names that programs look for."""
    Path(".env").mkdir() if content is None else Path(".env").write_bytes(content)
    Path("config.toml").write_text("=")
    Path("alembic.ini").write_text("[alembic]\nscript_location = elsewhere\n")


COMMAND_LINES: Final = (
    ("add", "buy milk"),
    ("ask", "add bread to shopping"),
    ("list", "--json"),
    ("show", "1"),
    ("edit", "1", "--title", "buy oat milk"),
    ("edit", "1", "--recurrence", "every day"),
    ("skip", "1"),
    ("edit", "1", "--recurrence", ""),
    ("away", "next monday", "--dry-run"),
    ("plan",),
    ("remind", "--once"),
    ("snooze", "1", "1h"),
    ("steps", "1"),
    ("tokens",),
    ("calendar",),
    ("integrations",),
    ("views",),
    ("done", "1"),
    ("undo",),
    ("redo",),
    ("delete", "2", "--yes"),
    ("search", "oat"),
    ("stats",),
    ("log",),
    ("conversations",),
    ("export",),
    ("import", "more.csv"),
    ("config",),
    ("config", "path"),
    ("config", "validate"),
    ("doctor", "--offline"),
    ("models",),
    ("understand", "milk tomorrow"),
)
ELSEWHERE: Final = {
    *("webhooks", "targets", "mcp"),
    "chat",
    "replay",
    "login",
    "signup",
    "logout",
    "whoami",
    "passwd",
    "account",
    "completion",
    "help",
}
"""Those that open a screen or ask a server; their settings come from where those of the others come from."""


def test_every_command_of_a_client_is_tried() -> None:
    names = {name for names in COMMANDS.values() for name in names} - {"serve", "web", "db", "token"}
    assert names - ELSEWHERE == {words[0] for words in COMMAND_LINES}


@pytest.mark.parametrize("content", FOLDERS.values(), ids=FOLDERS)
def test_what_lies_in_a_folder_changes_nothing(home: Path, content: bytes | None) -> None:
    lay(content)
    Path("more.csv").write_text("title\nread a book\n")
    before = sorted(path.name for path in Path().iterdir())
    for words in COMMAND_LINES:
        assert "went wrong" not in ok(*words)
    assert sorted(path.name for path in Path().iterdir()) == before
    assert {task["title"] for task in json.loads(ok("list", "--all", "--json"))["items"]} == {
        "buy oat milk",
        "read a book",
    }
    assert (home / "kirotodo.db").exists()
    sources = {item["source"] for item in json.loads(ok("config", "show", "--json"))["items"]}
    assert sources == {"environment", "default"}


@pytest.mark.parametrize("before", [True, False])
def test_a_file_that_is_named_is_read(home: Path, before: bool) -> None:
    Path("todo.env").write_text("RATE_LIMIT=7\n")
    words = ("--env-file", "todo.env", "config") if before else ("config", "--env-file", "todo.env")
    assert "7  (todo.env)" in ok(*words)
    assert "(todo.env)" not in ok("config")


def test_a_list_can_be_that_of_a_named_file(home: Path) -> None:
    Path("todo.env").write_text(f"DATABASE_URL=sqlite:///{Path('other.db').absolute()}\n")
    ok("--env-file", "todo.env", "add", "elsewhere")
    ok("add", "here")
    assert ("elsewhere" in ok("list"), "elsewhere" in ok("list", "--env-file", "todo.env")) == (False, True)


@pytest.mark.parametrize("name", ["nowhere.env", ".", ""])
def test_a_named_file_that_cannot_be_read_is_told(home: Path, name: str) -> None:
    result = run("list", "--env-file", name)
    assert result.exit_code in (1, 2)
    assert (name or "needs a file name") in result.stderr
    assert "went wrong" not in result.stderr


def test_two_files_are_refused(home: Path) -> None:
    assert run("--env-file", "a", "list", "--env-file", "b").exit_code == 2


def test_the_help_of_what_settings_matter_to_names_the_option(home: Path) -> None:
    assert {name for names in COMMANDS.values() for name in names if "--env-file" in ok(name, "--help")} == set(
        ENV_FILE_COMMANDS
    )
    assert "--env-file" in ok("--help")


def test_commands_of_a_server_read_the_file_of_their_folder_and_say_so(home: Path) -> None:
    Path(".env").write_text("DATABASE_URL=sqlite:///of-the-server.db\nUNRELATED=1\n")
    result = run("db", "upgrade")
    assert (result.exit_code, result.stderr) == (0, "From .env in this folder: DATABASE_URL.\n")
    assert Path("of-the-server.db").exists()
    assert "From" not in run("db", "check", "--env-file", ".env").stderr
    assert "no database" in run("db", "check", "--env-file", "/dev/null").stderr


def test_a_server_is_told_of_what_is_wrong_in_its_file(home: Path) -> None:
    Path(".env").write_text("LOG_LEVEL=trace\n")
    for words in (("serve",), ("token", "--user", "1"), ("db", "check"), ("web", "--server", "http://127.0.0.1:9")):
        result = run(*words)
        assert result.exit_code == 1
        assert "LOG_LEVEL=trace (from .env)" in result.stderr


@pytest.mark.slow
def test_modules_in_the_folder_are_none_of_ours(home: Path) -> None:
    for name in ("click", "secrets", "httpx2", "asyncio"):
        Path(f"{name}.py").write_text("raise SystemExit('taken over')")
    done = subprocess.run(
        [sys.executable, "-m", "kirotodo", "add", "milk"], capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
