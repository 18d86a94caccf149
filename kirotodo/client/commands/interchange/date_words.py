"""Dates as other programs write them: "December 3, 2026", "12/15/2026", "every saturday", "in 5 days".

What is plain is read here. The rest is read by the grammar of whoever keeps the list, through the port, so that it
comes to the same as when one types it.
"""

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, Final

from kirotodo.client.commands.formats import Rows
from kirotodo.client.commands.output import Progress
from kirotodo.core.backend import Backend
from kirotodo.core.errors import InvalidInput
from kirotodo.core.lazy_dataclasses import dataclass

DATES: Final = ("due_date", "start_date", "completed_at", "created_at", "remind_at")
_DAYS: Final = ("%B %d, %Y", "%b %d, %Y", "%d %B %Y", "%d %b %Y", "%d/%b/%y", "%d/%b/%Y", "%Y/%m/%d", "%Y%m%d")
_CLOCKS: Final = ("", " %H:%M", " %I:%M %p", " %H:%M:%S", " %I:%M:%S %p")
_PATTERNS: Final = tuple(day + clock for day in _DAYS for clock in _CLOCKS)
_MARK: Final = "zz"
WORDS_MAX: Final = 2_000
"""Different dates in words that are asked about; a file with more is no list."""
_NO_DATES: Final = frozenset((
    "x", "0", "1", "y", "n", "yes", "no", "true", "false", "done", "open", "completed", "complete", "closed",
    "finished", "pending", "todo", "✓",
))  # fmt: skip
"""What stands in a column of dates and says only whether a task is done."""


@dataclass(frozen=True, kw_only=True, slots=True)
class WhenRead:
    """What words for a date say."""

    day: dt.date
    clock: dt.time | None = None
    recurrence: str | None = None

    @property
    def text(self) -> str:
        """Return the day, with its time if there is one, as rows have it."""
        return f"{self.day}" if self.clock is None else f"{self.day}T{self.clock}"


async def with_dates_read(rows: Rows, backend: Backend, *, progress: type[Progress]) -> Rows:
    """Return rows in which dates in words are written as `2026-12-03T17:00`. What can't be read stays as it is."""
    wanted = {words for _, fields in rows.numbered for words in _words_in(fields)}
    known = {words: found for words in wanted if (found := _plain(words)) is not None}
    to_ask = sorted(wanted - set(known))[:WORDS_MAX]
    with progress("Reading dates", len(to_ask)) as reading:
        for number, words in enumerate(to_ask, start=1):
            if (found := await _asked(words, backend)) is not None:
                known[words] = found
            reading.reach(number)
    if not known:
        return rows
    return replace(rows, numbered=tuple((where, _written(fields, known)) for where, fields in rows.numbered))


def _words_in(fields: object) -> Iterable[str]:
    if isinstance(fields, Mapping):
        for name in DATES:
            if (words := _words(fields, name)) is not None:
                yield words


def _words(fields: Mapping[str, Any], name: str) -> str | None:
    """Return the text of a date that is not written as ISO 8601 has it; of a due date, with its time."""
    text = fields.get(name)
    if not isinstance(text, str) or not text.strip() or text.strip().lower() in _NO_DATES or _is_iso(text.strip()):
        return None
    text = " ".join(text.split())
    if text.upper().removeprefix("TRIGGER:").lstrip("-+").startswith("PT") or text.startswith(("-P", "P")):
        return None
    clock = fields.get("due_time") if name == "due_date" else None
    return f"{text} {clock}".strip() if isinstance(clock, str) and clock.strip() else text


def _is_iso(text: str) -> bool:
    try:
        dt.datetime.fromisoformat(text)
    except ValueError:
        return False
    return len(text) >= len("2026-11-27") or "-" in text


def _plain(words: str) -> WhenRead | None:
    for pattern in _PATTERNS:
        try:
            found = dt.datetime.strptime(words, pattern)  # noqa: DTZ007 (days and times of tasks are local)
        except ValueError:
            continue
        return WhenRead(day=found.date(), clock=found.time() if "%M" in pattern else None)
    return None


async def _asked(words: str, backend: Backend) -> WhenRead | None:
    """Return what the grammar reads, where it reads all of it."""
    if len(words) > 100:
        return None
    try:
        (task,) = await backend.add_from_text(f"{_MARK} {words}", dry_run=True)
    except (InvalidInput, ValueError):
        return None
    if task.title != _MARK or task.due_date is None:
        return None
    return WhenRead(day=task.due_date, clock=task.due_time, recurrence=task.recurrence)


def _written(fields: object, known: Mapping[str, WhenRead]) -> object:
    if not isinstance(fields, Mapping):
        return fields
    changed = dict(fields)
    for name in DATES:
        found = known.get(_words(fields, name) or "")
        if found is None:
            continue
        changed[name] = found.text
        if name == "due_date":
            changed["due_time"] = None
            if found.recurrence is not None and not changed.get("recurrence"):
                changed["recurrence"] = found.recurrence
        if name == "start_date":
            changed[name] = str(found.day)
    return changed
