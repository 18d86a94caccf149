"""What the tests of the server share: its settings, its model and its clock, and a running one."""

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import httpx2
import pytest
from fastapi import FastAPI

from kirotodo.core.models.scripted import ScriptedModel
from kirotodo.core.settings import Settings
from kirotodo.server.app import create_app
from tests.contract.harness import Clock
from tests.server.serving import Served, served, settings_in


@pytest.fixture
def settings(tmp_path: Path, empty_list: Path) -> Settings:
    shutil.copy(empty_list, tmp_path / "list.db")
    return settings_in(tmp_path)


@pytest.fixture(params=["sqlite", "postgres"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path, empty_list: Path) -> str:
    """A new list's address on each of the two databases."""
    if request.param == "postgres":
        return str(request.getfixturevalue("postgres_url"))
    shutil.copy(empty_list, tmp_path / "list.db")
    return f"sqlite:///{tmp_path / 'list.db'}"


@pytest.fixture
def model() -> ScriptedModel:
    return ScriptedModel()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def app(settings: Settings, model: ScriptedModel, clock: Clock) -> FastAPI:
    return create_app(settings, model=model, clock=clock)


@pytest.fixture
async def server(app: FastAPI) -> AsyncIterator[Served]:
    async with served(app) as running:
        yield running


@pytest.fixture
async def api(server: Served) -> AsyncIterator[httpx2.AsyncClient]:
    """User 1, signed in."""
    async with server.client("1") as client:
        yield client
