"""KIROTODO_HOME has to be a folder, or a place where one can be made."""

from pathlib import Path

import pytest

from kirotodo.cli import session
from kirotodo.core.errors import ConfigError


@pytest.mark.parametrize("below", ["", "deeper/still"])
async def test_a_file_in_its_place_is_named(below: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "home"
    file.write_text("")
    monkeypatch.setenv("KIROTODO_HOME", str(file / below))
    with pytest.raises(ConfigError, match=rf"KIROTODO_HOME is .*{file}.* is a file, not a folder"):
        async with session().backend():
            pass
    assert file.read_text() == ""


async def test_a_folder_that_is_not_there_yet_is_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KIROTODO_HOME", str(tmp_path / "new" / "home"))
    async with session().backend() as backend:
        assert (await backend.tasks()).items == ()
