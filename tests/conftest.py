"""For every test: no model service is configured, whatever the environment of the run says."""

import os
from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def _no_real_provider(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.upper().startswith("OPENAI_")]:
        monkeypatch.delenv(name)


@pytest.fixture(scope="session")
def empty_list(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file without anything in it, made once: migrating takes longer than most tests."""
    from kirotodo.core.store import maintenance

    path = tmp_path_factory.mktemp("empty") / "list.db"
    maintenance.upgrade(f"sqlite:///{path}")
    return path
