"""A routine is a task that repeats: which occurrences follow the open one, what skipping leaves, how a series moves.

One occurrence of a series is open at a time. It may differ from the series for once (`Task.series`); what follows is
counted from the series.
"""

import datetime as dt
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from kirotodo.core.domain.recurrence import (
    anchored,
    counts_hours,
    first_due,
    leaving_out,
    left_out,
    local_moment,
    next_occurrence,
    past,
    rule_after,
)
from kirotodo.core.domain.rule import Rule, read_rule, unclamped
from kirotodo.core.domain.task import Task
from kirotodo.core.errors import InvalidInput

UPCOMING: Final = 3
"""How many of the occurrences that follow are shown."""


class Occurrence(NamedTuple):
    """When an occurrence is due, and the rule that it carries."""

    date: dt.date
    time: dt.time | None
    rule: str


def current(task: Task) -> Occurrence:
    """Return the open occurrence as the series has it, whatever was changed of it for once."""
    assert task.recurrence is not None
    assert task.due_date is not None
    date, time = task.due_date, task.due_time
    if task.series is not None:
        date, time = task.series.due_date, task.series.due_time
    return Occurrence(date, time, anchored(task.recurrence, due_date=date, recurs_from=task.recurs_from))


def following(task: Task, *, done: dt.datetime, zone: ZoneInfo) -> Occurrence | None:
    """Return the occurrence after `task`, done at that moment; None where the rule has run out."""
    if task.due_date is None:
        assert task.recurrence is not None
        return _after(task, Occurrence(done.astimezone(zone).date(), task.due_time, task.recurrence), done, zone)
    return _after(task, current(task), done, zone)


def upcoming(task: Task, *, zone: ZoneInfo, count: int = UPCOMING) -> tuple[Occurrence, ...]:
    """Return when the next occurrences after the open one are due, were each done on the day it is due."""
    if task.recurrence is None or task.due_date is None or task.completed:
        return ()
    return tuple(islice(_occurrences(task, current(task), zone), count))


def skipped(task: Task, *, now: dt.datetime, zone: ZoneInfo, count: int = 1) -> Occurrence | None:
    """Return where a routine stands once its open occurrence, or the next `count`, are skipped; None where none is
    left.

    A skipped occurrence counts as one of COUNT, as those of EXDATE do in RFC 5545. A rule that counts from completion
    goes on from the day the skipped one was due, or from today where that is later.
    """
    here: Occurrence | None = current(task)
    for _ in range(count):
        here = None if here is None else _skip(task, here, now, zone)
    return here


def skipped_on(task: Task, first: dt.date, last: dt.date, *, zone: ZoneInfo) -> str:
    """Return the rule of a routine whose occurrences on days from `first` to `last`, after the open one, are left out.

    Raises `InvalidInput` where none is known to come on those days.
    """
    rule, named = task.recurrence or "", f"Task {task.id} “{task.title}”"
    if task.recurs_from == "completion":
        raise InvalidInput(f"{named} repeats after it is done, so its days further ahead are not known yet.")
    if counts_hours(rule):
        raise InvalidInput(f"{named} repeats within the day. Skip it until a day instead.")
    days: list[dt.date] = []
    before: dt.date | None = None
    after: dt.date | None = None
    for each in _occurrences(task, current(task), zone):
        if each.date > last:
            after = each.date
            break
        if each.date >= first:
            days.append(each.date)
        else:
            before = each.date
    if days:
        return leaving_out(rule, days)
    then = "on that day" if first == last else "on those days"
    if after is None:
        raise InvalidInput(f"{named} has no occurrence {then}: its rule ends before.")
    around = [f"{found:%a} {found.day} {found:%b %Y}" for found in (before, after) if found is not None]
    raise InvalidInput(f"{named} has no occurrence {then}; those around are on {' and '.join(around)}.")


def skipped_until(task: Task, until: dt.date, *, now: dt.datetime, zone: ZoneInfo) -> Occurrence | None:
    """Return where a routine that is due before a day stands once all its occurrences before that day are skipped."""
    here: Occurrence | None = current(task)
    if task.due_date is None or task.due_date >= until:
        return here
    if counts_hours(task.recurrence or "") and read_rule(task.recurrence or "").count is None:
        # There may be thousands of these: all but the last are passed over at once.
        now = max(now, local_moment(until, dt.time(), zone.key) - dt.timedelta(minutes=1))
    here = _skip(task, current(task), now, zone)
    while here is not None and here.date < until:
        here = _skip(task, here, now, zone)
    return here


def moved_rule(rule: str, day: dt.date) -> str | None:
    """Return the rule of a series whose occurrences move to the weekday, or the day of the month or year, of `day`.

    None where the rule names several days, so that one day cannot say what becomes of the others.
    """
    parsed = unclamped(read_rule(rule))
    if first_due(str(replace(parsed, until=None)), after=day) == day:
        return str(parsed)
    if parsed.bysetpos or parsed.byweekno or parsed.byyearday:
        return None
    match parsed:
        case Rule(freq="WEEKLY", byday=((0, _),), bymonthday=(), bymonth=()):
            return str(replace(parsed, byday=((0, day.weekday()),)))
        case Rule(freq="MONTHLY", byday=((nth, _),), bymonthday=(), bymonth=()) if nth:
            return str(replace(parsed, byday=((_nth(day, from_end=nth < 0), day.weekday()),)))
        case Rule(freq="MONTHLY", byday=(), bymonthday=(_,), bymonth=()):
            return str(replace(parsed, bymonthday=(day.day,)))
        case Rule(freq="YEARLY", byday=(), bymonthday=(_,), bymonth=(_,)):
            return str(replace(parsed, bymonthday=(day.day,), bymonth=(day.month,)))
    return None


def _nth(day: dt.date, *, from_end: bool) -> int:
    """Which of its weekday in the month a day is, counted from the end where it is the last."""
    last = (day + dt.timedelta(days=7)).month != day.month
    return -1 if from_end and last else (day.day - 1) // 7 + 1


def _occurrences(task: Task, here: Occurrence, zone: ZoneInfo) -> Iterator[Occurrence]:
    long_ago = dt.datetime.min.replace(tzinfo=dt.UTC)
    while (after := _skip(task, here, long_ago, zone)) is not None:
        yield after
        here = after


def _skip(task: Task, here: Occurrence, now: dt.datetime, zone: ZoneInfo) -> Occurrence | None:
    return _after(task, here, max(now, local_moment(here.date, here.time or dt.time(), zone.key)), zone)


def _after(task: Task, here: Occurrence, done: dt.datetime, zone: ZoneInfo) -> Occurrence | None:
    exceptions = left_out(here.rule)
    while True:
        due = next_occurrence(
            here.rule, due_date=here.date, due_time=here.time, done=done, zone=zone, recurs_from=task.recurs_from
        )
        if due is None:
            return None
        here = Occurrence(due.date, due.time, rule_after(here.rule))
        if due.date not in exceptions:
            return here._replace(rule=past(here.rule, due.date))
        done = max(done, local_moment(due.date, due.time or dt.time(), zone.key))
