"""The grammar of recurrences: "every other friday", "the 1st and 15th of every month", "daily at 9 for 10 times".

A recurrence is a head, which says that and how often something repeats, and any number of tails, which say on which
days, at what times and for how long. Both fill one `Draft`, which becomes an RFC 5545 rule.
"""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from kirotodo.core.domain.rule import Freq, Rule, ordered, ordered_days
from kirotodo.core.language.days import figures, month_at, weekday_at
from kirotodo.core.language.durations import UNITS, length_at, moved
from kirotodo.core.language.holidays import holiday_at
from kirotodo.core.language.moments import bare_time, moment_at
from kirotodo.core.language.names import MONTHS, WEEKDAYS
from kirotodo.core.language.numbers import digits, ordinal, whole
from kirotodo.core.language.periods import nth_at
from kirotodo.core.language.spans import Context, word_set
from kirotodo.core.language.times import CLOCK_LEADS, PART_WORDS, Part, clock_at, part_at, part_time

WORKDAYS: Final = (0, 1, 2, 3, 4)
_ADVERBS: Final[dict[str, tuple[Freq, int]]] = {
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
_FREQS: Final[dict[str, tuple[Freq, int]]] = {
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
EVERY: Final = word_set("every each ev evry everyday")
_GROUPS: Final = {
    "weekday": WORKDAYS,
    "weekdays": WORKDAYS,
    "workday": WORKDAYS,
    "workdays": WORKDAYS,
    "weekend": (5, 6),
    "weekends": (5, 6),
}
_PLURALS: Final = {word + "s": day for word, day in WEEKDAYS.items() if word.endswith("day")} | {
    word + "s": WEEKDAYS[word] for word in ("mon", "tue", "tues", "wed", "thu", "thur", "fri", "sat", "sun")
}
_LIST_MARKS: Final = word_set("and & , + or /")
_SPOKEN_COUNTS: Final = {"once": 1, "twice": 2, "thrice": 3}
_UNTIL: Final = word_set("until till til thru through ending ends")
_STARTING: Final = word_set("starting beginning commencing from since starts effective")


@dataclass
class Draft:
    """A rule under construction. `holes` are tokens within it that say when it starts, which is no part of a rule."""

    freq: Freq | None = None
    interval: int = 1
    days: list[tuple[int, int]] = field(default_factory=list)
    monthdays: list[int] = field(default_factory=list)
    months: list[int] = field(default_factory=list)
    yeardays: list[int] = field(default_factory=list)
    weeks: list[int] = field(default_factory=list)
    positions: list[int] = field(default_factory=list)
    times: list[dt.time] = field(default_factory=list)
    part: Part | None = None
    count: int | None = None
    until: dt.date | None = None
    completion: bool = False
    holes: list[int] = field(default_factory=list)

    @property
    def dayless(self) -> bool:
        return not (self.days or self.monthdays or self.yeardays or self.positions)

    def rule(self, ctx: Context) -> Rule:
        times = self.times or ([part_time(self.part, ctx.preferences)] if self.part else [])
        times = [time for time in times if time.minute == times[0].minute]
        return Rule(
            freq=self._freq(),
            interval=self.interval,
            bymonth=ordered(self.months),
            byweekno=ordered(self.weeks),
            byyearday=ordered(self.yeardays),
            bymonthday=ordered(self.monthdays),
            byday=ordered_days(self.days),
            byhour=ordered([time.hour for time in times]),
            byminute=(times[0].minute,) if times else (),
            bysetpos=ordered(self.positions),
            count=self.count,
            until=self.until if self.count is None else None,
        )

    def _freq(self) -> Freq:
        numbered = any(nth for nth, _ in self.days) or bool(self.monthdays) or bool(self.positions)
        if self.freq is None or (self.freq in ("DAILY", "WEEKLY") and (numbered or self.weeks or self.yeardays)):
            if self.months or self.weeks or self.yeardays:
                return "YEARLY"
            if numbered:
                return "MONTHLY"
            return "WEEKLY" if self.days else self.freq or "DAILY"
        if self.freq == "DAILY" and self.days and self.interval == 1:
            return "WEEKLY"
        if self.freq == "MONTHLY" and self.months and not self.dayless and self.interval == 1:
            return "YEARLY"
        return self.freq


Step: TypeAlias = Callable[[Context, int, Draft], int | None]
"""Reads one thing at a token into the draft: the token after it, or None with the draft as it was."""


def repeat_at(ctx: Context, i: int) -> tuple[Draft, int] | None:
    """The recurrence that begins at token i, as long as it goes."""
    draft = Draft()
    end = _leading_time(ctx, i, draft)
    if end is not None:
        head = _head(ctx, end, draft)
    else:
        head = _head(ctx, i, draft)
    if head is None:
        return None
    end = head
    while (more := _tail(ctx, end, draft)) is not None:
        end = more
    while draft.holes and draft.holes[-1] == end - 1:
        draft.holes.pop()
        end -= 1
    return draft, end


def _leading_time(ctx: Context, i: int, draft: Draft) -> int | None:
    """ "9am daily", "at 9am sundays": a time said before the head."""
    word = ctx.words[i]
    led = word in CLOCK_LEADS
    if not led and not digits(word) and word not in ("noon", "midnight"):
        return None
    clock = clock_at(ctx.line, i + 1 if led else i, "at" if led else "no")
    if clock is None:
        return None
    end = clock[1] + 1 if ctx.words[clock[1]] in (",", "on") else clock[1]
    if ctx.words[end] not in EVERY and ctx.words[end] not in _PLURALS and ctx.words[end] not in _ADVERBS:
        if ctx.words[end] not in ("weekdays", "weekends"):
            return None
    draft.times.append(bare_time(ctx, clock[0], None))
    return end


# Heads


def _head(ctx: Context, i: int, draft: Draft) -> int | None:
    words = ctx.words
    word = words[i]
    if word in EVERY and word != "everyday":
        return _every(ctx, i + 1, draft)
    if word in _ADVERBS:
        return _adverb(ctx, i, draft)
    if word in ("bi", "semi") and words[i + 1] == "-" and "bi" + words[i + 2] in _ADVERBS:
        draft.freq, draft.interval = _ADVERBS["bi" + words[i + 2]]
        return i + 3
    if word == "annual" and i and words[i - 1] in ("a", "an"):
        draft.freq = "YEARLY"
        return i + 1
    if word in ("once", "1x") or (word == "one" and words[i + 1] in ("time", "times")):
        return _once(ctx, i + 1 if word == "once" else i + 2, draft)
    if word in _PLURALS or word in ("weekdays", "weekends", "weeknights"):
        return _plural(ctx, i, draft)
    if word == "on" and (words[i + 1] in _PLURALS or words[i + 1] in ("weekdays", "weekends", "weeknights")):
        return _plural(ctx, i + 1, draft)
    weekday = weekday_at(ctx, i)
    if weekday and ctx.words[weekday[1]].removesuffix("s") in PART_WORDS and ctx.words[weekday[1]].endswith("s"):
        draft.days.append((0, weekday[0]))
        return _part_tail(ctx, weekday[1], draft)
    return _from_completion(ctx, i, draft) or _day_of_every(ctx, i, draft)


def _every(ctx: Context, i: int, draft: Draft) -> int | None:
    """What follows "every"."""
    words = ctx.words
    if words[i] == "!":
        draft.completion, i = True, i + 1
    if words[i] == "single":
        i += 1
    if words[i] in ("other", "alternate", "second") and (words[i] != "second" or words[i + 1] in UNITS):
        unit = UNITS.get(words[i + 1])
        draft.interval = 2
        if unit:
            return _unit(ctx, i + 1, draft, 2)
        return _weekly_days(ctx, i + 1, draft)
    if words[i] == "few" or (words[i] == "couple" and words[i + 1] == "of"):
        return None
    counted = whole(ctx.line, i)
    if counted and words[counted[1]] == "-":
        counted = counted[0], counted[1] + 1
    if counted and 0 < counted[0] <= 1000 and (end := _unit(ctx, counted[1], draft, counted[0])):
        return end
    nth = ordinal(ctx.line, i)
    if nth and nth[0] > 0 and words[nth[1]] in UNITS and words[nth[1] + 1] not in ("of", "in") and nth[0] <= 1000:
        if not (words[nth[1]] in ("day", "days") and nth[0] > 10):
            return _unit(ctx, nth[1], draft, nth[0])
    if words[i] in UNITS and words[i] != "second":
        return _unit(ctx, i, draft, 1)
    return _day_words(ctx, i, draft, head=True)


def _unit(ctx: Context, i: int, draft: Draft, count: int) -> int | None:
    unit = UNITS.get(ctx.words[i])
    if unit is None and ctx.words[i] in ("h", "d", "w") and ctx.line.glued(i):
        unit = {"h": "hour", "d": "day", "w": "week"}[ctx.words[i]]
    if unit not in _FREQS:
        if ctx.words[i] in ("weekdays", "workdays") and count > 1:
            return None
        return None
    freq, times = _FREQS[unit]
    draft.freq, draft.interval = freq, min(times * count, 1000)
    return i + 1


_NOT_REPEATING: Final = word_set("the my our your his her their this last next todays")


def _adverb(ctx: Context, i: int, draft: Draft) -> int | None:
    if i and ctx.words[i - 1] in _NOT_REPEATING:
        return None
    if ctx.line.capital(i) and ctx.line.capital(i + 1) and i and not ctx.line.text.isupper():
        return None
    draft.freq, draft.interval = _ADVERBS[ctx.words[i]]
    if ctx.words[i] == "nightly":
        draft.part = Part("night", "night")
    return i + 1


def _once(ctx: Context, i: int, draft: Draft) -> int | None:
    """ "once a week", "once every 3 days", "once per month"."""
    words = ctx.words
    if words[i] in EVERY:
        return _every(ctx, i + 1, draft)
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
    end = _weekly_days(ctx, i, draft)
    return _part_tail(ctx, end, draft) or end if end else None


def _from_completion(ctx: Context, i: int, draft: Draft) -> int | None:
    """ "3 days after i finish it", "a week after completion": counted from when it was done."""
    length = length_at(ctx.line, i) if ctx.words[i] else None
    if length is None or ctx.words[length[1]] != "after":
        return None
    end = _done(ctx, length[1] + 1)
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


def _done(ctx: Context, i: int) -> int | None:
    """What "after" is followed by: "completion", "i finish it", "it is done", "the last one is completed"."""
    words = ctx.words
    j = i
    while words[j] in (
        "i",
        "it",
        "is",
        "i'm",
        "it's",
        "im",
        "i've",
        "have",
        "the",
        "last",
        "one",
        "previous",
        "was",
        "its",
        "we",
    ):
        j += 1
    if words[j] not in _DONE:
        return None
    j += 1
    return j + 1 if words[j] in ("it", "this", "that", "them") else j


def _day_of_every(ctx: Context, i: int, draft: Draft) -> int | None:
    """ "the 4th of every other month", "first friday of each month", "beginning of each month", "dec 25 every year"."""
    words = ctx.words
    start = i + 1 if words[i] in ("on", "at") else i
    start = start + 1 if words[start] == "the" else start
    if words[start] in ("beginning", "begin", "start", "end"):
        end: int | None = start + 1
        draft.monthdays.append(-1 if words[start] == "end" else 1)
    elif words[start] in MONTHS:
        end = _month_dates(ctx, start, draft)
    else:
        end = _nth_list(ctx, start, draft)
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
    after = _every(ctx, end + 1, outer)
    if after is None:
        return None
    if outer.freq in ("MONTHLY", "YEARLY"):
        draft.freq, draft.interval = outer.freq, outer.interval
        draft.completion = outer.completion
        return after if outer.dayless else None
    if outer.months and outer.dayless and not draft.months:
        draft.months = outer.months
        return after
    return None


# Days


def _day_words(ctx: Context, i: int, draft: Draft, *, head: bool) -> int | None:
    """Which days: weekdays, groups of them, numbered ones, days of the month, dates of the year, parts of the day."""
    words = ctx.words
    word = words[i]
    if word in WEEKDAYS or word in _PLURALS or word in _GROUPS:
        end = _weekly_days(ctx, i, draft)
        return (_part_tail(ctx, end, draft) or end) if end else None
    if word in ("business", "working", "work", "week") and words[i + 1] in ("day", "days"):
        draft.days += [(0, day) for day in WORKDAYS]
        return i + 2
    if word in PART_WORDS and head and (named := part_at(ctx.line, i, loose=True)):
        draft.freq, draft.part = draft.freq or "DAILY", named[0]
        return named[1]
    if word in MONTHS:
        return _month_dates(ctx, i, draft)
    if (word == "day" and digits(words[i + 1])) or (word in ("days",) and digits(words[i + 1])):
        return _day_numbers(ctx, i + 1, draft)
    if head and (holiday := holiday_at(ctx.line, i)):
        return holiday[1] if _every_holiday(holiday[0], ctx.today.year, draft) else None
    return _nth_list(ctx, i, draft)


def _every_holiday(holiday: Callable[[int], dt.date], year: int, draft: Draft) -> bool:
    """A day with a name as a rule, if it has a fixed date or is the nth weekday of a month; Easter is neither."""
    dates = [holiday(min(max(year, 1), 9900) + k) for k in range(12)]
    if len({(date.month, date.day) for date in dates}) == 1:
        draft.monthdays = [dates[0].day]
    elif len({(date.month, date.weekday(), (date.day - 1) // 7) for date in dates}) == 1:
        draft.days = [((dates[0].day - 1) // 7 + 1, dates[0].weekday())]
    elif all(date.month == dates[0].month and (date + dt.timedelta(days=7)).month != date.month for date in dates):
        draft.days = [(-1, dates[0].weekday())]
    else:
        return False
    draft.freq, draft.months = "YEARLY", [dates[0].month]
    return True


def _weekly_days(ctx: Context, i: int, draft: Draft) -> int | None:
    """ "mon, wed and fri", "monday through friday", "weekdays"."""
    words = ctx.words
    end: int | None = None
    j = i
    while True:
        word = words[j]
        named = weekday_at(ctx, j)
        if word in _GROUPS:
            draft.days += [(0, day) for day in _GROUPS[word]]
            end = j + 1
        elif named or word in _PLURALS:
            first, end = named or (_PLURALS[word], j + 1)
            last = weekday_at(ctx, end + 1) or (
                (_PLURALS[words[end + 1]], end + 2) if words[end + 1] in _PLURALS else None
            )
            if last and words[end] in ("-", "–", "to", "through", "thru", "till", "until"):
                draft.days += [(0, (first + k) % 7) for k in range((last[0] - first) % 7 + 1)]
                end = last[1]
            else:
                draft.days.append((0, first))
        else:
            return end
        j = end
        while words[j] in _LIST_MARKS:
            j += 1
        if words[j] in EVERY or (words[j] == "on" and j > end):
            j += 1
        if j == end:
            return end


def _nth_list(ctx: Context, i: int, draft: Draft) -> int | None:
    """ "first and third friday", "4th and 10th", "15th workday, first workday", "last day", "2nd and 2nd to last fri"."""
    words = ctx.words
    j = i
    pending: list[int] = []
    end: int | None = None
    before = len(draft.monthdays), len(draft.days), len(draft.positions)
    while (counted := nth_at(ctx, j)) is not None and counted[0] != 0 and abs(counted[0]) <= 366:
        pending.append(counted[0])
        j = counted[1]
        if (used := _counted_noun(ctx, j, pending, draft)) is not None:
            pending, j = [], used
        end = j
        while words[j] in _LIST_MARKS:
            j += 1
        if j == end:
            break
        if words[j] in EVERY:
            j += 1
    if end is None or (end == i):
        return None
    if pending:
        if any(abs(nth) > 31 for nth in pending) or words[end] in ("time", "one", "item", "task"):
            del draft.monthdays[before[0] :], draft.days[before[1] :], draft.positions[before[2] :]
            return None
        draft.monthdays += pending
        end = end + 1 if words[end] == "day" else end
    return end


def _counted_noun(ctx: Context, j: int, nths: list[int], draft: Draft) -> int | None:
    """What is counted: a weekday, a working day, a day."""
    words = ctx.words
    word = words[j]
    named = weekday_at(ctx, j)
    if named and all(abs(nth) <= 53 for nth in nths):
        draft.days += [(nth, named[0]) for nth in nths]
        return named[1]
    if word == "instance" or (word == "instances" and words[j + 1] == "of"):
        end = _weekly_days(ctx, j + 2, draft)
        draft.positions += nths if end else []
        return end
    workdays = word in ("workday", "weekday", "workdays", "weekdays")
    if workdays or (word in ("business", "working", "work", "week") and words[j + 1] == "day"):
        draft.positions += nths
        draft.days = [(0, day) for day in WORKDAYS]
        return j + 1 if workdays else j + 2
    if word in ("weekend",):
        draft.positions += nths
        draft.days = [(0, 5)]
        return j + 1
    if word in ("day", "days"):
        draft.monthdays += nths
        return j + 1
    return None


def _day_numbers(ctx: Context, i: int, draft: Draft) -> int | None:
    """ "day 20 and 30"."""
    j, end = i, None
    while digits(ctx.words[j]) and 0 < int(ctx.words[j][:4]) <= 366:
        (draft.yeardays if draft.freq == "YEARLY" and not draft.months else draft.monthdays).append(int(ctx.words[j]))
        j = end = j + 1
        while ctx.words[j] in _LIST_MARKS:
            j += 1
    return end


def _month_dates(ctx: Context, i: int, draft: Draft) -> int | None:
    """ "jan 27th", "december 21st and 31st", "january and june", "november"."""
    words = ctx.words
    named = month_at(ctx, i)
    if named is None:
        return None
    month, j = named
    end = j
    draft.months.append(month)
    j = j + 1 if words[j] in ("the", ",") else j
    while True:
        number = ordinal(ctx.line, j)
        if (
            number is None
            and digits(words[j])
            and len(words[j]) < 3
            and words[j + 1] not in (":", "am", "pm", "times", "x")
        ):
            number = int(words[j]), j + 1
        if number is None or not 0 < number[0] < 32 or words[number[1]] in WEEKDAYS:
            break
        draft.monthdays.append(number[0])
        j = end = number[1]
        while words[j] in _LIST_MARKS:
            j += 1
        if j == end:
            break
    k = end
    while words[k] in _LIST_MARKS:
        k += 1
    if k > end and words[k] in MONTHS and not draft.monthdays:
        return _month_dates(ctx, k, draft)
    return end


# Tails


def _tail(ctx: Context, i: int, draft: Draft) -> int | None:
    words = ctx.words
    j = i + 1 if words[i] == "," else i
    for step in (_on, _within, _at, _part_tail, _except, _times, _start_to_end, _until, _after_done):
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
    if not said and not (
        draft.freq == "WEEKLY" and (words[j] in WEEKDAYS or words[j] in _PLURALS or words[j] in _GROUPS)
    ):
        if not (draft.months and words[i] == "the") and not (draft.freq in ("MONTHLY", "YEARLY") and j > i):
            return None
    day_months = _day_then_month(ctx, j, draft)
    return day_months or _day_words(ctx, j, draft, head=False)


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
            while words[j] in _LIST_MARKS:
                j += 1
        return end if draft.weeks else None
    if words[j] in MONTHS and not draft.months and (not plain or draft.monthdays):
        if words[i] == "from":
            return None
        return _month_dates(ctx, j, draft)
    if draft.dayless and not draft.months:
        return None
    each = words[j] in EVERY or words[j] in ("the", "a", "per")
    if not each or (plain and words[j] not in EVERY):
        return None
    outer = Draft()
    end_unit = _every(ctx, j + 1, outer)
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
        while words[j] in _LIST_MARKS:
            j += 1
        more = clock_at(ctx.line, j, "at") if j > end else None
        if more is None:
            break
        draft.times.append(bare_time(ctx, more[0], draft.part))
        end = more[1]
    return end


def _part_tail(ctx: Context, i: int, draft: Draft) -> int | None:
    """ "mornings", "in the evening" after days."""
    if draft.part is not None or draft.freq in ("HOURLY", "MINUTELY"):
        return None
    word = ctx.words[i]
    if word.endswith("s") and word[:-1] in PART_WORDS:
        word = word[:-1]
        draft.part = {
            "morning": Part("morning", "morning"),
            "afternoon": Part("afternoon", "afternoon"),
            "evening": Part("evening", "evening"),
        }.get(word, Part("night", "night"))
        return i + 1
    part = part_at(ctx.line, i, loose=True)
    if (
        part is None
        or part[0].offset is not None
        or (word not in PART_WORDS and word not in ("in", "at", "after", "early", "first"))
    ):
        return None
    draft.part = part[0]
    if draft.times:
        draft.times = [
            time.replace(hour=time.hour % 12 if part[0].part == "morning" else time.hour) for time in draft.times
        ]
    return part[1]


def _except(ctx: Context, i: int, draft: Draft) -> int | None:
    """ "every day except sundays"."""
    words = ctx.words
    if words[i] not in ("except", "but") or draft.freq not in ("DAILY", None) or draft.interval != 1:
        return None
    j = i + 1
    while words[j] in ("not", "on", "for"):
        j += 1
    left_out = Draft()
    end = _weekly_days(ctx, j, left_out)
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
    if words[k] in ("times", "time", "occurrences", "occurrence", "x", "repetitions", "instances"):
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
    j = i + 1 if words[i + 1] in ("on", "from", "at", "in") else i + 1
    start = moment_at(ctx, j if words[j] not in ("on", "from", "in") else j + 1)
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
    draft.until = last[0].when.date
    return last[1]


def _after_done(ctx: Context, i: int, draft: Draft) -> int | None:
    """ "every 3 days after completion", "every week from when i finish it"."""
    words = ctx.words
    if words[i] not in ("after", "from", "since") or draft.completion:
        return None
    j = i + 2 if words[i + 1] == "when" else i + 1
    end = _done(ctx, j)
    if end is not None:
        draft.completion = True
    return end
