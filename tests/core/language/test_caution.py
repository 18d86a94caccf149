"""A title that is no phrase is asked back, whoever read it."""

import datetime as dt

import pytest

from kirotodo.core.language.caution import is_broken
from kirotodo.core.language.context import Context
from kirotodo.core.language.tokens import Text
from kirotodo.core.language.types import Preferences

NOW = dt.datetime(2026, 6, 3, 9)  # noqa: DTZ001 (local, as the reading takes it)


def read(text: str) -> Text:
    return Text(text, now=NOW, preferences=Preferences(), context=Context())


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("the shed is draughty again", "the shed is draughty again"),
        ("note down bring the bins in no ten", "bring the bins in no ten"),
        ("skittles night, friday, half", "skittles night, friday, half"),
        ("x-ray 3 Jul 9.15", "x-ray 3 Jul 9.15"),
        ("feed the cat on mondey", "feed the cat on mondey"),
        ("add lentils oh and soap", "lentils oh and soap"),
        ("do not water the cress", "do not water the cress"),
        ("soap low", "soap low"),
        ("take the blue one off", "take the blue one off"),
        ("those back to", "those back to"),
    ],
)
def test_what_is_no_phrase_is_no_title(text: str, title: str) -> None:
    assert is_broken(read(text), title)


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("add the shed is draughty", "the shed is draughty"),
        ("remind me that I left the hose on", "I left the hose on"),
        ("turn the gas off before we leave", "turn the gas off before we leave"),
        ("ask whether the hall is free", "ask whether the hall is free"),
        ('add "Oh, What a Lovely War"', "Oh, What a Lovely War"),
        ("buy lentils", "buy lentils"),
        ("the fence needs paint", "the fence needs paint"),
        ("nothing-bundt cake for Noor", "nothing-bundt cake for Noor"),
    ],
)
def test_a_phrase_is_a_title_and_so_is_what_was_asked_to_be_added(text: str, title: str) -> None:
    assert not is_broken(read(text), title)
