"""What a file format is: how it is recognised, read and written, and what of a task it cannot hold."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

from kirotodo.client.commands.formats import Rows
from kirotodo.core.domain.task import Task
from kirotodo.core.lazy_dataclasses import dataclass

Fields = Mapping[str, Any]
NOTHING: Final[frozenset[str]] = frozenset()


@dataclass(frozen=True, kw_only=True, slots=True)
class Format:
    """A file format.

    `fits` says whether a text looks like it; `read` gives the fields of each row, and raises `InvalidInput` for a text
    that is none. `write` is None for a format that is only read. `lost` are the fields of a task that it cannot hold.
    """

    name: str
    fits: Callable[[str], bool]
    read: Callable[[str], Rows]
    suffixes: tuple[str, ...] = ()
    write: Callable[[Sequence[Task]], str] | None = None
    lost: frozenset[str] = NOTHING


def unused(names: Iterable[str]) -> tuple[str, ...]:
    """Return a remark that names the keys of a file that are not used, if there are any."""
    listed = tuple(dict.fromkeys(names))
    return (f"Not used: {', '.join(listed)}.",) if listed else ()


def losses(form: Format, tasks: Sequence[Task]) -> str:
    """Return a sentence that says what of these tasks the format cannot hold; empty where it holds everything."""
    empty: Mapping[str, Any] = {"priority": "none", "recurs_from": "schedule", "position": 0, "tags": (), "notes": ""}
    counts = {
        field: sum(getattr(task, field) not in (None, empty.get(field)) for task in tasks)
        for field in sorted(form.lost)
    }
    named = [f"{field} ({count})" for field, count in counts.items() if count]
    return f"{form.name} can't hold these, of so many tasks: {', '.join(named)}." if named else ""
