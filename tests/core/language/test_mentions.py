"""Words that mean a task: exact, part of a title, a typo, a past tense; and words that only look like one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kirotodo.core.language.context import TaskView
from kirotodo.core.language.mentions import Titles

TITLES = (
    "Call the dentist",
    "Team meeting",
    "Stop eating late",
    "Buy oat milk",
    "Buy groceries",
    "Write the quarterly report",
    "Dentist bill",
    "Pick up Zoë's parcel",
)


def index(*titles: str) -> Titles:
    return Titles(TaskView(id=place, title=title) for place, title in enumerate(titles, 1))


def chosen(words: str, *titles: str) -> list[str]:
    titles = titles or TITLES
    return [titles[match.id - 1] for match in index(*titles).choose(words)]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("call the dentist", ["Call the dentist"]),
        ("CALL DENTIST", ["Call the dentist"]),
        ("the meeting task", ["Team meeting"]),
        ("meetings", ["Team meeting"]),
        ("grocery", ["Buy groceries"]),
        ("bought oat milk", ["Buy oat milk"]),
        ("milk", ["Buy oat milk"]),
        ("the report", ["Write the quarterly report"]),
        ("quartely report", ["Write the quarterly report"]),
        ("dentst bill", ["Dentist bill"]),
        ("zoe's parcel", ["Pick up Zoë's parcel"]),
        ("dentist", ["Call the dentist", "Dentist bill"]),
        ("the report has been written", ["Write the quarterly report"]),
        ("calling the dentist", ["Call the dentist"]),
        ("groceries bought", ["Buy groceries"]),
    ],
)
def test_what_is_meant(words: str, expected: list[str]) -> None:
    assert sorted(chosen(words)) == sorted(expected)


@pytest.mark.parametrize(
    ("words", "title"),
    [
        ("meeting", "Stop eating late"),
        ("eating", "Team meeting"),
        ("test", "Take a rest"),
        ("pay", "Play chess"),
        ("art", "Buy party hats"),
        ("sell car", "Call Carl"),
        ("xyz", "Buy oat milk"),
        ("", "Buy oat milk"),
        ("call the plumber", "Call the dentist"),
    ],
)
def test_false_friends_are_not_meant(words: str, title: str) -> None:
    assert chosen(words, title) == []


def test_the_very_title_stands_alone_among_longer_ones() -> None:
    assert chosen("milk", "milk", "Buy milk and eggs", "milkshake") == ["milk"]


def test_the_same_title_twice_leaves_it_open() -> None:
    assert chosen("milk", "milk", "milk") == ["milk", "milk"]


def test_matches_come_best_first() -> None:
    found = index("Oats and milky tea", "oat milk", "Buy oat milk").match("oat milk")
    assert [m.id for m in found][:2] == [2, 3]
    assert [m.score for m in found] == sorted((m.score for m in found), reverse=True)


@given(st.text(max_size=60), st.lists(st.text(min_size=1, max_size=40), max_size=6))
def test_any_words_can_be_asked_for(words: str, titles: list[str]) -> None:
    assert {match.id for match in index(*titles).choose(words)} <= set(range(1, len(titles) + 1))


@given(st.lists(st.text(st.characters(categories=["Ll"]), min_size=3, max_size=8), min_size=1, max_size=4))
def test_a_title_is_found_by_itself(words: list[str]) -> None:
    title = " ".join(words)
    assert chosen(title, title) == [title]
