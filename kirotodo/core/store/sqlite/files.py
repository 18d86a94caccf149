"""The database file before it is opened: its folder, whether it can be written, and what shape it has. Blocks."""

import os
import sqlite3
from contextlib import closing
from pathlib import Path

from kirotodo.core.errors import StorageError, StorageReadOnly
from kirotodo.core.store import revisions
from kirotodo.core.store.sqlite import driver, errors, schema
from kirotodo.core.text.files import close_to_others, make_private_file, make_private_folder


def prepare(path: Path, *, read_only_ok: bool = False) -> driver.Mode:
    """See that a database of the right shape is there, and how to open it. Raises `StorageError` and its kinds."""
    with errors.translate_errors(path):
        return _prepare(path, read_only_ok)


def _prepare(path: Path, read_only_ok: bool) -> driver.Mode:
    if path.is_dir():
        raise StorageError(f"{path} is a folder. DATABASE_URL must name a file.")
    if path.exists():
        if _writable(path):
            keep_private(path)
            schema.make_ready(path)
            return "write"
        if not read_only_ok:
            raise errors.read_only(path)
        return _readable(path)
    make_folder(path)
    keep_private(path)
    schema.make_ready(path)
    return "write"


def keep_private(path: Path) -> None:
    """Make the file for its owner alone where there is none, so that what SQLite lays beside it is so too; and take an
    older one, which may be readable for all, back from others."""
    try:
        make_private_file(path)
    except FileExistsError:
        for suffix in ("", "-wal", "-shm"):
            close_to_others(path.with_name(path.name + suffix))


def make_folder(path: Path) -> None:
    """The folder that the file is to lie in, for its owner alone where it has to be made."""
    try:
        make_private_folder(path.parent)
    except PermissionError:
        raise errors.read_only(path) from None
    except OSError as error:
        raise StorageError(
            f"The folder {path.parent} can't be created ({error.strerror}). Choose another file with DATABASE_URL."
        ) from None
    if not os.access(path.parent, os.W_OK | os.X_OK):
        raise errors.read_only(path)


def _writable(path: Path) -> bool:
    return os.access(path, os.W_OK) and os.access(path.parent, os.W_OK | os.X_OK)


def _readable(path: Path) -> driver.Mode:
    """How a file that cannot be written can be read, if it needs no migration."""
    mode = _reading_mode(path)
    with closing(driver.connect(path, mode)) as connection:
        revision = schema.revision_of(connection, path)
    schema.refuse_newer(revision, path)
    if revision != revisions.HEAD:
        raise errors.read_only(path)
    return mode


def connect_to_read(path: Path) -> sqlite3.Connection:
    """A connection that changes nothing, also where nothing can be changed.

    Raises `StorageError` and `sqlite3.Error`.
    """
    return driver.connect(path, "read" if _writable(path) else _reading_mode(path))


def _reading_mode(path: Path) -> driver.Mode:
    """`read`, or `immutable` where the files that readers share cannot be made; nobody writes there, so none need to.

    Raises `StorageReadOnly` where that would leave out, without a word, changes that wait beside the file.
    """
    try:
        with closing(driver.connect(path, "read")) as connection:
            connection.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchone()
    except sqlite3.OperationalError:
        waiting = path.with_name(f"{path.name}-wal")
        if waiting.exists() and waiting.stat().st_size:
            raise StorageReadOnly(
                f"{path} cannot be read where it is, since the newest changes wait in {waiting} and its folder cannot "
                "be written; copy both files to a folder of yours, and name the copy with DATABASE_URL."
            ) from None
        return "immutable"
    return "read"
