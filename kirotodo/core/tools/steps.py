"""The steps of a task: which tasks may be steps of which, and in what order they are. Decision 0052 has the reasons."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from kirotodo.core.backend import TaskFields
from kirotodo.core.domain.task import STEPS_MAX, Task, TaskField
from kirotodo.core.errors import InvalidInput

if TYPE_CHECKING:
    from kirotodo.core.store.database import Store


async def checked_siblings(store: "Store", parent_id: int, step_ids: Sequence[int]) -> tuple[Task, ...]:
    """Return the steps of a task without those of `step_ids`, which are to be steps of it, or one more step where there
    are none. Raise `NotFound` where there is no such task, `InvalidInput` where it can't have them."""
    if parent_id in step_ids:
        raise InvalidInput("A task can't be a step of itself.")
    parent = await store.tasks.get(parent_id)
    if parent.parent_id is not None:
        raise InvalidInput(
            f"Task {parent_id} “{parent.title}” is a step itself, and steps have no steps. "
            f"Add it under task {parent.parent_id}, or make task {parent_id} a task of its own first."
        )
    if parent.completed:
        raise InvalidInput(f"Task {parent_id} “{parent.title}” is done. Reopen it to give it steps.")
    with_steps = [task for task in await store.tasks.get_many(step_ids) if task.steps is not None] if step_ids else []
    if with_steps:
        raise InvalidInput(
            f"Task {with_steps[0].id} “{with_steps[0].title}” has steps of its own, so it can't be a step. "
            "Move or delete its steps first."
        )
    siblings = tuple(step for step in await store.tasks.steps_of([parent_id]) if step.id not in step_ids)
    if len(siblings) + max(len(step_ids), 1) > STEPS_MAX:
        raise InvalidInput(f"A task has at most {STEPS_MAX} steps.")
    return siblings


def after(siblings: Sequence[Task]) -> int:
    """Return the position after these steps."""
    return max((step.position for step in siblings), default=0) + 1


async def arrange(store: "Store", steps: Sequence[Task], step_id: int, place: int) -> None:
    """Put one of these steps, which are in order, in a place counted from 1; past the end is the last."""
    order = [step for step in steps if step.id != step_id]
    order[place - 1 : place - 1] = [step for step in steps if step.id == step_id]
    for position, step in enumerate(order, start=1):
        if step.position != position:
            await store.tasks.update(step.id, {"position": position})


async def move(store: "Store", ids: Sequence[int], fields: TaskFields) -> None:
    """Make tasks steps of the task that `parent_id` names, in this order, or tasks of their own where it is None; with
    a `position` from 1, from there on. Raises `NotFound` or `InvalidInput`."""
    tasks = await store.tasks.get_many(ids)
    if "parent_id" in fields and fields["parent_id"] is None:
        for task in tasks:
            if task.parent_id is not None:
                await store.tasks.update(task.id, {"parent_id": None, "position": 0})
        return
    place = fields.get("position", 0)
    for task in tasks:
        parent_id = fields.get("parent_id", task.parent_id)
        if parent_id is None:
            if place:
                raise InvalidInput(f"Task {task.id} is no step, so it has no place among steps.")
            continue
        if parent_id != task.parent_id:
            siblings = await checked_siblings(store, parent_id, (task.id,))
            new: dict[TaskField, int] = {"parent_id": parent_id, "position": after(siblings)}
            await store.tasks.update(task.id, new)
        if place:
            await arrange(store, await store.tasks.steps_of([parent_id]), task.id, place)
            place += 1
