import pytest
from hypothesis import given
from hypothesis import strategies as st

from kirotodo.core.errors import InvalidInput
from kirotodo.core.text.durations import DURATION_MAX, describe_duration, parse_duration


@pytest.mark.parametrize(
    ("text", "minutes"),
    [
        *(("30m", 30), ("90", 90), ("90 min", 90), ("1h30", 90), ("1h 30m", 90), ("1:30", 90), ("1.5 hours", 90)),
        *(("2h", 120), ("2 hours and 5 minutes", 125), ("for 30 minutes", 30), ("half an hour", 30), ("AN HOUR", 60)),
    ],
)
def test_lengths_as_people_write_them(text: str, minutes: int) -> None:
    assert parse_duration(text) == minutes


@pytest.mark.parametrize("text", ["", "0", "30x", "1:75", "-5", "tomorrow", "999h", "1e3", "٣0m x"])
def test_what_is_no_length_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput, match="how long a task takes"):
        parse_duration(text)


@given(st.integers(1, DURATION_MAX))
def test_a_length_in_words_reads_back(minutes: int) -> None:
    assert parse_duration(describe_duration(minutes)) == minutes
