"""`kirotodo serve` as people start and stop it: a process of its own, a signal, an exit code."""

import asyncio
import json
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2
import pytest

from kirotodo.cli import command_group
from kirotodo.core.local import utc_now
from kirotodo.core.store.database import Database
from kirotodo.core.store.leases import DanglingTurn
from tests.server.serving import SECRET, bearer

KIROTODO = Path(sys.executable).parent / "kirotodo"


def environment(home: Path, **more: str) -> dict[str, str]:
    kept = {name: os.environ[name] for name in ("PATH", "COVERAGE_PROCESS_START") if name in os.environ}
    return {**kept, "KIROTODO_HOME": str(home), "BETTER_AUTH_SECRET": SECRET, "TIMEZONE": "UTC", **more}


@contextmanager
def serving(home: Path, *args: str, **more: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A server that is up, and its address as it told it."""
    process = subprocess.Popen(
        [KIROTODO, "serve", *args],
        env=environment(home, **more),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        found = re.fullmatch(r"kirotodo serves (http://\S+) \([\w-]+ answers; stop with Ctrl\+C\)\n", line)
        assert found, (line, process.stderr and process.stderr.read())
        yield process, found[1]
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate()


@pytest.mark.slow
def test_it_answers_stops_and_starts_again_at_the_same_port(tmp_path: Path) -> None:
    with serving(tmp_path, "--port", "0") as (first, address):
        answer, status = call_of_the_deployment_guide(address)
        assert (status, json.loads(answer)["status"]) == ("200", "finished")
        with httpx2.Client(timeout=60, base_url=address, headers=bearer("1")) as client:
            assert client.post("/api/1/tasks", json={"title": "Milk"}).status_code == 201
            assert "swagger" in client.get("/docs").text
            first.send_signal(signal.SIGTERM)
            assert first.wait(60) == 0
    with serving(tmp_path, "--port", address.rpartition(":")[2]) as (second, again):
        assert again == address
        assert httpx2.get(f"{again}/api/1/tasks", timeout=60, headers=bearer("1")).json()["items"][0]["title"] == "Milk"
        second.send_signal(signal.SIGINT)
        assert second.wait(60) == 0


@pytest.mark.slow
def test_a_turn_that_outlasts_the_grace_is_let_go_of(tmp_path: Path) -> None:
    """With a model service that takes requests and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as tarpit:
        silent = f"http://127.0.0.1:{tarpit.getsockname()[1]}/v1"
        slow = {"OPENAI_BASE_URL": silent, "OPENAI_MODEL": "silent", "MODEL": "silent", "DRAIN_TIMEOUT": "0.3"}
        with serving(tmp_path, "--port", "0", **slow) as (process, address):
            sent = httpx2.post(f"{address}/api/1/turns", timeout=60, json={"message": "hi"}, headers=bearer("1")).json()
            tarpit.settimeout(20)
            with tarpit.accept()[0]:
                process.send_signal(signal.SIGTERM)
                assert process.wait(60) == 0
    (left,) = asyncio.run(left_behind(tmp_path))
    assert left.turn_id == sent["turn_id"]
    assert left.expired


@pytest.mark.slow
def test_a_server_told_to_stop_serves_until_its_proxy_has_seen_that(tmp_path: Path) -> None:
    """It is not ready from the first signal on; the second one ends it at once."""
    with (
        serving(tmp_path, "--port", "0", DRAIN_DELAY="60") as (process, address),
        httpx2.Client(base_url=address, headers=bearer("1"), timeout=60) as client,
    ):
        assert client.get("/health/ready").status_code == 200
        process.send_signal(signal.SIGTERM)
        while client.get("/health/ready").status_code != 503:
            assert process.poll() is None
        assert client.post("/api/1/tasks", json={"title": "Milk"}).status_code == 201
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0


async def left_behind(home: Path) -> list[DanglingTurn]:
    """Turns that are to be gone on with."""
    database = await Database.open(f"sqlite:///{home / 'kirotodo.db'}", clock=utc_now)
    try:
        return await database.dangling()
    finally:
        await database.aclose()


def call_of_the_deployment_guide(address: str) -> tuple[str, str]:
    """What it prints, and the status."""
    token = f"Authorization: {bearer('1')['Authorization']}"
    command = ["curl", "-sS", "-w", "%{http_code}", "-X", "POST", f"{address}/api/1/chat", "-H", token]
    command += ["-H", "Content-Type: application/json", "-d", '{"message":"Hello"}']
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.stderr == ""
    return done.stdout[:-3], done.stdout[-3:]


def refused(capsys: pytest.CaptureFixture[str], *args: str) -> tuple[object, str]:
    """The exit code, and what it says."""
    with pytest.raises(SystemExit) as ended:
        command_group().main(["serve", *args])
    return ended.value.code, capsys.readouterr().err


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name, value in environment(tmp_path).items():
        monkeypatch.setenv(name, value)
    return tmp_path


@pytest.mark.usefixtures("home")
def test_a_taken_port_is_told_in_a_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        code, sentence = refused(capsys, "--port", str(port))
    assert (code, sentence) == (1, f"Port {port} is in use. Choose another with --port.\n")


@pytest.mark.usefixtures("home")
@pytest.mark.parametrize(
    ("args", "more", "code", "sentence"),
    [
        (("--host", "no.such.host.invalid"), {}, 2, "isn't a valid address"),
        (("--host", "203.0.113.7"), {}, 2, "isn't an address of this computer"),
        (("--workers", "2"), {}, 1, "2 workers cannot share SQLite"),
        (("--port", "70000"), {}, 2, "70000 is not in the range"),
        ((), {"DATABASE_URL": "sqlite:////dev/null/x.db"}, 1, "/dev/null"),
        ((), {"MODEL": "nobody"}, 1, "isn't a configured model"),
        ((), {"ENVIRONMENT": "production", "BETTER_AUTH_SECRET": "short"}, 1, "BETTER_AUTH_SECRET has 5 characters"),
        ((), {"ENVIRONMENT": "production", "CORS_ORIGINS": "*"}, 1, "CORS_ORIGINS=*"),
        ((), {"ENVIRONMENT": "production"}, 1, "No model is configured"),
    ],
)
def test_what_cannot_work_is_told_in_a_sentence(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    args: tuple[str, ...],
    more: dict[str, str],
    code: int,
    sentence: str,
) -> None:
    for name, value in more.items():
        monkeypatch.setenv(name, value)
    found, sentence = refused(capsys, "--port", "0", *args)
    assert found == code
    assert sentence in sentence
