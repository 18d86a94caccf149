"""The revisions of the database schema that this release knows, and how Alembic finds their scripts."""

from pathlib import Path
from typing import Any, Final

REVISIONS: Final = tuple(f"{number:04}" for number in range(1, 30))
"""Every revision this release knows, oldest first."""
HEAD: Final = REVISIONS[-1]
MIGRATIONS: Final = Path(__file__).parent / "migrations"


def is_there(now: str | None, revision: str, *, down: bool) -> bool:
    """Whether a database at `now` has nothing left to do to be at `revision`."""
    known = ("base", *REVISIONS)
    at, wanted = known.index(now or "base"), known.index(revision)
    return at <= wanted if down else at >= wanted


def alembic_config(connection: Any) -> Any:
    """Return the settings with which Alembic runs our scripts on this connection."""
    from alembic.config import Config

    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config
