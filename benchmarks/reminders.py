"""Reminders: what it costs to claim fifty of a thousand that are due in a minute, in a long list over a short one.

Claimed and settled as a chat does, page after page, until nothing is due.
"""

import asyncio
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Final

from benchmarks.figure import Figure, middle
from benchmarks.lists import BATCH, draft
from benchmarks.local_backend import cpu, local_backend, scratch
from benchmarks.moment import NOW, settled
from kirotodo.core.backend import Backend
from kirotodo.core.domain.reminder import CLAIM_MAX
from kirotodo.core.domain.task import TaskDraft

FEW: Final = 2 * CLAIM_MAX
MANY: Final = 1_000
SHORT: Final = 100
LONG: Final = 100_000
LATER: Final = NOW + timedelta(minutes=2)
OWNER: Final = "benchmark"


def due_in_one_minute() -> Iterator[Figure]:
    few, many = asyncio.run(_both())
    yield Figure(
        what=f"claim and settle {CLAIM_MAX} of {MANY:,} due, {LONG:,} tasks over {SHORT}, CPU",
        value=middle(many) / middle(few),
        unit="×",
        limit=2,
        digits=2,
        detail=f"{middle(few) * 1000:.1f} → {middle(many) * 1000:.1f} ms; {len(many)} pages",
    )


async def _both() -> tuple[list[float], list[float]]:
    few: list[float] = []
    with scratch() as long:
        await _fill(long, LONG, due=MANY)
        async with local_backend(long, clock=lambda: LATER) as backend:
            many = await _rung(backend)
    assert len(many) == MANY // CLAIM_MAX - 1, "each was claimed once"
    for _ in range(5):
        with scratch() as folder:
            await _fill(folder, SHORT, due=FEW)
            async with local_backend(folder, clock=lambda: LATER) as backend:
                few += await _rung(backend)
    return few, many


async def _fill(folder: Path, count: int, *, due: int) -> None:
    async with local_backend(folder) as backend:
        for start in range(0, count - due, BATCH):
            await backend.import_tasks([draft(number) for number in range(start, min(start + BATCH, count - due))])
        minute = [NOW + timedelta(seconds=60 * (number + 1) / due) for number in range(due)]
        await backend.import_tasks([TaskDraft(title=f"call {at}", remind_at=at) for at in minute])


async def _rung(backend: Backend) -> list[float]:
    """The CPU seconds of each page of reminders but the first, which builds the statements."""
    settled()
    spent: list[float] = []
    while True:
        found: list[int] = []

        async def page(found: list[int] = found) -> None:
            claimed = await backend.claim_reminders(OWNER)
            found.append(len(claimed.items))
            await backend.settle_reminders(OWNER, [each.claim for each in claimed.items])

        taken = await cpu(page)
        if not found[0]:
            return spent[1:]
        spent.append(taken)
