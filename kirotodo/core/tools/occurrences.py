"""The next occurrence of a task that repeats."""

from typing import TYPE_CHECKING

from kirotodo.core.domain.recurrence import next_due, rule_after
from kirotodo.core.domain.task import Task, TaskDraft
from kirotodo.core.tools.timing import moved_reminder
from kirotodo.core.tools.tool import Standpoint

if TYPE_CHECKING:
    from kirotodo.core.store.database import Store


async def make_next(store: "Store", task: Task, *, at: Standpoint) -> Task | None:
    """Add the occurrence after `task`, which was just done; None where there is none, or it exists already."""
    if task.recurrence is None or await store.tasks.next_of(task.id) is not None:
        return None
    today = at.now.date()
    due = next_due(
        task.recurrence,
        due_date=task.due_date,
        due_time=task.due_time,
        done_on=today,
        recurs_from=task.recurs_from,
    )
    if due is None:
        return None
    remind_at = task.remind_at
    if remind_at is not None:
        old = (task.due_date or today, task.due_time)
        remind_at = moved_reminder(remind_at, old, (due, task.due_time), at=at)
    draft = TaskDraft(
        title=task.title,
        notes=task.notes,
        priority=task.priority,
        due_date=due,
        due_time=task.due_time,
        recurrence=rule_after(task.recurrence),
        recurs_from=task.recurs_from,
        remind_at=remind_at,
        project=task.project,
        tags=task.tags,
        parent_id=task.id,
    )
    return await store.tasks.add(draft)


async def drop_next(store: "Store", task: Task) -> None:
    """Take away the occurrence after `task`, which was opened again, unless it was done or changed meanwhile."""
    following = await store.tasks.next_of(task.id)
    if following is not None and not following.completed and following.updated_at == following.created_at:
        await store.tasks.delete(following.id)
