"""The next occurrence of a task that repeats."""

from dataclasses import replace
from typing import TYPE_CHECKING

from kirotodo.core.domain.recurrence import anchored, next_occurrence, rule_after
from kirotodo.core.domain.task import Task, TaskDraft
from kirotodo.core.tools.timing import moved_reminder
from kirotodo.core.tools.tool import Standpoint

if TYPE_CHECKING:
    from kirotodo.core.store.database import Store


async def make_next(store: "Store", task: Task, *, at: Standpoint) -> Task | None:
    """Add the occurrence after `task`, which was just done; None where there is none, or it exists already."""
    if task.recurrence is None or await store.tasks.next_of(task.id) is not None:
        return None
    rule = anchored(task.recurrence, due_date=task.due_date, recurs_from=task.recurs_from)
    due = next_occurrence(
        rule,
        due_date=task.due_date,
        due_time=task.due_time,
        done=at.now,
        zone=at.zone,
        recurs_from=task.recurs_from,
    )
    if due is None:
        return None
    remind_at = task.remind_at
    if remind_at is not None:
        old = (task.due_date or at.now.date(), task.due_time)
        remind_at = moved_reminder(remind_at, old, due, at=at)
    following = replace(
        TaskDraft.from_task(task),
        due_date=due.date,
        due_time=due.time,
        recurrence=rule_after(rule),
        remind_at=remind_at,
        parent_id=task.id,
        completed_at=None,
        created_at=None,
    )
    return await store.tasks.add(following)


async def drop_next(store: "Store", task: Task) -> None:
    """Take away the occurrence after `task`, which was opened again, unless it was done or changed meanwhile."""
    following = await store.tasks.next_of(task.id)
    if following is not None and not following.completed and following.updated_at == following.created_at:
        await store.tasks.delete(following.id)
