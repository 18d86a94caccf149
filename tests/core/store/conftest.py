"""A real SQLite file per test, and a clock that moves on by a second whenever it is read."""

import shutil
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

import pytest

from kirotodo.core.domain.task import Page, Task, TaskFilter
from kirotodo.core.store import maintenance
from kirotodo.core.store.database import Database, Store

ANN: Final = "ann"
BOB: Final = "bob"
TODAY: Final = date(2026, 11, 23)
BERLIN: Final = ZoneInfo("Europe/Berlin")


class Undecided(Exception):
    """Raised to roll a transaction back."""


class Clock:
    def __init__(self) -> None:
        self.now = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        self.now += timedelta(seconds=1)
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "kirotodo.db"


@pytest.fixture
def url(path: Path) -> str:
    return f"sqlite:///{path}"


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty database, made once and copied for each test."""
    made = tmp_path_factory.mktemp("template") / "kirotodo.db"
    maintenance.upgrade(f"sqlite:///{made}")
    return made


@pytest.fixture
async def database(url: str, path: Path, template: Path, clock: Clock) -> AsyncIterator[Database]:
    shutil.copy(template, path)
    opened = await Database.open(url, clock=clock)
    yield opened
    await opened.aclose()


async def shown(
    store: Store, where: TaskFilter | None = None, *, limit: int = 50, cursor: str | None = None
) -> Page[Task]:
    """A page as a person in Berlin sees it today."""
    return await store.tasks.page(where or TaskFilter(), today=TODAY, zone=BERLIN, limit=limit, cursor=cursor)


async def titles(store: Store, where: TaskFilter) -> list[str]:
    return [task.title for task in (await shown(store, where)).items]
