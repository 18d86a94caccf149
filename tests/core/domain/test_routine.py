"""Which occurrences follow the open one, what skipping leaves, and how the days of a series move.

dateutil expands rules on its own here, from the first day on, as any program that reads RFC 5545 would.
"""

import datetime as dt
from dataclasses import replace
from itertools import islice
from zoneinfo import ZoneInfo

import pytest
from dateutil.rrule import rrulestr
from hypothesis import given
from hypothesis import strategies as st

from kirotodo.core.domain.recurrence import first_due, local_moment
from kirotodo.core.domain.routine import moved_rule, skipped, skipped_on, skipped_until, upcoming
from kirotodo.core.domain.rule import read_rule
from kirotodo.core.domain.task import RecursFrom, Series, Task
from kirotodo.core.errors import InvalidInput

BERLIN = ZoneInfo("Europe/Berlin")
NOW = dt.datetime(2026, 11, 23, 9, 30, tzinfo=dt.UTC)
ZONES = st.sampled_from([BERLIN, ZoneInfo("America/New_York"), ZoneInfo("Australia/Lord_Howe")])


def routine(
    rule: str, due: str, time: str | None = None, *, recurs_from: RecursFrom = "schedule", series: Series | None = None
) -> Task:
    return Task(
        id=1,
        title="routine",
        due_date=dt.date.fromisoformat(due),
        due_time=dt.time.fromisoformat(time) if time else None,
        recurrence=rule,
        recurs_from=recurs_from,
        series=series,
        created_at=NOW,
        updated_at=NOW,
    )


def days(task: Task, count: int = 3) -> list[str]:
    return [each.date.isoformat() for each in upcoming(task, zone=BERLIN, count=count)]


@pytest.mark.parametrize(
    ("rule", "due", "expected"),
    [
        ("FREQ=MONTHLY", "2027-01-31", ["2027-02-28", "2027-03-31", "2027-04-30"]),
        ("FREQ=MONTHLY", "2027-01-30", ["2027-02-28", "2027-03-30", "2027-04-30"]),
        ("FREQ=YEARLY", "2028-02-29", ["2029-02-28", "2030-02-28", "2031-02-28", "2032-02-29"]),
        ("FREQ=WEEKLY;BYDAY=FR;COUNT=3", "2026-11-27", ["2026-12-04", "2026-12-11"]),
        ("FREQ=WEEKLY;BYDAY=FR;UNTIL=20261204", "2026-11-27", ["2026-12-04"]),
    ],
)
def test_the_next_occurrences_are_known_ahead(rule: str, due: str, expected: list[str]) -> None:
    assert days(routine(rule, due), len(expected) + (rule.count("=") > 2)) == expected


@given(
    st.sampled_from(
        [
            "FREQ=DAILY;INTERVAL=3",
            "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,WE,SA",
            "FREQ=MONTHLY;BYDAY=-1FR",
            "FREQ=MONTHLY;BYMONTHDAY=1,15,-1",
            "FREQ=YEARLY;BYMONTH=3,11;BYDAY=2TU",
            "FREQ=DAILY;INTERVAL=2;COUNT=7",
            "FREQ=WEEKLY;BYDAY=TU;UNTIL=20270301",
        ]
    ),
    st.dates(dt.date(2026, 1, 1), dt.date(2027, 12, 31)),
    ZONES,
    st.integers(0, 60),
)
def test_any_program_expands_the_same_days(rule: str, start: dt.date, zone: ZoneInfo, away: int) -> None:
    first = first_due(rule, after=start)
    if first is None:
        return
    begin = dt.datetime.combine(first, dt.time())
    expanded = [each.date() for each in islice(rrulestr(rule, dtstart=begin), 40)]
    task = routine(rule, first.isoformat())
    assert [each.date for each in upcoming(task, zone=zone, count=10)] == expanded[1:11]
    long_ago = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
    one = skipped(task, now=long_ago, zone=zone)
    assert (one.date if one else None) == next(iter(expanded[1:]), None)
    back = first + dt.timedelta(days=away)
    later = skipped_until(task, back, now=long_ago, zone=zone)
    assert (later.date if later else None) == next((day for day in expanded if day >= back), None)


@pytest.mark.parametrize(
    ("due", "recurs_from", "rule", "expected"),
    [
        ("2026-11-27", "schedule", "FREQ=WEEKLY;BYDAY=FR", "2026-12-04"),
        ("2026-11-06", "schedule", "FREQ=WEEKLY;BYDAY=FR", "2026-11-27"),  # those that were missed are not made up for
        ("2026-11-27", "completion", "FREQ=DAILY;INTERVAL=3", "2026-11-30"),  # from the day it was due
        ("2026-11-06", "completion", "FREQ=DAILY;INTERVAL=3", "2026-11-26"),  # or from today
        ("2026-11-29", "completion", "FREQ=WEEKLY;INTERVAL=4;BYDAY=SU", "2026-12-27"),
    ],
)
def test_skipping_goes_on_as_if_it_was_done(due: str, recurs_from: RecursFrom, rule: str, expected: str) -> None:
    found = skipped(routine(rule, due, recurs_from=recurs_from), now=NOW, zone=BERLIN)
    assert found is not None
    assert found.date.isoformat() == expected


@pytest.mark.parametrize(
    ("rule", "left_out", "expected"),
    [
        ("FREQ=WEEKLY;BYDAY=FR", ["2026-12-11"], ["2026-12-04", "2026-12-18", "2026-12-25"]),
        ("FREQ=WEEKLY;BYDAY=FR", ["2026-12-04", "2026-12-11"], ["2026-12-18", "2026-12-25", "2027-01-01"]),
        ("FREQ=WEEKLY;BYDAY=FR", ["2026-12-01..2026-12-12"], ["2026-12-18", "2026-12-25", "2027-01-01"]),
        ("FREQ=DAILY;UNTIL=20261201", ["2026-11-29..2027-11-30"], ["2026-11-28"]),
        ("FREQ=DAILY;COUNT=4", ["2026-11-29"], ["2026-11-28", "2026-11-30"]),
        ("FREQ=DAILY;UNTIL=20261129", ["2026-11-29"], ["2026-11-28"]),
        ("FREQ=DAILY;BYHOUR=9,17", ["2026-11-28"], ["2026-11-29", "2026-11-29", "2026-11-30"]),
    ],
)
def test_an_occurrence_that_is_skipped_ahead_is_left_out_once_its_turn_comes(
    rule: str, left_out: list[str], expected: list[str]
) -> None:
    task = routine(rule, "2026-11-27", "17:00" if "BYHOUR" in rule else None)
    for day in left_out:
        first, _, last = day.partition("..")
        span = dt.date.fromisoformat(first), dt.date.fromisoformat(last or first)
        task = replace(task, recurrence=skipped_on(task, *span, zone=BERLIN))
    assert [each.date.isoformat() for each in upcoming(task, zone=BERLIN)] == expected
    for after in upcoming(task, zone=BERLIN):
        assert all(day > after.date for day in read_rule(after.rule).exdate), "what has had its effect is forgotten"


@pytest.mark.parametrize(
    ("rule", "recurs_from", "day", "sentence"),
    [
        (
            "FREQ=WEEKLY;BYDAY=FR",
            "schedule",
            "2026-12-14",
            "on that day; those around are on Fri 11 Dec 2026 and Fri 18",
        ),
        ("FREQ=WEEKLY;BYDAY=FR", "schedule", "2026-12-05..2026-12-10", "no occurrence on those days"),
        ("FREQ=DAILY", "schedule", "2026-12-05..2027-12-10", "At most 100 days"),
        ("FREQ=WEEKLY;BYDAY=FR;COUNT=2", "schedule", "2026-12-11", "its rule ends before"),
        ("FREQ=WEEKLY;BYDAY=FR", "completion", "2026-12-04", "not known yet"),
        ("FREQ=HOURLY;INTERVAL=5", "schedule", "2026-12-04", "within the day"),
    ],
)
def test_what_cannot_be_skipped_ahead_is_explained(rule: str, recurs_from: RecursFrom, day: str, sentence: str) -> None:
    task = routine(rule, "2026-11-27", "08:00" if "HOURLY" in rule else None, recurs_from=recurs_from)
    first, _, last = day.partition("..")
    with pytest.raises(InvalidInput, match=sentence):
        skipped_on(task, dt.date.fromisoformat(first), dt.date.fromisoformat(last or first), zone=BERLIN)


def test_no_more_than_a_hundred_days_are_left_out_ahead_of_time() -> None:
    days = ",".join(f"{dt.date(2027, 1, 1) + dt.timedelta(days=number):%Y%m%d}" for number in range(101))
    with pytest.raises(InvalidInput, match="At most 100 days"):
        read_rule(f"FREQ=DAILY;EXDATE={days}")


def test_a_skipped_occurrence_is_one_of_those_that_are_counted() -> None:
    found = skipped(routine("FREQ=DAILY;COUNT=3", "2026-11-23"), now=NOW, zone=BERLIN)
    assert found is not None
    assert found.rule == "FREQ=DAILY;COUNT=2"
    assert skipped(routine("FREQ=DAILY;COUNT=1", "2026-11-23"), now=NOW, zone=BERLIN) is None
    assert (
        skipped_until(routine("FREQ=DAILY;COUNT=9", "2026-11-23"), dt.date(2026, 12, 12), now=NOW, zone=BERLIN) is None
    )


@pytest.mark.parametrize("rule", ["FREQ=MINUTELY;INTERVAL=10", "FREQ=HOURLY;INTERVAL=5"])
def test_hours_and_minutes_are_passed_over_at_once(rule: str) -> None:
    back = dt.date(2027, 10, 1)
    found = skipped_until(routine(rule, "2026-11-23", "08:00"), back, now=NOW, zone=BERLIN)
    assert found is not None
    assert found.date == back
    assert found.time is not None
    assert found.time < dt.time(5)


def test_what_was_changed_for_once_is_not_counted_from() -> None:
    series = Series(title="routine", due_date=dt.date(2026, 11, 27), due_time=dt.time(18))
    moved = routine("FREQ=WEEKLY", "2026-11-29", "09:00", series=series)
    assert [(each.date.day, each.time) for each in upcoming(moved, zone=BERLIN, count=2)] == [
        (4, dt.time(18)),
        (11, dt.time(18)),
    ]


@given(st.dates(dt.date(2027, 3, 20), dt.date(2027, 4, 5)), st.integers(0, 23), st.integers(0, 59))
def test_a_time_that_the_clocks_skip_comes_every_day(start: dt.date, hour: int, minute: int) -> None:
    """On 28 March 2027 the hour from 2 to 3 is left out in Berlin: 02:30 is half past three by the clock then."""
    task = routine("FREQ=DAILY", start.isoformat(), f"{hour:02}:{minute:02}")
    moments = [
        local_moment(each.date, each.time or dt.time(), BERLIN.key) for each in upcoming(task, zone=BERLIN, count=20)
    ]
    assert moments == sorted(set(moments))
    assert {each.time for each in upcoming(task, zone=BERLIN, count=20)} == {dt.time(hour, minute)}


@pytest.mark.parametrize(
    ("rule", "day", "expected"),
    [
        ("FREQ=WEEKLY;BYDAY=MO", "2026-11-27", "FREQ=WEEKLY;BYDAY=FR"),
        ("FREQ=WEEKLY", "2026-11-27", "FREQ=WEEKLY"),
        ("FREQ=WEEKLY;BYDAY=MO,FR", "2026-11-27", "FREQ=WEEKLY;BYDAY=MO,FR"),
        ("FREQ=WEEKLY;BYDAY=MO,FR", "2026-11-26", None),
        ("FREQ=MONTHLY;BYMONTHDAY=-1", "2026-12-15", "FREQ=MONTHLY;BYMONTHDAY=15"),
        ("FREQ=MONTHLY;BYDAY=2TU", "2026-12-16", "FREQ=MONTHLY;BYDAY=3WE"),
        ("FREQ=MONTHLY;BYDAY=-1FR", "2026-12-28", "FREQ=MONTHLY;BYDAY=-1MO"),
        ("FREQ=YEARLY;BYMONTH=12;BYMONTHDAY=24", "2026-12-26", "FREQ=YEARLY;BYMONTH=12;BYMONTHDAY=26"),
        ("FREQ=MONTHLY;BYDAY=MO,TU;BYSETPOS=1", "2026-12-10", None),
    ],
)
def test_a_series_moves_to_another_day(rule: str, day: str, expected: str | None) -> None:
    assert moved_rule(rule, dt.date.fromisoformat(day)) == expected
