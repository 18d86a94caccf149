"""Looking after a database: migrations up and down, checks, backup copies. For `kirotodo db`.

What is said here is said of SQLite files; for an address of PostgreSQL each function asks `postgres.upkeep`. Everything
here blocks; run it from a command, or in a thread.
"""

import os
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final, Literal

from sqlalchemy.dialects import sqlite

from kirotodo.core.aio import run_blocking
from kirotodo.core.errors import Conflict, InvalidInput, NotFound, StorageError
from kirotodo.core.lazy_dataclasses import dataclass
from kirotodo.core.store import revisions
from kirotodo.core.store.database import Database
from kirotodo.core.store.postgres.address import is_postgres
from kirotodo.core.store.purge import Purged
from kirotodo.core.store.sqlite import driver, files, schema
from kirotodo.core.store.sqlite.errors import translate_errors
from kirotodo.core.store.task_counts import WRONG, wrong_counts
from kirotodo.core.text.files import make_private_file

_WRONG_COUNTS: Final = str(WRONG.compile(dialect=sqlite.dialect(), compile_kwargs={"literal_binds": True}))
_COUNTED: Final = ("users", "tasks", "conversations", "messages", "turns", "changes")


@dataclass(frozen=True, kw_only=True, slots=True)
class Report:
    """What a check found. `path` is the file, or names the database on its server; `problems` are plain sentences,
    empty where all is well; `counts` are rows by table."""

    path: Path | str
    revision: str | None
    head: str
    problems: tuple[str, ...]
    counts: Mapping[str, int]

    @property
    def ok(self) -> bool:
        """Return whether no problem was found."""
        return not self.problems


def upgrade(url: str, revision: str = "head") -> str | None:
    """Migrate up to `revision`, after a backup copy where there is data; returns the revision it has now."""
    target = _known(revisions.HEAD if revision == "head" else revision)
    if is_postgres(url):
        from kirotodo.core.store.postgres import maintenance

        return maintenance.move(url, target, down=False)
    path = driver.path_of(url)
    with translate_errors(path):
        files.make_folder(path)
        files.keep_private(path)
        return schema.move(path, target, down=False)


def downgrade(url: str, revision: str) -> str | None:
    """Migrate down to `revision` ("base" takes everything away), after a backup copy; returns the revision."""
    target = revision if revision == "base" else _known(revision)
    if is_postgres(url):
        from kirotodo.core.store.postgres import maintenance

        return maintenance.move(url, target, down=True)
    path = _existing(url)
    with translate_errors(path):
        return schema.move(path, target, down=True)


def check(url: str) -> Report:
    """Look the database over without changing it."""
    if is_postgres(url):
        from kirotodo.core.store.postgres import maintenance

        place, revision, problems, counts = maintenance.look(url, _COUNTED)
        return Report(path=place, revision=revision, head=revisions.HEAD, problems=problems, counts=counts)
    path = _existing(url)
    with translate_errors(path), closing(files.connect_to_read(path)) as connection:
        revision = schema.revision_of(connection, path)
        tables = {row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        return Report(
            path=path,
            revision=revision,
            head=revisions.HEAD,
            problems=tuple(_problems(connection, revision)),
            counts={name: _count(connection, name) for name in _COUNTED if name in tables},
        )


def backup(url: str, target: Path, *, overwrite: bool = False) -> Path:
    """Write a whole, consistent copy, even while others write. Raises `Conflict` where `target` exists, and
    `InvalidInput` on PostgreSQL, which has ways of its own."""
    if is_postgres(url):
        from kirotodo.core.store.postgres import maintenance

        raise maintenance.refuse_copies()
    path = _existing(url)
    target = target.expanduser().absolute()
    if target == path or (target.exists() and target.samefile(path)):
        raise Conflict(f"{target} is the database itself. Choose another file for the copy.")
    if target.exists() and not overwrite:
        raise Conflict(f"{target} already exists. Choose another file, or allow overwriting it.")
    with translate_errors(target):
        files.make_folder(target)
        part = schema.unused(target.with_name(f"{target.name}.part"))
        try:
            with translate_errors(path), closing(files.connect_to_read(path)) as connection:
                schema.revision_of(connection, path)
                make_private_file(part)
                connection.execute("VACUUM INTO ?", (str(part),))
            os.replace(part, target)
        finally:
            part.unlink(missing_ok=True)
    return target


def restore(source: Path, url: str) -> Path | None:
    """Put a backup copy in the database's place; returns where what was there before is kept, if anything was.

    Raises `StorageError` where `source` is no database of kirotodo, or a newer one, and `InvalidInput` on PostgreSQL.
    """
    if is_postgres(url):
        from kirotodo.core.store.postgres import maintenance

        raise maintenance.refuse_copies()
    source = source.expanduser().absolute()
    path = driver.path_of(url)
    if not source.is_file():
        raise NotFound(f"There is no file {source}.")
    if path.exists() and source.samefile(path):
        raise Conflict(f"{source} is the database itself. Give the backup file instead.")
    _validate(source)
    with translate_errors(path):
        files.make_folder(path)
        kept = _keep(path)
        files.keep_private(path)
        with closing(files.connect_to_read(source)) as old, closing(driver.connect(path)) as new:
            old.backup(new)
        schema.make_ready(path)
    return kept


def purge(
    url: str, *, older_than: timedelta, dry_run: bool = False, pooler: Literal["none", "transaction"] = "none"
) -> Purged:
    """Take away what has been over or deleted for that long and cannot be seen any more; or only count it."""
    if not is_postgres(url):
        _existing(url)

    async def purged() -> Purged:
        database = await Database.open(url, clock=_utc_now, pool_size=2, pooler=pooler, migrate=False)
        try:
            return await database.purge(before=_utc_now() - older_than, dry_run=dry_run)
        finally:
            await database.aclose()

    return run_blocking(purged())


def _utc_now() -> datetime:
    return datetime.now(UTC)


def _validate(source: Path) -> None:
    with translate_errors(source), closing(files.connect_to_read(source)) as connection:
        revision = schema.revision_of(connection, source)
        if revision is None:
            raise StorageError(f"{source} is an empty database. Give a backup made by `kirotodo db backup`.")
        schema.refuse_newer(revision, source)
        problems = list(_problems(connection, revision))
    if any("damaged" in problem for problem in problems):
        raise StorageError(f"{source} is damaged. Your list was left unchanged.")


def _keep(path: Path) -> Path | None:
    """A copy of what is there: of the database, or of the bare file where it is none any more."""
    if not path.exists():
        return None
    try:
        with closing(driver.connect(path)) as connection:
            return schema.keep_copy(connection, path, "before-restore")
    except sqlite3.DatabaseError as error:
        if isinstance(error, sqlite3.OperationalError):
            raise
        kept = schema.copy_name(path, "before-restore")
        os.replace(path, kept)
        for suffix in ("-wal", "-shm"):
            path.with_name(path.name + suffix).unlink(missing_ok=True)
        return kept


def _problems(connection: sqlite3.Connection, revision: str | None) -> Iterator[str]:
    try:
        found = [str(row[0]) for row in connection.execute("PRAGMA integrity_check(20)")]
    except sqlite3.DatabaseError as error:
        found = [str(error)]
    if found != ["ok"]:
        yield f"The file is damaged: {'; '.join(found)}."
        return
    loose = connection.execute("PRAGMA foreign_key_check").fetchall()
    if loose:
        tables = ", ".join(sorted({str(row[0]) for row in loose}))
        yield f"{len(loose)} rows of {tables} refer to rows that don't exist."
    if revision is None:
        yield "The database is empty. `kirotodo db upgrade` creates its tables."
    elif revision not in revisions.REVISIONS:
        yield "The database was written by a newer kirotodo. Update this one."
    elif revision != revisions.HEAD:
        yield "The database is from an older release. `kirotodo db upgrade` migrates it."
    else:
        yield from wrong_counts(*connection.execute(_WRONG_COUNTS).fetchone())


def _count(connection: sqlite3.Connection, table: str) -> int:
    return int(connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0])


def _known(revision: str) -> str:
    if revision not in revisions.REVISIONS:
        raise InvalidInput(f"There is no revision {revision}. Choose one of: {', '.join(revisions.REVISIONS)}.")
    return revision


def _existing(url: str) -> Path:
    path = driver.path_of(url)
    if not path.is_file():
        raise NotFound(f"There is no database at {path} yet.")
    return path
