"""The image without Docker: the steps of the Dockerfile, run as processes under a folder that stands for its root.

What a container adds is added by the kernel's own means where it can be: another user, no capabilities, a file system
that cannot be written to. What stays unseen is the base image.
"""

import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

ROOTED: Final = re.compile(r"(?<![\w./-])/(opt|src|dist|app)\b")


@dataclass(frozen=True, kw_only=True)
class Image:
    """What the Dockerfile makes: `root` holds its /opt and /app."""

    root: Path
    environment: dict[str, str]

    @property
    def app(self) -> Path:
        return self.root / "app"

    @property
    def bin(self) -> Path:
        return self.root / "opt" / "kirotodo" / "bin"

    @property
    def size(self) -> int:
        return sum(path.lstat().st_size for path in (self.root / "opt" / "kirotodo").rglob("*") if path.is_file())

    def run(self, *command: str, home: Path, also: Mapping[str, str] | None = None) -> str:
        """One command in the working folder, to its end; what it printed."""
        done = subprocess.run(
            command,
            cwd=self.app,
            env={**self.environment, "KIROTODO_HOME": str(home), **(also or {})},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(f"{shlex.join(command)}: {done.stdout}{done.stderr}")
        return done.stdout

    def confined(self, *command: str) -> list[str]:
        """The command as compose runs it: read-only but for /tmp, nobody in particular, without capabilities."""
        python = sys.base_prefix
        inside = (
            "mount -n --make-rprivate / && mount -n --bind $0 /mnt && "
            + (
                f"mount -n --bind {python} /media && mount -n -t tmpfs -o mode=755 tmpfs /root"
                f" && mkdir -p {python} && mount -n --move /media {python} && "
                if python.startswith("/root/")  # which nobody else may enter
                else ""
            )
            + "mount -n -o remount,bind,ro /"
            " && mount -n -t tmpfs -o mode=1777 tmpfs /tmp && mkdir -p $0 && mount -n --move /mnt $0"
            " && mount -n -o remount,bind,ro $0 && cd $0/app && exec setpriv --reuid=10001 --regid=10001"
            ' --clear-groups --inh-caps=-all --no-new-privs "$@"'
        )
        return ["unshare", "--mount", "bash", "-c", inside, str(self.root), *command]


def build(checkout: Path, root: Path) -> Image:
    """Run the steps of the Dockerfile of `checkout` under `root`."""
    folder, environment = root, dict(os.environ)
    inherited = environment["PATH"]
    for word, rest in _steps((checkout / "Dockerfile").read_text(encoding="utf-8")):
        if word == "FROM":
            folder, environment = root, {**os.environ, "PATH": f"{Path(sys.executable).parent}:{inherited}"}
        elif word == "ENV":
            pairs = (_under(root, pair).partition("=") for pair in shlex.split(rest))
            environment.update({name: value.replace("$PATH", environment["PATH"]) for name, _, value in pairs})
        elif word == "WORKDIR":
            folder = Path(_under(root, rest))
            folder.mkdir(parents=True, exist_ok=True)
        elif word == "COPY" and not rest.startswith("--from"):
            *sources, target = rest.split()
            for source in sources:
                _copy(checkout / source, folder / target)
        elif word == "RUN" and "useradd" not in rest:
            command = re.sub(r"--mount=\S+", "", rest)
            subprocess.run(["bash", "-ec", _under(root, command)], cwd=folder, env=environment, check=True)
    kept = ("PATH", "PYTHONDONTWRITEBYTECODE", "PYTHONUNBUFFERED", "HOME")
    return Image(root=root, environment={name: environment[name] for name in kept})


def _steps(text: str) -> list[tuple[str, str]]:
    lines = "\n".join(line for line in text.splitlines() if not line.startswith("#")).replace("\\\n", " ").splitlines()
    return [(word, rest) for word, _, rest in (line.partition(" ") for line in lines if line)]


def _under(root: Path, text: str) -> str:
    return ROOTED.sub(lambda found: f"{root}{found[0]}", text)


def _copy(source: Path, target: Path) -> None:
    if source.is_dir():
        shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
    else:
        place = target / source.name if target.is_dir() or not target.suffix else target
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, place)
