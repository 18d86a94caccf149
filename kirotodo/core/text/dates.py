"""Days, times and recurrence rules in words: one style for commands, chat answers and screens.

A day is "Fri 27 Nov", with its year where that is another one; a time is "17:00"; a rule is "every other Friday" and
never an RRULE. Not strftime, whose words change with the locale of the machine.
"""

import datetime as dt
from collections.abc import Sequence
from typing import Final

from kirotodo.core.domain.rule import Rule, read_rule, unclamped
from kirotodo.core.domain.task import RecursFrom
from kirotodo.core.errors import InvalidInput

WEEKDAY_NAMES: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MONTH_NAMES: Final = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
UNREADABLE_RULE: Final = "on a schedule of its own"
"""What is shown for a rule that is none: only a server that is not ours can send one."""
NEAR_DAYS: Final = 13
"""Up to so many days ahead, a weekday and the day of the month say enough where there is little room."""
LATE_DAYS: Final = 99
"""Up to so many days ago, the number of days says more than a date."""

_UNITS: Final = {
    "MINUTELY": "minute",
    "HOURLY": "hour",
    "DAILY": "day",
    "WEEKLY": "week",
    "MONTHLY": "month",
    "YEARLY": "year",
}
_RELATIVE: Final = {-1: "yesterday", 0: "today", 1: "tomorrow"}
_WORKDAYS: Final = tuple((0, day) for day in range(5))
_ORDINALS: Final = {1: "first", 2: "second", 3: "third", 4: "fourth", 5: "fifth"}


def describe_day(day: dt.date, *, today: dt.date) -> str:
    """Return `Fri 27 Nov`, with the year where it is another one."""
    year = "" if day.year == today.year else f" {day.year:04}"
    return f"{WEEKDAY_NAMES[day.weekday()][:3]} {_short(day)}{year}"


def describe_due(day: dt.date | None, time: dt.time | None = None, *, today: dt.date, relative: bool = False) -> str:
    """Return `Fri 27 Nov, 17:00`; nothing where there is no date. `relative` says "today" and its neighbours."""
    if day is None:
        return ""
    near = _RELATIVE.get((day - today).days) if relative else None
    return _at(near or describe_day(day, today=today), time)


def describe_due_briefly(day: dt.date | None, time: dt.time | None = None, *, today: dt.date) -> str:
    """Return the same in as few words as tell it: `17:00`, `tomorrow`, `Fri 27 09:00`, `3 Mar`, `3 Mar 2028`. What is
    past says for how long: `4 days late`."""
    if day is None:
        return ""
    days = (day - today).days
    if days == 0:
        return f"{time:%H:%M}" if time is not None else "today"
    hour = f" {time:%H:%M}" if time is not None and days > 0 else ""
    return _brief_day(day, days, today) + hour


def describe_moment(moment: dt.datetime, *, now: dt.datetime) -> str:
    """Return a moment as a day and a time in the zone of `now`."""
    local = moment.astimezone(now.tzinfo)
    return describe_due(local.date(), local.time(), today=now.date())


def describe_lead(minutes: int) -> str:
    """Return `10 minutes before`, `1 day before`; `at the time` for none."""
    if minutes <= 0:
        return "at the time"
    for size, unit in ((1440, "day"), (60, "hour"), (1, "minute")):
        if minutes % size == 0:
            count = minutes // size
            return f"{count} {unit}{'' if count == 1 else 's'} before"
    raise AssertionError


def describe_rule(rule: str, *, recurs_from: RecursFrom = "schedule") -> str:
    """Return `every other Friday at 09:00` for a rule of RFC 5545. Rules that differ have words that differ, save
    that a 31st which falls back to the end of a short month is told as the 31st."""
    try:
        parsed = unclamped(read_rule(rule))
    except InvalidInput:
        return UNREADABLE_RULE
    words = _plain_words(parsed) or _part_by_part(parsed)
    if recurs_from == "completion":
        words += " after completion"
    return words + _ending(parsed) + _exceptions(parsed)


def _short(day: dt.date) -> str:
    return f"{day.day} {MONTH_NAMES[day.month - 1][:3]}"


def _at(day: str, time: dt.time | None) -> str:
    return day if time is None else f"{day}, {time:%H:%M}"


def _brief_day(day: dt.date, days: int, today: dt.date) -> str:
    if abs(days) <= 1:
        return _RELATIVE[days]
    if -LATE_DAYS <= days < 0:
        return f"{-days} days late"
    if 0 < days <= NEAR_DAYS:
        weekday = WEEKDAY_NAMES[day.weekday()][:3]
        return f"{weekday} {day.day}" if day.month == today.month else f"{weekday} {_short(day)}"
    return _short(day) if day.year == today.year or 0 < days < 180 else f"{_short(day)} {day.year:04}"


def _plain_words(rule: Rule) -> str | None:
    """Return everything but how it ends, as one would say it; None where there are no such words for it."""
    if len(rule.byminute) > 1 or (rule.byminute and not rule.byhour):
        return None
    if rule.freq in ("MINUTELY", "HOURLY"):
        return _every(rule) if rule == _without_days_and_times(rule) else None
    days = {"MONTHLY": _monthly, "YEARLY": _yearly}.get(rule.freq, _weekly)(rule)
    return None if days is None else days + _times(rule)


def _without_days_and_times(rule: Rule) -> Rule:
    return Rule(freq=rule.freq, interval=rule.interval, count=rule.count, until=rule.until, exdate=rule.exdate)


def _every(rule: Rule) -> str:
    unit = _UNITS[rule.freq]
    if rule.interval == 1:
        return f"every {unit}"
    return f"every other {unit}" if rule.interval == 2 else f"every {rule.interval} {unit}s"


def _weekly(rule: Rule) -> str | None:
    if rule.bymonth or rule.byweekno or rule.byyearday or rule.bymonthday or rule.bysetpos:
        return None
    if not rule.byday:
        return _every(rule)
    if rule.freq == "DAILY":
        return None
    weekdays = rule.byday == _WORKDAYS
    days = "weekday" if weekdays else _joined([WEEKDAY_NAMES[day] for _, day in rule.byday])
    if rule.interval == 1:
        return f"every {days}"
    if rule.interval == 2 and len(rule.byday) == 1:
        return f"every other {days}"
    return f"{_every(rule)} on {'weekdays' if weekdays else days}"


def _monthly(rule: Rule) -> str | None:
    if rule.bymonth or rule.byweekno or rule.byyearday:
        return None
    days = _month_days(rule)
    return None if days is None else f"{_every(rule)}{' on ' if days else ''}{days}"


def _month_days(rule: Rule) -> str | None:
    """Return "the 4th and 10th", "the last day", "the first Friday", "the 15th weekday"; "" where none are named."""
    if rule.bysetpos:
        if rule.bymonthday or rule.byday != _WORKDAYS:
            return None
        return "the " + _joined([_place(nth) for nth in rule.bysetpos]) + " weekday"
    if rule.bymonthday and not rule.byday:
        from_start = [_ordinal(day) for day in rule.bymonthday if day > 0]
        from_end = [f"{_place(day)} day" for day in rule.bymonthday if day < 0]
        return "the " + _joined(from_start + from_end)
    if rule.byday and not rule.bymonthday:
        days = {day for _, day in rule.byday}
        if len(days) > 1 or any(nth == 0 for nth, _ in rule.byday):
            return None
        return "the " + _joined([_place(nth) for nth, _ in rule.byday]) + f" {WEEKDAY_NAMES[days.pop()]}"
    return None if rule.bymonthday else ""


def _yearly(rule: Rule) -> str | None:
    if rule.byyearday or rule.byweekno:
        return None
    if not rule.bymonth:
        return None if rule.bymonthday or rule.byday or rule.bysetpos else _every(rule)
    months = [MONTH_NAMES[month - 1] for month in rule.bymonth]
    if rule.bymonthday and not rule.byday and not rule.bysetpos:
        if len(months) > 1 or any(day < 0 for day in rule.bymonthday):
            return None
        if len(rule.bymonthday) == 1:
            return f"{_every(rule)} on {rule.bymonthday[0]} {months[0]}"
    days = _month_days(rule)
    if days is None or len(months) > 1 or rule.bysetpos:
        return None if days != "" or rule.interval != 1 else f"every {_joined(months)}"
    if not days:
        return f"every {months[0]}" if rule.interval == 1 else None
    return f"{_every(rule)} on {days} of {months[0]}"


def _part_by_part(rule: Rule) -> str:
    """Return a rule that English is clumsy at: each of its parts in words, one after the other."""
    parts = [
        _part("in", [MONTH_NAMES[month - 1] for month in rule.bymonth]),
        _part("in week", [_number(week) for week in rule.byweekno]),
        _part("on day of the year", [_number(day) for day in rule.byyearday]),
        _part("on day of the month", [_number(day) for day in rule.bymonthday]),
        _part("on", [_weekday(nth, day) for nth, day in rule.byday]),
        _part("at hour", [str(hour) for hour in rule.byhour] if not rule.byminute else []),
        _part("at minute", [str(minute) for minute in rule.byminute] if not rule.byhour else []),
        _part("at", [f"{time:%H:%M}" for time in rule.times] if rule.byminute else []),
        _part("taking only the", [f"{_place(nth)} of them" for nth in rule.bysetpos]),
    ]
    return ", ".join([_every(rule), *(part for part in parts if part)])


def _part(head: str, values: Sequence[str]) -> str:
    return f"{head} {_joined(values)}" if values else ""


def _number(value: int) -> str:
    return str(value) if value > 0 else f"{-value} from the end"


def _weekday(nth: int, day: int) -> str:
    return f"the {_place(nth)} {WEEKDAY_NAMES[day]}" if nth else WEEKDAY_NAMES[day]


def _times(rule: Rule) -> str:
    return f" at {_joined([f'{time:%H:%M}' for time in rule.times])}" if rule.times else ""


def _ending(rule: Rule) -> str:
    if rule.count is not None:
        return f" for {rule.count} time{'' if rule.count == 1 else 's'}"
    if rule.until is not None:
        return f" until {rule.until.day} {MONTH_NAMES[rule.until.month - 1]} {rule.until.year:04}"
    return ""


def _exceptions(rule: Rule) -> str:
    return f", except {_joined([f'{_short(day)} {day.year:04}' for day in rule.exdate])}" if rule.exdate else ""


def _joined(words: Sequence[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def _ordinal(number: int) -> str:
    suffix = "th" if 10 < number % 100 < 14 else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{suffix}"


def _place(nth: int) -> str:
    """Return "first", "15th", "last", "2nd to last"."""
    if nth > 0:
        return _ORDINALS.get(nth) or _ordinal(nth)
    return "last" if nth == -1 else f"{_ordinal(-nth)} to last"
