"""The rehearsal without Docker: what it needs is named before it begins."""

import pytest

from deploy.rehearsal import __main__ as rehearsal


def test_what_is_missing_is_named_with_how_to_get_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", "")
    assert rehearsal.main([]) == 1
    printed = capsys.readouterr().out
    assert "caddy, curl, bash missing: apt-get install caddy curl bash" in printed
    assert "Traceback" not in printed
