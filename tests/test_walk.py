"""How many files a message passes: a newcomer has to read all of them to follow it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.walk import CEILINGS

ROOT = Path(__file__).parents[1]


@pytest.mark.slow
@pytest.mark.parametrize("way", CEILINGS)
def test_a_message_passes_no_more_files_than_a_newcomer_can_read(way: str, tmp_path: Path) -> None:
    environment = {**os.environ, "TERM": "xterm-256color", "KIROTODO_HOME": str(tmp_path)}
    command = [sys.executable, "-m", "benchmarks.walk", way]
    listed = subprocess.run(command, cwd=ROOT, env=environment, check=True, capture_output=True, text=True).stdout

    files = [line.split(":")[0].strip() for line in listed.splitlines()[1:]]
    assert "kirotodo/client/tui/widgets/composer.py" in files
    assert "kirotodo/core/store/tasks.py" in files
    assert len(files) <= CEILINGS[way], listed
    assert [name for name in files if not is_on_the_page(name)] == []


def is_on_the_page(name: str) -> bool:
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    return f"`{name}`" in text.split("## The walk")[1].split("\n## ")[0]
