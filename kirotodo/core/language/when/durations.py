"""Read lengths of time ("2 hours", "an hour and a half", "1 year 2 months", "three business days") and add them."""

import calendar
import datetime as dt
from fractions import Fraction
from typing import Final, NamedTuple

from kirotodo.core.language.when.calendar_words import WEEKDAYS
from kirotodo.core.language.when.numbers import amount, digits
from kirotodo.core.language.when.tokens import Line


class Length(NamedTuple):
    """A length of time. `fine` names the smallest unit given; `weekday` counts that weekday ("four tuesdays")."""

    months: int = 0
    days: int = 0
    seconds: int = 0
    workdays: int = 0
    weekdays: int = 0
    weekday: int = -1
    fine: str = "day"


_UNIT_WORDS: Final = {
    "second": "second seconds sec secs",
    "minute": "minute minutes min mins",
    "hour": "hour hours hr hrs",
    "day": "day days dy",
    "week": "week weeks wk wks",
    "fortnight": "fortnight fortnights",
    "month": "month months mth mths",
    "quarter": "quarter quarters",
    "year": "year years yr yrs",
    "decade": "decade decades",
}
UNITS: Final = {word: unit for unit, words in _UNIT_WORDS.items() for word in words.split()}
_GLUED_UNITS: Final = {"h": "hour", "m": "minute", "s": "second", "d": "day", "w": "week", "mo": "month", "y": "year"}
_SECONDS: Final = {"second": 1, "minute": 60, "hour": 3600}
_DAYS: Final = {"day": 1, "week": 7, "fortnight": 14}
_MONTHS: Final = {"month": 1, "quarter": 3, "year": 12, "decade": 120}
_LONGEST: Final = 400 * 12
_ORDER: Final = ("second", "minute", "hour", "day", "week", "fortnight", "month", "quarter", "year", "decade")


def unit_at(line: Line, i: int) -> tuple[str, int] | None:
    """Read a unit of time at token i; single letters only where they touch their number."""
    word = line.words[i]
    unit = UNITS.get(word)
    if unit:
        return unit, i + 1
    if word in _GLUED_UNITS and line.glued(i):
        return _GLUED_UNITS[word], i + 1
    return None


def length_at(line: Line, i: int) -> tuple[Length, int] | None:
    """Read a length of time at token i, of one or several units."""
    first = _single(line, i)
    if first is None:
        return None
    total, j = first
    while True:
        words = line.words
        k = j + 1 if words[j] in (",", "and") else j
        if words[k] == "and":
            k += 1
        if words[k : k + 2] == ("a", "half") and words[k - 1] == "and" and total.weekday < 0:
            half = _scaled(Fraction(1, 2), total.fine)
            if half is None:
                return total, j
            return _plus(total, half), k + 2
        more = _single(line, k)
        if more is None or _ORDER.index(more[0].fine) >= _ORDER.index(total.fine):
            return total, j
        total, j = _plus(total, more[0]), more[1]


def _single(line: Line, i: int) -> tuple[Length, int] | None:
    counted = amount(line, i)
    if counted is None:
        return None
    value, j = counted
    words = line.words
    if words[j] in ("business", "working", "work") and words[j + 1] in ("day", "days") and value == int(value):
        return Length(workdays=int(value)), j + 2
    if words[j] in ("weekdays", "workdays", "weekday", "workday") and value == int(value):
        return Length(workdays=int(value)), j + 1
    if words[j] == "-" and words[j + 1] in UNITS:
        j += 1
    unit = unit_at(line, j)
    if unit is None:
        named = WEEKDAYS.get(words[j].removesuffix("s")) if len(words[j]) > 4 else None
        if named is not None and value == int(value) and 0 < value < 500:
            return Length(weekdays=int(value), weekday=named), j + 1
        return None
    length = _scaled(value, unit[0])
    if unit[0] == "hour" and words[j] == "h" and line.glued(j + 1) and digits(words[j + 1]) and len(words[j + 1]) == 2:
        minutes, end = int(words[j + 1]), j + 2
        if words[end] in ("m", "min", "mins") and line.glued(end):
            end += 1
        return (Length(seconds=int(value * 3600) + 60 * minutes, fine="minute"), end) if minutes < 60 else None
    return (length, unit[1]) if length is not None else None


def _scaled(value: Fraction | int, unit: str) -> Length | None:
    if unit in _SECONDS:
        return Length(seconds=int(value * _SECONDS[unit]), fine=unit)
    if unit in _DAYS:
        days = value * _DAYS[unit]
        if days == int(days):
            return Length(days=int(days), fine=unit) if days < 150_000 else None
        return Length(seconds=int(days * 86_400), fine="hour") if unit == "day" else Length(days=int(days), fine=unit)
    months = value * _MONTHS[unit]
    if months > _LONGEST:
        return None
    if months == int(months):
        return Length(months=int(months), fine=unit)
    return Length(days=round(months * 30), fine=unit)


def _plus(one: Length, two: Length) -> Length:
    return Length(one.months + two.months, one.days + two.days, one.seconds + two.seconds, fine=two.fine)


def moved(moment: dt.datetime, length: Length, sign: int) -> dt.datetime | None:
    """Return a moment moved by a length, forward (1) or back (-1), or None beyond the end of the calendar."""
    try:
        if length.weekday >= 0:
            step = (length.weekday - moment.weekday()) % 7 or 7
            if sign < 0:
                step = 7 - (step % 7)
            return moment + sign * dt.timedelta(days=step + 7 * (length.weekdays - 1))
        if length.workdays:
            return _workdays(moment, length.workdays, sign)
        if length.months:
            moment = dt.datetime.combine(add_months(moment.date(), sign * length.months), moment.time())
        return moment + sign * dt.timedelta(days=length.days, seconds=length.seconds)
    except (OverflowError, ValueError):
        return None


def _workdays(moment: dt.datetime, count: int, sign: int) -> dt.datetime:
    for _ in range(min(count, 5_000)):
        moment += dt.timedelta(days=sign)
        while moment.weekday() >= 5:
            moment += dt.timedelta(days=sign)
    return moment


def add_months(day: dt.date, months: int) -> dt.date:
    """Return the same day of a later month, or that month's last day where it has no such day."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return dt.date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))
