"""The words of a text around what was looked for."""

import pytest

from kirotodo.core.text.search_terms import snippet, terms


@pytest.mark.parametrize(
    ("text", "word", "found"),
    [
        (
            "3 open tasks:\n\n- #6 stretch\n- #1 call the plumber",
            "plumber",
            "…#6 stretch #1 call the plumber",
        ),
        ("1. milk\n  2) eggs\n* bread", "eggs", "milk eggs bread"),
        ("5 - 3 is 2", "is", "5 - 3 is 2"),
        ("-5 degrees\n-x", "degrees", "-5 degrees -x"),
    ],
)
def test_a_list_is_read_on_one_line_without_its_marks(text: str, word: str, found: str) -> None:
    wanted = terms(word)
    assert wanted is not None
    assert snippet(text, wanted) == found
