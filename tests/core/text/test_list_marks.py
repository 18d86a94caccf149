"""Bullets, numbers and boxes in front of a line, and titles that only look as if they had one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kirotodo.core.text.list_marks import read_item

BULLETS = ["-", "*", "+", "•", "–", "—", "·", "◦", "1.", "2)", "(3)", "12."]


@pytest.mark.parametrize("indent", ["", "  ", "\t", "\t\t", "    \t"])
@pytest.mark.parametrize("bullet", BULLETS)
@pytest.mark.parametrize(
    ("box", "done"), [("", False), ("[ ] ", False), ("[] ", False), ("[x] ", True), ("[X] ", True), ("☐ ", False)]
)
def test_marks_are_taken_off(indent: str, bullet: str, box: str, done: bool) -> None:
    item = read_item(f"{indent}{bullet} {box}Buy Tom & Jerry ")
    assert item[:3] == ("Buy Tom & Jerry", done, True)


@pytest.mark.parametrize(
    ("line", "text", "done"),
    [
        ("[ ] milk", "milk", False),
        ("[x]\tbread", "bread", True),
        ("☐milk", "milk", False),
        ("✓ bread", "bread", True),
        ("✔\ufe0f bread", "bread", True),
        ("✅ bread", "bread", True),
    ],
)
def test_a_box_alone_is_a_mark(line: str, text: str, done: bool) -> None:
    assert read_item(line) == (text, done, True, True)


@pytest.mark.parametrize(
    "line",
    [
        "-5 degrees jacket",
        "1984 by Orwell",
        "1.5 l of milk",
        "3 eggs",
        "* is a footnote",
        "+ and - signs in the worksheet",
        "+1 on the review",
        "*really* urgent call",
        "--dry-run in the docs",
        "20. december party",
        "[x]y in the formula",
        "[draft] letter",
        "#1 fan mail",
        "–40 % sale",
        "2001: A Space Odyssey",
    ],
)
def test_a_title_keeps_a_sign_of_its_own(line: str) -> None:
    assert read_item(line) == (line, False, False, False)


@pytest.mark.parametrize("line", ["-", " * ", "1.", "•"])
def test_a_mark_with_nothing_behind_it_says_nothing(line: str) -> None:
    assert read_item(line).text in ("", line)


@given(st.text(max_size=60))
def test_nothing_but_marks_is_ever_lost(line: str) -> None:
    item = read_item(line)
    assert line.strip().endswith(item.text)
    assert len(line.strip()) - len(item.text) < 40 or not item.text
