"""Stops take effect while waiting for the model, and nowhere else."""

import asyncio

import pytest

from kirotodo.core.agent.cancellation import Cancellation, RunCancelled
from kirotodo.core.errors import TurnTimedOut


def interrupt(seconds: float = 60) -> Cancellation:
    return Cancellation(deadline=asyncio.get_running_loop().time() + seconds)


async def test_a_stop_ends_a_wait_with_its_reason() -> None:
    stop = interrupt()
    asyncio.get_running_loop().call_soon(stop.stop, "released")
    with pytest.raises(RunCancelled) as caught:
        async with stop.waiting():
            await asyncio.Event().wait()
    assert caught.value.reason == "released"


async def test_the_first_reason_counts() -> None:
    stop = interrupt()
    stop.stop("cancelled")
    stop.stop("released")
    with pytest.raises(RunCancelled) as caught:
        stop.check()
    assert caught.value.reason == "cancelled"


async def test_a_stop_outside_of_a_wait_is_seen_at_the_next_one() -> None:
    stop = interrupt()
    stop.stop("cancelled")
    with pytest.raises(RunCancelled):
        async with stop.waiting():
            raise AssertionError("never reached")


async def test_the_deadline_is_an_error_in_words() -> None:
    with pytest.raises(TurnTimedOut):
        async with interrupt(0.001).waiting():
            await asyncio.Event().wait()


async def test_a_timeout_of_the_model_itself_is_not_ours() -> None:
    with pytest.raises(TimeoutError):
        async with interrupt().waiting():
            raise TimeoutError("the model's own")
