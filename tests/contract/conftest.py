"""One fixture: the backend to test, once for each backend there is, on each database."""

import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final

import pytest

from kirotodo.core.backend import Backend
from kirotodo.core.models.scripted import ScriptedModel
from tests.contract.harness import HARNESSES, BackendHarness

HARNESS_PAIRS: Final = {
    ("local", "sqlite"): (),
    ("remote", "postgres"): (),
    ("local", "postgres"): (pytest.mark.exhaustive,),
    ("remote", "sqlite"): (pytest.mark.exhaustive,),
}
"""As people have it first; the other pairs hold nothing that these two do not hold, and run where there is time."""


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "harness" in metafunc.fixturenames:
        pairs = [pytest.param(*pair, marks=marks, id="-".join(pair)) for pair, marks in HARNESS_PAIRS.items()]
        metafunc.parametrize(("harness", "database_url"), pairs, indirect=True)


@pytest.fixture
def database_url(request: pytest.FixtureRequest, tmp_path: Path, empty_list: Path) -> str:
    if request.param == "postgres":
        return str(request.getfixturevalue("postgres_url"))
    shutil.copy(empty_list, tmp_path / "list.db")
    return f"sqlite+aiosqlite:///{tmp_path / 'list.db'}"


@pytest.fixture
async def harness(request: pytest.FixtureRequest, tmp_path: Path, database_url: str) -> AsyncIterator[BackendHarness]:
    harness = HARNESSES[request.param](tmp_path, database_url)
    await harness.start()
    yield harness
    await harness.aclose()


@pytest.fixture
def backend(harness: BackendHarness) -> Backend:
    return harness.backend


@pytest.fixture
def model(harness: BackendHarness) -> ScriptedModel:
    return harness.model
