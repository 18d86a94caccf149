"""The images of the rehearsal: stand-ins for the base images, and ours built from the repository's Dockerfile."""

import re
import shutil
import sys
from pathlib import Path
from typing import Final

from packaging.markers import Marker

from deploy.rehearsal.docker.daemon import HERE, Daemon, root_of, run

ROOT: Final = HERE.parents[2]
STAND_INS: Final = {
    "python": "python:3.13-slim-bookworm",
    "postgres": "postgres:18",
    "valkey": "valkey/valkey:9",
    "caddy": "caddy:2",
}
MONITORING: Final = {
    "prometheus": "prom/prometheus:v3.5.0",
    "alertmanager": "prom/alertmanager:v0.28.1",
    "node-exporter": "prom/node-exporter:v1.9.1",
    "postgres-exporter": "quay.io/prometheuscommunity/postgres-exporter:v0.17.1",
    "blackbox-exporter": "prom/blackbox-exporter:v0.26.0",
}
PATH: Final = "ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
PYTHON: Final = {"python_version": "3.13", "python_full_version": "3.13.5"}
PLATFORMS: Final = ("manylinux_2_34_x86_64", "manylinux_2_28_x86_64", "manylinux_2_17_x86_64", "manylinux2014_x86_64")


def wanted(lock: str) -> str:
    """Return the lines of a lock file that the image's Python takes, without their markers."""
    lines = []
    for line in lock.replace("\\\n", " ").splitlines():
        found = re.match(r"(\S+)\s*(?:;\s*(.*?))?\s*((?:--hash=\S+\s*)+)$", line.strip())
        if found and (not found[2] or Marker(found[2]).evaluate(PYTHON)):
            lines.append(" ".join([found[1], *found[3].split()]))
    return "\n".join(lines) + "\n"


def fetch_wheels(cache: Path) -> Path:
    """Download what the lock files name, for the image's Python: the build itself reaches no package registry."""
    wheels = cache / "context" / "wheels"
    for name in ("build", "server"):
        locked = cache / f"{name}.txt"
        text = wanted((ROOT / "requirements" / f"{name}.txt").read_text(encoding="utf-8"))
        if locked.exists() and locked.read_text(encoding="utf-8") == text:
            continue
        target = cache / f"new-{name}.txt"
        target.write_text(text, encoding="utf-8")
        run(
            sys.executable, "-m", "pip", "download", "-q", "--disable-pip-version-check", "--require-hashes",
            "--no-deps", "--only-binary=:all:", "--python-version", PYTHON["python_version"],
            *(word for platform in PLATFORMS for word in ("--platform", platform)),
            "-d", str(wheels), "-r", str(target),
        )  # fmt: skip
        target.rename(locked)
    return wheels


def make_stand_ins(daemon: Daemon) -> None:
    """Make every image that the compose files and our Dockerfile name and a registry would have."""
    context = fetch_wheels(daemon.cache).parent
    for file in (HERE / "stand_ins").iterdir():
        shutil.copy(file, context / file.name)
    for name, tags in {**{name: {"": tag} for name, tag in STAND_INS.items()}, "monitoring": MONITORING}.items():
        archive = root_of(name, daemon.cache)
        if not daemon.docker("images", "-q", f"kirotodo-debian-{name}").strip():
            daemon.docker("import", "--change", PATH, str(archive), f"kirotodo-debian-{name}")
        for target, tag in tags.items():
            words = ("--target", target) if target else ()
            recipe = str(context / f"{name}.Dockerfile")
            daemon.docker("build", "-q", *words, "-t", tag, "-f", recipe, str(context))
