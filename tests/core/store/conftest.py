"""A real database per test, on SQLite and on PostgreSQL, and a clock that moves on by a second whenever it is read."""

import shutil
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

import pytest

from kirotodo.core.domain.task import Page, Task, TaskFilter
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


@pytest.fixture(params=["sqlite", "postgres"])
def kind(request: pytest.FixtureRequest) -> str:
    """Every test that asks for a database runs on both; `ON_SQLITE` keeps one to what only a file can show."""
    return str(request.param)


ON_SQLITE: Final = pytest.mark.parametrize("kind", ["sqlite"])
ON_POSTGRES: Final = pytest.mark.parametrize("kind", ["postgres"])


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "kirotodo.db"


@pytest.fixture
def url(path: Path) -> str:
    """A SQLite file that is yet to be made."""
    return f"sqlite:///{path}"


@pytest.fixture
def database_url(kind: str, request: pytest.FixtureRequest, path: Path, empty_list: Path) -> str:
    """A migrated, empty database."""
    if kind != "sqlite":
        return str(request.getfixturevalue("postgres_url"))
    shutil.copy(empty_list, path)
    return f"sqlite:///{path}"


@pytest.fixture
async def database(database_url: str, clock: Clock) -> AsyncIterator[Database]:
    opened = await Database.open(database_url, clock=clock)
    yield opened
    await opened.aclose()


async def shown(
    store: Store, where: TaskFilter | None = None, *, limit: int = 50, cursor: str | None = None
) -> Page[Task]:
    """A page as a person in Berlin sees it today."""
    return await store.tasks.page(where or TaskFilter(), today=TODAY, zone=BERLIN, limit=limit, cursor=cursor)


async def titles(store: Store, where: TaskFilter) -> list[str]:
    return [task.title for task in (await shown(store, where)).items]
