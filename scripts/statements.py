"""Compile the statements that commands and turns run on SQLite, and those that make its schema: `make statements`.

Which ones these are is found by doing what people do, with commands and in words, and seeing what is run.
`tests/core/store/test_compiled.py` compiles every entry anew, and fails while the file is stale.
"""

import ast
import asyncio
import json
import re
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final, cast, get_args

from sqlalchemy import Boolean, Date, Time
from sqlalchemy.dialects.sqlite import aiosqlite
from sqlalchemy.types import TupleType

from kirotodo.core.backend import Backend
from kirotodo.core.domain.history import Actor, By, ChangeSelection, HistoryEntry
from kirotodo.core.domain.pending_edit import PendingEdit
from kirotodo.core.domain.task import Due, Sort, Status, Task, TaskDraft, TaskFilter
from kirotodo.core.domain.view import View
from kirotodo.core.events import ApprovalRequested
from kirotodo.core.kept_list import KeptList
from kirotodo.core.local import LocalBackend, utc_now
from kirotodo.core.settings import Settings
from kirotodo.core.store.columns import UtcDateTime
from kirotodo.core.store.database import Database
from kirotodo.core.store.leases import Lease
from kirotodo.core.store.revisions import HEAD
from kirotodo.core.store.sqlite import schema, transactions
from kirotodo.core.store.sqlite.transactions import FILE, LIST, TUPLES, Parameters, key_of, marker
from kirotodo.core.store.statement import AnyStatement, Statement

KINDS: Final = ((UtcDateTime, "moment"), (Date, "date"), (Time, "time"), (Boolean, "flag"))
KEY: Final = re.compile(r"(?P<module>\w+)\.(?P<name>\w+)(?P<arguments>\[.*\])? (?P<names>\S*)")
SAID: Final = (
    "add buy milk tomorrow at 5pm",
    "add call mom every friday !high #family +home",
    "what is due today?",
    "show my list",
    "mark buy milk as done",
    "rename call mom to call dad",
    "move it to monday",
    "undo that",
    "what projects do I have?",
    "how many tasks have I done this week?",
    "delete call mom",
    "delete everything",
    "hello",
)


def compile_entry(statement: Statement, names: Sequence[str]) -> dict[str, Any]:
    """Return a statement with parameters of these names as text: what it takes, in order, and what it returns."""
    built: Any = statement.built
    compiled = built.compile(dialect=aiosqlite.dialect(), column_keys=list(names))
    defaults = {column.key: column.default.arg for column in compiled.insert_prefetch}
    text: str = compiled.string
    given: list[list[Any]] = []
    for name in compiled.positiontup:
        bind = compiled.binds[name]
        if name in names:
            given.append([_kind_of_list(bind) if bind.expanding else _kind(bind.type), name])
        elif bind.expanding:
            text = text.replace(marker(name), ", ".join("?" * len(bind.effective_value)), 1)
            given += [["=", value] for value in bind.effective_value]
        else:
            given.append(["=", defaults.get(name, bind.effective_value)])
    columns = built.exported_columns if built.is_select or built._returning else ()
    got = [[_name(column.key, place), _kind(column.type)] for place, column in enumerate(columns)]
    return {"sql": re.sub(r"\s*\n\s*", " ", text).strip(), "given": given, "got": got}


def _kind_of_list(bind: Any) -> str:
    return TUPLES if isinstance(bind.type, TupleType) else LIST


def _kind(type_: Any) -> str:
    return next((kind for each, kind in KINDS if isinstance(type_, each)), "")


def _name(key: Any, place: int) -> str:
    return key if isinstance(key, str) and key.isidentifier() else f"column_{place}"


def of_key(key: str) -> tuple[Statement, list[str]]:
    """Return the statement that a key of the file names, and the names of its parameters."""
    found = KEY.fullmatch(key)
    assert found is not None, key
    arguments = ast.literal_eval(found["arguments"]) if found["arguments"] else ()
    return Statement(found["module"], found["name"], tuple(arguments)), found["names"].split(",")


@contextmanager
def _recording() -> Iterator[dict[str, Any]]:
    """Collect the statements that are run meanwhile, all of which SQLAlchemy builds."""
    entries: dict[str, Any] = {}
    original = transactions.find

    def record(statement: AnyStatement, parameters: Parameters) -> None:
        if isinstance(statement, Statement):
            names = parameters if isinstance(parameters, Mapping) else parameters[0] if parameters else {}
            key = key_of(statement, names)
            if key not in entries:
                entries[key] = compile_entry(statement, list(names))

    transactions.find = record
    try:
        yield entries
    finally:
        transactions.find = original


async def _look(backend: Backend) -> None:
    for sort in get_args(Sort):
        await backend.tasks(TaskFilter(status="all", sort=sort, steps="hide"), limit=1)
    for status in get_args(Status):
        for sort in get_args(Sort):
            page = await backend.tasks(TaskFilter(status=status, sort=sort), limit=1)
            await backend.tasks(TaskFilter(status=status, sort=sort), limit=1, cursor=page.next)
        for due in get_args(Due):
            await backend.tasks(TaskFilter(status=status, due=due), limit=1)
        for one in (
            {"project": "home"},
            {"priority": "high"},
            {"due_from": NOW.date()},
            {"completed_from": NOW.date()},
            {"scheduled": "only"},
            {"parent_id": 1},
        ):
            await backend.tasks(TaskFilter(status=status, **one), limit=1)


async def _edit(backend: Backend) -> None:
    await backend.add_from_text("water the plants every day !high +home #green")
    await backend.add_from_text("plain")
    await backend.add_task({"title": "pay rent", "due": "tomorrow", "add_tags": ("money",)})
    await backend.update_tasks([1], {"title": "feed the cat", "remove_tags": ("green",), "project": "garden"})
    await backend.task(1)
    await backend.complete_tasks([1])
    await backend.complete_tasks([1], completed=False)
    await backend.complete_tasks([2, 3])
    await backend.delete_tasks([2])
    for _ in range(4):
        await backend.undo()
    for _ in range(3):
        await backend.redo()
    await backend.add_task({"title": "dentist", "due": "tomorrow", "recurrence": "every day"})
    dentist = (await backend.tasks(TaskFilter(search="dentist"))).items[0].id
    steps = [(await backend.add_task({"title": "card", "parent_id": dentist, "position": 1})).id for _ in range(2)]
    await backend.update_tasks(steps[:1], {"position": 1})
    await backend.update_tasks(steps[:1], {"parent_id": None})
    await backend.undo()
    await backend.complete_tasks([dentist])
    await backend.complete_tasks([dentist], completed=False)
    await backend.complete_tasks(steps[1:], completed=False)
    await backend.delete_tasks([dentist])
    await backend.undo(groups=2)
    await backend.import_tasks([TaskDraft(title=f"item {number}", tags=("new",)) for number in range(3)])
    for task_id, by, since in ((None, None, None), (1, None, None), (None, "assistant", None), (None, None, "today")):
        await backend.history(task_id=task_id, by=cast(By | None, by), since=since)
    (newest,) = (await backend.history(limit=1)).items
    await backend.undo_changes(ChangeSelection(change_id=newest.id))
    await backend.tasks_as_of("now")
    await backend.status()
    await backend.conversations()


async def _talk(backend: Backend) -> None:
    conversation: int | None = None
    for text in (*SAID, None):
        sent = await backend.send(text or SAID[0], conversation_id=conversation if text else None)
        conversation = sent.conversation_id
        async for event in backend.watch(sent.turn_id):
            if isinstance(event, ApprovalRequested):
                await backend.answer(sent.turn_id, event.approval.call_id, "yes")
    await backend.transcript(conversation or 1)
    await backend.conversations()


async def _keep_copy(folder: Path, settings: Settings) -> None:
    """Do with the copy of a list what is done with it while a server is away."""
    kept = await KeptList.open(folder / "copy.db", settings)
    draft = TaskDraft(title="milk", due_date=NOW.date(), recurrence="FREQ=DAILY", tags=("shop",), created_at=NOW)
    tasks = [Task.from_draft(draft, id=number, now=NOW) for number in (1, 2, 3)]
    tasks += [replace(tasks[0], id=4, parent_id=1, recurrence=None), replace(tasks[0], id=5, previous_id=2)]
    tasks[2] = replace(tasks[2], recurrence=None)
    await kept.fill(tasks, revision=1)
    await kept.put([replace(tasks[1], title="eggs", tags=("food",), completed_at=NOW)], [3], revision=2)
    await kept.put([tasks[2]])
    await kept.open_tasks(10)
    await kept.count_pending()
    await kept.set_value("status", "{}")
    for edit in (
        PendingEdit(kind="text", key="1", text="bread"),
        PendingEdit(kind="change", key="2", task_ids=(1,), fields={"title": "oat milk", "tags": ["new"]}),
        PendingEdit(kind="complete", key="3", task_ids=(1,)),
        PendingEdit(kind="delete", key="4", task_ids=(3,)),
    ):
        await kept.make(edit)
    await kept.undo()
    for number, edit in enumerate(await kept.edits()):
        sent = await kept.tried(edit)
        await kept.settle(sent, [replace(tasks[0], id=50 + number, previous_id=1)], [])
    await kept.drop(await kept.note(PendingEdit(kind="text", key="5", text="salt")))
    refused = await kept.note(PendingEdit(kind="delete", key="6", task_ids=(2,)))
    await kept.refuse(refused, [tasks[1]], "It was refused.", lambda _: "")
    await kept.dismiss((await kept.notes())[0].id)
    await kept.put_views([View(name="work", filter="+work")])
    await kept.tasks(TaskFilter(filter="@work"), limit=10, cursor=None)
    await kept.views()
    change = HistoryEntry(id=1, at=NOW, task_id=1, by=Actor(kind="you"), before=None, after=tasks[0], group_id=1)
    await kept.put_history([change])
    await kept.newest_change()
    await kept.aclose()


async def _hold(settings: Settings) -> None:
    """Renew a lease, as a process does while a turn takes more than a moment."""
    database = await Database.open(settings.database_url, clock=utc_now)
    await database.hold([Lease(user_id="nobody", turn_id="none", epoch=1)], lease=timedelta(seconds=1))
    await database.aclose()


NOW: Final = datetime(2026, 11, 23, 9, tzinfo=UTC)


async def _do_everything(folder: Path) -> None:
    for resume in (True, False):
        settings = Settings(kirotodo_home=folder / str(resume), timezone="Europe/Vienna")
        backend = await LocalBackend.open(settings, resume=resume)
        await _look(backend)
        await _edit(backend)
        await _look(backend)
        await _talk(backend)
        await backend.aclose()
        await _hold(settings)
    await _keep_copy(folder, settings)


def entries() -> dict[str, Any]:
    """Return the statements that are run most, by their keys."""
    with TemporaryDirectory(prefix="kirotodo-") as folder, _recording() as found:
        asyncio.run(_do_everything(Path(folder)))
    return dict(sorted(found.items()))


def schema_statements() -> list[str]:
    """Return the statements that make in an empty file what all migrations make together."""
    with TemporaryDirectory(prefix="kirotodo-") as folder:
        path = Path(folder) / "list.db"
        schema.migrate(path, HEAD)
        with closing(sqlite3.connect(path)) as connection:
            made_by_others = {row[1] for row in connection.execute("PRAGMA table_list") if row[2] == "shadow"}
            rows = connection.execute(
                "SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL"
                " ORDER BY CASE type WHEN 'table' THEN 0 WHEN 'index' THEN 1 ELSE 2 END, rowid"
            )
            return [sql for name, sql in rows if name not in made_by_others]


def main() -> None:
    """Write the files."""
    whole = ",\n".join(map(json.dumps, schema_statements()))
    schema.FILE.write_text(f'{{"schema": "{HEAD}", "statements": [\n{whole}\n]}}\n')
    lines = ",\n".join(f"{json.dumps(key)}: {json.dumps(entry)}" for key, entry in entries().items())
    FILE.write_text(f'{{"schema": "{HEAD}", "statements": {{\n{lines}\n}}}}\n')


if __name__ == "__main__":
    main()
