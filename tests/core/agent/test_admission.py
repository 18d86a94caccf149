"""Turns begin at once, unless the process is busy: then some wait, without losing time."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from kirotodo.core.agent.admission import Admission
from kirotodo.core.agent.cancellation import Cancellation, RunCancelled
from tests.waiting import until

ALWAYS, TURNS = 3, 10
LONG = 1e6
NEVER_CALM, ALWAYS_CALM = -1.0, LONG


class Crowd:
    """Turns that run until they are let go."""

    def __init__(self, admission: Admission) -> None:
        self.admission = admission
        self.begun: list[int] = []
        self.interrupts = [Cancellation(deadline=0) for _ in range(TURNS)]
        self.go_on = [asyncio.Event() for _ in range(TURNS)]
        self.tasks = [asyncio.create_task(self._run(number)) for number in range(TURNS)]

    async def _run(self, number: int) -> None:
        async with self.admission.admitted(self.interrupts[number]):
            self.begun.append(number)
            await self.go_on[number].wait()


@asynccontextmanager
async def crowd(calm_seconds: float, *, growth: float = LONG) -> AsyncIterator[Crowd]:
    everybody = Crowd(Admission(always=ALWAYS, calm_seconds=calm_seconds, growth=growth))
    yield everybody
    for task in everybody.tasks:
        task.cancel()
    await asyncio.gather(*everybody.tasks, return_exceptions=True)
    assert everybody.admission.running == 0


async def rounds(number: int = 200) -> None:
    for _ in range(number):
        await asyncio.sleep(0)


async def test_as_long_as_the_process_keeps_up_all_run() -> None:
    async with crowd(ALWAYS_CALM) as everybody:
        await until(lambda: everybody.begun == list(range(TURNS)))


@pytest.mark.virtual_time
async def test_what_the_first_cost_is_seen_before_many_more_are_let_in() -> None:
    async with crowd(ALWAYS_CALM, growth=0.5) as everybody:
        await asyncio.sleep(0.5)
        assert len(everybody.begun) == ALWAYS
        await asyncio.sleep(0.5)
        assert len(everybody.begun) == ALWAYS + 1
        await asyncio.sleep(10)
        assert everybody.begun == list(range(TURNS))


@pytest.mark.virtual_time
async def test_nobody_is_let_in_for_as_long_as_text_was_late() -> None:
    async with crowd(ALWAYS_CALM) as everybody:
        everybody.admission.text_stored(3.0)
        await asyncio.sleep(2.9)
        assert len(everybody.begun) == ALWAYS
        await asyncio.sleep(0.2)
        assert everybody.begun == list(range(TURNS))


async def test_in_a_busy_process_some_run_and_the_next_begins_when_one_is_over() -> None:
    async with crowd(NEVER_CALM) as everybody:
        for over in range(TURNS - ALWAYS):
            await until(lambda over=over: len(everybody.begun) >= ALWAYS + over)  # type: ignore[misc]
            await rounds()
            assert everybody.begun == list(range(ALWAYS + over))
            everybody.go_on[over].set()


async def test_who_waits_to_begin_can_be_stopped_and_loses_no_time() -> None:
    async with crowd(NEVER_CALM) as everybody:
        await rounds()
        last = everybody.interrupts[-1]
        last.stop("cancelled")
        with pytest.raises(RunCancelled):
            await everybody.tasks[-1]
        assert last.deadline > 0
        assert everybody.begun == list(range(ALWAYS))
