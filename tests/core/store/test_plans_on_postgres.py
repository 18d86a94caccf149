"""What keeps lists quick on PostgreSQL: each page, total, step and reminder is found along an index of its user."""

import asyncpg
import pytest

from kirotodo.core.domain.task import TaskDraft, TaskFilter
from kirotodo.core.store.database import Database
from kirotodo.core.tools.filters import with_condition
from tests.core.store.conftest import ANN, TODAY, seen_statements, shown
from tests.core.store.test_plans import AT

TABLES = ("tasks", "task_tags", "task_counts", "search_words", "search_documents", "views")


@pytest.fixture
def kind() -> str:
    return "postgres"


async def _plans(database: Database, url: str, where: TaskFilter) -> list[str]:
    """How PostgreSQL goes about each statement of the first two pages."""
    async with database.begin(ANN) as store:
        parent = await store.tasks.add(TaskDraft(title="milk", tags=("a",), project="home", notes="n", due_date=TODAY))
        for number in range(3):
            await store.tasks.add(TaskDraft(title=f"step {number}", parent_id=parent.id, position=number))
            await store.tasks.add(TaskDraft(title="milk", tags=("a",), project="home", recurrence="FREQ=DAILY"))
        with seen_statements(database) as seen:
            page = await shown(store, where, limit=1)
            if page.next is not None:
                await shown(store, where, limit=1, cursor=page.next)
    statements = [each for each in seen if any(f"FROM {table}" in each[0] for table in TABLES)]
    assert statements
    connection = await asyncpg.connect(url)
    try:
        # Of a handful of rows PostgreSQL may as well read all: what matters is that it need not.
        await connection.execute("ANALYZE; SET enable_seqscan = off")
        return [
            "\n".join(row[0] for row in await connection.fetch(f"EXPLAIN {statement}", *parameters))
            for statement, parameters in statements
        ]
    finally:
        await connection.close()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("where", "index"),
    [
        (TaskFilter(), "ix_tasks_due"),
        (TaskFilter(status="all"), "ix_tasks_due"),
        (TaskFilter(project="home", sort="title"), "ix_tasks_title"),
        (TaskFilter(parent_id=1, status="all"), "ix_tasks_parent"),
        (TaskFilter(steps="show"), "ix_tasks_due"),
        (TaskFilter(scheduled="only"), "ix_tasks_start"),
        (TaskFilter(sort="priority,title"), "ix_tasks_priority"),
        (TaskFilter(sort="project,created"), "ix_tasks_project"),
        (TaskFilter(filter="overdue or #a"), "ix_task_tags_tag"),
        (TaskFilter(filter="+home -#waiting !none"), "ix_tasks_project"),
        (TaskFilter(filter="milk due:..friday"), "on search_words"),
        (TaskFilter(filter="is:recurring"), "ix_tasks_repeating"),
        (TaskFilter(filter="-no:notes or -no:tag"), "ix_tasks_noted"),
        (TaskFilter(filter="done:this-week"), "ix_tasks_completed"),
        (TaskFilter(filter="added:today no:date"), "ix_tasks_"),
    ],
    ids=lambda value: (value.filter or value.sort) if isinstance(value, TaskFilter) else None,
)
async def test_pages_are_read_along_indexes(
    database: Database, database_url: str, where: TaskFilter, index: str
) -> None:
    plans = await _plans(database, database_url, with_condition(where, at=AT) if where.filter else where)
    assert any(index in plan for plan in plans), plans
    for plan in plans:
        assert "Seq Scan" not in plan, plan
        assert "user_id" in plan, plan


@pytest.mark.slow
async def test_steps_are_read_and_counted_along_the_index_of_their_task(database: Database, database_url: str) -> None:
    page, *_ = await _plans(database, database_url, TaskFilter(parent_id=1, status="all"))
    assert "ix_tasks_parent" in page
    assert page.count("Index Cond: ((user_id") + page.count("Index Cond: (((user_id") >= 1
    listed, *_ = await _plans(database, database_url, TaskFilter())
    assert "ix_tasks_due" in listed
    assert "ix_tasks_parent" in listed, "the steps of each task are counted along their index"
