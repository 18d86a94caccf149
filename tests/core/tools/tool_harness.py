"""Tools run one call a transaction, on a clock that stands still until it is moved."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from kirotodo.core.agent.approvals import Ledger, Question
from kirotodo.core.domain.conversation import ToolCall
from kirotodo.core.domain.history import Actor
from kirotodo.core.domain.task import Task, TaskFilter
from kirotodo.core.language.preferences import Preferences
from kirotodo.core.store.database import Database, Store
from kirotodo.core.tools.base import ToolContext
from kirotodo.core.tools.task_tools import TOOLS
from kirotodo.core.tools.user_clock import UserClock

ZONE = ZoneInfo("Europe/Berlin")
MONDAY = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
"""Monday, 23 November 2026, 10:30 in Berlin."""


class ToolHarness:
    """One user's list, and the tools."""

    database: Database

    def __init__(self) -> None:
        self.now = MONDAY
        self.turn = 1
        self.actor: Actor | None = None
        self._calls = 0

    def clock(self) -> datetime:
        self.now += timedelta(microseconds=1)
        return self.now

    def at(self) -> UserClock:
        return UserClock(now=self.now.astimezone(ZONE), zone=ZONE, preferences=Preferences())

    def _context(self, store: Store, call_id: str) -> ToolContext:
        return ToolContext(
            store=store,
            now=store.now.astimezone(ZONE),
            zone=ZONE,
            preferences=Preferences(),
            turn_id=f"turn-{self.turn}",
            call_id=call_id,
        )

    async def call(self, tool: str, /, **arguments: Any) -> Mapping[str, Any]:
        """Run one call, in the turn under way, as if agreed to."""
        ready = TOOLS.validate(tool, arguments)
        self._calls += 1
        call_id = f"1.{self._calls}"
        turn = f"turn-{self.turn}"
        async with self.database.begin("ann", turn_id=turn, call_id=call_id, actor=self.actor) as store:
            return await ready.run(self._context(store, call_id))

    async def approval(self, tool: str, /, **arguments: Any) -> Question | None:
        """The question before this call, were it the only one of its turn."""
        TOOLS.validate(tool, arguments)
        call = ToolCall(id="1.0", step=1, position=0, tool=tool, arguments=arguments)
        batch = Ledger(tools=TOOLS).batch(call, (call,), ())
        async with self.database.read("ann") as store:
            return (
                None
                if batch is None
                else await batch.question_for(store, turn_id=f"turn-{self.turn}", granted=0, at=self.at())
            )

    async def task(self, task_id: int) -> Task:
        async with self.database.read("ann") as store:
            return await store.tasks.get(task_id)

    async def tasks(self, where: TaskFilter | None = None) -> tuple[Task, ...]:
        """The list, pending unless asked otherwise, in order of ids."""
        async with self.database.read("ann") as store:
            page = await store.tasks.page(where or TaskFilter(), today=self.at().now.date(), zone=ZONE, limit=200)
        return tuple(sorted(page.items, key=lambda task: task.id))
