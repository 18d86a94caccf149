"""Days, moments and rules of recurrence as people read them."""

import datetime as dt
from typing import Final

DAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_UNITS: Final = {"DAILY": "day", "WEEKLY": "week", "MONTHLY": "month", "YEARLY": "year"}
_BY_DAY: Final = {"MO": "Mon", "TU": "Tue", "WE": "Wed", "TH": "Thu", "FR": "Fri", "SA": "Sat", "SU": "Sun"}
_PLACES: Final = {"1": "first", "2": "second", "3": "third", "4": "fourth", "-1": "last"}


def day_words(day: dt.date, *, today: dt.date) -> str:
    """`Fri 27 Nov`, with the year where it is another one."""
    year = "" if day.year == today.year else f" {day.year}"
    return f"{DAYS[day.weekday()]} {day.day} {MONTHS[day.month - 1]}{year}"


def due_words(day: dt.date | None, time: dt.time | None, *, today: dt.date) -> str:
    """`Fri 27 Nov, 17:00`; empty where there is no date."""
    if day is None:
        return ""
    return day_words(day, today=today) + (f", {time:%H:%M}" if time is not None else "")


def moment_words(moment: dt.datetime, *, now: dt.datetime) -> str:
    """A moment in the zone of `now`."""
    local = moment.astimezone(now.tzinfo)
    return due_words(local.date(), local.time(), today=now.date())


def rule_words(rule: str) -> str:
    """`every 2 weeks on Fri` for `FREQ=WEEKLY;INTERVAL=2;BYDAY=FR`; the rule itself where it says more than that."""
    parts = dict(part.split("=", 1) for part in rule.split(";") if "=" in part)
    unit = _UNITS.get(parts.pop("FREQ", ""))
    count = parts.pop("INTERVAL", "1")
    days = parts.pop("BYDAY", "")
    if unit is None or not count.isdigit() or set(parts) - {"BYMONTHDAY"}:
        return rule
    if days == "MO,TU,WE,TH,FR" and count == "1" and not parts:
        return "every weekday"
    words = f"every {unit}" if count == "1" else f"every {count} {unit}s"
    if days:
        words += " on " + ", ".join(_day_of_rule(day) for day in days.split(","))
    if parts:
        on = parts["BYMONTHDAY"]
        words += " on the last day" if on == "-1" else f" on day {on.replace(',', ', ')}"
    return words


def _day_of_rule(code: str) -> str:
    place, day = code[:-2].removeprefix("+"), _BY_DAY.get(code[-2:], code)
    return f"the {_PLACES.get(place, place)} {day}" if place else day
