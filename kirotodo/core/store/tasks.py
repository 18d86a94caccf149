"""The tasks of one user: made, read, changed, deleted. Never commits; every write is in the journal."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import bindparam, select

from kirotodo.core.domain.task import Page, ProjectCount, Task, TaskDraft, TaskField, TaskFilter, TaskStats
from kirotodo.core.errors import NotFound
from kirotodo.core.store.journal import Journal
from kirotodo.core.store.scope import UID, Scope
from kirotodo.core.store.tables import tasks, users
from kirotodo.core.store.task_pages import page_of
from kirotodo.core.store.task_rows import TASK_FIELDS, TaskRows, counted, moved
from kirotodo.core.store.task_stats import projects_of, stats_of, tags_of

_PENDING: Final = select(users.c.pending_count).where(users.c.id == UID)
_NEXT: Final = (
    select(tasks.c.id)
    .where(
        tasks.c.user_id == UID,
        tasks.c.parent_id == bindparam("the_id"),
        tasks.c.deleted_at.is_(None),
    )
    .limit(1)
)


class TaskStore:
    """Tasks in an open transaction. Unknown, deleted and foreign ids all raise the same `NotFound`."""

    def __init__(self, scope: Scope, rows: TaskRows, journal: Journal) -> None:
        self._scope = scope
        self._rows = rows
        self._journal = journal

    async def add(self, draft: TaskDraft) -> Task:
        """Make a task with the user's next id."""
        by = {"completed": 1} if draft.completed_at else {"pending": 1}
        numbers = await self._scope.bump(tasks=1, changes=1, **by)
        task = Task.from_draft(draft, id=numbers.task, now=self._scope.now)
        await self._rows.insert(task, revision=numbers.revision)
        await self._journal.record(numbers.change, before=None, after=task)
        return task

    async def get(self, task_id: int) -> Task:
        return (await self.get_many((task_id,)))[0]

    async def get_many(self, task_ids: Sequence[int]) -> tuple[Task, ...]:
        """These tasks in this order, each once, or `NotFound` naming every missing one."""
        wanted = tuple(dict.fromkeys(task_ids))
        found = await self._rows.load([task_id for task_id in wanted if 0 < task_id < 2**31])
        seen = {task_id: task for task_id, (task, gone) in found.items() if not gone}
        missing = [task_id for task_id in wanted if task_id not in seen]
        if missing:
            raise NotFound(_no_such(missing))
        return tuple(seen[task_id] for task_id in wanted)

    async def known(self, task_ids: Sequence[int]) -> tuple[Task, ...]:
        """Return those of these tasks that are on the list, in this order, each once."""
        wanted = tuple(dict.fromkeys(task_id for task_id in task_ids if 0 < task_id < 2**31))
        found = await self._rows.load(wanted)
        return tuple(found[task_id][0] for task_id in wanted if task_id in found and not found[task_id][1])

    async def page(
        self, where: TaskFilter, *, today: date, zone: ZoneInfo, limit: int = 50, cursor: str | None = None
    ) -> Page[Task]:
        """A page of at most `limit` (1 to 200) tasks. `total` is known on every page, but where a tag or a
        search names more than 1,000 tasks and not all of them are on the first page. Raises `InvalidInput`."""
        return await page_of(self._scope, where, today=today, zone=zone, limit=limit, cursor=cursor)

    async def update(self, task_id: int, fields: Mapping[TaskField, Any]) -> Task:
        """Set exactly these fields. Where nothing changes, nothing is written."""
        unknown = set(fields) - set(TASK_FIELDS)
        if unknown:
            raise ValueError(f"a task has no such fields to set: {', '.join(sorted(unknown))}")
        before = await self.get(task_id)
        new = {**fields, "tags": tuple(fields["tags"])} if "tags" in fields else dict(fields)
        after = replace(before, **new)
        if after == before:
            return before
        after = replace(after, updated_at=self._scope.now)
        numbers = await self._scope.bump(changes=1, **moved(before, after))
        await self._rows.update(before, after, revision=numbers.revision)
        await self._journal.record(numbers.change, before=before, after=after)
        return after

    async def delete(self, task_id: int) -> Task:
        """Put it out of sight; the journal can bring it back. Returns it as it was."""
        task = await self.get(task_id)
        numbers = await self._scope.bump(changes=1, **counted(task, -1))
        await self._rows.hide(task, revision=numbers.revision)
        await self._journal.record(numbers.change, before=task, after=None)
        return task

    async def next_of(self, task_id: int) -> Task | None:
        """The next occurrence that was made of this task, unless it is deleted."""
        row = await self._scope.first(_NEXT, {"the_id": task_id})
        return None if row is None else await self.get(int(row[0]))

    async def count_pending(self) -> int:
        if self._scope.pending is not None:
            return self._scope.pending
        row = await self._scope.first(_PENDING)
        return 0 if row is None else int(row[0])

    async def stats(self, *, today: date, zone: ZoneInfo, period_days: int) -> TaskStats:
        """Counts of the period that ends today; a task is overdue once its due day is over."""
        pending = await self.count_pending()
        return await stats_of(self._scope, pending=pending, today=today, zone=zone, period_days=period_days)

    async def projects(self) -> tuple[ProjectCount, ...]:
        """Every project with its counts, by name; tasks without a project come last, as None."""
        return await projects_of(self._scope)

    async def tags(self) -> Mapping[str, int]:
        """Every tag of a pending task, by name, with how many pending tasks have it."""
        return await tags_of(self._scope)


def _no_such(ids: Sequence[int]) -> str:
    if len(ids) == 1:
        return f"There is no task {ids[0]}."
    return f"There are no tasks {', '.join(map(str, ids[:-1]))} and {ids[-1]}."
