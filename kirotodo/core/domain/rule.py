"""RFC 5545 recurrence rules without DTSTART: read from text, checked, and written back in one canonical form.

Days that are left out ahead of time are part of a rule here, as EXDATE: see `docs/decisions/0063`.
"""

import datetime as dt
from dataclasses import replace
from typing import Final, Literal, TypeAlias

from kirotodo.core.errors import InvalidInput
from kirotodo.core.lazy_dataclasses import dataclass
from kirotodo.core.text.patterns import pattern

Freq: TypeAlias = Literal["MINUTELY", "HOURLY", "DAILY", "WEEKLY", "MONTHLY", "YEARLY"]

FREQUENCIES: Final[dict[str, Freq]] = {
    "MINUTELY": "MINUTELY",
    "HOURLY": "HOURLY",
    "DAILY": "DAILY",
    "WEEKLY": "WEEKLY",
    "MONTHLY": "MONTHLY",
    "YEARLY": "YEARLY",
}
WEEKDAY_CODES: Final = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_RANGES: Final[dict[str, tuple[int, int, bool]]] = {
    "BYMONTH": (1, 12, False),
    "BYWEEKNO": (1, 53, True),
    "BYYEARDAY": (1, 366, True),
    "BYMONTHDAY": (1, 31, True),
    "BYHOUR": (0, 23, False),
    "BYMINUTE": (0, 59, False),
    "BYSETPOS": (1, 366, True),
}
"""Smallest and largest value of a part, and whether it may count from the end."""

_BYDAY: Final = pattern(r"([+-]?\d{1,2})?(MO|TU|WE|TH|FR|SA|SU)")
_NUMBER: Final = pattern(r"[+-]?\d{1,5}")
_UNTIL: Final = pattern(r"(\d{4})-?(\d{2})-?(\d{2})(?:T\d{4,6}Z?)?")
_INTERVAL_MAX: Final = 1000
EXCEPT_MAX: Final = 100
"""How many days may be left out ahead of time."""
_LONGEST_MONTH: Final = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


@dataclass(frozen=True, kw_only=True, slots=True)
class Rule:
    """The parts of a rule. `byday` pairs a position (0: every one) with a weekday, Monday being 0."""

    freq: Freq
    interval: int = 1
    bymonth: tuple[int, ...] = ()
    byweekno: tuple[int, ...] = ()
    byyearday: tuple[int, ...] = ()
    bymonthday: tuple[int, ...] = ()
    byday: tuple[tuple[int, int], ...] = ()
    byhour: tuple[int, ...] = ()
    byminute: tuple[int, ...] = ()
    bysetpos: tuple[int, ...] = ()
    count: int | None = None
    until: dt.date | None = None
    exdate: tuple[dt.date, ...] = ()

    def __str__(self) -> str:
        parts = [f"FREQ={self.freq}"]
        if self.interval != 1:
            parts.append(f"INTERVAL={self.interval}")
        for name in ("bymonth", "byweekno", "byyearday", "bymonthday"):
            parts += _listed(name, getattr(self, name))
        if self.byday:
            parts.append("BYDAY=" + ",".join(f"{nth or ''}{WEEKDAY_CODES[day]}" for nth, day in self.byday))
        for name in ("byhour", "byminute", "bysetpos"):
            parts += _listed(name, getattr(self, name))
        if self.count is not None:
            parts.append(f"COUNT={self.count}")
        if self.until is not None:
            parts.append(f"UNTIL={self.until:%Y%m%d}")
        if self.exdate:
            parts.append("EXDATE=" + ",".join(f"{day:%Y%m%d}" for day in self.exdate))
        return ";".join(parts)

    @property
    def times(self) -> tuple[dt.time, ...]:
        """Return the times of day that the rule itself names."""
        return tuple(dt.time(hour, minute) for hour in self.byhour for minute in self.byminute or (0,))


def _listed(name: str, values: tuple[int, ...]) -> list[str]:
    return [f"{name.upper()}={','.join(map(str, values))}"] if values else []


def ordered(values: list[int]) -> tuple[int, ...]:
    """Return the numbers without duplicates, those from the beginning before those from the end: 1, 15, -2, -1."""
    return tuple(sorted(set(values), key=lambda value: (value < 0, value)))


def ordered_days(days: list[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    """Return the weekdays without duplicates, in the order of `ordered` and then of the week."""
    return tuple(sorted(set(days), key=lambda day: (day[0] < 0, day[0], day[1])))


def unclamped(rule: Rule) -> Rule:
    """Return the rule with the days of the month that people say: the 30th for the last of the 28th to 30th, 29
    February for the last day of February. `recurrence.clamped` writes them so that every program keeps short months.
    """
    if rule.freq == "YEARLY" and rule.bymonth == (2,) and rule.bymonthday[-1:] == (-1,) and not rule.bysetpos:
        return replace(rule, bymonthday=ordered([*rule.bymonthday[:-1], 29]))
    *days, last = rule.bymonthday or (0,)
    tail = tuple(range(28, last + 1))
    before = tuple(day for day in days if day < 28)
    clamped = (*before, *tail) == rule.bymonthday and len(tail) > 1
    positions = tuple(range(1, len(rule.bysetpos)))
    if rule.freq != "MONTHLY" or rule.byday or not clamped or rule.bysetpos != (*positions, -1):
        return rule
    if len(positions) not in (len(before), len(before) + 1):
        return rule
    month_days = (*before, last) if len(positions) == len(before) else (*before, 28, last)
    return replace(rule, bymonthday=month_days, bysetpos=())


def read_rule(text: str) -> Rule:
    """Return the rule that a text such as `FREQ=WEEKLY;INTERVAL=2;BYDAY=FR` states.

    Raise `InvalidInput` if it is wrong.
    """
    parts: dict[str, str] = {}
    for piece in text.strip().upper().removeprefix("RRULE:").strip(";").split(";"):
        key, mark, value = piece.strip().partition("=")
        if not mark or not value or key in parts:
            shown = piece.strip()[:40]
            raise InvalidInput(f"“{shown}” is no part of a recurrence. An example that works is FREQ=WEEKLY;BYDAY=FR.")
        parts[key] = value.strip()
    parts.pop("WKST", None)
    parts.pop("BYSECOND", None)
    freq = FREQUENCIES.get(parts.pop("FREQ", ""))
    if freq is None:
        raise InvalidInput("A recurrence needs FREQ: DAILY, WEEKLY, MONTHLY, YEARLY, HOURLY or MINUTELY.")
    lists = {name: _numbers(name, parts.pop(name, "")) for name in _RANGES}
    rule = Rule(
        freq=freq,
        interval=_count("INTERVAL", parts.pop("INTERVAL", "1"), _INTERVAL_MAX),
        bymonth=lists["BYMONTH"],
        byweekno=lists["BYWEEKNO"],
        byyearday=lists["BYYEARDAY"],
        bymonthday=lists["BYMONTHDAY"],
        byday=_days(parts.pop("BYDAY", "")),
        byhour=lists["BYHOUR"],
        byminute=lists["BYMINUTE"],
        bysetpos=lists["BYSETPOS"],
        count=_count("COUNT", parts.pop("COUNT"), 10_000) if "COUNT" in parts else None,
        until=_day("UNTIL", parts.pop("UNTIL")) if "UNTIL" in parts else None,
        exdate=_days_left_out(parts.pop("EXDATE", "")),
    )
    if parts:
        raise InvalidInput(f"{next(iter(parts))[:20]} is not a part of a recurrence that is known here.")
    _check(rule)
    return rule


def _numbers(name: str, text: str) -> tuple[int, ...]:
    low, high, from_end = _RANGES[name]
    values: list[int] = []
    for piece in text.split(",") if text else ():
        value = int(piece) if _NUMBER.fullmatch(piece.strip()) else high + 1
        if not low <= (abs(value) if from_end else value) <= high:
            raise InvalidInput(f"{name} takes numbers from {low} to {high}, not “{piece.strip()[:20]}”.")
        values.append(value)
    return ordered(values)


def _days(text: str) -> tuple[tuple[int, int], ...]:
    days: list[tuple[int, int]] = []
    for piece in text.split(",") if text else ():
        match = _BYDAY.fullmatch(piece.strip())
        if match is None or (match[1] and not 1 <= abs(int(match[1])) <= 53):
            raise InvalidInput(f"BYDAY takes days such as MO or -1FR, not “{piece.strip()[:20]}”.")
        days.append((int(match[1] or 0), WEEKDAY_CODES.index(match[2])))
    return ordered_days(days)


def _count(name: str, text: str, largest: int) -> int:
    value = int(text) if text.isdecimal() and len(text) < 6 else 0
    if not 1 <= value <= largest:
        raise InvalidInput(f"{name} takes a number from 1 to {largest}, not “{text[:20]}”.")
    return value


def _days_left_out(text: str) -> tuple[dt.date, ...]:
    days = tuple(sorted({_day("EXDATE", piece.strip()) for piece in text.split(",")} if text else ()))
    if len(days) > EXCEPT_MAX:
        raise InvalidInput(f"At most {EXCEPT_MAX} days of a routine can be left out ahead of time.")
    return days


def without_exceptions(rule: str) -> tuple[str, tuple[dt.date, ...]]:
    """Return a rule as RFC 5545 has it, which keeps EXDATE apart, and the days that are left out."""
    parsed = read_rule(rule)
    return str(replace(parsed, exdate=())), parsed.exdate


def _day(name: str, text: str) -> dt.date:
    match = _UNTIL.fullmatch(text)
    try:
        return dt.date(*map(int, match.groups())) if match else dt.date.fromisoformat(text)
    except ValueError:
        raise InvalidInput(f"{name} takes a day such as 20271231, not “{text[:20]}”.") from None


def _check(rule: Rule) -> None:
    """What RFC 5545 forbids, and rules that never come round."""
    if rule.count is not None and rule.until is not None:
        raise InvalidInput("A recurrence ends after a COUNT or at an UNTIL, not both.")
    if any(nth for nth, _ in rule.byday) and (rule.freq not in ("MONTHLY", "YEARLY") or rule.byweekno):
        raise InvalidInput("A numbered weekday such as 1FR needs FREQ=MONTHLY or FREQ=YEARLY.")
    if any(abs(nth) > 5 for nth, _ in rule.byday) and (rule.freq == "MONTHLY" or rule.bymonth):
        raise InvalidInput("No month has more than five of a weekday.")
    if rule.byweekno and rule.freq != "YEARLY":
        raise InvalidInput("BYWEEKNO needs FREQ=YEARLY.")
    if rule.byyearday and rule.freq in ("DAILY", "WEEKLY", "MONTHLY"):
        raise InvalidInput("BYYEARDAY needs FREQ=YEARLY.")
    if rule.bymonthday and rule.freq == "WEEKLY":
        raise InvalidInput("BYMONTHDAY does not go with FREQ=WEEKLY.")
    if rule.bysetpos and not (rule.byday or rule.bymonthday or rule.byyearday or rule.byweekno or rule.bymonth):
        raise InvalidInput("BYSETPOS needs BYDAY or another BY part to choose from.")
    if rule.bymonth and rule.bymonthday:
        longest = max(_LONGEST_MONTH[month - 1] for month in rule.bymonth)
        if all(abs(day) > longest for day in rule.bymonthday):
            raise InvalidInput("That day of the month never comes in that month.")
