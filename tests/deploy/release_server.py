"""A server of this checkout, or of another release, as a process on a database."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2

from deploy.rehearsal.local_stack import is_ready
from deploy.rehearsal.programs import Running, free_port
from tests.deploy.tools import ROOT


def environment(url: str, home: Path, program: Path) -> dict[str, str]:
    return {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(program),
        "DATABASE_URL": url,
        "KIROTODO_HOME": str(home),
        "TIMEZONE": "UTC",
        "ENVIRONMENT": "production",
        "MODEL": "built-in",
        "BETTER_AUTH_SECRET": "a secret of this test, and of nothing else",
    }


def kirotodo(url: str, *arguments: str, home: Path, program: Path = ROOT) -> "subprocess.CompletedProcess[str]":
    """A command of the release in `program`, on the database."""
    return subprocess.run(
        [sys.executable, "-m", "kirotodo", *arguments],
        cwd=home,
        env=environment(url, home, program),
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )


@dataclass(frozen=True)
class ReleaseServer:
    """A server that runs, and a token for user 1."""

    address: str
    token: str
    process: Running


@contextmanager
def release_server(url: str, home: Path, program: Path = ROOT) -> Iterator[ReleaseServer]:
    """A server of the release in `program`."""
    token = kirotodo(url, "token", "--user", "1", home=home, program=program)
    assert token.returncode == 0, token.stderr
    log, port = home / "server.log", free_port()
    server = Running(
        [sys.executable, "-m", "kirotodo", "serve", "--port", str(port)],
        environment=environment(url, home, program),
        log=log,
        folder=home,
    )
    try:
        server.wait_for(lambda: is_ready(port))
        yield ReleaseServer(address=f"http://127.0.0.1:{port}", token=token.stdout.strip(), process=server)
    finally:
        server.stop()


def answer_of(server: ReleaseServer, message: str) -> dict[str, Any]:
    """The answer of a turn of user 1."""
    answer = httpx2.post(
        f"{server.address}/api/1/chat",
        headers={"Authorization": f"Bearer {server.token}"},
        json={"message": message},
        trust_env=False,
        timeout=60,
    )
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found
