"""SQLite lists for tests, migrated once in a process and copied: to migrate takes longer than most tests."""

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory


@cache
def migrated() -> bytes:
    """Return the file of a list that is migrated and empty."""
    from kirotodo.core.store import maintenance

    with TemporaryDirectory() as folder:
        path = Path(folder) / "list.db"
        maintenance.upgrade(f"sqlite:///{path}")
        return path.read_bytes()


def list_at(path: Path) -> str:
    """Return the address of the list at `path`; where there is none, make an empty one."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(migrated())
    return f"sqlite:///{path}"
