"""Dates and times found in sentences: what is one, what is not, and where it stands."""

import calendar
import datetime as dt

import pytest

from kirotodo.core.errors import InvalidInput
from kirotodo.core.language.types import Preferences, When
from kirotodo.core.language.when.parse import due_day, find_when, parse_when

NOW = dt.datetime.combine(dt.date(2026, 11, 25), dt.time(10, 20))
"""A wednesday."""
PLAIN = Preferences()


def shown(when: When) -> str:
    text = when.date.isoformat()
    if when.time is not None:
        text += f" {when.time:%H:%M}"
    return text if when.until is None else f"{text}..{when.until.isoformat()}"


def found(text: str, preferences: Preferences = PLAIN, now: dt.datetime = NOW) -> list[tuple[str, str]]:
    return [(text[f.start : f.end], shown(f.value)) for f in find_when(text, now=now, preferences=preferences)]


DAYS = [
    ("see the vet in 2h45m", "in 2h45m", "2026-11-25 13:05"),
    ("phone ann in the next hour", "in the next hour", "2026-11-25 11:20"),
    ("tip the gardener on 28 of this month", "on 28 of this month", "2026-11-28"),
    ("rent is due 4 of next month", "due 4 of next month", "2026-12-04"),
    ("leave it off up to december 9th", "up to december 9th", "2026-12-09"),
    ("closed up until july 2", "up until july 2", "2027-07-02"),
    ("ferry 8-Feb-27", "8-Feb-27", "2027-02-08"),
    ("ferry 20270208", "20270208", "2027-02-08"),
    ("ferry 08.02.27", "08.02.27", "2027-02-08"),
    ("ferry 27.12.", "27.12.", "2026-12-27"),
    ("ferry 8 . 2 . 2027", "8 . 2 . 2027", "2027-02-08"),
    ("ferry 2 / 8 / 2027", "2 / 8 / 2027", "2027-02-08"),
    ("ferry on thursday 0655", "on thursday 0655", "2026-11-26 06:55"),
    ("ferry 9 dec 1715", "9 dec 1715", "2026-12-09 17:15"),
    ("ferry tomorrow 1715h", "tomorrow 1715h", "2026-11-26 17:15"),
    ("the sunday after easter", "the sunday after easter", "2027-04-04"),
    ("first tuesday after the 20th", "first tuesday after the 20th", "2026-12-22"),
    ("a week tomorrow", "a week tomorrow", "2026-12-03"),
    ("a fortnight on monday", "a fortnight on monday", "2026-12-14"),
    ("the weekend after next", "the weekend after next", "2026-12-12..2026-12-13"),
    ("july 2027 the 6th", "july 2027 the 6th", "2027-07-06"),
    ("the fourth of the ninth", "the fourth of the ninth", "2027-09-04"),
    ("pay up by month end", "by month end", "2026-11-30"),
    ("saturday the 19th seven pm", "saturday the 19th seven pm", "2026-12-19 19:00"),
    ("choir, tue & thu", "tue & thu", "2026-11-26"),
    ("water the ferns today", "today", "2026-11-25"),
    ("ring the plumber tmrw", "tmrw", "2026-11-26"),
    ("hand in the essay 2morrow", "2morrow", "2026-11-26"),
    ("what did i do yesterday", "yesterday", "2026-11-24"),
    ("pack the day after tomorrow", "the day after tomorrow", "2026-11-27"),
    ("post the parcel by friday", "by friday", "2026-11-27"),
    ("swim on weds", "on weds", "2026-12-02"),
    ("this thursday clean the oven", "this thursday", "2026-11-26"),
    ("next monday call the bank", "next monday", "2026-11-30"),
    ("coming sunday roast", "coming sunday", "2026-11-29"),
    ("what happened last friday", "last friday", "2026-11-20"),
    ("tuesday of next week see ann", "tuesday of next week", "2026-12-01"),
    ("next week thursday see ann", "next week thursday", "2026-12-03"),
    ("saturday week is the fair", "saturday week", "2026-12-05"),
    ("a week from saturday is the fair", "a week from saturday", "2026-12-05"),
    ("dinner party friday the 11th", "friday the 11th", "2026-12-11"),
    ("flight on tue, 8 december", "on tue, 8 december", "2026-12-08"),
    ("pick up the suit on the 3rd", "on the 3rd", "2026-12-03"),
    ("pick up the suit on the twenty-eighth", "on the twenty-eighth", "2026-11-28"),
    ("visa runs out jan 9th", "jan 9th", "2027-01-09"),
    ("visa runs out the 9th of january", "the 9th of january", "2027-01-09"),
    ("visa runs out 9 Jan 2028", "9 Jan 2028", "2028-01-09"),
    ("visa runs out Jan. 9, 2028", "Jan. 9, 2028", "2028-01-09"),
    ("mow the lawn on april twenty second", "on april twenty second", "2027-04-22"),
    ("audit on 2027-02-03", "on 2027-02-03", "2027-02-03"),
    ("audit on 2/3/2027", "on 2/3/2027", "2027-02-03"),
    ("audit on 3.2.2027", "on 3.2.2027", "2027-02-03"),
    ("audit on 2/3", "on 2/3", "2027-02-03"),
    ("audit by 28/2/27", "by 28/2/27", "2027-02-28"),
    ("birthday party feb 29", "feb 29", "2028-02-29"),
    ("first monday of february tidy the shed", "first monday of february", "2027-02-01"),
    ("last thursday of next month choir", "last thursday of next month", "2026-12-31"),
    ("pay rent on the last day of the month", "on the last day of the month", "2026-11-30"),
    ("report by the end of next month", "by the end of next month", "2026-12-31"),
    ("report by end of week", "by end of week", "2026-11-27"),
    ("report eom", "eom", "2026-11-30"),
    ("plan the trip in mid february", "in mid february", "2027-02-15"),
    ("renew it in a fortnight", "in a fortnight", "2026-12-09"),
    ("renew it in three months", "in three months", "2027-02-25"),
    ("renew it 10 days from now", "10 days from now", "2026-12-05"),
    ("reply in 2 business days", "in 2 business days", "2026-11-27"),
    ("i did that three weeks ago", "three weeks ago", "2026-11-04"),
    ("cookies for christmas", "for christmas", "2026-12-25"),
    ("order the cake two weeks before christmas eve", "two weeks before christmas eve", "2026-12-10"),
    ("turkey on thanksgiving", "on thanksgiving", "2026-11-26"),
    ("egg hunt on easter 2027", "on easter 2027", "2027-03-28"),
    ("what happens this week", "this week", "2026-11-23..2026-11-29"),
    ("what happens next month", "next month", "2026-12-01..2026-12-31"),
    ("show the next 4 days", "the next 4 days", "2026-11-25..2026-11-29"),
    ("anything for this weekend", "for this weekend", "2026-11-28..2026-11-29"),
    ("away from monday to thursday", "from monday to thursday", "2026-11-30..2026-12-03"),
    ("conference dec 8th - 10th", "dec 8th - 10th", "2026-12-08..2026-12-10"),
    ("goals for q2 2027", "for q2 2027", "2027-04-01..2027-06-30"),
    ("move house in may", "in may", "2027-05-01..2027-05-31"),
]


@pytest.mark.parametrize(("text", "words", "value"), DAYS)
def test_days_are_found_with_their_preposition(text: str, words: str, value: str) -> None:
    assert found(text) == [(words, value)]


TIMES = [
    ("ring ann tomorrow at 4pm", "tomorrow at 4pm", "2026-11-26 16:00"),
    ("ring ann 4pm tomorrow", "4pm tomorrow", "2026-11-26 16:00"),
    ("ring ann on friday the 11th at noon", "on friday the 11th at noon", "2026-12-11 12:00"),
    ("fri 17:00 ring ann", "fri 17:00", "2026-11-27 17:00"),
    ("ring ann at 5", "at 5", "2026-11-25 17:00"),
    ("ring ann at 9", "at 9", "2026-11-25 21:00"),
    ("ring ann tomorrow at 9", "tomorrow at 9", "2026-11-26 09:00"),
    ("ring ann 5ish", "5ish", "2026-11-25 17:00"),
    ("ring ann at 8 am", "at 8 am", "2026-11-26 08:00"),
    ("ring ann at 6 p.m. sharp", "at 6 p.m.", "2026-11-25 18:00"),
    ("ring ann at 1830", "at 1830", "2026-11-25 18:30"),
    ("ring ann at 18h30", "at 18h30", "2026-11-25 18:30"),
    ("ring ann at half past six", "at half past six", "2026-11-25 18:30"),
    ("ring ann quarter to 7", "quarter to 7", "2026-11-25 18:45"),
    ("ring ann at twenty past 2", "at twenty past 2", "2026-11-25 14:20"),
    ("ring ann at seven forty five pm", "at seven forty five pm", "2026-11-25 19:45"),
    ("ring ann at eleven o'clock", "at eleven o'clock", "2026-11-25 11:00"),
    ("ring ann tonight", "tonight", "2026-11-25 20:00"),
    ("ring ann 9 tonight", "9 tonight", "2026-11-25 21:00"),
    ("ring ann tonight at midnight", "tonight at midnight", "2026-11-26 00:00"),
    ("ring ann this afternoon", "this afternoon", "2026-11-25 15:00"),
    ("ring ann in the morning", "in the morning", "2026-11-26 09:00"),
    ("ring ann sunday evening at 7", "sunday evening at 7", "2026-11-29 19:00"),
    ("ring ann first thing on monday", "first thing on monday", "2026-11-30 09:00"),
    ("ring ann tomorrow after lunch", "tomorrow after lunch", "2026-11-26 13:00"),
    ("ring ann eod", "eod", "2026-11-25 17:00"),
    ("ring ann by end of day tomorrow", "by end of day tomorrow", "2026-11-26 17:00"),
    ("ring ann in 2 hours", "in 2 hours", "2026-11-25 12:20"),
    ("ring ann in an hour and a half", "in an hour and a half", "2026-11-25 11:50"),
    ("ring ann in 45m", "in 45m", "2026-11-25 11:05"),
    ("ring ann ten minutes before noon", "ten minutes before noon", "2026-11-25 11:50"),
    ("class 2-4pm on monday", "2-4pm on monday", "2026-11-30 14:00"),
    ("class from 9 to 5 tomorrow", "from 9 to 5 tomorrow", "2026-11-26 09:00"),
    ("class at 2026-12-01T08:15", "at 2026-12-01T08:15", "2026-12-01 08:15"),
    ("class on Dec. 4, 2026 7:05 PM", "on Dec. 4, 2026 7:05 PM", "2026-12-04 19:05"),
]


@pytest.mark.parametrize(("text", "words", "value"), TIMES)
def test_times_join_the_day_beside_them(text: str, words: str, value: str) -> None:
    assert found(text) == [(words, value)]


NOTHING = [
    "24/7 hotline",
    "learn Psalms 23:10",
    "mix at a ratio 16:10",
    "upgrade to 5.1.27",
    "the 31st of june",
    "wash up february 30 at 9",
    "lunar new year",
    "print 1500 copies",
    "calibrate the monitor",
    "buy smoked paprika",
    "maybe paint the sunny side",
    "they marched on",
    "sun hat for the beach",
    "we sat down",
    "she may sing, he might not",
    "march up the hill",
    "call June and April",
    "watch The 9/11 Report again",
    "ship release 2.11.28",
    "dial 212-555-0187",
    "meet on 2027/14/02",
    "meet on 31 april",
    "meet at 26:00",
    "meet at 15pm",
    "taste at 3 restaurants",
    "stay at 12 oak street",
    "stir in 3/4 cup of flour",
    "whisk 2% milk",
    "pay $5",
    "finish task 7",
    "read chapter 12",
    "delete the 2nd",
    "a table for six",
    "tag it #monday",
    "write to ann@friday.example",
    "order christmas crackers",
    'send "see you tomorrow"',
    "send 'back at 5pm' to all",
    "send “not before friday” to all",
    "",
    "   ",
]


@pytest.mark.parametrize("text", NOTHING)
def test_what_only_looks_like_a_date_is_none(text: str) -> None:
    assert found(text) == []


def test_several_dates_are_found_from_left_to_right() -> None:
    assert found("swim on monday, chess thursday at 8pm and a call in 10 minutes") == [
        ("on monday", "2026-11-30"),
        ("thursday at 8pm", "2026-11-26 20:00"),
        ("in 10 minutes", "2026-11-25 10:30"),
    ]


def test_moving_from_one_day_to_another_is_no_range() -> None:
    assert found("move the exam from monday to friday") == [("from monday", "2026-11-30"), ("friday", "2026-11-27")]
    assert found("push the exam to 4") == [("4", "2026-11-25 16:00")]


def test_dates_within_a_recurrence_belong_to_it_but_its_start_does_not() -> None:
    assert found("feed the cat every friday at 9") == []
    assert found("feed the cat every 3 days starting monday") == [("starting monday", "2026-11-30")]


def test_the_preposition_can_be_told_from_the_date() -> None:
    [one] = find_when("hand it in by the 3rd", now=NOW, preferences=PLAIN)
    assert (one.start, one.bare_start) == (11, 14)


def test_a_time_without_a_day_says_so() -> None:
    said = {
        text: find_when(text, now=NOW, preferences=PLAIN)[0].time_only
        for text in ("at 5pm", "noon", "today 5pm", "in 2 hours", "tonight")
    }
    assert said == {"at 5pm": True, "noon": True, "today 5pm": False, "in 2 hours": False, "tonight": False}


@pytest.mark.parametrize(
    ("text", "preferences", "value"),
    [
        ("next friday", Preferences(next_weekday="first"), "2026-11-27"),
        ("next friday", Preferences(next_weekday="week"), "2026-12-04"),
        ("3/4/2027", Preferences(day_first=True), "2027-04-03"),
        ("3/4/2027", Preferences(day_first=False), "2027-03-04"),
        ("this weekend", Preferences(weekend="friday"), "2026-11-27..2026-11-29"),
        ("this week", Preferences(week_start="sunday"), "2026-11-22..2026-11-28"),
        ("tomorrow at 6", Preferences(bare_hour_from=5), "2026-11-26 06:00"),
        ("tomorrow at 6", Preferences(bare_hour_from=7), "2026-11-26 18:00"),
        ("tomorrow morning", Preferences(morning=dt.time(7, 30)), "2026-11-26 07:30"),
        ("eod", Preferences(end_of_day=dt.time(22)), "2026-11-25 22:00"),
    ],
)
def test_where_people_differ_the_preferences_decide(text: str, preferences: Preferences, value: str) -> None:
    assert [said for _, said in found(text, preferences)] == [value]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("tomorrow 5pm", "2026-11-26 17:00"),
        ("2026-11-27", "2026-11-27"),
        ("fri 17:00", "2026-11-27 17:00"),
        ("in 2 hours", "2026-11-25 12:20"),
        ("  next   week ", "2026-11-30..2026-12-06"),
        ("by may", "2027-05-01..2027-05-31"),
        ("the 3rd", "2026-12-03"),
        ("sun", "2026-11-29"),
    ],
)
def test_a_text_that_is_a_date_is_parsed(text: str, value: str) -> None:
    assert shown(parse_when(text, now=NOW, preferences=PLAIN)) == value


@pytest.mark.parametrize(
    "text", ["", "soon-ish", "milk tomorrow", "2026-02-30", "tomorrow, friday", "every friday", '"today"']
)
def test_a_text_that_is_no_date_is_refused_with_examples(text: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        parse_when(text, now=NOW, preferences=PLAIN)
    assert '"tomorrow 5pm" or "2026-11-27"' in refused.value.message


def test_the_refusal_names_the_words_that_were_not_understood() -> None:
    with pytest.raises(InvalidInput, match="“milk”"):
        parse_when("milk tomorrow", now=NOW, preferences=PLAIN)


@pytest.mark.parametrize(
    ("text", "due"),
    [("this week", dt.date(2026, 11, 29)), ("next week", dt.date(2026, 11, 30)), ("friday", dt.date(2026, 11, 27))],
)
def test_a_range_under_way_is_due_on_its_last_day(text: str, due: dt.date) -> None:
    assert due_day(parse_when(text, now=NOW, preferences=PLAIN), today=NOW.date()) == due


@pytest.mark.parametrize(
    "lead", ["by", "until", "before", "till", "til", "around", "about", "after", "on", "for", "from", "starting", "due"]
)
@pytest.mark.parametrize("day", ["3", "3rd", "the 3", "3 of", "the 3rd of"])
def test_a_day_before_its_month_is_no_hour_whatever_leads_to_it(lead: str, day: str) -> None:
    for month in [*calendar.month_name[1:], *calendar.month_abbr[1:]]:
        (only,) = find_when(f"send the form {lead} {day} {month.lower()}", now=NOW, preferences=PLAIN)
        assert f"{only.value.date:%-d %b}".lower() == f"3 {month[:3].lower()}"
        assert only.value.time is None
