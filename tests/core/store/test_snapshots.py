"""The list at one moment, for a model that understands a text by it: whole if it is short, else what matters."""

from datetime import UTC, datetime, timedelta

from kirotodo.core.domain.task import TaskDraft, TaskSnapshot
from kirotodo.core.store.database import Database
from kirotodo.core.store.tasks import DONE_MAX, OPEN_MAX
from tests.core.store.conftest import ANN, BERLIN, BOB, TODAY

DONE = datetime(2026, 11, 20, 12, tzinfo=UTC)


async def snapshot(database: Database, text: str) -> TaskSnapshot:
    async with database.read(ANN) as store:
        return await store.tasks.snapshot(text, today=TODAY, zone=BERLIN)


async def test_a_short_list_is_there_whole_by_due_date_and_nobody_elses(database: Database) -> None:
    async with database.begin(BOB) as store:
        await store.tasks.add(TaskDraft(title="not hers", project="bob's"))
    async with database.begin(ANN) as store:
        await store.tasks.add(TaskDraft(title="later", due_date=TODAY + timedelta(days=3), project="home", tags=("a",)))
        await store.tasks.add(TaskDraft(title="undated", project="Home"))
        await store.tasks.add(TaskDraft(title="soon", due_date=TODAY, tags=("b",)))
        await store.tasks.add(TaskDraft(title="done", completed_at=DONE, project="past"))
        gone = await store.tasks.add(TaskDraft(title="gone"))
        await store.tasks.delete(gone.id)
    found = await snapshot(database, "whatever")
    assert [task.title for task in found.tasks] == ["soon", "later", "undated"]
    assert [task.title for task in found.done] == ["done"]
    assert (set(found.tags), found.complete, found.done_total) == ({"a", "b"}, True, 1)
    assert [name.casefold() for name in found.projects] == ["home", "past"]


async def test_of_a_long_list_there_is_the_beginning_and_what_the_text_names(database: Database) -> None:
    drafts = [TaskDraft(title=f"chore {number}", due_date=TODAY) for number in range(OPEN_MAX)]
    drafts += [
        TaskDraft(title="paint the fence", due_date=TODAY + timedelta(days=9), project="garden"),
        TaskDraft(title="oil the hinges"),
    ]
    drafts += [TaskDraft(title=f"old {number}", completed_at=DONE) for number in range(DONE_MAX)]
    drafts += [TaskDraft(title="water the fern", completed_at=DONE - timedelta(days=9))]
    async with database.begin(ANN) as store:
        await store.tasks.add_many(drafts)
    found = await snapshot(database, "has the FENCE been painted, and were the ferns watered?")
    assert len(found.tasks) == OPEN_MAX + 1
    assert found.tasks[-1].title == "paint the fence"
    assert [task.title for task in found.done][DONE_MAX:] == ["water the fern"]
    assert (found.complete, found.done_total, found.projects) == (False, DONE_MAX + 1, ("garden",))
    assert all(task.title != "paint the fence" for task in (await snapshot(database, "hello")).tasks)
