"""The history of a list: who changed what, and what undo and redo did."""

from typing import Any, Final

from sqlalchemy import select

from kirotodo.core.domain.history import Actor
from kirotodo.core.domain.task import TaskDraft
from kirotodo.core.store.database import Database
from kirotodo.core.store.tables import changes
from tests.core.store.conftest import ANN

ME: Final = Actor(kind="you", name="command", version="1.0")


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
