"""What of a text is recognised before anybody knows what is wanted: its words and spans, as forms see them."""

import datetime as dt
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kirotodo.core.language.context import Context
from kirotodo.core.language.spans import ListName
from kirotodo.core.language.tokens import Text
from kirotodo.core.language.types import Preferences
from tests.core.language.said import NOW

CONTEXT = Context(projects=("camping", "errands", "Big Trip"))


def read(text: str) -> Text:
    return Text(text, now=NOW, preferences=Preferences(), context=CONTEXT)


def values(text: str, kind: str) -> list[Any]:
    return [token.value for token in read(text).whole().spans(kind)]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Add rope, pegs and a lamp to my camping list tomorrow!", "add rope pegs and a lamp to K W"),
        ("move the recital to friday at 3", "move the recital to W"),
        ("postpone task 3 by two days", "postpone I D"),
        ("mark 2-4 as done", "mark I as done"),
        ("buy 2 lamps", "buy 2 lamps"),
        ("delete the second one", "delete O"),
        ("delete the last two", "delete O"),
        ("remind me about the recital an hour before", "remind me about the recital L"),
        ("pack for the trip the day before", "pack for the trip L"),
        ("the recital an hour later", "the recital D"),
        ("oil the gate #garden +House !high", "oil the gate T N P"),
        ("make it top priority", "make it P"),
        ("the gate's done", "the gate 's done"),
        ('add "wash, dry and fold" to the list', "add Q to K"),
        ("water the ferns every other day", "water the ferns R"),
        ("what's on my to do list", "what's on K"),
        ("put rope on camping", "put rope on K"),
        ("drive to camping grounds", "drive to K grounds"),
        ("I dont need the rope any more", "i don't need the rope any more"),
        ("remid me to oil teh gate", "remind me to oil the gate"),
    ],
)
def test_words_and_spans(text: str, shown: str) -> None:
    assert read(text).whole().shown.strip() == shown


@pytest.mark.parametrize(
    ("text", "kind", "expected"),
    [
        ("complete tasks 1, 2 and 5", "I", [(1, 2, 5)]),
        ("mark 2-4 as done", "I", [(2, 3, 4)]),
        ("the last one", "O", [(-1,)]),
        ("the first two", "O", [(1, 2)]),
        ("low priority", "P", ["low"]),
        ("add rope to campings", "K", [ListName("camping", known=True, bare=True)]),
        ("add rope to a list called The Attic", "K", [ListName("The Attic")]),
        ("add rope to the list of things to buy", "K", [ListName(None)]),
        ("put a map on big trip", "K", [ListName("Big Trip", known=True, bare=True)]),
    ],
)
def test_values(text: str, kind: str, expected: list[Any]) -> None:
    assert values(text, kind) == expected


def test_a_date_knows_its_preposition() -> None:
    (day,) = read("oil the gate before friday").whole().spans("W")
    assert (day.value.when.date, day.lead) == (dt.date(2026, 3, 13), "before")


def test_a_piece_is_cut_from_the_users_own_words() -> None:
    match = read("remid me to Oil teh (old) gate, ok").whole().match("remind me to <what> ok")
    assert match is not None
    assert match.get("what").raw == "Oil teh (old) gate"


@given(st.text(max_size=80))
def test_tokens_lie_in_order_and_leave_no_letter_out(text: str) -> None:
    tokens = read(text).tokens
    assert all(a.end <= b.start for a, b in pairwise(tokens))
    covered = {place for token in tokens for place in range(token.start, token.end)}
    assert all(place in covered for place, ch in enumerate(text) if ch.isalnum())
