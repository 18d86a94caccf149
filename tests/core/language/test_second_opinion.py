"""The second opinion: what its weights were made from, and the kinds of sentences that its corpus does not hold."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kirotodo.core.language.second_opinion import KINDS, Kind, made_from, opinion
from scripts.second_opinion.corpus import digest, lines

UNSEEN: dict[Kind, list[str]] = {
    "add": [
        "add polish the trophies to my list",
        "remind me to phone the stables on thursday",
        "I have to fetch the wedding dress by noon on Saturday",
        "could you put sultanas on the baking list",
        "we're running out of firewood, put it down please",
        "scrub the decking next weekend",
        "orthodontist on wednesday at ten past nine",
        "play badminton with uncle Theo on thursday",
        "check the forecast before sunday's sailing trip",
    ],
    "complete": [
        "I've polished the trophies",
        "tick off the stables",
        "just collected the wedding dress",
        "you can mark the decking as done",
    ],
    "delete": [
        "take sultanas off the baking list",
        "get rid of the reminder about the stables",
        "the sailing trip has been called off",
        "I don't need firewood anymore",
    ],
    "update": [
        "push the sailing trip to the 14th",
        "can you move the orthodontist to eleven",
        "make the trophies high priority",
        "rename the decking task to oil the decking",
    ],
    "query": [
        "what's on for the bank holiday",
        "do I have to go sailing this week?",
        "when am I seeing the orthodontist",
        "are sultanas on the baking list",
        "read me the baking list",
    ],
    "dialogue": ["no, the sailing one", "undo that please", "yep go ahead then", "make it sunday evening instead"],
    "none": [
        "what's the weather in Reykjavik",
        "play some cello music",
        "set a timer for nine minutes",
        "who discovered Neptune?",
        "I'm so tired today",
        "how do you say firewood in norwegian",
        "turn off the lights on the landing",
        "send two hundred dollars to my landlord's account",
        "tell me a joke about sailors",
        "thanks, that's very kind",
    ],
}


def test_the_weights_are_made_from_the_corpus_and_the_script_beside_them() -> None:
    assert made_from() == digest(), "The corpus or the script changed: run `make second-opinion`."


@pytest.fixture(scope="module")
def corpus() -> set[str]:
    return {line.text.casefold() for line in lines()}


@pytest.mark.parametrize(("text", "kind"), [(text, kind) for kind in KINDS for text in UNSEEN[kind]])
def test_sentences_that_the_corpus_does_not_hold_are_of_their_kind(text: str, kind: Kind, corpus: set[str]) -> None:
    assert text.casefold() not in corpus
    assert opinion(text).best == kind, dict(opinion(text).by_kind)


@given(st.text())
def test_any_text_has_probabilities_that_sum_to_one(text: str) -> None:
    by_kind = opinion(text).by_kind
    assert set(by_kind) == set(KINDS)
    assert sum(by_kind.values()) == pytest.approx(1)


def test_a_text_is_of_the_same_kind_in_any_case_and_with_typographic_quotes() -> None:
    assert opinion("What’s on MY list?") == opinion("what's on my list?")
