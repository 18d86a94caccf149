"""The site that the compose file makes, as an operator has it before them."""

import contextlib
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from deploy.rehearsal.docker import images
from deploy.rehearsal.docker.daemon import Daemon, run

API: Final = "https://api.localhost"
READY_SECONDS: Final = 600.0
"""What a busy machine may take for a start of everything."""
SERVERS: Final = ("backend", "backend-next", "frontend", "frontend-next")
INSIDE: Final = re.compile(r'"status": 500\b|"message": "request \S+ failed|Exception in ASGI application')
"""What a server's log says of an answer that nobody meant: a database or a service that is away is a 503."""


class Site:
    """The site of a checkout in a folder of its own. `files` are more files of Compose, beside docker-compose.yml."""

    def __init__(self, daemon: Daemon, folder: Path) -> None:
        self.daemon = daemon
        self.folder = folder
        self.files: tuple[str, ...] = ()
        listed = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
        files = subprocess.run(listed, cwd=images.ROOT, capture_output=True, text=True, check=True)
        for name in filter(None, files.stdout.split("\0")):
            if (images.ROOT / name).exists():
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(images.ROOT / name, folder / name)
        self.script("deploy/localhost.sh")
        self.set(RATE_LIMIT="60000", RATE_LIMIT_BURST="5000", BACKUP_FOLDER=str(folder / "backup"))

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

    @property
    def environment(self) -> dict[str, str]:
        """What an operator's shell has."""
        files = {"COMPOSE_FILE": ":".join(("docker-compose.yml", *self.files))}
        return {**os.environ, **self.daemon.environment, **files}

    def compose(self, *words: str, piped: str = "") -> str:
        """Run Compose in the site's folder."""
        return run("docker", "compose", *words, environment=self.environment, folder=self.folder, piped=piped)

    def script(self, *words: str, **more: str) -> str:
        """Run one of our scripts, as an operator does."""
        return run("bash", *words, environment={**self.environment, **more}, folder=self.folder)

    def containers(self, service: str) -> list[str]:
        """Return the names of a service's containers: an update gives them new numbers."""
        return sorted(self.compose("ps", "--format", "{{.Name}}", service).split())

    def psql(self, *statements: str, database: str = "kirotodo") -> str:
        """Run SQL as the superuser."""
        words = [word for each in statements for word in ("-c", each)]
        return self.compose(
            "exec", "-T", "postgres", "psql", "-U", "postgres", "-d", database, "-v", "ON_ERROR_STOP=1", "-At", *words
        )

    def curl(self, *words: str) -> str:
        """Ask the site through the gateway."""
        return self.daemon.inside("curl", "-sk", "--noproxy", "*", "--max-time", "60", *words)

    def status(self, path: str, *words: str) -> str:
        """Return the status of an answer of the API, `000` where there is none."""
        with contextlib.suppress(RuntimeError):
            return self.curl("-o", "/dev/null", "-w", "%{http_code}", f"{API}{path}", *words)
        return "000"

    def ready(self) -> bool:
        """Whether the gateway finds a server that is ready."""
        return self.status("/health/ready") == "200"

    def token(self, user: str) -> str:
        """Return a token for a user."""
        return self.compose("exec", "-T", "backend", "kirotodo", "token", "--user", user).strip()

    @contextlib.contextmanager
    def following_logs(self, file: Path) -> Iterator[None]:
        """Keep the log of every container, also of those that are removed meanwhile."""
        with file.open("w") as log:
            following = subprocess.Popen(
                ["docker", "compose", "--profile", "*", "logs", "-f", "--no-color", "--timestamps", "--since", "1s"],
                env=self.environment, cwd=self.folder, stdout=log, stderr=log,
            )  # fmt: skip
            try:
                yield
            finally:
                following.terminate()
                following.wait()

    def faults(self, file: Path) -> list[str]:
        """Return what says that a server answered 500: in a log that was followed, and in those that are there now."""
        now = self.compose("--profile", "*", "logs", "--no-color", *SERVERS)
        followed = file.read_text(encoding="utf-8", errors="replace")
        return sorted({line for line in f"{followed}\n{now}".splitlines() if INSIDE.search(line)})

    @contextlib.contextmanager
    def meanwhile(self, service: str, *words: str, piped: str = "") -> Iterator[None]:
        """Run a command in a container of a service meanwhile; it has to end when its input does, and not before."""
        running = subprocess.Popen(
            ["docker", "exec", "-i", self.containers(service)[0], *words],
            env=self.environment,
            text=True,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        assert running.stdin is not None
        running.stdin.write(piped)
        running.stdin.flush()
        try:
            yield
            assert running.poll() is None, f"{words[0]} in {service} ended with {running.returncode}"
        finally:
            running.stdin.close()
            running.wait()
