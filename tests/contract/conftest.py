"""One fixture: the house to test, once for each backend there is."""

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from kirotodo.core.backend import Backend
from kirotodo.core.models.scripted import ScriptedModel
from tests.contract.house import HOUSES, House


@pytest.fixture(params=sorted(HOUSES))
async def house(request: pytest.FixtureRequest, tmp_path: Path, empty_list: Path) -> AsyncIterator[House]:
    if request.param.endswith("on PostgreSQL"):
        house = HOUSES[request.param](tmp_path, database_url=request.getfixturevalue("postgres_url"))
    else:
        shutil.copy(empty_list, tmp_path / "list.db")
        house = HOUSES[request.param](tmp_path)
    await house.start()
    yield house
    await house.aclose()


@pytest.fixture
def backend(house: House) -> Backend:
    return house.backend


@pytest.fixture
def model(house: House) -> ScriptedModel:
    return house.model
