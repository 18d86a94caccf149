"""What an operator does, and what goes wrong: the commands of docs/deployment.md and the runbooks, on containers."""

import json
import secrets
import time
from pathlib import Path
from typing import Final

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
    new = secrets.token_hex(16)
    site.psql(
        f"CREATE ROLE kirotodo_2 LOGIN PASSWORD '{new}' IN ROLE kirotodo", "ALTER ROLE kirotodo_2 SET role = kirotodo"
    )
    site.set(DATABASE_USER="kirotodo_2", DATABASE_PASSWORD=new)
    site.script("deploy/update.sh", "--no-build")
    site.psql("ALTER ROLE kirotodo PASSWORD NULL")


def valkey_stops(site: Site) -> None:
    """The shared counters are away for a while."""
    site.compose("stop", "valkey")
    time.sleep(10)
    site.compose("start", "valkey")


def backend_stops(site: Site) -> None:
    """docker stop, which lets a server finish, and its start."""
    container = "kirotodo-backend-1"
    site.daemon.docker("stop", container)
    site.daemon.docker("start", container)
    wait_until(lambda: health(site, container) == "healthy", "the server is back", READY_SECONDS)


def health(site: Site, container: str) -> str:
    """Return what Docker thinks of a container."""
    return site.daemon.docker("inspect", "--format", "{{.State.Health.Status}}", container).strip()


def logs(site: Site) -> str:
    """Nothing that a user wrote is in any log, and none of them drowns."""
    found = {}
    for name in ("postgres", "gateway", "backend", "frontend"):
        text = site.compose("logs", "--no-log-prefix", name)
        found[name] = len(text.splitlines())
        assert "item 1 of" not in text, name
    database = site.compose("logs", "--no-log-prefix", "postgres")
    assert "FATAL" not in database, database[-500:]
    return ", ".join(f"{name} {lines} lines" for name, lines in found.items())


def backup_and_restore(site: Site) -> str:
    """deploy/backup.sh, and docs/runbooks/restore.md."""
    dump = Path(site.script("deploy/backup.sh").strip().splitlines()[-1])
    rows = site.psql(ROWS)
    assert "kirotodo_backup_timestamp_seconds" in (dump.parent / "kirotodo.prom").read_text(encoding="utf-8")
    site.compose("stop", "backend")
    as_postgres = ("exec", "-T", "postgres")
    site.compose(*as_postgres, "dropdb", "-U", "postgres", "--force", "kirotodo")
    site.compose(*as_postgres, "createdb", "-U", "postgres", "--owner", "kirotodo", "kirotodo")
    site.psql("REVOKE ALL ON DATABASE kirotodo FROM PUBLIC", database="postgres")
    site.script(
        "-c",
        'docker compose exec -T postgres pg_restore -U postgres --dbname kirotodo --exit-on-error < "$DUMP"',
        DUMP=str(dump),
    )
    site.compose("run", "--rm", "-T", "migrate")
    site.compose("up", "-d", "--no-build")
    wait_until(site.ready, "the site is ready", READY_SECONDS)
    assert site.psql(ROWS) == rows
    denied = site.psql("SELECT has_database_privilege('pg_monitor', 'kirotodo', 'CONNECT')")
    assert denied.strip() == "f", denied
    return f"{dump.stat().st_size // 1024} kB, {rows.split('|')[0]} tasks, each there again"


ROWS: Final = "SELECT count(*), sum(hashtext(user_id || title)::bigint) FROM tasks"
