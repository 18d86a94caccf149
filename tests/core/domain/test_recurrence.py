"""When a recurring task is due next, and which instant a local time is."""

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kirotodo.core.domain.recurrence import (
    anchored,
    clamped,
    first_due,
    first_moment,
    local_moment,
    next_due,
    next_occurrence,
    rule_after,
)
from kirotodo.core.domain.rule import read_rule, unclamped
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
        ("FREQ=MONTHLY", "2026-01-31", "2026-01-31", "2026-02-28"),
        ("FREQ=MONTHLY;INTERVAL=3", "2026-11-30", "2026-11-30", "2027-02-28"),
        ("FREQ=MONTHLY;BYMONTHDAY=31", "2026-01-31", "2026-01-31", "2026-02-28"),
        ("FREQ=MONTHLY;BYMONTHDAY=31", "2026-02-28", "2026-02-28", "2026-03-31"),
        ("FREQ=MONTHLY;BYMONTHDAY=30", "2028-02-29", "2028-02-29", "2028-03-30"),
        ("FREQ=MONTHLY;BYMONTHDAY=15,30,31", "2026-02-15", "2026-02-15", "2026-02-28"),
        ("FREQ=MONTHLY;BYMONTHDAY=15,30,31", "2026-02-28", "2026-02-28", "2026-03-15"),
        ("FREQ=MONTHLY;BYMONTH=1,2;BYMONTHDAY=31", "2026-01-31", "2026-01-31", "2026-02-28"),
        ("FREQ=MONTHLY;BYMONTHDAY=13;BYDAY=FR", "2026-11-13", "2026-11-13", "2027-08-13"),
        ("FREQ=YEARLY;BYMONTH=2,8;BYMONTHDAY=31", "2026-08-31", "2026-08-31", "2027-02-28"),
        ("FREQ=MONTHLY;BYMONTHDAY=-1", "2026-01-31", "2026-01-31", "2026-02-28"),
        ("FREQ=MONTHLY;BYMONTHDAY=-1", "2028-01-31", "2028-02-01", "2028-02-29"),
        ("FREQ=MONTHLY;BYDAY=-1FR", "2026-11-27", "2026-11-27", "2026-12-25"),
        ("FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=1", "2026-12-01", "2026-12-01", "2027-01-01"),
        ("FREQ=YEARLY", "2024-02-29", "2024-02-29", "2025-02-28"),
        ("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29", "2027-02-28", "2027-02-28", "2028-02-29"),
        ("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29", "2028-02-29", "2028-02-29", "2029-02-28"),
        ("FREQ=YEARLY;BYMONTH=1;BYMONTHDAY=27", "2026-01-27", "2026-02-01", "2027-01-27"),
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
        ("FREQ=WEEKLY;INTERVAL=4;BYDAY=SU", "2027-04-20", "2027-05-16"),
        ("FREQ=WEEKLY;INTERVAL=4;BYDAY=SU", "2027-04-25", "2027-05-23"),
        ("FREQ=WEEKLY;BYDAY=SU", "2027-04-20", "2027-04-25"),
        ("FREQ=DAILY;INTERVAL=3;BYDAY=MO,TU,WE,TH,FR", "2026-11-25", "2026-11-30"),
        ("FREQ=MONTHLY;INTERVAL=3;BYMONTHDAY=1", "2026-11-01", "2027-02-01"),
        ("FREQ=MONTHLY;INTERVAL=3;BYMONTHDAY=1", "2026-11-02", "2027-02-01"),
        ("FREQ=MONTHLY;INTERVAL=2;BYDAY=1FR", "2026-11-25", "2027-01-01"),
        ("FREQ=MONTHLY;BYMONTHDAY=31", "2027-02-10", "2027-02-28"),
        ("FREQ=YEARLY;INTERVAL=2;BYMONTH=3;BYMONTHDAY=5", "2026-03-05", "2028-03-05"),
        ("FREQ=YEARLY;INTERVAL=2;BYMONTH=6", "2026-11-25", "2028-06-01"),
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
    ("rule", "start", "expected"),
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
def test_the_first_occurrence_is_on_that_day_or_later(rule: str, start: str, expected: str | None) -> None:
    first = first_due(rule, after=day(start))
    assert (first.isoformat() if first else None) == expected


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
    ("rule", "due", "stored"),
    [
        ("FREQ=MONTHLY", "2026-01-28", "FREQ=MONTHLY"),
        ("FREQ=MONTHLY", "2026-01-31", "FREQ=MONTHLY;BYMONTHDAY=-1"),
        ("FREQ=MONTHLY;INTERVAL=3", "2026-11-30", "FREQ=MONTHLY;INTERVAL=3;BYMONTHDAY=28,29,30;BYSETPOS=-1"),
        ("FREQ=MONTHLY;BYMONTHDAY=31", "2026-02-28", "FREQ=MONTHLY;BYMONTHDAY=-1"),
        ("FREQ=MONTHLY;BYMONTHDAY=1,29", "2026-01-01", "FREQ=MONTHLY;BYMONTHDAY=1,28,29;BYSETPOS=1,-1"),
        ("FREQ=MONTHLY;BYMONTHDAY=15,31", "2026-01-15", "FREQ=MONTHLY;BYMONTHDAY=15,-1"),
        ("FREQ=MONTHLY;BYMONTHDAY=30,31", "2026-01-30", "FREQ=MONTHLY;BYMONTHDAY=30,31"),  # no one rule says it
        ("FREQ=YEARLY", "2024-02-29", "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=-1"),
        ("FREQ=YEARLY", "2026-01-31", "FREQ=YEARLY"),
        ("FREQ=YEARLY;BYMONTH=6", "2026-06-30", "FREQ=YEARLY;BYMONTH=6;BYMONTHDAY=30"),
        ("FREQ=WEEKLY", "2026-01-31", "FREQ=WEEKLY"),
    ],
)
def test_a_rule_is_stored_with_the_day_that_a_short_month_would_take_away(rule: str, due: str, stored: str) -> None:
    assert anchored(rule, due_date=day(due), recurs_from="schedule") == stored
    assert anchored(stored, due_date=day(due), recurs_from="schedule") == stored


@given(st.sets(st.integers(1, 31), min_size=1, max_size=5), st.integers(1, 4))
def test_what_was_said_is_found_in_the_stored_rule(days: set[int], interval: int) -> None:
    written = read_rule(
        f"FREQ=MONTHLY;INTERVAL={interval};BYMONTHDAY={','.join(map(str, sorted(days - {31}) or [31]))}"
    )
    stored = read_rule(anchored(str(written), due_date=None, recurs_from="schedule"))
    assert unclamped(stored) == written or written.bymonthday == (31,)


def _last_day(year: int, month: int) -> int:
    return (dt.date(year + month // 12, month % 12 + 1, 1) - dt.timedelta(days=1)).day


@pytest.mark.slow
@given(
    st.integers(1, 31),
    st.integers(1, 6),
    st.integers(1990, 2090),
    st.integers(1, 12),
    st.booleans(),
    st.sampled_from(["", ";COUNT=40"]),
)
def test_month_ends_clamp_and_come_back_through_any_number_of_completions(
    number: int, interval: int, year: int, month: int, has_number: bool, end: str
) -> None:
    """Both for rows that people have and for rules as they are stored now."""
    due = dt.date(year, month, min(number, _last_day(year, month)))
    number = number if has_number else due.day
    written = f"FREQ=MONTHLY;INTERVAL={interval}" + (f";BYMONTHDAY={number}" if has_number else "") + end
    rule = anchored(written, due_date=due, recurs_from="schedule")
    for k in range(1, 30):
        old_style = next_due(written, due_date=due, due_time=None, done_on=due, recurs_from="schedule")
        later = next_due(rule, due_date=due, due_time=None, done_on=due, recurs_from="schedule")
        years, months = divmod(month - 1 + interval * k, 12)
        last = _last_day(year + years, months + 1)
        assert later == dt.date(year + years, months + 1, min(number, last))
        assert later == old_style or not has_number
        assert later is not None
        due, rule = later, rule_after(anchored(rule, due_date=due, recurs_from="schedule"))


@pytest.mark.slow
@given(st.sets(st.integers(1, 31), min_size=1, max_size=4), st.integers(1, 3), DAYS, st.booleans())
def test_every_program_reads_the_same_days_from_the_stored_rule(
    days: set[int], interval: int, start: dt.date, yearly: bool
) -> None:
    """dateutil on its own, as any program that knows RFC 5545, gives the days that completing gives."""
    from dateutil.rrule import rrulestr

    freq = "YEARLY" if yearly else "MONTHLY"
    written = read_rule(f"FREQ={freq};INTERVAL={interval};BYMONTHDAY={','.join(map(str, sorted(days)))}")
    begin = dt.datetime.combine(start, dt.time())
    wanted: set[dt.date] = set()
    for rule in clamped(written):
        wanted |= {each.date() for each in rrulestr(str(rule), dtstart=begin).xafter(begin, count=40)}
    due: dt.date | None = start
    for expected in sorted(wanted)[:20]:
        assert due is not None
        due = next_due(str(written), due_date=due, due_time=None, done_on=due, recurs_from="schedule")
        assert due == expected


ZONES = st.sampled_from(["UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu"])


@given(
    st.sampled_from(
        [
            "FREQ=HOURLY",
            "FREQ=HOURLY;INTERVAL=8",
            "FREQ=HOURLY;INTERVAL=36",
            "FREQ=MINUTELY",
            "FREQ=MINUTELY;INTERVAL=45",
            "FREQ=HOURLY;BYHOUR=9,12,15;BYDAY=MO,TU,WE,TH,FR",
            "FREQ=MINUTELY;INTERVAL=20;BYHOUR=8,9,10",
            "FREQ=HOURLY;BYMONTH=6",
        ]
    ),
    ZONES,
    st.datetimes(dt.datetime(2026, 1, 1), dt.datetime(2028, 1, 1)),  # noqa: DTZ001 (local)
    st.timedeltas(dt.timedelta(hours=-30), dt.timedelta(days=40)),
    st.sampled_from(["schedule", "completion"]),
    st.booleans(),
)
def test_a_rule_of_hours_always_advances(
    rule: str, zone: str, local: dt.datetime, late: dt.timedelta, recurs_from: RecursFrom, has_time: bool
) -> None:
    """Strictly later than it was due (where it counts from there) and than it was done, clock changes or not."""
    due_date, due_time = local.date(), local.time().replace(second=0, microsecond=0) if has_time else None
    due = local_moment(due_date, due_time or dt.time(), zone)
    done = due + late
    later = next_occurrence(
        rule, due_date=due_date, due_time=due_time, done=done, zone=ZoneInfo(zone), recurs_from=recurs_from
    )
    assert later is not None
    assert later.time is not None
    moment = local_moment(later.date, later.time, zone)
    assert moment > done
    assert moment > due or recurs_from == "completion" or not has_time


@pytest.mark.parametrize(
    ("rule", "due", "done", "expected"),
    [
        ("FREQ=HOURLY;INTERVAL=8", "2026-11-25T22:00", "2026-11-25T22:10", "2026-11-26T06:00"),
        ("FREQ=HOURLY;INTERVAL=8", "2026-11-25T22:00", "2026-11-25T21:00", "2026-11-26T06:00"),
        ("FREQ=HOURLY;INTERVAL=8", "2026-11-25T22:00", "2026-11-27T07:00", "2026-11-27T14:00"),
        ("FREQ=HOURLY;INTERVAL=8", "2027-03-27T22:00", "2027-03-27T22:00", "2027-03-28T07:00"),  # 8 hours that pass
        ("FREQ=MINUTELY;INTERVAL=30", "2026-10-25T02:45", "2026-10-25T02:45", "2026-10-25T03:15"),  # an hour twice
        ("FREQ=MINUTELY;INTERVAL=15", "2020-01-01T00:05", "2026-11-25T10:01", "2026-11-25T10:05"),
        ("FREQ=HOURLY;BYHOUR=9,12,15", "2026-11-25T15:00", "2026-11-25T15:00", "2026-11-26T09:00"),
        ("FREQ=HOURLY;INTERVAL=30;UNTIL=20261126", "2026-11-25T22:00", "2026-11-25T22:00", None),
        ("FREQ=HOURLY;COUNT=1", "2026-11-25T22:00", "2026-11-25T22:00", None),
        ("FREQ=DAILY;BYHOUR=9,18;BYMINUTE=0", "2026-11-25T09:00", "2026-11-25T09:30", "2026-11-25T18:00"),
        ("FREQ=DAILY;BYHOUR=9,18;BYMINUTE=0", "2026-11-25T18:00", "2026-11-25T18:30", "2026-11-26T09:00"),
        ("FREQ=DAILY", "2026-11-25T18:00", "2026-11-25T18:30", "2026-11-26T18:00"),
    ],
)
def test_the_next_occurrence_has_its_time(rule: str, due: str, done: str, expected: str | None) -> None:
    zone = ZoneInfo("Europe/Berlin")
    was = dt.datetime.fromisoformat(due)
    later = next_occurrence(
        rule,
        due_date=was.date(),
        due_time=was.time(),
        done=dt.datetime.fromisoformat(done).replace(tzinfo=zone),
        zone=zone,
        recurs_from="schedule",
    )
    wanted = dt.datetime.fromisoformat(expected) if expected else None
    assert later == ((wanted.date(), wanted.time()) if wanted else None)


def test_the_first_time_of_a_rule_of_hours_is_one_interval_from_now() -> None:
    zone = ZoneInfo("Europe/Berlin")
    now = dt.datetime(2026, 11, 25, 18, 30, 20, tzinfo=zone)
    assert first_moment("FREQ=HOURLY;INTERVAL=8", now=now, zone=zone) == (dt.date(2026, 11, 26), dt.time(2, 30))
    assert first_moment("FREQ=MINUTELY", now=now, zone=zone) == (dt.date(2026, 11, 25), dt.time(18, 31))
    assert first_moment("FREQ=HOURLY;INTERVAL=24;BYHOUR=5", now=now, zone=zone) is None  # never meets that hour


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
    written = dt.datetime.fromisoformat(local)
    assert local_moment(written.date(), written.time(), zone) == dt.datetime.fromisoformat(f"{utc}:00+00:00")


@pytest.mark.parametrize("zone", ["America/New_York", "Europe/Berlin", "Australia/Lord_Howe"])
def test_a_daily_nine_stays_nine_by_the_clock_all_year(zone: str) -> None:
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
