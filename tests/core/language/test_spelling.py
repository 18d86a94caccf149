"""Slips of the finger: put right where a command stands, never in a title."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kirotodo.core.language.intents.spelling import spelled
from kirotodo.core.language.types import Add
from tests.core.language.said import only

SLIPS = ["remid", "shedule", "cancle", "shoping", "calander", "adn", "delet", "meting", "remider"]


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("remid me to oil the gate", "remind me to oil the gate"),
        ("Please shedule a fitting", "Please schedule a fitting"),
        ("adn pegs to my camping list", "add pegs to my camping list"),
        ("delte the fitting", "delete the fitting"),
        ("put pegs on my shoping list", "put pegs on my shopping list"),
        ("add pegs too my camping list", "add pegs to my camping list"),
        ("create a remider to oil the gate", "create a reminder to oil the gate"),
        ("clean the gate", "clean the gate"),
        ("crate the dog", "crate the dog"),
        ("remote control", "remote control"),
    ],
)
def test_a_slip(written: str, meant: str) -> None:
    assert spelled(written) == meant


@given(st.lists(st.sampled_from(SLIPS), min_size=1))
def test_titles_stay_as_they_were_written(words: list[str]) -> None:
    title = " ".join(["the", *words])
    assert spelled(f"add {title}") == f"add {title}"


def test_a_title_keeps_its_slip() -> None:
    added = only("remid me to buy a shoping bag")
    assert isinstance(added, Add)
    assert added.title == "buy a shoping bag"


@given(st.text())
def test_it_is_settled_after_once(text: str) -> None:
    assert spelled(spelled(text)) == spelled(text)
