"""A list that can only be read can be read, by every command that only looks, and copied."""

import os
import shutil
from pathlib import Path
from typing import Final

import pytest

from tests.end_to_end.installed_program import InstalledProgram
from tests.lists import list_at

WITHOUT_ALL_RIGHTS: Final = ("setpriv", "--bounding-set=-dac_override,-dac_read_search,-fowner")
"""root may write whatever the modes say, unless it is told not to."""


def run(program: InstalledProgram, *commands: list[str]) -> list[tuple[int, str, str]]:
    """What each command ends with and says, in a process that has to obey modes."""
    is_root = os.name != "nt" and os.getuid() == 0
    if is_root and shutil.which(WITHOUT_ALL_RIGHTS[0]) is None:
        pytest.skip("root without setpriv")
    done = program.run_each(*commands, before=WITHOUT_ALL_RIGHTS if is_root else ())
    return [(each.returncode, each.stdout, each.stderr) for each in done]


@pytest.fixture
def locked(tmp_path: Path) -> InstalledProgram:
    program = InstalledProgram(tmp_path)
    list_at(program.database)
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
