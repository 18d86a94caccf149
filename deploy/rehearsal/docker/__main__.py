"""`python -m deploy.rehearsal.docker [STEP …]`: walk the deployment guide on real containers, without any registry.

Prints, per operation under load, how many requests were sent, failed, lost and doubled. With words, only the operations
whose names hold one of them.
"""

import contextlib
import json
import os
import re
import secrets
import shutil
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from deploy.rehearsal.docker import images
from deploy.rehearsal.docker.daemon import HERE, NAMESPACE, Daemon, missing, running_daemon
from deploy.rehearsal.programs import wait_until

API: Final = "https://api.localhost"
USERS: Final = 6
LEAST: Final = 500
"""Requests that each operation has to stand."""


class Site:
    """The site that the compose file makes, in a folder of its own with an .env of its own."""

    def __init__(self, daemon: Daemon, folder: Path) -> None:
        self.daemon = daemon
        self.folder = folder
        tracked = subprocess.run(["git", "ls-files", "-z"], cwd=images.ROOT, capture_output=True, text=True, check=True)
        for name in filter(None, tracked.stdout.split("\0")):
            if name.startswith("deploy/") or name in ("docker-compose.yml", ".env.production.example"):
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(images.ROOT / name, folder / name)
        shutil.copy(folder / ".env.production.example", folder / ".env")
        self.set(
            DOMAIN="localhost", API_DOMAIN="api.localhost", NEXT_PUBLIC_API_URL="http://backend:8000", MODEL="built-in",
            OPENAI_MODEL="", POSTGRES_PASSWORD=secrets.token_hex(16), BETTER_AUTH_SECRET=secrets.token_hex(32),
            RATE_LIMIT="60000", RATE_LIMIT_BURST="5000", BACKUP_FOLDER=str(folder / "backup"),
        )  # fmt: skip

    def get(self, name: str) -> str:
        """Return a value of .env."""
        found = re.search(rf"^{name}=(.*)$", (self.folder / ".env").read_text(encoding="utf-8"), re.MULTILINE)
        return found[1] if found else ""

    def set(self, **values: str) -> None:
        """Write values into .env."""
        text = (self.folder / ".env").read_text(encoding="utf-8")
        for name, value in values.items():
            text, times = re.subn(rf"^{name}=.*$", f"{name}={value}", text, flags=re.MULTILINE)
            assert times == 1, name
        (self.folder / ".env").write_text(text, encoding="utf-8")

    def compose(self, *words: str, piped: str = "") -> str:
        """Run Compose in the site's folder."""
        return self.daemon.docker("compose", *words, folder=self.folder, piped=piped)

    def script(self, *words: str) -> str:
        """Run one of our scripts, as an operator does."""
        done = subprocess.run(
            ["bash", *words],
            cwd=self.folder,
            env={**os.environ, **self.daemon.environment},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, (done.stdout + done.stderr)[-1500:]
        return done.stdout

    def psql(self, *statements: str, database: str = "kirotodo") -> str:
        """Run SQL as the superuser."""
        words = [word for each in statements for word in ("-c", each)]
        return self.compose(
            "exec", "-T", "postgres", "psql", "-U", "postgres", "-d", database, "-v", "ON_ERROR_STOP=1", "-At", *words
        )

    def curl(self, *words: str) -> str:
        """Ask the site through the gateway."""
        return self.daemon.inside("curl", "-sk", "--noproxy", "*", "--max-time", "60", *words)

    def ready(self) -> bool:
        """Whether the gateway finds a server that is ready."""
        with contextlib.suppress(RuntimeError):  # nothing listens yet
            return self.curl("-o", "/dev/null", "-w", "%{http_code}", f"{API}/health/ready") == "200"
        return False

    def token(self, user: str) -> str:
        """Return a token for a user."""
        return self.compose("exec", "-T", "backend", "kirotodo", "token", "--user", user).strip()


def under_load(site: Site, name: str, operation: Callable[[], object]) -> dict[str, Any]:
    """Carry out an operation under load; return what became of the requests."""
    tokens = {f"{name}-{number}": site.token(f"{name}-{number}") for number in range(USERS)}
    load = subprocess.Popen(
        ["ip", "netns", "exec", NAMESPACE, sys.executable, str(HERE / "load.py"),
         "--url", API, "--insecure", "--least", str(LEAST)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert load.stdin is not None
    load.stdin.write(json.dumps(tokens))
    load.stdin.close()
    load.stdin = None
    time.sleep(5)
    try:
        operation()
    finally:
        time.sleep(5)
        load.send_signal(2)
        out, err = load.communicate(timeout=600)
    assert out, err[-1500:]
    counted: dict[str, Any] = json.loads(out)
    return counted


def first_start(site: Site) -> str:
    """docker-compose up -d."""
    began = time.monotonic()
    site.compose("up", "-d", "--no-build")
    wait_until(site.ready, "the site is ready", 180)
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


def update(site: Site) -> None:
    """deploy/update.sh, with a changed setting."""
    site.set(LOG_LEVEL="WARNING" if site.get("LOG_LEVEL") == "INFO" else "INFO")
    site.script("deploy/update.sh", "--no-build")


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


def backup_and_restore(site: Site) -> str:
    """deploy/backup.sh, and docs/runbooks/restore.md."""
    dump = Path(site.script("deploy/backup.sh").strip().splitlines()[-1])
    rows = site.psql("SELECT count(*), sum(hashtext(title)::bigint) FROM tasks")
    assert "kirotodo_backup_timestamp_seconds" in (dump.parent / "kirotodo.prom").read_text(encoding="utf-8")
    site.compose("stop", "backend")
    as_postgres = ("exec", "-T", "postgres")
    site.compose(*as_postgres, "dropdb", "-U", "postgres", "--force", "kirotodo")
    site.compose(*as_postgres, "createdb", "-U", "postgres", "--owner", "kirotodo", "kirotodo")
    site.psql("REVOKE ALL ON DATABASE kirotodo FROM PUBLIC", database="postgres")
    container = site.compose("ps", "-q", "postgres").strip()
    site.daemon.docker("cp", str(dump), f"{container}:/tmp/dump")
    site.compose(*as_postgres, "pg_restore", "-U", "postgres", "--dbname", "kirotodo", "--exit-on-error", "/tmp/dump")
    site.compose("run", "--rm", "-T", "migrate")
    site.compose("up", "-d", "--no-build")
    wait_until(site.ready, "the site is ready", 120)
    assert site.psql("SELECT count(*), sum(hashtext(title)::bigint) FROM tasks") == rows
    denied = site.psql("SELECT has_database_privilege('pg_monitor', 'kirotodo', 'CONNECT')")
    assert denied.strip() == "f", denied
    return f"{dump.stat().st_size // 1024} kB, {rows.split('|')[0]} tasks, each there again"


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


PLAIN: Final = (first_start, guide, backup_and_restore, logs)
LOADED: Final = (update, rotate_secret, rotate_password, valkey_stops)


def walk(site: Site, words: list[str]) -> int:
    """Walk everything; return how many steps failed."""
    failed = 0
    print(f"{'operation':<22} {'requests':>8} {'failed':>7} {'lost':>5} {'doubled':>7}  seconds")
    for one in (first_start, guide, *LOADED, backup_and_restore, logs):
        name = one.__name__.replace("_", " ")
        if words and one is not first_start and not any(word in name for word in words):
            continue
        began = time.monotonic()
        try:
            if one in LOADED:
                counted = under_load(site, one.__name__.replace("_", "-"), lambda one=one: one(site))  # type: ignore[misc]
                bad = sum(counted["failed"].values()), counted["lost"], counted["doubled"]
                took = time.monotonic() - began
                print(f"{name:<22} {counted['sent']:>8} {bad[0]:>7} {bad[1]:>5} {bad[2]:>7}  {took:.0f}")
                if any(bad):
                    print(f"  {counted['failed']}")
                failed += any(bad)
            else:
                print(f"{name:<22} {one(site)} ({time.monotonic() - began:.0f} s)")
        except Exception as error:
            failed += 1
            print(f"{name:<22} FAILED: {type(error).__name__}: {error}")
            traceback.print_exc(limit=3)
            if one is first_start:
                break
        sys.stdout.flush()
    return failed


def main(words: list[str]) -> int:
    """Walk, and clean up."""
    if why := missing():
        print(f"Skipped: {why}.")
        return 0
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "kirotodo-rehearsal"
    cache.mkdir(parents=True, exist_ok=True)
    (cache / "context").mkdir(exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="kirotodo-docker-"))
    site_folder = folder / "site"
    site_folder.mkdir()
    with running_daemon(cache, folder, [folder]) as daemon:
        print(f"images built: {images.build(daemon)}", flush=True)
        site = Site(daemon, site_folder)
        try:
            failed = walk(site, words)
        finally:
            site.compose("--profile", "*", "down", "--volumes", "--timeout", "5")
    shutil.rmtree(folder, ignore_errors=True)
    print(f"{failed} failed" if failed else "all passed")
    return bool(failed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
