"""The runbooks' commands: each is rehearsed on containers, or said not to be."""

import re

import pytest

from deploy.rehearsal.docker import __main__ as walk
from deploy.rehearsal.docker.runbooks import BY_STEP, NOT_HERE, PAGES, block, commands, filled_in, kind
from tests.deploy.tools import read


def test_commands_are_read_from_blocks_and_sentences() -> None:
    assert len(PAGES) >= 10
    assert "docker-compose up -d gateway" in commands("certificate.md")
    assert commands("rollback.md")[:2] == ["git checkout <previous-commit-hash>", "deploy/update.sh"]
    query = next(command for command in commands("slow-answers.md") if "pg_stat_statements" in command)
    assert query.endswith('LIMIT 10;"')


def test_what_no_rehearsal_runs_is_said() -> None:
    page = read("docs/runbooks/README.md")
    for start, what in NOT_HERE.items():
        assert re.search(rf"{re.escape(what)}\s+\(`{start.strip()}`\)", page.replace("\n", " ")), (start, what)


def test_a_step_that_is_to_run_a_command_is_taken() -> None:
    steps = {walk.name_of(step) for step in walk.STEPS}
    assert set(BY_STEP.values()) <= steps
    assert {"runbooks", "backup and restore"} <= steps


@pytest.mark.parametrize("page", PAGES)
def test_every_page_is_rehearsed(page: str) -> None:
    kinds = {kind(command) for command in commands(page)}
    assert kinds - {"fragment", *NOT_HERE.values()}, f"nothing of {page} is run"


def test_every_exception_is_of_a_command_that_there_is() -> None:
    everything = [command for page in PAGES for command in commands(page)]
    for start in (*NOT_HERE, *BY_STEP):
        assert any(command.startswith(start) for command in everything), start


def test_a_command_is_filled_in_and_nothing_else_changed() -> None:
    assert "< /tmp/a.dump" in filled_in(block("restore.md"), dump="/tmp/a.dump")
    assert filled_in("ls -lhS /backup", backups="/tmp/b") == "ls -lhS /tmp/b"
    assert filled_in("docker-compose ps") == "docker-compose ps"
