"""Lists of the same ten tasks for kirotodo and for other to-do programs, and what they are asked to do."""

import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from benchmarks.programs import KIROTODO, environment_of

TASKS: Final = tuple(f"{what} {number}" for number in range(5) for what in ("call the dentist", "water the plants"))
TODOMAN: Final = """\
path = "{home}/lists/*"
default_list = "tasks"
date_format = "%Y-%m-%d"
time_format = "%H:%M"
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class Command:
    """A command, the row and the column of the table that its cost stands in."""

    program: str
    does: str
    words: tuple[str, ...]


def prepare(home: str, bench: Path) -> tuple[Command, ...]:
    """Fill the lists in `home`, and return what is to be measured. `bench` is the folder of the peers' programs."""
    settings = Path(home) / ".config" / "todoman"
    settings.mkdir(parents=True)
    (Path(home) / "lists" / "tasks").mkdir(parents=True)
    (settings / "config.py").write_text(TODOMAN.format(home=home))
    todoman, topydo = str(bench / "todo"), (str(bench / "topydo"), "-t", f"{home}/todo.txt")
    adding: Mapping[str, tuple[str, ...]] = {
        "kirotodo": (KIROTODO, "add"),
        "todoman": (todoman, "new"),
        "topydo": (*topydo, "add"),
    }
    for words in adding.values():
        for task in TASKS:
            run((*words, task), home)
    return (
        Command(program="bare Python", does="`-c pass`", words=(sys.executable, "-c", "pass")),
        Command(program="kirotodo", does="`--version`", words=(KIROTODO, "--version")),
        Command(program="kirotodo", does="list", words=(KIROTODO, "list")),
        Command(program="todoman", does="list", words=(todoman, "list")),
        Command(program="topydo", does="list", words=(*topydo, "ls")),
        *(Command(program=name, does="add", words=(*words, "buy milk")) for name, words in adding.items()),
        Command(program="kirotodo", does="`ask`, built-in model", words=(KIROTODO, "ask", "add milk tomorrow at 5pm")),
    )


def run(words: Sequence[str], home: str) -> None:
    """Run a command of a program to its end. Raises `CalledProcessError` where it fails."""
    subprocess.run(words, env=environment_of(home), cwd=home, check=True, stdin=subprocess.DEVNULL, capture_output=True)
