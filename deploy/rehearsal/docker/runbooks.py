"""The commands of the runbooks, as they stand there: which of them a rehearsal runs, and why not the others."""

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Final

from deploy.rehearsal.docker.daemon import NAMESPACE, run
from deploy.rehearsal.docker.site import READY_SECONDS, Site
from deploy.rehearsal.programs import wait_until

FOLDER: Final = Path(__file__).parents[3] / "docs" / "runbooks"
PROGRAMS: Final = (
    "docker-compose", "docker", "curl", "deploy/", "kirotodo", "openssl", "sed", "sudo", "ss", "dig", "ls", "restic",
    "aws", "kubectl", "neon", "ufw", "journalctl", "git", "pip", "alembic", "psql", "vacuumdb", "NEW=",
)  # fmt: skip


def commands(page: str) -> list[str]:
    """Return the commands of a runbook in order: those of its blocks, and those between backquotes."""
    text = (FOLDER / page).read_text(encoding="utf-8")
    found = []
    for block, inline in re.findall(r"```bash\n(.*?)```|`([^`]+)`", text, flags=re.DOTALL):
        if block:
            found += _lines_of(block)
        else:
            command = " ".join(inline.replace("\\|", "|").split())
            if " " in command and command.startswith(PROGRAMS):
                found.append(command)
    return found


def _lines_of(block: str) -> list[str]:
    """Return the commands of a block; one may go over several lines."""
    found: list[str] = []
    for line in block.rstrip("\n").split("\n"):
        before = found[-1] if found else ""
        if before.endswith("\\") or before.count('"') % 2:
            found[-1] = " ".join([before.rstrip("\\").rstrip(), line.strip()])
        elif line.strip():
            found.append(line.split("  #")[0].rstrip())
    return found


def block(page: str, number: int = 0) -> str:
    """Return a block of commands of a runbook."""
    return commands_blocks((FOLDER / page).read_text(encoding="utf-8"))[number]


def commands_blocks(text: str) -> list[str]:
    """Return all blocks of commands of a page."""
    found: list[str] = re.findall(r"```bash\n(.*?)```", text, flags=re.DOTALL)
    return found


PAGES: Final = tuple(sorted(path.name for path in FOLDER.glob("*.md") if path.name != "README.md"))
NOT_HERE: Final = {
    "aws ": "an account at AWS",
    "kubectl ": "a cluster",
    "neon ": "an account at Neon",
    "ufw ": "a firewall of its own",
    "dig ": "names that the world knows",
    "journalctl ": "a journal of its own",
    "git checkout": "a release before this one",
    "docker image prune": "images that a registry has again",
}
"""Commands that a rehearsal cannot run, and what they need; docs/runbooks/README.md names them too."""
REMOVE_BEFORE: Final = "docker-compose exec postgres bash -c 'rm -r /var/lib/postgresql/*/*.before-*'"
BY_STEP: Final = {
    "deploy/update.sh": "rotate secret",
    "deploy/restore-to.sh": "point in time",
    REMOVE_BEFORE: "point in time",
    "NEW=$(openssl": "rotate password",
    'docker-compose exec postgres psql -U postgres -d kirotodo -c "CREATE ROLE': "rotate password",
    "sed -i": "rotate password",
    'docker-compose exec postgres psql -U postgres -c "ALTER ROLE kirotodo PASSWORD NULL"': "rotate password",
    "docker-compose exec postgres dropdb": "backup and restore",
    "docker-compose exec postgres createdb": "backup and restore",
    'docker-compose exec postgres psql -U postgres -c "REVOKE': "backup and restore",
    "docker-compose exec -T postgres pg_restore": "backup and restore",
    "docker-compose exec -T postgres psql -U postgres -v ON_ERROR_STOP=1 kirotodo < backup.sql": "backup and restore",
    "restic restore": "off machine",
}
"""Commands that a step of their own runs, in the order they need."""
FRAGMENTS: Final = (
    "kirotodo_db_pool_in_use ",
    "kirotodo token --days",
    "kirotodo web",
    "docker-compose exec backend kirotodo …",
)
"""What only looks like a command."""
ON_ONES_OWN_COMPUTER: Final = ("kirotodo undo", "kirotodo db ")
SHELL: Final = """set -uo pipefail
docker-compose() { if [ "$1" = exec ]; then shift; docker compose exec -T "$@"; else docker compose "$@"; fi; }
sudo() { "$@"; }
"""
"""A runbook is typed at a terminal; here is none."""


def kind(command: str) -> str:
    """Return how a command is rehearsed: `run`, the name of a step, `fragment`, or what it needs."""
    if command.startswith(FRAGMENTS):
        return "fragment"
    for start, what in (*NOT_HERE.items(), *BY_STEP.items()):
        if command.startswith(start):
            return what
    return "run"


def filled_in(command: str, *, dump: str = "", backups: str = "") -> str:
    """Return a command with the names of a rehearsal."""
    for written, meant in (
        ("/backup/kirotodo-DATE.dump", dump),
        (" /backup", f" {backups}"),
        ("api.yourdomain.com", "api.localhost"),
        ("curl -", "curl -k --noproxy '*' -"),
        ("curl https", "curl -k --noproxy '*' -sSf https"),
        ("kirotodo token --reset-password", "docker-compose exec backend kirotodo token --reset-password"),
        ("docker stats", "docker stats --no-stream"),
    ):
        command = command.replace(written, meant)
    return command


def may_find_nothing(command: str) -> bool:
    """Whether 1 is an answer, and no failure."""
    return "grep" in command or "lsof" in command


def runbooks(site: Site) -> str:
    """Every command of every runbook that no other step runs and that this machine can run, in order."""
    ran, wrong = 0, []
    site.script("deploy/backup.sh")  # some of them look at the backups
    site.status(
        "/api/auth/signup", "-H", "Content-Type: application/json",
        "-d", '{"email":"ann@example.com","password":"correct horse battery staple"}',
    )  # fmt: skip
    for page in PAGES:
        for command in commands(page):
            if kind(command) != "run" or command.startswith(ON_ONES_OWN_COMPUTER):
                continue
            code, output = typed(site, filled_in(command, backups=site.get("BACKUP_FOLDER")))
            if code and not (code == 1 and may_find_nothing(command)):
                wrong.append(f"{page}: {command}: {code}: {output[-300:].strip()}")
            ran += 1
            if "downgrade" in command:
                typed(site, "docker-compose run --rm migrate")
            if re.search("downgrade|down$|stop backend", command) and "dropdb" not in command:
                site.compose("up", "-d", "--no-build")
                wait_until(site.ready, "the site is ready", READY_SECONDS)
    ran += on_ones_own_computer(site)
    assert not wrong, "\n".join(wrong)
    return f"{ran} commands of {len(PAGES)} runbooks"


def typed(site: Site, text: str) -> tuple[int, str]:
    """Run what an operator types, in the site's folder and network; return its status and what it printed."""
    done = subprocess.run(
        ["ip", "netns", "exec", NAMESPACE, "bash", "-c", SHELL + text],
        env=site.environment,
        cwd=site.folder,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


def on_ones_own_computer(site: Site) -> int:
    """Run the commands that are not for the server, on a list of its own; return how many."""
    home = site.folder.parent / "own"
    home.mkdir()
    program = str(Path(sys.executable).parent / "kirotodo")
    place = {**os.environ, "KIROTODO_HOME": str(home), "HOME": str(home)}
    copy = str(home / "copy.db")
    lines = (["add", "milk"], ["undo"], ["db", "backup", copy], ["db", "restore", copy, "--yes"])
    for words in lines:
        run(program, *words, environment=place)
    return len(lines) - 1
