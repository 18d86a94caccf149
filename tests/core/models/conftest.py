"""The built-in model with a list of its own."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from kirotodo.core.store.database import Database
from tests.core.models.dialogue import Dialogue
from tests.core.tools.tool_harness import ToolHarness


@pytest.fixture
async def talk(tmp_path: Path) -> AsyncIterator[Dialogue]:
    tools = ToolHarness()
    tools.database = await Database.open(f"sqlite:///{tmp_path / 'list.db'}", clock=tools.clock)
    try:
        yield Dialogue(tools)
    finally:
        await tools.database.aclose()
