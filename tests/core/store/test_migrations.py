# ruff: noqa: ASYNC240 (nobody waits for a test that blocks)
import asyncio
import json
import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlmodel import SQLModel

from kirotodo.core.domain.conversation import ToolCall
from kirotodo.core.domain.task import TaskDraft, TaskFilter
from kirotodo.core.errors import StorageError, StorageTooNew
from kirotodo.core.store import maintenance, revisions
from kirotodo.core.store.database import Database
from kirotodo.core.store.sqlite import driver
from tests.core.store.conftest import (
    ANN,
    BOB,
    Clock,
    find_spellings,
    open_at_once,
    shown,
    titles,
    undo_occurrences,
    write_occurrences,
    write_spellings,
)


@pytest.fixture
def kind() -> str:
    return "sqlite"


ROOT = Path(__file__).parents[3]


async def _filled(url: str, clock: Clock) -> dict[str, Any]:
    """A database with a row in every table, and what it shows."""
    database = await Database.open(url, clock=clock)
    for user in (ANN, BOB):
        async with database.begin(user, turn_id="t", call_id="1.1") as store:
            await store.tasks.add(TaskDraft(title="Café", notes="n", tags=("b", "a"), due_date=date(2026, 11, 27)))
            await store.tasks.add(TaskDraft(title="gone"))
            await store.tasks.delete(2)
            await store.conversations.create("about milk")
            await store.conversations.add_message(1, role="user", content="add café", turn_id="t")
            await store.turns.create(turn_id="t", conversation_id=1, message_seq=1, owner="me", lease=timedelta(days=1))
            await store.turns.add_step("t", 1, "hm", (ToolCall(id="1.1", step=1, position=1, tool="x", arguments={}),))
            await store.turns.append_events("t", [(1, b"{}")])
    visible = await _visible(database)
    await database.aclose()
    return visible


async def _visible(database: Database) -> dict[str, Any]:
    visible: dict[str, Any] = {}
    for user in (ANN, BOB):
        async with database.read(user) as store:
            visible[user] = [
                await shown(store, TaskFilter(status="all")),
                await titles(store, TaskFilter(search="cafe")),
                await titles(store, TaskFilter(search="b")),
                await store.conversations.page(),
                await store.conversations.page(search="milk"),
                await store.conversations.page(search="add cafe"),
                await store.conversations.messages(1),
                await store.turns.get("t"),
                await store.turns.steps(("t",)),
                await store.turns.events("t"),
                await store.revision(),
            ]
    return visible


async def _opened(url: str, clock: Clock) -> dict[str, Any]:
    database = await Database.open(url, clock=clock)
    try:
        return await _visible(database)
    finally:
        await database.aclose()


def _tables(path: Path) -> set[str]:
    with closing(sqlite3.connect(path)) as connection:
        return {row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE name NOT LIKE 'sqlite_%'")}


def test_the_constant_head_is_the_newest_script_and_the_line_is_straight() -> None:
    scripts = ScriptDirectory.from_config(Config(ROOT / "alembic.ini"))
    assert scripts.get_heads() == [revisions.HEAD]
    assert tuple(script.revision for script in scripts.walk_revisions())[::-1] == revisions.REVISIONS


def test_the_migrations_make_what_the_rows_say(path: Path, url: str) -> None:
    maintenance.upgrade(url)

    def ours(name: str | None, kind: str, _: Any) -> bool:
        return not (kind == "table" and (name or "").startswith("search_index"))

    with driver.make_migration_engine(path).connect() as connection:
        options = {"include_name": ours, "compare_type": True}
        assert compare_metadata(MigrationContext.configure(connection, opts=options), SQLModel.metadata) == []


@pytest.mark.slow
async def test_down_and_up_again_keeps_every_row(url: str, path: Path, clock: Clock) -> None:
    before = await _filled(url, clock)
    tables = await asyncio.to_thread(_tables, path)
    for revision in reversed(revisions.REVISIONS[:-1]):
        assert maintenance.downgrade(url, revision) == revision
        assert maintenance.check(url).revision == revision
    assert maintenance.upgrade(url) == revisions.HEAD
    assert await asyncio.to_thread(_tables, path) == tables
    assert await _opened(url, clock) == before
    assert maintenance.check(url).ok


@pytest.mark.slow
async def test_signs_and_foreign_scripts_are_searched_through_before_and_after(
    url: str, path: Path, clock: Clock
) -> None:
    title = "learn C++ 牛乳 100% 🎉 a/b"
    database = await Database.open(url, clock=clock)
    async with database.begin(ANN) as store:
        await store.tasks.add(TaskDraft(title=title))
    await database.aclose()
    assert maintenance.downgrade(url, "0002") == "0002"
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT text FROM search_documents").fetchall() == [(f"{title.lower()}\n\n",)]
    database = await Database.open(url, clock=clock)
    async with database.read(ANN) as store:
        for typed in ("c++", "牛乳", "乳", "100%", "🎉", "a/b", "learn"):
            assert await titles(store, TaskFilter(search=typed)) == [title], typed
        for typed in ("c+++", "乳牛", "e000", "1f389", "a//b"):
            assert await titles(store, TaskFilter(search=typed)) == [], typed
    await database.aclose()


async def test_words_that_are_there_are_found_by_other_spellings_after_the_migration(
    url: str, path: Path, clock: Clock
) -> None:
    database = await Database.open(url, clock=clock)
    await write_spellings(database)
    await database.aclose()

    def stored() -> list[Any]:
        with closing(sqlite3.connect(path)) as connection:
            connection.execute("INSERT INTO search_index(search_index) VALUES ('integrity-check')")
            return connection.execute("SELECT kind, ref, part, text FROM search_documents ORDER BY id").fetchall()

    after = stored()
    assert maintenance.downgrade(url, "0013") == "0013"
    assert [row[3].split("\n")[0] for row in stored() if row[0] == "task"] == ["don't send e-mail", "œuvre"] * 2
    database = await Database.open(url, clock=clock)
    await find_spellings(database)
    await database.aclose()
    assert stored() == after


async def test_titles_that_are_there_sort_naturally_after_the_migration(url: str, path: Path, clock: Clock) -> None:
    given = ["zebra", "item 10", "ärger", "item 2"]
    database = await Database.open(url, clock=clock)
    for user in (ANN, BOB):
        async with database.begin(user) as store:
            for title in given:
                await store.tasks.add(TaskDraft(title=title))
    await database.aclose()
    assert maintenance.downgrade(url, "0011") == "0011"
    with closing(sqlite3.connect(path)) as connection:
        keys = connection.execute("SELECT title_key FROM tasks ORDER BY user_id, id").fetchall()
    assert [key for (key,) in keys] == given * 2
    database = await Database.open(url, clock=clock)
    for user in (ANN, BOB):
        async with database.read(user) as store:
            assert await titles(store, TaskFilter(sort="title")) == ["ärger", "item 2", "item 10", "zebra"]
    await database.aclose()


async def test_a_next_occurrence_and_its_journal_keep_what_they_follow(url: str, path: Path, clock: Clock) -> None:
    """The task before was called `parent_id` once, in rows and in the journal."""
    title = 'say "parent_id": 5'
    await write_occurrences(url, title=title)
    assert maintenance.downgrade(url, "0018") == "0018"
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT parent_id FROM tasks ORDER BY id").fetchall() == [(None,), (1,), (None,)]
        texts = [
            text for (text,) in connection.execute("SELECT after FROM changes WHERE after IS NOT NULL ORDER BY id")
        ]
    assert [json.loads(text)["parent_id"] for text in texts] == [None, None, 1, None]
    assert {json.loads(text)["title"] for text in texts} == {title, "step"}
    await undo_occurrences(url, title=title)


async def test_down_to_the_base_leaves_nothing_but_the_backup_copy(url: str, path: Path, clock: Clock) -> None:
    before = await _filled(url, clock)
    assert maintenance.downgrade(url, "base") is None
    assert _tables(path) == {"alembic_version"}
    (copy,) = path.parent.glob("kirotodo.before-base.*.db")
    assert maintenance.upgrade(url) == revisions.HEAD
    maintenance.restore(copy, url)
    assert await _opened(url, clock) == before


async def test_an_older_database_is_copied_and_then_migrated(url: str, path: Path, clock: Clock) -> None:
    before = await _filled(url, clock)
    maintenance.downgrade(url, "0001")
    for copy in path.parent.glob("*.before-*"):
        copy.unlink()
    older = _tables(path)
    assert await _opened(url, clock) == before
    (copy,) = path.parent.glob(f"kirotodo.before-{revisions.HEAD}.*.db")
    assert _tables(copy) == older
    with closing(sqlite3.connect(copy)) as connection:
        assert connection.execute("SELECT count(*) FROM tasks").fetchone() == (4,)
    assert await _opened(url, clock) == before
    assert len(list(path.parent.glob("*.before-*"))) == 1


async def test_an_older_database_without_data_needs_no_copy(url: str, path: Path, clock: Clock) -> None:
    maintenance.upgrade(url, "0001")
    await (await Database.open(url, clock=clock)).aclose()
    assert [found.name for found in path.parent.iterdir()] == [path.name]


async def test_a_newer_database_is_refused_and_left_alone(url: str, path: Path, clock: Clock) -> None:
    await _filled(url, clock)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
        connection.commit()
    before = path.read_bytes()
    with pytest.raises(StorageTooNew, match=r"kirotodo\.db was written by a newer kirotodo. Update this one"):
        await Database.open(url, clock=clock)
    with pytest.raises(StorageTooNew):
        maintenance.upgrade(url)
    with pytest.raises(StorageTooNew):
        maintenance.downgrade(url, "0001")
    assert path.read_bytes() == before
    report = maintenance.check(url)
    assert not report.ok
    assert "newer" in report.problems[0]


async def test_a_migration_that_fails_leaves_the_database_as_it_was(url: str, path: Path, clock: Clock) -> None:
    await _filled(url, clock)
    maintenance.downgrade(url, "0001")
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE search_index (in_the_way)")
        connection.commit()
    tables = _tables(path)
    with pytest.raises(StorageError, match=r"kirotodo\.db"):
        await Database.open(url, clock=clock)
    assert _tables(path) == tables
    assert maintenance.check(url).revision == "0001"


async def test_two_first_starts_at_once_make_one_database(url: str, clock: Clock) -> None:
    await open_at_once(url, clock)


@pytest.mark.slow
def test_opening_a_database_that_is_up_to_date_does_not_import_alembic(url: str) -> None:
    maintenance.upgrade(url)
    program = (
        "import asyncio, sys\n"
        "from datetime import UTC, datetime\n"
        "from kirotodo.core.store.database import Database\n"
        "async def main():\n"
        "    database = await Database.open(sys.argv[1], clock=lambda: datetime.now(UTC))\n"
        "    async with database.begin('ann') as store:\n"
        "        await store.tasks.count_pending()\n"
        "    await database.aclose()\n"
        "asyncio.run(main())\n"
        "print([name for name in sys.modules if name.split('.')[0] in ('alembic', 'mako')])\n"
    )
    done = subprocess.run([sys.executable, "-c", program, url], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


@pytest.mark.slow
def test_alembic_itself_works_from_a_checkout(url: str, tmp_path: Path) -> None:
    def alembic(*arguments: str) -> str:
        command = [sys.executable, "-m", "alembic", "-c", str(ROOT / "alembic.ini"), *arguments]
        environment = {**os.environ, "DATABASE_URL": url}
        return subprocess.run(command, env=environment, cwd=tmp_path, capture_output=True, text=True, check=True).stdout

    alembic("upgrade", "head")
    assert maintenance.check(url).revision == revisions.HEAD
    assert f"{revisions.HEAD} (head)" in alembic("current")
    alembic("downgrade", "-1")
    assert maintenance.check(url).revision == revisions.REVISIONS[-2]
