"""Days and rules as people read them."""

import datetime as dt

import pytest

from kirotodo.client.commands.dates import due_words, moment_words, rule_words

TODAY = dt.date(2026, 11, 23)


@pytest.mark.parametrize(
    ("day", "time", "words"),
    [
        (dt.date(2026, 11, 27), dt.time(17), "Fri 27 Nov, 17:00"),
        (dt.date(2026, 11, 27), None, "Fri 27 Nov"),
        (dt.date(2027, 1, 1), dt.time(9, 5), "Fri 1 Jan 2027, 09:05"),
        (None, None, ""),
    ],
)
def test_due_dates(day: dt.date | None, time: dt.time | None, words: str) -> None:
    assert due_words(day, time, today=TODAY) == words


def test_moments_are_told_in_the_users_zone() -> None:
    now = dt.datetime(2026, 11, 23, 12, tzinfo=dt.timezone(dt.timedelta(hours=5)))
    assert moment_words(dt.datetime(2026, 11, 22, 20, tzinfo=dt.UTC), now=now) == "Mon 23 Nov, 01:00"


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ("FREQ=DAILY", "every day"),
        ("FREQ=DAILY;INTERVAL=3", "every 3 days"),
        ("FREQ=WEEKLY;INTERVAL=2;BYDAY=FR", "every 2 weeks on Fri"),
        ("FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR", "every weekday"),
        ("FREQ=MONTHLY;BYDAY=-1FR", "every month on the last Fri"),
        ("FREQ=MONTHLY;BYDAY=2TU", "every month on the second Tue"),
        ("FREQ=MONTHLY;BYMONTHDAY=1", "every month on day 1"),
        ("FREQ=MONTHLY;BYMONTHDAY=-1", "every month on the last day"),
        ("FREQ=WEEKLY;COUNT=3", "FREQ=WEEKLY;COUNT=3"),
        ("nonsense", "nonsense"),
    ],
)
def test_rules(rule: str, words: str) -> None:
    assert rule_words(rule) == words
