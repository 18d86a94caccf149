"""Combine a day, a time and a part of the day: "tomorrow at 5pm", "8 tonight", "aug 27th - 29th".

`moment_at` reads one whole expression; whether it counts as a date where it stands is decided in `parse`.
"""

import datetime as dt
from collections.abc import Callable
from typing import Final, NamedTuple, TypeAlias

from kirotodo.core.language.types import Grain, When
from kirotodo.core.language.when.calendar_words import MONTHS, RELATIVE_WORDS, WEEKDAYS, valid_date
from kirotodo.core.language.when.days import (
    MODIFIERS,
    Day,
    DayMatch,
    Weak,
    after,
    bare_ordinal,
    day_month,
    figures,
    holiday_day,
    in_week,
    month_day,
    relative_day,
    week_start,
    weekday_at,
    weekday_day,
)
from kirotodo.core.language.when.durations import UNITS, Length, length_at, moved
from kirotodo.core.language.when.holidays import START_STEMS
from kirotodo.core.language.when.numbers import NUMBER_WORDS, ORDINAL_WORDS, digits, ordinal
from kirotodo.core.language.when.periods import (
    counted_period,
    edge_day,
    nth_day,
    period_at,
    period_day,
    week_of,
    weekend_day,
)
from kirotodo.core.language.when.times import (
    CLOCK_LEADS,
    RANGE_LEADS,
    TONIGHT,
    Clock,
    Led,
    Part,
    clock_at,
    part_at,
    part_time,
)
from kirotodo.core.language.when.tokens import Context, Line, word_set

Anchor: TypeAlias = Callable[[Context, int], tuple[dt.datetime, bool, int] | None]
"""Reads what is counted from: the moment, whether a time of day was said, and the token after it."""

_FORWARD: Final = frozenset({"hence", "later", "out", "ahead", "on"})
_BACK: Final = frozenset({"ago", "back", "earlier"})
_FROM: Final = frozenset({"from", "after", "past", "following", "since"})


def offset_day(ctx: Context, i: int, anchor: Anchor) -> DayMatch:
    """Read a day counted from another: "in 3 days", "two weeks ago", "a week after the 5th"."""
    words = ctx.words
    word = words[i]
    if word in ("in", "within", "+"):
        j = i + 1
        while words[j] in ("about", "around", "the", "next", "exactly", "another", "approximately") and j < i + 4:
            if words[j] == "another" and words[j + 1] not in ("a", "an"):
                break
            j += 1
        counted = length_at(ctx.line, j) or _next_unit(ctx, j)
        return _counted_in(ctx, counted) if counted else None
    if word == "next" and words[i + 1] in ("hour", "minute"):
        return _reached(ctx, length_at_one(words[i + 1]), 1, i + 2)
    j = i + 1 if word == "the" else i
    if words[j] in UNITS and words[j + 1] in ("after", "before"):
        return _from_anchor(ctx, length_at_one(words[j]), j + 1, anchor)
    counted = length_at(ctx.line, i)
    if counted is None:
        return None
    length, j = counted
    follower = words[j]
    weeks = length.fine in ("week", "fortnight")
    if weeks and RELATIVE_WORDS.get(follower, -1) >= 0:
        return _from_anchor(ctx, length, j - 1, anchor)  # "a week tomorrow"
    if follower in ("from", "after") and words[j + 1] in ("now", "today"):
        return _reached(ctx, length, 1, j + 2)
    if follower in _FORWARD:
        if follower == "on":
            return _from_anchor(ctx, length, j, anchor) if weeks and words[j + 1] != "" else None
        return _reached(ctx, length, 1, j + 1)
    if follower in _BACK:
        return _reached(ctx, length, -1, j + 1)
    return _from_anchor(ctx, length, j, anchor)


def _next_unit(ctx: Context, j: int) -> tuple[Length, int] | None:
    """ "in the next hour"."""
    units = ("hour", "minute", "day", "week", "month", "year")
    return (length_at_one(ctx.words[j]), j + 1) if ctx.words[j - 1] == "next" and ctx.words[j] in units else None


def length_at_one(unit_word: str) -> Length:
    """Return a length of one unit."""
    single: dict[str, Length] = {
        "week": Length(days=7, fine="week"),
        "fortnight": Length(days=14, fine="fortnight"),
        "month": Length(months=1, fine="month"),
        "quarter": Length(months=3, fine="quarter"),
        "year": Length(months=12, fine="year"),
        "hour": Length(seconds=3600, fine="hour"),
        "minute": Length(seconds=60, fine="minute"),
    }
    return single.get(UNITS[unit_word], Length(days=1))


def _counted_in(ctx: Context, counted: tuple[Length, int]) -> DayMatch:
    length, j = counted
    words = ctx.words
    if words[j : j + 2] in (("from", "now"), ("from", "today"), ("or", "so")) or (
        words[j] == "'" and words[j + 1] == "time"
    ):
        j += 2
    elif words[j] == "time":
        j += 1
    return _reached(ctx, length, 1, j)


def _reached(ctx: Context, length: Length, sign: int, j: int) -> DayMatch:
    moment = moved(ctx.now.replace(microsecond=0), length, sign)
    return (_landed(moment, length, timed=False), j) if moment is not None else None


def _landed(moment: dt.datetime, length: Length, *, timed: bool) -> Day:
    if not length.seconds and not timed:
        return Day(moment.date())
    second = moment.second if length.fine == "second" else 0
    return Day(moment.date(), time=moment.time().replace(second=second, microsecond=0), grain="minute")


def _from_anchor(ctx: Context, length: Length, j: int, anchor: Anchor) -> DayMatch:
    word = ctx.words[j]
    direct = ctx.words[j + 1] in RELATIVE_WORDS
    if (word not in _FROM and word not in ("before", "on") and not direct) or (
        word == "past" and length.fine == "quarter"
    ):
        return None
    start = anchor(ctx, j + 1)
    if start is None:
        return None
    base, timed, end = start
    moment = moved(base, length, -1 if word == "before" else 1)
    return (_landed(moment, length, timed=timed), end) if moment is not None else None


class Moment(NamedTuple):
    """A whole expression. `when` is None where it reads as a date, but there is no such day."""

    when: When | None
    weak: Weak = ""
    time_only: bool = False


class _Pieces(NamedTuple):
    day: Day | None = None
    clock: Clock | None = None
    part: Part | None = None


_LINKS: Final = frozenset({",", "-", "–", "(", ")", "the", "on", "in", "of", "for", "sometime", "and"})
_BETWEEN_WEEKDAYS: Final = frozenset({",", "&", "and", "+", "/"})
_JOINS: Final = frozenset({"-", "–", "—", "to", "until", "till", "til", "through", "thru"})
STARTERS: Final = frozenset(
    set(RELATIVE_WORDS)
    | set(WEEKDAYS)
    | set(MONTHS)
    | MODIFIERS
    | TONIGHT
    | CLOCK_LEADS
    | RANGE_LEADS
    | NUMBER_WORDS
    | ORDINAL_WORDS
    | (set(UNITS) & {"day", "week", "month"})
    | word_set(
        "now right the day in within + a an another half quarter couple several few noon midday midnight eod eob cob "
        "eom eoy eow eoq end close beginning begin start middle mid early late later rest q weekend wknd during first "
        "last final penultimate tonight that over to two week of"
    )
)


def starts(word: str) -> bool:
    """Return whether an expression can begin with this word."""
    return word in STARTERS or digits(word) or (word[:-1] if len(word) > 3 and word[-1] == "s" else word) in START_STEMS


def day_at(ctx: Context, i: int) -> DayMatch:
    """Read the longest day at token i."""
    best: DayMatch = None
    word = ctx.words[i]
    matchers: tuple[Callable[[Context, int], DayMatch], ...]
    if digits(word):
        matchers = _FIGURE_DAYS
    elif word in WEEKDAYS:
        matchers = (weekday_day, _weekdays, _weekday_from, holiday_day)
    elif word in MONTHS:
        matchers = (month_day, period_day, holiday_day)
    else:
        matchers = _WORD_DAYS
    for matcher in matchers:
        found = matcher(ctx, i)
        if found is not None and (best is None or found[1] > best[1]):
            best = found
    return best


def _offset(ctx: Context, i: int) -> DayMatch:
    return offset_day(ctx, i, _anchor)


def _weekday_from(ctx: Context, i: int) -> DayMatch:
    """ "the friday after thanksgiving", "first monday after the 10th", "the sunday before christmas"."""
    words = ctx.words
    j = i + 1 if words[i] == "the" else i
    j = j + 1 if words[j] == "first" else j
    named = weekday_at(ctx, j)
    if named is None or words[named[1]] not in ("after", "before", "following") or words[named[1] + 1] == "next":
        return None
    inner = ctx.deeper()
    k = named[1] + 1
    found = day_at(inner, k + 1 if words[k] in ("the", "my") else k) if inner else None
    found = found or (day_at(inner, k) if inner else None)
    if found is None or found[0].date is None:
        return None
    day = found[0].date
    if words[named[1]] == "before":
        return Day(day - dt.timedelta(days=(day.weekday() - named[0] - 1) % 7 + 1)), found[1]
    return Day(after(day, named[0])), found[1]


def _anchor(ctx: Context, i: int) -> tuple[dt.datetime, bool, int] | None:
    inner = ctx.deeper()
    found = moment_at(inner, i) if inner else None
    if found is None or found[0].when is None:
        return None
    when = found[0].when
    return dt.datetime.combine(when.date, when.time or dt.time()), when.time is not None, found[1]


def _week_of(ctx: Context, i: int) -> DayMatch:
    """ "the week of the 18th", "week of march 3"."""
    words = ctx.words
    j = i + 1 if words[i] == "the" else i
    if words[j] not in ("week", "weekend") or words[j + 1] != "of":
        return None
    deeper = ctx.deeper()
    inner = day_at(deeper, j + 2) if deeper else None
    if inner is None or inner[0].date is None:
        return None
    week = week_of(ctx, inner[0].date)
    if words[j] == "weekend" and week.date:
        saturday = inner[0].date + dt.timedelta(days=(5 - inner[0].date.weekday() + 3) % 7 - 3)
        return Day(saturday, until=saturday + dt.timedelta(days=1)), inner[1]
    return week, inner[1]


def _day_range(ctx: Context, i: int) -> DayMatch:
    """ "3-5 jan", "23rd to 26th october": the month is said after the second day only."""
    counted = ordinal(ctx.line, i)
    if counted is None and digits(ctx.words[i]) and len(ctx.words[i]) < 3:
        counted = int(ctx.words[i]), i + 1
    if counted is None or ctx.words[counted[1]] not in _JOINS:
        return None
    last = day_month(ctx, counted[1] + 1)
    if last is None or last[0].date is None or last[0].grain != "day" or not 0 < counted[0] < last[0].date.day:
        return None
    return Day(last[0].date.replace(day=counted[0]), until=last[0].date), last[1]


_FIGURE_DAYS: Final = (
    figures,
    day_month,
    month_day,
    bare_ordinal,
    nth_day,
    relative_day,
    _offset,
    _day_range,
    period_day,
)
_WORD_DAYS: Final = (
    relative_day,
    weekday_day,
    day_month,
    bare_ordinal,
    nth_day,
    period_day,
    counted_period,
    weekend_day,
    edge_day,
    holiday_day,
    _week_of,
    _weekday_from,
    _offset,
    _day_range,
)


def moment_at(ctx: Context, i: int) -> tuple[Moment, int] | None:
    """Read the longest expression at token i; return it and the token after it."""
    pieces, end = _Pieces(), i
    while (more := _next_piece(ctx, end, pieces, first=end == i)) is not None:
        pieces, end = more
        if pieces.day is not None and pieces.day.date is None:
            return Moment(None), end
    if end == i:
        return None
    when = _resolved(ctx, pieces)
    if when is None:
        return None
    if pieces.day is not None and when.until is None and (span := _range_end(ctx, end, when, i)):
        when, end = span
    alone = pieces.clock is None and pieces.part is None
    month_alone = pieces.day is not None and pieces.day.weak == "lead" and pieces.day.grain in ("month", "year")
    weak: Weak = pieces.day.weak if pieces.day and (alone or month_alone) else ""
    if alone and pieces.day and when.until != pieces.day.until:
        weak = ""
    time_only = pieces.day is None and pieces.clock is not None and (pieces.part is None or pieces.part.offset is None)
    return Moment(when, weak, time_only), end


def weekdays_end(line: Line, i: int) -> int | None:
    """Return the token after several weekdays ("mon, wed and fri"), None where at most one is named."""
    words = line.words
    if words[i] not in WEEKDAYS:
        return None
    end, count = i + 1, 1
    while True:
        j = end
        while words[j] in _BETWEEN_WEEKDAYS:
            j += 1
        if words[j] not in WEEKDAYS or words[j] in words[i:end]:
            return end if count > 1 else None
        end, count = j + 1, count + 1


def _weekdays(ctx: Context, i: int) -> DayMatch:
    """Read several weekdays as the first of them that comes."""
    end = weekdays_end(ctx.line, i)
    if end is None:
        return None
    days = [after(ctx.today, WEEKDAYS[word]) for word in ctx.words[i:end] if word in WEEKDAYS]
    return Day(min(days)), end


def _next_piece(ctx: Context, end: int, pieces: _Pieces, *, first: bool) -> tuple[_Pieces, int] | None:
    """The pieces with one more, found at `end` or after up to three linking words."""
    words = ctx.words
    led: Led = "no"
    k = end
    while k <= end + 3:
        found = _piece(ctx, k, led, pieces)
        if found is not None:
            after = found[1]
            closes = words[after] == ")" and "(" in words[end:k]
            return found[0], after + 1 if closes else after
        word = words[k]
        if word in RANGE_LEADS:
            led = "range"
        elif word in CLOCK_LEADS or (word == "for" and not first) or (first and word == "to" and ctx.line.moving):
            led = "at"
        elif (
            first
            or word not in _LINKS
            or (word == "and" and pieces.clock is None)
            or (word == "in" and pieces.day is not None and pieces.day.grain != "day")
        ):
            return None
        k += 1
        if first and k > end + 1:
            return None
    return None


def _piece(ctx: Context, k: int, led: Led, pieces: _Pieces) -> tuple[_Pieces, int] | None:
    best: tuple[_Pieces, int] | None = None
    words = ctx.words
    if not words[k]:
        return None
    if pieces.day is None and led == "no" and (pieces.part is None or pieces.part.offset is None):
        day = day_at(ctx, k)
        if day is not None and not (day[0].weak == "lead" and pieces.clock is not None and day[0].grain != "day"):
            best = pieces._replace(day=day[0]), day[1]
    elif pieces.day is not None and led == "no" and (refined := _refined(ctx, k, pieces.day)):
        return pieces._replace(day=refined[0]), refined[1]
    if pieces.clock is None and (pieces.day is None or pieces.day.time is None):
        clock = clock_at(ctx.line, k, "day" if pieces.day is not None and led == "no" else led)
        if clock is not None and (best is None or clock[1] > best[1]):
            best = pieces._replace(clock=clock[0]), clock[1]
    if led in ("no", "at"):
        part = part_at(ctx.line, k, loose=pieces.day is not None)
        if part is not None and (best is None or part[1] > best[1]) and _fits(part[0], pieces):
            best = pieces._replace(part=part[0]), part[1]
    return best


def _fits(part: Part, pieces: _Pieces) -> bool:
    if pieces.part is not None:
        return pieces.part.part == part.part and part.offset is None
    if pieces.day is not None and pieces.day.time is not None:
        return False
    return pieces.day is None or pieces.day.grain == "day" or part.offset is None


def _refined(ctx: Context, k: int, day: Day) -> tuple[Day, int] | None:
    """A second word on the same day: "wednesday … next week", "next week … on tuesday", "22 may (tue)"."""
    if day.weekday >= 0:
        week = period_at(ctx, k)
        if week is None or week[0].unit != "week":
            return None
        return Day(in_week(ctx, week[0].first, day.weekday)), week[1]
    named = weekday_at(ctx, k)
    if named is None or day.date is None:
        return None
    if day.grain == "week":
        return Day(in_week(ctx, week_start(ctx, day.date), named[0])), named[1]
    if day.until is None and (day.date.weekday() == named[0] or ctx.words[k - 1] == "("):
        return day, named[1]
    return None


def _range_end(ctx: Context, end: int, when: When, start: int) -> tuple[When, int] | None:
    """The end of a range of days after its first: "monday to friday", "aug 27th - 29th"."""
    words = ctx.words
    join = words[end]
    between = start > 0 and words[start - 1] == "between"
    if (join not in _JOINS and not (join == "and" and between)) or (join == "to" and ctx.line.moving):
        return None
    k = end + 2 if words[end + 1] == "the" else end + 1
    counted = ordinal(ctx.line, k)
    if counted is None and digits(words[k]) and len(words[k]) < 3 and join in ("-", "–") and digits(words[end - 1]):
        counted = int(words[k]), k + 1
    if (
        counted is not None
        and words[counted[1]] not in MONTHS
        and words[counted[1]] not in ("of", ":", "/", "am", "pm")
    ):
        last = valid_date(when.date.year, when.date.month, counted[0])
        if last is not None and last > when.date:
            return _until(when, last), counted[1]
    inner = ctx.deeper()
    if ctx.line.moving or inner is None:
        return None
    other = moment_at(inner, end + 1)
    if other is None or other[0].when is None or other[0].time_only:
        return None
    last = other[0].when.until or other[0].when.date
    if last < when.date and words[end + 1] in WEEKDAYS:
        last += dt.timedelta(days=7)
    return (_until(when, last), other[1]) if last > when.date else None


def _until(when: When, last: dt.date) -> When:
    return When(date=when.date, time=when.time, until=last, grain=when.grain, part=when.part)


def _resolved(ctx: Context, pieces: _Pieces) -> When | None:
    day, clock, part = pieces
    try:
        if day is not None and day.date is not None:
            return _on_day(ctx, day.date, day, clock, part)
        if part is not None and part.offset is not None:
            date = ctx.today + dt.timedelta(days=part.offset)
            return _on_day(ctx, date, None, clock, part)
        return _next_time(ctx, clock, part)
    except OverflowError:
        return None


def _on_day(ctx: Context, date: dt.date, day: Day | None, clock: Clock | None, part: Part | None) -> When:
    named = part.part if part else None
    if clock is not None:
        time, later = _settled(ctx, clock, part, date)
        grain: Grain = "minute"
        return When(date=date + dt.timedelta(days=later), time=time, grain=grain, part=named)
    if part is not None:
        until = None if day is None or day.grain == "day" else day.until
        return When(date=date, time=part_time(part, ctx.preferences), until=until, part=named)
    assert day is not None  # a day, or a part that names one, is what this is for
    return When(date=date, time=day.time, until=day.until, grain=day.grain)


def _settled(ctx: Context, clock: Clock, part: Part | None, date: dt.date) -> tuple[dt.time, int]:
    """The time of day that is meant, and 1 where it falls on the next day."""
    today = date == ctx.today
    if clock.end_of_day:
        return ctx.preferences.end_of_day, 0
    hour = clock.hour
    if clock.exact:
        night = part is not None and part.part == "night"
        return dt.time(hour, clock.minute, clock.second), int(hour == 0 and (today or night))
    if part is not None:
        hour, later = _in_part(hour, part)
        return dt.time(hour, clock.minute, clock.second), later
    choices = _choices(ctx, clock)
    if today:
        choices = [time for time in choices if time > ctx.now.time()] or choices[-1:]
    return choices[0], 0


def _in_part(hour: int, part: Part) -> tuple[int, int]:
    if part.part == "morning":
        return hour % 12, 0
    if part.part == "night" and (hour == 12 or hour < 5):
        return hour % 12, 1
    if hour == 12 and part.part == "evening":
        return 0, 1
    return (hour + 12, 0) if hour < 12 else (hour, 0)


def bare_time(ctx: Context, clock: Clock, part: Part | None) -> dt.time:
    """Return the time that a clock reading means without a day."""
    return _settled(ctx, clock, part, dt.date.max)[0]


def _choices(ctx: Context, clock: Clock) -> list[dt.time]:
    """The two times that a clock face could mean, without those before people are up."""
    both = sorted({clock.hour % 24, (clock.hour + 12) % 24 if clock.hour != 12 else 12})
    earliest = ctx.preferences.bare_hour_from
    awake = [dt.time(hour, clock.minute, clock.second) for hour in both if hour >= earliest]
    return awake or [dt.time(both[-1], clock.minute, clock.second)]


def _next_time(ctx: Context, clock: Clock | None, part: Part | None) -> When | None:
    """A time of day without a day: its next occurrence."""
    tomorrow = ctx.today + dt.timedelta(days=1)
    if clock is None:
        if part is None:
            return None
        time = part_time(part, ctx.preferences)
        return When(date=ctx.today if time > ctx.now.time() else tomorrow, time=time, part=part.part)
    now = ctx.now.time()
    if clock.exact or part is not None or clock.end_of_day:
        time, later = _settled(ctx, clock, part, tomorrow)
        date = ctx.today if time > now or clock.end_of_day or later else tomorrow
        if later:
            date = tomorrow
    else:
        choices = _choices(ctx, clock)
        ahead = [time for time in choices if time > now]
        time, date = (ahead[0], ctx.today) if ahead else (choices[0], tomorrow)
    return When(date=date, time=time, grain="minute", part=part.part if part else None)
