"""Words that mean a task: exact, part of a title, a typo, a past tense; and words that only look like one."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kirotodo.core.domain.task import Task
from kirotodo.core.language.intents.matching import choose, match

WHEN = dt.datetime(2026, 3, 11, tzinfo=dt.UTC)
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


def tasks(*titles: str) -> list[Task]:
    return [Task(id=i, title=title, created_at=WHEN, updated_at=WHEN) for i, title in enumerate(titles, 1)]


def chosen(words: str, *titles: str) -> list[str]:
    return [task.title for task in choose(words, tasks(*(titles or TITLES)))]


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
    found = match("oat milk", tasks("Oats and milky tea", "oat milk", "Buy oat milk"))
    assert [m.task.title for m in found][:2] == ["oat milk", "Buy oat milk"]
    assert [m.score for m in found] == sorted((m.score for m in found), reverse=True)


@given(st.text(max_size=60), st.lists(st.text(min_size=1, max_size=40), max_size=6))
def test_any_words_can_be_asked_for(words: str, titles: list[str]) -> None:
    candidates = tasks(*titles)
    assert {task.id for task in choose(words, candidates)} <= {task.id for task in candidates}


@given(st.lists(st.text(st.characters(categories=["Ll"]), min_size=3, max_size=8), min_size=1, max_size=4))
def test_a_title_is_found_by_itself(words: list[str]) -> None:
    title = " ".join(words)
    assert chosen(title, title) == [title]
