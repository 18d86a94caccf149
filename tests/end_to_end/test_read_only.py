"""A list that can only be read can be read, by every command that only looks, and copied."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

from tests.end_to_end.installed_program import InstalledProgram

COMMANDS: Final = """
import json, sys
from click.testing import CliRunner
from kirotodo.cli import command_group
told = []
for words in json.load(sys.stdin):
    result = CliRunner().invoke(command_group(), words)
    told.append([result.exit_code, result.stdout, result.stderr])
print(json.dumps(told))
"""
WITHOUT_ALL_RIGHTS: Final = ("setpriv", "--bounding-set=-dac_override,-dac_read_search,-fowner")
"""root may write whatever the modes say, unless it is told not to."""


def run(program: InstalledProgram, *commands: list[str]) -> list[tuple[int, str, str]]:
    """What each command ends with and says, in a process that has to obey modes."""
    is_root = os.name != "nt" and os.getuid() == 0
    if is_root and shutil.which(WITHOUT_ALL_RIGHTS[0]) is None:
        pytest.skip("root without setpriv")
    done = subprocess.run(
        [*(WITHOUT_ALL_RIGHTS if is_root else ()), sys.executable, "-c", COMMANDS],
        input=json.dumps(commands),
        env=program.environment,
        cwd=program.folder,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return [(code, out, messages) for code, out, messages in json.loads(done.stdout)]


@pytest.fixture
def locked(tmp_path: Path) -> InstalledProgram:
    program = InstalledProgram(tmp_path)
    program.do("add", "milk")
    program.database.chmod(0o444)
    program.home.chmod(0o555)
    return program


def test_what_only_looks_works_and_says_so(locked: InstalledProgram) -> None:
    words = [["list"], ["show", "1"], ["search", "milk"], ["stats"], ["export"], ["conversations"]]
    for command, (code, out, messages) in zip(words, run(locked, *words), strict=True):
        assert (command, code) == (command, 0), messages
        assert "milk" in out or command[0] in ("stats", "conversations")
        assert messages.count("can only be read") == 1


def test_what_changes_something_is_refused(locked: InstalledProgram) -> None:
    words = [["add", "bread"], ["done", "1"], ["undo"], ["ask", "add bread"], ["db", "upgrade"]]
    for code, _, messages in run(locked, *words):
        assert code == 1
        assert "can't be written" in messages
    assert "bread" not in run(locked, ["list"])[0][1]


def test_it_can_be_checked_and_copied(locked: InstalledProgram) -> None:
    checked, copied, looked = run(locked, ["db", "check"], ["db", "backup", "copy.db"], ["doctor", "--offline"])
    assert (checked[0], copied[0]) == (0, 0), checked[2] + copied[2]
    assert "cannot be written" in looked[1]
    there = {"DATABASE_URL": f"sqlite:///{locked.folder / 'copy.db'}"}
    assert "milk" in locked.run("list", also=there).stdout


def test_changes_that_wait_beside_it_are_not_left_out_in_silence(locked: InstalledProgram) -> None:
    locked.home.chmod(0o755)
    locked.database.with_name("kirotodo.db-wal").write_bytes(b"x" * 64)
    locked.home.chmod(0o555)
    [(code, _, messages)] = run(locked, ["list"])
    assert code == 1
    assert "newest changes wait in" in messages
