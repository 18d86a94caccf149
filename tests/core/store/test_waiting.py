"""Queues that are waited in while they move."""

import asyncio

import pytest

from kirotodo.core.errors import StorageBusy
from kirotodo.core.store.waiting import MovingQueue, Pace

PATIENCE = 10
pytestmark = pytest.mark.virtual_time


def queue(places: int = 1, pace: Pace | None = None) -> MovingQueue:
    return MovingQueue(places, patience=PATIENCE, stuck=lambda: StorageBusy("busy"), pace=pace)


async def test_all_are_let_in_however_long_that_takes_as_many_at_once_as_there_are_places() -> None:
    line = queue(2)
    inside = most = 0
    order: list[int] = []

    async def one(number: int) -> None:
        nonlocal inside, most
        async with line.place():
            inside += 1
            most = max(most, inside)
            order.append(number)
            await asyncio.sleep(PATIENCE / 10)
            inside -= 1

    async with asyncio.timeout(20 * PATIENCE):
        await asyncio.gather(*(one(number) for number in range(60)))  # 30 rounds: three times what one waits for
    assert most == 2
    assert order == sorted(order)


async def test_who_waits_in_a_queue_that_stands_still_is_told() -> None:
    line = queue()
    async with line.place():
        with pytest.raises(StorageBusy):
            async with line.place():
                raise AssertionError("nobody left")
    async with line.place():
        pass


async def test_one_that_was_kept_waiting_itself_moves_nothing() -> None:
    line, go = queue(), asyncio.Event()

    async def kept_waiting() -> None:
        async with line.place():
            go.set()
            await asyncio.sleep(PATIENCE / 2)
            raise StorageBusy("another program")

    async with asyncio.timeout(20 * PATIENCE):
        first = asyncio.create_task(kept_waiting())
        await go.wait()
        second = asyncio.create_task(kept_waiting())
        assert [type(each) for each in await asyncio.gather(first, second, return_exceptions=True)] == [StorageBusy] * 2


async def test_queues_with_one_pace_move_together() -> None:
    pace = Pace()
    mine, others = queue(pace=pace), queue(pace=pace)
    async with mine.place():
        waiting = asyncio.create_task(mine.place().__aenter__())
        for _ in range(20):
            await asyncio.sleep(PATIENCE / 5)
            async with others.place():
                pass
        assert not waiting.done()
    await waiting


async def test_who_gives_up_waiting_leaves_the_place_to_the_next() -> None:
    line = queue()
    async with line.place():
        leaving = asyncio.create_task(line.place().__aenter__())
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        leaving.cancel()
        await asyncio.gather(leaving, return_exceptions=True)
    async with line.place():
        assert line.waiting == 0
