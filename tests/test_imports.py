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
    "difflib",
    "logging",
    "pydantic",
    "pydantic_core",
    "shutil",
    "sqlalchemy",
    "sqlmodel",
    "ssl",
    "tomllib",
    "tzlocal",
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


def test_a_turn_with_the_built_in_model_imports_neither_a_database_toolkit_nor_pydantic(tmp_path: Path) -> None:
    unwanted = {"alembic", "asyncpg", "sqlalchemy", "sqlmodel", "pydantic", "pydantic_core", "annotated_types"}
    words = (("ask", "add tea tomorrow"), ("ask", "what is due today?"), ("ask", "undo that"))
    assert_without(unwanted, tmp_path, ("add", "milk"), *words)


OPENED: Final = """
import sys
opened = []
sys.addaudithook(lambda event, of: opened.append(str(of[0])) if event == "open" else None)
from kirotodo.cli import main
sys.argv = ["kirotodo", *sys.argv[1:]]
try:
    main()
finally:
    import re
    own = [vars(module) for name, module in sys.modules.items() if name.startswith(%r)]
    compiled = [name for each in own for name, value in each.items() if isinstance(value, re.Pattern)]
    files = sorted({name.rpartition("/")[2] for name in opened if "/kirotodo/core/" in name and ".py" not in name})
    print(files, compiled, file=sys.stderr)
"""
"""Prints which data of the package a command reads, and which expressions it compiled before they were needed."""


@pytest.mark.parametrize(
    ("words", "read"),
    [
        (("list",), ["statements.json"]),
        (("add", "call the dentist on friday at 3pm"), ["statements.json"]),
        (("ask", "what is due today?"), ["statements.json"]),
        (("ask", "add call the dentist on friday at 3pm"), ["second_opinion.bin", "statements.json"]),
    ],
)
def test_a_command_reads_the_data_that_it_needs(words: tuple[str, ...], read: list[str], tmp_path: Path) -> None:
    modules(tmp_path, "add", "milk")
    lazy = ("kirotodo.core.language", "kirotodo.core.text", "kirotodo.core.tools", "kirotodo.core.models.builtin")
    done = subprocess.run(
        [sys.executable, "-c", OPENED % (lazy,), *words],
        env={"PATH": os.environ["PATH"], "KIROTODO_HOME": str(tmp_path), "TIMEZONE": "UTC"},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert done.stderr.splitlines()[-1] == f"{read} []"


def test_completion_and_the_version_import_none_of_the_commands(tmp_path: Path) -> None:
    completing = {"_KIROTODO_COMPLETE": "bash_complete", "COMP_WORDS": "kirotodo do", "COMP_CWORD": "1"}
    for args, environment, said in ((["--version"], {}, "kirotodo "), ([], completing, "plain,done\nplain,doctor\n")):
        done = subprocess.run(
            [sys.executable, "-c", REPORT, *args],
            env={"PATH": os.environ["PATH"], "KIROTODO_HOME": str(tmp_path), **environment},
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        )
        imported = done.stderr.split()
        assert done.stdout.startswith(said)
        assert "kirotodo.cli" in imported
        assert {"typing", "click", "pathlib", "kirotodo.client.commands.group"}.isdisjoint(imported)


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
