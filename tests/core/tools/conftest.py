"""A real store in a temporary folder, and the tools run against it as the agent runs them."""

from collections.abc import AsyncIterator, Mapping
from typing import Any

import pytest

from kirotodo.core.store.database import Database
from tests.core.tools.tool_harness import ToolHarness


@pytest.fixture
async def tools(list_url: str) -> AsyncIterator[ToolHarness]:
    made = ToolHarness()
    made.database = await Database.open(list_url, clock=made.clock)
    try:
        yield made
    finally:
        await made.database.aclose()


@pytest.fixture
def add(tools: ToolHarness) -> Any:
    async def adding(title: str, **more: Any) -> Mapping[str, Any]:
        return await tools.call("add_task", title=title, **more)

    return adding
