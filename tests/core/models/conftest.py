"""The built-in model with a list of its own."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from kirotodo.core.store.database import Database
from tests.core.models.dialogue import Dialogue
from tests.core.tools.desk import Desk


@pytest.fixture
async def talk(tmp_path: Path) -> AsyncIterator[Dialogue]:
    desk = Desk()
    desk.database = await Database.open(f"sqlite:///{tmp_path / 'list.db'}", clock=desk.clock)
    try:
        yield Dialogue(desk)
    finally:
        await desk.database.aclose()
