"""Reminders over every backend: they ring once, move with their task, and are settled by what is done to it."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from kirotodo.core.backend import Backend, TaskFields
from kirotodo.core.domain.reminder import Claimed
from kirotodo.core.errors import InvalidInput
from tests.contract.harness import BackendHarness
from tests.contract.test_changes import Listener

# It is Monday, 23 November 2026, 10:30 in Vienna (9:30 UTC).


def at(hour: int, minute: int = 0, day: int = 23) -> datetime:
    return datetime(2026, 11, day, hour, minute, tzinfo=UTC)


async def ring(backend: Backend, owner: str = "me") -> list[str]:
    """Ring everything that is due, and settle it: what rang, with its marks."""
    claimed = await backend.claim_reminders(owner)
    await backend.settle_reminders(owner, [each.claim for each in claimed.items])
    return [
        f"{each.task.title}{' late' if each.late else ''}{' again' if each.again else ''}" for each in claimed.items
    ]


async def next_at(backend: Backend) -> datetime | None:
    return (await backend.claim_reminders("asks")).next_at


async def test_a_reminder_rings_once_at_its_moment(backend: Backend, harness: BackendHarness) -> None:
    await backend.add_task({"title": "call Jane", "due": "today 12:00", "remind": "10 minutes before"})
    claimed = await backend.claim_reminders("me")
    assert claimed.items == ()
    assert claimed.next_at == at(10, 50)
    assert claimed.upcoming is not None
    assert (claimed.upcoming.title, claimed.upcoming.remind_at) == ("call Jane", at(10, 50))
    harness.clock.advance(minutes=79)
    assert await ring(backend) == []
    harness.clock.advance(minutes=1)
    assert await ring(backend) == ["call Jane"]
    assert await ring(backend) == []
    assert await backend.claim_reminders("me") == Claimed()


async def test_what_was_missed_is_rung_once_and_marked(backend: Backend, harness: BackendHarness) -> None:
    await backend.add_task({"title": "one", "remind_at": at(10)})
    await backend.add_task({"title": "two", "remind_at": at(11)})
    harness.clock.advance(days=2)
    assert await ring(backend) == ["one late", "two late"]
    assert await ring(backend) == []


async def test_one_claim_keeps_others_out_until_its_lease_is_over(backend: Backend, harness: BackendHarness) -> None:
    await backend.add_task({"title": "call", "remind_at": at(10)})
    harness.clock.advance(minutes=30)
    mine = await backend.claim_reminders("one")
    theirs = await backend.claim_reminders("two")
    assert [each.task.title for each in mine.items] == ["call"]
    assert theirs.items == ()
    assert theirs.next_at is not None  # when the lease runs out
    again = await backend.claim_reminders("one")  # the response was lost, say
    assert [each.task.title for each in again.items] == ["call"]
    assert await backend.settle_reminders("two", [again.items[0].claim]) == ()
    assert [each.task_id for each in await backend.settle_reminders("one", [again.items[0].claim])] == [1]
    assert await backend.settle_reminders("one", [again.items[0].claim]) == ()


async def test_what_one_lets_go_of_another_rings(backend: Backend, harness: BackendHarness) -> None:
    await backend.add_task({"title": "call", "remind_at": at(10)})
    harness.clock.advance(minutes=30)
    mine = await backend.claim_reminders("one")
    await backend.settle_reminders("one", [each.claim for each in mine.items], rung=False)
    assert await ring(backend, "two") == ["call again"]


async def test_claims_are_pages(backend: Backend, harness: BackendHarness) -> None:
    for number in range(3):
        await backend.add_task({"title": f"t{number}", "remind_at": at(10)})
    harness.clock.advance(minutes=31)
    first = await backend.claim_reminders("one", limit=2)
    assert [each.task.id for each in first.items] == [1, 2]
    assert first.next_at is not None
    assert first.next_at <= harness.clock()
    assert [each.task.id for each in (await backend.claim_reminders("two", limit=2)).items] == [3]


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"due": "today 14:00"}, at(12)),
        ({"due": "tomorrow"}, at(10, day=24)),  # the time stays
        ({"time": "13:30"}, at(11, 30)),
        ({"due": "+1 day"}, at(10, day=24)),
        ({"due": None}, None),
        ({"remind": None}, None),
        ({"remind_before": None}, None),
        ({"remind_before": 30}, at(10, 30)),
        ({"remind": "half an hour before"}, at(10, 30)),
        ({"remind": "today 11:15"}, at(10, 15)),
        ({"title": "Jane"}, at(10)),
    ],
    ids=str,
)
async def test_an_offset_moves_with_the_due_date(
    backend: Backend, change: TaskFields, expected: datetime | None
) -> None:
    task = await backend.add_task({"title": "call", "due": "today 12:00", "remind": "an hour before"})
    assert (task.remind_at, task.remind_before) == (at(10), 60)
    await backend.update_tasks([1], change)
    assert (await backend.task(1)).remind_at == expected
    assert await next_at(backend) == expected
    await backend.undo()
    assert (await backend.task(1)).remind_before == 60
    assert await next_at(backend) == at(10)


async def test_a_moment_stays_where_it_is(backend: Backend) -> None:
    await backend.add_task({"title": "dentist", "due": "friday 12:00", "remind": "tomorrow 8:00"})
    await backend.update_tasks([1], {"due": "2026-12-04"})
    task = await backend.task(1)
    assert (task.remind_at, task.remind_before) == (at(7, day=24), None)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("10 minutes", at(9, 40)),
        ("for an hour", at(10, 30)),
        ("three quarters of an hour", at(10, 15)),
        ("15", at(9, 45)),
        ("until 5", at(16)),
        ("until tomorrow 9", at(8, day=24)),
        ("until 11:30", at(10, 30)),
        ("until wednesday", at(8, day=25)),
        ("till this evening", at(17)),
        ("2 days", at(8, day=25)),
        ("1h 30m", at(11)),
        ("to monday 8am", at(7, day=30)),
    ],
)
async def test_snoozing_in_words(backend: Backend, words: str, expected: datetime) -> None:
    await backend.add_task({"title": "call", "due": "today 12:00", "remind": "an hour before"})
    changed = await backend.update_tasks([1], {"snooze": words})
    assert (changed.tasks[0].remind_at, changed.tasks[0].remind_before) == (expected, 60)
    assert await next_at(backend) == expected
    await backend.undo()
    assert await next_at(backend) == at(10)


@pytest.mark.parametrize("words", ["", "soonish", "yesterday", "until 2020-01-01"])
async def test_what_cannot_be_snoozed(backend: Backend, words: str) -> None:
    await backend.add_task({"title": "call"})
    with pytest.raises(InvalidInput):
        await backend.update_tasks([1], {"snooze": words})
    await backend.complete_tasks([1])
    with pytest.raises(InvalidInput, match="is done"):
        await backend.update_tasks([1], {"snooze": "10 minutes"})


async def test_a_snoozed_reminder_rings_again_and_the_next_occurrence_keeps_its_lead(
    backend: Backend, harness: BackendHarness
) -> None:
    await backend.add_task(
        {"title": "pills", "due": "today 12:00", "recurrence": "every day", "remind": "30 minutes before"}
    )
    harness.clock.advance(hours=1)
    assert await ring(backend) == ["pills"]
    await backend.update_tasks([1], {"snooze": "20 minutes"})
    assert await ring(backend) == []
    harness.clock.advance(minutes=20)
    assert await ring(backend) == ["pills"]
    await backend.complete_tasks([1])
    following = await backend.task(2)
    assert (following.remind_at, following.remind_before) == (at(10, 30, day=24), 30)
    assert await next_at(backend) == at(10, 30, day=24)


SETTLING: dict[str, Callable[[Backend], Any]] = {
    "completed": lambda backend: backend.complete_tasks([1]),
    "deleted": lambda backend: backend.delete_tasks([1]),
    "no longer reminded of": lambda backend: backend.update_tasks([1], {"remind": None}),
    "put off": lambda backend: backend.update_tasks([1], {"remind": "2026-11-30 09:00"}),
}


@pytest.mark.parametrize("how", SETTLING)
async def test_what_is_done_to_a_task_settles_its_reminder_and_undo_puts_it_back(
    backend: Backend, harness: BackendHarness, how: str
) -> None:
    await backend.add_task({"title": "call", "remind_at": at(10)})
    await SETTLING[how](backend)
    harness.clock.advance(minutes=5)
    await backend.undo()
    assert await next_at(backend) == at(10)
    await backend.redo()
    harness.clock.advance(hours=1)
    assert await ring(backend) == []


@pytest.mark.parametrize("how", SETTLING)
async def test_what_has_rung_is_not_rung_again_after_an_undo(
    backend: Backend, harness: BackendHarness, how: str
) -> None:
    await backend.add_task({"title": "call", "remind_at": at(10)})
    harness.clock.advance(minutes=30)
    assert await ring(backend) == ["call"]
    await SETTLING[how](backend)
    await backend.undo()
    harness.clock.advance(minutes=1)
    assert await ring(backend) == []


async def test_a_reminder_that_is_moved_while_it_rings_rings_at_its_new_moment(
    backend: Backend, harness: BackendHarness
) -> None:
    await backend.add_task({"title": "call", "remind_at": at(10)})
    harness.clock.advance(minutes=30)
    claimed = await backend.claim_reminders("one")
    await backend.update_tasks([1], {"snooze": "10 minutes"})
    assert await backend.settle_reminders("one", [each.claim for each in claimed.items]) == ()
    harness.clock.advance(minutes=10)
    assert await ring(backend) == ["call"]


async def test_a_moment_that_has_passed_is_nothing_to_remind_of(backend: Backend) -> None:
    await backend.add_task({"title": "old", "remind_at": at(9)})
    assert await ring(backend) == []
    await backend.complete_tasks([1])
    await backend.complete_tasks([1], completed=False)
    assert await ring(backend) == []


async def test_everyone_who_follows_the_list_hears_what_rang(backend: Backend, harness: BackendHarness) -> None:
    await backend.add_task({"title": "call", "remind_at": at(10)})
    harness.clock.advance(minutes=30)
    async with Listener(backend) as listener:
        since = listener.received[0].revision
        await ring(backend)
        heard = await listener.until(lambda change: bool(change.rung))
    assert [(each.task_id, each.remind_at) for each in heard.rung] == [(1, at(10))]
    async with Listener(backend) as later:
        assert not later.received[0].rung
    missed = await anext(change async for change in backend.changes(after=since) if getattr(change, "rung", ()))
    assert missed.rung == heard.rung  # type: ignore[union-attr]


async def test_an_owner_has_a_name(backend: Backend) -> None:
    for owner in ("", "x" * 101, "a\nb"):
        with pytest.raises(InvalidInput):
            await backend.claim_reminders(owner)
