"""The installed program: where it is, what it sees of the machine, and runs of it without a screen."""

import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, Final

KIROTODO: Final = Path(sys.executable).with_name("kirotodo")
ZONE: Final = "Europe/Vienna"
PATIENCE: Final = 60
SEVERAL: Final = """
import json, sys
from click.testing import CliRunner
from kirotodo.cli import command_group
results = []
for words in json.load(sys.stdin):
    result = CliRunner().invoke(command_group(), words)
    results.append([result.exit_code, result.stdout, result.stderr])
print(json.dumps(results))
"""
"""A program that runs the commands on its stdin in turn: a process for each would only take longer."""


class InstalledProgram:
    """`kirotodo` for one person whose list lives in `home`. Nothing of the machine's own settings reaches it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.home = folder / "home"

    @property
    def environment(self) -> dict[str, str]:
        return {
            "PATH": f"{KIROTODO.parent}{os.pathsep}{os.environ['PATH']}",
            "HOME": str(self.folder),
            "KIROTODO_HOME": str(self.home),
            "TZ": ZONE,
            "LANG": "C.UTF-8",
            "COLORTERM": "truecolor",
        }

    @property
    def database(self) -> Path:
        return self.home / "kirotodo.db"

    def run(
        self, *arguments: str, piped: str | None = None, also: Mapping[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        """One run to its end, whatever it says."""
        return subprocess.run(
            [str(KIROTODO), *arguments],
            cwd=self.folder,
            env={**self.environment, **(also or {})},
            input=piped,
            stdin=subprocess.DEVNULL if piped is None else None,
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=PATIENCE,
            check=False,
        )

    def run_each(
        self, *commands: Sequence[str], also: Mapping[str, str] | None = None, before: Sequence[str] = ()
    ) -> "list[subprocess.CompletedProcess[str]]":
        """Each command to its end, in turn, in one process, started with the words `before` in front of it."""
        done = subprocess.run(
            [*before, sys.executable, "-c", SEVERAL],
            cwd=self.folder,
            env={**self.environment, **(also or {})},
            input=json.dumps(commands),
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=PATIENCE,
            check=True,
        )
        results = zip(commands, json.loads(done.stdout), strict=True)
        return [subprocess.CompletedProcess(words, code, out, messages) for words, (code, out, messages) in results]

    def do(self, *arguments: str, piped: str | None = None) -> str:
        """One run that has to go well; what it printed."""
        done = self.run(*arguments, piped=piped)
        assert done.returncode == 0, f"kirotodo {' '.join(arguments)}: {done.stdout}{done.stderr}"
        return done.stdout

    def tasks(self, *filters: str) -> list[dict[str, Any]]:
        """Every task, completed ones too unless the filters say otherwise."""
        items: list[dict[str, Any]] = json.loads(self.do("list", "--all", "--json", *filters))["items"]
        return items

    def titles(self, *filters: str) -> list[str]:
        return sorted(task["title"] for task in self.tasks(*filters))

    def keeps_copy(self) -> bool:
        """Return whether there is a whole copy of a list on a server."""
        for path in self.home.glob("servers/*.db"):
            with closing(sqlite3.connect(path)) as connection:
                if connection.execute("SELECT 1 FROM kept_values WHERE name = 'revision'").fetchone():
                    return True
        return False

    def remembered(self) -> dict[str, Any]:
        """What the chat has on disk of drafts and the like; empty where it has nothing yet."""
        try:
            state: dict[str, Any] = json.loads((self.home / "state.json").read_bytes())
        except FileNotFoundError:
            return {}
        return state


def assert_one_sentence(text: str, *words: str) -> None:
    """What went wrong is told in a sentence or two for people, naming these words, and shows nothing of the inside."""
    assert "Traceback" not in text, text
    assert "Error(" not in text, text
    text = " ".join(text.split())
    assert text, "nothing was said"
    assert len(text) < 500, text
    for word in words:
        assert word in text, text


def stderr_of(done: "subprocess.CompletedProcess[str]") -> Sequence[str]:
    """The lines on stderr."""
    return done.stderr.splitlines()
