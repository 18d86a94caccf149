"""Filters in words: read with a user's clock, and joined to what else is asked of a list."""

import re
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Final

from kirotodo.core.domain.filters import (
    Condition,
    Days,
    InProject,
    Is,
    Lacks,
    OfPriority,
    Tagged,
    Word,
    all_of,
    conjuncts,
    says_status,
)
from kirotodo.core.domain.task import Due, TaskFilter
from kirotodo.core.errors import InvalidInput

if TYPE_CHECKING:
    from kirotodo.core.language.types import When
    from kirotodo.core.tools.user_clock import UserClock

_WEEK: Final = timedelta(days=7)
_HYPHEN: Final = re.compile(r"(?<=[A-Za-z])[-_]|[-_](?=[A-Za-z])")
_NEARBY: Final = {"yesterday": -1, "today": 0, "tomorrow": 1}


def parse_filter(text: str, *, at: "UserClock") -> Condition:
    """Return what a filter means now. Raises `FilterError`."""
    from kirotodo.core.domain.filter_parser import parse

    def read_days(words: str, *, past: bool, after: date | None) -> tuple[date, date]:
        return _days(words, past=past, after=after, at=at)

    return parse(text, read_days)


def _days(words: str, *, past: bool, after: date | None, at: "UserClock") -> tuple[date, date]:
    # The days that most filters name take no grammar, which takes longer to import than a command takes with its list.
    if words.lower() in _NEARBY:
        day = at.now.date() + timedelta(days=_NEARBY[words.lower()])
        return day, day
    try:
        day = date.fromisoformat(words)
    except ValueError:
        return _days_in_words(words, past=past, after=after, at=at)
    return day, day


def _days_in_words(words: str, *, past: bool, after: date | None, at: "UserClock") -> tuple[date, date]:
    if after is not None:
        at = replace(at, now=datetime.combine(after, time(), at.zone))
    when = _when(words, at=at)
    if when.grain == "minute":
        raise InvalidInput("A filter names days; leave out the time.")
    first, last = when.date, when.until or when.date
    today = at.now.date()
    if past and " " not in words and today < first <= today + _WEEK:
        first, last = first - _WEEK, last - _WEEK  # "done:monday" is about the last one
    return first, last


def _when(words: str, *, at: "UserClock") -> "When":
    from kirotodo.core.tools.timing import read_due

    for spelled in (words, _HYPHEN.sub(" ", words)):
        try:
            when = read_due(spelled, at=at)
        except InvalidInput:
            continue
        if when is not None:
            return when
    raise InvalidInput(f'“{words}” isn\'t a day. Try friday, 2026-12-24 or "next week", in quotes.')


def with_condition(where: TaskFilter, *, at: "UserClock") -> TaskFilter:
    """Return the filter with what it says in words read. Raises `FilterError`.

    What the other fields can say is put there, since the store has indexes and counts for it; the rest becomes the
    `condition`. A filter in words that says if it means open or done tasks is about both as long as no status is set.
    """
    if where.filter is None:
        return where
    condition = parse_filter(where.filter, at=at)
    where = replace(where, filter=None, status=where.status or ("all" if says_status(condition) else "pending"))
    rest = []
    for part in conjuncts(condition):
        narrowed = _narrowed(where, part, today=at.now.date())
        if narrowed is None:
            rest.append(part)
        else:
            where = narrowed
    return replace(where, condition=all_of(*rest) if rest else None)


def _narrowed(where: TaskFilter, part: Condition, *, today: date) -> TaskFilter | None:
    """Return the filter with one condition more in a field of its own; None where no field is free for it."""
    match part:
        case Is("done") if where.status != "pending":
            return replace(where, status="completed")
        case Is("open") if where.status != "completed":
            return replace(where, status="pending")
        case Is("overdue") if where.status != "completed" and _says_no_day(where):
            return replace(where, status="pending", due="overdue")
        case Word(text):
            return replace(where, search=f"{where.search} {text}" if where.search else text)
        case InProject(name) if where.project is None:
            return replace(where, project=name)
        case Tagged(name) if where.tag is None:
            return replace(where, tag=name)
        case OfPriority(priority) if where.priority is None:
            return replace(where, priority=priority)
        case Lacks("date") if _says_no_day(where):
            return replace(where, due="none")
        case Days():
            return _narrowed_days(where, part, today)
        case _:
            return None


def _narrowed_days(where: TaskFilter, days: Days, today: date) -> TaskFilter | None:
    if days.field == "due" and _says_no_day(where):
        due = _due_of(days, today)
        return replace(where, due=due) if due else replace(where, due_from=days.first, due_to=days.last)
    if days.field == "done" and where.status != "pending" and not (where.completed_from or where.completed_to):
        return replace(where, status="completed", completed_from=days.first, completed_to=days.last)
    return None


def _due_of(days: Days, today: date) -> Due | None:
    """Return the name of these days, for which counts are kept."""
    if days.first != today:
        return None
    return "today" if days.last == today else "week" if days.last == today + timedelta(days=6) else None


def _says_no_day(where: TaskFilter) -> bool:
    return where.due == "any" and where.due_from is None and where.due_to is None
