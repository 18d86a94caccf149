"""Edits that a calendar program makes: one object at a time, each with all that follows from it."""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Final

from kirotodo.core.backend import TaskFields
from kirotodo.core.domain.calendar import CalendarItem, CalendarObject
from kirotodo.core.domain.task import Task
from kirotodo.core.errors import Conflict, InvalidInput, NotFound, PreconditionFailed
from kirotodo.core.tools import edits
from kirotodo.core.tools.user_clock import UserClock

if TYPE_CHECKING:
    from kirotodo.core.store.database import Store

SAME_UID: Final = "Another task has this UID already."
CHANGED: Final = "It has changed since you read it, so nothing was done. Read it again, then retry."


async def save_object(
    store: "Store",
    item: CalendarItem,
    fields: TaskFields,
    *,
    seen: CalendarObject | None,
    done: bool | None,
    done_at: datetime | None,
    new_parent: bool,
    at: UserClock,
) -> CalendarObject:
    """Add a task, or change the one that was read as `seen`, and store what the program sent.

    `fields` are those that change, `done` sets it done or open, and with `new_parent` it becomes a step of the task
    that the item names, as far as that can be. Raises `PreconditionFailed`, `Conflict`, `NotFound` or `InvalidInput`.
    """
    found = await store.calendar.one(item.name)
    _check_same(found, seen)
    other = await store.calendar.with_uid(item.uid)
    if other is not None and other.name != item.name:
        raise Conflict(SAME_UID)
    if found is None:
        task = await edits.add_task(store, fields, completed_at=(done_at or store.now) if done else None, at=at)
    else:
        task = found.task
        if fields:
            await edits.update_tasks(store, [task.id], fields, at=at)
        if done is not None:
            await edits.complete_tasks(store, await _opened(store, task, done=done), completed=done, at=at)
    if new_parent:
        await _place(store, task.id, item.parent_uid, at=at)
    for step in await store.calendar.steps_waiting_for(item.uid) if found is None else ():
        if step.id != task.id and await _made_step(store, step.id, task, at=at):
            await store.calendar.rebase(await store.tasks.get(step.id))
    await store.calendar.save(await store.tasks.get(task.id), item)
    saved = await store.calendar.one(item.name)
    assert saved is not None
    return saved


async def delete_object(store: "Store", seen: CalendarObject, *, at: UserClock) -> None:
    """Delete the task that was read as `seen`, with its steps. Raises `NotFound` or `PreconditionFailed`."""
    found = await store.calendar.one(seen.name)
    if found is None:
        raise NotFound("There is no such task.")
    _check_same(found, seen)
    await edits.delete_tasks(store, [found.task.id], at=at)


def _check_same(found: CalendarObject | None, seen: CalendarObject | None) -> None:
    if (found and found.etag) != (seen and seen.etag):
        raise PreconditionFailed(CHANGED)


async def _opened(store: "Store", task: Task, *, done: bool) -> Sequence[int]:
    """Return the task, and the one it is a step of where that has to be opened with it."""
    if done or task.parent_id is None:
        return [task.id]
    return [task.id, *(parent.id for parent in await store.tasks.known([task.parent_id]) if parent.completed)]


async def _place(store: "Store", task_id: int, parent_uid: str | None, *, at: UserClock) -> None:
    """Make a task a step of the one with this UID, or of the task above that, or a task of its own without one."""
    if parent_uid is None:
        await edits.update_tasks(store, [task_id], {"parent_id": None}, at=at)
        return
    parent = await store.calendar.with_uid(parent_uid)
    if parent is not None:
        await _made_step(store, task_id, parent.task, at=at)


async def _made_step(store: "Store", task_id: int, parent: Task, *, at: UserClock) -> bool:
    """Make a task a step, where it can be one: a program that nests deeper keeps its own order of them."""
    try:
        await edits.update_tasks(store, [task_id], {"parent_id": parent.parent_id or parent.id}, at=at)
    except (InvalidInput, NotFound):
        return False
    return True
