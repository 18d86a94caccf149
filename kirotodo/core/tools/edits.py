"""The edits of a list, shared by the tools and by whoever edits without a model.

Each takes an open store, which it never commits, and a standpoint from which words such as "tomorrow" are read.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from kirotodo.core.backend import TaskFields
from kirotodo.core.domain.task import Changed, Task
from kirotodo.core.tools.tool import Standpoint

if TYPE_CHECKING:
    from kirotodo.core.store.database import Store


async def add_task(store: "Store", fields: TaskFields, *, at: Standpoint) -> Task:
    """Add a task. Raises `InvalidInput`."""
    raise NotImplementedError


def preview_from_text(text: str, *, at: Standpoint) -> tuple[Task, ...]:
    """What `add_from_text` would add, with ids 0. Raises `InvalidInput`."""
    raise NotImplementedError


async def add_from_text(store: "Store", text: str, *, at: Standpoint) -> tuple[Task, ...]:
    """Add what one line says, dates, `#tag`, `+project` and `!priority` included. Raises `InvalidInput`."""
    raise NotImplementedError


async def update_tasks(store: "Store", task_ids: Sequence[int], fields: TaskFields, *, at: Standpoint) -> Changed:
    """Change fields of tasks, all or none. Raises `NotFound` or `InvalidInput`."""
    raise NotImplementedError


async def complete_tasks(
    store: "Store", task_ids: Sequence[int], *, completed: bool = True, at: Standpoint
) -> Changed:
    """Set tasks done or open again; a recurring one leaves exactly one next occurrence. Raises `NotFound`."""
    raise NotImplementedError


async def delete_tasks(store: "Store", task_ids: Sequence[int], *, at: Standpoint) -> Changed:
    """Delete tasks, all or none. Raises `NotFound`."""
    raise NotImplementedError
