"""Read the rest of a recurrence: on which days, at what times, how often in all, until when.

A reader takes a token and the draft, and returns the token after what it read, or None with the draft as it was.
"""

from typing import Final

from kirotodo.core.language.when.calendar_words import MONTHS, WEEKDAYS
from kirotodo.core.language.when.days import figures, month_at
from kirotodo.core.language.when.durations import add_months, length_at, moved
from kirotodo.core.language.when.moments import bare_time, moment_at
from kirotodo.core.language.when.numbers import digits, ordinal, whole
from kirotodo.core.language.when.recurrence_days import (
    EVERY,
    GROUPS,
    LIST_MARKS,
    PLURALS,
    Draft,
    day_words,
    month_dates,
    part_of_day,
    weekly_days,
)
from kirotodo.core.language.when.recurrence_heads import done, every
from kirotodo.core.language.when.times import CLOCK_LEADS, RANGE_LEADS, clock_at, part_at
from kirotodo.core.language.when.tokens import Context, word_set

_SPOKEN_COUNTS: Final = {"once": 1, "twice": 2, "thrice": 3}

_COUNTED: Final = word_set(
    "times time occurrences occurrence x repetitions instances instalments instalment installments installment payments"
)

_UNTIL: Final = word_set("until till til thru through ending ends")

_STARTING: Final = word_set("starting beginning commencing from since starts effective")


def tail_at(ctx: Context, i: int, draft: Draft) -> int | None:
    """Read one more part of a recurrence at token i into the draft."""
    words = ctx.words
    j = i + 1 if words[i] == "," or (words[i] in ("-", "–") and digits(words[i + 1])) else i
    for step in (_on, _month_edge, _within, _at, part_of_day, _except, _times, _start_to_end, _until, _after_done):
        end = step(ctx, j, draft)
        if end is not None:
            return end
    return None


def _on(ctx: Context, i: int, draft: Draft) -> int | None:
    """The days after a unit: "every month on the 4th", "weekly on wednesdays", "every week friday"."""
    words = ctx.words
    if not draft.dayless or draft.freq in ("HOURLY", "MINUTELY"):
        return None
    said = words[i] in ("on", "every") or (words[i] == "in" and draft.freq != "YEARLY")
    j = i + 1 if said else i
    j = j + 1 if words[j] == "the" else j
    weekly = draft.freq == "WEEKLY" and (words[j] in WEEKDAYS or words[j] in PLURALS or words[j] in GROUPS)
    if not said and not weekly and (j == i or not (draft.months or draft.freq in ("MONTHLY", "YEARLY"))):
        return None
    day_months = _day_then_month(ctx, j, draft)
    return day_months or day_words(ctx, j, draft, head=False)


def _month_edge(ctx: Context, i: int, draft: Draft) -> int | None:
    """ "monthly at the start", "every month at the end"."""
    words = ctx.words
    if draft.freq != "MONTHLY" or not draft.dayless or words[i] not in ("at", "on", "by"):
        return None
    j = i + 2 if words[i + 1] == "the" else i + 1
    if words[j] not in ("start", "beginning", "end") or (j == i + 1 and words[j + 1] != "of"):
        return None
    draft.monthdays.append(-1 if words[j] == "end" else 1)
    within = (
        words[j + 1 : j + 3] == ("of", "month"),
        words[j + 1 : j + 4] in (("of", "the", "month"), ("of", "each", "month")),
    )
    return j + 3 if within[0] else j + 4 if within[1] else j + 1


def _day_then_month(ctx: Context, i: int, draft: Draft) -> int | None:
    """ "25 december", "25th of december" after "every year on"."""
    if draft.freq != "YEARLY" and draft.freq is not None:
        return None
    dated = figures(ctx, i)
    if dated and dated[0].date and draft.freq == "YEARLY":
        draft.months, draft.monthdays = [dated[0].date.month], [dated[0].date.day]
        return dated[1]
    number = ordinal(ctx.line, i)
    if number is None and digits(ctx.words[i]):
        number = int(ctx.words[i][:3]), i + 1
    if number is None:
        return None
    j = number[1] + 1 if ctx.words[number[1]] in ("of", "in") else number[1]
    named = month_at(ctx, j)
    if named is None or not 0 < number[0] < 32:
        return None
    draft.months.append(named[0])
    draft.monthdays.append(number[0])
    return named[1]


def _within(ctx: Context, i: int, draft: Draft) -> int | None:
    """What the days are within: "of the month", "in november", "of every year", "in week 12 and 14"."""
    words = ctx.words
    plain = words[i] not in ("of", "in", "from", "during")
    j = i if plain else i + 1
    if words[j] in ("week", "weeks") and digits(words[j + 1]) and not plain:
        j += 1
        while digits(words[j]) and 0 < int(words[j][:3]) <= 53:
            draft.weeks.append(int(words[j]))
            j, end = j + 1, j + 1
            while words[j] in LIST_MARKS:
                j += 1
        return end if draft.weeks else None
    if words[j] in MONTHS and not draft.months and (not plain or draft.monthdays):
        if words[i] == "from":
            return None
        return month_dates(ctx, j, draft)
    if draft.dayless and not draft.months:
        return None
    if words[i] == "of" and words[j] == "month" and not draft.months:
        return j + 1
    each = words[j] in EVERY or words[j] in ("the", "a", "per")
    if not each or (plain and words[j] not in EVERY):
        return None
    outer = Draft()
    end_unit = every(ctx, j + 1, outer)
    if end_unit is None or outer.freq not in ("MONTHLY", "YEARLY") or not outer.dayless:
        if outer.months and outer.dayless and end_unit and not draft.months:
            draft.months = outer.months
            return end_unit
        return None
    if draft.freq is None or draft.freq == outer.freq:
        draft.freq, draft.interval = outer.freq, max(draft.interval, outer.interval)
    return end_unit


def _at(ctx: Context, i: int, draft: Draft) -> int | None:
    """Times of day: "at 9", "4pm", "at 10, 12 and 17"."""
    if draft.times or draft.freq in ("HOURLY", "MINUTELY"):
        return None
    words = ctx.words
    led = words[i] in CLOCK_LEADS or words[i] == "for"
    if words[i] in RANGE_LEADS and (hours := clock_at(ctx.line, i + 1, "range")):
        draft.times.append(bare_time(ctx, hours[0], draft.part))
        return hours[1]
    if words[i] in ("until", "till", "til", "for") and draft.times:
        return None
    clock = clock_at(
        ctx.line, i + 1 if led else i, "at" if led and words[i] not in ("until", "till", "til", "for") else "no"
    )
    if clock is None or words[i] in ("until", "till", "til"):
        return None
    end = clock[1]
    part = part_at(ctx.line, end, loose=True)
    if part is not None:
        draft.part, end = part[0], part[1]
    draft.times.append(bare_time(ctx, clock[0], draft.part))
    while led:
        j = end
        while words[j] in LIST_MARKS:
            j += 1
        more = clock_at(ctx.line, j, "at") if j > end else None
        if more is None:
            break
        draft.times.append(bare_time(ctx, more[0], draft.part))
        end = more[1]
    return end


def _except(ctx: Context, i: int, draft: Draft) -> int | None:
    """ "every day except sundays"."""
    words = ctx.words
    if words[i] not in ("except", "but") or draft.freq not in ("DAILY", None) or draft.interval != 1:
        return None
    j = i + 1
    while words[j] in ("not", "on", "for"):
        j += 1
    left_out = Draft()
    end = weekly_days(ctx, j, left_out)
    if end is None:
        return None
    base = [day for _, day in draft.days] or list(range(7))
    kept = [day for day in base if (0, day) not in left_out.days]
    if not kept:
        return None
    draft.days = [(0, day) for day in kept]
    return end


def _times(ctx: Context, i: int, draft: Draft) -> int | None:
    """How often in all: "for 10 times", "10x", "twice", "up to 7 times"; or how long: "for 3 weeks"."""
    words = ctx.words
    j = i
    while words[j] in ("for", "up", "to", "only", "a", "total", "of", "the", "next") and j < i + 6:
        j += 1
    if words[j] in _SPOKEN_COUNTS and draft.count is None and words[j + 1] not in ("a", "per", *EVERY):
        draft.count = _SPOKEN_COUNTS[words[j]]
        return j + 1
    counted = whole(ctx.line, j)
    if counted is None or not 0 < counted[0] <= 1000 or draft.count is not None:
        return None
    number, k = counted
    k = k + 1 if words[k] in ("more", "further", "other") else k
    if words[k] in _COUNTED:
        draft.count = number
        return k + 1
    if words[i] == "for" and draft.until is None and (length := length_at(ctx.line, j)):
        end = moved(ctx.now, length[0], 1)
        if end is not None and not length[0].seconds:
            draft.until = end.date()
            return length[1]
    return None


def _start_to_end(ctx: Context, i: int, draft: Draft) -> int | None:
    """ "starting tomorrow", "from jan 1 to dec 25": where it starts is a date of its own, and a hole in the rule."""
    words = ctx.words
    if words[i] not in _STARTING or draft.holes:
        return None
    start = moment_at(ctx, i + 2 if words[i + 1] in ("on", "from", "in") else i + 1)
    if start is None or start[0].when is None or start[0].time_only:
        return None
    end = start[1]
    draft.holes += list(range(i, end))
    if words[end] in ("to", "-", "–") and (last := moment_at(ctx, end + 1)) and last[0].when:
        draft.until = last[0].when.until or last[0].when.date
        return last[1]
    if start[0].when.until is not None and start[0].when.grain == "day":
        draft.until = start[0].when.until
    return end


def _until(ctx: Context, i: int, draft: Draft) -> int | None:
    words = ctx.words
    j = i + 1
    if words[i] == "up" and words[j] in ("to", "until", "till"):
        j += 1
    elif words[i] not in _UNTIL and words[i] != "to":
        return None
    while words[j] in ("the", "on", "and", "including"):
        j += 1
    if draft.until is not None or (words[i] == "to" and ctx.line.moving):
        return None
    last = moment_at(ctx, j) or moment_at(ctx, j - 1)
    if last is None or last[0].when is None or last[0].time_only:
        return None
    until = last[0].when.date
    if until < ctx.today and last[0].when.grain == "month":
        until = add_months(until, 12)  # in november, "until november" is the next one
    draft.until = until
    return last[1]


def _after_done(ctx: Context, i: int, draft: Draft) -> int | None:
    """ "every 3 days after completion", "every week from when i finish it"."""
    words = ctx.words
    if draft.completion:
        return None
    if words[i] in ("when", "once") and words[i + 1] in ("done", "completed", "complete", "finished"):
        draft.completion = True
        return i + 2
    if words[i] not in ("after", "from", "since"):
        return None
    j = i + 2 if words[i + 1] == "when" else i + 1
    end = done(ctx, j)
    if end is not None:
        draft.completion = True
    return end
