"""The tasks of one user: made, read, changed, deleted. Never commits; every write is in the journal."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from kirotodo.core.domain.task import Page, ProjectCount, Task, TaskDraft, TaskField, TaskFilter, TaskStats
from kirotodo.core.store.journal import Journal
from kirotodo.core.store.scope import Scope


class TaskStore:
    """Tasks in an open transaction. Unknown, deleted and foreign ids all raise the same `NotFound`."""

    def __init__(self, scope: Scope, journal: Journal) -> None:
        self._scope = scope
        self._journal = journal

    async def add(self, draft: TaskDraft) -> Task:
        """Make a task with the user's next id."""
        raise NotImplementedError

    async def get(self, task_id: int) -> Task:
        raise NotImplementedError

    async def get_many(self, task_ids: Sequence[int]) -> tuple[Task, ...]:
        """These tasks in this order, or `NotFound` naming every missing one."""
        raise NotImplementedError

    async def page(
        self, where: TaskFilter, *, today: date, zone: ZoneInfo, limit: int = 50, cursor: str | None = None
    ) -> Page[Task]:
        """A page of at most `limit` (1 to 200) tasks; `total` is known on every page. Raises `InvalidInput`."""
        raise NotImplementedError

    async def update(self, task_id: int, fields: Mapping[TaskField, Any]) -> Task:
        """Set exactly these fields. Where nothing changes, nothing is written."""
        raise NotImplementedError

    async def delete(self, task_id: int) -> Task:
        """Put it out of sight; the journal can bring it back. Returns it as it was."""
        raise NotImplementedError

    async def count_pending(self) -> int:
        raise NotImplementedError

    async def stats(self, *, today: date, zone: ZoneInfo, period_days: int) -> TaskStats:
        raise NotImplementedError

    async def projects(self) -> tuple[ProjectCount, ...]:
        """Every project with its counts, by name; tasks without a project come last, as None."""
        raise NotImplementedError

    async def tags(self) -> Mapping[str, int]:
        """Every tag of a pending task, by name, with how many pending tasks have it."""
        raise NotImplementedError
