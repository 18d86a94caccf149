"""Slips of the finger: what is put right, and what is a word as it stands."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kirotodo.core.language.lexicon import SLIPS
from kirotodo.core.language.slips import as_chore, common_words, corrected, is_word, spelled
from kirotodo.core.language.when.tokens import word_set

PUT_RIGHT = {
    "remidn": "remind", "reschdule": "reschedule", "evrything": "everything", "hgih": "high", "markk": "mark",
    "prority": "priority", "couldnt": "couldn't", "whats": "what's", "shoppign": "shopping", "tikc": "tick",
    "comlpete": "complete", "cancell": "cancel", "apointment": "appointment",
}  # fmt: skip
STAY = word_set(
    "chance hopping marked form reminds marker cancer heating maker taken dona donna finished fished shower lister "
    "created research sundae frida seventeen nineteen minute monthly today's"
)


@pytest.mark.parametrize(("slip", "word"), PUT_RIGHT.items())
def test_a_slip_is_put_right(slip: str, word: str) -> None:
    assert corrected(slip) == word


@pytest.mark.parametrize("word", sorted(STAY))
def test_a_word_stays(word: str) -> None:
    assert corrected(word) == word
    assert spelled(f"a {word} b") == f"a {word} b"


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("dentist on wendsday", "dentist on wednesday"),
        ("by the 3rd of decmber", "by the 3rd of december"),
        ("on the forth of may", "on the fourth of may"),
        ("set forth the plan", "set forth the plan"),
        ("tea 2 the list", "tea to the list"),
        ("a bowl 4 the dog", "a bowl for the dog"),
        ("remind me 2 call Bob", "remind me to call Bob"),
        ("lunch at 2 the day after", "lunch at 2 the day after"),
        ("buy 2 call cards", "buy 2 call cards"),
        ("march two thousand and seventeen", "march two thousand and seventeen"),
        ("call Augusta about April", "call Augusta about April"),
        ("see https://wendsday.example/wendsday", "see https://wendsday.example/wendsday"),
    ],
)
def test_dates_are_read_as_they_are_spelled(written: str, read: str) -> None:
    assert spelled(written) == read


def test_a_verb_of_a_to_do_is_read_in_front_of_a_thing() -> None:
    assert as_chore("cal") == "call"
    assert as_chore("clen") == "clean"
    assert as_chore("mop") == "mop"


@given(st.sampled_from(sorted(common_words())))
def test_no_english_word_is_touched(word: str) -> None:
    assert is_word(word)
    assert as_chore(word) == word
    assert word in SLIPS or corrected(word) == word
