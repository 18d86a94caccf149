"""Filters in words: read with a user's clock, and joined to what else is asked of a list."""

from collections.abc import Mapping
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
from kirotodo.core.domain.task import Due, TaskFilter, sort_keys
from kirotodo.core.domain.view import View, checked_name
from kirotodo.core.errors import FilterError, InvalidInput, NotFound
from kirotodo.core.text.folding import name_key
from kirotodo.core.text.patterns import pattern

if TYPE_CHECKING:
    from kirotodo.core.language.types import When
    from kirotodo.core.store.database import Store
    from kirotodo.core.tools.user_clock import UserClock

_WEEK: Final = timedelta(days=7)
_HYPHEN: Final = pattern(r"(?<=[A-Za-z])[-_]|[-_](?=[A-Za-z])")
_NEARBY: Final = {"yesterday": -1, "today": 0, "tomorrow": 1}


def parse_filter(text: str, *, at: "UserClock", views: Mapping[str, str] | None = None) -> Condition:
    """Return what a filter means now; `views` are the filters that `@name` stands for. Raises `FilterError`."""
    from kirotodo.core.domain.filter_parser import parse

    def read_days(words: str, *, past: bool, after: date | None) -> tuple[date, date]:
        return _days(words, past=past, after=after, at=at)

    return parse(text, read_days, views=views)


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


async def read_filter(store: "Store", where: TaskFilter, *, at: "UserClock") -> TaskFilter:
    """Return the filter with what it says in words read, the views that it names among them. Raises `FilterError`."""
    if where.filter is None:
        return where
    views = {view.name: view.filter for view in await store.views.all()} if "@" in where.filter else {}
    return with_condition(where, at=at, views=views)


def with_condition(where: TaskFilter, *, at: "UserClock", views: Mapping[str, str] | None = None) -> TaskFilter:
    """Return the filter with what it says in words read. Raises `FilterError`.

    What the other fields can say is put there, since the store has indexes and counts for it; the rest becomes the
    `condition`. A filter in words that says if it means open or done tasks is about both as long as no status is set.
    """
    if where.filter is None:
        return where
    condition = parse_filter(where.filter, at=at, views=views)
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


# --- views ---


async def views_of(store: "Store", *, at: "UserClock") -> tuple[View, ...]:
    """Return the user's views, pinned ones first; each that can't be read (any more) says why and where."""
    found = await store.views.all()
    filters = {view.name: view.filter for view in found}
    return tuple(_examined(view, filters, at=at) for view in found)


def _examined(view: View, filters: Mapping[str, str], *, at: "UserClock") -> View:
    try:
        parse_filter(view.filter, at=at, views=filters)
    except FilterError as error:
        return replace(view, problem=error.message, position=error.position)
    return view


async def save_view(store: "Store", view: View, *, instead_of: str | None = None, at: "UserClock") -> View:
    """Store a view, in place of one of the same name; with `instead_of` that one, which there must be, is replaced.

    Raises `NotFound` or `InvalidInput`.
    """
    known = {name_key(each.name): each for each in await store.views.all()}
    if instead_of is not None and name_key(instead_of) not in known:
        raise NotFound(f"There is no view “{instead_of}”.")
    view = replace(
        view, name=checked_name(view.name), filter=" ".join(view.filter.split()), problem=None, position=None
    )
    taken = name_key(view.name) in known and instead_of is not None and name_key(view.name) != name_key(instead_of)
    if taken:
        raise InvalidInput(f"There is a view “{view.name}” already.")
    if view.sort is not None:
        sort_keys(view.sort)
    others = {each.name: each.filter for key, each in known.items() if key != name_key(instead_of or view.name)}
    parse_filter(view.filter, at=at, views={**others, view.name: view.filter})
    await store.views.save(view, instead_of=instead_of)
    return view
