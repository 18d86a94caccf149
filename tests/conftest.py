"""For every test: no model service is configured, whatever the environment of the run says."""

import os

import pytest


@pytest.fixture(autouse=True)
def _no_real_provider(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.upper().startswith("OPENAI_")]:
        monkeypatch.delenv(name)
