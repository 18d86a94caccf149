"""The edits of a list, shared by the tools and by whoever edits without a model.

Each takes an open store, which it never commits, and a standpoint from which words such as "tomorrow" are read.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from kirotodo.core.backend import TaskFields
from kirotodo.core.domain.task import Changed, Task, TaskDraft
from kirotodo.core.errors import InvalidInput
from kirotodo.core.language.intents.inline_marks import parse_inline
from kirotodo.core.text.list_marks import read_item
from kirotodo.core.tools.fields import changes_of, draft_of
from kirotodo.core.tools.inline_fields import fields_of
from kirotodo.core.tools.occurrences import drop_next, make_next
from kirotodo.core.tools.tool import Standpoint

if TYPE_CHECKING:
    from kirotodo.core.store.database import Store


async def add_task(store: "Store", fields: TaskFields, *, completed_at: datetime | None = None, at: Standpoint) -> Task:
    """Add a task, as one that is done if the moment is given. Raises `InvalidInput`."""
    return await store.tasks.add(replace(draft_of(fields, at=at), completed_at=completed_at))


def preview_from_text(text: str, *, at: Standpoint) -> tuple[Task, ...]:
    """What `add_from_text` would add, with ids 0. Raises `InvalidInput`."""
    now = at.now.astimezone(UTC)
    return tuple(Task.from_draft(draft, id=0, now=now) for draft in _drafts_from_text(text, at=at))


async def add_from_text(store: "Store", text: str, *, at: Standpoint) -> tuple[Task, ...]:
    """Add what one line says: dates, `#tag`, `+project`, `!priority`, a ticked box. Raises `InvalidInput`."""
    return tuple([await store.tasks.add(draft) for draft in _drafts_from_text(text, at=at)])


async def update_tasks(store: "Store", task_ids: Sequence[int], fields: TaskFields, *, at: Standpoint) -> Changed:
    """Change fields of tasks, all or none. Raises `NotFound` or `InvalidInput`."""
    if not fields:
        raise InvalidInput("Name at least one field to change.")
    for task in await store.tasks.get_many(_each_once(task_ids)):
        await store.tasks.update(task.id, changes_of(fields, task, at=at))
    return store.journal.changed


async def complete_tasks(store: "Store", task_ids: Sequence[int], *, completed: bool = True, at: Standpoint) -> Changed:
    """Set tasks done or open again; a recurring one leaves exactly one next occurrence. Raises `NotFound`.

    A task that already is as asked stays untouched. Opening one again takes its next occurrence away if that is still
    open, so that the same thing is never on the list twice.
    """
    for task in await store.tasks.get_many(_each_once(task_ids)):
        if task.completed == completed:
            continue
        await store.tasks.update(task.id, {"completed_at": store.now if completed else None})
        if completed:
            await make_next(store, task, at=at)
        else:
            await drop_next(store, task)
    return store.journal.changed


async def delete_tasks(store: "Store", task_ids: Sequence[int], *, at: Standpoint) -> Changed:
    """Delete tasks, all or none. Raises `NotFound`."""
    for task in await store.tasks.get_many(_each_once(task_ids)):
        await store.tasks.delete(task.id)
    return store.journal.changed


def _each_once(task_ids: Sequence[int]) -> tuple[int, ...]:
    ids = tuple(dict.fromkeys(task_ids))
    if not ids:
        raise InvalidInput("Name at least one task.")
    return ids


def _drafts_from_text(text: str, *, at: Standpoint) -> tuple[TaskDraft, ...]:
    """One line of a list may have its marks; a ticked box makes a task that is done."""
    item = read_item(text)
    read = parse_inline(item.text, now=at.now, preferences=at.preferences)
    draft = draft_of(fields_of(read), at=at)
    return (replace(draft, completed_at=at.now.astimezone(UTC)) if item.done else draft,)
