"""Times in the past, in words."""

from datetime import UTC, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kirotodo.core.errors import InvalidInput
from kirotodo.core.language.preferences import Preferences
from kirotodo.core.tools.past import read_past
from kirotodo.core.tools.user_clock import UserClock

ZONE: Final = ZoneInfo("Europe/Vienna")
NOW: Final = datetime(2026, 11, 28, 15, 0, tzinfo=ZONE)  # a Saturday
AT: Final = UserClock(now=NOW, zone=ZONE, preferences=Preferences())


@pytest.mark.parametrize(
    ("words", "start", "end", "moment"),
    [
        ("yesterday", "2026-11-27 00:00", "2026-11-28 00:00", "2026-11-28 00:00"),
        ("friday", "2026-11-27 00:00", "2026-11-28 00:00", "2026-11-28 00:00"),
        ("monday", "2026-11-23 00:00", "2026-11-24 00:00", "2026-11-24 00:00"),
        ("monday 9am", "2026-11-23 09:00", "2026-11-23 09:00", "2026-11-23 09:00"),
        ("this morning", "2026-11-28 00:00", "2026-11-28 12:00", "2026-11-28 12:00"),
        ("today", "2026-11-28 00:00", "2026-11-28 15:00", "2026-11-28 15:00"),
        ("last week", "2026-11-16 00:00", "2026-11-23 00:00", "2026-11-23 00:00"),
        ("20 november", "2026-11-20 00:00", "2026-11-21 00:00", "2026-11-21 00:00"),
        ("24 december", "2025-12-24 00:00", "2025-12-25 00:00", "2025-12-25 00:00"),
        ("3 hours ago", "2026-11-28 12:00", "2026-11-28 12:00", "2026-11-28 12:00"),
        ("3h", "2026-11-28 12:00", "2026-11-28 15:00", "2026-11-28 12:00"),
        ("the last hour", "2026-11-28 14:00", "2026-11-28 15:00", "2026-11-28 14:00"),
        ("past 2 days", "2026-11-26 15:00", "2026-11-28 15:00", "2026-11-26 15:00"),
        ("2026-11-20T08:00:00Z", "2026-11-20 09:00", "2026-11-20 09:00", "2026-11-20 09:00"),
        ("now", "2026-11-28 15:00", "2026-11-28 15:00", "2026-11-28 15:00"),
    ],
)
def test_words_name_a_time_that_is_over(words: str, start: str, end: str, moment: str) -> None:
    found = read_past(words, at=AT)
    read = [f"{each.astimezone(ZONE):%Y-%m-%d %H:%M}" for each in (found.start, found.end, found.moment)]
    assert read == [start, end, moment]


@pytest.mark.parametrize("words", ["tomorrow", "next friday", "in 2 hours", "2026-11-29", "2027-01-01T00:00:00Z"])
def test_what_is_still_to_come_is_refused(words: str) -> None:
    with pytest.raises(InvalidInput, match="still to come"):
        read_past(words, at=AT)


@pytest.mark.parametrize("words", ["", "milk", "the day of the wombat"])
def test_what_is_no_time_is_refused(words: str) -> None:
    with pytest.raises(InvalidInput, match="not understood as a time"):
        read_past(words, at=AT)


@given(days=st.integers(0, 400))
def test_any_day_that_is_over_is_read_as_written(days: int) -> None:
    day = (NOW - timedelta(days=days)).date()
    assert read_past(day.isoformat(), at=AT).start.astimezone(ZONE).date() == day
    assert read_past(day.isoformat(), at=AT).moment <= NOW.astimezone(UTC)
