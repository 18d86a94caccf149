"""What keeps lists quick however long they are: SQLite walks an index and sorts nothing, or looks a few ids up."""

import sqlite3
from contextlib import closing
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import get_args

import pytest
from sqlalchemy.dialects import sqlite

from kirotodo.core.domain.task import Scheduled, Sort, Status, TaskDraft, TaskFilter
from kirotodo.core.language.preferences import Preferences
from kirotodo.core.store.database import Database
from kirotodo.core.store.statements.tasks import NEXT, STEPS
from kirotodo.core.tools.filters import with_condition
from kirotodo.core.tools.plans import day_plan, propose_spread
from kirotodo.core.tools.user_clock import UserClock
from tests.core.store.conftest import ANN, BERLIN, TODAY, seen_statements, shown

AT = UserClock(now=datetime.combine(TODAY, time(10), BERLIN), zone=BERLIN, preferences=Preferences())

LATER = "ix_tasks_start (user_id=? AND done=? AND start_date>?)"


@pytest.fixture
def kind() -> str:
    return "sqlite"


async def _plans(
    database: Database, path: Path, where: TaskFilter, *, second: bool = False, about: str = "FROM tasks"
) -> list[str]:
    """How SQLite goes about each statement of a page (or of the one after it) that looks for tasks, or `about`."""
    async with database.begin(ANN) as store:
        for _ in range(3):
            await store.tasks.add(TaskDraft(title="milk", tags=("a",), project="home"))
            await store.tasks.add(TaskDraft(title="done", completed_at=store.now))
        cursor = (await shown(store, where, limit=1)).next if second else None
        with seen_statements(database) as seen:
            await shown(store, where, limit=1, cursor=cursor)
    statements = [(statement, parameters) for statement, parameters in seen if about in statement]
    assert statements
    with closing(sqlite3.connect(path)) as connection:
        return [
            "; ".join(row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {statement}", parameters))
            for statement, parameters in statements
        ]


@pytest.mark.parametrize("second", [False, True])
@pytest.mark.parametrize("status", get_args(Status))
@pytest.mark.parametrize(
    "sort", [*get_args(Sort), *(f"{sort}-asc" for sort in get_args(Sort)), "due-desc", "title-desc"]
)
async def test_every_sort_is_a_walk_along_its_index(
    database: Database, path: Path, sort: str, status: Status, second: bool
) -> None:
    for plan in await _plans(database, path, TaskFilter(sort=sort, status=status), second=second):
        assert "TEMP B-TREE" not in plan
        assert "SEARCH tasks USING INDEX ix_tasks_" in plan


@pytest.mark.parametrize("sort", ["priority,title", "due,title-desc", "project,created", "title,due", "created,title"])
async def test_further_keys_sort_no_more_than_what_the_first_leaves_equal(
    database: Database, path: Path, sort: str
) -> None:
    for plan in await _plans(database, path, TaskFilter(sort=sort)):
        assert "SEARCH tasks USING INDEX ix_tasks_" in plan
        assert "SCAN" not in plan


@pytest.mark.parametrize(
    ("text", "index"),
    [
        ("due:today or +home", "ix_tasks_project"),
        ("#a or #b", "ix_task_tags_tag"),
        ("(+home -!low) or !high", "ix_tasks_project"),
        ("added:today -#milk", "ix_tasks_created"),
    ],
)
async def test_conditions_are_looked_up_along_their_indexes(
    database: Database, path: Path, text: str, index: str
) -> None:
    where = with_condition(TaskFilter(filter=text, status="all"), at=AT)
    plans = await _plans(database, path, where, about="FROM")
    assert any(index in plan for plan in plans)
    for plan in plans:
        assert "SCAN tasks" not in plan
        assert "SCAN task_tags" not in plan


@pytest.mark.parametrize(
    ("text", "index"),
    [
        ("is:recurring", "ix_tasks_repeating"),
        ("-no:notes", "ix_tasks_noted"),
        ("-no:time", "ix_tasks_timed"),
        ("-no:reminder", "ix_tasks_reminding"),
        ("-no:start", "ix_tasks_start"),
        ("-no:tag", "ix_task_tags_tag"),
        ("-no:project", "ix_tasks_project"),
        ("-no:date", "ix_tasks_due"),
        ("-no:tag (is:recurring or -no:notes)", "ix_tasks_noted"),
    ],
)
async def test_the_few_that_have_something_are_looked_up_along_an_index(
    database: Database, path: Path, text: str, index: str
) -> None:
    where = with_condition(TaskFilter(filter=text), at=AT)
    plans = await _plans(database, path, where, about="FROM")
    assert any(index in plan for plan in plans), plans
    assert all("SCAN tasks" not in plan and "SCAN task_tags" not in plan for plan in plans), plans


@pytest.mark.parametrize(
    ("where", "index"),
    [
        (TaskFilter(due="today"), "ix_tasks_due (user_id=? AND done=? AND due_key>? AND due_key<?)"),
        (TaskFilter(due="overdue"), "ix_tasks_due (user_id=? AND done=? AND due_key<?)"),
        (TaskFilter(project="home"), "ix_tasks_project (user_id=? AND done=? AND project_key=?)"),
        (TaskFilter(priority="high"), "ix_tasks_priority (user_id=? AND done=? AND priority=?)"),
    ],
    ids=str,
)
async def test_filters_narrow_the_walk(database: Database, path: Path, where: TaskFilter, index: str) -> None:
    for plan in await _plans(database, path, where):
        assert "TEMP B-TREE" not in plan
        assert index in plan or LATER in plan


@pytest.mark.parametrize("where", [TaskFilter(tag="a"), TaskFilter(search="milk")], ids=str)
async def test_few_matches_are_looked_up_by_id(database: Database, path: Path, where: TaskFilter) -> None:
    for plan in await _plans(database, path, where):
        assert "SEARCH tasks USING INDEX sqlite_autoindex_tasks_1 (user_id=? AND id=?)" in plan


@pytest.mark.parametrize("typed", ["milk", "牛乳", "🎉", "c++"])
async def test_words_and_signs_are_looked_up_in_the_full_text_index_first(
    database: Database, path: Path, typed: str
) -> None:
    (plan,) = await _plans(database, path, TaskFilter(search=typed), about="search_index")
    assert "SEARCH search_documents USING INTEGER PRIMARY KEY (rowid=?)" in plan
    assert "SCAN search_index VIRTUAL TABLE" in plan


@pytest.mark.parametrize("where", [TaskFilter(), TaskFilter(status="all"), TaskFilter(status="completed")], ids=str)
async def test_a_whole_list_is_not_counted_row_by_row(database: Database, path: Path, where: TaskFilter) -> None:
    plans = await _plans(database, path, where)
    assert len([plan for plan in plans if LATER not in plan]) == (2 if where.status == "all" else 1)


@pytest.mark.parametrize("scheduled", ["hide", "only"])
async def test_tasks_that_start_later_are_counted_along_an_index(
    database: Database, path: Path, scheduled: Scheduled
) -> None:
    async with database.begin(ANN) as store:
        await store.tasks.add_many([TaskDraft(title="later", start_date=TODAY + timedelta(days=1))] * 3)
    plans = await _plans(database, path, TaskFilter(scheduled=scheduled))
    assert any(LATER in plan for plan in plans)
    assert all("SCAN tasks" not in plan for plan in plans)


async def test_steps_are_looked_up_and_counted_along_an_index(database: Database, path: Path) -> None:
    along = "SEARCH {} USING INDEX ix_tasks_parent (user_id=? AND parent_id=?)"
    async with database.begin(ANN) as store:
        await store.tasks.add(TaskDraft(title="dentist"))
        await store.tasks.add_many([TaskDraft(title="step", parent_id=None)] * 3)
        for number in (2, 3, 4):
            await store.tasks.update(number, {"parent_id": 1, "position": number})
    for plan in await _plans(database, path, TaskFilter(parent_id=1, status="all")):
        assert along.format("tasks") in plan
        assert along.format("steps") in plan or "CORRELATED" not in plan
    (plan, *_) = await _plans(database, path, TaskFilter())
    assert along.format("steps") in plan
    with closing(sqlite3.connect(path)) as connection:
        statement = str(STEPS.compile(dialect=sqlite.dialect()))
        plan = "; ".join(row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {statement}", (1001, 1, 0, ANN, 1)))
    assert along.format("tasks") in plan
    assert "TEMP B-TREE" not in plan


async def test_the_next_occurrence_is_looked_up(database: Database, path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        statement = str(NEXT.compile(dialect=sqlite.dialect()))
        values = (ANN, 1, 1, 0)[: statement.count("?")]
        (step,) = connection.execute(f"EXPLAIN QUERY PLAN {statement}", values).fetchall()
    assert "ix_tasks_previous (user_id=? AND previous_id=?)" in step[3]


async def test_plans_and_series_are_looked_up_along_indexes(database: Database, path: Path) -> None:
    """However many tasks there are, or occurrences of a series."""
    async with database.begin(ANN) as store:
        first = await store.tasks.add(TaskDraft(title="daily", due_date=TODAY, recurrence="FREQ=DAILY"))
        await store.tasks.add(TaskDraft(title="next", previous_id=first.id, recurrence="FREQ=DAILY", due_date=TODAY))
        with seen_statements(database) as seen:
            await day_plan(store, "today", at=AT)
            await propose_spread(store, at=AT)
            await store.tasks.repeating_before(TODAY)
            await store.tasks.goes_on_without(first)
    assert len(seen) < 20
    with closing(sqlite3.connect(path)) as connection:
        for statement, parameters in seen:
            plan = "; ".join(row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {statement}", parameters))
            assert "SCAN" not in plan.replace("SCAN CONSTANT ROW", ""), statement
