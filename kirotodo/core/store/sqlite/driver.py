"""What is peculiar to SQLite: where the file is, and how a connection is set up."""

import re
import sqlite3
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

from kirotodo.core.errors import ConfigError
from kirotodo.core.text.masking import hide_secrets

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

Mode = Literal["write", "read", "immutable"]
"""`read` opens without writing; `immutable` also does without the files that readers usually share."""

BUSY_SECONDS: Final = 5.0
BEGIN_TO_WRITE: Final = "BEGIN IMMEDIATE"
POOL_SIZE: Final = 5


def path_of(url: str) -> Path:
    """The file that a database URL names. Raises `ConfigError`."""
    plain = re.fullmatch(r"sqlite(?:\+aiosqlite)?:///(?!file:|:memory:)([^?]+)", url)
    if plain is not None:
        return Path(plain[1]).expanduser().absolute()
    from sqlalchemy.engine import make_url
    from sqlalchemy.exc import ArgumentError

    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        raise ConfigError(
            f"DATABASE_URL is not a database address: {hide_secrets(url)}. Use sqlite:///path/to/file.db."
        ) from None
    if parsed.get_backend_name() != "sqlite":
        raise ConfigError(
            f"The list is kept in SQLite or PostgreSQL, not {parsed.get_backend_name()}; "
            "set DATABASE_URL to sqlite:///path/to/file.db or postgresql://user:password@host/database."
        )
    if not parsed.database or parsed.database == ":memory:" or parsed.database.startswith("file:"):
        raise ConfigError("DATABASE_URL names no file. Use sqlite:///path/to/file.db.")
    return Path(parsed.database).expanduser().absolute()


def connect(path: Path, mode: Mode = "write", *, timeout: float = BUSY_SECONDS) -> sqlite3.Connection:
    """A plain connection that begins no transactions of its own accord."""
    query = {"write": "mode=rwc", "read": "mode=ro", "immutable": "mode=ro&immutable=1"}[mode]
    connection = sqlite3.connect(
        f"{path.as_uri()}?{query}", uri=True, timeout=timeout, isolation_level=None, check_same_thread=False
    )
    try:
        connection.execute("PRAGMA foreign_keys = ON")
        connection.create_function("regexp", 2, _matches, deterministic=True)
        if mode == "write":
            connection.execute("PRAGMA synchronous = NORMAL")
    except BaseException:
        connection.close()
        raise
    return connection


def _matches(pattern: str, text: str | None) -> bool | None:
    return None if text is None else re.search(pattern, text) is not None


def make_migration_engine(path: Path) -> "Engine":
    """A blocking engine for migrations: the whole of one is a single transaction that keeps every other writer out."""
    from sqlalchemy import create_engine, event
    from sqlalchemy.pool import NullPool

    engine = create_engine("sqlite://", creator=partial(_connect_for_migration, path), poolclass=NullPool)
    event.listen(engine, "begin", _begin)
    return engine


def _connect_for_migration(path: Path) -> sqlite3.Connection:
    connection = connect(path, timeout=6 * BUSY_SECONDS)
    # Batch migrations copy a table and drop the old one, which foreign keys would answer by deleting its children.
    connection.execute("PRAGMA foreign_keys = OFF")
    return connection


def _begin(connection: "Connection") -> None:
    connection.exec_driver_sql(BEGIN_TO_WRITE)
