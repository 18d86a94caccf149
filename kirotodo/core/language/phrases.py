"""Dates and recurrences written back in English, as `parse_when` and `parse_rule` read them."""

import datetime as dt
from typing import Final

from kirotodo.core.domain.rule import Rule, read_rule, unclamped
from kirotodo.core.language.intent import Recurrence
from kirotodo.core.language.names import MONTH_NAMES, WEEKDAY_NAMES

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
_WORDS: Final = {1: "first", 2: "second", 3: "third", 4: "fourth", 5: "fifth"}


def describe_due(date: dt.date, time: dt.time | None = None, *, today: dt.date, relative: bool = False) -> str:
    """ "Fri 27 Nov, 17:00"; with its year where that is not this one. `relative` says "today" and its neighbours."""
    near = _RELATIVE.get((date - today).days) if relative else None
    year = "" if date.year == today.year else f" {date.year:04}"
    day = near or f"{WEEKDAY_NAMES[date.weekday()][:3]} {date.day} {MONTH_NAMES[date.month - 1][:3]}{year}"
    return day if time is None else f"{day}, {_time(time)}"


def describe_rule(rule: str | Recurrence) -> str:
    """ "every other Friday at 09:00". A rule that English is clumsy at stays as it is."""
    text = rule.rule if isinstance(rule, Recurrence) else rule
    parsed = read_rule(text)
    said = _said(parsed)
    if said is None:
        return str(parsed)
    if isinstance(rule, Recurrence) and rule.recurs_from == "completion":
        said += " after completion"
    return said + _ending(parsed)


def _said(rule: Rule) -> str | None:
    """Everything but how it ends; None where there are no plain words for it."""
    if len(rule.byminute) > 1 or (rule.byminute and not rule.byhour):
        return None
    if rule.freq in ("MINUTELY", "HOURLY"):
        return None if rule != _only(rule) else _every(rule)
    days = {"MONTHLY": _monthly, "YEARLY": _yearly}.get(rule.freq, _weekly)(rule)
    return None if days is None else days + _times(rule)


def _only(rule: Rule) -> Rule:
    return Rule(freq=rule.freq, interval=rule.interval, count=rule.count, until=rule.until)


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
    days = _month_days(unclamped(rule))
    return None if days is None else f"{_every(rule)}{' on ' if days else ''}{days}"


def _month_days(rule: Rule) -> str | None:
    """ "the 4th and 10th", "the last day", "the first Friday", "the 15th weekday"; empty where none are named."""
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
        return f"{_every(rule)} on {months[0]} {_joined([str(day) for day in rule.bymonthday])}"
    days = _month_days(rule)
    if days is None or len(months) > 1 or rule.bysetpos:
        return None if days != "" or rule.interval != 1 else f"every {_joined(months)}"
    if not days:
        return f"every {months[0]}" if rule.interval == 1 else None
    return f"{_every(rule)} on {days} of {months[0]}"


def _times(rule: Rule) -> str:
    return f" at {_joined([_time(time) for time in rule.times])}" if rule.times else ""


def _ending(rule: Rule) -> str:
    if rule.count is not None:
        return f" for {rule.count} time{'' if rule.count == 1 else 's'}"
    if rule.until is not None:
        return f" until {rule.until.day} {MONTH_NAMES[rule.until.month - 1]} {rule.until.year:04}"
    return ""


def _time(time: dt.time) -> str:
    return f"{time:%H:%M}"


def _joined(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def _ordinal(number: int) -> str:
    suffix = "th" if 10 < number % 100 < 14 else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{suffix}"


def _place(nth: int) -> str:
    """ "first", "15th", "last", "2nd to last"."""
    if nth > 0:
        return _WORDS.get(nth) or _ordinal(nth)
    return "last" if nth == -1 else f"{_ordinal(-nth)} to last"
