"""What to list, in a model's words, made into a filter."""

from collections.abc import Mapping
from datetime import date
from typing import Any, Final, get_args

from kirotodo.core.domain.task import Due, Status, TaskFilter
from kirotodo.core.errors import InvalidInput
from kirotodo.core.tools.tool import Standpoint
from kirotodo.core.tools.words import read_due

Range = tuple[date | None, date | None]
_DUES: Final[Mapping[str, Due]] = {due: due for due in get_args(Due)} | {
    "this week": "week",
    "no date": "none",
    "without date": "none",
    "all": "any",
    "late": "overdue",
}


def filter_of(arguments: Mapping[str, Any], *, at: Standpoint) -> TaskFilter:
    """Raises `InvalidInput` for days that cannot be read."""
    due_words, completed = arguments["due"], arguments["completed"]
    due: Due = _DUES.get(due_words.strip().casefold(), "any") if due_words else "any"
    named = bool(due_words) and due_words.strip().casefold() in _DUES
    due_from, due_to = (None, None) if named or not due_words else read_range(due_words, at=at)
    completed_from, completed_to = read_range(completed, at=at) if completed else (None, None)
    status: Status = arguments["status"] or ("completed" if completed else "pending")
    return TaskFilter(
        status=status,
        due=due,
        due_from=due_from,
        due_to=due_to,
        completed_from=completed_from,
        completed_to=completed_to,
        project=arguments["project"],
        tag=(arguments["tag"] or "").removeprefix("#") or None,
        priority=arguments["priority"],
        search=arguments["search"],
        sort=arguments["sort"] or ("completed" if status == "completed" else "due"),
    )


def read_range(words: str, *, at: Standpoint) -> Range:
    """ "2026-11-01..2026-11-30" (either end may be missing), or words for a day or a range. Raises `InvalidInput`."""
    if ".." in words:
        first, _, last = words.partition("..")
        return _day(first, at=at), _day(last, at=at)
    when = read_due(words, at=at)
    if when is None:
        raise InvalidInput("Name a day or a range, such as tomorrow, next week or 2026-11-01..2026-11-30.")
    return when.date, when.until or when.date


def _day(words: str, *, at: Standpoint) -> date | None:
    when = read_due(words, at=at) if words.strip() else None
    return when.date if when else None
