"""Orders of several keys: pages show the list exactly as Python sorts it, on both databases, along an index."""

from datetime import UTC, datetime
from typing import Any, Final, get_args

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from kirotodo.core.domain.filters import Not, Tagged
from kirotodo.core.domain.task import Sort, Status, Task, TaskFilter, sort_keys
from kirotodo.core.errors import InvalidInput
from kirotodo.core.store.database import Database
from kirotodo.core.store.task_rows import due_key, rank, title_key
from kirotodo.core.text.folding import name_key
from tests.core.store.conftest import ANN, shown
from tests.core.store.test_filters import list_of
from tests.examples import examples

DOWNWARD: Final = ("created", "updated", "completed")


def _missing(task: Task, sort: str) -> bool:
    """Whether a task has nothing to be sorted by, and so comes last."""
    return {"due": task.due_date, "project": task.project, "completed": task.completed_at}.get(sort, True) is None


def _value(task: Task, sort: str) -> Any:
    match sort:
        case "due":
            return due_key(task.due_date, task.due_time, task.priority)
        case "priority":
            return rank(task.priority)
        case "title":
            return title_key(task.title)
        case "project":
            return name_key(task.project or "")
        case "completed":
            return task.completed_at or datetime(1, 1, 1, tzinfo=UTC)
        case _:
            return task.created_at if sort == "created" else task.updated_at


def _sorted(tasks: list[Task], order: str) -> list[int]:
    """Sort a list naively, by the last key first."""
    keys = list(sort_keys(order))
    if len(keys) == 1:
        keys += [("due", False)] if keys[0][0] in ("priority", "project") else []
    name, back = keys[-1]
    found = sorted(tasks, key=lambda task: task.id, reverse=(name in DOWNWARD) != back)
    for place, (name, back) in reversed(list(enumerate(keys))):
        # Tasks without a day are equal where the day comes first and more follows, or comes later and is reversed;
        # else their priority decides.
        equal = name == "due" and len(keys) > 1 and (place == 0 or back)
        found.sort(
            key=lambda task: "" if equal and task.due_date is None else _value(task, name),
            reverse=(name in DOWNWARD) != back,
        )
        found.sort(key=lambda task: _missing(task, name))
    return [task.id for task in found]


ONE: Final = st.builds("{}{}".format, st.sampled_from(get_args(Sort)), st.sampled_from(("", "-asc", "-desc")))


@given(
    order=st.lists(ONE, min_size=1, max_size=3).map(",".join),
    status=st.sampled_from(get_args(Status)),
    limit=st.sampled_from((1, 7, 25)),
    filtered=st.booleans(),
)
@example(order="priority-asc,title-desc", status="all", limit=7, filtered=True)
@example(order="due-desc,project-desc", status="all", limit=7, filtered=False)
@example(order="project,due", status="all", limit=7, filtered=False)
@example(order="project,due-desc", status="all", limit=7, filtered=False)
@settings(max_examples=examples(40), suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_pages_are_in_any_order_as_python_sorts(
    database: Database, order: str, status: Status, limit: int, filtered: bool
) -> None:
    tasks = [task for task in await list_of(database) if status == "all" or task.completed == (status == "completed")]
    condition = Not(Tagged("home")) if filtered else None
    found: list[int] = []
    cursor = None
    async with database.read(ANN) as store:
        while True:
            where = TaskFilter(status=status, sort=order, condition=condition, scheduled="show")
            page = await shown(store, where, limit=limit, cursor=cursor)
            found += [task.id for task in page.items]
            cursor = page.next
            if cursor is None:
                break
    expected = [task for task in tasks if not (filtered and "home" in task.tags)]
    first, _ = sort_keys(order)[0]
    if first in ("completed", "due", "project") and len(sort_keys(order)) == 1:
        # Those without a value are in an order of their own: the newest, or what is due, first.
        with_value = [task for task in expected if not _missing(task, first)]
        assert found[: len(with_value)] == _sorted(with_value, order)
        assert set(found) == {task.id for task in expected}
        return
    assert found == _sorted(expected, order)


@pytest.mark.parametrize("order", ["", "nonsense", "due,", "due-up", "due desc", "title;--", "due-desc-asc"])
def test_other_words_are_no_order(order: str) -> None:
    with pytest.raises(InvalidInput, match="isn't an order"):
        sort_keys(order)


async def test_a_cursor_belongs_to_its_order(database: Database) -> None:
    await list_of(database)
    async with database.read(ANN) as store:
        cursor = (await shown(store, TaskFilter(sort="project,title"), limit=3)).next
        assert cursor is not None
        with pytest.raises(InvalidInput, match="cursor"):
            await shown(store, TaskFilter(sort="title"), limit=3, cursor=cursor)
