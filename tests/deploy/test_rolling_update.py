"""Two releases on one database: while a release is rolled out, and after it was rolled back."""

import io
import os
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import asyncpg
import httpx2
import pytest

from deploy.rehearsal.programs import Running, free_port
from deploy.rehearsal.town import is_ready
from tests.deploy.tools import ROOT


def environment(url: str, home: Path, program: Path) -> dict[str, str]:
    return {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(program),
        "DATABASE_URL": url,
        "KIROTODO_HOME": str(home),
        "TIMEZONE": "UTC",
        "ENVIRONMENT": "production",
        "MODEL": "built-in",
        "BETTER_AUTH_SECRET": "a secret of this test, and of nothing else",
    }


def kirotodo(url: str, *arguments: str, home: Path, program: Path = ROOT) -> "subprocess.CompletedProcess[str]":
    """A command of the release in `program`, on the database."""
    return subprocess.run(
        [sys.executable, "-m", "kirotodo", *arguments],
        cwd=home,
        env=environment(url, home, program),
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )


@contextmanager
def served(url: str, home: Path, program: Path = ROOT) -> Iterator[tuple[str, str]]:
    """A server of the release in `program`: its address, and a token for user 1."""
    token = kirotodo(url, "token", "--user", "1", home=home, program=program)
    assert token.returncode == 0, token.stderr
    log, port = home / "server.log", free_port()
    server = Running(
        [sys.executable, "-m", "kirotodo", "serve", "--port", str(port)],
        environment=environment(url, home, program),
        log=log,
        folder=home,
    )
    try:
        server.wait_for(lambda: is_ready(port))
        yield f"http://127.0.0.1:{port}", token.stdout.strip()
    finally:
        server.stop()


def said(address: str, token: str, message: str) -> dict[str, Any]:
    """The answer of a turn of user 1."""
    answer = httpx2.post(
        f"{address}/api/1/chat",
        headers={"Authorization": f"Bearer {token}"},
        json={"message": message},
        trust_env=False,
        timeout=60,
    )
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def released() -> list[str]:
    """Tags of releases, the newest first."""
    done = subprocess.run(
        ["git", "tag", "--list", "v*", "--sort=-version:refname", "--merged", "HEAD^"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout.split()


async def ahead(url: str) -> None:
    """As if a release that is not written yet had migrated the database."""
    connection = await asyncpg.connect(url)
    try:
        await connection.execute("UPDATE alembic_version SET version_num = '9999'")
        await connection.execute("ALTER TABLE tasks ADD COLUMN colour text")
    finally:
        await connection.close()


@pytest.fixture(scope="module")
def previous(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The release before this one, unpacked."""
    tags = released()
    if not tags:
        pytest.skip("there is no release before this one")
    archive = subprocess.run(["git", "archive", tags[0], "kirotodo"], cwd=ROOT, capture_output=True, check=True).stdout
    folder = tmp_path_factory.mktemp("previous")
    with tarfile.open(fileobj=io.BytesIO(archive)) as packed:
        packed.extractall(folder, filter="data")
    return folder


async def test_after_a_rollback_the_migration_ends_well_and_the_servers_go_on(
    postgres_url: str, tmp_path: Path
) -> None:
    await ahead(postgres_url)
    refused = kirotodo(postgres_url, "db", "upgrade", home=tmp_path)
    assert refused.returncode == 1
    migrated = kirotodo(postgres_url, "db", "upgrade", "--newer-is-fine", home=tmp_path)
    assert migrated.returncode == 0, migrated.stderr
    with served(postgres_url, tmp_path) as (address, token):
        assert said(address, token, "add milk")["tool_calls"][0]["tool"] == "add_task"
        assert "milk" in said(address, token, "what is open?")["response"]


def test_the_release_before_serves_the_database_of_this_one(previous: Path, postgres_url: str, tmp_path: Path) -> None:
    with served(postgres_url, tmp_path) as (address, token):
        said(address, token, "add milk")
    with served(postgres_url, tmp_path, program=previous) as (address, token):
        for message in ("add eggs", "milk is done", "undo that", "delete the eggs"):
            said(address, token, message)
        assert "milk" in said(address, token, "what is open?")["response"]
