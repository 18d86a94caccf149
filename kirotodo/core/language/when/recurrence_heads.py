"""Read the beginning of a recurrence: "every other …", "weekly", "mondays", "3 days after i finish it".

A reader takes a token and the draft, and returns the token after what it read, or None.
"""

from typing import Final

from kirotodo.core.domain.rule import Freq
from kirotodo.core.language.when.calendar_words import MONTHS, WEEKDAYS
from kirotodo.core.language.when.days import weekday_at
from kirotodo.core.language.when.durations import UNITS, length_at
from kirotodo.core.language.when.numbers import NUMBER_WORDS, digits, ordinal, whole
from kirotodo.core.language.when.recurrence_days import (
    EVERY,
    PLURALS,
    WORKDAYS,
    Draft,
    bare_numbers,
    day_numbers,
    day_words,
    month_dates,
    nth_list,
    part_of_day,
    weekly_days,
)
from kirotodo.core.language.when.times import PART_WORDS, Part
from kirotodo.core.language.when.tokens import Context, word_set

ADVERBS: Final[dict[str, tuple[Freq, int]]] = {
    "daily": ("DAILY", 1),
    "everyday": ("DAILY", 1),
    "weekly": ("WEEKLY", 1),
    "biweekly": ("WEEKLY", 2),
    "fortnightly": ("WEEKLY", 2),
    "monthly": ("MONTHLY", 1),
    "bimonthly": ("MONTHLY", 2),
    "quarterly": ("MONTHLY", 3),
    "biannually": ("MONTHLY", 6),
    "semiannually": ("MONTHLY", 6),
    "yearly": ("YEARLY", 1),
    "annually": ("YEARLY", 1),
    "biennially": ("YEARLY", 2),
    "hourly": ("HOURLY", 1),
    "nightly": ("DAILY", 1),
}

FREQUENCY_OF: Final[dict[str, tuple[Freq, int]]] = {
    "minute": ("MINUTELY", 1),
    "hour": ("HOURLY", 1),
    "day": ("DAILY", 1),
    "week": ("WEEKLY", 1),
    "fortnight": ("WEEKLY", 2),
    "month": ("MONTHLY", 1),
    "quarter": ("MONTHLY", 3),
    "year": ("YEARLY", 1),
    "decade": ("YEARLY", 10),
}


def head_at(ctx: Context, i: int, draft: Draft) -> int | None:
    """Read the beginning of a recurrence at token i into the draft."""
    words = ctx.words
    word = words[i]
    if word in EVERY and word != "everyday":
        return every(ctx, i + 1, draft)
    if word in ADVERBS:
        return _adverb(ctx, i, draft)
    if words[i + 1] == "-" and (word == "bi" or words[i + 2] == "annually") and "bi" + words[i + 2] in ADVERBS:
        draft.freq, draft.interval = ADVERBS["bi" + words[i + 2]]
        return i + 3
    if word == "annual" and i and words[i - 1] in ("a", "an"):
        draft.freq = "YEARLY"
        return i + 1
    if word in ("once", "1x") or (word == "one" and words[i + 1] in ("time", "times")):
        return _once(ctx, i + 1 if word == "once" else i + 2, draft)
    if i and (ctx.words[i - 1] in NUMBER_WORDS or digits(ctx.words[i - 1])) and word in PLURALS:
        return None
    if word in PLURALS or word in ("weekdays", "weekends", "weeknights"):
        return _plural(ctx, i, draft)
    if word == "on" and (words[i + 1] in PLURALS or words[i + 1] in ("weekdays", "weekends", "weeknights")):
        return _plural(ctx, i + 1, draft)
    weekday = weekday_at(ctx, i)
    if weekday and ctx.words[weekday[1]].removesuffix("s") in PART_WORDS and ctx.words[weekday[1]].endswith("s"):
        draft.days.append((0, weekday[0]))
        return part_of_day(ctx, weekday[1], draft)
    return _from_completion(ctx, i, draft) or _day_of_every(ctx, i, draft)


def every(ctx: Context, i: int, draft: Draft) -> int | None:
    """Read the words after "every"."""
    words = ctx.words
    if words[i] == "!":
        draft.completion, i = True, i + 1
    if words[i] == "single":
        i += 1
    if words[i : i + 2] == ("and", "every"):
        i += 2
    if _says_other(words, i):
        draft.interval = 2
        return _unit(ctx, i + 1, draft, 2) if words[i + 1] in UNITS else weekly_days(ctx, i + 1, draft)
    if words[i] == "few" or (words[i] == "couple" and words[i + 1] == "of"):
        return None
    if (end := _counted(ctx, i, draft)) is not None:
        return end
    nth = ordinal(ctx.line, i)
    if nth and 0 < nth[0] <= (10 if words[nth[1]] == "day" else 1000) and words[nth[1] + 1] not in ("of", "in"):
        end = _unit(ctx, nth[1], draft, nth[0])
        if end is not None:
            return end
    if words[i] in UNITS and words[i] != "second":
        return _unit(ctx, i, draft, 1)
    return day_words(ctx, i, draft, head=True)


def _says_other(words: tuple[str, ...], i: int) -> bool:
    """Return whether "every" goes on with "other …", or with "second …" where that is no second one of a month."""
    if words[i] in ("other", "alternate"):
        return True
    day = words[i + 1] in WEEKDAYS or words[i + 1] == "weekend"
    return words[i] == "second" and ((day and words[i + 2] not in ("of", "in")) or words[i + 1] in UNITS)


def _counted(ctx: Context, i: int, draft: Draft) -> int | None:
    """Read "3 days", "4 weekends", "1 and 15" after "every"."""
    counted = whole(ctx.line, i)
    if counted is None:
        return None
    number, j = counted
    if ctx.words[j] == "-":
        j += 1
    if 0 < number <= 1000 and (end := _unit(ctx, j, draft, number)):
        return end
    if ctx.words[j] in ("weekend", "weekends") and 0 < number <= 52:
        draft.interval = number
        return weekly_days(ctx, j, draft)
    return bare_numbers(ctx, i, draft)


def _unit(ctx: Context, i: int, draft: Draft, count: int) -> int | None:
    unit = UNITS.get(ctx.words[i])
    if unit is None and ctx.words[i] in ("h", "d", "w") and ctx.line.glued(i):
        unit = {"h": "hour", "d": "day", "w": "week"}[ctx.words[i]]
    if unit not in FREQUENCY_OF:
        return None
    freq, times = FREQUENCY_OF[unit]
    draft.freq, draft.interval = freq, min(times * count, 1000)
    return i + 1


_NOT_REPEATING: Final = word_set("the my our your his her their this last next todays")


def _adverb(ctx: Context, i: int, draft: Draft) -> int | None:
    if i and ctx.words[i - 1] in _NOT_REPEATING:
        return None
    if ctx.line.capital(i) and ctx.line.capital(i + 1) and i and not ctx.line.text.isupper():
        return None
    draft.freq, draft.interval = ADVERBS[ctx.words[i]]
    if ctx.words[i] == "nightly":
        draft.part = Part("night", "night")
    return i + 1


def _once(ctx: Context, i: int, draft: Draft) -> int | None:
    """ "once a week", "once every 3 days", "once per month"."""
    words = ctx.words
    if words[i] in EVERY:
        return every(ctx, i + 1, draft)
    if words[i] in ("a", "an", "per", "in") and words[i + 1] in UNITS:
        return _unit(ctx, i + 1, draft, 1)
    if words[i] == "in" and words[i + 1] in ("a", "every"):
        return _unit(ctx, i + 2, draft, 1)
    return None


def _plural(ctx: Context, i: int, draft: Draft) -> int | None:
    """ "mondays", "tuesdays and thursdays", "weekends"; plural, so they repeat without "every"."""
    if ctx.words[i] == "weeknights":
        draft.days += [(0, day) for day in WORKDAYS]
        draft.part = Part("night", "evening")
        return i + 1
    end = weekly_days(ctx, i, draft)
    return part_of_day(ctx, end, draft) or end if end else None


def _from_completion(ctx: Context, i: int, draft: Draft) -> int | None:
    """ "3 days after i finish it", "a week after completion": counted from when it was done."""
    length = length_at(ctx.line, i) if ctx.words[i] else None
    if length is None or ctx.words[length[1]] != "after":
        return None
    end = done(ctx, length[1] + 1)
    if end is None:
        return None
    amount = length[0]
    if amount.months and not amount.days:
        draft.freq, draft.interval = "MONTHLY", amount.months
    elif amount.days and not amount.months:
        draft.freq, draft.interval = ("WEEKLY", amount.days // 7) if amount.days % 7 == 0 else ("DAILY", amount.days)
    elif amount.seconds and amount.seconds % 60 == 0:
        hours = amount.seconds % 3600 == 0
        draft.freq = "HOURLY" if hours else "MINUTELY"
        draft.interval = amount.seconds // (3600 if hours else 60)
    if draft.freq is None or not 0 < draft.interval <= 1000:
        return None
    if draft.freq == "MONTHLY" and draft.interval % 12 == 0:
        draft.freq, draft.interval = "YEARLY", draft.interval // 12
    draft.completion = True
    return end


_DONE: Final = word_set("done completed finished complete finish do completing finishing completion doing did")
_BEFORE_DONE: Final = word_set("i it is i'm it's im i've have the last one previous was its we")


def done(ctx: Context, i: int) -> int | None:
    """Read the words after "after": "completion", "i finish it", "it is done", "the last one is completed"."""
    words = ctx.words
    j = i
    while words[j] in _BEFORE_DONE:
        j += 1
    if words[j] not in _DONE:
        return None
    j += 1
    return j + 1 if words[j] in ("it", "this", "that", "them") else j


_EDGES: Final = frozenset({"beginning", "begin", "start", "end"})


def _days_ahead(ctx: Context, i: int, draft: Draft) -> int | None:
    """Read the days that stand before "of every month": "the 4th", "first friday", "dec 25", "day 60", "the end"."""
    word = ctx.words[i]
    if word in _EDGES:
        draft.monthdays.append(-1 if word == "end" else 1)
        return i + 1
    if word in MONTHS:
        return month_dates(ctx, i, draft)
    if word == "day":
        return day_numbers(ctx, i + 1, draft)
    return nth_list(ctx, i, draft) or bare_numbers(ctx, i, draft)


def _day_of_every(ctx: Context, i: int, draft: Draft) -> int | None:
    """ "the 4th of every other month", "first friday of each month", "beginning of each month", "dec 25 every year"."""
    words = ctx.words
    start = i + 1 if words[i] in ("on", "at") else i
    start = start + 1 if words[start] == "the" else start
    edge = words[start] in _EDGES
    end = _days_ahead(ctx, start, draft)
    if end is None:
        return None
    end = end + 1 if words[end] in ("of", "in", ",") else end
    if words[end] not in EVERY or words[end] == "everyday":
        if words[end] in ("annually", "yearly") and draft.months:
            draft.freq = "YEARLY"
            return end + 1
        if words[end] == "monthly" and not draft.months:
            draft.freq = "MONTHLY"
            return end + 1
        return None
    outer = Draft()
    after = every(ctx, end + 1, outer)
    if after is None:
        return None
    if edge and outer.freq == "WEEKLY" and outer.dayless:
        draft.freq, draft.interval, draft.monthdays = "WEEKLY", outer.interval, []
        draft.days.append((0, 4 if words[start] == "end" else 0))
        return after
    if outer.freq in ("MONTHLY", "YEARLY"):
        if outer.freq == "YEARLY" and not draft.months and not edge:
            draft.yeardays, draft.monthdays = [*draft.yeardays, *draft.monthdays], []
        draft.freq, draft.interval = outer.freq, outer.interval
        draft.completion = outer.completion
        return after if outer.dayless else None
    if outer.months and outer.dayless and not draft.months:
        draft.months = outer.months
        return after
    return None
