"""The table of docs/deployment-table.md: no line of the guide is missing, and everything that it names exists."""

import re
from typing import Final

import pytest

import deploy.rehearsal.walk  # noqa: F401  (puts the steps in order)
from deploy.rehearsal.docker import __main__ as walk
from deploy.rehearsal.steps import STEPS
from tests.deploy.guide import GUIDE, commands, items
from tests.deploy.tools import ROOT, read

TABLE: Final = read("docs/deployment-table.md")
ROWS: Final = [
    [cell.strip().replace("\\|", "|") for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
    for line in TABLE.partition("\n## Measured")[0].splitlines()
    if line.startswith("| ") and not line.startswith("| the guide says")
]
needs_guide = pytest.mark.skipif(not GUIDE.exists(), reason="the guide itself is not beside this checkout")


@needs_guide
def test_every_command_of_the_guide_is_there() -> None:
    listed = {row[0].strip("`") for row in ROWS}
    assert [each for each in commands(GUIDE.read_text(encoding="utf-8")) if each not in listed] == []


@needs_guide
def test_every_item_of_its_checklist_is_there() -> None:
    listed = {row[0] for row in ROWS}
    assert [each for each in items(GUIDE.read_text(encoding="utf-8")) if each not in listed] == []


def test_every_row_says_what_makes_it_true_and_what_shows_it() -> None:
    assert len(ROWS) > 90
    assert [row for row in ROWS if len(row) != 3 or not all(row)] == []


def test_what_makes_it_true_is_there() -> None:
    named = {word for row in ROWS for cell in row[1:] for word in re.findall(r"`((?:\.?[\w-]+/)+[\w.-]+)`", cell)}
    assert len(named) > 25
    assert [path for path in sorted(named) if not (ROOT / path).exists()] == []


def test_the_steps_that_show_it_are_taken() -> None:
    named = {step.strip() for row in ROWS for step in re.findall(r"rehearsal: ([a-z -]+[a-z])", row[2])}
    known = sorted((step.name for step in STEPS), key=len, reverse=True)
    assert len(named) > 10
    assert [step for step in named if not step.startswith(tuple(known))] == []


def test_the_steps_on_containers_that_show_it_are_taken() -> None:
    known = {walk.name_of(step) for step in walk.STEPS}
    named = {
        name.strip()
        for row in ROWS
        for text in re.findall(r"containers: ([^.:(`*]+)", row[2])
        for name in text.split(",")
    }
    named = {name for name in named if not name.startswith(("with", "to", "over", "into"))}
    assert named <= known, named - known
    assert len(named) > 12


def test_every_step_shows_something() -> None:
    assert [step.name for step in STEPS if f"rehearsal: {step.name}" not in TABLE] == []
