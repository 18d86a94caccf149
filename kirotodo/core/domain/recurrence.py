"""When a recurring task is due next. dateutil expands the rules; what completing means is decided here.

Completing makes exactly one next occurrence, never a pile of those that were missed. Due days and times are local;
`local_moment` says which instant such a day and time is in a zone.
"""

import datetime as dt
from dataclasses import replace
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from kirotodo.core.domain.rule import Rule, read_rule
from kirotodo.core.domain.task import RecursFrom

if TYPE_CHECKING:
    from dateutil.rrule import rrule

_HORIZON_DAYS: Final = {"MINUTELY": 8, "HOURLY": 400, "DAILY": 366 * 9, "WEEKLY": 366 * 30, "MONTHLY": 366 * 60}
"""How far ahead an occurrence is looked for, so that a rule that never comes round costs little. Scaled by INTERVAL."""
_LATEST: Final = dt.datetime(9990, 1, 1)  # noqa: DTZ001 (a local day, as all due days are)


def first_due(rule: str, *, after: dt.date) -> dt.date | None:
    """The first occurrence on that day or later: of "every friday", said on a wednesday, the friday."""
    parsed = read_rule(rule)
    if _plain(parsed):
        return after
    # BYDAY and the like decide which day comes first; an interval only starts to count from there.
    unspaced = replace(parsed, interval=1, count=None)
    return _from(unspaced, after, dt.time(), since=dt.datetime.combine(after, dt.time()))


def next_due(
    rule: str, *, due_date: dt.date | None, due_time: dt.time | None, done_on: dt.date, recurs_from: RecursFrom
) -> dt.date | None:
    """The day of the one next occurrence of a task done on a day, None where the rule has run out.

    From the schedule: the first after the day it was due that is not before the day it was done. From completion:
    counted from the day it was done, whenever it was due; a month on from the 31st is then the last day of the next.
    """
    parsed = read_rule(rule)
    if parsed.count is not None and parsed.count <= 1:
        return None
    parsed = replace(parsed, count=None)
    if recurs_from == "completion" or due_date is None:
        following = _counted_from(parsed, done_on)
    elif parsed.freq in ("MINUTELY", "HOURLY"):
        following = _within_days(parsed, dt.datetime.combine(due_date, due_time or dt.time()), done_on)
    else:
        since = max(due_date + dt.timedelta(days=1), done_on)
        following = _from(parsed, due_date, dt.time(), since=dt.datetime.combine(since, dt.time()))
    if following is None or (parsed.until is not None and following > parsed.until):
        return None
    return following


def rule_after(rule: str) -> str:
    """The rule that the next occurrence carries: one time fewer where times are counted."""
    parsed = read_rule(rule)
    return str(replace(parsed, count=parsed.count - 1) if parsed.count is not None and parsed.count > 1 else parsed)


def due_times(rule: str) -> tuple[dt.time, ...]:
    """The times of day that a rule names ("every day at 9"), to be due at."""
    return read_rule(rule).times


def local_moment(date: dt.date, time: dt.time, zone: str) -> dt.datetime:
    """The instant, in UTC, of a local day and time. A time that the clocks skip is pushed forward by the gap; of a
    time that comes twice, the first is meant."""
    local = dt.datetime.combine(date, time.replace(tzinfo=None, fold=0), tzinfo=ZoneInfo(zone))
    return local.astimezone(dt.UTC)


def _plain(rule: Rule) -> bool:
    """Whether the rule names no days, so that any day may be its first."""
    return not (rule.bymonth or rule.byweekno or rule.byyearday or rule.bymonthday or rule.byday)


def _months_alone(rule: Rule) -> bool:
    """Whether months are all that the rule names."""
    return bool(rule.bymonth) and rule.freq in ("MONTHLY", "YEARLY") and _plain(replace(rule, bymonth=()))


def _from(rule: Rule, start: dt.date, at: dt.time, *, since: dt.datetime) -> dt.date | None:
    """The first occurrence not before `since` of a rule that starts on a day."""
    daily = replace(rule, byhour=(), byminute=(), until=None)
    if _months_alone(rule):
        # "every june" from a 31st: without this, dateutil would look for a 31st of june.
        daily = replace(daily, bymonthday=(start.day if start.month in rule.bymonth else 1,))
    begin = dt.datetime.combine(start, at)
    following = _expanded(daily, begin, since).after(since, inc=True)
    return None if following is None or (rule.until and following.date() > rule.until) else following.date()


def _expanded(rule: Rule, begin: dt.datetime, since: dt.datetime) -> "rrule":
    from dateutil import rrule as expander

    ahead = _HORIZON_DAYS.get(rule.freq, 366 * 400) * min(rule.interval, 100)
    last = min(max(begin, since), _LATEST - dt.timedelta(days=1))
    room = (_LATEST - last).days
    return expander.rrule(
        getattr(expander, rule.freq),
        dtstart=begin,
        interval=rule.interval,
        bymonth=rule.bymonth or None,
        byweekno=rule.byweekno or None,
        byyearday=rule.byyearday or None,
        bymonthday=rule.bymonthday or None,
        byweekday=[expander.weekday(day, nth or None) for nth, day in rule.byday] or None,
        byhour=rule.byhour or None,
        byminute=rule.byminute or None,
        bysetpos=rule.bysetpos or None,
        until=last + dt.timedelta(days=min(ahead, room)),
    )


def _counted_from(rule: Rule, done_on: dt.date) -> dt.date | None:
    if rule.freq in ("MINUTELY", "HOURLY"):
        step = dt.timedelta(minutes=rule.interval * (60 if rule.freq == "HOURLY" else 1))
        return (dt.datetime.combine(done_on, dt.time()) + step).date()
    if _plain(rule) and rule.freq in ("MONTHLY", "YEARLY"):
        return _months_later(done_on, rule.interval * (12 if rule.freq == "YEARLY" else 1))
    since = dt.datetime.combine(done_on + dt.timedelta(days=1), dt.time())
    return _from(rule, done_on, dt.time(), since=since)


def _months_later(day: dt.date, months: int) -> dt.date | None:
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    if year > 9990:
        return None
    first_after = dt.date(year + (month == 11), (month + 1) % 12 + 1, 1)
    last = (first_after - dt.timedelta(days=1)).day
    return dt.date(year, month + 1, min(day.day, last))


def _within_days(rule: Rule, due: dt.datetime, done_on: dt.date) -> dt.date | None:
    """The next occurrence of a rule counted in hours or minutes, on the day it was done at the earliest."""
    step = dt.timedelta(minutes=rule.interval * (60 if rule.freq == "HOURLY" else 1))
    earliest = max(due + step, dt.datetime.combine(done_on, dt.time()))
    begin = due + step * max(0, (earliest - due) // step)
    if _plain(rule) and not rule.byhour and not rule.byminute:
        return (begin if begin >= earliest else begin + step).date()
    following = _expanded(replace(rule, until=None), begin, earliest).after(earliest, inc=True)
    return following.date() if following is not None else None
