"""Recurrences found in sentences, as RFC 5545 rules."""

import datetime as dt

import pytest

from kirotodo.core.domain.task import RecursFrom
from kirotodo.core.errors import InvalidInput
from kirotodo.core.language.types import Preferences, Recurrence
from kirotodo.core.language.when.recurrence import find_recurrence, parse_rule

NOW = dt.datetime.combine(dt.date(2026, 11, 25), dt.time(10, 20))
PLAIN = Preferences()


def found(text: str, preferences: Preferences = PLAIN) -> list[tuple[str, str]]:
    return [(text[f.start : f.end], f.value.rule) for f in find_recurrence(text, now=NOW, preferences=preferences)]


RULES = [
    ("oil the door monthly at the end", "monthly at the end", "FREQ=MONTHLY;BYMONTHDAY=-1"),
    ("at the start of each month", "at the start of each month", "FREQ=MONTHLY;BYMONTHDAY=1"),
    (
        "every month at the start of the month tidy up",
        "every month at the start of the month",
        "FREQ=MONTHLY;BYMONTHDAY=1",
    ),
    ("bins every 3 and 17", "every 3 and 17", "FREQ=MONTHLY;BYMONTHDAY=3,17"),
    ("bins every 8 of the month", "every 8 of the month", "FREQ=MONTHLY;BYMONTHDAY=8"),
    ("bins on the 3 and 17 of each month", "on the 3 and 17 of each month", "FREQ=MONTHLY;BYMONTHDAY=3,17"),
    ("2nd and last fridays of every month", "2nd and last fridays of every month", "FREQ=MONTHLY;BYDAY=2FR,-1FR"),
    ("swim every 4 weekends", "every 4 weekends", "FREQ=WEEKLY;INTERVAL=4;BYDAY=SA,SU"),
    ("swim every second weekend", "every second weekend", "FREQ=WEEKLY;INTERVAL=2;BYDAY=SA,SU"),
    ("the 90th day of every year", "the 90th day of every year", "FREQ=YEARLY;BYYEARDAY=90"),
    ("every 90th day of the year", "every 90th day of the year", "FREQ=YEARLY;BYYEARDAY=90"),
    ("tax every apr 5 and oct 5", "every apr 5 and oct 5", "FREQ=YEARLY;BYMONTH=4,10;BYMONTHDAY=5"),
    ("gym every mon thu", "every mon thu", "FREQ=WEEKLY;BYDAY=MO,TH"),
    ("gym every monday - 7am", "every monday - 7am", "FREQ=WEEKLY;BYDAY=MO;BYHOUR=7;BYMINUTE=0"),
    ("gym every friday until november", "every friday until november", "FREQ=WEEKLY;BYDAY=FR;UNTIL=20271101"),
    ("feed the cat every day", "every day", "FREQ=DAILY"),
    ("feed the cat daily", "daily", "FREQ=DAILY"),
    ("feed the cat each morning", "each morning", "FREQ=DAILY;BYHOUR=9;BYMINUTE=0"),
    ("feed the cat every evening at 6:45", "every evening at 6:45", "FREQ=DAILY;BYHOUR=18;BYMINUTE=45"),
    ("at 7am every day feed the cat", "at 7am every day", "FREQ=DAILY;BYHOUR=7;BYMINUTE=0"),
    ("feed the cat every day at 8am and 6pm", "every day at 8am and 6pm", "FREQ=DAILY;BYHOUR=8,18;BYMINUTE=0"),
    ("feed the cat every 3 days", "every 3 days", "FREQ=DAILY;INTERVAL=3"),
    ("feed the cat every third day", "every third day", "FREQ=DAILY;INTERVAL=3"),
    ("feed the cat every other day", "every other day", "FREQ=DAILY;INTERVAL=2"),
    ("feed the cat every 6 hours", "every 6 hours", "FREQ=HOURLY;INTERVAL=6"),
    ("choir every thursday", "every thursday", "FREQ=WEEKLY;BYDAY=TH"),
    ("choir on thursdays at 7pm", "on thursdays at 7pm", "FREQ=WEEKLY;BYDAY=TH;BYHOUR=19;BYMINUTE=0"),
    ("choir thursday evenings", "thursday evenings", "FREQ=WEEKLY;BYDAY=TH;BYHOUR=18;BYMINUTE=0"),
    ("choir every other thursday", "every other thursday", "FREQ=WEEKLY;INTERVAL=2;BYDAY=TH"),
    ("choir every second thursday", "every second thursday", "FREQ=WEEKLY;INTERVAL=2;BYDAY=TH"),
    ("choir biweekly on tue and thu", "biweekly on tue and thu", "FREQ=WEEKLY;INTERVAL=2;BYDAY=TU,TH"),
    ("gym every mon, wed and sat", "every mon, wed and sat", "FREQ=WEEKLY;BYDAY=MO,WE,SA"),
    ("gym every monday to thursday", "every monday to thursday", "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH"),
    ("gym on weekdays at noon", "on weekdays at noon", "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR;BYHOUR=12;BYMINUTE=0"),
    ("gym every weekend", "every weekend", "FREQ=WEEKLY;BYDAY=SA,SU"),
    ("gym every day except sundays", "every day except sundays", "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR,SA"),
    ("gym every 3 weeks on friday", "every 3 weeks on friday", "FREQ=WEEKLY;INTERVAL=3;BYDAY=FR"),
    ("gym fortnightly", "fortnightly", "FREQ=WEEKLY;INTERVAL=2"),
    ("pay rent every month", "every month", "FREQ=MONTHLY"),
    ("pay rent on the 1st of every month", "on the 1st of every month", "FREQ=MONTHLY;BYMONTHDAY=1"),
    ("pay rent monthly on the 1st and 15th", "monthly on the 1st and 15th", "FREQ=MONTHLY;BYMONTHDAY=1,15"),
    ("pay rent every 28th", "every 28th", "FREQ=MONTHLY;BYMONTHDAY=28"),
    ("pay rent on the last day of each month", "on the last day of each month", "FREQ=MONTHLY;BYMONTHDAY=-1"),
    ("pay rent at the end of every month", "at the end of every month", "FREQ=MONTHLY;BYMONTHDAY=-1"),
    ("board meets every last thursday of the month", "every last thursday of the month", "FREQ=MONTHLY;BYDAY=-1TH"),
    ("board meets the second tuesday of every month", "the second tuesday of every month", "FREQ=MONTHLY;BYDAY=2TU"),
    ("board meets every first and third monday", "every first and third monday", "FREQ=MONTHLY;BYDAY=1MO,3MO"),
    (
        "board meets the first weekday of every month",
        "the first weekday of every month",
        "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=1",
    ),
    ("tax return quarterly", "quarterly", "FREQ=MONTHLY;INTERVAL=3"),
    ("tax return every 4 months on the 10th", "every 4 months on the 10th", "FREQ=MONTHLY;INTERVAL=4;BYMONTHDAY=10"),
    ("renew every year", "every year", "FREQ=YEARLY"),
    ("renew every april 2nd", "every april 2nd", "FREQ=YEARLY;BYMONTH=4;BYMONTHDAY=2"),
    ("renew every 2nd of april", "every 2nd of april", "FREQ=YEARLY;BYMONTH=4;BYMONTHDAY=2"),
    ("renew april 2 every year", "april 2 every year", "FREQ=YEARLY;BYMONTH=4;BYMONTHDAY=2"),
    ("renew annually on 2 april", "annually on 2 april", "FREQ=YEARLY;BYMONTH=4;BYMONTHDAY=2"),
    ("cards every christmas", "every christmas", "FREQ=YEARLY;BYMONTH=12;BYMONTHDAY=25"),
    ("turkey every thanksgiving", "every thanksgiving", "FREQ=YEARLY;BYMONTH=11;BYDAY=4TH"),
    ("parade every memorial day", "every memorial day", "FREQ=YEARLY;BYMONTH=5;BYDAY=-1MO"),
    ("stretch daily for 12 times", "daily for 12 times", "FREQ=DAILY;COUNT=12"),
    ("stretch every friday 4x", "every friday 4x", "FREQ=WEEKLY;BYDAY=FR;COUNT=4"),
    ("stretch every friday until march 5", "every friday until march 5", "FREQ=WEEKLY;BYDAY=FR;UNTIL=20270305"),
    ("stretch every day for 2 weeks", "every day for 2 weeks", "FREQ=DAILY;UNTIL=20261209"),
    ("stretch every 2 days starting monday", "every 2 days", "FREQ=DAILY;INTERVAL=2"),
    ("weekly review on fridays", "on fridays", "FREQ=WEEKLY;BYDAY=FR"),
]


@pytest.mark.parametrize(("text", "words", "rule"), RULES)
def test_recurrences_are_found_with_their_days_and_times(text: str, words: str, rule: str) -> None:
    assert found(text) == [(words, rule)]


@pytest.mark.parametrize(
    "text",
    [
        "feed the cat tomorrow",
        "read the daily paper",
        "show my weekly tasks",
        "read the Daily Mail",
        "every time it rains",
        "each of them",
        "twice a day",
        "3 times a week",
        "every few days",
        "three fridays from now",
        "last friday of the month",
        "every february 30",
        "every easter",
        '"every monday"',
        "after work",
    ],
)
def test_what_a_rule_cannot_say_is_no_recurrence(text: str) -> None:
    assert found(text) == []


@pytest.mark.parametrize(
    ("text", "rule", "recurs_from"),
    [
        ("repot it every! 5 months", "FREQ=MONTHLY;INTERVAL=5", "completion"),
        ("repot it every! monday", "FREQ=WEEKLY;BYDAY=MO", "completion"),
        ("repot it 10 days after i finish it", "FREQ=DAILY;INTERVAL=10", "completion"),
        ("repot it a year after completion", "FREQ=YEARLY", "completion"),
        ("repot it every 2 weeks from completion", "FREQ=WEEKLY;INTERVAL=2", "completion"),
        ("repot it every 6 weeks on monday when done", "FREQ=WEEKLY;INTERVAL=6;BYDAY=MO", "completion"),
        ("repot it every 2 weeks", "FREQ=WEEKLY;INTERVAL=2", "schedule"),
    ],
)
def test_a_recurrence_may_be_counted_from_completion(text: str, rule: str, recurs_from: RecursFrom) -> None:
    [one] = find_recurrence(text, now=NOW, preferences=PLAIN)
    assert one.value == Recurrence(rule=rule, recurs_from=recurs_from)


def test_parts_of_the_day_follow_the_preferences() -> None:
    early = Preferences(morning=dt.time(6, 30))
    assert found("jog every morning", early) == [("every morning", "FREQ=DAILY;BYHOUR=6;BYMINUTE=30")]


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("every other friday", "FREQ=WEEKLY;INTERVAL=2;BYDAY=FR"),
        ("  Weekdays at 8:15 ", "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR;BYHOUR=8;BYMINUTE=15"),
        ("RRULE:FREQ=MONTHLY;BYDAY=-1FR;WKST=MO", "FREQ=MONTHLY;BYDAY=-1FR"),
        ("freq=daily;interval=1;count=3", "FREQ=DAILY;COUNT=3"),
        ("FREQ=DAILY;UNTIL=20270301T090000Z", "FREQ=DAILY;UNTIL=20270301"),
        ("every friday until 5 March 2027", "FREQ=WEEKLY;BYDAY=FR;UNTIL=20270305"),
    ],
)
def test_a_rule_is_parsed_from_words_or_as_it_is(text: str, rule: str) -> None:
    assert parse_rule(text).rule == rule


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "No recurrence was given"),
        ("now and then", "“now and then” was not understood as a recurrence"),
        ("milk every friday", "“milk every friday” was not understood"),
        ("every friday until march 5", "needs its year"),
        ("FREQ=SOMETIMES", "needs FREQ"),
        ("FREQ=DAILY;INTERVAL=0", "INTERVAL takes a number"),
        ("FREQ=DAILY;COUNT=2;UNTIL=20270101", "not both"),
        ("FREQ=MONTHLY;BYDAY=XX", "BYDAY takes days"),
        ("FREQ=MONTHLY;BYMONTHDAY=32", "BYMONTHDAY takes numbers"),
        ("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", "never comes"),
        ("FREQ=DAILY;DTSTART=20270101", "DTSTART is not a part"),
        ("FREQ=DAILY;UNTIL=20270230", "UNTIL takes a day"),
        ("FREQ=WEEKLY;BYDAY=1FR", "needs FREQ=MONTHLY"),
    ],
)
def test_what_is_no_rule_is_refused_with_its_reason(text: str, complaint: str) -> None:
    with pytest.raises(InvalidInput, match=complaint):
        parse_rule(text)


def test_with_a_now_an_end_needs_no_year() -> None:
    assert parse_rule("every friday until march 5", now=NOW).rule == "FREQ=WEEKLY;BYDAY=FR;UNTIL=20270305"
