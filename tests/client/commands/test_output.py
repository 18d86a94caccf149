"""What goes out is safe, aligned and readable."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kirotodo.client.commands.output import UNSAFE, fit, pad, plain, plain_lines, plain_piece, to_json, width

HOSTILE = [
    ("\x1b]0;evil\x07pay rent", "pay rent"),
    ("\x1b]0;evil\x1b\\pay", "pay"),
    ("\x1b[31mred\x1b[0m", "red"),
    ("\x9b31mred", "red"),
    ("a\u202eb\u2066c", "abc"),
    ("bell\x07\x00\x08", "bell"),
    ("two\nlines\tand  more", "two lines and more"),
    ("pay [/] rent", "pay [/] rent"),
    ("[bold red]x", "[bold red]x"),
    ("half \ud800 pair", "half pair"),
    ("👨‍👩‍👧 family", "👨‍👩‍👧 family"),
]


@pytest.mark.parametrize(("text", "shown"), HOSTILE)
def test_hostile_text_loses_what_scripts_a_terminal(text: str, shown: str) -> None:
    assert plain(text) == shown


def test_line_ends_are_kept_where_there_are_lines() -> None:
    assert plain_lines("a\r\nb\n\x1b[2Jc") == "a\nb\nc"


@given(st.text())
def test_nothing_printed_holds_a_control_character(text: str) -> None:
    for safe in (plain(text), plain_lines(text).replace("\n", "").replace("\t", ""), plain_piece(text)):
        assert UNSAFE.search(safe) is None


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"])))
def test_json_is_lossless_and_safe(text: str) -> None:
    encoded = to_json({"title": text})
    assert json.loads(encoded) == {"title": text}
    assert UNSAFE.search(encoded) is None


def test_json_keeps_readable_letters() -> None:
    assert to_json("Müsli 牛奶") == '"Müsli 牛奶"'
    assert to_json("\u202e\x9b") == '"\\u202e\\u009b"'


@pytest.mark.parametrize(("text", "cells"), [("abc", 3), ("牛奶", 4), ("e\u0301", 1), ("", 0), ("ö", 1)])
def test_width_counts_cells(text: str, cells: int) -> None:
    assert width(text) == cells


@given(st.text(max_size=60), st.integers(min_value=1, max_value=30))
def test_a_cut_text_fits(text: str, cells: int) -> None:
    assert width(fit(plain(text), cells)) <= cells


def test_wide_titles_are_padded_by_cells() -> None:
    assert width(pad("牛奶", 10)) == width(pad("milk", 10)) == 10
    assert fit("牛" * 10, 7) == "牛牛牛…"
