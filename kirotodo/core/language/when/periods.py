"""Read weeks, weekends, months, quarters, seasons and years; their beginnings and ends, and the nth day within
them.
"""

import datetime as dt
from typing import Final, NamedTuple

from kirotodo.core.language.types import Grain
from kirotodo.core.language.when.calendar_words import MONTHS, WEEKDAYS
from kirotodo.core.language.when.days import COMING, Day, DayMatch, Weak, modifier_at, month_at, week_start, year_at
from kirotodo.core.language.when.durations import add_months, length_at, moved
from kirotodo.core.language.when.numbers import digits, ordinal
from kirotodo.core.language.when.tokens import Context

DAY: Final = dt.timedelta(days=1)
_PERIODS: Final[dict[str, Grain]] = {
    "week": "week", "wk": "week", "month": "month", "mth": "month", "year": "year", "yr": "year", "quarter": "month",
}  # fmt: skip
_SEASONS: Final = {"spring": 3, "summer": 6, "autumn": 9, "fall": 9, "winter": 12}
_WEEKENDS: Final = frozenset({"weekend", "weekends", "wknd"})
_BEGIN: Final = frozenset({"beginning", "begin", "start", "early"})
_MIDDLE: Final = frozenset({"middle", "mid"})
_END: Final = frozenset({"end", "close", "late"})
_SHORT_ENDS: Final = {"eom": "month", "eoy": "year", "eow": "week", "eoq": "quarter"}


class Period(NamedTuple):
    """The first and last day; `year_open` where no year was given, so that it may be moved on by one."""

    first: dt.date
    last: dt.date
    grain: Grain
    unit: str
    year_open: bool = False


def _week(ctx: Context, way: int) -> Period:
    first = week_start(ctx, ctx.today) + 7 * way * DAY
    return Period(first, first + 6 * DAY, "week", "week")


def _months(first: dt.date, count: int, grain: Grain, unit: str, *, year_open: bool = False) -> Period:
    return Period(first, add_months(first, count) - DAY, grain, unit, year_open)


def _unit_period(ctx: Context, unit: str, way: int) -> Period:
    if unit in ("week", "wk"):
        return _week(ctx, way)
    first = ctx.today.replace(day=1)
    if unit in ("month", "mth"):
        return _months(add_months(first, way), 1, "month", "month")
    if unit == "quarter":
        return _months(add_months(first.replace(month=(first.month - 1) // 3 * 3 + 1), 3 * way), 3, "month", "quarter")
    return _months(dt.date(first.year + way, 1, 1), 12, "year", "year")


def _named_month(ctx: Context, month: int, year: int | None, way: int | None = None) -> Period:
    if year is None:
        year = ctx.today.year
        if way is None or way > 0:
            year += month < ctx.today.month or (month == ctx.today.month and way == 1)
        elif way < 0:
            year -= month >= ctx.today.month
        return _months(dt.date(year, month, 1), 1, "month", "month", year_open=way is None)
    return _months(dt.date(year, month, 1), 1, "month", "month")


def period_at(ctx: Context, i: int) -> tuple[Period, int] | None:
    """Read a period at token i: "next week", "the month", "october 2027", "q3 2027", "this summer", "the year
    2030".
    """
    words = ctx.words
    modifier = modifier_at(ctx, i)
    j = modifier[2] if modifier else i + 1 if words[i] == "the" else i
    if modifier and words[j] == "around":
        j += 1
    word = words[j]
    if word in _PERIODS and (modifier or j > i):
        if word in ("year",) and (year := year_at(ctx, j + 1)) and words[j + 1] not in ("in", "of"):
            return _months(dt.date(year[0], 1, 1), 12, "year", "year"), year[1]
        way, j = modifier[0] if modifier else 0, j + 1
        if words[j : j + 2] == ("after", "next") and modifier is None:
            way, j = 2, j + 2
        return _unit_period(ctx, word, way), j
    if word in _SEASONS and modifier:
        return _season(ctx, _SEASONS[word], modifier[0]), j + 1
    if named := month_at(ctx, j):
        year = year_at(ctx, named[1])
        if modifier and year is None:
            return _named_month(ctx, named[0], None, modifier[0]), named[1]
        return _named_month(ctx, named[0], year[0] if year else None), year[1] if year else named[1]
    return _quarter(ctx, i) or _plain_year(ctx, i)


def _season(ctx: Context, month: int, way: int) -> Period:
    first = dt.date(ctx.today.year, month, 1)
    if add_months(first, 3) <= ctx.today:
        first = add_months(first, 12)
    if way < 0 or (way > 0 and first <= ctx.today):
        first = add_months(first, 12 * way)
    return _months(first, 3, "month", "season")


def _quarter(ctx: Context, i: int) -> tuple[Period, int] | None:
    words = ctx.words
    if words[i] == "q" and words[i + 1] in ("1", "2", "3", "4") and ctx.line.glued(i + 1):
        number, j = int(words[i + 1]), i + 2
    else:
        k = i + 1 if words[i] == "the" else i
        counted = ordinal(ctx.line, k)
        if counted is None or words[counted[1]] not in ("quarter", "qtr") or not 0 < counted[0] < 5:
            return None
        number, j = counted[0], counted[1] + 1
    year = year_at(ctx, j)
    month = 3 * number - 2
    if year:
        return _months(dt.date(year[0], month, 1), 3, "month", "quarter"), year[1]
    over = add_months(dt.date(ctx.today.year, month, 1), 3) <= ctx.today
    return _months(dt.date(ctx.today.year + over, month, 1), 3, "month", "quarter"), j


def _plain_year(ctx: Context, i: int) -> tuple[Period, int] | None:
    word = ctx.words[i]
    if digits(word) and len(word) == 4 and "1900" <= word < "2200":
        return _months(dt.date(int(word), 1, 1), 12, "year", "number"), i + 1
    return None


def period_day(ctx: Context, i: int) -> DayMatch:
    """Read a whole period as a date with an end."""
    words = ctx.words
    if words[i] in ("rest", "remainder") or (words[i] == "the" and words[i + 1] == "rest"):
        j = i + 2 if words[i] == "the" else i + 1
        rest = period_at(ctx, j + 1) if words[j] == "of" else None
        if rest is None or not rest[0].first <= ctx.today <= rest[0].last:
            return None
        return Day(ctx.today, until=rest[0].last, grain=rest[0].grain), rest[1]
    found = period_at(ctx, i)
    if found is None:
        return None
    period, j = found
    if period.unit == "number":
        return Day(period.first, until=period.last, grain="year", weak="lead"), j
    if words[i] == "the" and j == i + 2 and words[i + 1] in _PERIODS:
        return None
    if words[i] == "the" and words[i + 1] in ("last", "past") and period.unit != "week":
        return None
    weak: Weak = ""
    if words[i] in MONTHS and not digits(words[j - 1]):
        weak = "lead"
    elif words[j - 1] in ("may", "march", "mar") and not ctx.line.capital(j - 1):
        weak = "edge"
    return Day(period.first, until=period.last, grain=period.grain, weak=weak), j


def counted_period(ctx: Context, i: int) -> DayMatch:
    """Read "the next 3 days", "coming two weeks", "past month and a half": from today on, or up to today."""
    words = ctx.words
    modifier = modifier_at(ctx, i)
    if modifier is None or modifier[0] == 0:
        if modifier is None and (length := length_at(ctx.line, i)) is None and digits(words[i]):
            return None
        return None
    j = modifier[2]
    if words[j] in ("a", "an"):
        return None
    length = length_at(ctx.line, j)
    if length is None or length[0].seconds:
        return None
    end = moved(ctx.now, length[0], modifier[0])
    if end is None:
        return None
    first, last = sorted((ctx.today, end.date()))
    return Day(first, until=last), length[1]


def weekend_day(ctx: Context, i: int) -> DayMatch:
    """Read "this weekend", "the weekend", "next weekend"; "the weekend of halloween" is left to the day it names."""
    words = ctx.words
    modifier = modifier_at(ctx, i)
    j = modifier[2] if modifier else i + 1 if words[i] == "the" else i
    if words[j] == "week" and words[j + 1] in ("end", "-"):
        j += 2 if words[j + 1] == "-" else 1
        if words[j] != "end":
            return None
    elif words[j] not in _WEEKENDS or words[j] == "weekends":
        return None
    if words[j + 1 : j + 3] == ("after", "next") and modifier is None:
        modifier, j = (2, False, j), j + 2
    first_day = 4 if ctx.preferences.weekend == "friday" else 5
    monday = ctx.today - ctx.today.weekday() * DAY
    way = modifier[0] if modifier else 0
    if modifier and modifier[1] and way > 0:
        way = 0
    first = monday + (first_day + 7 * way) * DAY
    last = monday + (6 + 7 * way) * DAY
    first = max(first, ctx.today) if way == 0 else first
    return Day(first, until=last, weak="" if modifier else "lead" if j == i else "edge"), j + 1


def edge_day(ctx: Context, i: int) -> DayMatch:
    """Read "end of the month", "beginning of next week", "mid-march", "eom"."""
    words = ctx.words
    word = words[i]
    if word in _SHORT_ENDS:
        return Day(_last_day(_unit_period(ctx, _SHORT_ENDS[word], 0))), i + 1
    if word in ("month", "quarter", "year") and words[i + 1] == "end":
        return Day(_last_day(_unit_period(ctx, word, 0)), weak="lead"), i + 2
    if word == "the" and words[i + 1] in _BEGIN | _MIDDLE | _END:
        i, word = i + 1, words[i + 1]
    if word not in _BEGIN and word not in _MIDDLE and word not in _END:
        return None
    j = i + 1
    if words[j] in ("of", "-") or (words[j] == "in" and word in _MIDDLE | _BEGIN):
        j += 1
    elif word not in ("mid", "early", "late", "end"):
        return None
    if words[j] == "around":
        j += 1
    inner = period_at(ctx, j)
    if inner is None and words[j] in _PERIODS and (word == "end" or words[j - 1] == "of"):
        inner = _unit_period(ctx, words[j], 0), j + 1
    if inner is None:
        return None
    period, j = inner
    if period.unit == "number" and words[j - 2] != "of":
        return None
    return _edge_of(period, word, ctx.today), j


def _edge_of(period: Period, word: str, today: dt.date) -> Day:
    """Return the part of a period that "end", "beginning" or "mid" says."""
    if word in _END:
        return Day(_last_day(period))
    if word in _MIDDLE:
        return Day(_within(period, 2))
    begun = period.first < today <= period.last
    if begun and period.unit in ("week", "month", "quarter", "year") and word != "early":
        period = _moved_on(period)
    return Day(period.first, until=_within(period, 1))


def _last_day(period: Period) -> dt.date:
    """A week ends with its working days; everything else with its last day."""
    return period.first + ((4 - period.first.weekday()) % 7) * DAY if period.unit == "week" else period.last


def _within(period: Period, half: int) -> dt.date:
    days = (period.last - period.first).days
    if period.unit == "month" and half == 2:
        return period.first + 14 * DAY
    return period.first + (days // 2 if half == 2 else days // 3) * DAY


def _moved_on(period: Period) -> Period:
    if period.unit == "week":
        return Period(period.first + 7 * DAY, period.last + 7 * DAY, "week", "week")
    months = {"month": 12 if period.year_open else 1, "quarter": 3, "year": 12}.get(period.unit, 12)
    count = {"month": 1, "quarter": 3, "year": 12}.get(period.unit, 3)
    return _months(add_months(period.first, months), count, period.grain, period.unit, year_open=period.year_open)


def week_of(ctx: Context, day: dt.date) -> Day:
    """Return the week that contains a day, as a day with an end."""
    first = week_start(ctx, day)
    return Day(first, until=first + 6 * DAY, grain="week")


def nth_at(ctx: Context, i: int) -> tuple[int, int] | None:
    """Read a position: "second" 2, "last" -1, "2nd to last" -2, "third last" -3, "next to last" -2."""
    words = ctx.words
    if words[i] == "the":
        i += 1
    if words[i] in ("last", "final"):
        return -1, i + 1
    if words[i] in ("next", "second") and words[i + 1 : i + 3] == ("to", "last"):
        return -2, i + 3
    if words[i] == "penultimate":
        return -2, i + 1
    counted = ordinal(ctx.line, i)
    if counted is None:
        return None
    number, j = counted
    if words[j] == "to" and words[j + 1] in ("last", "the"):
        j = j + 3 if words[j + 1] == "the" and words[j + 2] == "last" else j + 2
        return -number, j
    return (-number, j + 1) if words[j] == "last" else (number, j)


def nth_day(ctx: Context, i: int) -> DayMatch:
    """Read "second wednesday of october 2027", "last day of february", "first week of march", "2nd to last fri in
    feb".
    """
    counted = nth_at(ctx, i)
    if counted is None:
        return None
    nth, j = counted
    words = ctx.words
    unit = words[j]
    weekday = WEEKDAYS.get(unit)
    if words[j : j + 2] in (("business", "day"), ("working", "day"), ("week", "-")):
        unit, j = ("weekday", j + 1) if words[j] != "week" else ("weekend", j + 2)
    if (weekday is None and unit not in ("day", "week", "weekday", "workday", "weekend")) or not -60 < nth < 367:
        return None
    j += 2 if weekday is not None and words[j + 1] == "." else 1
    if words[j] not in ("of", "in"):
        return None
    inner = period_at(ctx, j + 1)
    if inner is None and words[j + 1] in ("month", "year"):
        inner = _unit_period(ctx, words[j + 1], 0), j + 2
    if inner is None:
        return None
    period, end = inner
    day = _nth_within(period, nth, unit, weekday)
    open_ended = period.year_open or (words[j + 1] == "the" and words[j + 2] not in COMING)
    if open_ended and day is not None and day < ctx.today:
        day = _nth_within(_moved_on(period), nth, unit, weekday)
    if day is None:
        return Day(None), end
    return (week_of(ctx, day), end) if unit == "week" else (Day(day), end)


def _nth_within(period: Period, nth: int, unit: str, weekday: int | None) -> dt.date | None:
    step = DAY if nth > 0 else -DAY
    day, left = (period.first if nth > 0 else period.last), abs(nth)
    wanted = {weekday} if weekday is not None else None
    if unit in ("weekday", "workday"):
        wanted = {0, 1, 2, 3, 4}
    elif unit in ("weekend", "week"):
        wanted = {5} if unit == "weekend" else {3}
    while period.first <= day <= period.last:
        if wanted is None or day.weekday() in wanted:
            left -= 1
            if left == 0:
                return day
        day += step
    return None
