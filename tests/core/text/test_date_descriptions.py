"""Dates and rules in words: one style, read back by the grammar as what they were."""

import datetime as dt
from typing import Any, TypeAlias

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kirotodo.core.domain.recurrence import anchored
from kirotodo.core.domain.rule import Rule, ordered, ordered_days, read_rule, unclamped
from kirotodo.core.domain.task import RecursFrom
from kirotodo.core.errors import InvalidInput
from kirotodo.core.language.types import Preferences
from kirotodo.core.language.when.parse import parse_when
from kirotodo.core.language.when.recurrence import parse_rule
from kirotodo.core.text.dates import (
    UNREADABLE_RULE,
    describe_day,
    describe_due,
    describe_due_briefly,
    describe_moment,
    describe_rule,
)

TODAY = dt.date(2026, 11, 25)


@pytest.mark.parametrize(
    ("date", "time", "relative", "words"),
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
def test_a_due_date_is_said_shortly(date: dt.date, time: dt.time | None, relative: bool, words: str) -> None:
    assert describe_due(date, time, today=TODAY, relative=relative) == words


@given(
    st.dates(dt.date(1950, 1, 1), dt.date(2150, 12, 31)),
    st.none() | st.times().map(lambda t: t.replace(second=0, microsecond=0)),
)
def test_what_is_said_of_a_due_date_reads_as_the_same(date: dt.date, time: dt.time | None) -> None:
    words = describe_due(date, time, today=dt.date(1900, 1, 1))
    when = parse_when(words, now=dt.datetime.combine(TODAY, dt.time(12)), preferences=Preferences())
    assert (when.date, when.time) == (date, time)


@pytest.mark.parametrize(
    ("rule", "words"),
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
        ("FREQ=YEARLY;BYMONTH=1;BYMONTHDAY=27", "every year on 27 January"),
        ("FREQ=YEARLY;BYMONTH=1;BYMONTHDAY=1,15", "every year on the 1st and 15th of January"),
        ("FREQ=YEARLY;BYMONTH=11;BYDAY=4TH", "every year on the fourth Thursday of November"),
        ("FREQ=DAILY;COUNT=10", "every day for 10 times"),
        ("FREQ=DAILY;UNTIL=20270303", "every day until 3 March 2027"),
        ("FREQ=YEARLY;BYWEEKNO=12;BYDAY=FR", "every year, in week 12, on Friday"),
        ("FREQ=YEARLY;BYYEARDAY=100,-1", "every year, on day of the year 100 and 1 from the end"),
        ("FREQ=MONTHLY;BYMONTHDAY=13;BYDAY=FR", "every month, on day of the month 13, on Friday"),
        ("FREQ=MONTHLY;BYDAY=SA,SU;BYSETPOS=-1", "every month, on Saturday and Sunday, taking only the last of them"),
        ("FREQ=HOURLY;INTERVAL=4;BYDAY=MO;BYMINUTE=15", "every 4 hours, on Monday, at minute 15"),
        ("FREQ=DAILY;BYMONTH=7,8;COUNT=3", "every day, in July and August for 3 times"),
    ],
)
def test_a_rule_is_said_in_english(rule: str, words: str) -> None:
    assert describe_rule(rule) == words


@given(st.sets(st.integers(1, 31), min_size=1, max_size=4), st.integers(1, 3), st.sampled_from([None, 2, 4, 12]))
def test_what_is_said_of_a_clamped_rule_is_stored_as_the_same(days: set[int], interval: int, month: int | None) -> None:
    """A form field or another client may send the words back."""
    named = {day for day in days if day <= 29} if month else days
    rule = Rule(
        freq="YEARLY" if month else "MONTHLY",
        interval=interval,
        bymonth=(month,) if month else (),
        bymonthday=ordered([*named]) or (1,),
    )
    stored = anchored(str(rule), due_date=None, recurs_from="schedule")
    again = parse_rule(describe_rule(stored)).rule
    assert anchored(again, due_date=None, recurs_from="schedule") == stored


def test_completion_is_said_too() -> None:
    assert describe_rule("FREQ=DAILY;INTERVAL=3", recurs_from="completion") == "every 3 days after completion"


@pytest.mark.parametrize("text", ["now and then", "", "FREQ=NEVER", "FREQ=DAILY;BYHOUR=99", "\x1b]0;x\x07"])
def test_what_is_no_rule_is_never_shown_raw(text: str) -> None:
    assert describe_rule(text) == UNREADABLE_RULE


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
def test_what_is_said_of_a_rule_reads_as_the_same_rule(rule: Rule, recurs_from: RecursFrom) -> None:
    words = describe_rule(str(rule), recurs_from=recurs_from)
    if ", on " not in words and ", in " not in words:  # those are told part by part, which is not how anybody speaks
        assert parse_rule(words).rule == str(rule)
        assert parse_rule(words).recurs_from == recurs_from


def _part(low: int, high: int, *, signed: bool = False) -> st.SearchStrategy[tuple[int, ...]]:
    numbers = st.integers(low, high) | (st.integers(-high, -low) if signed else st.nothing())
    return st.just(()) | _lists(numbers, most=2)


ANY_RULES = st.builds(
    Rule,
    freq=st.sampled_from(["MINUTELY", "HOURLY", "DAILY", "WEEKLY", "MONTHLY", "YEARLY"]),
    interval=INTERVALS,
    bymonth=_part(1, 12),
    byweekno=_part(1, 53, signed=True),
    byyearday=_part(1, 366, signed=True),
    bymonthday=_part(1, 31, signed=True),
    byday=st.just(()) | _days(st.sampled_from([0, 0, 1, 4, -1])),
    byhour=_part(0, 23),
    byminute=_part(0, 59),
    bysetpos=_part(1, 366, signed=True),
    count=st.none() | st.integers(1, 99),
).filter(lambda rule: _is_valid(str(rule)))


def _is_valid(text: str) -> bool:
    try:
        return bool(read_rule(text))
    except InvalidInput:
        return False


@given(ANY_RULES | RULES, ANY_RULES | RULES)
def test_every_rule_has_words_and_two_rules_never_the_same(one: Rule, other: Rule) -> None:
    words = describe_rule(str(one))
    assert words != UNREADABLE_RULE
    assert "=" not in words
    assert "FREQ" not in words
    if unclamped(one) != unclamped(other):
        assert describe_rule(str(other)) != words


def test_moments_are_in_the_users_zone() -> None:
    now = dt.datetime(2026, 11, 23, 12, tzinfo=dt.timezone(dt.timedelta(hours=5)))
    assert describe_moment(dt.datetime(2026, 11, 22, 20, tzinfo=dt.UTC), now=now) == "Mon 23 Nov, 01:00"


def test_no_date_takes_no_words() -> None:
    assert describe_due(None, today=TODAY) == describe_due_briefly(None, today=TODAY) == ""
    assert describe_day(dt.date(2027, 1, 1), today=TODAY) == "Fri 1 Jan 2027"


@pytest.mark.parametrize(
    ("due", "at", "label"),
    [
        (dt.date(2026, 11, 24), None, "today"),
        (dt.date(2026, 11, 24), dt.time(17), "17:00"),
        (dt.date(2026, 11, 24), dt.time(9, 5), "09:05"),
        (dt.date(2026, 11, 25), None, "tomorrow"),
        (dt.date(2026, 11, 25), dt.time(9), "tomorrow 09:00"),
        (dt.date(2026, 11, 23), dt.time(9), "yesterday"),
        (dt.date(2026, 11, 20), None, "4 days late"),
        (dt.date(2026, 8, 17), dt.time(9), "99 days late"),
        (dt.date(2026, 8, 16), None, "16 Aug"),
        (dt.date(2026, 11, 27), dt.time(9), "Fri 27 09:00"),
        (dt.date(2026, 12, 7), None, "Mon 7 Dec"),
        (dt.date(2026, 12, 8), None, "8 Dec"),
        (dt.date(2027, 3, 3), dt.time(9), "3 Mar 09:00"),
        (dt.date(2027, 11, 24), None, "24 Nov 2027"),
        (dt.date(2026, 1, 2), None, "2 Jan"),
        (dt.date(2025, 12, 31), None, "31 Dec 2025"),
    ],
)
def test_brief_dates_leave_no_doubt(due: dt.date, at: dt.time | None, label: str) -> None:
    assert describe_due_briefly(due, at, today=dt.date(2026, 11, 24)) == label


@given(st.dates(dt.date(2020, 1, 1), dt.date(2030, 1, 1)), st.dates(dt.date(2020, 1, 1), dt.date(2030, 1, 1)))
def test_two_days_never_share_a_brief_date(one: dt.date, other: dt.date) -> None:
    if one != other:
        assert describe_due_briefly(one, today=TODAY) != describe_due_briefly(other, today=TODAY)
