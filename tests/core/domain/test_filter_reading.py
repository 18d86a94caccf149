"""A filter while it is typed: the place of its error, and how its last word goes on."""

from datetime import date
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kirotodo.core.domain.filter_reading import FilterReading, KnownNames, read_typed
from kirotodo.core.domain.filters import InProject, Not

NAMES: Final = KnownNames(projects=("home", "Two words"), tags=("urgent", "waiting"), views={"work": "+home"})


def typed(text: str, cursor: int | None = None) -> FilterReading:
    return read_typed(text, cursor=cursor, today=date(2026, 11, 28), names=NAMES)


@pytest.mark.parametrize(
    ("text", "start", "completions"),
    [
        ("+h", 0, ("+home",)),
        ("+HO", 0, ("+home",)),
        ("milk -#", 6, ("#urgent", "#waiting")),
        ("(+two", 1, ('+"Two words"',)),
        ("@", 0, ("@work",)),
        ("is", 0, ("is:open", "is:done", "is:recurring")),
        ("du", 0, ("due:",)),
        ("due:tod", 0, ("due:today",)),
        ("!", 0, ("!high", "!medium", "!low", "!none")),
        ("no:ti", 0, ("no:time",)),
        ("milk ", 5, ()),
        ("", 0, ()),
    ],
)
def test_the_last_word_goes_on(text: str, start: int, completions: tuple[str, ...]) -> None:
    found = typed(text)
    assert (found.start, found.completions) == (start, completions)


def test_the_word_at_the_cursor_is_completed() -> None:
    found = typed("+h milk", cursor=2)
    assert (found.start, found.completions) == (0, ("+home",))


def test_a_filter_is_read_or_its_error_has_a_place() -> None:
    found = typed("-@work")
    assert (found.condition, found.error) == (Not(InProject("home")), None)
    found = typed("milk prio:high")
    assert found.error is not None
    assert (found.condition, found.error.position, found.error.suggestion) == (None, 5, "!high")


def test_names_that_nothing_has_are_hinted_at() -> None:
    assert typed("+hme -#urgnt +home due:whenever").hints == (("+hme", "+home"), ("#urgnt", "#urgent"))


@given(st.text(max_size=20), st.integers(0, 20))
def test_nothing_that_is_typed_raises(text: str, cursor: int) -> None:
    found = typed(text, cursor)
    assert (found.condition is None) != (found.error is None)
    assert 0 <= found.start <= len(text)
