"""What Lambda does to a server, done by hand: it is asked one thing at a time, and frozen once an answer is out."""

import os
import signal
from pathlib import Path

import httpx2
import pytest

from tests.deploy.release_server import ReleaseServer, answer_of, release_server
from tests.postgres import ask, database_in

pytestmark = pytest.mark.slow


def freeze(server: ReleaseServer) -> None:
    os.kill(server.process.pid, signal.SIGSTOP)


def thaw(server: ReleaseServer) -> None:
    os.kill(server.process.pid, signal.SIGCONT)


def test_a_turn_is_over_with_its_answer_and_the_next_finds_a_server_that_was_frozen(
    postgres_url: str, tmp_path: Path
) -> None:
    with release_server(postgres_url, tmp_path) as server:
        with httpx2.stream(
            "POST",
            f"{server.address}/api/1/chat/stream",
            headers={"Authorization": f"Bearer {server.token}"},
            json={"message": "add milk"},
            trust_env=False,
            timeout=60,
        ) as stream:
            events = [line for line in stream.iter_lines() if line.startswith("event: ")]
        freeze(server)
        assert events[-1] == "event: turn_finished"
        _cut_everybody_off(postgres_url)  # as a database does that has not heard of somebody for long
        thaw(server)
        assert "milk" in answer_of(server, "what is open?")["response"]


def _cut_everybody_off(url: str) -> None:
    name = url.partition("?")[0].rpartition("/")[2]
    cut = f"SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = '{name}'"
    assert ask(database_in(url, "postgres"), cut) > 0
