"""What an operator does, and what goes wrong: the commands of docs/deployment.md and the runbooks, on containers."""

import json
import re
import secrets
import shutil
import threading
import time
from pathlib import Path
from typing import Final

from deploy.rehearsal.docker.runbooks import REMOVE_BEFORE, block, filled_in, typed
from deploy.rehearsal.docker.site import API, READY_SECONDS, Site
from deploy.rehearsal.programs import wait_until


def first_start(site: Site) -> str:
    """docker-compose up -d --build, after deploy/localhost.sh: the newcomer's three commands."""
    began = time.monotonic()
    site.compose("up", "-d", "--build")
    wait_until(site.ready, "the site is ready", READY_SECONDS)
    return f"ready after {time.monotonic() - began:.0f} s"


def guide(site: Site) -> str:
    """The commands of step 4 and 5."""
    site.compose("exec", "-T", "backend", "alembic", "upgrade", "head")
    tables = site.psql("\\dt").splitlines()
    answer = json.loads(
        site.curl("-X", "POST", f"{API}/api/1/chat", "-H", f"Authorization: Bearer {site.token('1')}",
                  "-H", "Content-Type: application/json", "-d", '{"message":"add milk"}')
    )  # fmt: skip
    assert [call["tool"] for call in answer["tool_calls"]] == ["add_task"], answer
    assert site.curl("-o", "/dev/null", "-w", "%{http_code}", "https://localhost/") == "200"
    healthy = site.compose("exec", "-T", "postgres", "pg_isready")
    site.compose("exec", "-T", "backend", "python", "-c", "import aiokafka, chatkit, mcp, opentelemetry.sdk")
    site.compose("exec", "-T", "backend", "kirotodo", "doctor", "--production", "--offline")
    return f"{len(tables)} tables, {healthy.strip()}, doctor finds nothing broken"


def https(site: Site) -> str:
    """Both names with a certificate that is checked, once the gateway's authority is trusted: docs/deployment.md."""
    certificate = site.folder / "root.crt"
    site.compose("cp", "gateway:/data/caddy/pki/authorities/local/root.crt", str(certificate))
    for address in ("https://localhost/", f"{API}/health"):
        site.daemon.inside("curl", "-sSf", "--noproxy", "*", "--cacert", str(certificate), "-o", "/dev/null", address)
    moved = site.curl("-o", "/dev/null", "-w", "%{http_code} %{redirect_url}", "http://localhost/")
    assert moved == "308 https://localhost/", moved
    return "both names, certificates checked; plain HTTP is sent on"


def update(site: Site) -> None:
    """deploy/update.sh with the image of a newer release, whose migration added a column."""
    site.daemon.docker("tag", "kirotodo-backend:latest", "kirotodo-backend:before")
    for name in ("backend", "frontend"):
        site.daemon.docker(
            "build",
            "-q",
            "-t",
            f"kirotodo-{name}:latest",
            "-",
            piped="FROM kirotodo-backend:before\nLABEL release=newer\n",
        )
    site.psql(
        "SET ROLE kirotodo", "ALTER TABLE tasks ADD COLUMN of_a_newer_release text",
        "ALTER TABLE alembic_version ADD COLUMN before text", "UPDATE alembic_version SET before = version_num",
        "UPDATE alembic_version SET version_num = '9999'",
    )  # fmt: skip
    site.script("deploy/update.sh", "--no-build")
    assert releases(site) == {"newer"}, releases(site)


def rollback(site: Site) -> None:
    """docs/runbooks/rollback.md: the older servers on the database of the newer release."""
    for name in ("backend", "frontend"):
        site.daemon.docker("tag", "kirotodo-backend:before", f"kirotodo-{name}:latest")
    site.script("deploy/update.sh", "--no-build")
    assert releases(site) == {""}, releases(site)
    site.psql(
        "UPDATE alembic_version SET version_num = before", "ALTER TABLE alembic_version DROP COLUMN before",
        "ALTER TABLE tasks DROP COLUMN of_a_newer_release",
    )  # fmt: skip


def releases(site: Site) -> set[str]:
    """Return the labels of the running servers' images."""
    containers = site.compose("ps", "--quiet", "backend", "frontend").split()
    shown = site.daemon.docker("inspect", "--format", '{{index .Config.Labels "release"}}', *containers)
    return {line.strip() for line in shown.rstrip("\n").split("\n")}


def rotate_secret(site: Site) -> None:
    """docs/runbooks/key-rotation.md, the token secret."""
    old, new = site.get("BETTER_AUTH_SECRET"), secrets.token_hex(32)
    site.set(BETTER_AUTH_SECRET_PREVIOUS=new)
    site.script("deploy/update.sh", "--no-build")
    site.set(BETTER_AUTH_SECRET=new, BETTER_AUTH_SECRET_PREVIOUS=old)
    site.script("deploy/update.sh", "--no-build")


def rotate_password(site: Site) -> None:
    """docs/runbooks/key-rotation.md, the database password."""
    code, output = typed(site, "set -e\n" + block("key-rotation.md"))
    assert code == 0, output[-1500:]
    assert site.get("DATABASE_USER") == "kirotodo_2"


def valkey_stops(site: Site) -> None:
    """The shared counters are away for a while."""
    site.compose("stop", "valkey")
    time.sleep(10)
    site.compose("start", "valkey")


def backend_stops(site: Site) -> None:
    """docker stop, which lets a server finish, and its start."""
    container = site.containers("backend")[0]
    site.daemon.docker("stop", container)
    site.daemon.docker("start", container)
    wait_until(lambda: health(site, container) == "healthy", "the server is back", READY_SECONDS)


def health(site: Site, container: str) -> str:
    """Return what Docker thinks of a container."""
    return site.daemon.docker("inspect", "--format", "{{.State.Health.Status}}", container).strip()


def logs(site: Site) -> str:
    """Nothing that a user wrote is in any log, not even of statements that were slow or failed; and none drowns."""
    found = {}
    headers = ("-H", f"Authorization: Bearer {site.token('1')}", "-H", "Content-Type: application/json")
    psql = ("psql", "-U", "postgres", "-d", "kirotodo")
    for title in ("item 1 of a slow statement", "item 1 of a failed statement"):
        with site.meanwhile("postgres", *psql, piped="BEGIN; LOCK TABLE tasks IN ACCESS EXCLUSIVE MODE;\n"):
            time.sleep(2)
            adding = threading.Thread(
                target=site.status, args=("/api/1/tasks", *headers, "-d", json.dumps({"title": title}))
            )
            adding.start()
            time.sleep(2)
            if "failed" in title:
                site.psql("SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE wait_event_type = 'Lock'")
        adding.join()
    for name in ("postgres", "gateway", "backend", "frontend"):
        text = site.compose("logs", "--no-log-prefix", name)
        found[name] = len(text.splitlines())
        assert "item 1 of" not in text, name
    database = site.compose("logs", "--no-log-prefix", "postgres")
    assert "FATAL" not in database, database[-500:]
    return ", ".join(f"{name} {lines} lines" for name, lines in found.items())


def add(site: Site, title: str) -> None:
    """Add a task."""
    headers = ("-H", f"Authorization: Bearer {site.token('1')}", "-H", "Content-Type: application/json")
    assert site.status("/api/1/tasks", *headers, "-d", json.dumps({"title": title})) == "201"


def backup_and_restore(site: Site) -> str:
    """deploy/backup.sh, and docs/runbooks/restore.md, from a dump of either kind."""
    add(site, "keep this")
    dump = Path(site.script("deploy/backup.sh").strip().splitlines()[-1])
    rows = site.psql(ROWS)
    assert "kirotodo_backup_timestamp_seconds" in (dump.parent / "kirotodo.prom").read_text(encoding="utf-8")
    site.script("-c", "docker compose exec -T postgres pg_dump -U postgres kirotodo > backup.sql")
    binary = filled_in(block("restore.md"), dump=str(dump))
    written = re.sub(
        "^.*pg_restore.*$",
        "docker-compose exec -T postgres psql -U postgres -v ON_ERROR_STOP=1 kirotodo < backup.sql",
        binary,
        flags=re.MULTILINE,
    )
    for restoring in (written, binary):
        code, output = typed(site, "set -e\n" + restoring)
        assert code == 0, output[-1500:]
        wait_until(site.ready, "the site is ready", READY_SECONDS)
        assert site.psql(ROWS) == rows
        denied = site.psql("SELECT has_database_privilege('pg_monitor', 'kirotodo', 'CONNECT')")
        assert denied.strip() == "f", denied
    return f"{dump.stat().st_size // 1024} kB, {rows.split('|')[0]} tasks, each there again"


def backup_fails(site: Site) -> str:
    """A backup without a database, and without its store: said, and nothing that was there is touched."""
    folder = Path(site.get("BACKUP_FOLDER"))
    site.script("deploy/backup.sh")
    before = {file: file.read_bytes() for file in folder.iterdir()}
    site.compose("stop", "postgres")
    said = ""
    try:
        site.script("deploy/backup.sh")
    except RuntimeError as error:
        said = str(error)
    finally:
        site.compose("start", "postgres")
        wait_until(
            lambda: health(site, site.containers("postgres")[0]) == "healthy", "the database is back", READY_SECONDS
        )
    assert "the backup FAILED" in said, said
    assert {file: file.read_bytes() for file in folder.iterdir()} == before
    return "said; the last good one and its time are kept"


def off_machine(site: Site) -> str:
    """deploy/backup.sh with a restic repository, and what comes back from it."""
    if not shutil.which("restic"):
        return "skipped: restic missing: apt-get install restic"
    away = site.folder.parent / "away"
    site.set(RESTIC_REPOSITORY=str(away / "repository"), RESTIC_PASSWORD=secrets.token_hex(8))
    dump = Path(site.script("deploy/backup.sh").strip().splitlines()[-1])
    keys = {name: site.get(name) for name in ("RESTIC_REPOSITORY", "RESTIC_PASSWORD")}
    site.script("-c", f"restic restore latest --tag kirotodo --target {away}/restored", **keys)
    assert (away / "restored" / dump.relative_to("/")).read_bytes() == dump.read_bytes()
    site.set(RESTIC_REPOSITORY="", RESTIC_PASSWORD="")
    return f"{dump.stat().st_size // 1024} kB, the same bytes again"


def point_in_time(site: Site) -> str:
    """deploy/base-backup.sh, a mistake, and deploy/restore-to.sh a moment before it."""
    site.script("deploy/base-backup.sh")
    wait_until(site.ready, "the site is ready", READY_SECONDS)
    add(site, "after the copy, before the mistake")
    rows, moment = site.psql(ROWS), site.psql("SELECT clock_timestamp()").strip()
    time.sleep(1)
    site.psql("DELETE FROM tasks")
    assert site.psql(ROWS) != rows
    site.script("deploy/restore-to.sh", moment)
    wait_until(site.ready, "the site is ready", READY_SECONDS)
    assert site.psql(ROWS) == rows
    assert site.psql("SELECT count(*) FROM tasks WHERE title LIKE 'after the copy%'").strip() == "1"
    code, output = typed(site, REMOVE_BEFORE)
    assert code == 0, output
    site.script("deploy/base-backup.sh")
    return f"{rows.split('|')[0]} tasks again, with the last one before the mistake"


ROWS: Final = "SELECT count(*), sum(hashtext(user_id || title)::bigint) FROM tasks"
