"""Read single days as people name them: tomorrow, friday, march 7th, the 15th of next month, thanksgiving 2027."""

import datetime as dt
from typing import Final, Literal, NamedTuple, TypeAlias

from kirotodo.core.language.types import Grain
from kirotodo.core.language.when.calendar_words import (
    MONTHS,
    RELATIVE_WORDS,
    WEAK_WEEKDAYS,
    WEEKDAYS,
    full_date,
    full_year,
    short_date,
    valid_date,
    year_month,
)
from kirotodo.core.language.when.durations import Length, add_months, length_at, moved
from kirotodo.core.language.when.holidays import Rule, holiday_at
from kirotodo.core.language.when.numbers import NUMBER_WORDS, digits, ordinal, whole
from kirotodo.core.language.when.tokens import Context, Line, word_set

Weak: TypeAlias = Literal["", "edge", "lead", "figures"]
"""How sure a reading is alone. "edge": needs a preposition, another piece, or the end of a clause beside it. "lead":
needs a preposition, unless it is all that was said. "figures": no fraction or score may be meant."""


class Day(NamedTuple):
    """A day, or the first of several. `date` is None where the words read as a date, but there is no such day."""

    date: dt.date | None
    until: dt.date | None = None
    grain: Grain = "day"
    time: dt.time | None = None
    weekday: int = -1
    weak: Weak = ""


DayMatch: TypeAlias = tuple[Day, int] | None

NEXT: Final = frozenset({"next", "nxt"})
COMING: Final = frozenset({"coming", "upcoming", "following"})
LAST: Final = frozenset({"last", "past", "previous", "prior"})
THIS: Final = frozenset({"this", "current"})
MODIFIERS: Final = NEXT | COMING | LAST | THIS


def modifier_at(ctx: Context, i: int) -> tuple[int, bool, int] | None:
    """Read "this" 0, "next" 1, "last" -1, also "the following", "this coming".

    Return the direction, whether it plainly means "the first one after now", and the token after it.
    """
    words = ctx.words
    if words[i] == "the" and words[i + 1] in (COMING | LAST | NEXT | THIS):
        i += 1
    word = words[i]
    if word in THIS:
        if words[i + 1] in COMING | NEXT:
            return 1, True, i + 2
        return (-1, True, i + 2) if words[i + 1] in LAST else (0, False, i + 1)
    if word in NEXT:
        return 1, False, i + 1
    if word in COMING:
        return 1, True, i + 1
    return (-1, True, i + 1) if word in LAST else None


def week_start(ctx: Context, day: dt.date) -> dt.date:
    """Return the first day of the week that contains a day."""
    back = day.weekday() if ctx.preferences.week_start == "monday" else (day.weekday() + 1) % 7
    return day - dt.timedelta(days=back)


def in_week(ctx: Context, week: dt.date, weekday: int) -> dt.date:
    """Return the weekday within the week that begins at `week`."""
    return week + dt.timedelta(days=(weekday - week.weekday()) % 7)


def after(day: dt.date, weekday: int) -> dt.date:
    """Return the first such weekday after a day."""
    return day + dt.timedelta(days=(weekday - day.weekday() - 1) % 7 + 1)


def relative_day(ctx: Context, i: int) -> DayMatch:
    """Read "today", "tomorrow", "yesterday", "the day after tomorrow"."""
    words = ctx.words
    word = words[i]
    if word == "now" or (word == "right" and words[i + 1] == "now"):
        time = ctx.now.replace(microsecond=0, second=0).time()
        j = i + 2 if word == "right" else i + 1
        return Day(ctx.today, grain="minute", time=time, weak="" if j > i + 1 else "edge"), j
    if word in RELATIVE_WORDS:
        return Day(ctx.today + dt.timedelta(days=RELATIVE_WORDS[word])), i + 1
    if word in ("2", "to") and words[i + 1] in ("morrow", "moro", "mrw") and (word == "to" or ctx.line.glued(i + 1)):
        return Day(ctx.today + dt.timedelta(days=1)), i + 2
    j = i + 1 if word == "the" else i
    if words[j] == "day" and words[j + 1] in ("after", "before") and words[j + 2] in RELATIVE_WORDS:
        offset = RELATIVE_WORDS[words[j + 2]] + (1 if words[j + 1] == "after" else -1)
        return Day(ctx.today + dt.timedelta(days=offset)), j + 3
    if word == "the" and words[j] in ("next", "following") and words[j + 1] == "day":
        return Day(ctx.today + dt.timedelta(days=1), weak="lead"), j + 2
    return None


def weekday_at(ctx: Context, i: int) -> tuple[int, int] | None:
    """Read the name of a weekday, and the full stop of its abbreviation."""
    weekday = WEEKDAYS.get(ctx.words[i])
    if weekday is None:
        return None
    short = len(ctx.words[i]) < 6 and ctx.words[i + 1] == "." and ctx.line.glued(i + 1)
    return weekday, i + 2 if short else i + 1


def weekday_day(ctx: Context, i: int) -> DayMatch:
    """Read a weekday with its modifiers: "friday", "next tuesday", "friday next week"."""
    modifier = modifier_at(ctx, i)
    j = modifier[2] if modifier else i
    named = weekday_at(ctx, j)
    if named is None:
        return None
    weekday, j = named
    words = ctx.words
    if modifier is None:
        dated = _with_date(ctx, j, weekday)
        if dated is not None:
            return dated
    k = j + 1 if words[j] in ("of", ",", "on", "in") else j
    week = modifier_at(ctx, k)
    if modifier is None and week and words[week[2]] in ("week", "weeks", "wk"):
        start = week_start(ctx, ctx.today) + dt.timedelta(days=7 * week[0])
        return Day(in_week(ctx, start, weekday)), week[2] + 1
    first = after(ctx.today, weekday)
    if modifier is None and words[j] == "in" and (length := length_at(ctx.line, j + 1)) and length[0].fine == "week":
        later = moved(ctx.now, length[0], 1)
        return (Day(in_week(ctx, week_start(ctx, later.date()), weekday)), length[1]) if later else None
    if words[j : j + 2] == ("after", "next") and modifier is None:
        return Day(first + dt.timedelta(days=7)), j + 2
    if words[j] in ("week", "fortnight") and modifier is None:
        return Day(first + dt.timedelta(days=7 if words[j] == "week" else 14)), j + 1
    if modifier is None:
        return Day(first, weekday=weekday, weak="edge" if words[i] in WEAK_WEEKDAYS else ""), j
    return Day(_modified(ctx, weekday, modifier[0], modifier[1])), j


def _modified(ctx: Context, weekday: int, way: int, plainly: bool) -> dt.date:
    first = after(ctx.today, weekday)
    if way < 0:
        back = (ctx.today.weekday() - weekday - 1) % 7 + 1
        return ctx.today - dt.timedelta(days=back)
    if way == 0:
        return ctx.today if ctx.today.weekday() == weekday else first
    if plainly or ctx.preferences.next_weekday == "first":
        return first
    return in_week(ctx, week_start(ctx, ctx.today) + dt.timedelta(days=7), weekday)


def _with_date(ctx: Context, j: int, weekday: int) -> DayMatch:
    """A date said after the weekday's name: "tue, may 9", "friday the 13th", "sunday 31"."""
    words = ctx.words
    while words[j] in (",", "the", "-", "(", "on"):
        j += 1
    dated = month_day(ctx, j) or day_month(ctx, j) or figures(ctx, j)
    if dated is not None and dated[0].grain == "day":
        return dated[0]._replace(weak=""), dated[1]
    number = ordinal(ctx.line, j)
    if number is None and words[j] != "" and digits(words[j]) and words[j - 1] not in (",", "-", "("):
        number = whole(ctx.line, j) if _ends_clause(ctx.line, j + 1) and int(words[j][:4]) > 12 else None
    if number is None or not 0 < number[0] < 32 or _counts_noun(ctx, number[1]):
        return None
    for months in range(15):
        month = add_months(ctx.today.replace(day=1), months)
        day = valid_date(month.year, month.month, number[0])
        if day is not None and day >= ctx.today and day.weekday() == weekday:
            return Day(day), number[1]
    return None


def _ends_clause(line: Line, i: int) -> bool:
    return i >= line.size or line.words[i] in (".", ",", "!", "?", ";", ")")


_NOT_COUNTED: Final = word_set(
    "at by before after from for to in on and or of until till around about with this next every each please so but "
    "when then if because noon midnight morning afternoon evening night tonight through though"
)


def _counts_noun(ctx: Context, i: int) -> bool:
    """Whether an ordinal is of something else: "the 3rd floor", "the first monday"."""
    line = ctx.line
    word = line.words[i]
    counted = word not in _NOT_COUNTED and word not in MONTHS and word not in NUMBER_WORDS
    return i < line.size and word[:1].isalpha() and counted


def year_at(ctx: Context, i: int) -> tuple[int, int] | None:
    """Read the year after a day of a month or a holiday: "2027", ", 2027", "of 2027", "in 2027", "'27", "next
    year".
    """
    words = ctx.words
    j = i
    while words[j] in (",", ".", "of", "in", "-", "/") and j < i + 2:
        j += 1
    word = words[j]
    if digits(word) and len(word) == 4 and "1900" <= word < "2200" and words[j + 1] != ":":
        return int(word), j + 1
    if word in ("'", "’") and digits(words[j + 1]) and len(words[j + 1]) == 2:
        return full_year(words[j + 1]), j + 2
    if words[i] in ("-", "/") and ctx.line.glued(i) and ctx.line.glued(j) and digits(word) and len(word) == 2:
        return full_year(word), j + 1  # "10-Apr-27"
    modifier = modifier_at(ctx, j)
    if modifier and words[modifier[2]] in ("year", "yr"):
        return ctx.today.year + modifier[0], modifier[2] + 1
    if word == "twenty" and words[j + 1] in ("twenty", "thirty"):
        rest = whole(ctx.line, j + 1)
        return (2000 + rest[0], rest[1]) if rest else None
    if word == "two" and words[j + 1] == "thousand":
        k = j + 3 if words[j + 2] == "and" else j + 2
        rest = whole(ctx.line, k)
        return (2000 + rest[0], rest[1]) if rest and rest[0] < 100 else (2000, j + 2)
    return None


def next_date(ctx: Context, month: int, day: int, year: int | None = None) -> dt.date | None:
    """Return that day of that year, or the first one from today on; None where there is no such day."""
    if year is not None:
        return valid_date(year, month, day)
    for later in range(9):
        date = valid_date(ctx.today.year + later, month, day)
        if date is not None and date >= ctx.today:
            return date
    return None


def month_at(ctx: Context, i: int) -> tuple[int, int] | None:
    """Read the name of a month, and the full stop of its abbreviation."""
    month = MONTHS.get(ctx.words[i])
    if month is None:
        return None
    abbreviated = ctx.words[i] not in ("may", "june", "july") and len(ctx.words[i]) < 5
    short = abbreviated and ctx.words[i + 1] == "." and ctx.line.glued(i + 1)
    return month, i + 2 if short else i + 1


def month_day(ctx: Context, i: int) -> DayMatch:
    """Read "march 7th, 2027", "may/22", "Dec 31", "october, 1st", "march the seventh", and "2018 march 18"."""
    words, line = ctx.words, ctx.line
    year: int | None = None
    start = i
    if digits(words[i]) and len(words[i]) == 4 and "1900" <= words[i] < "2200":
        year, i = int(words[i]), i + 2 if words[i + 1] in ("-", "/", ".", ",") else i + 1
    named = month_at(ctx, i)
    if named is None:
        return None
    month, j = named
    if year is None and digits(words[j]) and len(words[j]) == 4 and ordinal(line, k := _past_the(words, j + 1)):
        year, j = int(words[j]), k  # "march 2027 the 3rd"
    while words[j] in ("-", "/", ".", ",", "the", "on") and j < named[1] + 2:
        j += 1
    number = ordinal(line, j)
    if number is None and digits(words[j]) and len(words[j]) < 3 and not _clock_like(line, j):
        number = int(words[j]), j + 1
        if words[j - 1] == "the":
            return None
    if number is None or not 0 < number[0] <= 31:
        return (Day(None), number[1]) if number and words[j - 1] not in (",",) and number[0] < 100 else None
    if j > named[1] and words[j - 1] == "." and named[1] == i + 1:
        return None
    day, j = number
    if year is None and (later := year_at(ctx, j)):
        year, j = later
    common = words[i] in ("may", "march", "mar") and not line.capital(i) and digits(words[j - 1])
    return Day(next_date(ctx, month, day, year), weak="edge" if common and start == i and year is None else ""), j


def _past_the(words: tuple[str, ...], i: int) -> int:
    return i + 1 if words[i] == "the" else i


def _clock_like(line: Line, j: int) -> bool:
    """Whether the number at j is the hour of a time: "march 5pm", "may 10:30"."""
    word = line.words[j + 1]
    if word in (":", "h") and line.glued(j + 1):
        return True
    return word in ("am", "pm", "o'clock", "a", "p") and (word not in ("a", "p") or line.words[j + 2] in (".", "m"))


def day_month(ctx: Context, i: int) -> DayMatch:
    """Read "7 march 2027", "the 15th of february", "third day of october", "12-Aug-2027", "the 20th of next month"."""
    words, line = ctx.words, ctx.line
    start = i
    i = i + 1 if words[i] == "the" else i
    number = ordinal(line, i)
    plain = number is None
    if number is None:
        if not digits(words[i]) or len(words[i]) > 2:
            return None
        number = int(words[i]), i + 1
    day, j = number
    if words[j] == "day" and not plain:
        j += 1
    while words[j] in ("of", "-", "/", ".", ",", "in") and j < number[1] + 2:
        j += 1
    named = month_at(ctx, j) or _numbered_month(ctx, j)
    if named is None:
        return None if words[j - 1] not in ("of", "in") else _of_month(ctx, j, day)
    if words[j - 1] == "," and plain:
        return None
    month, end = named
    if not 0 < day < 32:
        return (Day(None), end) if day < 100 else None
    year = year_at(ctx, end)
    common = plain and year is None and words[j] in ("may", "march", "mar") and not line.capital(j) and start == i
    date = next_date(ctx, month, day, year[0] if year else None)
    return Day(date, weak="edge" if common else ""), year[1] if year else end


def _numbered_month(ctx: Context, j: int) -> tuple[int, int] | None:
    """ "the third of the twelfth", "5th of the 12th month"."""
    if ctx.words[j - 1 : j + 1] != ("of", "the"):
        return None
    number = ordinal(ctx.line, j + 1)
    if number is None or not 0 < number[0] < 13:
        return None
    if ctx.words[number[1]] == "month":
        return number[0], number[1] + 1
    return None if _counts_noun(ctx, number[1]) else number


def _of_month(ctx: Context, j: int, day: int) -> DayMatch:
    """ "the 20th of next month", "15th of the month"."""
    modifier = modifier_at(ctx, j)
    k = modifier[2] if modifier else j + 1
    if ctx.words[k] != "month" or (modifier is None and ctx.words[j] not in ("the", "this")) or ctx.line.possessive(k):
        return None
    if modifier is None:
        bare = day_of_month(ctx, day)
        return (Day(bare), k + 1) if bare else None
    month = add_months(ctx.today.replace(day=1), modifier[0])
    return Day(valid_date(month.year, month.month, day)), k + 1


def day_of_month(ctx: Context, day: int) -> dt.date | None:
    """Return the next day with that number, from today on."""
    if not 0 < day < 32:
        return None
    for months in range(3):
        month = add_months(ctx.today.replace(day=1), months)
        date = valid_date(month.year, month.month, day)
        if date is not None and date >= ctx.today:
            return date
    return None


def bare_ordinal(ctx: Context, i: int) -> DayMatch:
    """Read "the 3rd", "15th": only the day of the month.

    Small ones may be places in a list, so they need a preposition.
    """
    words = ctx.words
    j = i + 1 if words[i] == "the" else i
    number = ordinal(ctx.line, j)
    if number is None or _counts_noun(ctx, number[1]):
        return None
    figures_said = digits(words[j])
    if (not figures_said and j == i) or words[i - 1 if i else i] in ("task", "number", "item"):
        return None
    date = day_of_month(ctx, number[0])
    strong = figures_said and number[0] > 10 and j > i
    return (Day(date, weak="edge" if strong else "lead"), number[1]) if date else None


_DATE_LEADS: Final = word_set("on by due before until till from after since @ for at")


def _led(line: Line, i: int) -> bool:
    return i > 0 and line.words[i - 1] in _DATE_LEADS


_FRACTION_NOUNS: Final = word_set(
    "cup cups tsp tbsp teaspoon tablespoon gallon gallons lb lbs oz pound pounds inch inches kg g l liter litre mile "
    "miles of off price way full empty pint pints stars hour hours h dozen marathon"
)


def figures(ctx: Context, i: int) -> DayMatch:
    """Read a date that is all digits."""
    line, day_first = ctx.line, ctx.preferences.day_first
    if not digits(line.words[i]):
        return None
    if complete := full_date(line, i, day_first=day_first):
        date, time, j = complete
        return Day(date, time=time, grain="minute" if time else "day"), j
    if month := year_month(line, i):
        first = dt.date(month[0], month[1], 1)
        return Day(first, until=add_months(first, 1) - dt.timedelta(days=1), grain="month", weak="figures"), month[2]
    if short := short_date(line, i, day_first=day_first):
        month_said, day, j = short
        if (month_said, day) == (7, 24) and line.words[i : i + 3] == ("24", "/", "7") and not _led(line, i):
            return Day(None), j  # around the clock
        if line.words[j] in _FRACTION_NOUNS or (i and line.words[i - 1] == "the" and line.capital(j)):
            return Day(None), j
        year = year_at(ctx, j) if line.words[j] in (",", "of", "in") else None
        date = next_date(ctx, month_said, day, year[0] if year else None)
        return Day(date, weak="figures"), year[1] if year else j
    return None


_OTHER_CALENDARS: Final = word_set("chinese lunar jewish islamic orthodox persian tamil thai")


def holiday_day(ctx: Context, i: int) -> DayMatch:
    """Read a day with a name of its own: "christmas", "the day before thanksgiving", "easter 2027"."""
    modifier = modifier_at(ctx, i)
    j = modifier[2] if modifier else i
    named = holiday_at(ctx.line, j)
    if named is None or (i and ctx.words[i - 1] in _OTHER_CALENDARS):
        return None
    rule, j = named
    if year := year_at(ctx, j):
        return Day(_in_year(rule, year[0])), year[1]
    since = ctx.today
    if ctx.words[j] == "in" and (length := length_at(ctx.line, j + 1)):
        later = moved(ctx.now, _whole_days(length[0]), 1)
        if later is not None:
            return Day(_coming(rule, later.date())), length[1]
    if modifier and modifier[0] < 0:
        earlier = [date for year in (since.year - 1, since.year) if (date := _in_year(rule, year)) and date < since]
        return (Day(earlier[-1]), j) if earlier else None
    if modifier and modifier[0] > 0:
        since += dt.timedelta(days=1)
    return Day(_coming(rule, since), weak="" if modifier else "edge"), j


def _whole_days(length: Length) -> Length:
    return length._replace(seconds=0)


def _coming(rule: Rule, since: dt.date) -> dt.date | None:
    for year in (since.year, since.year + 1):
        date = _in_year(rule, year)
        if date is not None and date >= since:
            return date
    return None


def _in_year(rule: Rule, year: int) -> dt.date | None:
    try:
        return rule(year)
    except ValueError:
        return None
