"""Pauses between tries grow, within a cap, and differ from each other."""

from hypothesis import given
from hypothesis import strategies as st

from kirotodo.core.retry import Backoff


def test_the_cap_doubles_up_to_the_longest() -> None:
    backoff = Backoff(first=0.5, longest=6.0, jitter=lambda most: most)
    assert [backoff.after(failures) for failures in range(1, 7)] == [0.5, 1.0, 2.0, 4.0, 6.0, 6.0]


@given(st.integers(0, 10**9))
def test_any_time_up_to_the_cap(failures: int) -> None:
    assert 0.0 <= Backoff().after(failures) <= 10.0


def test_two_that_failed_together_come_back_apart() -> None:
    assert len({Backoff().after(5) for _ in range(20)}) > 15
