"""Imports of many tasks: all at once to the eye, others may write meanwhile, and a list has a bound on every way in."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from kirotodo.core.domain.task import TaskDraft, TaskFilter
from kirotodo.core.errors import InvalidInput, ModelError, NotUndoable
from kirotodo.core.local import Core, utc_now
from kirotodo.core.models.scripted import Fail, ScriptedModel, call
from kirotodo.core.store.database import Database
from kirotodo.core.store.tables import users
from kirotodo.core.tools import edits
from kirotodo.core.tools.edits import PART
from kirotodo.server.app import create_app
from tests.server.serving import served, settings_in
from tests.waiting import until

MANY = 2 * PART + 200
SMALL = 25
"""Tasks in a part where only the parts matter."""
ROWS = range(1, 1201)


def drafts(count: int = MANY) -> list[TaskDraft]:
    done = datetime(2026, 11, 1, tzinfo=UTC)
    return [
        TaskDraft(title=f"Task {number}", tags=("a", "b"), completed_at=done if number % 3 == 0 else None)
        for number in range(count)
    ]


@pytest.fixture
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(edits, "PART", SMALL)


@pytest.fixture(params=["sqlite", "postgresql"])
async def core(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Core]:
    url = {} if request.param == "sqlite" else {"database_url": request.getfixturevalue("postgres_url")}
    core = await Core.open(settings_in(tmp_path, **url), model=ScriptedModel(), clock=utc_now)
    try:
        yield core
    finally:
        await core.aclose()


async def counts(core: Core, user_id: str = "1") -> tuple[int | None, int | None]:
    """How many tasks are open, and how many there are."""
    mine = core.of(user_id)
    return (await mine.tasks(limit=1)).total, (await mine.tasks(TaskFilter(status="all"), limit=1)).total


@pytest.mark.slow
async def test_many_tasks_are_one_group(core: Core) -> None:
    mine = core.of("1")
    await mine.add_task({"title": "Milk"})
    wrong = TaskDraft(title=" ")
    report = await mine.import_tasks([*drafts(700), wrong, *drafts()])
    assert report.added == tuple(range(2, 702 + MANY))
    assert report.skipped == ("Row 701: A task needs a title.",)
    there = (1 + 466 + MANY * 2 // 3, 1 + 700 + MANY)
    assert await counts(core) == there
    assert (await mine.tasks(TaskFilter(search="task 1199"), limit=5)).items[0].tags == ("a", "b")
    assert len((await mine.undo()).removed) == 700 + MANY
    assert await counts(core) == (1, 1)
    await mine.redo()
    assert await counts(core) == there


async def test_parents_are_found_across_parts_and_skipped_rows(core: Core) -> None:
    mine = core.of("1")
    await mine.add_task({"title": "Milk"})
    family = [TaskDraft(title=" "), *drafts(), *(TaskDraft(title="child", previous_id=place) for place in (1, 2, 900))]
    report = await mine.import_tasks([*family, TaskDraft(title="grandchild", previous_id=len(family))])
    none, early, late, grand = [await mine.task(task_id) for task_id in report.added[-4:]]
    assert (none.previous_id, early.previous_id, late.previous_id) == (None, 2, 900)
    assert grand.previous_id == late.id


async def test_parents_in_earlier_parts_are_found_over_http(core: Core) -> None:
    app = create_app(core.settings, model=ScriptedModel())
    async with served(app) as server, server.client("7") as api:
        assert (await api.post("/tasks", json={"title": "Milk"})).status_code == 201
        rows = [{"title": f"Task {place}", **({"previous_id": place - 600} if place > 600 else {})} for place in ROWS]
        report = (await api.post("/tasks/import", json={"drafts": rows})).json()
        assert (len(report["added"]), report["skipped"]) == (len(ROWS), [])
        for place in (601, 1000, 1001, 1200):
            task = (await api.get(f"/tasks/{report['added'][place - 1]}")).json()
            assert (task["title"], task["previous_id"]) == (f"Task {place}", report["added"][place - 601])


async def test_what_an_earlier_client_calls_a_parent_is_the_occurrence_before(core: Core) -> None:
    app = create_app(core.settings, model=ScriptedModel())
    async with served(app) as server, server.client("8") as api:
        of_old = {"recurs_from": "schedule", "remind_at": None}
        rows = [{"title": "Rent", **of_old, "parent_id": None}, {"title": "Rent", **of_old, "parent_id": 1}]
        rows += [{"title": "Step", "parent_id": 1}, {"title": "Step", **of_old, "parent_id": 1, "previous_id": None}]
        assert (await api.post("/tasks/import", json={"drafts": rows})).json()["added"] == [1, 2, 3, 4]
        tasks = [(await api.get(f"/tasks/{task_id}")).json() for task_id in (2, 3, 4)]
        assert [(task["previous_id"], task["parent_id"]) for task in tasks] == [(1, None), (None, 1), (None, 1)]


async def test_a_parent_that_comes_later_is_named(core: Core) -> None:
    rows = [TaskDraft(title="child", previous_id=2), TaskDraft(title="parent"), TaskDraft(title="own", previous_id=3)]
    report = await core.of("1").import_tasks([*rows, TaskDraft(title="grandchild", previous_id=2)])
    assert report.skipped == (
        "Row 1: Its previous task, row 2, has to come before it.",
        "Row 3: Its previous task, row 3, has to come before it.",
    )
    assert [(await core.of("1").task(task_id)).previous_id for task_id in report.added] == [None, 1]


@pytest.mark.usefixtures("small_parts")
async def test_an_import_that_is_cut_leaves_nothing_to_be_seen(core: Core) -> None:
    mine = core.of("1")
    importing = asyncio.create_task(mine.import_tasks(drafts(40 * SMALL)))

    async def has_stored_parts() -> bool:
        return await revision(core) >= 2

    await until(has_stored_parts, pause=0)
    importing.cancel()
    await asyncio.gather(importing, return_exceptions=True)
    assert importing.cancelled()
    assert await counts(core) == (0, 0)
    with pytest.raises(NotUndoable):
        await mine.undo()
    with pytest.raises(NotUndoable):
        await mine.redo()
    await mine.import_tasks(drafts())
    assert await counts(core) == (MANY * 2 // 3, MANY)


async def revision(core: Core) -> int:
    async with core.database.read("1") as store:
        return await store.revision()


@pytest.mark.usefixtures("small_parts")
async def test_others_write_while_one_imports(core: Core) -> None:
    importing = asyncio.create_task(core.of("1").import_tasks(drafts(40 * SMALL)))
    for number in range(5):
        await core.of("2").add_task({"title": f"Task {number}"})
    assert not importing.done(), "they did not have to wait for its end"
    assert len((await importing).added) == 40 * SMALL
    assert await counts(core, "2") == (5, 5)


async def test_a_list_has_a_bound_on_every_way_in(tmp_path: Path) -> None:
    model = ScriptedModel([call("add_task", title="by the model")], ["Your list is full."])
    app = create_app(settings_in(tmp_path, max_tasks=3), model=model)
    async with served(app) as server, server.client() as api, server.client("2") as other:
        assert (await api.post("/tasks/import", json={"drafts": [{"title": "a"}, {"title": "b"}]})).status_code == 200
        assert (await api.post("/tasks", json={"title": "c"})).status_code == 201
        for path, body in (
            ("/tasks", {"title": "d"}),
            ("/tasks/from-text", {"text": "d tomorrow"}),
            ("/tasks/import", {"drafts": [{"title": "d"}]}),
        ):
            refused = await api.post(path, json=body)
            assert (refused.status_code, refused.json()["code"]) == (422, "invalid_input")
            assert refused.json()["detail"].startswith("Your list may hold 3 tasks.")
        outcome = (await api.post("/chat", json={"message": "add d"})).json()
        assert outcome["tool_calls"][0]["status"] == "failed"
        assert len((await api.get("/tasks")).json()["items"]) == 3
        assert (await other.post("/tasks", json={"title": "d"})).status_code == 201
        await api.delete("/tasks/1")
        assert (await api.post("/tasks", json={"title": "d"})).status_code == 201
        too_many = [{"title": str(number)} for number in range(2 * PART)]
        refused = await other.post("/tasks/import", json={"drafts": too_many})
        assert refused.status_code == 422
        assert len((await other.get("/tasks")).json()["items"]) == 1


async def test_storage_has_a_bound_on_every_way_in(tmp_path: Path) -> None:
    model = ScriptedModel([call("add_task", title="by the model", notes="ü" * 2_000)], ["Your storage is full."])
    app = create_app(settings_in(tmp_path, max_bytes_per_user=20_000), model=model)
    async with served(app) as server, server.client() as api, server.client("2") as other:
        large = {"title": "a", "notes": "€" * 2_000}
        assert (await api.post("/tasks", json=large)).status_code == 201
        outcome = (await api.post("/chat", json={"message": "add d"})).json()
        assert outcome["tool_calls"][0]["status"] == "failed", "the message was taken, the task was too much"
        for method, path, body in (
            ("POST", "/tasks", large),
            ("PATCH", "/tasks/1", {"notes": "😀" * 2_000}),
            ("POST", "/tasks/import", {"drafts": [large]}),
            ("POST", "/tasks/import", {"drafts": [large] * (PART + 1)}),
            ("POST", "/chat", {"message": "😀" * 2_500}),
        ):
            refused = await api.request(method, path, json=body)
            assert (refused.status_code, refused.json()["code"]) == (413, "too_large"), (method, path)
            assert refused.json()["detail"].startswith("Your 20,000 bytes of storage are full. Delete tasks")
        assert len((await api.get("/tasks")).json()["items"]) == 1
        assert (await other.post("/tasks", json=large)).status_code == 201
        assert (await api.delete("/tasks/1")).is_success
        assert (await api.post("/undo")).is_success, "deleting and undoing go on"
        await api.delete("/tasks/1")
        await api.delete(f"/conversations/{outcome['conversation_id']}")
        await server.core.database.purge(before=utc_now() + timedelta(days=1))
        assert (await api.post("/tasks", json=large)).status_code == 201


@pytest.mark.parametrize("ending", ["finished", "failed"])
async def test_what_turns_store_counts_as_well(tmp_path: Path, ending: str) -> None:
    """Results of tools, steps and events: somebody could fill the storage by asking for one task again and again."""
    last = [["That is it."]] if ending == "finished" else [[Fail(error=ModelError("The model is away."))]]
    model = ScriptedModel(*([[call("get_task", task_id=1)], *last] * 2))
    app = create_app(settings_in(tmp_path, max_bytes_per_user=30_000), model=model)
    async with served(app) as server, server.client() as api:
        assert (await api.post("/tasks", json={"title": "a", "notes": "x" * 2_000})).status_code == 201
        for _ in range(2):
            assert (await api.post("/chat", json={"message": "show it"})).json()
        before = await stored_bytes(server.core.database)
        await server.core.database.purge(before=utc_now() - timedelta(days=1))
        counted = await stored_bytes(server.core.database)
        assert counted > 12_000, "two results and two events of 2,000 characters, besides the task and its history"
        assert before == pytest.approx(counted, rel=0.2)


async def stored_bytes(database: Database) -> int:
    """Return what is counted for user 1."""
    async with database._engine.operate() as connection:
        ((count,),) = await connection.execute(select(users.c.stored_bytes).where(users.c.id == "1"))
        return int(count)


async def test_a_full_list_is_an_error_in_process_too(tmp_path: Path) -> None:
    core = await Core.open(settings_in(tmp_path, max_tasks=1), model=ScriptedModel(), clock=utc_now)
    try:
        await core.of("1").add_task({"title": "Milk"})
        with pytest.raises(InvalidInput, match="may hold 1 tasks"):
            await core.of("1").add_task({"title": "Eggs"})
    finally:
        await core.aclose()
