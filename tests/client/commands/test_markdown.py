"""Backslashes of markdown are taken off, however the text is cut into pieces."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kirotodo.client.commands.narration import Unescaper, unescaped


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (r"pay \[/] rent \#bills", "pay [/] rent #bills"),
        (r"a \\ b", r"a \ b"),
        (r"C:\new", r"C:\new"),
        (r"`\[` and \[", r"`\[` and ["),
        ("```\n\\[`\\]\n``` \\]", "```\n\\[`\\]\n``` ]"),
        ("ends with \\", "ends with \\"),
    ],
)
def test_escapes_go_and_code_stays(text: str, shown: str) -> None:
    assert unescaped(text) == shown


@given(st.text(alphabet="ab\\`[#\n", max_size=20), st.integers(0, 20), st.integers(0, 20))
def test_cutting_changes_nothing(text: str, first: int, second: int) -> None:
    low, high = sorted((first, second))
    pieces = Unescaper()
    shown = pieces.feed(text[:low]) + pieces.feed(text[low:high]) + pieces.feed(text[high:]) + pieces.rest()
    assert shown == unescaped(text)
