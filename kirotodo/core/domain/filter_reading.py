"""A filter while it is being typed: its condition or the place of its error, and how the word at the cursor goes on.

For a text box of a client, which knows neither the grammar of dates nor the database: days in words are taken for right
here, and read by the backend with the filter.
"""

import datetime as dt
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Final, get_args

from kirotodo.core.domain.filter_parser import nearest, parse
from kirotodo.core.domain.filters import Condition, DayField, InProject, Lackable, State, Tagged, leaves, named
from kirotodo.core.domain.task import PRIORITIES
from kirotodo.core.errors import FilterError
from kirotodo.core.lazy_dataclasses import dataclass
from kirotodo.core.text.folding import fold, name_key

DAY_WORDS: Final = ("today", "tomorrow", "yesterday", "this-week", "next-week", "this-month", "monday", "friday")
COMPLETIONS_MAX: Final = 10
_WORD: Final = re.compile(r"(?:[^\s()\"]|\"[^\"]*\"?)*$")
_FIXED: Final = (
    *(f"{field}:" for field in get_args(DayField)),
    *("overdue", *(f"is:{state}" for state in get_args(State) if state != "overdue")),
    *(f"no:{field}" for field in get_args(Lackable)),
    *(f"!{priority}" for priority in reversed(PRIORITIES)),
)


@dataclass(frozen=True, kw_only=True, slots=True)
class KnownNames:
    """The projects, tags and views that a filter can name; `views` are their filters by name."""

    projects: Sequence[str] = ()
    tags: Sequence[str] = ()
    views: Mapping[str, str] | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class FilterReading:
    """What a filter means, or why and where it can't be read.

    `hints` are names in it that nothing on the list has, each with the one that is near ("+hme": "+home").
    `completions` can stand in place of the text from `start` to the cursor.
    """

    condition: Condition | None
    error: FilterError | None
    hints: tuple[tuple[str, str], ...] = ()
    start: int = 0
    completions: tuple[str, ...] = ()


def read_typed(text: str, *, cursor: int | None = None, today: dt.date, names: KnownNames) -> FilterReading:
    """Return what is to be said of a filter while it is typed. Never raises."""
    start, going_on = completions(text[: len(text) if cursor is None else cursor], names)
    try:
        condition = parse(text, lambda words, *, past, after: (after or today,) * 2, views=names.views)
    except FilterError as error:
        return FilterReading(condition=None, error=error, start=start, completions=going_on)
    return FilterReading(
        condition=condition, error=None, hints=_hints(condition, names), start=start, completions=going_on
    )


def completions(before: str, names: KnownNames) -> tuple[int, tuple[str, ...]]:
    """Return where the word at the cursor begins, without a - before it, and how it may go on."""
    found = _WORD.search(before)
    word = found[0].lstrip("-") if found else ""
    start = len(before) - len(word)
    if not word:
        return start, ()
    going_on = [each for each in _candidates(word, names) if each != word and _plain(each).startswith(_plain(word))]
    return start, tuple(going_on[:COMPLETIONS_MAX])


def _plain(word: str) -> str:
    """Return a word without case, accents and quotes."""
    return fold(word).replace('"', "")


def _candidates(word: str, names: KnownNames) -> Iterable[str]:
    match word[0]:
        case "+":
            yield from (f"+{named(name)}" for name in names.projects)
        case "#":
            yield from (f"#{named(name)}" for name in names.tags)
        case "@":
            yield from (f"@{named(name)}" for name in names.views or ())
        case _:
            yield from _FIXED
            field, colon, _ = word.partition(":")
            if colon and field in get_args(DayField):
                yield from (f"{field}:{day}" for day in DAY_WORDS)


def _hints(condition: Condition, names: KnownNames) -> tuple[tuple[str, str], ...]:
    found = []
    for leaf in leaves(condition):
        if not isinstance(leaf, InProject | Tagged):
            continue
        sign, known = ("+", names.projects) if isinstance(leaf, InProject) else ("#", names.tags)
        by_key = {name_key(name): name for name in known}
        near = None if name_key(leaf.name) in by_key else nearest(name_key(leaf.name), by_key)
        if near is not None:
            found.append((f"{sign}{named(leaf.name)}", f"{sign}{named(by_key[near])}"))
    return tuple(found)
