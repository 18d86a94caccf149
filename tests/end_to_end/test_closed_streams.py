"""Streams that are closed (`>&-`) are wanted by nobody, and nothing is written in their place."""

import shlex
import sqlite3
import subprocess
from contextlib import closing
from itertools import chain, combinations
from pathlib import Path
from typing import Final

import pytest

from tests.end_to_end.installed_program import KIROTODO, InstalledProgram
from tests.lists import list_at

CLOSED: Final = ["<&-", ">&-", "2>&-"]
COMBINATIONS: Final = [
    " ".join(some) for some in chain.from_iterable(combinations(CLOSED, count) for count in (1, 2, 3))
]


def shell(program: InstalledProgram, *lines: str) -> "subprocess.CompletedProcess[str]":
    """The lines, in one shell that ends with the first that fails."""
    script = "set -e\n" + "\n".join(f"{shlex.quote(str(KIROTODO))} {line}" for line in lines)
    return subprocess.run(
        ["sh", "-c", script],
        env=program.environment,
        cwd=program.folder,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize("closed", COMBINATIONS)
def test_commands_work_with_streams_closed(tmp_path: Path, closed: str) -> None:
    program = InstalledProgram(tmp_path)
    list_at(program.database)
    done = shell(program, f"add milk {closed}", f"list {closed}", f"ask 'add bread' {closed}")
    assert (done.returncode, "wrong inside" in done.stderr) == (0, False), done.stderr
    assert "milk" in done.stdout or ">&-" in closed.replace("2>&-", "")
    with closing(sqlite3.connect(program.database)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert connection.execute("SELECT count(*) FROM tasks").fetchone() == (2,)


def test_other_commands_and_errors_do_too(tmp_path: Path) -> None:
    program = InstalledProgram(tmp_path)
    done = shell(
        program, "--version >&-", "--help >&- 2>&-", "config >&-", "export >&- <&-", "doctor --offline >&- 2>&-"
    )
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    refused = shell(program, "show 7 2>&- >&-")
    assert (refused.returncode, refused.stdout, refused.stderr) == (1, "", "")
    done = shell(program, "chat <&-")
    assert done.returncode in (1, 2)
    assert "wrong inside" not in done.stderr
