from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time
from itertools import count
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from kirotodo.core.domain.task import Change, Task, TaskDraft, TaskFilter
from kirotodo.core.domain.view import View
from kirotodo.core.errors import NotUndoable
from kirotodo.core.store.database import Database, Store
from tests.core.store.conftest import ANN, BOB, Undecided, counted_statements, shown, titles
from tests.examples import examples

_USERS = count()

FIELDS = st.fixed_dictionaries(
    {},
    optional={
        "title": st.sampled_from(["milk", "bread", "tea"]),
        "notes": st.sampled_from(["", "organic"]),
        "priority": st.sampled_from(["none", "high"]),
        "due_date": st.sampled_from([None, date(2026, 11, 27), date(2026, 12, 1)]),
        "due_time": st.sampled_from([None, time(17)]),
        "recurrence": st.sampled_from([None, "FREQ=DAILY"]),
        "project": st.sampled_from([None, "home"]),
        "tags": st.sampled_from([(), ("a",), ("b", "a")]),
        "completed_at": st.sampled_from([None, datetime(2026, 11, 1, tzinfo=UTC)]),
    },
)


@dataclass(frozen=True)
class Edit:
    """One transaction: by a turn or directly, with what it does."""

    turn_id: str | None
    steps: Sequence[tuple[str, int, dict[str, Any]]]


STEPS = st.lists(st.tuples(st.sampled_from(["add", "update", "delete"]), st.integers(0, 9), FIELDS), max_size=4)
EDITS = st.lists(st.builds(Edit, st.sampled_from([None, "t1", "t2"]), STEPS), max_size=6)


async def _do(store: Store, edit: Edit) -> None:
    for what, number, fields in edit.steps:
        there = (await shown(store, TaskFilter(status="all", sort="created"), limit=200)).items
        if what == "add" or not there:
            await store.tasks.add(TaskDraft(**{"title": "new", **fields}))
        elif what == "update":
            await store.tasks.update(there[number % len(there)].id, fields)  # type: ignore[arg-type]
        else:
            await store.tasks.delete(there[number % len(there)].id)


async def _snapshot(database: Database, user_id: str) -> Any:
    async with database.read(user_id) as store:
        page = await shown(store, TaskFilter(status="all", sort="due"), limit=200)
        found = await shown(store, TaskFilter(status="all", sort="due", search="milk"), limit=200)
        tagged = await shown(store, TaskFilter(status="all", sort="due", tag="a"), limit=200)
        epoch = datetime(2000, 1, 1, tzinfo=UTC)
        return (
            [replace(task, updated_at=epoch) for task in page.items],
            page.total,
            await store.tasks.count_pending(),
            [task.id for task in found.items],
            [task.id for task in tagged.items],
        )


@pytest.mark.slow
@given(edits=EDITS)
@settings(max_examples=examples(12), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_undo_after_undo_gives_the_start_back_and_redo_the_end(database: Database, edits: list[Edit]) -> None:
    user = f"user {next(_USERS)}"
    states = [await _snapshot(database, user)]
    for edit in edits:
        async with database.begin(user, turn_id=edit.turn_id) as store:
            await _do(store, edit)
            recorded = store.journal.changed.changes
        state = await _snapshot(database, user)
        joined = recorded and recorded[0].id != await _first_of_its_group(database, user)
        if recorded and not joined:
            states.append(state)
        else:
            states[-1] = state
    for state in reversed(states[:-1]):
        async with database.begin(user) as store:
            assert (await store.journal.undo()).skipped == ()
        assert await _snapshot(database, user) == state
    async with database.begin(user) as store:
        with pytest.raises(NotUndoable, match=r"^There is nothing to undo\.$"):
            await store.journal.undo()
    for state in states[1:]:
        async with database.begin(user) as store:
            assert (await store.journal.redo()).skipped == ()
        assert await _snapshot(database, user) == state
    async with database.begin(user) as store:
        with pytest.raises(NotUndoable, match=r"^There is nothing to redo\.$"):
            await store.journal.redo()


MOVES = st.lists(st.one_of(st.sampled_from(["undo", "redo"]), STEPS), max_size=12)


@pytest.mark.slow
@given(moves=MOVES)
@settings(max_examples=examples(12), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_undo_and_redo_walk_a_line_that_a_new_change_cuts(database: Database, moves: list[Any]) -> None:
    user = f"user {next(_USERS)}"
    line, here = [await _snapshot(database, user)], 0
    for move in moves:
        async with database.begin(user) as store:
            if move == "undo" and here > 0:
                await store.journal.undo()
                here -= 1
            elif move == "redo" and here < len(line) - 1:
                await store.journal.redo()
                here += 1
            elif move in ("undo", "redo"):
                with pytest.raises(NotUndoable):
                    await (store.journal.undo() if move == "undo" else store.journal.redo())
            else:
                await _do(store, Edit(None, move))
                if store.journal.changed.changes:
                    here += 1
                    del line[here:]
                    line.append(None)
        state = await _snapshot(database, user)
        if line[here] is None:
            line[here] = state
        assert state == line[here]


async def _first_of_its_group(database: Database, user_id: str) -> int:
    """The id of the first change of the newest group: what an undo would take back, tried and rolled back."""
    first = 0
    with suppress(Undecided):
        async with database.begin(user_id) as store:
            first = min(change.id for change in await _every_change(store))
            raise Undecided
    return first


async def _every_change(store: Store) -> Sequence[Change]:
    return (await store.journal.undo()).changes


async def _edit(
    database: Database, task_id: int, turn_id: str | None = None, call_id: str | None = None, **fields: Any
) -> Task:
    async with database.begin(ANN, turn_id=turn_id, call_id=call_id) as store:
        return await store.tasks.update(task_id, fields)  # type: ignore[arg-type]


async def _add(database: Database, *titles: str, turn_id: str | None = None, call_id: str | None = None) -> None:
    async with database.begin(ANN, turn_id=turn_id, call_id=call_id) as store:
        for title in titles:
            await store.tasks.add(TaskDraft(title=title))


async def _titles(database: Database) -> list[str]:
    async with database.read(ANN) as store:
        return [task.title for task in (await shown(store)).items]


async def test_a_transaction_says_what_it_changed(database: Database) -> None:
    await _add(database, "a", "b")
    async with database.begin(ANN) as store:
        before = await store.tasks.get(1)
        after = await store.tasks.update(1, {"title": "A"})
        gone = await store.tasks.delete(2)
        made = await store.tasks.add(TaskDraft(title="c"))
        changed = store.journal.changed
    assert changed.tasks == (after, made)
    assert changed.removed == (2,)
    assert [(change.before, change.after) for change in changed.changes] == [
        (before, after),
        (gone, None),
        (None, made),
    ]


async def test_one_direct_edit_is_one_group(database: Database) -> None:
    await _add(database, "a", "b", "c")
    await _add(database, "d")
    async with database.begin(ANN) as store:
        await store.journal.undo()
    assert await _titles(database) == ["a", "b", "c"]
    async with database.begin(ANN) as store:
        changed = await store.journal.undo()
    assert await _titles(database) == []
    assert set(changed.removed) == {1, 2, 3}


async def test_the_calls_of_a_turn_are_one_group(database: Database) -> None:
    await _add(database, "kept")
    for call in ("1.1", "1.2", "2.1"):
        await _add(database, f"by {call}", turn_id="t", call_id=call)
    async with database.begin(ANN) as store:
        await store.journal.undo()
    assert await _titles(database) == ["kept"]


async def test_several_groups_at_once_and_more_than_there_are(database: Database) -> None:
    for title in "abc":
        await _add(database, title)
    async with database.begin(ANN) as store:
        assert len((await store.journal.undo(groups=2)).removed) == 2
    async with database.begin(ANN) as store:
        assert (await store.journal.undo(groups=9)).removed == (1,)


async def test_undo_can_leave_the_turn_that_asks_for_it_alone(database: Database) -> None:
    await _add(database, "before")
    await _add(database, "by this turn", turn_id="now")
    async with database.begin(ANN, turn_id="now") as store:
        assert (await store.journal.undo(skip_turn="now")).removed == (1,)
        with pytest.raises(NotUndoable):
            await store.journal.undo(skip_turn="now")
    assert await _titles(database) == ["by this turn"]


async def test_undo_skips_a_field_that_changed_since_and_says_so(database: Database) -> None:
    await _add(database, "milk")
    await _edit(database, 1, "t1", "1.1", title="oat milk", notes="2 l")
    await _edit(database, 1, title="soy milk")
    async with database.begin(ANN) as store:
        changed = await store.journal.undo_call("t1", "1.1")
    assert [(task.title, task.notes) for task in changed.tasks] == [("soy milk", "")]
    assert changed.skipped == ("The title of task 1 “soy milk” changed since, so it was left alone.",)


async def test_undo_of_an_addition_leaves_a_task_that_moved_on(database: Database) -> None:
    await _add(database, "milk", turn_id="t1", call_id="1.1")
    await _edit(database, 1, notes="2 l")
    async with database.begin(ANN) as store:
        changed = await store.journal.undo_call("t1", "1.1")
    assert changed.removed == ()
    assert changed.skipped == ("Task 1 “milk” has changed since, so it was left alone.",)
    assert await _titles(database) == ["milk"]


async def test_undo_of_an_edit_leaves_a_deleted_task_deleted(database: Database) -> None:
    await _add(database, "milk")
    await _edit(database, 1, "t1", "1.1", title="bread")
    async with database.begin(ANN) as store:
        await store.tasks.delete(1)
    async with database.begin(ANN) as store:
        changed = await store.journal.undo_call("t1", "1.1")
    assert changed.removed == (1,)
    assert changed.skipped == ("Task 1 “bread” is deleted, so it was left alone.",)


async def test_undo_call_takes_back_that_call_alone_and_only_once(database: Database) -> None:
    await _add(database, "a", turn_id="t", call_id="1.1")
    await _add(database, "b", turn_id="t", call_id="1.2")
    await _add(database, "c")
    async with database.begin(ANN) as store:
        assert (await store.journal.undo_call("t", "1.1")).removed == (1,)
    assert await _titles(database) == ["b", "c"]
    async with database.begin(ANN) as store:
        with pytest.raises(NotUndoable, match="already undone"):
            await store.journal.undo_call("t", "1.1")
        with pytest.raises(NotUndoable, match="nothing to undo in that step"):
            await store.journal.undo_call("t", "9.9")
    async with database.begin(ANN) as store:
        assert (await store.journal.undo()).removed == (3,)
    async with database.begin(ANN) as store:
        assert (await store.journal.undo()).removed == (2,)


async def test_a_call_that_was_undone_last_can_be_redone(database: Database) -> None:
    await _add(database, "a", turn_id="t", call_id="1.1")
    await _add(database, "b", turn_id="t", call_id="1.2")
    async with database.begin(ANN) as store:
        await store.journal.undo_call("t", "1.2")
    async with database.begin(ANN) as store:
        assert [task.title for task in (await store.journal.redo()).tasks] == ["b"]


async def test_a_new_change_leaves_nothing_to_redo(database: Database) -> None:
    await _add(database, "a")
    async with database.begin(ANN) as store:
        await store.journal.undo()
    await _add(database, "b")
    async with database.begin(ANN) as store:
        with pytest.raises(NotUndoable, match="nothing to redo"):
            await store.journal.redo()


async def test_a_turn_that_was_undone_begins_a_new_group(database: Database) -> None:
    await _add(database, "a", turn_id="t")
    async with database.begin(ANN) as store:
        await store.journal.undo()
    await _add(database, "b", turn_id="t")
    async with database.begin(ANN) as store:
        assert (await store.journal.undo()).removed == (2,)
    async with database.begin(ANN) as store:
        assert [task.title for task in (await store.journal.redo()).tasks] == ["b"]


async def test_other_viewers_see_an_undo(database: Database) -> None:
    await _add(database, "a")
    async with database.begin(ANN) as store:
        await store.tasks.delete(1)
        revision = await store.revision()
    async with database.begin(ANN) as store:
        await store.journal.undo()
    async with database.read(ANN) as store:
        since = await store.changed_since(revision)
    assert [task.title for task in since.tasks] == ["a"]
    assert since.revision > revision


async def test_many_changes_of_one_group_are_undone_together(database: Database) -> None:
    async with database.begin(ANN) as store:
        for number in range(600):
            await store.tasks.add(TaskDraft(title=str(number)))
    async with database.begin(ANN) as store:
        changed = await store.journal.undo()
        assert await store.tasks.count_pending() == 0
    assert len(changed.removed) == 600


async def test_undo_takes_back_what_the_last_turn_did_to_some_tasks_and_leaves_the_rest(database: Database) -> None:
    async with database.begin(ANN, turn_id="t1") as store:
        for title in ("milk", "bread", "tea"):
            await store.tasks.add(TaskDraft(title=title))
    async with database.begin(ANN, turn_id="t2") as store:
        for task_id in (1, 2, 3):
            await store.tasks.update(task_id, {"priority": "high"})
    async with database.begin(ANN, turn_id="t3") as store:
        assert [task.id for task in (await store.journal.undo_tasks([2], skip_turn="t3")).tasks] == [2]
    async with database.begin(ANN) as store:
        assert [task.priority for task in await store.tasks.get_many((1, 2, 3))] == ["high", "none", "high"]
        assert {task.id for task in (await store.journal.undo()).tasks} == {1, 3}  # the rest of it
    async with database.begin(ANN) as store:
        await store.tasks.update(1, {"title": "oat milk"})
        with pytest.raises(NotUndoable, match="outside the chat"):
            await store.journal.undo_tasks([1])
        with pytest.raises(NotUndoable, match="nothing to undo"):
            await store.journal.undo_tasks([7])


async def test_undo_of_a_completion_takes_the_next_occurrence_along(database: Database) -> None:
    async with database.begin(ANN, turn_id="t1") as store:
        await store.tasks.add(TaskDraft(title="water", due_date=date(2026, 11, 27), recurrence="FREQ=DAILY"))
        await store.tasks.add(TaskDraft(title="tea"))
    async with database.begin(ANN, turn_id="t2") as store:
        done = datetime(2026, 11, 27, tzinfo=UTC)
        for task_id in (1, 2):
            await store.tasks.update(task_id, {"completed_at": done})
        await store.tasks.add(TaskDraft(title="water", due_date=date(2026, 11, 28), previous_id=1))
    async with database.begin(ANN, turn_id="t3") as store:
        changed = await store.journal.undo_tasks([1], skip_turn="t3")
        assert (([task.id for task in changed.tasks]), changed.removed) == ([1], (3,))
        assert (await store.tasks.get(2)).completed


async def test_undoing_many_tasks_takes_few_statements(database: Database) -> None:
    """So that an import of thousands can be undone while others wait for the database."""
    counts: dict[int, list[int]] = {}
    for many in (20, 400):
        async with database.begin(ANN) as store:
            await store.tasks.add_many([TaskDraft(title=f"{many} of {number}") for number in range(many)])
        for replay in ("undo", "redo", "undo"):
            async with counted_statements(database) as statements, database.begin(ANN) as store:
                changed = await getattr(store.journal, replay)()
            assert len(changed.removed if replay == "undo" else changed.tasks) == many
            async with database.read(ANN) as store:
                assert await store.tasks.count_pending() == (0 if replay == "undo" else many)
            counts.setdefault(many, []).append(len(statements))
    assert counts[20] == counts[400]


async def test_undo_of_a_turn_that_touched_one_task_over_and_over(database: Database) -> None:
    async with database.begin(ANN) as store:
        kept = await store.tasks.add(TaskDraft(title="kept", tags=("a",)))
    async with database.begin(ANN) as store:
        task = await store.tasks.add(TaskDraft(title="new"))
        await store.tasks.update(task.id, {"title": "newer"})
        await store.tasks.delete(task.id)
        await store.tasks.update(kept.id, {"title": "once", "tags": ("b",)})
        await store.tasks.update(kept.id, {"title": "twice", "priority": "high"})
        await store.tasks.delete(kept.id)
    async with database.begin(ANN) as store:
        undone = await store.journal.undo()
        assert ([each.id for each in undone.tasks], undone.removed, undone.skipped) == ([kept.id], (task.id,), ())
    async with database.read(ANN) as store:
        back = await store.tasks.get(kept.id)
        assert (back.title, back.tags, back.priority) == ("kept", ("a",), "none")
        assert await store.tasks.count_pending() == 1
        assert await titles(store, TaskFilter(search="twice")) == []
        assert await titles(store, TaskFilter(search="kept")) == ["kept"]
    async with database.begin(ANN) as store:
        again = await store.journal.redo()
        assert (again.tasks, set(again.removed)) == ((), {task.id, kept.id})
        assert await store.tasks.count_pending() == 0


async def test_a_view_that_was_changed_elsewhere_is_left_alone(database: Database) -> None:
    """As by a server of the release before, which writes no changes of views down."""
    async with database.begin(ANN) as store:
        await store.views.save(View(name="work", filter="+work"))
        await store.views.delete("work")
    async with database.begin(ANN) as store:
        await store.views._insert(View(name="Work", filter="mine"))
        changed = await store.journal.undo()
        assert (changed.views, changed.skipped) == ((), ("There is another view “work” by now, so it was left alone.",))
        changed = await store.journal.undo()
        assert changed.skipped == ("The view “work” has changed since, so it was left alone.",)
        assert [view.filter for view in await store.views.all()] == ["mine"]
    async with database.read(BOB) as store:
        assert await store._scope.rows(text("SELECT * FROM view_changes WHERE user_id = :uid")) == []
