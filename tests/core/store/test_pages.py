from datetime import UTC, date, datetime, time, timedelta
from typing import get_args

import pytest

from kirotodo.core.domain.task import PRIORITIES, Sort, Status, Task, TaskDraft, TaskFilter
from kirotodo.core.errors import InvalidInput
from kirotodo.core.store.database import Database, Store
from tests.core.store.conftest import ANN, BOB, TODAY, shown, titles


async def _fill(store: Store, count: int = 40) -> None:
    for number in range(count):
        day = TODAY + timedelta(days=number % 5 - 2) if number % 4 else None
        await store.tasks.add(
            TaskDraft(
                title=f"{'Bab' if number % 2 else 'ä'} {number % 3}",
                priority=PRIORITIES[number % 4],
                due_date=day,
                due_time=time(number % 24) if day and number % 3 else None,
                completed_at=store.now - timedelta(hours=number) if number % 5 == 0 else None,
            )
        )


async def _walk(store: Store, where: TaskFilter, limit: int) -> list[Task]:
    found: list[Task] = []
    cursor = None
    while True:
        page = await shown(store, where, limit=limit, cursor=cursor)
        found += page.items
        assert len(page.items) <= limit
        if page.next is None:
            assert page.total == len(found)
            return found
        assert len(page.items) == limit
        cursor = page.next


@pytest.mark.parametrize("status", get_args(Status))
@pytest.mark.parametrize("sort", get_args(Sort))
async def test_pages_show_everything_exactly_once_in_every_sort(database: Database, sort: Sort, status: Status) -> None:
    async with database.begin(BOB) as store:
        await _fill(store, 3)
    async with database.begin(ANN) as store:
        await _fill(store)
    where = TaskFilter(sort=sort, status=status)
    async with database.read(ANN) as store:
        whole = (await shown(store, where, limit=200)).items
        for limit in (1, 7, 8, 40):
            assert await _walk(store, where, limit) == list(whole)
    expected = {"all": 40, "completed": 8, "pending": 32}[status]
    assert len({task.id for task in whole}) == len(whole) == expected


async def test_by_due_date_come_date_time_priority_and_number(database: Database) -> None:
    day = date(2026, 11, 27)
    drafts = (
        TaskDraft(title="no date"),
        TaskDraft(title="no date, high", priority="high"),
        TaskDraft(title="day", due_date=day),
        TaskDraft(title="day, low", due_date=day, priority="low"),
        TaskDraft(title="at nine", due_date=day, due_time=time(9)),
        TaskDraft(title="at nine again", due_date=day, due_time=time(9)),
        TaskDraft(title="at nine, high", due_date=day, due_time=time(9), priority="high"),
        TaskDraft(title="at 8:30", due_date=day, due_time=time(8, 30)),
        TaskDraft(title="the day before, late", due_date=day - timedelta(days=1), due_time=time(23, 59)),
    )
    async with database.begin(ANN) as store:
        for draft in drafts:
            await store.tasks.add(draft)
        assert await titles(store, TaskFilter()) == [
            "the day before, late",
            "at 8:30",
            "at nine, high",
            "at nine",
            "at nine again",
            "day, low",
            "day",
            "no date, high",
            "no date",
        ]


async def test_other_sorts_begin_with_the_latest_the_most_urgent_and_the_first_letter(database: Database) -> None:
    async with database.begin(ANN) as store:
        for title, priority in (("b", "low"), ("A", "high"), ("c", "none")):
            await store.tasks.add(TaskDraft(title=title, priority=priority))  # type: ignore[arg-type]
    async with database.begin(ANN) as store:
        await store.tasks.update(1, {"notes": "touched"})
        await store.tasks.update(3, {"completed_at": store.now})
    async with database.read(ANN) as store:
        expected: dict[Sort, list[str]] = {
            "created": ["c", "A", "b"],
            "updated": ["c", "b", "A"],
            "completed": ["c", "A", "b"],
            "priority": ["A", "b", "c"],
            "title": ["A", "b", "c"],
        }
        for sort, order in expected.items():
            assert await titles(store, TaskFilter(status="all", sort=sort)) == order, sort


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        (TaskFilter(due="today"), ["today"]),
        (TaskFilter(due="overdue"), ["yesterday"]),
        (TaskFilter(due="week"), ["today", "in six days"]),
        (TaskFilter(due="none"), ["no date"]),
        (TaskFilter(due_from=date(2026, 11, 29)), ["in six days", "in seven days"]),
        (TaskFilter(due_to=date(2026, 11, 23)), ["yesterday", "today"]),
        (TaskFilter(due_from=date(2026, 11, 23), due_to=date(2026, 11, 29)), ["today", "in six days"]),
        (TaskFilter(due_to=date.max), ["yesterday", "today", "in six days", "in seven days"]),
        (TaskFilter(project="HOME"), ["today"]),
        (TaskFilter(tag="Red"), ["yesterday", "today"]),
        (TaskFilter(priority="high"), ["no date"]),
        (TaskFilter(tag="red", priority="none", due="overdue"), ["yesterday"]),
        (TaskFilter(status="completed"), ["late", "early"]),
        (TaskFilter(status="completed", completed_from=TODAY, completed_to=TODAY), ["early"]),
        (TaskFilter(status="all", completed_to=date(2026, 11, 22)), ["late"]),
        (TaskFilter(status="all", completed_to=date.max, completed_from=date.min), ["late", "early"]),
        (TaskFilter(project="nowhere"), []),
    ],
    ids=str,
)
async def test_filters(database: Database, where: TaskFilter, expected: list[str]) -> None:
    async with database.begin(ANN) as store:
        for title, days, extra in (
            ("in seven days", 7, {}),
            ("in six days", 6, {}),
            ("today", 0, {"project": "Home", "tags": ("red", "blue")}),
            ("yesterday", -1, {"tags": ("RED",)}),
        ):
            await store.tasks.add(TaskDraft(title=title, due_date=TODAY + timedelta(days=days), **extra))
        await store.tasks.add(TaskDraft(title="no date", priority="high"))
        # In Berlin, 23:30 UTC is the next day.
        for title, moment in (
            ("late", datetime(2026, 11, 22, 22, 30, tzinfo=UTC)),
            ("early", datetime(2026, 11, 22, 23, 30, tzinfo=UTC)),
        ):
            await store.tasks.add(TaskDraft(title=title, completed_at=moment))
        page = await shown(store, where)
    assert [task.title for task in page.items] == expected
    assert page.total == len(expected)


@pytest.mark.parametrize(
    "cursor", ["", "x", "🎉", "W10", "bm9wZQ", "WyJkdWUiLDAsMSwiYSJd", "WyJkdWUiLDksMSwiYSIsMV0", "[" * 99]
)
async def test_a_page_mark_of_another_making_is_refused(database: Database, cursor: str) -> None:
    async with database.read(ANN) as store:
        with pytest.raises(InvalidInput, match="cursor"):
            await shown(store, cursor=cursor)


SORTED = [
    "-5 degrees jacket",
    "1.5 l of milk",
    "Arger",
    "ärger",
    "argue",
    "item 2",
    "Item 10",
    "item 10b",
    "item 010c",
    "item 100",
    "Øl for the party",
    "omelette",
    "zebra",
    "ﷺ" * 150 + "1",
    "牛乳",
]


@pytest.mark.parametrize("limit", [1, 4, 200])
async def test_titles_sort_as_people_expect(database: Database, limit: int) -> None:
    async with database.begin(ANN) as store:
        for title in sorted(SORTED, key=lambda title: title[::-1]):
            await store.tasks.add(TaskDraft(title=title))
        await store.tasks.update(1, {"notes": "changed"})
        titles: list[str] = []
        cursor = None
        while not titles or cursor:
            page = await shown(store, TaskFilter(sort="title"), limit=limit, cursor=cursor)
            titles += [task.title for task in page.items]
            cursor = page.next
    assert sorted(titles) == sorted(SORTED)
    wanted = [title for title in SORTED if title not in ("Arger", "ärger")]
    assert [title for title in titles if title in wanted] == wanted
    assert abs(titles.index("ärger") - titles.index("Arger")) == 1


async def test_a_page_mark_of_another_sort_is_refused(database: Database) -> None:
    async with database.begin(ANN) as store:
        await _fill(store, 5)
        page = await shown(store, TaskFilter(sort="title"), limit=1)
        with pytest.raises(InvalidInput, match="cursor"):
            await shown(store, TaskFilter(sort="due"), limit=1, cursor=page.next)


@pytest.mark.parametrize("limit", [0, -1, 201])
async def test_a_page_has_a_sensible_size(database: Database, limit: int) -> None:
    async with database.read(ANN) as store:
        with pytest.raises(InvalidInput, match="between 1 and 200"):
            await shown(store, limit=limit)


async def test_a_page_goes_on_after_its_last_task_was_deleted(database: Database) -> None:
    async with database.begin(ANN) as store:
        for title in "abcd":
            await store.tasks.add(TaskDraft(title=title))
        page = await shown(store, limit=2)
        await store.tasks.delete(page.items[-1].id)
        rest = await shown(store, limit=2, cursor=page.next)
    assert [task.title for task in rest.items] == ["c", "d"]
