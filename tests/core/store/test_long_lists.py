"""A list of thousands: what a tag or a word finds in it is the same whichever way it is found, and found without
looking at all of it."""

import asyncio
import json
import shutil
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, Final, get_args

import asyncpg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kirotodo.core.domain.task import Due, Priority, Sort, Status, Task, TaskDraft, TaskFilter
from kirotodo.core.store import named_tasks, task_queries
from kirotodo.core.store.database import Database
from kirotodo.core.store.sqlite import driver
from kirotodo.core.tools.filters import with_condition
from tests import postgres
from tests.core.store.conftest import ANN, BERLIN, BOB, TODAY, Clock, seen_statements, shown
from tests.core.store.test_plans import AT
from tests.examples import examples

pytestmark = pytest.mark.slow

COPIES: Final = 350
DONE: Final = datetime(2026, 11, 20, 12, tzinfo=UTC)
PROTOTYPES: Final = (
    *(TaskDraft(title=f"common {name}", due_date=TODAY, tags=("half",)) for name in ("ask", "beg", "call", "dig")),
    *(TaskDraft(title=f"ask for {name}", due_date=TODAY + timedelta(days=1)) for name in ("x", "y", "z", "uncommon")),
    *(TaskDraft(title=f"in {name}", notes="common", project="far", tags=("half",)) for name in ("a", "b", "c", "d")),
    *(TaskDraft(title=f"later, {name}", priority="low", tags=("end",)) for name in ("最後", "最初", "🎉 party", "c++")),
    TaskDraft(title="common", completed_at=DONE, tags=("half", "end")),
    TaskDraft(title="done 最後", completed_at=DONE - timedelta(days=1), project="far"),
)
"""Copied over and over; what comes latest in the order of most sorts has words of its own."""


ON_SQLITE: Final = pytest.mark.parametrize("long_list", ["sqlite"], indirect=True)
ON_POSTGRES: Final = pytest.mark.parametrize("long_list", ["postgres"], indirect=True)


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
def long_list(
    request: pytest.FixtureRequest, empty_list: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """The address of the list."""
    if request.param == "postgres":
        server = request.getfixturevalue("postgres_server")
        with postgres.new_database(server, template=postgres.TEMPLATE) as url:
            asyncio.run(_prototypes(url))
            _copy_on_postgres(url)
            yield url
        return
    path = tmp_path_factory.mktemp("long") / "kirotodo.db"
    shutil.copy(empty_list, path)
    asyncio.run(_prototypes(f"sqlite:///{path}"))
    _copy_on_sqlite(path)
    yield f"sqlite:///{path}"


def _copy_on_postgres(url: str) -> None:
    for table, number in (*COPIED, ("search_words", "ref")):
        columns = postgres.ask(
            url,
            "SELECT string_agg(column_name, ',') FROM information_schema.columns "
            f"WHERE table_name = '{table}' AND (table_name, column_name) <> {SURROGATE}",
        ).split(",")
        copied = [f"{name} + {len(PROTOTYPES)} * n" if name == number else name for name in columns]
        postgres.ask(
            url,
            f"INSERT INTO {table} ({', '.join(columns)}) SELECT {', '.join(copied)} "
            f"FROM {table}, generate_series(1, {COPIES - 1}) AS n WHERE user_id = '{ANN}'",
        )
    counts = ", ".join(f"{name} = {name} * {COPIES}" for name in ("pending_count", "completed_count"))
    postgres.ask(url, f"UPDATE users SET {counts} WHERE id = '{ANN}'", "ANALYZE")


def _copy_on_sqlite(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        for table, number in COPIED:
            columns = [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]
            copied = [f"{name} + {len(PROTOTYPES)} * n" if name == number else name for name in columns]
            kept = [(name, value) for name, value in zip(columns, copied, strict=True) if (table, name) != SURROGATE]
            connection.execute(
                f"INSERT INTO {table} ({', '.join(name for name, _ in kept)}) "
                f"WITH RECURSIVE copies(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM copies WHERE n < {COPIES - 1}) "
                f"SELECT {', '.join(value for _, value in kept)} FROM {table}, copies WHERE user_id = ?",
                (ANN,),
            )
        connection.execute(
            "UPDATE users SET pending_count = pending_count * ?1, completed_count = completed_count * ?1 WHERE id = ?2",
            (COPIES, ANN),
        )
        connection.commit()


COPIED: Final = (("tasks", "id"), ("task_tags", "task_id"), ("search_documents", "ref"))
SURROGATE: Final = ("search_documents", "id")


async def _prototypes(url: str) -> None:
    database = await Database.open(url, clock=Clock())
    for user in (ANN, BOB):
        async with database.begin(user) as store:
            for draft in PROTOTYPES:
                await store.tasks.add(draft)
    await database.aclose()


@pytest.fixture
async def database(long_list: str, clock: Clock) -> AsyncIterator[Database]:
    opened = await Database.open(long_list, clock=clock)
    yield opened
    await opened.aclose()


def _holds(task: Task, where: TaskFilter) -> bool:
    """What a filter means, said naively."""
    text = " ".join((task.title, task.notes, task.project or "", *task.tags)).lower()
    words = text.replace(",", " ").split()
    return (
        (where.tag is None or where.tag in task.tags)
        and (where.project is None or where.project == task.project)
        and all(
            any(word.startswith(sought) for word in words) or (sought in ("最", "最後", "🎉", "c++") and sought in text)
            for sought in (where.search or "").split()
        )
    )


async def _all(database: Database, where: TaskFilter, limit: int = 200) -> tuple[list[Task], list[int | None]]:
    found: list[Task] = []
    totals: list[int | None] = []
    cursor = None
    async with database.read(ANN) as store:
        while True:
            page = await shown(store, where, limit=limit, cursor=cursor)
            found += page.items
            totals.append(page.total)
            cursor = page.next
            if cursor is None or len(found) > 1_500:
                return found, totals


@pytest.fixture
def few_are_sorted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a list of thousands be as long as one of tens of thousands."""
    monkeypatch.setattr(task_queries, "SORTED_MAX", 1_000)
    monkeypatch.setattr(task_queries, "COUNTED_MAX", 1_000)


@given(
    project=st.sampled_from([None, "far"]),
    priority=st.sampled_from([None, "low", "none"]),
    due=st.sampled_from(["any", "none", "today", "week", "overdue"]),
    due_to=st.sampled_from([None, TODAY]),
    status=st.sampled_from(get_args(Status)),
    sort=st.sampled_from([*get_args(Sort), "title-desc", "priority,title", "project-desc,created", "created-asc,due"]),
    limit=st.integers(150, 200),
)
@settings(max_examples=examples(16), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@pytest.mark.usefixtures("few_are_sorted")
async def test_fields_across_the_order_are_found_as_by_a_naive_filter(
    database: Database,
    project: str | None,
    priority: Priority | None,
    due: Due,
    due_to: date | None,
    status: Status,
    sort: str,
    limit: int,
) -> None:
    where = TaskFilter(project=project, priority=priority, due=due, due_to=due_to, status=status, sort=sort)
    found, totals = await _all(database, where, limit)
    days = {"none": (), "today": (TODAY,), "week": (TODAY, TODAY + timedelta(days=1)), "overdue": ()}
    expected = [
        task
        for task in await _whole(database, status, sort)
        if (project is None or task.project == project)
        and (priority is None or task.priority == priority)
        and (due == "any" or (task.due_date is None if due == "none" else task.due_date in days[due]))
        and (due_to is None or (task.due_date is not None and task.due_date <= due_to))
    ]
    assert [task.id for task in found] == [task.id for task in expected][: max(len(found), len(expected[:1_500]))]
    assert len(set(totals)) == 1
    assert totals[0] in {len(expected), None}
    assert totals[0] is not None or len(expected) > 1_000


@ON_SQLITE
@pytest.mark.usefixtures("few_are_sorted")
@pytest.mark.parametrize(
    ("where", "index"),
    [
        (TaskFilter(project="far", sort="title"), "ix_tasks_title"),
        (TaskFilter(due="today", sort="created"), "ix_tasks_created"),
        (TaskFilter(due_to=TODAY, sort="updated"), "ix_tasks_updated"),
        (TaskFilter(priority="low", sort="project"), "ix_tasks_project"),
    ],
    ids=str,
)
async def test_a_field_that_very_many_tasks_have_is_asked_for_on_a_walk_along_another_order(
    database: Database, long_list: str, where: TaskFilter, index: str
) -> None:
    plans = [plan for plan in await _plans(database, long_list, where) if "ix_tasks_start" not in plan]
    pages = [plan for plan in plans if index in plan]
    assert pages, plans
    assert all("TEMP B-TREE" not in plan for plan in pages)


@given(
    search=st.lists(
        st.sampled_from(["common", "comm", "c", "unc", "ask", "later", "最", "最後", "🎉", "c++", "nothing"]),
        max_size=2,
    ),
    tag=st.sampled_from([None, "half", "end", "none"]),
    project=st.sampled_from([None, "far"]),
    status=st.sampled_from(get_args(Status)),
    sort=st.sampled_from(get_args(Sort)),
    limit=st.integers(150, 200),
)
@settings(max_examples=examples(16), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_pages_are_those_of_a_naive_filter(
    database: Database,
    search: list[str],
    tag: str | None,
    project: str | None,
    status: Status,
    sort: Sort,
    limit: int,
) -> None:
    where = TaskFilter(search=" ".join(search) or None, tag=tag, project=project, status=status, sort=sort)
    found, totals = await _all(database, where, limit)
    expected = [task for task in await _whole(database, status, sort) if _holds(task, where)]
    assert [task.id for task in found] == [task.id for task in expected][: max(len(found), len(expected[:1_500]))]
    assert len(set(totals)) == 1
    assert totals[0] in {len(expected), None}
    assert totals[0] is not None or len(expected) > limit


_LISTS: dict[tuple[str, str, str], list[Task]] = {}


async def _whole(database: Database, status: Status, sort: str) -> list[Task]:
    """The list itself, without any filter, read once."""
    kind = type(database._engine).__name__
    if (kind, status, sort) not in _LISTS:
        tasks: list[Task] = []
        cursor = None
        async with database.read(ANN) as store:
            while True:
                page = await shown(store, TaskFilter(status=status, sort=sort), limit=200, cursor=cursor)
                tasks += page.items
                cursor = page.next
                if cursor is None:
                    break
        _LISTS[kind, status, sort] = tasks
    return _LISTS[kind, status, sort]


async def test_a_plain_list_is_counted_however_long_it_is(database: Database) -> None:
    async with database.read(ANN) as store:
        assert (await shown(store, TaskFilter(status="all"))).total == COPIES * len(PROTOTYPES)
        assert (await shown(store, TaskFilter(project="far"))).total == COPIES * 4
        assert (await shown(store, TaskFilter(search="common"))).total is None
        assert (await shown(store, TaskFilter(search="uncommon"))).total == COPIES
        assert (await shown(store, TaskFilter(tag="half"))).total is None
    async with database.read(BOB) as store:
        assert (await shown(store, TaskFilter(search="common"))).total == 8


async def test_stats_of_a_long_list(database: Database) -> None:
    async with database.read(ANN) as store:
        stats = await store.tasks.stats(today=TODAY, zone=BERLIN, period_days=7)
    assert (stats.pending, stats.due_today, stats.completed) == (COPIES * 16, COPIES * 4, COPIES * 2)
    assert (stats.streak, stats.best_streak) == (0, 2)
    assert [(each.project, each.pending, each.completed) for each in stats.projects] == [
        ("far", COPIES * 4, COPIES),
        (None, COPIES * 12, COPIES),
    ]


@ON_SQLITE
@pytest.mark.parametrize("sort", get_args(Sort))
@pytest.mark.parametrize("where", [TaskFilter(tag="half"), TaskFilter(search="common")], ids=["tag", "search"])
async def test_what_many_tasks_hold_is_found_on_a_walk(
    database: Database, long_list: str, where: TaskFilter, sort: Sort
) -> None:
    plans = await _plans(database, long_list, replace(where, sort=sort))
    assert plans
    for plan in plans:
        assert "TEMP B-TREE" not in plan
        assert "SEARCH tasks USING" in plan
        assert "INDEX ix_tasks_" in plan
    probe = "USING COVERING INDEX ix_task_tags_tag" if where.tag else "SEARCH search_documents USING INDEX ux_search"
    assert any(probe in plan for plan in plans)


@ON_SQLITE
async def test_done_tasks_are_walked_no_further_than_a_full_page_of_open_ones(
    database: Database, long_list: str
) -> None:
    plans = await _plans(database, long_list, TaskFilter(search="ask", status="all"))
    ends_of_strides = [plan for plan in plans if "COVERING INDEX ix_tasks_due" in plan]
    assert ["(due_key,id)<(?,?)" in plan for plan in ends_of_strides] == [False, True]


NONE_HAS_BOTH: Final = TaskFilter(tag="half", search="later")
"""Two conditions that more than a thousand tasks have each."""
STRIDES: Final = (100, 400)


async def test_tasks_of_one_of_several_conditions_are_not_looked_up(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(named_tasks, "_STRIDES", STRIDES)
    with seen_statements(database) as seen:
        async with database.read(ANN) as store:
            assert (await shown(store, NONE_HAS_BOTH, limit=10)).items == ()
    about = [
        "tasks" if "FROM tasks" in statement else "both"
        for statement, _ in seen
        if "INTERSECT" in statement or "FROM tasks" in statement
    ]
    assert about == ["tasks"] * 2 * len(STRIDES) + ["both"]


async def test_tasks_of_several_parts_are_found_wherever_they_lie(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where a part names more tasks than it is about."""
    monkeypatch.setattr(named_tasks, "_STRIDES", STRIDES)
    for filter, sort, count in (
        ("(#half +far) or (#half common)", "title-desc", 8),
        ("(later +far) or (later #none)", "due", 0),
        ("#half +far", "title-desc", 4),
    ):
        where = with_condition(TaskFilter(filter=filter, sort=sort), at=AT)
        found, _ = await _all(database, where)
        assert len(found) == min(count * COPIES, 1_600), filter


@ON_POSTGRES
async def test_tasks_that_have_one_of_several_conditions_are_not_read(
    database: Database, long_list: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(named_tasks, "_STRIDES", STRIDES)
    with seen_statements(database) as seen:
        async with database.read(ANN) as store:
            assert (await shown(store, NONE_HAS_BOTH, limit=10)).items == ()
    read = await _read_of_tasks(long_list, [each for each in seen if "FROM tasks" in each[0]])
    # A stride is passed once to find its end and once to ask each of its tasks; the rest is known from the indexes.
    assert 2 * sum(STRIDES) <= sum(read) <= 2 * (sum(STRIDES) + len(STRIDES))


@ON_SQLITE
async def test_stats_walk_no_tasks(database: Database, long_list: str) -> None:
    plans = await _plans(database, long_list, None)
    assert plans
    for plan in plans:
        steps = [step for step in plan.split("; ") if "task" in step]
        assert all("SEARCH task_counts USING PRIMARY KEY (user_id=? AND kind=?" in step for step in steps[:1]), plan
        # The name of a project is that of its most urgent task.
        named = "SEARCH tasks USING INDEX ix_tasks_project (user_id=? AND done=? AND project_key=?)"
        assert all("SEARCH task_counts USING PRIMARY KEY" in step or step == named for step in steps), plan


@ON_SQLITE
async def test_the_trend_of_what_is_overdue_walks_no_more_tasks_than_were_done_meanwhile(
    database: Database, long_list: str
) -> None:
    plans = await _plans(database, long_list, None, about="completed_at >=")
    assert plans == [
        "SEARCH tasks USING INDEX ix_tasks_completed (user_id=? AND done=? AND completed_at>?); "
        "USE TEMP B-TREE FOR GROUP BY"
    ]


async def _plans(database: Database, url: str, where: TaskFilter | None, *, about: str = "") -> list[str]:
    """How SQLite goes about each statement of a page that looks for tasks, or of the stats that looks for counts."""
    about = about or ("FROM task_counts" if where is None else "FROM tasks")
    with seen_statements(database) as seen:
        async with database.read(ANN) as store:
            if where is None:
                await store.tasks.stats(today=TODAY, zone=BERLIN, period_days=7)
            else:
                await shown(store, where, limit=10)
    statements = [(statement, parameters) for statement, parameters in seen if about in statement]
    with closing(driver.connect(driver.path_of(url), "read")) as connection:
        return [
            "; ".join(row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {statement}", parameters))
            for statement, parameters in statements
        ]


async def _read_of_tasks(url: str, statements: list[tuple[str, Any]]) -> list[int]:
    """Return how many rows of `tasks` PostgreSQL reads for each statement, whatever it does with them."""
    connection = await asyncpg.connect(url)
    try:
        explained = [
            await connection.fetchval(f"EXPLAIN (ANALYZE, FORMAT JSON) {statement}", *parameters)
            for statement, parameters in statements
        ]
    finally:
        await connection.close()
    return [_rows_of_tasks(json.loads(plan)[0]["Plan"]) for plan in explained]


def _rows_of_tasks(node: dict[str, Any]) -> int:
    own = node["Actual Rows"] + node.get("Rows Removed by Filter", 0) + node.get("Rows Removed by Index Recheck", 0)
    below = sum(map(_rows_of_tasks, node.get("Plans", ())))
    return below + (round(own * node["Actual Loops"]) if node.get("Relation Name") == "tasks" else 0)
