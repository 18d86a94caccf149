"""Work that a cancellation does not interrupt, and reads with a time limit."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import closing

import pytest

from kirotodo.core.aio import TimedReader, Turnstile, shielded

pytestmark = pytest.mark.virtual_time


async def test_a_cancellation_waits_until_the_work_is_done() -> None:
    begun, gate, done = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def work() -> None:
        begun.set()
        await gate.wait()
        done.set()

    task = asyncio.create_task(shielded(work()))
    await begun.wait()
    task.cancel()
    await asyncio.wait((task,), timeout=0.01)
    assert not task.done()
    gate.set()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert done.is_set()


async def test_it_gives_and_raises_what_the_work_does() -> None:
    async def work(value: int) -> int:
        return 1 // value

    assert await shielded(work(1)) == 1
    with pytest.raises(ZeroDivisionError):
        await shielded(work(0))


async def test_work_that_fails_after_its_caller_left_is_no_fault_of_theirs() -> None:
    begun, gate = asyncio.Event(), asyncio.Event()

    async def work() -> None:
        begun.set()
        await gate.wait()
        raise ValueError

    task = asyncio.create_task(shielded(work()))
    await begun.wait()
    task.cancel()
    await asyncio.sleep(0)
    gate.set()
    with pytest.raises(asyncio.CancelledError):
        await task


async def slowly(*seconds: float) -> AsyncIterator[float]:
    for each in seconds:
        await asyncio.sleep(each)
        yield each


async def test_a_reader_gives_each_item_and_then_none() -> None:
    with closing(TimedReader(slowly(0, 0.01, 0))) as reader:
        assert [await reader.read(5) for _ in range(4)] == [0, 0.01, 0, None]


async def test_a_read_times_out_though_earlier_ones_had_more_time() -> None:
    with closing(TimedReader(slowly(0, 0, 60))) as reader:
        await reader.read(None)
        await reader.read(30)
        with pytest.raises(TimeoutError):
            await reader.read(0.01)
    task = asyncio.current_task()
    assert task is not None
    assert not task.cancelling()


async def test_a_read_times_out_after_reads_that_took_longer_in_all() -> None:
    with closing(TimedReader(slowly(*[0.02] * 6, 60))) as reader:
        for _ in range(6):
            assert await reader.read(0.08) == 0.02
        with pytest.raises(TimeoutError):
            await reader.read(0.08)


async def test_time_between_reads_does_not_count() -> None:
    with closing(TimedReader(slowly(0, 0))) as reader:
        await reader.read(0.01)
        await asyncio.sleep(0.03)
        assert await reader.read(0.01) == 0


async def test_a_cancellation_from_outside_stays_one() -> None:
    async def work() -> None:
        with closing(TimedReader(slowly(60))) as reader:
            await reader.read(30)

    task = asyncio.create_task(work())
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_a_crowd_passes_one_by_one_and_the_loop_goes_round_in_between() -> None:
    turnstile, rounds, passed = Turnstile(), 0, list[int]()
    over = asyncio.Event()

    async def count_rounds() -> None:
        nonlocal rounds
        while not over.is_set():
            rounds += 1
            await asyncio.sleep(0)

    async def one() -> None:
        await turnstile.wait()
        passed.append(rounds)

    counting = asyncio.create_task(count_rounds())
    await asyncio.gather(*(one() for _ in range(20)))
    over.set()
    await counting
    assert len(passed) == len(set(passed)) == 20


async def test_one_who_gives_up_at_the_turnstile_holds_up_nobody() -> None:
    turnstile = Turnstile()
    tasks = [asyncio.create_task(turnstile.wait()) for _ in range(3)]
    await asyncio.sleep(0)
    tasks[0].cancel()
    tasks[1].cancel()
    await asyncio.wait_for(tasks[2], 10)
