"""Two releases on one database: while a release is rolled out, and after it was rolled back."""

import io
import subprocess
import tarfile
from pathlib import Path

import asyncpg
import pytest

from tests.deploy.release_server import answer_of, kirotodo, release_server
from tests.deploy.tools import ROOT

pytestmark = pytest.mark.slow


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
    with release_server(postgres_url, tmp_path) as server:
        assert answer_of(server, "add milk")["tool_calls"][0]["tool"] == "add_task"
        assert "milk" in answer_of(server, "what is open?")["response"]


def test_the_release_before_serves_the_database_of_this_one(previous: Path, postgres_url: str, tmp_path: Path) -> None:
    with release_server(postgres_url, tmp_path) as server:
        answer_of(server, "add milk")
    with release_server(postgres_url, tmp_path, program=previous) as server:
        for message in ("add eggs", "milk is done", "undo that", "delete the eggs"):
            answer_of(server, message)
        assert "milk" in answer_of(server, "what is open?")["response"]
