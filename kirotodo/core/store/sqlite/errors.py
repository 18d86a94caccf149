"""What went wrong with a database file, as one sentence that says what to do: the one place that reads its errors."""

import sqlite3
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from kirotodo.core.errors import (
    Conflict,
    InvalidInput,
    KirotodoError,
    StorageBusy,
    StorageCorrupt,
    StorageError,
    StorageFull,
    StorageReadOnly,
)


def busy(path: Path) -> StorageBusy:
    """Return the error for a file that another program holds."""
    return StorageBusy(f"{path} is locked by another program. Close that program, or try again in a moment.")


def read_only(path: Path) -> StorageReadOnly:
    """Return the error for a file that cannot be written."""
    return StorageReadOnly(
        f"{path} can't be written. Allow writing to it and its folder, or choose another file with DATABASE_URL."
    )


def corrupt(path: Path) -> StorageCorrupt:
    """Return the error for a file that is damaged."""
    return StorageCorrupt(
        f"{path} is damaged or not a database. Move it to start with an empty list, "
        "or restore a backup with `kirotodo db restore`."
    )


def gone(path: Path) -> StorageCorrupt:
    """Return the error for a file that went away while it was open."""
    return StorageCorrupt(
        f"{path} was deleted, moved or replaced while it was open; nothing more is written to it. "
        "Put it back, or restore a backup, and start kirotodo again."
    )


def translated(error: BaseException, path: Path) -> KirotodoError | None:
    """The error of ours that this one of the driver, the pool or the file system means; None for any other."""
    if _is(error, "sqlalchemy.exc", "DBAPIError"):
        original = getattr(error, "orig", None)
        return translated(original, path) if original is not None else None
    if isinstance(error, UnicodeEncodeError) or _is(error, "pydantic_core", "PydanticSerializationError"):
        return InvalidInput("The text contains characters that can't be stored. Type it again without them.")
    if isinstance(error, sqlite3.Error):
        return _of_sqlite(error, path)
    if isinstance(error, PermissionError):
        return read_only(path)
    return None


def _is(error: BaseException, module: str, name: str) -> bool:
    """Return whether it is an error of a module that may not be imported yet; then it is none."""
    found = sys.modules.get(module)
    return found is not None and isinstance(error, getattr(found, name))


def _of_sqlite(error: sqlite3.Error, path: Path) -> KirotodoError:
    match getattr(error, "sqlite_errorcode", 0) & 0xFF:
        case sqlite3.SQLITE_BUSY | sqlite3.SQLITE_LOCKED:
            return busy(path)
        case sqlite3.SQLITE_FULL:
            return StorageFull(f"The disk of {path} is full. Free some space and try again.")
        case sqlite3.SQLITE_READONLY | sqlite3.SQLITE_PERM | sqlite3.SQLITE_AUTH:
            return read_only(path)
        case sqlite3.SQLITE_CANTOPEN:
            return StorageError(f"{path} can't be opened. Check that its folder exists and can be read and written.")
        case sqlite3.SQLITE_CORRUPT | sqlite3.SQLITE_NOTADB | sqlite3.SQLITE_FORMAT:
            return corrupt(path)
        case sqlite3.SQLITE_CONSTRAINT:
            return Conflict("Something else changed this at the same time. Try again.")
        case _:
            return StorageError(f"{path} could not be read or written ({error}); check the disk and try again.")


@contextmanager
def translate_errors(path: Path) -> Iterator[None]:
    """Raise our errors in place of those of the driver and the file system."""
    try:
        yield
    except KirotodoError:
        raise
    except Exception as error:
        ours = translated(error, path)
        if ours is None:
            raise
        raise ours from error
