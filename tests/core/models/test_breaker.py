"""The circuit breaker, by its clock."""

from kirotodo.core.models.openai.circuit_breaker import COOL_DOWN_SECONDS, FAILURES, CircuitBreaker


class Seconds:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def opened(clock: Seconds) -> CircuitBreaker:
    breaker = CircuitBreaker(clock=clock)
    for _ in range(FAILURES):
        assert breaker.allow()
        breaker.failed()
    return breaker


def test_five_faults_in_a_row_open_it() -> None:
    breaker = opened(Seconds())
    assert breaker.state == "open"
    assert not breaker.allow()


def test_an_answer_in_between_begins_the_count_anew() -> None:
    breaker = CircuitBreaker(clock=Seconds())
    for _ in range(FAILURES):
        breaker.failed()
        breaker.succeeded()
    assert breaker.state == "closed"


def test_half_open_it_lets_one_probe_through() -> None:
    clock = Seconds()
    breaker = opened(clock)
    clock.now = COOL_DOWN_SECONDS
    assert [breaker.allow() for _ in range(3)] == [True, False, False]


def test_a_probe_that_fails_opens_it_for_another_while() -> None:
    clock = Seconds()
    breaker = opened(clock)
    clock.now = COOL_DOWN_SECONDS
    assert breaker.allow()
    breaker.failed()
    clock.now += COOL_DOWN_SECONDS - 1
    assert not breaker.allow()
    clock.now += 1
    assert breaker.allow()


def test_a_probe_that_is_answered_closes_it() -> None:
    clock = Seconds()
    breaker = opened(clock)
    clock.now = COOL_DOWN_SECONDS
    assert breaker.allow()
    breaker.succeeded()
    assert breaker.state == "closed"
    assert breaker.allow()


def test_a_probe_that_the_user_stopped_leaves_room_for_another() -> None:
    clock = Seconds()
    breaker = opened(clock)
    clock.now = COOL_DOWN_SECONDS
    assert breaker.allow()
    breaker.abandoned()
    assert breaker.allow()
