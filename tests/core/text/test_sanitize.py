"""Foreign text loses what scripts, hides or defaces, and nothing else."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kirotodo.core.text.sanitize import MARKS_MAX, UNSAFE, escape, sanitize, sanitize_chunk, sanitize_line

INTRODUCERS = [
    "\x1b]",
    "\x9d",
    "\x1bP",
    "\x90",
    "\x1bX",
    "\x98",
    "\x1b^",
    "\x9e",
    "\x1b_",
    "\x9f",
    "\x1b[",
    "\x9b",
    "\x1b",
]
HOSTILE = st.text(
    st.sampled_from(
        [*"\x1b\x9b\x9d\x90\x9c\x07\x00\x7f\r\n\t\x0b\x85\u2028\u202e\u2066\u200b\ufeff\u0301\u200d]PX^_[;0mA\\ é"]
    )
)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b]0;evil\x07pay rent", "pay rent"),
        ("\x1b]0;evil\x1b\\pay", "pay"),
        ("\x1b]52;c;cHduZWQ=\x9cpay", "pay"),
        ("\x9d8;;https://evil.example\x9cpay", "pay"),
        ("\x1bPq#0\x1b\\pay", "pay"),
        ("\x1b_Gi=1;AAAA\x1b\\pay", "pay"),
        ("\x1b]0;never ends", "0;never ends"),
        ("\x1b[31mred\x1b[0m", "red"),
        ("\x9b31mred", "red"),
        ("\x1b\x1b[31m[31mred", "[31mred"),
        ("\x1bcreset", "reset"),
        ("a\u202eb\u2066c", "abc"),
        ("tag\U000e0041\U000e007f", "tag"),
        ("hid\u200bden\ufeff\u2060\u00ad\u3164", "hidden"),
        ("bell\x07\x00\x08", "bell"),
        ("two\nlines\tand  more", "two lines and more"),
        ("over\rwritten", "over written"),
        ("a\u2028b\u2029c\x85d", "a b c d"),
        ("pay [/] rent", "pay [/] rent"),
        ("[bold red]x", "[bold red]x"),
        ("half \ud800 pair", "half \ufffd pair"),
        ("👨\u200d👩\u200d👧 family", "👨\u200d👩\u200d👧 family"),
        ("नमस्ते, می\u200cخواهم", "नमस्ते, می\u200cخواهم"),
    ],
)
def test_hostile_text_loses_what_scripts_a_terminal(text: str, shown: str) -> None:
    assert sanitize_line(text) == shown


def test_line_ends_become_newlines_where_there_are_lines() -> None:
    assert sanitize("a\r\nb\n\x1b[2Jc\rd\x0be\x0cf\u2028g\th") == "a\nb\nc\nd\ne\nf\ng\th"


@given(st.text() | HOSTILE)
def test_nothing_unsafe_is_left(text: str) -> None:
    for safe in (sanitize(text), sanitize_line(text), sanitize_chunk(text), escape(text)):
        assert UNSAFE.search(safe) is None
        safe.encode()
    assert "\n" not in sanitize_line(text)
    assert "\t" not in sanitize_line(text)


@given(st.text() | HOSTILE)
def test_safe_text_stays_as_it_is(text: str) -> None:
    assert sanitize(sanitize(text)) == sanitize(text)
    assert sanitize_line(sanitize_line(text)) == sanitize_line(text)


@given(st.text(st.characters(categories=["L", "N", "P", "S"], exclude_characters="\u115f\u1160\u3164\uffa0")))
def test_letters_digits_and_signs_are_never_lost(text: str) -> None:
    assert sanitize(text) == text


@pytest.mark.parametrize("introducer", INTRODUCERS)
def test_many_commands_that_never_end_take_one_pass(introducer: str) -> None:
    """A hundred thousand of them: minutes if each looked to the end of the text."""
    assert UNSAFE.search(sanitize(introducer * 100_000)) is None


def test_no_flood_of_marks_gets_through_and_no_script_loses_any() -> None:
    for mark in (
        "\u0301",
        "\u0489",
        "\u20dd",
        "\u0e47",
        "\u0650",
        "\u0f71",
        "\ufe0f",
        "\u200d",
        "\u3099",
        "\U000e0101",
    ):
        assert sanitize("Z" + mark * 5_000) == "Z" + mark * MARKS_MAX, repr(mark)
    for words in ("שָׁלוֹם", "ที่นี่", "བསྒྲུབས", "Việt Nam".encode().decode(), "क्षत्रिय", "👩🏽\u200d🚀"):
        assert sanitize(words) == words


def test_every_combining_mark_counts_towards_a_flood() -> None:
    marks = [
        chr(code)
        for code in [*range(0x20000), *range(0xE0000, 0xE0200)]
        if unicodedata.category(chr(code)) in ("Mn", "Me", "Mc")
    ]
    for mark in marks:
        if UNSAFE.match(mark) is None:
            assert sanitize(mark * (MARKS_MAX + 1)) == mark * MARKS_MAX, f"U+{ord(mark):04X}"


def test_escaped_text_shows_what_is_in_it() -> None:
    assert escape("a\x1b]0;x\x07\tb\u202e\U000e0041\n") == "a\\x1b]0;x\\x07\tb\\u202e\\U000e0041\n"
