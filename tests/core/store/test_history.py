"""The history of a list: who changed what, and what undo and redo did."""

from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import Any, Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from kirotodo.core.domain.history import Actor
from kirotodo.core.domain.task import Changed, TaskDraft, TaskFilter
from kirotodo.core.errors import InvalidInput, NotFound, NotUndoable
from kirotodo.core.store.database import Database, Store
from kirotodo.core.store.selective_undo import Selected, touched_fields
from kirotodo.core.store.tables import changes
from kirotodo.core.store.task_rows import TASK_FIELDS
from tests.core.store.conftest import ANN, Clock, shown
from tests.examples import examples

ME: Final = Actor(kind="you", name="command", version="1.0")
ASSISTANT: Final = Actor(kind="built-in", name="built-in")


async def recorded(database: Database) -> list[tuple[Any, ...]]:
    """Who made each change, what kind of change it is, and what it did, the oldest first."""
    columns = (changes.c.actor, changes.c.actor_name, changes.c.replay, changes.c.replayed_id)
    async with database.read(ANN) as store:
        rows = await store._scope.rows(
            select(*columns, changes.c.before.is_(None), changes.c.after.is_(None)).order_by(changes.c.id)
        )
    return [tuple(row) for row in rows]


async def test_every_change_says_who_made_it_and_undo_and_redo_are_changes_too(database: Database) -> None:
    async with database.begin(ANN, actor=ME) as store:
        await store.tasks.add(TaskDraft(title="milk"))
    async with database.begin(ANN, turn_id="t", actor=Actor(kind="model", name="big")) as store:
        await store.tasks.update(1, {"title": "bread"})
    async with database.begin(ANN, actor=Actor(kind="import", name="screen")) as store:
        await store.tasks.add_many([TaskDraft(title="eggs"), TaskDraft(title="tea")])
    async with database.begin(ANN) as store:
        await store.tasks.delete(1)
    async with database.begin(ANN, actor=ME) as store:
        await store.journal.undo(groups=2)
    async with database.begin(ANN, actor=ME) as store:
        await store.journal.redo()
    assert await recorded(database) == [
        ("you", "command", None, None, True, False),
        ("model", "big", None, None, False, False),
        ("import", "screen", None, None, True, False),
        ("import", "screen", None, None, True, False),
        (None, None, None, None, False, True),
        ("you", "command", "undo", 5, True, False),
        ("you", "command", "undo", 4, False, True),
        ("you", "command", "undo", 3, False, True),
        ("you", "command", "redo", 3, True, False),
        ("you", "command", "redo", 4, True, False),
    ]


_USERS: Final = count()
FIELDS: Final = st.fixed_dictionaries(
    {},
    optional={
        "title": st.sampled_from(["milk", "bread", "tea"]),
        "priority": st.sampled_from(["none", "low", "high"]),
        "due_date": st.sampled_from([None, date(2026, 11, 27), date(2026, 12, 1)]),
        "project": st.sampled_from([None, "home"]),
        "tags": st.sampled_from([(), ("a",), ("b", "a")]),
        "completed_at": st.sampled_from([None, datetime(2026, 11, 1, tzinfo=UTC)]),
    },
)
MOVE: Final = st.one_of(
    st.tuples(st.just("add"), st.just(0), FIELDS),
    st.tuples(st.just("update"), st.integers(1, 5), FIELDS),
    st.tuples(st.just("delete"), st.integers(1, 5), st.just({})),
    st.tuples(st.just("undo"), st.integers(1, 3), st.just({})),
    st.tuples(st.just("redo"), st.just(0), st.just({})),
    st.tuples(st.just("undo one"), st.integers(1, 8), st.just({})),
)
EVERYTHING: Final = TaskFilter(status="all", sort="created")


async def _move(store: Store, what: str, number: int, fields: dict[str, Any]) -> None:
    """Make one of the moves there are; one that is not possible now does nothing."""
    with suppress(NotFound, NotUndoable):
        match what:
            case "add":
                await store.tasks.add(TaskDraft(**{"title": "new", **fields}))
            case "update":
                await store.tasks.update(number, fields)  # type: ignore[arg-type]
            case "delete":
                await store.tasks.delete(number)
            case "undo":
                await store.journal.undo(groups=number)
            case "undo one":
                await store.journal.undo_selected(Selected(change_id=number))
            case _:
                await store.journal.redo()


async def _state(store: Store) -> Any:
    """What a list shows: its tasks, and what is found and counted on it."""
    page = await shown(store, EVERYTHING, limit=200)
    found = await shown(store, TaskFilter(status="all", search="milk"), limit=200)
    tagged = await shown(store, TaskFilter(status="all", tag="a"), limit=200)
    return (
        {task.id: task for task in page.items},
        page.total,
        await store.tasks.count_pending(),
        {task.id for task in found.items},
        {task.id for task in tagged.items},
    )


@pytest.mark.slow
@given(moves=st.lists(MOVE, max_size=14), data=st.data())
@settings(max_examples=examples(15), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_playing_the_journal_back_gives_the_state_of_any_moment(
    database: Database, moves: list[tuple[str, int, dict[str, Any]]], data: st.DataObject
) -> None:
    user = f"user {next(_USERS)}"
    states: list[tuple[datetime, Any]] = []
    for move in [("add", 0, {}), *moves]:
        async with database.begin(user) as store:
            await _move(store, *move)
        async with database.read(user) as store:
            states.append((store.now, await _state(store)))
    for place in data.draw(st.lists(st.integers(0, len(states) - 1), max_size=4, unique=True)):
        moment, state = states[place]
        async with database.as_of(user, moment) as store:
            assert await _state(store) == state
    async with database.read(user) as store:
        assert await _state(store) == states[-1][1], "looking back changes nothing"


@pytest.mark.slow
@given(edits=st.lists(st.tuples(st.integers(1, 2), st.booleans(), FIELDS), min_size=1, max_size=10))
@settings(max_examples=examples(25), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_a_selective_undo_never_loses_a_later_change(
    database: Database, edits: list[tuple[int, bool, dict[str, Any]]]
) -> None:
    """Each field is what the last change that was not selected made of it, or what it was at first."""
    user = f"user {next(_USERS)}"
    async with database.begin(user) as store:
        at_first = {task.id: task for task in [await store.tasks.add(TaskDraft(title=title)) for title in "ab"]}
    expected: dict[tuple[int, str], Any] = {
        (task_id, name): getattr(task, name) for task_id, task in at_first.items() for name in TASK_FIELDS
    }
    for task_id, is_selected, fields in edits:
        by = "t" if is_selected else None
        async with database.begin(user, turn_id=by, actor=None if is_selected else ME) as store:
            before = await store.tasks.get(task_id)
            after = await store.tasks.update(task_id, fields)  # type: ignore[arg-type]
        if not is_selected:
            touched = touched_fields(before, after)
            expected |= {(task_id, name): getattr(after, name) for name in touched}
    async with database.begin(user) as store:
        try:
            changed = await store.journal.undo_selected(Selected(turn_id="t"))
        except (NotFound, NotUndoable):
            return
        now = await store.tasks.get_many((1, 2))
    assert {(task.id, name): getattr(task, name) for task in now for name in TASK_FIELDS} == expected
    assert all("(by you)" in sentence for sentence in changed.skipped)


async def _made(database: Database, *titles: str, actor: Actor = ME, turn_id: str | None = None) -> None:
    async with database.begin(ANN, actor=actor, turn_id=turn_id) as store:
        for title in titles:
            await store.tasks.add(TaskDraft(title=title))


async def _undone(database: Database, **which: Any) -> Changed:
    async with database.begin(ANN, actor=ME) as store:
        return await store.journal.undo_selected(Selected(**which))


async def test_what_came_or_went_is_undone_out_of_order_unless_it_changed_since(database: Database) -> None:
    await _made(database, "milk", actor=ASSISTANT, turn_id="abcdef")
    await _made(database, "bread", actor=ASSISTANT, turn_id="abcxyz")
    async with database.begin(ANN, actor=ME) as store:
        await store.tasks.update(1, {"title": "oat milk"})
        await store.tasks.update(1, {"title": "milk"})
    await _made(database, "tea")
    with pytest.raises(NotFound, match="Several answers begin with abc"):
        await _undone(database, turn_id="abc")
    assert (await _undone(database, turn_id="abcx")).removed == (2,)
    left = await _undone(database, turn_id="abcd")
    assert left.skipped == ("Task 1 “milk” has changed since (by you), so it was left alone.",)
    with pytest.raises(NotUndoable, match="already undone"):
        await _undone(database, change_id=2)
    with pytest.raises(NotUndoable, match="a step of undo itself"):
        await _undone(database, change_id=6)
    with pytest.raises(NotFound, match="There is no change 99"):
        await _undone(database, change_id=99)
    async with database.begin(ANN) as store:
        await store.tasks.delete(3)
    assert [task.title for task in (await _undone(database, change_id=7)).tasks] == ["tea"]


async def test_the_changes_of_a_time_and_of_somebody_are_undone_together(database: Database, clock: Clock) -> None:
    await _made(database, "a")
    clock.now += timedelta(hours=3)
    await _made(database, "b", actor=ASSISTANT)
    since = clock.now - timedelta(hours=1)
    await _made(database, "c")
    assert (await _undone(database, since=since, by="assistant")).removed == (2,)
    assert (await _undone(database, since=since)).removed == (3,)
    with pytest.raises(NotUndoable, match="nothing to undo there"):
        await _undone(database, since=since)
    async with database.begin(ANN) as store:
        assert [task.title for task in (await store.journal.redo()).tasks] == ["b"]


async def test_the_history_is_read_newest_first_a_page_at_a_time(database: Database, clock: Clock) -> None:
    await _made(database, "a", "b")
    clock.now += timedelta(days=1)
    noon = clock.now
    await _made(database, "c", actor=ASSISTANT, turn_id="t")
    async with database.begin(ANN, actor=ME) as store:
        await store.tasks.update(1, {"priority": "high"})
        await store.journal.undo()
    async with database.read(ANN) as store:
        history = store.history

        async def ids(**where: Any) -> list[int]:
            return [entry.id for entry in (await history.page(**where)).items]

        assert await ids() == [5, 4, 3, 2, 1]
        assert await ids(since=noon) == [5, 4, 3]
        assert await ids(until=noon) == [2, 1]
        assert await ids(by="assistant") == [3]
        assert await ids(by="you", task_id=1) == [5, 4, 1]
        assert await ids(by="unknown") == []
        page = await history.page(limit=2)
        assert [entry.id for entry in page.items] == [5, 4]
        assert [(entry.deed, entry.by, entry.undone, entry.replayed_id) for entry in page.items] == [
            ("changed", ME, False, 4),
            ("changed", ME, True, None),
        ]
        rest = await history.page(limit=3, cursor=page.next)
        assert ([entry.id for entry in rest.items], rest.next) == ([3, 2, 1], None)
        with pytest.raises(InvalidInput):
            await history.page(cursor="x")


async def test_what_was_purged_cannot_be_looked_back_at(database: Database, clock: Clock) -> None:
    await _made(database, "a")
    clock.now += timedelta(days=100)
    await _made(database, "b")
    await database.purge(before=clock.now - timedelta(days=90))
    async with database.as_of(ANN, clock.now - timedelta(days=80)) as store:
        assert [task.title for task in (await shown(store)).items] == ["a"]
    with pytest.raises(InvalidInput, match="reaches back to Thu 3 Dec 2026, 09:00"):
        async with database.as_of(ANN, clock.now - timedelta(days=95)):
            pass


async def test_the_newest_edit_is_found_however_many_steps_of_undo_came_after_it(database: Database) -> None:
    await _made(database, *"abc")
    async with database.begin(ANN) as store:
        await store.journal.undo()
    for _ in range(2):
        async with database.begin(ANN) as store:
            assert len((await store.journal.redo()).tasks) == 3
        async with database.begin(ANN) as store:
            assert len((await store.journal.undo()).removed) == 3
    await _made(database, "d")
    async with database.begin(ANN) as store:
        with pytest.raises(NotUndoable, match="nothing to redo"):
            await store.journal.redo()
