"""Days that people call by name, with fixed and computed dates."""

import datetime as dt
from collections.abc import Callable
from typing import Final, TypeAlias

from kirotodo.core.language.when.tokens import Line

Rule: TypeAlias = Callable[[int], dt.date]


def nth_weekday(year: int, month: int, weekday: int, nth: int) -> dt.date:
    """Return the nth such weekday of a month, the last for -1. Raise `ValueError` where there is none."""
    if nth > 0:
        first = dt.date(year, month, 1)
        return dt.date(year, month, 1 + (weekday - first.weekday()) % 7 + 7 * (nth - 1))
    last = (dt.date(year, month, 28) + dt.timedelta(days=4)).replace(day=1) - dt.timedelta(days=1)
    return dt.date(year, month, last.day - (last.weekday() - weekday) % 7 + 7 * (nth + 1))


def easter(year: int) -> dt.date:
    """Return Western Easter Sunday (the anonymous Gregorian algorithm)."""
    a, b, c = year % 19, year // 100, year % 100
    d = (19 * a + b - b // 4 - (b - (b + 8) // 25 + 1) // 3 + 15) % 30
    e = (32 + 2 * (b % 4) + 2 * (c // 4) - d - c % 4) % 7
    f = d + e - 7 * ((a + 11 * d + 22 * e) // 451) + 114
    return dt.date(year, f // 31, f % 31 + 1)


def _fixed(month: int, day: int) -> Rule:
    return lambda year: dt.date(year, month, day)


def _nth(month: int, weekday: int, nth: int, plus: int = 0) -> Rule:
    return lambda year: nth_weekday(year, month, weekday, nth) + dt.timedelta(days=plus)


def _easter(plus: int) -> Rule:
    return lambda year: easter(year) + dt.timedelta(days=plus)


_NAMES: Final[tuple[tuple[str, Rule], ...]] = (
    ("new year | new year day", _fixed(1, 1)),
    ("new year eve | nye | silvester", _fixed(12, 31)),
    ("epiphany | three king day", _fixed(1, 6)),
    ("martin luther king day | mlk day | martin luther king jr day", _nth(1, 0, 3)),
    ("groundhog day", _fixed(2, 2)),
    ("super bowl sunday | super bowl", _nth(2, 6, 2)),
    ("valentine | valentine day | st valentine day | saint valentine day", _fixed(2, 14)),
    ("president day | washington birthday", _nth(2, 0, 3)),
    ("woman day | women day | international woman day | international women day", _fixed(3, 8)),
    ("pi day", _fixed(3, 14)),
    ("st patrick | st patrick day | saint patrick | saint patrick day | st paddy day", _fixed(3, 17)),
    ("april fool | april fool day | all fool day", _fixed(4, 1)),
    ("mardi gra | shrove tuesday | pancake day | fat tuesday", _easter(-47)),
    ("ash wednesday", _easter(-46)),
    ("palm sunday", _easter(-7)),
    ("maundy thursday", _easter(-3)),
    ("good friday", _easter(-2)),
    ("holy saturday | easter saturday", _easter(-1)),
    ("easter | easter sunday | easter day", easter),
    ("easter monday", _easter(1)),
    ("ascension day", _easter(39)),
    ("pentecost | whit sunday | whitsun", _easter(49)),
    ("whit monday | pentecost monday", _easter(50)),
    ("corpus christi", _easter(60)),
    ("tax day", _fixed(4, 15)),
    ("earth day", _fixed(4, 22)),
    ("st george day | saint george day", _fixed(4, 23)),
    ("anzac day", _fixed(4, 25)),
    ("may day | worker day | international worker day | international labour day", _fixed(5, 1)),
    ("star war day", _fixed(5, 4)),
    ("cinco de mayo", _fixed(5, 5)),
    ("mother day | mum day", _nth(5, 6, 2)),
    ("memorial day", _nth(5, 0, -1)),
    ("juneteenth", _fixed(6, 19)),
    ("father day | dad day", _nth(6, 6, 3)),
    ("canada day", _fixed(7, 1)),
    ("independence day | fourth of july | 4th of july | july fourth", _fixed(7, 4)),
    ("bastille day", _fixed(7, 14)),
    ("assumption day", _fixed(8, 15)),
    ("labor day | labour day", _nth(9, 0, 1)),
    ("columbus day | indigenous people day", _nth(10, 0, 2)),
    ("boss day", _fixed(10, 16)),
    ("halloween | hallowe'en | all hallow eve", _fixed(10, 31)),
    ("all saint day | all saint", _fixed(11, 1)),
    ("all soul day", _fixed(11, 2)),
    ("guy fawke night | guy fawke day | bonfire night", _fixed(11, 5)),
    ("veteran day | armistice day | remembrance day", _fixed(11, 11)),
    ("thanksgiving | thanksgiving day", _nth(11, 3, 4)),
    ("thanksgiving eve", _nth(11, 3, 4, -1)),
    ("black friday", _nth(11, 3, 4, 1)),
    ("small business saturday", _nth(11, 3, 4, 2)),
    ("cyber monday", _nth(11, 3, 4, 4)),
    ("st nicholas day | saint nicholas day", _fixed(12, 6)),
    ("christmas eve | xmas eve | xma eve", _fixed(12, 24)),
    ("christmas | christmas day | xmas | xmas day | x-mas | noel", _fixed(12, 25)),
    ("boxing day | st stephen day", _fixed(12, 26)),
)


def _stem(word: str) -> str:
    return word[:-1] if len(word) > 3 and word.endswith("s") else word


_BY_FIRST: Final[dict[str, list[tuple[tuple[str, ...], Rule]]]] = {}
for _names, _rule in _NAMES:
    for _name in _names.split(" | "):
        _words = tuple(_stem(word) for word in _name.split())
        _BY_FIRST.setdefault(_words[0], []).append((_words, _rule))
for _entries in _BY_FIRST.values():
    _entries.sort(key=lambda entry: -len(entry[0]))

START_STEMS: Final = frozenset(_BY_FIRST)


def holiday_at(line: Line, i: int) -> tuple[Rule, int] | None:
    """Read a named day at token i: the rule that gives its date in a year, and the token after it."""
    for words, rule in _BY_FIRST.get(_stem(line.words[i]), ()):
        j = i
        for word in words:
            while j > i and line.words[j] in ("'", "."):
                j += 1
            if _stem(line.words[j]) != word:
                break
            j += 1
        else:
            return rule, j
    return None
