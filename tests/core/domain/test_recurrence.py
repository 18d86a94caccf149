"""When a recurring task is due next, and which instant a local time is."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kirotodo.core.domain.recurrence import due_times, first_due, local_moment, next_due, rule_after
from kirotodo.core.domain.rule import read_rule
from kirotodo.core.domain.task import RecursFrom
from kirotodo.core.errors import InvalidInput


def day(text: str) -> dt.date:
    return dt.date.fromisoformat(text)


def following(rule: str, due: str | None, done: str, recurs_from: RecursFrom = "schedule") -> str | None:
    date = next_due(rule, due_date=day(due) if due else None, due_time=None, done_on=day(done), recurs_from=recurs_from)
    return date.isoformat() if date else None


@pytest.mark.parametrize(
    ("rule", "due", "done", "expected"),
    [
        ("FREQ=DAILY", "2026-11-25", "2026-11-25", "2026-11-26"),
        ("FREQ=DAILY", "2026-11-25", "2026-11-20", "2026-11-26"),  # done early: the schedule stands
        ("FREQ=DAILY", "2026-11-25", "2026-12-31", "2026-12-31"),  # done late: none of those missed, but today's
        ("FREQ=DAILY;INTERVAL=3", "2026-11-01", "2026-11-12", "2026-11-13"),
        ("FREQ=WEEKLY;INTERVAL=2;BYDAY=FR", "2026-11-06", "2026-11-07", "2026-11-20"),
        ("FREQ=WEEKLY;INTERVAL=2;BYDAY=FR", "2026-11-06", "2026-11-21", "2026-12-04"),
        ("FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR", "2026-11-27", "2026-11-27", "2026-11-30"),
        ("FREQ=MONTHLY", "2026-01-31", "2026-01-31", "2026-03-31"),  # RFC 5545: a month without that day is left out
        ("FREQ=MONTHLY;BYMONTHDAY=-1", "2026-01-31", "2026-01-31", "2026-02-28"),
        ("FREQ=MONTHLY;BYMONTHDAY=-1", "2028-01-31", "2028-02-01", "2028-02-29"),
        ("FREQ=MONTHLY;BYDAY=-1FR", "2026-11-27", "2026-11-27", "2026-12-25"),
        ("FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=1", "2026-12-01", "2026-12-01", "2027-01-01"),
        ("FREQ=YEARLY", "2024-02-29", "2024-02-29", "2028-02-29"),
        ("FREQ=YEARLY;BYMONTH=1;BYMONTHDAY=27", "2026-01-27", "2026-02-01", "2027-01-27"),
        ("FREQ=HOURLY;INTERVAL=6", "2026-11-25", "2026-11-25", "2026-11-25"),
        ("FREQ=HOURLY;INTERVAL=30", "2026-11-25", "2026-11-25", "2026-11-26"),
        ("FREQ=MINUTELY;INTERVAL=15", "2020-01-01", "2026-11-25", "2026-11-25"),
    ],
)
def test_completing_makes_the_one_next_occurrence_of_the_schedule(
    rule: str, due: str, done: str, expected: str
) -> None:
    assert following(rule, due, done) == expected


@pytest.mark.parametrize(
    ("rule", "done", "expected"),
    [
        ("FREQ=DAILY;INTERVAL=3", "2026-11-25", "2026-11-28"),
        ("FREQ=WEEKLY", "2026-11-25", "2026-12-02"),
        ("FREQ=WEEKLY;BYDAY=WE", "2026-11-25", "2026-12-02"),
        ("FREQ=MONTHLY", "2026-01-31", "2026-02-28"),
        ("FREQ=MONTHLY;INTERVAL=3", "2026-11-30", "2027-02-28"),
        ("FREQ=YEARLY", "2024-02-29", "2025-02-28"),
        ("FREQ=MONTHLY;BYMONTHDAY=15", "2026-11-15", "2026-12-15"),
        ("FREQ=HOURLY;INTERVAL=48", "2026-11-25", "2026-11-27"),
    ],
)
@pytest.mark.parametrize("due", ["2026-01-01", "2030-01-01", None])
def test_from_completion_only_the_day_it_was_done_counts(rule: str, done: str, expected: str, due: str | None) -> None:
    assert following(rule, due, done, "completion") == expected


@pytest.mark.parametrize(
    ("rule", "due", "done", "expected"),
    [
        ("FREQ=DAILY;COUNT=1", "2026-11-25", "2026-11-25", None),
        ("FREQ=DAILY;COUNT=2", "2026-11-25", "2026-11-25", "2026-11-26"),
        ("FREQ=DAILY;UNTIL=20261126", "2026-11-25", "2026-11-25", "2026-11-26"),
        ("FREQ=DAILY;UNTIL=20261126", "2026-11-26", "2026-11-26", None),
        ("FREQ=DAILY;UNTIL=20261126", "2026-11-20", "2026-12-01", None),
    ],
)
def test_a_rule_that_has_run_out_has_no_next(rule: str, due: str, done: str, expected: str | None) -> None:
    assert following(rule, due, done) == expected


def test_a_count_runs_down_with_every_occurrence() -> None:
    rule, due, made = "FREQ=WEEKLY;BYDAY=MO;COUNT=4", day("2026-11-30"), 1
    while (later := next_due(rule, due_date=due, due_time=None, done_on=due, recurs_from="schedule")) is not None:
        rule, due, made = rule_after(rule), later, made + 1
    assert (made, due) == (4, day("2026-12-21"))


@pytest.mark.parametrize(
    ("rule", "said_on", "expected"),
    [
        ("FREQ=WEEKLY;BYDAY=FR", "2026-11-25", "2026-11-27"),
        ("FREQ=WEEKLY;BYDAY=WE", "2026-11-25", "2026-11-25"),
        ("FREQ=WEEKLY;INTERVAL=2;BYDAY=FR", "2026-11-28", "2026-12-04"),
        ("FREQ=MONTHLY;BYMONTHDAY=1", "2026-11-25", "2026-12-01"),
        ("FREQ=MONTHLY;INTERVAL=3;BYMONTHDAY=31", "2026-09-01", "2026-10-31"),
        ("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29", "2026-11-25", "2028-02-29"),
        ("FREQ=YEARLY;BYMONTH=6", "2026-12-31", "2027-06-01"),
        ("FREQ=DAILY;INTERVAL=3", "2026-11-25", "2026-11-25"),
        ("FREQ=MONTHLY", "2026-11-25", "2026-11-25"),
        ("FREQ=WEEKLY;BYDAY=FR;UNTIL=20261126", "2026-11-25", None),
        ("FREQ=DAILY;BYHOUR=9;BYMINUTE=30", "2026-11-25", "2026-11-25"),
    ],
)
def test_the_first_occurrence_is_on_that_day_or_later(rule: str, said_on: str, expected: str | None) -> None:
    first = first_due(rule, after=day(said_on))
    assert (first.isoformat() if first else None) == expected


def test_a_rule_names_its_times_of_day() -> None:
    assert due_times("FREQ=DAILY;BYHOUR=9,18;BYMINUTE=30") == (dt.time(9, 30), dt.time(18, 30))
    assert due_times("FREQ=DAILY") == ()


RULES = st.sampled_from(
    [
        "FREQ=DAILY",
        "FREQ=DAILY;INTERVAL=5",
        "FREQ=WEEKLY;BYDAY=MO,TH",
        "FREQ=WEEKLY;INTERVAL=3;BYDAY=SU",
        "FREQ=MONTHLY;BYMONTHDAY=-1",
        "FREQ=MONTHLY;BYMONTHDAY=31",
        "FREQ=MONTHLY;BYDAY=2TU,-1FR",
        "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29",
        "FREQ=YEARLY;BYMONTH=6",
    ]
)
DAYS = st.dates(dt.date(1980, 1, 1), dt.date(2090, 1, 1))


@given(RULES, DAYS, st.integers(-60, 800))
def test_the_next_occurrence_is_after_the_due_day_and_never_in_the_past(rule: str, due: dt.date, late: int) -> None:
    done = due + dt.timedelta(days=late)
    later = next_due(rule, due_date=due, due_time=None, done_on=done, recurs_from="schedule")
    assert later is not None
    assert later > due
    assert later >= done


@given(RULES, DAYS, st.integers(0, 70))
def test_being_late_leads_to_an_occurrence_that_being_punctual_leads_to(rule: str, start: dt.date, late: int) -> None:
    due = first_due(rule, after=start)
    assert due is not None
    done = due + dt.timedelta(days=late)
    late_next = next_due(rule, due_date=due, due_time=None, done_on=done, recurs_from="schedule")
    punctual: dt.date | None = due
    while punctual is not None and punctual < (late_next or due):
        punctual = next_due(rule, due_date=punctual, due_time=None, done_on=punctual, recurs_from="schedule")
    assert punctual == late_next


@pytest.mark.parametrize(
    ("zone", "local", "utc"),
    [
        ("America/New_York", "2026-03-08T02:30", "2026-03-08T07:30"),  # skipped: 03:30 by the clock
        ("America/New_York", "2026-11-01T01:30", "2026-11-01T05:30"),  # twice: the first
        ("America/New_York", "2026-07-01T09:00", "2026-07-01T13:00"),
        ("Europe/Berlin", "2026-03-29T02:30", "2026-03-29T01:30"),
        ("Europe/Berlin", "2026-10-25T02:30", "2026-10-25T00:30"),
        ("Europe/Berlin", "2026-12-01T09:00", "2026-12-01T08:00"),
        ("Australia/Lord_Howe", "2026-10-04T02:15", "2026-10-03T15:45"),  # half an hour: 02:45 by the clock
        ("Australia/Lord_Howe", "2026-04-05T01:45", "2026-04-04T14:45"),
        ("Australia/Lord_Howe", "2026-07-01T09:00", "2026-06-30T22:30"),
    ],
)
def test_a_local_time_is_one_instant_even_where_the_clocks_change(zone: str, local: str, utc: str) -> None:
    said = dt.datetime.fromisoformat(local)
    assert local_moment(said.date(), said.time(), zone) == dt.datetime.fromisoformat(f"{utc}:00+00:00")


@pytest.mark.parametrize("zone", ["America/New_York", "Europe/Berlin", "Australia/Lord_Howe"])
def test_a_daily_nine_stays_nine_by_the_clock_all_year(zone: str) -> None:
    from zoneinfo import ZoneInfo

    date: dt.date | None = day("2026-01-01")
    while date is not None and date < day("2027-01-01"):
        assert local_moment(date, dt.time(9), zone).astimezone(ZoneInfo(zone)).time() == dt.time(9)
        date = next_due("FREQ=DAILY;INTERVAL=7", due_date=date, due_time=None, done_on=date, recurs_from="schedule")


@given(st.text(max_size=60) | st.text(alphabet="FREQ=DAILYBUNTCO;123,-", max_size=60).map(lambda s: "FREQ=DAILY;" + s))
def test_any_text_is_a_rule_or_refused(text: str) -> None:
    try:
        rule = read_rule(text)
    except InvalidInput:
        return
    assert read_rule(str(rule)) == rule
