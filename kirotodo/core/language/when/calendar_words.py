"""Names of weekdays and months, with their abbreviations and common misspellings."""

import datetime as dt
from collections.abc import Iterator
from typing import Final

from kirotodo.core.language.when.tokens import Line, cut
from kirotodo.core.text.patterns import pattern

_WEEKDAYS: Final = (
    "monday mon",
    "tuesday tue tues",
    "wednesday wed weds wednes wednsday wensday",
    "thursday thu thur thurs thrusday",
    "friday fri",
    "saturday sat saterday",
    "sunday sun",
)
_MONTHS: Final = (
    "january jan",
    "february feb febuary",
    "march mar",
    "april apr",
    "may",
    "june jun",
    "july jul",
    "august aug",
    "september sep sept",
    "october oct",
    "november nov",
    "december dec",
)


def _misspelt(name: str) -> Iterator[str]:
    """Yield a name of a day with a letter left out, two letters swapped, or another vowel."""
    for i in range(1, len(name)):
        yield name[:i] + name[i + 1 :]
        yield name[:i] + name[i + 1 : i + 2] + name[i] + name[i + 2 :]
        if name[i] in "aeiou":
            yield from (name[:i] + vowel + name[i + 1 :] for vowel in "aeiou")


WEEKDAYS: Final = {
    word: index
    for index, words in enumerate(_WEEKDAYS)
    for word in (*_misspelt(words.split()[0]), *words.split())
    if word not in ("sundy", "sunda")
}
MONTHS: Final = {word: index for index, words in enumerate(_MONTHS, 1) for word in words.split()}

WEAK_WEEKDAYS: Final = frozenset({"mon", "wed", "sat", "sun", "wednes"})
"""Also other words, or the beginnings of such: alone they need a preposition or the end of a clause."""
PEOPLE: Final = frozenset({"april", "may", "june", "jan", "august"})
"""Months that people are called by too."""

RELATIVE_WORDS: Final = {
    "today": 0, "2day": 0, "todays": 0, "tomorrow": 1, "tomorrows": 1, "tmrw": 1, "tmr": 1, "tmrrw": 1,
    "tmw": 1, "tomorow": 1, "tommorow": 1, "tommorrow": 1, "tomorro": 1, "tomo": 1, "2morrow": 1, "2moro": 1,
    "2mrw": 1, "yesterday": -1, "yesterdays": -1, "yday": -1, "overmorrow": 2,
}  # fmt: skip
"""Days counted from today, with the spellings of telephones."""


_ISO: Final = pattern(
    r"(\d{4})([-/.])(\d{1,2})\2(\d{1,2})(?:(?:T|\s)(\d{2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?(?:Z"
    r"|[+-]\d{2}:?\d{2})?)?(?!\w)"
)
_SPACED: Final = pattern(r"(\d{1,4}) ([-/.]) (\d{1,2}) \2 (\d{1,4})(?!\w)")
_COMPACT: Final = pattern(r"((?:19|20)\d\d)(0[1-9]|1[0-2])([0-3]\d)(?![\w.,]*\d)")
_FULL: Final = pattern(r"(\d{1,2})([-/.])(\d{1,2})\2(\d{4}|\d{2})(?!\w)")
_YEAR_MONTH: Final = pattern(r"((?:19|20)\d\d)[-/](\d{1,2})(?![\w/.-]*\d)")
_MONTH_YEAR: Final = pattern(r"(\d{1,2})[-/]((?:19|20)\d\d)(?![\w/.-]*\d)")
_SHORT: Final = pattern(r"(\d{1,2})/(\d{1,2})(?!\w)")
_DOTTED: Final = pattern(r"(\d\d)\.(\d\d)\.(?![\w.])")


def full_date(line: Line, i: int, *, day_first: bool) -> tuple[dt.date | None, dt.time | None, int] | None:
    """Read a complete date at token i; None in its place where there is no such day."""
    text, start = line.text, line.starts[i]
    if match := _ISO.match(text, start):
        year, _, month, day, hour, minute, second = match.groups()
        time = _time(hour, minute, second) if hour else None
        return valid_date(int(year), int(month), int(day)), time, token_after(line, i, match.end())
    if match := _COMPACT.match(text, start):
        year, month, day = (int(part) for part in match.groups())
        return valid_date(year, month, day), None, token_after(line, i, match.end())
    if match := _SPACED.match(text, start):
        joined = match[0].replace(" ", "")
        whole = _ISO.fullmatch(joined) or _FULL.fullmatch(joined)
        inner = full_date(cut(joined), 0, day_first=day_first) if whole and len(joined) > 7 else None
        return (inner[0], None, token_after(line, i, match.end())) if inner else None
    if match := _FULL.match(text, start):
        one, mark, two, year = match.groups()
        if len(year) == 2 and mark != "/" and (len(one), len(two)) != (2, 2):
            return None  # a version: "5.1.27"
        first_is_day = day_first or mark == "."
        month, day = (int(two), int(one)) if first_is_day else (int(one), int(two))
        if month > 12 >= day:
            month, day = day, month
        return valid_date(full_year(year), month, day), None, token_after(line, i, match.end())
    return None


def year_month(line: Line, i: int) -> tuple[int, int, int] | None:
    """Read "2014/10" or "10/2014": year, month and the token after it."""
    if match := _YEAR_MONTH.match(line.text, line.starts[i]):
        year, month = match.groups()
    elif match := _MONTH_YEAR.match(line.text, line.starts[i]):
        month, year = match.groups()
    else:
        return None
    return (int(year), int(month), token_after(line, i, match.end())) if 0 < int(month) < 13 else None


def short_date(line: Line, i: int, *, day_first: bool) -> tuple[int, int, int] | None:
    """Read "11/27", and "27.11." as much of Europe writes it: month, day and the token after it."""
    dotted = _DOTTED.match(line.text, line.starts[i])
    match = dotted or _SHORT.match(line.text, line.starts[i])
    if match is None:
        return None
    month, day = (int(part) for part in (match.groups()[::-1] if day_first or dotted else match.groups()))
    if month > 12 >= day and not dotted:
        month, day = day, month
    return (month, day, token_after(line, i, match.end())) if 0 < month < 13 and 0 < day < 32 else None


def full_year(digits: str) -> int:
    """Return a year of four digits, also from one of two: 25 is 2025, 85 is 1985."""
    year = int(digits)
    if len(digits) != 2:
        return year
    return 2000 + year if year < 70 else 1900 + year


def valid_date(year: int, month: int, day: int) -> dt.date | None:
    """Return the date, or None where there is no such day."""
    try:
        return dt.date(year, month, day)
    except ValueError:
        return None


def _time(hour: str, minute: str, second: str | None) -> dt.time | None:
    try:
        return dt.time(int(hour), int(minute), int(second or 0))
    except ValueError:
        return None


def token_after(line: Line, i: int, end: int) -> int:
    """Return the first token that begins at or after character `end`."""
    while i < line.size and line.starts[i] < end:
        i += 1
    return i
