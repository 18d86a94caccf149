"""A Docker daemon of the rehearsal's own, on a machine that has none and reaches no registry of images.

Debian's packages give the daemon, Compose and what the images are made of. It runs in a network namespace of its own,
so that its bridges, firewall rules and published ports are no one else's. What was fetched is kept for the next time.
"""

import contextlib
import fcntl
import os
import shutil
import signal
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from deploy.rehearsal.programs import wait_until

HERE: Final = Path(__file__).parent
NAMESPACE: Final = "kirotodo"
ROOTS: Final = {
    "docker": ("forky", "docker.io,docker-compose,docker-buildx,iptables,iproute2,ca-certificates,mount"),
    "python": ("trixie", "python3,python3-venv,ca-certificates"),
    "postgres": ("forky", "postgresql,gosu"),
    "valkey": ("forky", "valkey-server,valkey-tools"),
    "caddy": ("forky", "caddy,wget,ca-certificates"),
    "monitoring": (
        "forky",
        "prometheus,prometheus-alertmanager,prometheus-node-exporter,prometheus-postgres-exporter,prometheus-blackbox-exporter",
    ),
}
"""Debian's release and packages behind the daemon and each image."""


def missing() -> str:
    """Return what keeps this machine from a rehearsal with containers, with how to get it; empty where nothing does."""
    if os.name != "posix" or os.geteuid() != 0:
        return "a Docker daemon of its own needs root"
    lacking = [
        name for name in ("mmdebstrap", "ip", "iptables", "unshare", "docker", "mkfs.ext4") if not shutil.which(name)
    ]
    if lacking:
        return f"{', '.join(lacking)} missing: apt-get install mmdebstrap iproute2 iptables docker.io e2fsprogs"
    done = subprocess.run(["unshare", "--mount", "--net", "true"], capture_output=True, check=False)
    return "" if done.returncode == 0 else "this machine lets nobody make namespaces"


def run(*command: str, environment: dict[str, str] | None = None, folder: Path | None = None, piped: str = "") -> str:
    """Return what a command prints. Raise `RuntimeError` with its last lines where it fails."""
    done = subprocess.run(
        command,
        env={**os.environ, **(environment or {})},
        cwd=folder,
        input=piped,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)[:200]}: {(done.stderr or done.stdout).strip()[-1500:]}")
    return done.stdout


class Daemon:
    """The running daemon, and how its client is called."""

    def __init__(self, cache: Path, folder: Path) -> None:
        self.cache = cache
        self.folder = folder
        self.data = cache / "daemon"
        plugins = cache / "client" / "cli-plugins"
        plugins.mkdir(parents=True, exist_ok=True)
        self.environment = {
            "DOCKER_HOST": f"unix://{self.data / 'docker.sock'}",
            "DOCKER_CONFIG": str(plugins.parent),
            "COMPOSE": "docker compose",
        }

    def docker(self, *words: str, folder: Path | None = None, piped: str = "") -> str:
        """Run the Docker client."""
        return run("docker", *words, environment=self.environment, folder=folder, piped=piped)

    def inside(self, *command: str, piped: str = "") -> str:
        """Run a command in the daemon's network."""
        return run("ip", "netns", "exec", NAMESPACE, *command, piped=piped)

    def answers(self) -> bool:
        """Whether the daemon is up."""
        with contextlib.suppress(RuntimeError):
            self.docker("version")
            return True
        return False

    def clear(self) -> None:
        """Remove what a rehearsal that was killed left in the data folder; Docker starts it again with the daemon."""
        if left := self.docker("ps", "--all", "--quiet").split():
            self.docker("rm", "--force", "--volumes", *left)
        self.docker("volume", "prune", "--all", "--force")
        self.docker("network", "prune", "--force")


@contextlib.contextmanager
def alone(cache: Path) -> Iterator[None]:
    """Wait until no other rehearsal uses the daemon's data."""
    with (cache / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            print("Another rehearsal runs on this machine; waiting for its end …", flush=True)
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def root_of(name: str, cache: Path) -> Path:
    """Return a root file system of Debian, a folder for the daemon and an archive for an image; made once."""
    release, packages = ROOTS[name]
    made = cache / (name if name == "docker" else f"{name}.tar")
    if not made.exists():
        print(f"  making {made.name} from Debian's packages …", flush=True)
        site = run("apt-get", "indextargets", "--format", "$(REPO_URI) $(RELEASE)")
        source = next(
            line.split()[0] for line in site.splitlines() if line.split()[1] in ("bookworm", "trixie", "stable")
        )
        part = made.with_name(f"part-{made.name}")
        shutil.rmtree(part, ignore_errors=True)
        run(
            "mmdebstrap", "--variant=minbase", '--aptopt=Acquire::Check-Valid-Until "false"', f"--include={packages}",
            release, str(part), f"deb [trusted=yes] {source} {release} main",
        )  # fmt: skip
        part.rename(made)
    return made


@contextlib.contextmanager
def running_daemon(cache: Path, folder: Path, shared: Sequence[Path]) -> Iterator[Daemon]:
    """A daemon that may mount `shared` folders into containers, ended with everything it started."""
    root, daemon = root_of("docker", cache), Daemon(cache, folder)
    for plugin in ("docker-compose", "docker-buildx"):
        shutil.copy(root / "usr/libexec/docker/cli-plugins" / plugin, cache / "client" / "cli-plugins" / plugin)
    daemon.data.mkdir(exist_ok=True)
    for left in ("docker.pid", "docker.sock"):
        (daemon.data / left).unlink(missing_ok=True)
    shutil.rmtree(daemon.data / "exec", ignore_errors=True)
    subprocess.run(["ip", "netns", "delete", NAMESPACE], capture_output=True, check=False)
    run("ip", "netns", "add", NAMESPACE)
    run("ip", "netns", "exec", NAMESPACE, "ip", "link", "set", "lo", "up")
    names = Path("/etc/netns") / NAMESPACE
    names.mkdir(parents=True, exist_ok=True)
    (names / "hosts").write_text("127.0.0.1 localhost api.localhost\n", encoding="utf-8")
    with (folder / "dockerd.log").open("w") as log:
        process = subprocess.Popen(
            ["ip", "netns", "exec", NAMESPACE, "unshare", "--mount", "--propagation", "private", "--pid", "--fork",
             "--kill-child", str(HERE / "enter.sh"), str(root), str(daemon.data), *map(str, shared)],
            stdout=log, stderr=log, start_new_session=True,
        )  # fmt: skip
    try:
        wait_until(lambda: daemon.answers() or process.poll() is not None, "the daemon answers", 300)
        if process.poll() is not None:
            raise RuntimeError((folder / "dockerd.log").read_text(encoding="utf-8")[-1500:])
        daemon.clear()
        yield daemon
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)  # the namespace's first process takes all others with it
        process.wait()
        subprocess.run(["ip", "netns", "delete", NAMESPACE], capture_output=True, check=False)
        shutil.rmtree(names, ignore_errors=True)
