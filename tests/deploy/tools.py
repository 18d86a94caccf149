"""The programs that look over what is shipped: those of `.venv-deploy`, and those of the machine."""

import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import pytest
import yaml

ROOT: Final = Path(__file__).parents[2]
VALIDATORS: Final = ROOT / ".venv-deploy" / "bin"
DEBIAN: Final = {
    "caddy": "caddy",
    "promtool": "prometheus",
    "chromium": "chromium",
    "chromedriver": "chromium-driver",
    "restic": "restic",
}


def program(name: str) -> str:
    """Where the program is; the test is skipped, and says how to get it, where it is not."""
    own = VALIDATORS / name
    if own.exists():
        return str(own)
    found = shutil.which(name)
    if found is None:
        where = f"apt-get install {DEBIAN[name]}" if name in DEBIAN else "make test-deploy brings it"
        pytest.skip(f"{name} is not on this machine: {where}")
    return found


def run(
    name: str, *arguments: str, cwd: Path = ROOT, also: Mapping[str, str] | None = None, piped: str | None = None
) -> str:
    """What the program printed; it has to end well."""
    done = subprocess.run(
        [program(name), *arguments],
        cwd=cwd,
        env={"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/"), **(also or {})},
        input=piped,
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
    )
    assert done.returncode == 0, f"{name} {' '.join(arguments)}\n{done.stdout}{done.stderr}"
    return done.stdout


def read(path: str) -> str:
    return (ROOT / path).read_text(encoding="utf-8")


def document(path: str) -> Any:
    """The one YAML document of a file."""
    return yaml.safe_load(read(path))
