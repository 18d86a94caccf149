"""`kirotodo mcp` as an assistant starts it: a process, and the protocol on its stdin and stdout."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner
from mcp.client.client import Client
from mcp.client.stdio import StdioServerParameters

from kirotodo.cli import command_group


@pytest.mark.slow
async def test_an_assistant_starts_it_and_changes_the_list(tmp_path: Path) -> None:
    environment = {**os.environ, "KIROTODO_HOME": str(tmp_path), "TIMEZONE": "Europe/Vienna"}
    program = [sys.executable, "-m", "kirotodo"]
    started = StdioServerParameters(command=program[0], args=[*program[1:], "mcp", "--local"], env=environment)
    async with Client(started, mode="legacy") as client:
        await client.call_tool("add_task", {"title": "Milk"})
        said = await client.call_tool("say", {"text": "add bread tomorrow"})
        assert not said.is_error
    listed = subprocess.run(  # noqa: ASYNC221
        [*program, "list", "--json"], env=environment, capture_output=True, check=True, timeout=60
    )
    assert {task["title"] for task in json.loads(listed.stdout)["items"]} == {"Milk", "bread"}


def test_without_the_sdk_it_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "kirotodo.protocols.mcp", None)
    for name in [name for name in sys.modules if name.partition(".")[0] in ("mcp", "mcp_types")]:
        monkeypatch.setitem(sys.modules, name, None)
    monkeypatch.delitem(sys.modules, "kirotodo.protocols.mcp")
    result = CliRunner().invoke(command_group(), ["mcp"])
    assert result.exit_code == 1
    assert "pip install 'kirotodo[mcp]'" in result.stderr
