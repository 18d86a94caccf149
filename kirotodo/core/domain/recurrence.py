"""Compute when a recurring task is due next. dateutil expands the rules; what completing means is decided here.

Completing makes exactly one next occurrence, never a pile of those that were missed. In a month that is too short for
the day, the last day counts, and the month after has the day again (`docs/decisions/0027`). Due days and times are
local; `local_moment` says which instant such a day and time is in a zone.
"""

import datetime as dt
from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING, Final, NamedTuple
from zoneinfo import ZoneInfo

from kirotodo.core.domain.rule import Rule, read_rule
from kirotodo.core.domain.task import RecursFrom

if TYPE_CHECKING:
    from dateutil.rrule import rrule

_HORIZON_DAYS: Final = {"DAILY": 366 * 9, "WEEKLY": 366 * 30, "MONTHLY": 366 * 60, "YEARLY": 366 * 400}
"""How far ahead an occurrence is looked for, so that a rule that never comes round costs little. Scaled by INTERVAL."""
_LATEST: Final = dt.datetime(9990, 1, 1)  # noqa: DTZ001 (a local day, as all due days are)
_LAST_SURE_DAY: Final = 28
"""Every month has it."""
_SHORTEST_MONTH: Final = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


class Due(NamedTuple):
    """A local day and, where there is one, a local time of day."""

    date: dt.date
    time: dt.time | None = None


def first_due(rule: str, *, after: dt.date) -> dt.date | None:
    """Return the first occurrence on that day or later: of "every friday", said on a wednesday, the friday.

    The first is on a day as it was named, never on the last day of a shorter month.
    """
    parsed = read_rule(rule)
    if _plain(parsed):
        return after
    # BYDAY and the like decide which day comes first; an interval only starts to count from there.
    unspaced = replace(parsed, interval=1, count=None)
    return _from((_with_a_day(unspaced, after),), after, since=after, until=parsed.until)


def first_moment(rule: str, *, now: dt.datetime, zone: ZoneInfo) -> Due | None:
    """Return the first occurrence after `now` of a rule that counts hours or minutes."""
    return _stepped(read_rule(rule), now, now, zone)


def counts_hours(rule: str) -> bool:
    """Return whether a rule repeats within a day, so that its task needs a time of day."""
    return read_rule(rule).freq in ("HOURLY", "MINUTELY")


def next_occurrence(
    rule: str,
    *,
    due_date: dt.date | None,
    due_time: dt.time | None,
    done: dt.datetime,
    zone: ZoneInfo,
    recurs_from: RecursFrom,
) -> Due | None:
    """Return when the one next occurrence of a task done at a moment is due, None where the rule has run out.

    A rule that counts hours or minutes comes round strictly after both the due moment and the moment it was done.
    """
    parsed = read_rule(rule)
    if parsed.freq not in ("HOURLY", "MINUTELY"):
        return _next_day_and_time(parsed, rule, due_date, due_time, done.astimezone(zone).date(), recurs_from)
    if parsed.count is not None and parsed.count <= 1:
        return None
    start = done
    if recurs_from == "schedule" and due_date is not None and due_time is not None:
        start = local_moment(due_date, due_time, zone.key)
    return _stepped(parsed, start, max(start, done), zone)


def next_due(
    rule: str, *, due_date: dt.date | None, due_time: dt.time | None, done_on: dt.date, recurs_from: RecursFrom
) -> dt.date | None:
    """Return the day of the one next occurrence of a task done on a day, None where the rule has run out.

    From the schedule: the first after the day it was due that is not before the day it was done. From completion:
    counted from the day it was done, whenever it was due. A rule that names days then comes round on the first of
    them after all but one of its intervals: every 4 weeks on sunday is the first sunday after 3 weeks.
    """
    parsed = read_rule(rule)
    if parsed.count is not None and parsed.count <= 1:
        return None
    endless = replace(parsed, count=None, until=None)
    if recurs_from == "completion" or due_date is None:
        return _within(_counted_from(endless, done_on), parsed.until)
    since = max(due_date + dt.timedelta(days=1), done_on)
    return _from(clamped(_with_a_day(endless, due_date)), due_date, since=since, until=parsed.until)


def rule_after(rule: str) -> str:
    """Return the rule that the next occurrence carries: one time fewer where times are counted."""
    parsed = read_rule(rule)
    return str(replace(parsed, count=parsed.count - 1) if parsed.count is not None and parsed.count > 1 else parsed)


def left_out(rule: str) -> frozenset[dt.date]:
    """Return the days on which a rule leaves its occurrences out."""
    return frozenset(read_rule(rule).exdate) if "EXDATE" in rule else frozenset()


def leaving_out(rule: str, days: Iterable[dt.date]) -> str:
    """Return the rule that leaves those days out too."""
    parsed = read_rule(rule)
    return str(read_rule(str(replace(parsed, exdate=tuple(sorted({*parsed.exdate, *days}))))))


def past(rule: str, day: dt.date) -> str:
    """Return the rule without the exceptions before a day, which have had their effect."""
    if "EXDATE" not in rule:
        return rule
    parsed = read_rule(rule)
    return str(replace(parsed, exdate=tuple(each for each in parsed.exdate if each > day)))


def anchored(rule: str, *, due_date: dt.date | None, recurs_from: RecursFrom) -> str:
    """Return the rule as it is stored: with the day of the month that it would lose in a shorter one.

    "Every month" of a task due on 31 January means the last day of each, and is due on 28 February next: the rule
    has to hold the 31st, or else the task stays on the 28th for ever. It is written so that every program that reads
    RFC 5545 reads the same days.
    """
    parsed = read_rule(rule)
    if recurs_from == "schedule" and due_date is not None and due_date.day > _LAST_SURE_DAY:
        parsed = _with_a_day(parsed, due_date) if due_date.month in (parsed.bymonth or (due_date.month,)) else parsed
    standard = clamped(parsed)
    return str(standard[0] if len(standard) == 1 else parsed)


def local_moment(date: dt.date, time: dt.time, zone: str) -> dt.datetime:
    """Return the instant, in UTC, of a local day and time. A time that the clocks skip is pushed forward by the gap; of
    a time that comes twice, the first is meant."""
    local = dt.datetime.combine(date, time.replace(tzinfo=None, fold=0), tzinfo=ZoneInfo(zone))
    return local.astimezone(dt.UTC)


def clamped(rule: Rule) -> tuple[Rule, ...]:
    """Return rules of RFC 5545 that together mean `rule` with its month ends clamped; mostly that is one.

    On its own, BYMONTHDAY=31 leaves short months out. The 31st is the last day of every month; the 30th is the last
    of the 28th to 30th that a month has.
    """
    if not _clampable(rule):
        return (rule,)
    if rule.freq == "YEARLY":
        return _clamped_in_year(rule)
    late = [day for day in rule.bymonthday if day in (29, 30)]
    sure = tuple(day for day in rule.bymonthday if day <= _LAST_SURE_DAY)
    sure = (*sure, -1) if 31 in rule.bymonthday and -1 not in sure else sure
    if len(late) == 1 and all(day > 0 for day in sure):
        tail = tuple(range(_LAST_SURE_DAY, late[0] + 1))
        days = (*(day for day in sure if day < _LAST_SURE_DAY), *tail)
        return (replace(rule, bymonthday=days, bysetpos=(*range(1, len(sure) + 1), -1)),)
    others = (replace(rule, bymonthday=sure),) if sure else ()
    tails = (tuple(range(_LAST_SURE_DAY, day + 1)) for day in late)
    return (*others, *(replace(rule, bymonthday=tail, bysetpos=(-1,)) for tail in tails))


def _clampable(rule: Rule) -> bool:
    if rule.byday or rule.bysetpos or rule.byyearday or rule.byweekno or rule.freq not in ("MONTHLY", "YEARLY"):
        return False
    return any(day > _LAST_SURE_DAY for day in rule.bymonthday)


def _clamped_in_year(rule: Rule) -> tuple[Rule, ...]:
    """Months that have the same days share a rule."""
    months: dict[tuple[int, ...], list[int]] = {}
    for month in rule.bymonth or range(1, 13):
        days = {day if day <= _SHORTEST_MONTH[month - 1] else -1 for day in rule.bymonthday}
        months.setdefault(tuple(sorted(days, key=lambda day: (day < 0, day))), []).append(month)
    return tuple(replace(rule, bymonthday=days, bymonth=tuple(each)) for days, each in months.items())


def _plain(rule: Rule) -> bool:
    """Whether the rule names no days, so that any day may be its first."""
    return not (rule.bymonth or rule.byweekno or rule.byyearday or rule.bymonthday or rule.byday)


def _with_a_day(rule: Rule, start: dt.date) -> Rule:
    """The rule with the day of the month that `start` gives it, where that matters and it names none itself."""
    if rule.freq not in ("MONTHLY", "YEARLY") or not _plain(replace(rule, bymonth=())):
        return rule
    if rule.bymonth:
        # "every june" from a 31st: without this, dateutil would look for a 31st of june.
        return replace(rule, bymonthday=(start.day if start.month in rule.bymonth else 1,))
    if start.day <= _LAST_SURE_DAY or (rule.freq == "YEARLY" and start.month != 2):
        return rule
    return replace(rule, bymonth=(2,) if rule.freq == "YEARLY" else (), bymonthday=(start.day,))


def _within(day: dt.date | None, until: dt.date | None) -> dt.date | None:
    return None if day is None or (until is not None and day > until) else day


def _from(rules: tuple[Rule, ...], start: dt.date, *, since: dt.date, until: dt.date | None) -> dt.date | None:
    """The first occurrence on `since` or later of rules that start on a day."""
    begin, earliest = dt.datetime.combine(start, dt.time()), dt.datetime.combine(since, dt.time())
    by_day = (replace(rule, byhour=(), byminute=(), until=None) for rule in rules)
    found = [day for rule in by_day if (day := _expanded(rule, begin, earliest).after(earliest, inc=True))]
    return _within(min(found).date(), until) if found else None


def _expanded(rule: Rule, begin: dt.datetime, since: dt.datetime) -> "rrule":
    from dateutil import rrule as expander

    ahead = _HORIZON_DAYS.get(rule.freq, 366 * 9) * min(rule.interval, 100)
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


def _next_day_and_time(
    rule: Rule,
    text: str,
    due_date: dt.date | None,
    due_time: dt.time | None,
    done_on: dt.date,
    recurs_from: RecursFrom,
) -> Due | None:
    """A rule may name several times of a day; the later ones come before the next day does."""
    if due_date is not None and due_time is not None and recurs_from == "schedule" and done_on <= due_date:
        later = [time for time in rule.times if time > due_time]
        if later and (rule.count is None or rule.count > 1):
            return Due(due_date, later[0])
    day = next_due(text, due_date=due_date, due_time=due_time, done_on=done_on, recurs_from=recurs_from)
    return None if day is None else Due(day, rule.times[0] if len(rule.times) > 1 else due_time)


def _counted_from(rule: Rule, done_on: dt.date) -> dt.date | None:
    if _plain(rule):
        return _later(done_on, rule, rule.interval)
    start = _later(done_on, rule, rule.interval - 1)
    if start is None:
        return None
    dated = clamped(_with_a_day(replace(rule, interval=1), start))
    return _from(dated, start, since=start + dt.timedelta(days=1), until=None)


def _later(day: dt.date, rule: Rule, intervals: int) -> dt.date | None:
    """So many units of a rule after a day."""
    if rule.freq in ("MONTHLY", "YEARLY"):
        return _months_later(day, intervals * (12 if rule.freq == "YEARLY" else 1))
    try:
        return day + dt.timedelta(days=intervals * (7 if rule.freq == "WEEKLY" else 1))
    except OverflowError:
        return None


def _months_later(day: dt.date, months: int) -> dt.date | None:
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    if year > 9990:
        return None
    first_after = dt.date(year + (month == 11), (month + 1) % 12 + 1, 1)
    last = (first_after - dt.timedelta(days=1)).day
    return dt.date(year, month + 1, min(day.day, last))


def _stepped(rule: Rule, start: dt.datetime, after: dt.datetime, zone: ZoneInfo) -> Due | None:
    """The first step of a rule that counts hours or minutes from `start` that is strictly later than `after`.

    Steps are time that passes, not hands on a clock, so that every 8 hours are 8 hours in the night the clocks change.
    """
    step = dt.timedelta(minutes=rule.interval * (60 if rule.freq == "HOURLY" else 1))
    begin, earliest = start.astimezone(dt.UTC).replace(second=0, microsecond=0), after.astimezone(dt.UTC)
    steps = max(1, (earliest - begin) // step)
    while True:
        local = (begin + step * steps).astimezone(zone).replace(tzinfo=None)
        if local >= _LATEST:
            return None
        # of an hour that comes twice only the first can be meant by a due time, so the second is passed over
        if local_moment(local.date(), local.time(), zone.key) > earliest:
            break
        steps += 1
    if rule != Rule(freq=rule.freq, interval=rule.interval, count=rule.count, until=rule.until, exdate=rule.exdate):
        found = _next_by_parts(rule, local)
        if found is None:
            return None
        local = found
    return Due(local.date(), local.time()) if rule.until is None or local.date() <= rule.until else None


def _next_by_parts(rule: Rule, earliest: dt.datetime) -> dt.datetime | None:
    """The first step from `earliest` on that the BY parts allow; dateutil refuses parts that no step meets."""
    try:
        return _expanded(replace(rule, until=None), earliest, earliest).after(earliest, inc=True)
    except ValueError:
        return None
