"""A conversation's title from its first message."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kirotodo.core.agent.prompt import LONGEST, conversation_title


@pytest.mark.parametrize(
    ("message", "title"),
    [
        ("add milk to my list", "Add milk to my list"),
        ("Hey kiro, could you please add milk to my list?", "Add milk to my list"),
        ("hello!", "Hello"),
        ("please", "Please"),
        ("I want to plan the trip to Oslo...", "Plan the trip to Oslo"),
        ("What's due today?", "What's due today"),
        ("line one\nline two", "Line one line two"),
        ("\x1b]0;evil\x07add rope", "]0;eviladd rope"),
        ("‮rope", "Rope"),
        ("", "New conversation"),
        ("#home stuff", "#home stuff"),
        ("???", "New conversation"),
    ],
)
def test_titles(message: str, title: str) -> None:
    assert conversation_title(message) == title


def test_a_long_message_is_cut_at_a_word() -> None:
    title = conversation_title("remind me to " + "carry the boxes up " * 20)
    assert title.endswith("…")
    assert len(title) <= LONGEST
    assert title[:-1].split()[-1] in {"carry", "the", "boxes", "up"}


@given(st.text(max_size=300))
def test_a_title_is_short_and_safe_to_show(message: str) -> None:
    title = conversation_title(message)
    assert len(title) <= LONGEST
    assert not any(unicodedata.category(ch) in ("Cc", "Cs") for ch in title)
    assert title == title.strip()
