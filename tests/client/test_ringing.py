"""How often reminders are looked for where a server answers nonsense; see tests/server/test_ringer.py for the rest."""

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, cast

import pytest

from kirotodo.client.ringing import ClientRinger
from kirotodo.core.backend import Backend
from kirotodo.core.domain.reminder import Claimed, Reminder
from tests.client.hostile import NOW, build

pytestmark = pytest.mark.virtual_time
MINUTES = 10


class Counting:
    """Answers every look in the same way, whatever receipts it was given, and counts the looks."""

    def __init__(self, answer: Claimed) -> None:
        self.answer = answer
        self.looks = 0

    async def claim_reminders(self, owner: str) -> Claimed:
        self.looks += 1
        return self.answer

    async def settle_reminders(self, *_: Any, **__: Any) -> None:
        return None


async def looks_in_ten_minutes(answer: Claimed) -> tuple[int, int]:
    """Return how often the list was asked, and how many reminders were shown."""
    loop = asyncio.get_running_loop()
    began, shown = loop.time(), list[Reminder]()

    def clock() -> datetime:
        return NOW + timedelta(seconds=loop.time() - began)

    async def show(reminders: Sequence[Reminder]) -> bool:
        shown.extend(reminders)
        return True

    backend = Counting(answer)
    ringer = ClientRinger(cast(Backend, backend), show, clock=clock)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(60 * MINUTES):
            await ringer.run(waiting=lambda _: None, trouble=lambda error: None)
    return backend.looks, len(shown)


async def test_a_list_that_keeps_no_receipt_is_asked_for_reminders_once_a_minute() -> None:
    answer: Claimed = build(Claimed, "x")
    assert answer.items
    looks, shown = await looks_in_ten_minutes(answer)
    assert shown <= MINUTES + 1
    assert looks <= 2 * (MINUTES + 1)


async def test_a_list_whose_next_reminder_is_over_is_asked_once_a_second() -> None:
    looks, shown = await looks_in_ten_minutes(Claimed(next_at=NOW - timedelta(days=1)))
    assert shown == 0
    assert 60 * MINUTES - 1 <= looks <= 60 * MINUTES + 1
