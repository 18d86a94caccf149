"""Several databases, a user on one of them: what docs/scaling.md says of routing, and what makes it possible."""

import json
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Final

import httpx2
import pytest
from sqlmodel import SQLModel

import kirotodo.core.store.tables  # noqa: F401  (declares them)
from deploy.rehearsal.programs import Running, ended_at_last, free_port, listens
from tests.deploy.tools import ROOT, program

USERS: Final = [f"user-{number}" for number in range(120)]
Ask = Callable[[str], httpx2.Response]


def test_everything_a_user_owns_begins_with_the_user() -> None:
    """So that all of it lies on one shard, and nothing refers to another."""
    assert len(SQLModel.metadata.sorted_tables) > 15
    for table in SQLModel.metadata.sorted_tables:
        if table.name == "users":
            continue
        keys = [[column.name for column in table.primary_key.columns]]
        keys += [[column.name for column in index.columns] for index in table.indexes]
        keys += [list(key.column_keys) for key in table.foreign_key_constraints]
        # The documents of the search have a number of their own beside their key.
        assert {key[0] for key in keys if key != ["id"]} == {"user_id"}, table.name


@contextmanager
def shard(name: str) -> Iterator[str]:
    """An installation that answers with its name and what it was asked for; yields its address."""

    class Installation(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            marked = self.headers["X-Kirotodo-User"] is not None
            body = json.dumps({"shard": name, "path": self.path, "marked": marked}).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *arguments: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Installation) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"127.0.0.1:{server.server_port}"
        server.shutdown()


@contextmanager
def gateway(folder: Path, *shards: str) -> Iterator[Ask]:
    """The gateway in front of these installations; yields what asks it for a path."""
    port = free_port()
    folder.mkdir()
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "API_DOMAIN": f"http://localhost:{port}",
        "BIND_ADDRESS": "127.0.0.1",
        "SHARDS": " ".join(shards),
    }
    words = (program("caddy"), "run", "--adapter", "caddyfile", "--config", str(ROOT / "deploy/caddy/Caddyfile.shards"))
    programs: list[Running] = []
    with (
        ended_at_last(programs),
        httpx2.Client(base_url=f"http://localhost:{port}", trust_env=False, timeout=60) as client,
    ):
        programs.append(Running(words, environment=environment, log=folder / "log", folder=folder))
        programs[0].wait_for(lambda: listens(port))
        yield client.get


def places(ask: Ask) -> dict[str, str]:
    """Where each user's requests arrive: all of a user's at one place."""
    found = {}
    for user in USERS:
        answers = [ask(f"/api/{user}/{path}").raise_for_status().json() for path in ("tasks", "chat", "events?after=3")]
        assert len({answer["shard"] for answer in answers}) == 1, user
        assert answers[2]["path"] == f"/api/{user}/events?after=3"
        assert not answers[0]["marked"]
        found[user] = answers[0]["shard"]
    return found


@pytest.mark.deploy
def test_a_user_stays_on_a_shard_and_another_shard_takes_only_its_share(tmp_path: Path) -> None:
    with shard("a") as first, shard("b") as second, shard("c") as third:
        with gateway(tmp_path / "two", first, second) as ask:
            before = places(ask)
            assert ask("/health").status_code == 404
        with gateway(tmp_path / "three", first, second, third) as ask:
            after = places(ask)
    assert set(before.values()) == {"a", "b"}
    moved = {user for user in USERS if before[user] != after[user]}
    assert {after[user] for user in moved} == {"c"}
    assert 0 < len(moved) < len(USERS) * 0.6
