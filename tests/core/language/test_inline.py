"""The text of `kirotodo add`: marks anywhere, dates at the edges, the rest is the title."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kirotodo.core.errors import InvalidInput
from kirotodo.core.language.content import parse_inline
from kirotodo.core.language.types import Add, Preferences
from tests.core.language.said import FRIDAY, NOW, TOMORROW


def inline(text: str) -> Add:
    return parse_inline(text, now=NOW, preferences=Preferences())


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("buy Tom & Jerry", "buy Tom & Jerry"),
        ("The 9/11 Report", "The 9/11 Report"),
        ("monitor paprika", "monitor paprika"),
        ("add more salt", "add more salt"),
        ("read https://example.org/#part !high", "read https://example.org/#part"),
        ('"Call Bob tomorrow" #work', "Call Bob tomorrow"),
        ("learn C# and C++", "learn C# and C++"),
        ("task #12 follow-up", "task #12 follow-up"),
        ("milk, eggs and bread", "milk, eggs and bread"),
        ("who is it?", "who is it?"),
        ("#work write tests +tools", "write tests"),
        ("write #work tests", "write tests"),
    ],
)
def test_titles(text: str, title: str) -> None:
    assert inline(text).title == title


def test_all_the_marks_at_once() -> None:
    found = inline("oil the gate tomorrow #garden #spring +House !high")
    assert (found.title, found.project, found.tags, found.priority) == (
        "oil the gate",
        "House",
        ("garden", "spring"),
        "high",
    )
    assert found.when is not None
    assert found.when.date == TOMORROW


@pytest.mark.parametrize(
    ("mark", "priority"),
    [
        ("!high", "high"),
        ("!!", "high"),
        ("!1", "high"),
        ("p2", "medium"),
        ("!med", "medium"),
        ("!low", "low"),
        ("p3", "low"),
    ],
)
def test_priorities(mark: str, priority: str) -> None:
    for text in (f"oil the gate {mark}", f"{mark} oil the gate", f"oil {mark} the gate"):
        found = inline(text)
        assert (found.title, found.priority) == ("oil the gate", priority)


def test_a_date_is_found_at_either_edge_and_beside_marks() -> None:
    for text in (
        "friday oil the gate",
        "oil the gate friday",
        "oil the gate friday #garden",
        "oil the gate #garden friday",
    ):
        found = inline(text)
        assert found.title == "oil the gate"
        assert found.when is not None
        assert found.when.date == FRIDAY


def test_a_rule_at_the_edge() -> None:
    found = inline("water the ferns every day")
    assert found.title == "water the ferns"
    assert found.recurrence is not None
    assert found.recurrence.rule.startswith("FREQ=DAILY")


@pytest.mark.parametrize("text", ["", "   ", "#work", "!high +House", "tomorrow", "\x07"])
def test_a_task_needs_a_title(text: str) -> None:
    with pytest.raises(InvalidInput, match="title"):
        inline(text)


def test_the_longest_title_is_200_characters() -> None:
    assert len(inline("x" * 200).title) == 200
    with pytest.raises(InvalidInput, match=r"200 characters.*201"):
        inline("x" * 201)


@given(st.text(max_size=150))
def test_any_text_is_a_task_or_refused_in_words(text: str) -> None:
    try:
        found = inline(text)
    except InvalidInput:
        return
    assert found.title.strip() == found.title != ""
    assert all(ch.isprintable() for ch in found.title)


@given(st.dates(dt.date(2026, 3, 11), dt.date(2030, 1, 1)))
def test_an_iso_date_is_always_taken(day: dt.date) -> None:
    found = inline(f"oil the gate {day.isoformat()}")
    assert found.title == "oil the gate"
    assert found.when is not None
    assert found.when.date == day


EDGES = [
    ("prune the roses up until march 3", "prune the roses", "2027-03-03", None),
    ("Phone the surgery on friday at 4pm!!", "Phone the surgery", "2026-03-13", "16:00"),
    ("water the ferns saturday 🌱", "water the ferns 🌱", "2026-03-14", None),
    ("(water the ferns on saturday)", "(water the ferns)", "2026-03-14", None),
    ("essay due december 9 begin december 1", "essay begin december 1", "2026-12-09", None),
    ("essay due on thursday, outline tuesday", "essay, outline tuesday", "2026-03-12", None),
    ("choir on thursday at 6pm for 90 minutes", "choir", "2026-03-12", "18:00"),
    ("choir thu 18:00 1h30m", "choir", "2026-03-12", "18:00"),
    ("yoga tue, thu and sat 7:15", "yoga tue, thu and sat", "2026-03-12", "07:15"),
    ("saturday breakfast", "breakfast", "2026-03-14", "09:00"),
    ("8pm saturday supper", "supper", "2026-03-14", "20:00"),
    ("easter sunday lunch shopping", "lunch shopping", "2026-04-05", None),
    ("Saturday's match programme", "Saturday's match programme", "2026-03-14", None),
    ("24/7 hotline numbers", "24/7 hotline numbers", None, None),
    ("study Mark 5:21", "study Mark 5:21", None, None),
    ("call on Mark 5:21pm", "call on Mark", "2026-03-11", "17:21"),
]


@pytest.mark.parametrize(("text", "title", "day", "time"), EDGES)
def test_dates_come_off_the_edges(text: str, title: str, day: str | None, time: str | None) -> None:
    found = inline(text)
    when = found.when
    assert found.title == title
    assert (when and when.date.isoformat()) == day
    assert (when and when.time and when.time.isoformat("minutes")) == time
