"""Looking after a database that nobody has open: migrations up and down, checks, backup copies. For `kirotodo db`.

Everything here blocks; run it from a command, or in a thread.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, kw_only=True, slots=True)
class Report:
    """What a check found. `problems` are plain sentences, empty where all is well; `counts` are rows by table."""

    path: Path
    revision: str | None
    head: str
    problems: tuple[str, ...]
    counts: Mapping[str, int]

    @property
    def ok(self) -> bool:
        return not self.problems


def upgrade(url: str, revision: str = "head") -> str:
    """Migrate up to `revision`, after a backup copy where there is data; returns the revision it has now."""
    raise NotImplementedError


def downgrade(url: str, revision: str) -> str:
    """Migrate down to `revision` ("base" takes everything away), after a backup copy; returns the revision."""
    raise NotImplementedError


def check(url: str) -> Report:
    """Look the database over without changing it."""
    raise NotImplementedError


def backup(url: str, target: Path, *, overwrite: bool = False) -> Path:
    """Write a whole, consistent copy, even while others write. Raises `Conflict` where `target` exists."""
    raise NotImplementedError


def restore(source: Path, url: str) -> Path | None:
    """Put a backup copy in the database's place; returns where what was there before is kept, if anything was.

    Raises `StorageError` where `source` is no database of kirotodo, or a newer one.
    """
    raise NotImplementedError
