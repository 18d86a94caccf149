"""Saved views through the port: saved, used in filters, changed, removed, and honest where they can't be read."""

from dataclasses import replace

import pytest

from kirotodo.core.backend import Backend
from kirotodo.core.domain.task import TaskFilter
from kirotodo.core.domain.view import VIEWS_MAX, View
from kirotodo.core.errors import FilterError, InvalidInput, NotFound, NotUndoable
from kirotodo.core.models.scripted import ScriptedModel, call
from tests.contract.harness import BackendHarness, say
from tests.contract.test_tasks import filtered_list, titles

WORK = View(name="work", filter="+shop -#waiting", sort="priority,title", group="project", pinned=True)


async def test_a_view_is_saved_and_stands_for_its_filter(backend: Backend) -> None:
    await filtered_list(backend)
    assert await backend.views() == ()
    assert await backend.save_view(WORK) == WORK
    await backend.save_view(View(name="This week", filter="due:today..friday"))
    assert [view.name for view in await backend.views()] == ["work", "This week"]
    assert (await backend.views())[0] == WORK
    assert await titles(backend, TaskFilter(filter="@work")) == ["milk"]
    assert await titles(backend, TaskFilter(filter='@WORK or @"this week"')) == ["milk", "rent"]
    assert await titles(backend, TaskFilter(filter="-@work due:today..")) == ["rent"]


async def test_a_view_may_stand_in_another_but_not_in_itself(backend: Backend) -> None:
    await backend.save_view(WORK)
    await backend.save_view(View(name="today", filter="@work due:today"))
    with pytest.raises(FilterError, match="within itself"):
        await backend.save_view(replace(WORK, filter="@today or milk"))
    assert (await backend.views())[0] == WORK


async def test_a_view_is_renamed_and_changed_in_place(backend: Backend) -> None:
    await backend.save_view(WORK)
    changed = replace(WORK, name="Office", filter="+office", pinned=False)
    assert await backend.save_view(changed, instead_of="WORK") == changed
    assert await backend.views() == (changed,)
    await backend.save_view(View(name="other", filter="a"))
    with pytest.raises(InvalidInput, match="already"):
        await backend.save_view(replace(changed, name="Other"), instead_of="office")
    with pytest.raises(NotFound):
        await backend.save_view(WORK, instead_of="work")
    assert await backend.delete_view("OFFICE") == changed
    with pytest.raises(NotFound):
        await backend.delete_view("office")


@pytest.mark.parametrize(
    ("view", "message"),
    [
        (View(name="", filter="a"), "name of a view"),
        (View(name="a/b", filter="a"), "name of a view"),
        (View(name="x" * 51, filter="a"), "name of a view"),
        (View(name="a", filter="a", sort="nonsense"), "isn't an order"),
        (View(name="a", filter="milk prio:high"), "Did you mean !high"),
        (View(name="a", filter=" "), "empty"),
    ],
)
async def test_views_that_cannot_be_taken(backend: Backend, view: View, message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        await backend.save_view(view)
    assert await backend.views() == ()


async def test_a_view_whose_filter_cannot_be_read_any_more_says_why_and_where(backend: Backend) -> None:
    await backend.save_view(WORK)
    await backend.save_view(View(name="today", filter="due:today @work"))
    await backend.delete_view("work")
    (view,) = await backend.views()
    assert (view.name, view.position) == ("today", 10)
    assert view.problem == "There is no view “work”."
    with pytest.raises(FilterError, match="The view “today” can't be read") as caught:
        await backend.tasks(TaskFilter(filter="milk @today"))
    assert caught.value.position == 5


async def test_unknown_views_are_named_with_what_is_near(backend: Backend) -> None:
    await backend.save_view(WORK)
    with pytest.raises(FilterError) as caught:
        await backend.tasks(TaskFilter(filter="@wrok"))
    assert (caught.value.position, caught.value.suggestion) == (0, "@work")


async def test_fifty_views_and_no_end_of_them(backend: Backend) -> None:
    await filtered_list(backend)
    for number in range(50):
        await backend.save_view(View(name=f"view {number}", filter=f"milk or +list{number}"))
    assert len(await backend.views()) == 50
    assert await titles(backend, TaskFilter(filter='@"view 49"')) == ["milk", "oat milk"]
    assert VIEWS_MAX >= 50


async def test_a_model_uses_views_as_filters(harness: BackendHarness, model: ScriptedModel) -> None:
    await filtered_list(harness.backend)
    await harness.backend.save_view(WORK)
    model.extend([call("list_tasks", filter="@work")], ["Milk."])
    sent, _ = await say(harness.backend, "show my work view")
    (used,) = (await harness.backend.turn(sent.turn_id)).tool_calls
    assert used.result is not None
    assert [task["title"] for task in used.result["tasks"]] == ["milk"]


async def test_undo_takes_back_what_was_done_to_views_in_its_turn(backend: Backend) -> None:
    await backend.save_view(WORK)
    await backend.add_from_text("milk")
    await backend.save_view(replace(WORK, filter="+shop"))
    await backend.save_view(replace(WORK, name="Office", filter="+office"), instead_of="work")
    await backend.delete_view("office")
    assert (await backend.undo()).views == ("Put back the view “Office”.",)
    assert (await backend.undo()).views == ("Renamed the view “Office” to “work”.",)
    assert await backend.views() == (replace(WORK, filter="+shop"),)
    assert (await backend.undo()).views == ("Changed the view “work” back to: +shop -#waiting",)
    assert await backend.views() == (WORK,)
    assert (await backend.undo()).removed == (1,)
    assert (await backend.undo()).views == ("Removed the view “work”.",)
    assert await backend.views() == ()
    with pytest.raises(NotUndoable):
        await backend.undo()


async def test_redo_does_to_views_what_undo_took_back(backend: Backend) -> None:
    await backend.save_view(WORK)
    await backend.add_from_text("milk")
    await backend.delete_view("work")
    await backend.undo(groups=3)
    assert (await backend.views(), (await backend.tasks()).items) == ((), ())
    assert (await backend.redo()).views == ("Put back the view “work”.",)
    assert [task.title for task in (await backend.redo()).tasks] == ["milk"]
    assert (await backend.redo()).views == ("Removed the view “work”.",)
    await backend.undo()
    await backend.add_from_text("bread")
    with pytest.raises(NotUndoable):
        await backend.redo()
    assert await backend.views() == (WORK,)


async def test_the_assistant_undoes_a_change_of_a_view_and_says_so(backend: Backend, model: ScriptedModel) -> None:
    await backend.save_view(WORK)
    await backend.delete_view("work")
    model.extend([call("undo")], ["Done."])
    sent, _ = await say(backend, "undo that")
    (done,) = (await backend.turn(sent.turn_id)).tool_calls
    assert done.result is not None
    assert done.result["views"] == ["Put back the view “work”."]
    assert await backend.views() == (WORK,)
