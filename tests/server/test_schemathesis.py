"""What the API says of itself holds: requests made from its own description, judged by it.

No 5xx, no status that is not described, no answer that breaks its schema. Left out are the stream that never ends, and
signing out everywhere, after which no other request would get anywhere.
"""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import httpx2
import pytest

from kirotodo.core.settings import Settings
from kirotodo.server.app import create_app
from tests.server.serving import bearer, served_in_a_thread

LEFT_OUT: Final = r"user_id\}/events$|/auth/signout$"
CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
)


@pytest.fixture
def address(settings: Settings) -> Iterator[str]:
    """A server in a thread of its own, since what asks it is another program."""
    with served_in_a_thread(create_app(settings)) as base_url:
        yield base_url


@pytest.mark.exhaustive
def test_the_api_is_as_it_says(address: str, tmp_path: Path) -> None:
    with httpx2.Client(timeout=60, base_url=f"{address}/api/1", headers=bearer("1")) as client:
        for title in ("Milk", "Bread", "Wine"):
            client.post("/tasks", json={"title": title})
        turn_id = client.post("/chat", json={"message": "add eggs tomorrow at 5pm"}).json()["turn_id"]
    config = tmp_path / "schemathesis.toml"
    config.write_text(
        '[parameters]\n"path.user_id" = "1"\n"path.task_id" = 1\n"path.conversation_id" = 1\n'
        f'"path.turn_id" = "{turn_id}"\n"path.call_id" = "0.0"\n"header.x-timezone" = "Europe/Vienna"\n'
    )
    command = [str(Path(sys.executable).parent / "schemathesis"), "--config-file", str(config)]
    command += ["run", f"{address}/openapi.json", "-H", f"Authorization: {bearer('1')['Authorization']}"]
    command += ["--exclude-path-regex", LEFT_OUT, "--checks", ",".join(CHECKS), "--phases", "examples,fuzzing"]
    command += ["--max-examples", "5", "--max-time", "60", "--generation-deterministic", "--no-color"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=110)
    assert done.returncode == 0, done.stdout[-6000:]
    assert "Tested: " in done.stdout
