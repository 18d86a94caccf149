"""Which revision a SQLite file has, and bringing it to another. Alembic is imported only
where something has to move.

A new file gets the schema as `schema.json` has it, which is what all migrations together make (decision 0048).

Everything here blocks; `Database.open` calls it in a thread.
"""

import json
import sqlite3
import time
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from kirotodo.core.errors import StorageError, StorageTooNew
from kirotodo.core.store.revisions import HEAD, REVISIONS, alembic_config, is_there
from kirotodo.core.store.sqlite import driver
from kirotodo.core.text.files import make_private_file

FILE: Final = Path(__file__).with_name("schema.json")
"""The statements that make the schema of the newest revision, written by `make statements`."""


def revision_of(connection: sqlite3.Connection, path: Path) -> str | None:
    """The revision of an open database, None for an empty one. Raises `StorageError` for another program's."""
    tables = {row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    if "alembic_version" not in tables:
        if tables:
            raise StorageError(
                f"{path} belongs to another program. Choose another file for the list with DATABASE_URL."
            )
        return None
    if tables == {"alembic_version"}:
        row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
        return None if row is None else str(row[0])
    rows = connection.execute("SELECT version_num FROM alembic_version").fetchall()
    if len(rows) != 1 or not {"users", "tasks"} <= tables:
        raise StorageError(f"{path} belongs to another program. Choose another file for the list with DATABASE_URL.")
    return str(rows[0][0])


def refuse_newer(revision: str | None, path: Path) -> None:
    """Raise `StorageTooNew` for a revision that this release does not know."""
    if revision is not None and revision not in REVISIONS:
        raise StorageTooNew(f"{path} was written by a newer kirotodo. Update this one to open it.")


def make_ready(path: Path) -> None:
    """Make the database where there is none, migrate an older one after a backup copy, refuse a newer one."""
    move(path, HEAD, down=False)


def move(path: Path, revision: str, *, down: bool) -> str | None:
    """Bring the database up or down to `revision`, after a backup copy where there is data; the revision it has then.

    Where it is there or further already, nothing happens.
    """
    with closing(driver.connect(path)) as connection:
        now = revision_of(connection, path)
        refuse_newer(now, path)
        if connection.execute("PRAGMA journal_mode").fetchone() != ("wal",):
            _write_ahead(connection)
        if is_there(now, revision, down=down):
            return now
        if now is None and revision == HEAD and _make_whole(connection):
            return revision
        if now is not None and _has_data(connection):
            keep_copy(connection, path, f"before-{revision}")
    migrate(path, revision, down=down)
    return None if revision == "base" else revision


def migrate(path: Path, revision: str, *, down: bool = False) -> None:
    """Run the migrations up or down to `revision`, in one transaction."""
    from alembic import command
    from sqlalchemy import text

    engine = driver.make_migration_engine(path)
    with engine.connect() as connection, connection.begin():
        config = alembic_config(connection)
        (command.downgrade if down else command.upgrade)(config, revision)
        broken = connection.execute(text("PRAGMA foreign_key_check")).first()
        if broken is not None:
            raise StorageError(f"{path} holds rows of {broken[0]} that belong to nothing; it was left as it was.")


def _make_whole(connection: sqlite3.Connection) -> bool:
    """Make the newest schema in an empty file, in one transaction. Return whether it was empty and is ready now."""
    content = json.loads(FILE.read_text())
    if content["schema"] != HEAD:
        return False
    connection.execute(driver.BEGIN_TO_WRITE)
    try:
        empty = connection.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchone() is None
        if empty:
            for statement in content["statements"]:
                connection.execute(statement)
            connection.execute("INSERT INTO alembic_version (version_num) VALUES (?)", (HEAD,))
        connection.execute("COMMIT")
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    return empty


def keep_copy(connection: sqlite3.Connection, path: Path, why: str) -> Path:
    """A whole copy next to the database, named after why and when."""
    target = copy_name(path, why)
    make_private_file(target)
    connection.execute("VACUUM INTO ?", (str(target),))
    return target


def copy_name(path: Path, why: str) -> Path:
    """Return the name of a new copy, with why and when it was made."""
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    return unused(path.with_name(f"{path.stem}.{why}.{stamp}{path.suffix}"))


def unused(path: Path) -> Path:
    """`path`, or the first of `path-1`, `path-2` … that is not there yet."""
    candidate, number = path, 0
    while candidate.exists():
        number += 1
        candidate = path.with_name(f"{path.stem}-{number}{path.suffix}")
    return candidate


def _write_ahead(connection: sqlite3.Connection) -> None:
    """Switch to write-ahead logging, for which SQLite does not wait by itself."""
    deadline = time.monotonic() + driver.BUSY_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                raise
            time.sleep(0.02)
        else:
            return


def _has_data(connection: sqlite3.Connection) -> bool:
    return connection.execute("SELECT 1 FROM users LIMIT 1").fetchone() is not None
