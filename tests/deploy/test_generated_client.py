"""A client that a program made of `/openapi.json` does what its user means, against a real server."""

import subprocess
from pathlib import Path
from typing import Final

import httpx2
import pytest

from kirotodo.server.app import create_app
from tests.deploy.tools import ROOT, VALIDATORS, run
from tests.server.serving import served_in_a_thread, settings_in

WALK: Final = ROOT / "tests" / "deploy" / "generated_client_walk.py"


@pytest.mark.deploy
def test_a_generated_client_keeps_a_list_and_chats(tmp_path: Path) -> None:
    with served_in_a_thread(create_app(settings_in(tmp_path))) as address:
        described = tmp_path / "openapi.json"
        described.write_bytes(httpx2.get(f"{address}/openapi.json", timeout=60).content)
        config = tmp_path / "generator.yaml"
        config.write_text("post_hooks: []\n")
        run(
            "openapi-python-client",
            *("generate", "--path", str(described), "--config", str(config), "--meta", "none"),
            *("--output-path", str(tmp_path / "kirotodo_client"), "--fail-on-warning"),
        )
        done = subprocess.run(
            [str(VALIDATORS / "python"), str(WALK), address],
            env={"PYTHONPATH": str(tmp_path)},
            capture_output=True,
            text=True,
            timeout=100,
        )
    assert done.returncode == 0, done.stderr
