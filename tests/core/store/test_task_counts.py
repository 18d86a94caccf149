"""The counts that triggers keep: whatever writes to tasks, they say what the tasks say, in any time zone."""

from collections import Counter
from collections.abc import Callable, Coroutine
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from kirotodo.core.domain.task import PRIORITIES, DayCount, Status, TagCount, Task, TaskDraft, TaskFilter, TaskStats
from kirotodo.core.errors import KirotodoError
from kirotodo.core.store import maintenance
from kirotodo.core.store.database import Database, Store
from kirotodo.core.store.task_counts import WRONG
from kirotodo.core.store.task_stats import best_streak, streak
from tests.core.store.conftest import ANN, BERLIN, BOB, TODAY, counted_statements, shown

ZONES: Final = ("UTC", "Europe/Berlin", "Asia/Kolkata", "Asia/Kathmandu", "America/St_Johns", "Pacific/Kiritimati")


def _moments(first: datetime, last: datetime) -> st.SearchStrategy[datetime]:
    return st.timedeltas(timedelta(0), last - first).map(lambda later: first + later)


DRAFTS: Final = st.builds(
    TaskDraft,
    title=st.sampled_from(["a", "b"]),
    priority=st.sampled_from(PRIORITIES),
    due_date=st.none() | st.dates(TODAY - timedelta(days=3), TODAY + timedelta(days=9)),
    project=st.sampled_from([None, "Home", "HOME", "work"]),
    tags=st.sampled_from([(), ("red",), ("RED", "blue"), ("blue",)]),
    completed_at=st.none()
    | _moments(datetime(2026, 10, 20, tzinfo=UTC), datetime(2026, 11, 23, 8, tzinfo=UTC))
    | st.sampled_from(
        [datetime(1969, 12, 31, 23, 59, 59, 999999, UTC), datetime(2026, 11, 22, 23, 59, 59, 999999, UTC)]
    ),
    created_at=st.none() | _moments(datetime(1960, 1, 1, tzinfo=UTC), datetime(2026, 11, 23, tzinfo=UTC)),
)
FIELDS: Final = st.fixed_dictionaries(
    {},
    optional={
        "project": st.sampled_from([None, "home", "work"]),
        "priority": st.sampled_from(PRIORITIES),
        "due_date": st.none() | st.dates(TODAY - timedelta(days=3), TODAY + timedelta(days=3)),
        "tags": st.sampled_from([(), ("red",), ("blue", "red")]),
        "completed_at": st.none() | _moments(datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 11, 23, tzinfo=UTC)),
    },
)
Step = Callable[[Store], Coroutine[Any, Any, Any]]


def _add(draft: TaskDraft) -> Step:
    return lambda store: store.tasks.add(draft)


def _import(drafts: list[TaskDraft]) -> Step:
    return lambda store: store.tasks.add_many(drafts)


def _import_in_parts(drafts: list[TaskDraft]) -> Step:
    async def step(store: Store) -> None:
        part = await store.tasks.add_hidden(drafts, after=())
        await store.tasks.show((part, await store.tasks.add_hidden(drafts, after=(part,))))

    return step


def _update(task: int, fields: dict[str, Any]) -> Step:
    return lambda store: store.tasks.update(task, fields)  # type: ignore[arg-type]


def _delete(task: int) -> Step:
    return lambda store: store.tasks.delete(task)


STEPS: Final = st.one_of(
    st.builds(_add, DRAFTS),
    st.builds(_import, st.lists(DRAFTS, min_size=1, max_size=4)),
    st.builds(_import_in_parts, st.lists(DRAFTS, min_size=1, max_size=3)),
    st.builds(_update, st.integers(1, 9), FIELDS),
    st.builds(_delete, st.integers(1, 9)),
    st.just(lambda store: store.journal.undo()),
    st.just(lambda store: store.journal.redo()),
)


@given(steps=st.lists(STEPS, min_size=3, max_size=12), zone=st.sampled_from(ZONES), period=st.sampled_from([1, 7, 40]))
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_whatever_writers_do_the_counts_are_those_of_the_tasks(
    database: Database, steps: list[Step], zone: str, period: int
) -> None:
    await _forget(database)
    for step in steps:
        try:
            async with database.begin(ANN) as store:
                await step(store)
        except KirotodoError:
            pass  # there is no such task, or nothing to undo
    async with database.read(ANN) as store:
        assert [tuple(row) for row in await store._scope.rows(WRONG)] == [(0, 0)]
        tasks = (await shown(store, TaskFilter(status="all"), limit=200)).items
        stats = await store.tasks.stats(today=TODAY, zone=ZoneInfo(zone), period_days=period)
        assert stats == _stats(tasks, ZoneInfo(zone), period, stats)
        tags = Counter(tag.casefold() for task in tasks if not task.completed for tag in task.tags)
        assert {name.casefold(): count for name, count in (await store.tasks.tags()).items()} == tags
        await _see_totals(store, tasks)


async def _forget(database: Database) -> None:
    """Take everything of the example before away, as a purge and the end of an account do."""
    async with database.begin(ANN) as store:
        await store._scope.execute(text("DELETE FROM tasks WHERE user_id = :uid"))
        rows = await store._scope.rows(
            text("SELECT count(*) FROM task_counts WHERE user_id = :uid AND (pending <> 0 OR completed <> 0)")
        )
        assert rows[0][0] == 0
        for table in ("changes", "search_documents"):
            await store._scope.execute(text(f"DELETE FROM {table} WHERE user_id = :uid"))
        await store._scope.execute(
            text("UPDATE users SET pending_count = 0, completed_count = 0, last_task_id = 0 WHERE id = :uid")
        )
        await store._scope.unindex(("task",), range(1, 200))


def _stats(tasks: tuple[Task, ...], zone: ZoneInfo, period: int, found: TaskStats) -> TaskStats:
    """The statistics of these tasks, counted one by one; the projects under the names `found` has for them."""
    within = range(TODAY.toordinal() - period + 1, TODAY.toordinal() + 1)
    pending = [task for task in tasks if not task.completed]
    done = [task.completed_at.astimezone(zone).date() for task in tasks if task.completed_at is not None]
    keys = {None if task.project is None else task.project.casefold() for task in tasks}
    assert [None if each.project is None else each.project.casefold() for each in found.projects] == sorted(
        keys, key=lambda key: (key is None, key or "")
    )
    for each in found.projects:
        of = [task for task in tasks if (task.project or "").casefold() == (each.project or "").casefold()]
        assert (each.pending, each.completed) == (sum(not t.completed for t in of), sum(t.completed for t in of))
        assert each.project in {task.project for task in of}
    return TaskStats(
        period_days=period,
        pending=len(pending),
        overdue=sum(task.due_date is not None and task.due_date < TODAY for task in pending),
        due_today=sum(task.due_date == TODAY for task in pending),
        completed=sum(day.toordinal() in within for day in done),
        created=sum(task.created_at.astimezone(zone).date().toordinal() in within for task in tasks),
        streak=streak(done, TODAY),
        best_streak=best_streak(done),
        projects=found.projects,
        tags=_tags(tasks, found),
        days=tuple(
            DayCount(
                day=date.fromordinal(day),
                completed=sum(each.toordinal() == day for each in done),
                created=sum(task.created_at.astimezone(zone).date().toordinal() == day for task in tasks),
                overdue=sum(
                    task.due_date is not None
                    and task.due_date.toordinal() < day
                    and (task.completed_at is None or task.completed_at.astimezone(zone).date().toordinal() > day)
                    for task in tasks
                ),
            )
            for day in within
        ),
        hours=tuple(
            sum(
                task.completed_at.astimezone(zone).date().toordinal() in within
                and task.completed_at.astimezone(zone).hour == hour
                for task in tasks
                if task.completed_at is not None
            )
            for hour in range(24)
        ),
    )


def _tags(tasks: tuple[Task, ...], found: TaskStats) -> tuple[TagCount, ...]:
    """The counts of each tag, under the spellings that `found` has, which some task has."""
    assert {each.tag for each in found.tags} <= {tag for task in tasks for tag in task.tags}
    named = {each.tag.casefold(): each.tag for each in found.tags}
    open_, done = Counter[str](), Counter[str]()
    for task in tasks:
        # A task that has a tag in two spellings is counted once under each.
        (done if task.completed else open_).update(tag.casefold() for tag in task.tags)
    keys = sorted({*open_, *done})
    return tuple(TagCount(tag=named.get(key, key), pending=open_[key], completed=done[key]) for key in keys)


async def _see_totals(store: Store, tasks: tuple[Task, ...]) -> None:
    statuses: tuple[Status, ...] = ("pending", "completed", "all")
    filters: list[tuple[dict[str, Any], Callable[[Task], bool]]] = [
        ({"project": "home"}, lambda task: (task.project or "").casefold() == "home"),
        ({"priority": "high"}, lambda task: task.priority == "high"),
        ({"due": "none"}, lambda task: task.due_date is None),
        ({"due": "today"}, lambda task: task.due_date == TODAY),
        ({"due": "overdue"}, lambda task: task.due_date is not None and task.due_date < TODAY),
        ({"due": "week"}, lambda task: task.due_date is not None and 0 <= (task.due_date - TODAY).days < 7),
        (
            {"due": "today", "project": "home"},
            lambda task: task.due_date == TODAY and (task.project or "").casefold() == "home",
        ),
    ]
    for fields, holds in filters:
        for status in statuses:
            page = await shown(store, TaskFilter(status=status, **fields), limit=1)
            wanted = [
                task
                for task in tasks
                if holds(task) and status in ("all", "completed" if task.completed else "pending")
            ]
            assert page.total == len(wanted), (fields, status)


@pytest.fixture
async def miscounted(database: Database) -> Database:
    """A list of Ann and one of Bob, and counts of Ann's that no trigger made."""
    for user in (ANN, BOB):
        async with database.begin(user) as store:
            await store.tasks.add(TaskDraft(title="a", project="home", tags=("red",), due_date=TODAY))
    async with database.begin(ANN) as store:
        for change in ("pending = 5 WHERE kind = 'due' AND", "slot = 7 WHERE kind = 'created' AND"):
            await store._scope.execute(text(f"UPDATE task_counts SET {change} user_id = :uid"))
    return database


async def test_wrong_counts_fail_the_check_and_a_purge_counts_again(miscounted: Database, database_url: str) -> None:
    assert maintenance.check(database_url).problems == (
        "3 counts of tasks of 1 users are wrong. `kirotodo db purge --older-than 90d` counts them again.",
    )
    await miscounted.purge(before=datetime(2026, 1, 1, tzinfo=UTC))
    assert maintenance.check(database_url).ok
    async with miscounted.read(ANN) as store:
        stats = await store.tasks.stats(today=TODAY, zone=BERLIN, period_days=7)
    assert (stats.due_today, stats.created) == (1, 1)


async def test_stats_take_a_few_statements_whatever_the_list(database: Database) -> None:
    async with database.begin(ANN) as store:
        for days in range(0, 900, 3):
            await store.tasks.add(TaskDraft(title="a", completed_at=store.now - timedelta(days=days)))
    async with counted_statements(database) as statements, database.read(ANN) as store:
        stats = await store.tasks.stats(today=TODAY, zone=BERLIN, period_days=7)
    assert (stats.completed, stats.streak, stats.best_streak) == (3, 1, 1)
    assert len([each for each in statements if "task_counts" in each]) == 6
    assert len([each for each in statements if "FROM tasks" in each and "task_counts" not in each]) == 1
