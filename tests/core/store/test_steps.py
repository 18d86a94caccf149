"""The order of steps, and what lists count, after anything that can be done to steps: on a real list, for many ways."""

import asyncio
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from hypothesis import given, settings
from hypothesis import strategies as st

from kirotodo.core.domain.task import TaskFilter
from kirotodo.core.errors import InvalidInput, NotFound
from kirotodo.core.local import LocalBackend
from kirotodo.core.settings import Settings
from tests.examples import examples

IDS: Final = range(1, 9)
_MOVE: Final = st.tuples(st.just("move"), st.sampled_from(IDS), st.integers(1, 9))
_UNDER: Final = st.tuples(st.just("under"), st.sampled_from(IDS), st.sampled_from([0, 1, 2]))
_DONE: Final = st.tuples(st.just("done"), st.sampled_from(IDS), st.booleans())
_DELETE: Final = st.tuples(st.just("delete"), st.sampled_from(IDS), st.none())


async def _seen(backend: LocalBackend) -> list[tuple[int, int | None, bool]]:
    """Every task with its parent, the steps of each task in order."""
    page = await backend.tasks(TaskFilter(status="all"), limit=200)
    steps = [await backend.tasks(TaskFilter(parent_id=task.id, status="all"), limit=200) for task in page.items]
    listed = [task for task in page.items if task.parent_id is None]
    return [(task.id, task.parent_id, task.completed) for task in [*listed, *(t for each in steps for t in each.items)]]


async def _holds(backend: LocalBackend) -> None:
    everything = await backend.tasks(TaskFilter(status="all"), limit=200)
    tasks = {task.id: task for task in everything.items}
    for task in tasks.values():
        below = (await backend.tasks(TaskFilter(parent_id=task.id, status="all"), limit=200)).items
        assert {step.id for step in below} == {step.id for step in tasks.values() if step.parent_id == task.id}
        assert [step.position for step in below] == sorted({step.position for step in below})
        assert (task.steps.total if task.steps else 0) == len(below)
        assert (task.steps.done if task.steps else 0) == sum(step.completed for step in below)
        assert not (below and task.parent_id)
    open_ones = [task for task in tasks.values() if task.is_listed and not task.completed]
    assert (await backend.status()).pending == len(open_ones)
    assert (await backend.tasks(TaskFilter(status="all"), limit=1)).total == len(tasks)


async def _tried(folder: Path, edits: list[tuple[str, int, int | bool | None]]) -> None:
    backend = await LocalBackend.open(Settings(kirotodo_home=folder))
    try:
        for title in "ab":
            await backend.add_task({"title": title})
        for number in range(6):
            await backend.add_task({"title": f"step {number}", "parent_id": 1 + number % 2})
        states = [await _seen(backend)]
        for kind, number, value in edits:
            try:
                match kind:
                    case "move":
                        changed = await backend.update_tasks([number], {"position": int(value or 1)})
                    case "under":
                        changed = await backend.update_tasks([number], {"parent_id": int(value or 0) or None})
                    case "done":
                        changed = await backend.complete_tasks([number], completed=bool(value))
                    case _:
                        changed = await backend.delete_tasks([number])
            except (InvalidInput, NotFound):
                continue
            await _holds(backend)
            if changed.changes:
                states.append(await _seen(backend))
        for state in reversed(states[:-1]):
            await backend.undo()
            assert await _seen(backend) == state
            await _holds(backend)
    finally:
        await backend.aclose()


@settings(max_examples=examples(15), deadline=None)
@given(edits=st.lists(_MOVE | _UNDER | _DONE | _DELETE, max_size=8))
def test_steps_stay_a_permutation_and_undo_gives_them_back(edits: list[tuple[str, int, int | bool | None]]) -> None:
    with TemporaryDirectory() as folder:
        asyncio.run(_tried(Path(folder), edits))
