"""Read the days of a recurrence: "mon, wed and fri", "the first and third friday", "the 15th", "december 21st and
31st".
"""

import datetime as dt
from collections.abc import Callable
from typing import Final

import msgspec

from kirotodo.core.domain.rule import Freq, Rule, ordered, ordered_days
from kirotodo.core.language.when.calendar_words import MONTHS, WEEKDAYS
from kirotodo.core.language.when.days import month_at, weekday_at
from kirotodo.core.language.when.holidays import holiday_at
from kirotodo.core.language.when.numbers import digits, ordinal
from kirotodo.core.language.when.periods import nth_at
from kirotodo.core.language.when.times import PART_WORDS, Part, part_at, part_time
from kirotodo.core.language.when.tokens import Context, word_set

WORKDAYS: Final = (0, 1, 2, 3, 4)

EVERY: Final = word_set("every each ev evry everyday")

GROUPS: Final = {
    "weekday": WORKDAYS,
    "weekdays": WORKDAYS,
    "workday": WORKDAYS,
    "workdays": WORKDAYS,
    "weekend": (5, 6),
    "weekends": (5, 6),
}

PLURALS: Final = {word + "s": day for word, day in WEEKDAYS.items() if word.endswith("day")} | {
    word + "s": WEEKDAYS[word] for word in ("mon", "wed", "fri", "sat", "sun") if word + "s" not in WEEKDAYS
}

LIST_MARKS: Final = word_set("and & , + or /")


class Draft(msgspec.Struct):
    """A rule under construction. `holes` are tokens within it that say when it starts, which is not part of a rule."""

    freq: Freq | None = None
    interval: int = 1
    days: list[tuple[int, int]] = msgspec.field(default_factory=list)
    monthdays: list[int] = msgspec.field(default_factory=list)
    months: list[int] = msgspec.field(default_factory=list)
    yeardays: list[int] = msgspec.field(default_factory=list)
    weeks: list[int] = msgspec.field(default_factory=list)
    positions: list[int] = msgspec.field(default_factory=list)
    times: list[dt.time] = msgspec.field(default_factory=list)
    part: Part | None = None
    count: int | None = None
    until: dt.date | None = None
    completion: bool = False
    holes: list[int] = msgspec.field(default_factory=list)

    @property
    def dayless(self) -> bool:
        """Return whether the draft names no days yet."""
        return not (self.days or self.monthdays or self.yeardays or self.positions)

    def rule(self, ctx: Context) -> Rule:
        """Return the finished rule."""
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


def day_words(ctx: Context, i: int, draft: Draft, *, head: bool) -> int | None:
    """Read days: weekdays, groups of them, numbered ones, days of the month, dates of the year, parts of the day."""
    words = ctx.words
    word = words[i]
    if word in WEEKDAYS or word in PLURALS or word in GROUPS:
        end = weekly_days(ctx, i, draft)
        return (part_of_day(ctx, end, draft) or end) if end else None
    if word in ("business", "working", "work", "week") and words[i + 1] in ("day", "days"):
        draft.days += [(0, day) for day in WORKDAYS]
        return i + 2
    if word in PART_WORDS and head and (named := part_at(ctx.line, i, loose=True)):
        draft.freq, draft.part = draft.freq or "DAILY", named[0]
        return named[1]
    if word in MONTHS:
        return month_dates(ctx, i, draft)
    if digits(word) and len(word) < 3 and 0 < int(word) < 32 and (named_month := month_at(ctx, i + 1)):
        draft.months, draft.monthdays = [named_month[0]], [int(word)]
        return named_month[1]
    if word in ("beginning", "start", "end") and words[i + 1 : i + 3] in (("of", "month"), ("of", "the")):
        draft.monthdays.append(-1 if word == "end" else 1)
        end = i + 3 if words[i + 2] == "month" else i + 4
        return end if words[end - 1] == "month" else None
    if (word == "day" and digits(words[i + 1])) or (word in ("days",) and digits(words[i + 1])):
        return day_numbers(ctx, i + 1, draft)
    if head and (holiday := holiday_at(ctx.line, i)):
        return holiday[1] if _every_holiday(holiday[0], ctx.today.year, draft) else None
    return nth_list(ctx, i, draft)


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


def weekly_days(ctx: Context, i: int, draft: Draft) -> int | None:
    """Read "mon, wed and fri", "monday through friday", "weekdays"."""
    words = ctx.words
    end: int | None = None
    j = i
    while True:
        word = words[j]
        named = weekday_at(ctx, j)
        if word in GROUPS:
            draft.days += [(0, day) for day in GROUPS[word]]
            end = j + 1
        elif named or word in PLURALS:
            first, end = named or (PLURALS[word], j + 1)
            last = weekday_at(ctx, end + 1) or (
                (PLURALS[words[end + 1]], end + 2) if words[end + 1] in PLURALS else None
            )
            if last and words[end] in ("-", "–", "to", "through", "thru", "till", "until"):
                draft.days += [(0, (first + k) % 7) for k in range((last[0] - first) % 7 + 1)]
                end = last[1]
            else:
                draft.days.append((0, first))
        else:
            return end
        j = end
        while words[j] in LIST_MARKS:
            j += 1
        if words[j] in EVERY or (words[j] == "on" and j > end):
            j += 1
        if j == end and not (words[j] in WEEKDAYS or words[j] in PLURALS):
            return end
        if ctx.line.possessive(j):
            return end


def nth_list(ctx: Context, i: int, draft: Draft) -> int | None:
    """Read "first and third friday", "4th and 10th", "15th workday, first workday", "2nd and 2nd to last fri"."""
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
        while words[j] in LIST_MARKS:
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
    named = weekday_at(ctx, j) or ((PLURALS[word], j + 1) if word in PLURALS else None)
    if named and all(abs(nth) <= 53 for nth in nths):
        j = named[1]
        draft.days += [(nth, named[0]) for nth in nths]
        while words[j] in ("and", ",", "&") and (also := weekday_at(ctx, j + 1)):
            draft.days += [(nth, also[0]) for nth in nths]
            j = also[1]
        return j
    if word == "instance" or (word == "instances" and words[j + 1] == "of"):
        end = weekly_days(ctx, j + 2, draft)
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
        yearly = (draft.freq == "YEARLY" and not draft.months) or any(abs(nth) > 31 for nth in nths)
        (draft.yeardays if yearly else draft.monthdays).extend(nths)
        return j + 1
    return None


def day_numbers(ctx: Context, i: int, draft: Draft) -> int | None:
    """Read "day 20 and 30"."""
    j, end = i, None
    while digits(ctx.words[j]) and 0 < int(ctx.words[j][:4]) <= 366:
        (draft.yeardays if draft.freq == "YEARLY" and not draft.months else draft.monthdays).append(int(ctx.words[j]))
        j = end = j + 1
        while ctx.words[j] in LIST_MARKS:
            j += 1
    return end


def bare_numbers(ctx: Context, i: int, draft: Draft) -> int | None:
    """Read days of the month without "th": "1 and 15", "5 of the month". One alone needs its month beside it."""
    words = ctx.words
    numbers: list[int] = []
    j = end = i
    while digits(words[j]) and len(words[j]) < 3 and 0 < int(words[j]) < 32:
        numbers.append(int(words[j]))
        j = end = j + 1
        while words[j] in LIST_MARKS:
            j += 1
        if j == end:
            break
    of_month = words[end] == "of" and words[end + 1] in EVERY | {"the", "a", "month"}
    ends = not words[end][:1].isalnum() and words[end] not in (":", "/", "-", ".", "%")
    if not numbers or not (of_month or (len(numbers) > 1 and ends)):
        return None
    draft.monthdays += numbers
    return end


def month_dates(ctx: Context, i: int, draft: Draft) -> int | None:
    """Read "jan 27th", "december 21st and 31st", "january and june", "november"."""
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
        while words[j] in LIST_MARKS:
            j += 1
        if j == end:
            break
    k = end
    while words[k] in LIST_MARKS:
        k += 1
    if k > end and words[k] in MONTHS:
        return _more_months(ctx, k, draft) or end
    return end


def _more_months(ctx: Context, i: int, draft: Draft) -> int | None:
    """Further months after the first, with the same days: "january and june", "jan 15 and jul 15"."""
    more = Draft()
    end = month_dates(ctx, i, more)
    if end is None or more.monthdays != draft.monthdays:
        return None
    draft.months += more.months
    return end


def part_of_day(ctx: Context, i: int, draft: Draft) -> int | None:
    """Read "mornings", "in the evening" after days."""
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
