"""`kirotodo web` as a program: what it is told, and that it stops when it is asked to."""

import re
import signal
import subprocess
from pathlib import Path

import httpx2
import pytest

from tests.end_to_end.installed_program import KIROTODO, InstalledProgram, assert_one_sentence


def test_it_wants_to_know_the_server(tmp_path: Path) -> None:
    done = InstalledProgram(tmp_path).run("web")
    assert done.returncode == 2
    assert "Name the server" in done.stderr


@pytest.mark.slow
@pytest.mark.parametrize("name", ["KIROTODO_SERVER", "NEXT_PUBLIC_API_URL"])
def test_it_serves_until_it_is_asked_to_stop(tmp_path: Path, name: str) -> None:
    environment = {**InstalledProgram(tmp_path).environment, name: "https://api.test", "LOG_FORMAT": "json"}
    web = subprocess.Popen([KIROTODO, "web", "--port", "0"], env=environment, stderr=subprocess.PIPE, text=True)
    try:
        assert web.stderr is not None
        address = re.search(r"http://127\.0\.0\.1:\d+", web.stderr.readline())
        assert address is not None
        assert httpx2.get(f"{address[0]}/health", timeout=60, trust_env=False).json()["status"] == "ok"
        web.send_signal(signal.SIGTERM)
        assert web.wait(timeout=60) == 0
    finally:
        web.kill()
        web.communicate()


def test_a_port_that_is_taken_is_said_in_a_sentence(tmp_path: Path) -> None:
    import socket

    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = InstalledProgram(tmp_path).run("web", "--server", "https://api.test", "--port", str(port))
    assert done.returncode == 1
    assert_one_sentence(done.stderr, str(port))
