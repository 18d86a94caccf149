# ruff: noqa: ASYNC240 (nobody waits for a test that blocks)
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from kirotodo.core.domain.task import TaskDraft, TaskFilter
from kirotodo.core.errors import Conflict, InvalidInput, NotFound, StorageCorrupt, StorageError, StorageTooNew
from kirotodo.core.store import maintenance, revisions
from kirotodo.core.store.database import Database
from tests.core.store.conftest import ANN, Clock, titles


@pytest.fixture
def kind() -> str:
    return "sqlite"


async def _with(url: str, clock: Clock, *names: str) -> None:
    database = await Database.open(url, clock=clock)
    async with database.begin(ANN) as store:
        for name in names:
            await store.tasks.add(TaskDraft(title=name))
    await database.aclose()


async def _titles(url: str, clock: Clock) -> list[str]:
    database = await Database.open(url, clock=clock)
    async with database.read(ANN) as store:
        found = await titles(store, TaskFilter())
        assert await titles(store, TaskFilter(search=" ".join(found[:1]))) == found[:1]
    await database.aclose()
    return found


async def test_a_sound_database_passes_the_check(url: str, path: Path, clock: Clock) -> None:
    await _with(url, clock, "a", "b")
    report = maintenance.check(url)
    assert report.ok
    assert (report.path, report.revision, report.head) == (path, revisions.HEAD, revisions.HEAD)
    assert (report.counts["users"], report.counts["tasks"], report.counts["changes"]) == (1, 2, 2)


async def test_rows_that_belong_to_nothing_fail_the_check(url: str, path: Path, clock: Clock) -> None:
    await _with(url, clock, "a")
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("INSERT INTO task_tags VALUES ('ann', 99, 0, 'x', 'x')")
        connection.commit()
    assert maintenance.check(url).problems == ("1 rows of task_tags refer to rows that don't exist.",)


async def test_a_damaged_database_fails_the_check(url: str, path: Path, clock: Clock) -> None:
    await _with(url, clock, *(f"task {number}" for number in range(300)))
    data = bytearray(path.read_bytes())
    data[5 * 4096 : 20 * 4096] = b"x" * (15 * 4096)
    path.write_bytes(data)
    try:
        problems = maintenance.check(url).problems
    except StorageCorrupt as error:
        problems = (error.message,)
    assert "damaged" in problems[0]


def test_what_is_not_there_is_said_so(url: str, tmp_path: Path) -> None:
    for attempt in (
        lambda: maintenance.check(url),
        lambda: maintenance.downgrade(url, "base"),
        lambda: maintenance.backup(url, tmp_path / "copy.db"),
        lambda: maintenance.restore(tmp_path / "copy.db", url),
    ):
        with pytest.raises(NotFound, match="There is no"):
            attempt()
    with pytest.raises(InvalidInput, match=r"There is no revision 4711. Choose one of: 0001"):
        maintenance.upgrade(url, "4711")


async def test_a_backup_is_whole_even_while_the_list_is_open(
    database: Database, url: str, tmp_path: Path, clock: Clock
) -> None:
    async with database.begin(ANN) as store:
        await store.tasks.add(TaskDraft(title="in the log still"))
    copy = maintenance.backup(url, tmp_path / "new" / "copy.db")
    assert [found.name for found in copy.parent.iterdir()] == ["copy.db"]
    assert await _titles(f"sqlite:///{copy}", clock) == ["in the log still"]


async def test_a_backup_overwrites_only_when_told(url: str, path: Path, tmp_path: Path, clock: Clock) -> None:
    await _with(url, clock, "a")
    target = tmp_path / "copy.db"
    target.write_text("precious")
    with pytest.raises(Conflict, match="already exists"):
        maintenance.backup(url, target)
    assert target.read_text() == "precious"
    maintenance.backup(url, target, overwrite=True)
    assert maintenance.check(f"sqlite:///{target}").counts["tasks"] == 1
    with pytest.raises(Conflict, match="the database itself"):
        maintenance.backup(url, path, overwrite=True)


async def test_a_restore_keeps_what_was_there(url: str, path: Path, tmp_path: Path, clock: Clock) -> None:
    await _with(url, clock, "old")
    copy = maintenance.backup(url, tmp_path / "copy.db")
    await _with(url, clock, "new")
    kept = maintenance.restore(copy, url)
    assert await _titles(url, clock) == ["old"]
    assert kept is not None
    assert await _titles(f"sqlite:///{kept}", clock) == ["old", "new"]


async def test_a_restore_into_nothing(url: str, path: Path, tmp_path: Path, clock: Clock) -> None:
    await _with(url, clock, "a")
    copy = maintenance.backup(url, tmp_path / "copy.db")
    elsewhere = f"sqlite:///{tmp_path}/elsewhere/list.db"
    assert maintenance.restore(copy, elsewhere) is None
    assert await _titles(elsewhere, clock) == ["a"]


async def test_a_restore_of_an_older_copy_migrates_it(url: str, path: Path, tmp_path: Path, clock: Clock) -> None:
    await _with(url, clock, "a")
    maintenance.downgrade(url, "0001")
    copy = maintenance.backup(url, tmp_path / "older.db")
    maintenance.restore(copy, url)
    assert maintenance.check(url).revision == revisions.HEAD
    assert await _titles(url, clock) == ["a"]


async def test_a_restore_over_a_damaged_file_keeps_the_damaged_one(
    url: str, path: Path, tmp_path: Path, clock: Clock
) -> None:
    await _with(url, clock, "a")
    copy = maintenance.backup(url, tmp_path / "copy.db")
    path.write_text("no database at all " * 100)
    kept = maintenance.restore(copy, url)
    assert await _titles(url, clock) == ["a"]
    assert kept is not None
    assert kept.read_text().startswith("no database at all")


async def test_a_restore_is_seen_by_who_has_the_list_open(
    database: Database, url: str, tmp_path: Path, clock: Clock
) -> None:
    async with database.begin(ANN) as store:
        await store.tasks.add(TaskDraft(title="old"))
    copy = maintenance.backup(url, tmp_path / "copy.db")
    async with database.begin(ANN) as store:
        await store.tasks.add(TaskDraft(title="new"))
    maintenance.restore(copy, url)
    async with database.read(ANN) as store:
        assert await titles(store, TaskFilter()) == ["old"]
    async with database.begin(ANN) as store:
        await store.tasks.add(TaskDraft(title="newer"))
    assert maintenance.check(url).ok


async def test_what_is_no_list_of_ours_is_not_restored(url: str, path: Path, tmp_path: Path, clock: Clock) -> None:
    await _with(url, clock, "a")
    source = tmp_path / "source.db"
    source.write_text("text")
    with pytest.raises(StorageCorrupt, match=r"source\.db"):
        maintenance.restore(source, url)
    source.unlink()
    with closing(sqlite3.connect(source)) as connection:
        with pytest.raises(StorageError, match="empty database"):
            maintenance.restore(source, url)
        connection.execute("CREATE TABLE recipes (id)")
        connection.commit()
        with pytest.raises(StorageError, match="another program"):
            maintenance.restore(source, url)
    source.unlink()
    maintenance.backup(url, source)
    with closing(sqlite3.connect(source)) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
        connection.commit()
    with pytest.raises(StorageTooNew):
        maintenance.restore(source, url)
    with pytest.raises(Conflict, match="itself"):
        maintenance.restore(path, url)
    assert await _titles(url, clock) == ["a"]
    assert list(tmp_path.glob("*.before-*")) == []
