"""What calendar programs store: the names, UIDs and entity tags of tasks, and how a program follows them."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from kirotodo.core.domain.calendar import CalendarItem, CalendarObject, SyncToken
from kirotodo.core.domain.history import Actor, ChangeSelection
from kirotodo.core.domain.task import TaskFilter
from kirotodo.core.errors import Conflict, InvalidInput, NotFound, PreconditionFailed
from kirotodo.core.local import Core, LocalBackend
from tests.lists import list_at
from tests.server.serving import settings_in

PHONE = Actor(kind="api", name="CalDAV, phone")


@pytest.fixture(params=["sqlite", "postgres"])
async def core(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Core]:
    if request.param == "sqlite":
        list_at(tmp_path / "list.db")
        settings = settings_in(tmp_path)
    else:
        settings = settings_in(tmp_path, database_url=request.getfixturevalue("postgres_url"))
    core = await Core.open(settings)
    yield core
    await core.aclose()


@pytest.fixture
def backend(core: Core) -> LocalBackend:
    return core.of("1", actor=PHONE)


def item(name: str, uid: str, *, parent: str | None = None, source: str = "text") -> CalendarItem:
    return CalendarItem(name=name, uid=uid, parent_uid=parent, source=source)


async def save(
    backend: LocalBackend, name: str, title: str, *, parent: str | None = None, **more: Any
) -> CalendarObject:
    """Store an object as a program does that has just read it."""
    seen = next(iter(await backend.calendar_objects([name])), None)
    given = item(name, name.removesuffix(".ics"), parent=parent, source=more.pop("source", title))
    return await backend.save_calendar_object(given, {"title": title}, seen=seen, **more)


async def test_a_task_that_no_program_stored_has_a_name_and_a_uid(backend: LocalBackend) -> None:
    await backend.add_task({"title": "Milk"})
    (found,) = (await backend.calendar_page()).items
    assert (found.name, found.source, found.base) == ("kirotodo-1.ics", "", None)
    assert await backend.calendar_objects(["kirotodo-1.ics", "kirotodo-2.ics", "kirotodo-0.ics", "x"]) == (found,)


async def test_uids_of_two_users_differ(core: Core) -> None:
    uids = set()
    for user_id in ("1", "2"):
        await core.of(user_id).add_task({"title": "Milk"})
        uids |= {found.uid for found in (await core.of(user_id).calendar_page()).items}
    assert len(uids) == 2


async def test_what_a_program_stores_keeps_its_name_uid_and_text(backend: LocalBackend) -> None:
    saved = await save(backend, "a.ics", "Milk", source="as it was")
    assert (saved.task.title, saved.name, saved.uid, saved.source) == ("Milk", "a.ics", "a", "as it was")
    assert saved.base == saved.task
    assert await backend.calendar_objects(["kirotodo-1.ics"]) == ()
    await backend.update_tasks([1], {"title": "Bread"})
    (now,) = await backend.calendar_objects(["a.ics"])
    assert (now.task.title, now.source, now.base and now.base.title) == ("Bread", "as it was", "Milk")
    assert now.etag != saved.etag


async def test_a_text_that_changes_nothing_of_the_task_is_news_all_the_same(backend: LocalBackend) -> None:
    first = await save(backend, "a.ics", "Milk", source="one")
    token = (await backend.calendar_changes()).token
    again = await save(backend, "a.ics", "Milk", source="two")
    assert first.etag != again.etag
    assert [found.name for found in (await backend.calendar_changes(token)).objects] == ["a.ics"]


async def test_a_program_that_has_not_seen_a_change_is_refused(backend: LocalBackend) -> None:
    seen = await save(backend, "a.ics", "Milk")
    await backend.update_tasks([1], {"priority": "high"})
    with pytest.raises(PreconditionFailed):
        await backend.save_calendar_object(item("a.ics", "a"), {"title": "Bread"}, seen=seen)
    with pytest.raises(PreconditionFailed):
        await backend.save_calendar_object(item("a.ics", "a"), {"title": "Bread"}, seen=None)
    with pytest.raises(PreconditionFailed):
        await backend.delete_calendar_object(seen)
    assert (await backend.task(1)).title == "Milk"


async def test_of_many_that_store_at_once_one_wins(backend: LocalBackend) -> None:
    seen = await save(backend, "a.ics", "Milk")
    stores = (
        backend.save_calendar_object(item("a.ics", "a"), {"title": str(number)}, seen=seen) for number in range(8)
    )
    outcomes = await asyncio.gather(*stores, return_exceptions=True)
    assert sum(isinstance(outcome, CalendarObject) for outcome in outcomes) == 1
    assert sum(isinstance(outcome, PreconditionFailed) for outcome in outcomes) == 7


async def test_a_uid_is_of_one_task(backend: LocalBackend) -> None:
    await save(backend, "a.ics", "Milk")
    with pytest.raises(Conflict):
        await backend.save_calendar_object(item("b.ics", "a"), {"title": "Bread"}, seen=None)
    with pytest.raises(InvalidInput):
        await save(backend, "kirotodo-99.ics", "Bread")
    assert (await backend.tasks()).total == 1


async def test_the_name_of_a_deleted_task_is_free_and_undo_brings_it_back_under_another(backend: LocalBackend) -> None:
    await backend.add_task({"title": "Milk"})
    (seen,) = await backend.calendar_objects(["kirotodo-1.ics"])
    await backend.delete_calendar_object(seen)
    again = await backend.save_calendar_object(item(seen.name, seen.uid), {"title": "Milk again"}, seen=None)
    assert (again.task.id, again.name, again.uid) == (2, seen.name, seen.uid)
    (deletion,) = [entry for entry in (await backend.history(task_id=1)).items if entry.after is None]
    await backend.undo_changes(ChangeSelection(change_id=deletion.id))
    names = {found.task.id: found.name for found in (await backend.calendar_page()).items}
    assert names[2] == seen.name
    assert names[1] != seen.name


async def test_each_edit_is_one_group_of_the_one_who_made_it(backend: LocalBackend) -> None:
    await save(backend, "step.ics", "Step", parent="list")
    await save(backend, "list.ics", "List")
    assert (await backend.task(1)).parent_id == 2
    entries = (await backend.history()).items
    assert {entry.by.name for entry in entries} == {"CalDAV, phone"}
    assert len({entry.group_id for entry in entries}) == 2
    await backend.undo()
    assert [task.title for task in (await backend.tasks(TaskFilter(status="all"))).items] == ["Step"]


async def test_steps_are_one_level_deep_and_find_a_parent_that_comes_later(backend: LocalBackend) -> None:
    await save(backend, "c.ics", "Grandchild", parent="b", new_parent=True)
    await save(backend, "b.ics", "Child", parent="a", new_parent=True)
    await save(backend, "a.ics", "Parent")
    parents = {found.task.title: found.task.parent_id for found in (await backend.calendar_page(EVERYTHING)).items}
    assert parents["Parent"] is None
    assert len({parent for parent in parents.values() if parent is not None}) == 1
    (step,) = [found for found in (await backend.calendar_page(EVERYTHING)).items if found.task.parent_id]
    assert step.base == step.task  # so that the program gets its own text back


EVERYTHING = TaskFilter(status="all", steps="show", scheduled="show")


async def test_a_step_that_is_opened_opens_the_task_above_it(backend: LocalBackend) -> None:
    await save(backend, "a.ics", "Parent")
    await save(backend, "b.ics", "Step", parent="a", new_parent=True)
    await backend.complete_tasks([1])
    await save(backend, "b.ics", "Step", parent="a", done=False)
    assert [(await backend.task(number)).completed for number in (1, 2)] == [False, False]


async def test_changes_follow_a_token(backend: LocalBackend) -> None:
    for name in "abc":
        await save(backend, f"{name}.ics", name)
    everything = await backend.calendar_changes()
    assert ([found.name for found in everything.objects], everything.more) == (["a.ics", "b.ics", "c.ics"], False)
    assert (await backend.calendar_changes(everything.token)).objects == ()
    assert await backend.calendar_token() == everything.token
    await backend.delete_tasks([2])
    await backend.update_tasks([3], {"title": "Bread"})
    later = await backend.calendar_changes(everything.token)
    assert ([found.name for found in later.objects], later.removed) == (["c.ics"], ("b.ics",))


async def test_a_page_of_changes_goes_on_where_it_ended(backend: LocalBackend) -> None:
    from kirotodo.core.domain.task import TaskDraft

    await backend.import_tasks([TaskDraft(title=f"Task {number}") for number in range(7)])  # all of one revision
    names: list[str] = []
    token: SyncToken | None = None
    more = True
    while more:
        changes = await backend.calendar_changes(token, limit=3)
        names += [found.name for found in changes.objects]
        token, more = changes.token, changes.more
    assert names == [f"kirotodo-{number}.ics" for number in range(1, 8)]


async def test_a_token_from_which_on_not_all_is_known_is_refused(core: Core, backend: LocalBackend) -> None:
    await save(backend, "a.ics", "Milk")
    await save(backend, "b.ics", "Bread")
    token = await backend.calendar_token()
    await backend.delete_tasks([1])
    await core.database.purge(before=datetime.now(UTC) + timedelta(days=1))
    with pytest.raises(NotFound):
        await backend.calendar_changes(token)
    now = await backend.calendar_token()
    assert (await backend.calendar_changes(now)).objects == ()
    with pytest.raises(NotFound):
        await backend.calendar_changes(replace(now, revision=now.revision + 1))
    assert (await backend.calendar_objects(["a.ics", "b.ics"]))[0].name == "b.ics"


async def test_what_a_program_stored_is_deleted_with_its_user(core: Core, backend: LocalBackend) -> None:
    await save(backend, "a.ics", "Milk")
    async with core.database.begin("1") as store:
        await store.accounts.set_deletion(datetime.now(UTC) - timedelta(days=1))
    assert await core.database.delete_users() == 1
    assert (await core.of("1").calendar_page()).items == ()


async def test_one_user_sees_nothing_of_another(core: Core, backend: LocalBackend) -> None:
    seen = await save(backend, "a.ics", "Milk")
    other = core.of("2")
    assert await other.calendar_objects(["a.ics", "kirotodo-1.ics"]) == ()
    with pytest.raises(NotFound):
        await other.delete_calendar_object(seen)
    with pytest.raises(PreconditionFailed):
        await other.save_calendar_object(item("a.ics", "a"), {"title": "Stolen"}, seen=seen)
    own = await other.save_calendar_object(item("a.ics", "a"), {"title": "Own"}, seen=None)
    assert own.task.id == 1
    assert (await backend.task(1)).title == "Milk"


async def test_a_due_date_is_stored_as_given(backend: LocalBackend) -> None:
    saved = await backend.save_calendar_object(
        item("a.ics", "a"), {"title": "Milk", "due_date": date(2026, 12, 1), "remind_at": None}, seen=None
    )
    assert (saved.task.due_date, saved.task.remind_at) == (date(2026, 12, 1), None)
