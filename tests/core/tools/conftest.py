"""A real store in a temporary folder, and the tools run against it as the agent runs them."""

from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from kirotodo.core.store.database import Database
from tests.core.tools.desk import Desk


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    made = Desk()
    made.database = await Database.open(f"sqlite:///{tmp_path / 'list.db'}", clock=made.clock)
    try:
        yield made
    finally:
        await made.database.aclose()


@pytest.fixture
def add(desk: Desk) -> Any:
    async def adding(title: str, **more: Any) -> Mapping[str, Any]:
        return await desk.call("add_task", title=title, **more)

    return adding
