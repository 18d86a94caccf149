# ruff: noqa: ASYNC240 (nobody waits for a test that blocks)
import asyncio
import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from sqlalchemy import text

from kirotodo.core.domain.task import TaskDraft, TaskFilter
from kirotodo.core.errors import ConfigError, StorageCorrupt, StorageError, StorageFull, StorageReadOnly
from kirotodo.core.store import maintenance
from kirotodo.core.store.database import Database
from tests.core.store.conftest import ANN, Clock, titles


@pytest.fixture
def kind() -> str:
    return "sqlite"


NOBODY = 65534


@pytest.mark.parametrize(
    "url",
    [
        "mysql://user@host/name",
        "sqlite://",
        "sqlite:///:memory:",
        "sqlite:///file:x?mode=memory&uri=true",
        "nonsense",
        "",
    ],
)
async def test_an_address_that_names_no_file_is_a_matter_of_configuration(url: str, clock: Clock) -> None:
    with pytest.raises(ConfigError, match="DATABASE_URL"):
        await Database.open(url, clock=clock)


async def test_missing_folders_are_made_for_their_owner_alone(tmp_path: Path, clock: Clock) -> None:
    path = tmp_path / "a" / "b" / "list %41?.db"
    database = await Database.open(f"sqlite:///{str(path).replace('?', '%3F').replace('%41', '%2541')}", clock=clock)
    await database.aclose()
    assert path.parent.stat().st_mode & 0o077 == 0


async def test_text_in_the_place_of_the_database(url: str, path: Path, clock: Clock) -> None:
    path.write_text("dear diary " * 50)
    with pytest.raises(StorageCorrupt, match=r"kirotodo\.db is damaged or not a database. Move it"):
        await Database.open(url, clock=clock)
    assert path.read_text().startswith("dear diary")


async def test_a_database_of_another_program_is_left_alone(url: str, path: Path, clock: Clock) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE recipes (id)")
        connection.commit()
    with pytest.raises(StorageError, match="another program"):
        await Database.open(url, clock=clock)
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT name FROM sqlite_master").fetchall() == [("recipes",)]


async def test_an_empty_file_becomes_a_database(url: str, path: Path, clock: Clock) -> None:
    path.touch()
    await (await Database.open(url, clock=clock)).aclose()
    assert maintenance.check(url).ok


async def test_a_folder_in_the_place_of_the_database(url: str, path: Path, clock: Clock) -> None:
    path.mkdir()
    with pytest.raises(StorageError, match="is a folder"):
        await Database.open(url, clock=clock)


async def test_a_file_in_the_place_of_the_folder(tmp_path: Path, clock: Clock) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StorageError, match="can't be created"):
        await Database.open(f"sqlite:///{tmp_path}/file/deeper/list.db", clock=clock)


async def _fill(database: Database, pragma: str, count: int = 500) -> None:
    """Write under a limit that SQLite sets itself; there is no disk here that may be filled."""
    async with database.begin(ANN) as store:
        await store._scope.connection.execute(text(pragma))
        for number in range(count):
            await store.tasks.add(TaskDraft(title=f"lost {number}", notes="x" * 2000))


@pytest.mark.slow
async def test_a_full_disk_stops_one_write_and_nothing_else(database: Database, path: Path) -> None:
    async with database.begin(ANN) as store:
        await store.tasks.add(TaskDraft(title="kept"))
    with pytest.raises(StorageFull, match=r"The disk of .*kirotodo\.db is full. Free some space"):
        await _fill(database, "PRAGMA max_page_count = 1")
    await _fill(database, "PRAGMA max_page_count = 1000000", count=0)
    async with database.begin(ANN) as store:
        await store.tasks.add(TaskDraft(title="after"))
        assert await titles(store, TaskFilter()) == ["kept", "after"]


async def _look(url: str, clock: Clock) -> None:
    database = await Database.open(url, clock=clock)
    try:
        async with database.read(ANN) as store:
            await titles(store, TaskFilter(sort="title"))
    finally:
        await database.aclose()


async def test_damage_that_shows_later_is_told_in_a_sentence(url: str, path: Path, clock: Clock) -> None:
    database = await Database.open(url, clock=clock)
    async with database.begin(ANN) as store:
        for number in range(300):
            await store.tasks.add(TaskDraft(title=f"task {number}"))
    await database.aclose()
    data = bytearray(path.read_bytes())
    data[3 * 4096 :] = b"\xff" * (len(data) - 3 * 4096)
    path.write_bytes(data)
    with pytest.raises(StorageCorrupt, match="damaged"):
        await _look(url, clock)


READER = """
import asyncio, os, sys
from datetime import UTC, datetime
from kirotodo.core.domain.task import TaskDraft
from kirotodo.core.errors import KirotodoError
from kirotodo.core.store.database import Database

async def attempt(url, **options):
    try:
        database = await Database.open(url, clock=lambda: datetime.now(UTC), **options)
    except KirotodoError as error:
        return ["open " + type(error).__name__]
    told = []
    async with database.read("ann") as store:
        token = database._engine.change_token()
        told.append(f"read {await store.tasks.count_pending()} {token == database._engine.change_token()}")
    try:
        async with database.begin("ann") as store:
            await store.tasks.add(TaskDraft(title="x"))
        told.append("write")
    except KirotodoError as error:
        told.append("write " + type(error).__name__)
    await database.aclose()
    return told

url, warm, user = sys.argv[1:]
assert asyncio.run(attempt(warm)) == ["read 0 True", "write"]  # imports everything while it still may
if user:
    os.setgroups([])
    os.setuid(int(user))
print(*asyncio.run(attempt(url)), *asyncio.run(attempt(url, read_only_ok=True)), sep="\\n")
"""


@pytest.fixture
def shared_folder() -> Iterator[Path]:
    """A folder that another user can look into."""
    with TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        yield Path(folder)
        os.chmod(folder, 0o755)


def _as_someone_else(url: str, warm: Path) -> list[str]:
    """What a user without rights gets: another one where this one has all rights, else this one."""
    user = str(NOBODY) if os.getuid() == 0 else ""
    command = [sys.executable, "-c", READER, url, f"sqlite:///{warm}", user]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()


@pytest.mark.slow
@pytest.mark.parametrize("in_use", [False, True])
async def test_a_folder_that_cannot_be_written_can_be_read(
    shared_folder: Path, tmp_path: Path, clock: Clock, in_use: bool
) -> None:
    path = shared_folder / "kirotodo.db"
    database = await Database.open(f"sqlite:///{path}", clock=clock)
    async with database.begin(ANN) as store:
        await store.tasks.add(TaskDraft(title="a"))
    if not in_use:
        await database.aclose()
    for each in shared_folder.iterdir():
        each.chmod(0o444)
    shared_folder.chmod(0o555)
    output = await asyncio.to_thread(_as_someone_else, f"sqlite:///{path}", tmp_path / "warm.db")
    assert output == ["open StorageReadOnly", "read 1 True", "write StorageReadOnly"]
    if in_use:
        await database.aclose()


@pytest.mark.slow
async def test_a_first_start_in_a_folder_that_cannot_be_written(shared_folder: Path, tmp_path: Path) -> None:
    shared_folder.chmod(0o555)
    output = await asyncio.to_thread(
        _as_someone_else, f"sqlite:///{shared_folder}/deeper/kirotodo.db", tmp_path / "warm.db"
    )
    assert output == ["open StorageReadOnly", "open StorageReadOnly"]


async def test_a_write_that_the_system_refuses(database: Database) -> None:
    with pytest.raises(StorageReadOnly, match=r"can.t be written. Allow writing"):
        await _fill(database, "PRAGMA query_only = ON", count=1)
