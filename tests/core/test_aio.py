"""Work that is seen through, whoever leaves meanwhile."""

import asyncio

import pytest

from kirotodo.core.aio import shielded


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
