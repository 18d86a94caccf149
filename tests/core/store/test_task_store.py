from datetime import UTC, date, datetime, time, timedelta
from random import Random

import pytest

from kirotodo.core.domain.task import ProjectCount, TaskDraft, TaskFilter
from kirotodo.core.errors import NotFound
from kirotodo.core.store.database import Database
from kirotodo.core.store.task_stats import best_streak, streak
from tests.core.store.conftest import ANN, BERLIN, BOB, TODAY, shown

EVERYTHING = TaskDraft(
    title="pay [/] rent \x1b]0;evil\x07 🎉",
    notes="line\nline",
    priority="high",
    due_date=date(2026, 11, 27),
    due_time=time(17, 30),
    recurrence="FREQ=MONTHLY;BYMONTHDAY=27",
    recurs_from="completion",
    remind_at=datetime(2026, 11, 27, 8, tzinfo=UTC),
    project="Home",
    tags=("money", "Flat", "a"),
    previous_id=7,
    completed_at=datetime(2026, 11, 20, 8, tzinfo=UTC),
    created_at=datetime(2025, 1, 1, tzinfo=UTC),
)


async def test_every_field_comes_back_as_it_was_given(database: Database) -> None:
    async with database.begin(ANN) as store:
        added = await store.tasks.add(EVERYTHING)
    async with database.read(ANN) as store:
        assert await store.tasks.get(added.id) == added
    for name in TaskDraft.__dataclass_fields__:
        assert getattr(added, name) == getattr(EVERYTHING, name), name


async def test_ids_count_from_one_for_each_user(database: Database) -> None:
    for user in (ANN, BOB):
        async with database.begin(user) as store:
            made = [await store.tasks.add(TaskDraft(title=f"{user} {number}")) for number in range(3)]
        assert [task.id for task in made] == [1, 2, 3]


async def test_ids_of_deleted_tasks_are_not_given_out_again(database: Database) -> None:
    async with database.begin(ANN) as store:
        await store.tasks.delete((await store.tasks.add(TaskDraft(title="gone"))).id)
        assert (await store.tasks.add(TaskDraft(title="next"))).id == 2


async def test_update_sets_exactly_the_fields_it_is_given(database: Database) -> None:
    async with database.begin(ANN) as store:
        before = await store.tasks.add(EVERYTHING)
    async with database.begin(ANN) as store:
        after = await store.tasks.update(1, {"title": "rent", "due_time": None, "tags": ("Flat", "b")})
        assert after == await store.tasks.get(1)
    assert (after.title, after.due_time, after.tags) == ("rent", None, ("Flat", "b"))
    assert (after.notes, after.priority, after.project) == (before.notes, before.priority, before.project)
    assert after.created_at == before.created_at
    assert after.updated_at > before.updated_at


async def test_an_update_that_changes_nothing_writes_nothing(database: Database) -> None:
    async with database.begin(ANN) as store:
        before = await store.tasks.add(EVERYTHING)
        revision = await store.revision()
    async with database.begin(ANN) as store:
        assert await store.tasks.update(1, {"title": before.title, "tags": list(before.tags)}) == before
        assert store.journal.changed.changes == ()
        assert await store.revision() == revision


async def test_get_many_keeps_the_order_and_names_what_is_missing(database: Database) -> None:
    async with database.begin(ANN) as store:
        for title in "abc":
            await store.tasks.add(TaskDraft(title=title))
        await store.tasks.delete(2)
        assert [task.title for task in await store.tasks.get_many((3, 1, 3))] == ["c", "a"]
        with pytest.raises(NotFound, match=r"^There is no task 2\.$"):
            await store.tasks.get_many((1, 2))
        with pytest.raises(NotFound, match=r"^There are no tasks 2, 9 and -1\.$"):
            await store.tasks.get_many((2, 1, 9, -1))
        with pytest.raises(NotFound, match=r"^There is no task 99999999999999999999\.$"):
            await store.tasks.get(99999999999999999999)


async def test_a_deleted_task_is_gone_for_every_method(database: Database) -> None:
    async with database.begin(ANN) as store:
        task = await store.tasks.add(TaskDraft(title="milk", tags=("x",), project="shop"))
        assert await store.tasks.delete(1) == task
        for refused in (store.tasks.get(1), store.tasks.delete(1), store.tasks.update(1, {"title": "x"})):
            with pytest.raises(NotFound, match=r"^There is no task 1\.$"):
                await refused
        assert (await shown(store, TaskFilter(status="all"))).total == 0
        assert (await shown(store, TaskFilter(status="all", search="milk"))).items == ()
        assert (await shown(store, TaskFilter(status="all", tag="x"))).items == ()
        assert await store.tasks.count_pending() == 0
        assert await store.tasks.projects() == ()
        assert await store.tasks.tags() == {}


async def test_unknown_fields_are_a_mistake_of_the_caller(database: Database) -> None:
    async with database.begin(ANN) as store:
        await store.tasks.add(TaskDraft(title="a"))
        with pytest.raises(ValueError, match="no such fields"):
            await store.tasks.update(1, {"created_at": store.now})  # type: ignore[dict-item]


async def test_pending_is_counted_through_every_kind_of_write(database: Database) -> None:
    counts = []
    async with database.begin(ANN) as store:
        for title in "abc":
            await store.tasks.add(TaskDraft(title=title))
        counts.append(await store.tasks.count_pending())
        await store.tasks.add(TaskDraft(title="done before", completed_at=store.now))
        await store.tasks.update(1, {"completed_at": store.now})
        counts.append(await store.tasks.count_pending())
        await store.tasks.delete(1)
        await store.tasks.delete(2)
        counts.append(await store.tasks.count_pending())
    async with database.begin(ANN) as store:
        await store.journal.undo()
        counts.append(await store.tasks.count_pending())
        await store.journal.redo()
        counts.append(await store.tasks.count_pending())
        assert (await shown(store)).total == 1
        assert (await shown(store, TaskFilter(status="completed"))).total == 1
    assert counts == [3, 2, 1, 0, 1]


async def test_projects_and_tags_are_counted_without_case(database: Database) -> None:
    async with database.begin(ANN) as store:
        for title, project, tags in (
            ("a", "Home", ("Urgent", "x")),
            ("b", "home", ("urgent",)),
            ("c", None, ()),
            ("d", "Ärger", ("x",)),
        ):
            await store.tasks.add(TaskDraft(title=title, project=project, tags=tags))
        await store.tasks.update(2, {"completed_at": store.now})
        await store.tasks.update(4, {"completed_at": store.now})
        assert await store.tasks.projects() == (
            ProjectCount(project="Home", pending=1, completed=1),
            ProjectCount(project="Ärger", pending=0, completed=1),
            ProjectCount(project=None, pending=1, completed=0),
        )
        assert await store.tasks.tags() == {"Urgent": 1, "x": 1}


async def test_stats_count_days_in_the_zone_of_the_user(database: Database) -> None:
    completions = (
        datetime(2026, 11, 22, 23, 30, tzinfo=UTC),  # the 23rd in Berlin
        datetime(2026, 11, 21, 23, 30, tzinfo=UTC),  # the 22nd
        datetime(2026, 11, 20, 22, 30, tzinfo=UTC),  # still the 20th
        datetime(2026, 11, 19, 12, 0, tzinfo=UTC),
        datetime(2026, 11, 18, 12, 0, tzinfo=UTC),
        datetime(2026, 10, 1, 12, 0, tzinfo=UTC),
    )
    async with database.begin(ANN) as store:
        for moment in completions:
            await store.tasks.add(TaskDraft(title="done", completed_at=moment, created_at=moment))
        for day in (date(2026, 11, 22), TODAY, date(2026, 11, 24), None):
            await store.tasks.add(TaskDraft(title="open", due_date=day, due_time=time(8) if day else None))
        stats = await store.tasks.stats(today=TODAY, zone=BERLIN, period_days=3)
    assert (stats.pending, stats.overdue, stats.due_today) == (4, 1, 1)
    assert (stats.completed, stats.created) == (2, 6)
    assert (stats.streak, stats.best_streak) == (2, 3)


async def test_streaks_among_many_completions_are_those_of_their_local_days(database: Database) -> None:
    chance = Random(7)
    begin = datetime(2019, 3, 20, 22, 30, tzinfo=UTC)
    moments = [
        begin + timedelta(days=chance.choice((0, 10, 200, 2_400)) + number // 4, hours=number) for number in range(300)
    ]
    async with database.begin(ANN) as store:
        for moment in moments:
            await store.tasks.add(TaskDraft(title="done", completed_at=moment))
        days = {moment.astimezone(BERLIN).date() for moment in moments}
        for today in (max(days), max(days) + timedelta(days=2)):
            stats = await store.tasks.stats(today=today, zone=BERLIN, period_days=7)
            assert stats.streak == streak(days, today)
            assert stats.best_streak == best_streak(days) > 1


async def test_a_streak_lives_until_the_day_is_over(database: Database) -> None:
    async with database.begin(ANN) as store:
        await store.tasks.add(TaskDraft(title="done", completed_at=datetime(2026, 11, 22, 12, tzinfo=UTC)))
        assert (await store.tasks.stats(today=TODAY, zone=BERLIN, period_days=7)).streak == 1
        later = await store.tasks.stats(today=date(2026, 11, 24), zone=BERLIN, period_days=7)
    assert (later.streak, later.best_streak) == (0, 1)


async def test_a_user_without_a_row_has_an_empty_list(database: Database) -> None:
    async with database.read("nobody") as store:
        assert (await shown(store)).total == 0
        assert await store.tasks.count_pending() == 0
        assert await store.revision() == 0
        stats = await store.tasks.stats(today=TODAY, zone=BERLIN, period_days=7)
        assert (stats.pending, stats.streak, stats.best_streak) == (0, 0, 0)


async def test_the_next_occurrence_is_the_one_made_of_it_and_not_deleted(database: Database) -> None:
    async with database.begin(ANN) as store:
        await store.tasks.add(TaskDraft(title="water", recurrence="FREQ=DAILY"))
        assert await store.tasks.next_of(1) is None
        following = await store.tasks.add(TaskDraft(title="water", recurrence="FREQ=DAILY", previous_id=1))
        assert await store.tasks.next_of(1) == following
        await store.tasks.delete(following.id)
        assert await store.tasks.next_of(1) is None
