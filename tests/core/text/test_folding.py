"""Words with hyphens and apostrophes in them, in one piece."""

import pytest

from kirotodo.core.text.folding import joined


@pytest.mark.parametrize(
    ("folded", "found"),
    [
        ("an e-mail, isn't it", ["email", "isnt"]),
        ("a mother-in-law's", ["laws", "motherinlaws"]),
        ("- 'quoted' and-", []),
        ("e-mail e-mail", ["email"]),
    ],
)
def test_words_in_one_piece(folded: str, found: list[str]) -> None:
    assert joined(folded) == found


def test_a_word_without_end_is_looked_at_once() -> None:
    """Read again from each of its letters, it would keep a server busy for ten minutes, and a test until its limit."""
    assert joined("x" * 200_000 + " e-mail") == ["email"]
