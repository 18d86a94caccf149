"""Which keys are typed and which are a paste, by the time at which they arrive."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual.events import Key, Paste

from kirotodo.client.tui.unmarked_paste import QUICK, FocusedText, UnmarkedPaste

NAMES = {"\r": "enter", "\n": "ctrl+j", "\t": "tab", "\x1b": "escape"}


def delivered(typed: str, into: FocusedText = "lines", *, gap: float = QUICK / 10) -> list[str]:
    """What comes of keys that arrive `gap` seconds after each other, `…` being a pause: pastes are in brackets."""
    paste, now = UnmarkedPaste(), 1000.0
    out: list[Key | Paste] = []
    for char in typed:
        if char == "…":
            now += 1
            out += paste.pause()
            continue
        event = Key(NAMES.get(char, char), char)
        now += gap
        event.time = now
        out += paste.key(event, into=into)
    out += paste.pause()
    assert not paste.waiting
    return [f"<{each.text}>" if isinstance(each, Paste) else each.key for each in out]


@pytest.mark.parametrize(
    ("typed", "result"),
    [
        ("ab\r", ["a", "b", "enter"]),
        ("a\rb", ["a", "<\nb>"]),
        ("a\rb\r", ["a", "<\nb\n>"]),
        ("a\rb\r…\r", ["a", "<\nb\n>", "enter"]),
        ("a\r\rb", ["a", "<\n\nb>"]),
        ("a\tx", ["a", "<\tx>"]),
        ("a\nb\rc", ["a", "ctrl+j", "b", "<\nc>"]),
        ("a\rb\x1b", ["a", "<\nb>", "escape"]),
        ("a\r\x1b", ["a", "enter", "escape"]),
        ("a…\rb", ["a", "enter", "b"]),
        ("a\r…b", ["a", "enter", "b"]),
        ("\rab", ["enter", "a", "b"]),
        ("\x1b\ra", ["escape", "enter", "a"]),
    ],
)
def test_an_enter_inside_a_burst_of_keys_is_a_line_end(typed: str, result: list[str]) -> None:
    assert delivered(typed) == result


def test_what_is_typed_slower_than_a_paste_is_typed() -> None:
    assert delivered("a\rb\tc\r", gap=QUICK * 1.01) == ["a", "enter", "b", "tab", "c", "enter"]


def test_tab_goes_to_the_next_field_of_a_dialog_and_enter_ends_no_title_halfway() -> None:
    assert delivered("ann\tsecret\r", into="line") == [*"ann", "tab", *"secret", "enter"]
    assert delivered("buy\rx", into="line") == [*"buy", "<\nx>"]


def test_keys_of_a_list_are_never_a_paste() -> None:
    assert delivered("jj\rx", into=None) == ["j", "j", "enter", "x"]


@given(st.text(alphabet="ab\r\t\n\x1b…", max_size=30))
def test_no_key_is_lost_or_doubled_or_overtaken(typed: str) -> None:
    text = "".join(
        part[1:-1].replace("\n", "\r") if part.startswith("<") else {v: k for k, v in NAMES.items()}.get(part, part)
        for part in delivered(typed)
    )
    assert text.replace("\n", "\r") == typed.replace("…", "").replace("\n", "\r")
