"""A file is written whole, for its owner alone, or not at all."""

import os
from pathlib import Path

import pytest

from kirotodo.core.text.files import atomic_write

posix = pytest.mark.skipif(os.name == "nt", reason="modes and links of POSIX")


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


@posix
def test_a_new_file_is_its_owners_alone_and_so_are_its_folders(tmp_path: Path) -> None:
    path = tmp_path / "made" / "for" / "this.json"
    atomic_write(path, "{}")
    assert path.read_text() == "{}"
    assert mode(path) == 0o600
    assert mode(path.parent) == 0o700


@posix
def test_a_file_that_others_may_read_stops_being_one(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    path.write_text("old")
    path.chmod(0o644)
    atomic_write(path, b"new")
    assert (path.read_bytes(), mode(path)) == (b"new", 0o600)


@posix
def test_without_a_mode_the_one_of_the_file_stays_and_a_new_file_follows_the_umask(tmp_path: Path) -> None:
    old, new = tmp_path / "old", tmp_path / "new"
    old.write_text("")
    old.chmod(0o640)
    umask = os.umask(0o027)
    try:
        atomic_write(old, "x", mode=None)
        atomic_write(new, "x", mode=None)
    finally:
        os.umask(umask)
    assert (mode(old), mode(new)) == (0o640, 0o640)


@posix
def test_a_link_stays_a_link(tmp_path: Path) -> None:
    real, link = tmp_path / "real", tmp_path / "link"
    link.symlink_to(real)
    atomic_write(link, "through")
    assert link.is_symlink()
    assert real.read_text() == "through"


def test_a_file_that_is_there_may_be_kept(tmp_path: Path) -> None:
    path = tmp_path / "first"
    atomic_write(path, "one", overwrite=False)
    with pytest.raises(FileExistsError):
        atomic_write(path, "two", overwrite=False)
    assert [path.read_text(), *os.listdir(tmp_path)] == ["one", "first"]


def test_folders_are_made_only_where_wanted(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        atomic_write(tmp_path / "typo" / "list.json", "x", parents=False)
    assert os.listdir(tmp_path) == []


def test_what_fails_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "kept"
    path.write_text("old")
    with pytest.raises(UnicodeEncodeError):
        atomic_write(path, "new \ud800")
    (tmp_path / "folder").mkdir()
    with pytest.raises(OSError, match="folder"):
        atomic_write(tmp_path / "folder", "in the way")
    assert path.read_text() == "old"
    assert sorted(os.listdir(tmp_path)) == ["folder", "kept"]


def test_a_name_as_long_as_names_may_be(tmp_path: Path) -> None:
    path = tmp_path / ("n" * 255)
    atomic_write(path, "x")
    assert path.read_text() == "x"
