"""Cells are counted as terminals do."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wcwidth import wcwidth

from kirotodo.core.text.sanitize import UNSAFE, sanitize_line
from kirotodo.core.text.width import fit, pad, width


@pytest.mark.parametrize(("text", "cells"), [("abc", 3), ("牛奶", 4), ("e\u0301", 1), ("", 0), ("ö", 1), ("한글", 4)])
def test_width_counts_cells(text: str, cells: int) -> None:
    assert width(text) == cells


def test_the_table_of_wcwidth_says_the_same() -> None:
    """But for what newer editions of Unicode made wide, and signs that are drawn over several digits."""
    odd = [
        char
        for char in map(chr, range(0x20, 0x20000))  # what follows is all wide, or unassigned
        if unicodedata.category(char) not in ("Cn", "Co", "Cs", "Cc")
        and UNSAFE.match(char) is None
        and width(char) != wcwidth(char)
    ]
    prepended = [char for char in odd if unicodedata.category(char) == "Cf"]
    assert len(prepended) < 20
    assert all(wcwidth(char) == 2 and width(char) == 1 for char in set(odd) - set(prepended))
    assert len(odd) < 300


@given(st.text(max_size=60), st.integers(min_value=1, max_value=30))
def test_a_cut_text_fits(text: str, cells: int) -> None:
    assert width(fit(sanitize_line(text), cells)) <= cells


def test_wide_titles_are_padded_by_cells() -> None:
    assert width(pad("牛奶", 10)) == width(pad("milk", 10)) == 10
    assert fit("牛" * 10, 7) == "牛牛牛…"
