"""What using a command drags in: seen in processes of their own, by what is in `sys.modules` at the end."""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import pytest

pytestmark = pytest.mark.slow

SCREEN_AND_SERVER = {
    "textual",
    "rich",
    "fastapi",
    "starlette",
    "uvicorn",
    "openai",
    "httpx2",
    "keyring",
    "mcp",
    "mcp_types",
    "jeepney",
}
HEAVY = SCREEN_AND_SERVER | {"pydantic", "sqlalchemy", "sqlmodel", "alembic", "asyncio", "click"}

REPORT = """
import sys
from kirotodo.cli import main
try:
    main()
finally:
    sys.stdout.flush()
    print("\\n".join(sys.modules), file=sys.stderr)
"""


def modules(home: Path, *args: str, stdin: str = "") -> set[str]:
    """The top-level names of what a command imported."""
    done = subprocess.run(
        [sys.executable, "-c", REPORT.replace("main()", f"sys.argv = ['kirotodo', *{args!r}]; main()")],
        input=stdin,
        env={"PATH": os.environ["PATH"], "KIROTODO_HOME": str(home), "TIMEZONE": "UTC"},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert "kirotodo.cli" in done.stderr
    return {name.partition(".")[0] for name in done.stderr.split()}


SEVERAL: Final = """
import json, sys
from kirotodo.cli import main
for words in json.loads(sys.argv[1]):
    sys.argv = ["kirotodo", *words]
    code = 0
    try:
        main()
    except SystemExit as end:
        code = end.code or 0
    sys.stdout.flush()
    print(json.dumps([words, code, sorted({name.partition(".")[0] for name in sys.modules})]), file=sys.stderr)
"""


def assert_without(unwanted: set[str], home: Path, *commands: Sequence[str]) -> None:
    """Run commands in turn in one process, and fail at the first after which something unwanted is imported."""
    done = subprocess.run(
        [sys.executable, "-c", SEVERAL, json.dumps(commands)],
        stdin=subprocess.DEVNULL,
        env={"PATH": os.environ["PATH"], "KIROTODO_HOME": str(home), "TIMEZONE": "UTC"},
        capture_output=True,
        text=True,
        timeout=100,
    )
    reports = [json.loads(line) for line in done.stderr.splitlines() if line.startswith('[["')]
    assert [tuple(words) for words, *_ in reports] == [*commands], done.stderr
    for words, code, imported in reports:
        assert (code, unwanted & set(imported)) == (0, set()), f"kirotodo {' '.join(words)}: {done.stderr}"


def test_the_version_imports_next_to_nothing(tmp_path: Path) -> None:
    assert modules(tmp_path, "--version") & HEAVY == set()


def test_understanding_needs_no_database(tmp_path: Path) -> None:
    line = '{"id": 1, "text": "add milk", "now": "2026-11-23T10:00:00"}\n'
    assert (
        modules(tmp_path, "understand", "--jsonl", stdin=line)
        & {
            *SCREEN_AND_SERVER,
            "sqlmodel",
            "sqlalchemy",
            "alembic",
        }
        == set()
    )


def test_commands_import_neither_a_screen_nor_a_server(tmp_path: Path) -> None:
    assert_without(
        SCREEN_AND_SERVER,
        tmp_path,
        ("--help",),
        ("add", "milk"),
        ("list",),
        ("list", "--json"),
        ("ask", "what is due today?"),
        ("conversations",),
        ("export",),
        ("stats",),
        ("config",),
        ("models",),
        ("doctor",),
        ("db", "upgrade"),
    )


def test_help_needs_no_database(tmp_path: Path) -> None:
    unwanted = {"sqlmodel", "sqlalchemy", "alembic"}
    assert_without(unwanted, tmp_path, ("--help",), ("completion", "bash"), ("help", "list"))


BEHIND_A_LIST: Final = SCREEN_AND_SERVER | {
    "aiosqlite",
    "alembic",
    "asyncio",
    "asyncpg",
    "dateutil",
    "pydantic",
    "pydantic_core",
    "sqlalchemy",
    "sqlmodel",
    "ssl",
}
"""What takes longer to import than a command takes with a local list."""


def test_commands_on_a_local_list_import_no_database_toolkit(tmp_path: Path) -> None:
    assert_without(
        BEHIND_A_LIST,
        tmp_path,
        ("add", "pay rent"),
        ("add", "call mom"),
        ("add", "buy milk tomorrow at 5pm !high #shop +home"),
        ("list",),
        ("list", "--all", "--json"),
        ("list", "--due", "today"),
        ("list", "--project", "home"),
        ("show", "1"),
        ("edit", "1", "--priority", "low"),
        ("done", "1"),
        ("done", "1", "--reopen"),
        ("delete", "2"),
        ("undo",),
        ("redo",),
    )


def test_the_first_command_makes_the_list_without_a_database_toolkit(tmp_path: Path) -> None:
    assert modules(tmp_path, "add", "milk") & BEHIND_A_LIST == set()


def test_a_turn_with_the_built_in_model_imports_no_database_toolkit(tmp_path: Path) -> None:
    modules(tmp_path, "add", "milk")
    assert modules(tmp_path, "ask", "what is due today?") & {"alembic", "asyncpg", "sqlalchemy", "sqlmodel"} == set()


def test_a_running_list_needs_no_migrations(tmp_path: Path) -> None:
    modules(tmp_path, "add", "milk")
    assert "alembic" not in modules(tmp_path, "list")


def test_a_model_that_is_not_asked_imports_nothing(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text('[models.far]\nmodel = "big"\n')
    words = (("add", "milk"), ("list",), ("ask", "what is due today?"), ("ask", "--model", "built-in", "hi"))
    assert_without(SCREEN_AND_SERVER, tmp_path, *words)


def test_a_server_loads_no_protocol_that_nobody_asked_for() -> None:
    program = "import sys, kirotodo.server.app; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60)
    unasked = {"mcp", "mcp_types", "chatkit", "agents", "aiokafka", "kirotodo.server.event_stream"}
    ours = {"kirotodo.protocols.mcp", "kirotodo.protocols.chatkit"}
    assert (unasked | ours).isdisjoint(done.stdout.split())
