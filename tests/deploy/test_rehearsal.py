"""The rehearsal without Docker: what it needs is named before it begins."""

import re

import pytest

from deploy.rehearsal import __main__ as rehearsal
from deploy.rehearsal.steps import STEPS
from tests.deploy.tools import read


def test_what_is_missing_is_named_with_how_to_get_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", "")
    assert rehearsal.main([]) == 1
    printed = capsys.readouterr().out
    assert "caddy, curl, bash missing: apt-get install caddy curl bash" in printed
    assert "Traceback" not in printed


def test_ci_walks_steps_that_there_are_and_none_that_a_clock_decides() -> None:
    found = re.search(r'^steps="(.*)"$', read(".ci/run"), flags=re.MULTILINE)
    assert found is not None
    words = found[1].split()
    taken = {word: [step.name for step in STEPS if word in step.name] for word in words}
    assert all(taken.values()), taken
    names = {name for found in taken.values() for name in found}
    assert not [name for name in names if re.search("browser|users at once|killed|stopped|raised|held back", name)]
