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


def test_each_word_of_ci_is_in_the_name_of_a_step() -> None:
    found = re.search(r'^steps="(.*)"$', read(".ci/run"), flags=re.MULTILINE)
    assert found is not None
    assert [word for word in found[1].split() if not any(word in step.name for step in STEPS)] == []
    assert not [
        step.name for step in STEPS if "browser" in step.name and any(word in step.name for word in found[1].split())
    ]
