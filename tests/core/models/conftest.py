"""The built-in model with a list of its own."""

from collections.abc import AsyncIterator

import pytest

from kirotodo.core.store.database import Database
from tests.core.models.dialogue import Dialogue
from tests.core.tools.tool_harness import ToolHarness


@pytest.fixture
async def talk(list_url: str) -> AsyncIterator[Dialogue]:
    tools = ToolHarness()
    tools.database = await Database.open(list_url, clock=tools.clock)
    try:
        yield Dialogue(tools)
    finally:
        await tools.database.aclose()
