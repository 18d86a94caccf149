"""What the file of a copy has beside the tables of a list: the edits that wait, the notes on those that did not go as
they were meant, and values such as the revision.
"""

from contextlib import closing
from pathlib import Path
from typing import Final

from kirotodo.core.store.sqlite import driver, errors

SUFFIXES: Final = ("", "-wal", "-shm")
_TABLES: Final = (
    "CREATE TABLE IF NOT EXISTS kept_edits (seq INTEGER PRIMARY KEY AUTOINCREMENT, value TEXT NOT NULL)",
    "CREATE TABLE IF NOT EXISTS kept_notes (id INTEGER PRIMARY KEY AUTOINCREMENT, text TEXT NOT NULL)",
    "CREATE TABLE IF NOT EXISTS kept_values (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID",
)


def add_tables(path: Path) -> None:
    """Add the tables where they are missing. Blocks. Raises `StorageError`."""
    with errors.translate_errors(path), closing(driver.connect(path, "write")) as connection:
        for statement in _TABLES:
            connection.execute(statement)
        connection.commit()


def set_aside(path: Path) -> None:
    """Rename a file that can't be used, so that another can be made in its place."""
    for suffix in SUFFIXES:
        beside = path.with_name(path.name + suffix)
        if beside.exists():
            beside.replace(path.with_name(f"{path.name}.broken{suffix}"))
