"""Files of ours belong to their owner alone, whatever the umask says and an older release left behind."""

import asyncio
import os
import shutil
import stat
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from kirotodo.core.store import maintenance
from kirotodo.core.store.database import Database
from kirotodo.core.text.files import atomic_write, make_private_folder

pytestmark = pytest.mark.skipif(os.name == "nt", reason="Windows keeps who may read a file elsewhere")


@pytest.fixture(params=[0o000, 0o022, 0o077, 0o277, 0o777], ids=oct)
def umask(request: pytest.FixtureRequest) -> Iterator[None]:
    before = os.umask(request.param)
    yield
    os.umask(before)


def modes(folder: Path) -> dict[str, str]:
    return {path.name: f"{stat.S_IMODE(path.stat().st_mode):o}" for path in sorted(folder.rglob("*"))}


def opened(folder: Path) -> None:
    """Open the list there, write into it, and look at the files that SQLite lays beside it while it is open."""

    async def run() -> None:
        database = await Database.open(f"sqlite:///{folder / 'list.db'}", clock=lambda: datetime.now(UTC))
        try:
            async with database.begin("1") as store:
                await store.set_timezone("Europe/Vienna")
            assert set(modes(folder).values()) == {"600"}
        finally:
            await database.aclose()

    asyncio.run(run())


@pytest.mark.usefixtures("umask")
def test_a_new_list_is_its_owners_with_all_its_folders_and_copies(tmp_path: Path) -> None:
    home = tmp_path / "a" / "b"
    opened(home)
    copy = maintenance.backup(f"sqlite:///{home / 'list.db'}", home / "copies" / "copy.db")
    maintenance.restore(copy, f"sqlite:///{home / 'list.db'}")
    maintenance.upgrade(f"sqlite:///{home / 'new.db'}")
    maintenance.downgrade(f"sqlite:///{home / 'list.db'}", "0001")
    found = modes(tmp_path)
    assert {mode for name, mode in found.items() if "." not in name} == {"700"}
    assert {mode for name, mode in found.items() if "." in name} == {"600"}
    assert sum("before" in name for name in found) == 2


@pytest.mark.usefixtures("umask")
def test_what_is_written_whole_is_its_owners(tmp_path: Path) -> None:
    atomic_write(tmp_path / "a" / "b" / "state.json", "{}")
    make_private_folder(tmp_path / "a" / "b")
    assert modes(tmp_path) == {"a": "700", "b": "700", "state.json": "600"}


@pytest.mark.parametrize(
    ("before", "after"), [("644", "600"), ("604", "600"), ("640", "600"), ("660", "660"), ("600", "600")]
)
def test_an_older_list_is_taken_back_unless_it_is_shared(
    tmp_path: Path, empty_list: Path, before: str, after: str
) -> None:
    """What only its group may write besides was made so on purpose."""
    path = tmp_path / "list.db"
    shutil.copy(empty_list, path)
    path.chmod(int(before, 8))

    async def run() -> None:
        await (await Database.open(f"sqlite:///{path}", clock=lambda: datetime.now(UTC))).aclose()

    asyncio.run(run())
    assert modes(tmp_path)["list.db"] == after
