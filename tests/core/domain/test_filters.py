"""Filters as text: what is read, what is written back, and where an error points."""

import datetime as dt
from typing import Final, get_args
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kirotodo.core.domain.filters import (
    Condition,
    DayField,
    Days,
    InProject,
    Is,
    Lackable,
    Lacks,
    Not,
    OfPriority,
    Phrase,
    State,
    Tagged,
    TaskAt,
    Word,
    all_of,
    any_of,
    written,
)
from kirotodo.core.domain.task import PRIORITIES, Task, TaskFilter
from kirotodo.core.errors import FilterError
from kirotodo.core.language.preferences import Preferences
from kirotodo.core.tools.filters import parse_filter, with_condition
from kirotodo.core.tools.user_clock import UserClock

BERLIN: Final = ZoneInfo("Europe/Berlin")
SATURDAY: Final = dt.datetime(2026, 11, 28, 20, tzinfo=BERLIN)
TODAY: Final = SATURDAY.date()
AT: Final = UserClock(now=SATURDAY, zone=BERLIN, preferences=Preferences())


def day(text: str) -> dt.date:
    return dt.date.fromisoformat(text)


def due(first: str | None, last: str | None) -> Days:
    return Days("due", first and day(first), last and day(last))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ("milk", Word("milk")),
        ("MILK eggs", all_of(Word("MILK"), Word("eggs"))),
        ("milk and eggs", all_of(Word("milk"), Word("eggs"))),
        ("e-mail 10:30 C++", all_of(Word("e-mail"), Word("10:30"), Word("C++"))),
        ('"call mom"', Phrase("call mom")),
        ("“call mom”", Phrase("call mom")),
        (r'"5\" \\ nails"', Phrase(r'5" \ nails')),
        ("+home", InProject("home")),
        ('+"two  words"', InProject("two words")),
        ("#waiting", Tagged("waiting")),
        ('#"on hold"', Tagged("on hold")),
        ("!high", OfPriority("high")),
        ("!NONE no:priority", all_of(OfPriority("none"), OfPriority("none"))),
        ("due:today", due("2026-11-28", "2026-11-28")),
        ("due:friday", due("2026-12-04", "2026-12-04")),
        ('due:"next week"', due("2026-11-30", "2026-12-06")),
        ("due:next-week", due("2026-11-30", "2026-12-06")),
        ("due:<2026-12-24", due(None, "2026-12-23")),
        ("due:<=2026-12-24", due(None, "2026-12-24")),
        ('due:>"next week"', due("2026-12-07", None)),
        ('due:>="next week"', due("2026-11-30", None)),
        ("due:today..friday", due("2026-11-28", "2026-12-04")),
        ("due:friday..monday", due("2026-12-04", "2026-12-07")),
        ('due:tomorrow.."next friday"', due("2026-11-29", "2026-12-04")),
        ("due:..friday", due(None, "2026-12-04")),
        ("due:friday..", due("2026-12-04", None)),
        ("done:yesterday", Days("done", day("2026-11-27"), day("2026-11-27"))),
        ("done:monday", Days("done", day("2026-11-23"), day("2026-11-23"))),
        ('added:"last week"', Days("added", day("2026-11-16"), day("2026-11-22"))),
        ("start:monday", Days("start", day("2026-11-30"), day("2026-11-30"))),
        ("no:start start:>today", all_of(Lacks("start"), Days("start", day("2026-11-29"), None))),
        ("overdue OVERDUE is:late", all_of(Is("overdue"), Is("overdue"), Is("overdue"))),
        ("is:done or is:open", any_of(Is("done"), Is("open"))),
        ("is:recurring no:time", all_of(Is("recurring"), Lacks("time"))),
        ("-#waiting", Not(Tagged("waiting"))),
        ("not #waiting", Not(Tagged("waiting"))),
        ("-(a b)", Not(all_of(Word("a"), Word("b")))),
        ("--a", Not(Not(Word("a")))),
        ("a or b c", any_of(Word("a"), all_of(Word("b"), Word("c")))),
        ("(a or b) c", all_of(any_of(Word("a"), Word("b")), Word("c"))),
        ("a OR (b or (c))", any_of(Word("a"), Word("b"), Word("c"))),
        ("order oration", all_of(Word("order"), Word("oration"))),
    ],
)
def test_what_filters_mean(text: str, meaning: Condition) -> None:
    assert parse_filter(text, at=AT) == meaning


@pytest.mark.parametrize(
    ("text", "position", "suggestion"),
    [
        ("", 0, None),
        ("   ", 0, None),
        ("due:today prio:high", 10, "!high"),
        ("priority:urgent", 0, "!high"),
        ("project:home", 0, "+home"),
        ("a tag:x", 2, "#x"),
        ("du:today", 0, "due:today"),
        ("status:done", 0, "is:done"),
        ("completed:today", 0, "done:today"),
        ("is:completed", 0, "is:done"),
        ("is:opne", 0, "is:open"),
        ("is:blue", 0, None),
        ("no:due", 0, "no:date"),
        ("!hgh", 0, "!high"),
        ("!urgent", 0, "!high"),
        ("!", 0, None),
        ("a +", 2, None),
        ("#", 0, None),
        ("due:none", 0, "no:date"),
        ("due:overdue", 0, "overdue"),
        ("due:", 4, None),
        ("due:someday", 4, None),
        ("due:today..someday", 11, None),
        ("due:..", 0, None),
        ('due:"friday 5pm"', 4, None),
        ("due:2026-12-02..2026-12-01", 4, None),
        ("due:>9999-12-31", 5, None),
        ("http://example.com", 0, None),
        ("(a or b", 0, None),
        ("a or b)", 6, None),
        ("()", 1, None),
        ("a or", 4, None),
        ("a or or b", 5, None),
        ("or", 0, None),
        ("not", 3, None),
        ("a - b", 2, None),
        ('a "b', 2, None),
        ('a ""', 2, None),
        ('+"a"b', 4, None),
        ("a" * 1_001, 1_000, None),
        ("(" * 60 + "a" + ")" * 60, 50, None),
        (" ".join("a" * 101), 200, None),
        ("+" + "x" * 51, 0, None),
    ],
)
def test_errors_point_at_the_place(text: str, position: int, suggestion: str | None) -> None:
    with pytest.raises(FilterError) as caught:
        parse_filter(text, at=AT)
    assert (caught.value.position, caught.value.suggestion) == (position, suggestion)
    assert caught.value.text == text
    assert caught.value.message.endswith(f"Did you mean {suggestion}?" if suggestion else (".", "in quotes."))


# --- any filter ---

NAMES: Final = (
    st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=20)
    .map(lambda name: " ".join(name.split()))
    .filter(bool)
)
DAYS: Final = st.dates()


def _days(field: str, first: dt.date, last: dt.date, ends: int) -> Days:
    first, last = min(first, last), max(first, last)
    return Days(field, None if ends == 1 else first, None if ends == 2 else last)  # type: ignore[arg-type]


SIGNS: Final = "abcdefghijklmnopqrstuvwxyz0123456789ß宽"
LEAVES: Final[st.SearchStrategy[Condition]] = st.one_of(
    st.builds(str.__add__, st.sampled_from(SIGNS), st.text(SIGNS + "'+#!.-", max_size=8))
    .filter(lambda word: word not in ("or", "and", "not", "overdue"))
    .map(Word),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=20).filter(lambda text: text.strip()).map(Phrase),
    NAMES.map(InProject),
    NAMES.map(Tagged),
    st.sampled_from(PRIORITIES).map(OfPriority),
    st.builds(_days, st.sampled_from(get_args(DayField)), DAYS, DAYS, st.integers(0, 2)),
    st.sampled_from(get_args(Lackable)).map(Lacks),
    st.sampled_from(get_args(State)).map(Is),
)
CONDITIONS: Final[st.SearchStrategy[Condition]] = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        inner.map(Not),
        st.lists(inner, min_size=2, max_size=3).map(lambda parts: all_of(*parts)),
        st.lists(inner, min_size=2, max_size=3).map(lambda parts: any_of(*parts)),
    ),
    max_leaves=8,
)


@given(CONDITIONS)
def test_what_is_written_is_read_as_the_same(condition: Condition) -> None:
    assert parse_filter(written(condition), at=AT) == condition


PIECES: Final = (
    *("due:", "<", ">=", "..", "today", "friday", "next week", "2026-13-01", "9999-12-31", "is:", "no:", "x:"),
    *("+", "#", "!", "-", "(", ")", '"', "“", "\\", "or", "not", "and", "done", "date", "a", " ", " ", " ", "\0"),
)


@given(
    st.one_of(
        st.text(max_size=40),
        st.lists(
            st.sampled_from(PIECES),
            max_size=12,
        ).map("".join),
    )
)
def test_any_text_is_a_filter_or_an_error_at_a_place_in_it(text: str) -> None:
    condition: Condition | None
    try:
        condition = parse_filter(text, at=AT)
    except FilterError as error:
        condition, position = None, error.position
    else:
        position = 0
    assert 0 <= position <= len(text)
    if condition is not None:
        assert parse_filter(written(condition), at=AT) == condition


# --- beside other options ---


def _of(text: str, **more: object) -> TaskFilter:
    return with_condition(TaskFilter(filter=text, **{"status": None, **more}), at=AT)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("milk eggs", TaskFilter(search="milk eggs")),
        ("due:today +home", TaskFilter(due="today", project="home")),
        ("due:today..2026-12-04", TaskFilter(due="week")),
        ("due:tomorrow", TaskFilter(due_from=day("2026-11-29"), due_to=day("2026-11-29"))),
        ("overdue #a !low", TaskFilter(due="overdue", tag="a", priority="low")),
        ("no:date", TaskFilter(due="none")),
        ("is:done", TaskFilter(status="completed")),
        ("is:done or is:open", TaskFilter(status="all", condition=any_of(Is("done"), Is("open")))),
        (
            "done:yesterday",
            TaskFilter(status="completed", completed_from=day("2026-11-27"), completed_to=day("2026-11-27")),
        ),
        ("#a #b", TaskFilter(tag="a", condition=Tagged("b"))),
        ("+home -#waiting", TaskFilter(project="home", condition=Not(Tagged("waiting")))),
    ],
)
def test_filters_go_into_the_fields_that_there_are(text: str, where: TaskFilter) -> None:
    assert _of(text) == where


def test_options_and_a_filter_narrow_together() -> None:
    where = _of("+home due:today", project="work", due="week", status="all")
    assert where == TaskFilter(
        status="all", project="work", due="week", condition=all_of(InProject("home"), due("2026-11-28", "2026-11-28"))
    )
    assert _of("is:done", status="pending") == TaskFilter(condition=Is("done"))


def test_days_are_those_of_the_users_zone() -> None:
    midnight = dt.datetime(2026, 11, 27, 23, 30, tzinfo=dt.UTC)
    task = Task(id=1, title="a", created_at=midnight, updated_at=midnight, completed_at=midnight)
    seen = TaskAt(task=task, today=TODAY, zone=BERLIN)
    assert seen.holds(parse_filter("added:today done:today", at=AT))
    assert not seen.holds(parse_filter("added:yesterday", at=AT))
