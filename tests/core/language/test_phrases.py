"""Dates and rules written back in English."""

import datetime as dt
from typing import Any, TypeAlias

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kirotodo.core.domain.rule import Rule, ordered, ordered_days
from kirotodo.core.errors import InvalidInput
from kirotodo.core.language.dates import parse_when
from kirotodo.core.language.intent import Preferences, Recurrence
from kirotodo.core.language.phrases import describe_due, describe_rule
from kirotodo.core.language.recurrence import parse_rule

TODAY = dt.date(2026, 11, 25)


@pytest.mark.parametrize(
    ("date", "time", "relative", "said"),
    [
        (dt.date(2026, 11, 27), dt.time(17), False, "Fri 27 Nov, 17:00"),
        (dt.date(2026, 11, 27), None, False, "Fri 27 Nov"),
        (dt.date(2027, 1, 4), dt.time(8, 5), True, "Mon 4 Jan 2027, 08:05"),
        (TODAY, dt.time(17), False, "Wed 25 Nov, 17:00"),
        (TODAY, dt.time(17), True, "today, 17:00"),
        (dt.date(2026, 11, 26), None, True, "tomorrow"),
        (dt.date(2026, 11, 24), None, True, "yesterday"),
    ],
)
def test_a_due_date_is_said_shortly(date: dt.date, time: dt.time | None, relative: bool, said: str) -> None:
    assert describe_due(date, time, today=TODAY, relative=relative) == said


@given(
    st.dates(dt.date(1950, 1, 1), dt.date(2150, 12, 31)),
    st.none() | st.times().map(lambda t: t.replace(second=0, microsecond=0)),
)
def test_what_is_said_of_a_due_date_reads_as_the_same(date: dt.date, time: dt.time | None) -> None:
    said = describe_due(date, time, today=dt.date(1900, 1, 1))
    when = parse_when(said, now=dt.datetime.combine(TODAY, dt.time(12)), preferences=Preferences())
    assert (when.date, when.time) == (date, time)


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ("FREQ=DAILY", "every day"),
        ("FREQ=DAILY;INTERVAL=3", "every 3 days"),
        ("FREQ=HOURLY;INTERVAL=2", "every other hour"),
        ("FREQ=WEEKLY;INTERVAL=2;BYDAY=FR;BYHOUR=9;BYMINUTE=0", "every other Friday at 09:00"),
        ("FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR", "every weekday"),
        ("FREQ=WEEKLY;BYDAY=MO,WE,FR", "every Monday, Wednesday and Friday"),
        ("FREQ=WEEKLY;INTERVAL=3;BYDAY=MO,FR", "every 3 weeks on Monday and Friday"),
        ("FREQ=MONTHLY;BYMONTHDAY=1,15", "every month on the 1st and 15th"),
        ("FREQ=MONTHLY;BYMONTHDAY=-1", "every month on the last day"),
        ("FREQ=MONTHLY;BYDAY=-1FR", "every month on the last Friday"),
        ("FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=1", "every month on the first weekday"),
        ("FREQ=YEARLY;BYMONTH=1;BYMONTHDAY=27", "every year on January 27"),
        ("FREQ=YEARLY;BYMONTH=11;BYDAY=4TH", "every year on the fourth Thursday of November"),
        ("FREQ=DAILY;COUNT=10", "every day for 10 times"),
        ("FREQ=DAILY;UNTIL=20270303", "every day until 3 March 2027"),
        ("FREQ=YEARLY;BYWEEKNO=12;BYDAY=FR", "FREQ=YEARLY;BYWEEKNO=12;BYDAY=FR"),
    ],
)
def test_a_rule_is_said_in_english(rule: str, said: str) -> None:
    assert describe_rule(rule) == said


def test_completion_is_said_too() -> None:
    assert describe_rule(Recurrence(rule="FREQ=DAILY;INTERVAL=3", recurs_from="completion")) == (
        "every 3 days after completion"
    )


def test_what_is_no_rule_cannot_be_said() -> None:
    with pytest.raises(InvalidInput):
        describe_rule("now and then")


def _lists(values: st.SearchStrategy[int], most: int = 3) -> st.SearchStrategy[tuple[int, ...]]:
    return st.lists(values, min_size=1, max_size=most).map(ordered)


def _days(nths: st.SearchStrategy[int]) -> st.SearchStrategy[tuple[tuple[int, int], ...]]:
    return st.lists(st.tuples(nths, st.integers(0, 6)), min_size=1, max_size=4).map(ordered_days)


INTERVALS = st.sampled_from([1, 1, 2, 3, 10])
Parts: TypeAlias = dict[str, Any]
TIMES: st.SearchStrategy[Parts] = st.one_of(
    st.just({}),
    st.fixed_dictionaries({"byhour": _lists(st.integers(0, 23)), "byminute": st.integers(0, 59).map(lambda m: (m,))}),
)
ENDS: st.SearchStrategy[Parts] = st.one_of(
    st.just({}),
    st.fixed_dictionaries({"count": st.integers(1, 99)}),
    st.fixed_dictionaries({"until": st.dates(dt.date(1950, 1, 1), dt.date(2150, 1, 1))}),
)
NTHS = st.sampled_from([1, 2, 3, 4, 5, -1, -2])
RULES = st.one_of(
    st.builds(lambda n, t, e: Rule(freq="DAILY", interval=n, **t, **e), INTERVALS, TIMES, ENDS),
    st.builds(lambda n, e: Rule(freq="HOURLY", interval=n, **e), INTERVALS, ENDS),
    st.builds(
        lambda n, d, t, e: Rule(freq="WEEKLY", interval=n, byday=d, **t, **e), INTERVALS, _days(st.just(0)), TIMES, ENDS
    ),
    st.builds(
        lambda n, d, t, e: Rule(freq="MONTHLY", interval=n, bymonthday=d, **t, **e),
        INTERVALS,
        _lists(st.integers(1, 31) | st.integers(-5, -1)),
        TIMES,
        ENDS,
    ),
    st.builds(
        lambda n, d, t, e: Rule(freq="MONTHLY", interval=n, byday=d, **t, **e), INTERVALS, _days(NTHS), TIMES, ENDS
    ),
    st.builds(
        lambda n, m, d, t, e: Rule(freq="YEARLY", interval=n, bymonth=(m,), bymonthday=d, **t, **e),
        INTERVALS,
        st.integers(1, 12),
        _lists(st.integers(1, 28)),
        TIMES,
        ENDS,
    ),
    st.builds(
        lambda n, m, d, t, e: Rule(freq="YEARLY", interval=n, bymonth=m, byday=d, **t, **e),
        INTERVALS,
        _lists(st.integers(1, 12)),
        _days(NTHS),
        TIMES,
        ENDS,
    ),
)


@given(RULES, st.sampled_from(["schedule", "completion"]))
def test_what_is_said_of_a_rule_reads_as_the_same_rule(rule: Rule, recurs_from: str) -> None:
    recurrence = Recurrence(rule=str(rule), recurs_from="completion" if recurs_from == "completion" else "schedule")
    said = describe_rule(recurrence)
    assert parse_rule(said).rule == str(rule)
    assert parse_rule(said).recurs_from == recurs_from or said.startswith("FREQ=")
