"""What holds of every text and every date."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kirotodo.core.language.types import Preferences
from kirotodo.core.language.when.parse import find_when, parse_when
from kirotodo.core.language.when.recurrence import find_recurrence
from kirotodo.core.language.when.tokens import listed_words

PLAIN = Preferences()
MOMENTS = st.datetimes(min_value=dt.datetime.min, max_value=dt.datetime.max)  # noqa: DTZ901 (local, as `now` is)
DATES = st.dates(min_value=dt.date(1950, 1, 1), max_value=dt.date(2150, 12, 31))
PREFERENCES = st.builds(
    Preferences,
    next_weekday=st.sampled_from(["week", "first"]),
    weekend=st.sampled_from(["friday", "saturday"]),
    week_start=st.sampled_from(["monday", "sunday"]),
    day_first=st.booleans(),
    bare_hour_from=st.integers(0, 12),
)
_WORDS = listed_words(
    "today tomorrow tonight friday mon sat may march 3rd 15 31 99 2027 5 pm a.m. : / - , ( ) at on by in the of to "
    "until from every other each last first week month days hours ago after before now half past quarter noon midnight "
    "morning weekdays daily times twice christmas 2026-13-45 29 february ' \" ! x # 🎉 ١٢ é next this end eod and"
)
SENTENCES = st.lists(st.sampled_from(_WORDS), max_size=12).flatmap(
    lambda words: st.sampled_from([" ", ""]).map(lambda glue: glue.join(words))
)
TEXTS = st.one_of(SENTENCES, st.text(max_size=80))


@given(TEXTS, MOMENTS, PREFERENCES)
def test_any_text_is_read_without_failing_and_within_its_bounds(
    text: str, now: dt.datetime, preferences: Preferences
) -> None:
    whens = find_when(text, now=now, preferences=preferences)
    rules = find_recurrence(text, now=now, preferences=preferences)
    for places in ([(f.start, f.bare_start, f.end) for f in whens], [(f.start, f.bare_start, f.end) for f in rules]):
        end = 0
        for start, bare, stop in places:
            assert end <= start <= bare < stop <= len(text)
            end = stop
    assert all(f.value.until is None or f.value.until >= f.value.date for f in whens)


@given(TEXTS, PREFERENCES)
def test_the_same_text_means_the_same_again(text: str, preferences: Preferences) -> None:
    now = dt.datetime.combine(dt.date(2026, 11, 25), dt.time(10, 20))
    assert find_when(text, now=now, preferences=preferences) == find_when(text, now=now, preferences=preferences)


@given(st.text(alphabet="abcdefghijklmnopqrstuvwxyz -5:/", max_size=40), MOMENTS)
def test_nothing_is_found_in_a_quotation(text: str, now: dt.datetime) -> None:
    assert find_when(f'note "{text} tomorrow at 5pm"', now=now, preferences=PLAIN) == []


@given(DATES, MOMENTS, PREFERENCES)
def test_iso_days_are_read_back_whatever_the_preferences(
    date: dt.date, now: dt.datetime, preferences: Preferences
) -> None:
    assert parse_when(date.isoformat(), now=now, preferences=preferences).date == date


@given(DATES, st.times(), MOMENTS)
def test_iso_moments_are_read_back(date: dt.date, time: dt.time, now: dt.datetime) -> None:
    when = parse_when(f"{date.isoformat()}T{time:%H:%M}", now=now, preferences=PLAIN)
    assert (when.date, when.time) == (date, time.replace(second=0, microsecond=0))


@given(st.integers(1, 300), st.sampled_from(["days", "weeks"]), DATES)
def test_a_number_of_days_ahead_is_that_many_days_ahead(count: int, unit: str, today: dt.date) -> None:
    now = dt.datetime.combine(today, dt.time(12))
    days = count * (7 if unit == "weeks" else 1)
    assert parse_when(f"in {count} {unit}", now=now, preferences=PLAIN).date == today + dt.timedelta(days=days)


@given(st.sampled_from(["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]), DATES)
def test_a_weekday_is_within_the_coming_week(name: str, today: dt.date) -> None:
    date = parse_when(name, now=dt.datetime.combine(today, dt.time()), preferences=PLAIN).date
    assert date.strftime("%A").lower() == name
    assert 1 <= (date - today).days <= 7


@given(st.integers(0, 23), st.integers(0, 59), MOMENTS.filter(lambda moment: 1100 < moment.year < 8900))
def test_a_time_alone_is_its_next_occurrence(hour: int, minute: int, now: dt.datetime) -> None:
    moment = parse_when(f"at {hour:02}:{minute:02}", now=now, preferences=Preferences(bare_hour_from=0)).moment
    assert moment is not None
    assert dt.timedelta() < moment - now.replace(second=0, microsecond=0) + dt.timedelta(minutes=1)
    assert moment - now <= dt.timedelta(days=1)


@pytest.mark.parametrize(
    "words",
    [
        "2 days after ",
        "friday to ",
        "week of ",
        "half past ",
        "5 past ",
        "late ",
        "end of ",
        "every ",
        "first and ",
        '"',
    ],
)
def test_texts_that_never_come_to_their_point_end_all_the_same(words: str) -> None:
    text, now = (words * 10_000)[:10_000], dt.datetime.combine(dt.date(2026, 11, 25), dt.time(10, 20))
    whens = find_when(text, now=now, preferences=PLAIN)
    rules = find_recurrence(text, now=now, preferences=PLAIN)
    assert len(whens) + len(rules) <= len(text) // len(words) + 1
