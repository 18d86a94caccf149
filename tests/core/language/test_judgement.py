"""When the second opinion lets a text be acted on, asked back, or refused."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kirotodo.core.language.judgement import Verdict, of_implied_addition, of_unread
from kirotodo.core.language.second_opinion import KINDS, Kind, Opinion
from kirotodo.core.language.types import Action, Add, Clarify, Confirm, OutOfScope, Query
from kirotodo.core.language.understand import CHANGES, understand

NOW = dt.datetime(2026, 6, 3, 9, tzinfo=dt.UTC)


def _thinks(kind: Kind, sure: float) -> Opinion:
    rest = (1 - sure) / (len(KINDS) - 1)
    return Opinion(by_kind={each: sure if each == kind else rest for each in KINDS})


@pytest.mark.parametrize(
    ("thought", "verdict", "taken_for"),
    [
        (_thinks("add", 0.97), "ask", "add"),
        (_thinks("add", 0.6), "ask", "add"),
        (_thinks("query", 0.7), "act", "query"),
        (_thinks("query", 0.5), "keep", "none"),
        (_thinks("delete", 0.9), "ask", "delete"),
        (_thinks("delete", 0.6), "keep", "none"),
        (_thinks("none", 0.9), "refuse", "none"),
        (_thinks("dialogue", 0.9), "keep", "none"),
    ],
)
def test_a_text_that_no_frame_matched(thought: Opinion, verdict: Verdict, taken_for: Kind) -> None:
    assert of_unread(thought, dated=False) == (verdict, taken_for)


def test_a_sure_addition_with_a_date_is_made_although_no_frame_matched() -> None:
    assert of_unread(_thinks("add", 0.97), dated=True) == ("act", "add")


@pytest.mark.parametrize(
    ("thought", "certain", "dated", "thing", "ours", "verdict"),
    [
        (_thinks("add", 0.9), True, True, False, False, "keep"),
        (_thinks("none", 0.97), True, True, False, False, "ask"),
        (_thinks("none", 0.97), True, True, False, True, "keep"),
        (_thinks("none", 0.8), True, True, True, False, "ask"),
        (_thinks("add", 0.97), False, True, False, False, "act"),
        (_thinks("add", 0.97), False, False, False, False, "keep"),
    ],
)
def test_an_implied_addition(
    thought: Opinion, certain: bool, dated: bool, thing: bool, ours: bool, verdict: Verdict
) -> None:
    assert of_implied_addition(thought, certain=certain, dated=dated, thing=thing, ours=ours) == verdict


@given(kind=st.sampled_from(KINDS), sure=st.floats(0.2, 1), dated=st.booleans())
def test_nothing_but_an_addition_is_ever_done_unread(kind: Kind, sure: float, dated: bool) -> None:
    verdict, taken_for = of_unread(_thinks(kind, sure), dated=dated)
    assert verdict != "act" or taken_for in ("query", "add")


@pytest.mark.parametrize(
    ("text", "actions"),
    [
        ("prune the wisteria", (Add(title="prune the wisteria"),)),
        ("maybe I should sell the harp", (Confirm(actions=(Add(title="sell the harp"),)),)),
        ("reply to the email from Joan", (Confirm(actions=(Add(title="reply to the email from Joan"),)),)),
        ("buy compost", (Add(title="buy compost"),)),
        ("who wrote the odyssey", (OutOfScope(),)),
        ("my cousin is terribly fond of opera", (OutOfScope(),)),
    ],
)
def test_what_becomes_of_a_text(text: str, actions: tuple[Action, ...]) -> None:
    assert understand(text, now=NOW).actions == actions


@pytest.mark.parametrize(
    "text", ["add compost?", "delete everything?", "should I prune the wisteria?", "repot the fern?"]
)
def test_a_question_never_changes_anything(text: str) -> None:
    for action in understand(text, now=NOW).actions:
        assert isinstance(action, Query | Clarify | OutOfScope), action
        assert not isinstance(action, CHANGES)
