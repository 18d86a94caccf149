"""A list on a server with a copy of it here: read and edited while the server is away, and sent once, in order."""

import asyncio
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import date, time, timedelta
from pathlib import Path
from typing import Any

import pytest

from kirotodo.client.remote.offline import OfflineBackend
from kirotodo.core.backend import TaskFields
from kirotodo.core.domain.history import ChangeSelection
from kirotodo.core.domain.pending_edit import PendingEdit, is_provisional
from kirotodo.core.domain.plan import Move
from kirotodo.core.domain.task import Task, TaskDraft, TaskFilter
from kirotodo.core.domain.view import View
from kirotodo.core.errors import InvalidInput, NotUndoable, PreconditionFailed, Unreachable
from tests.client.remote.offline_host import MONDAY, Harness, following, gone_away, offline_harness, sent, shows
from tests.server.serving import token_for
from tests.waiting import until


@pytest.fixture
async def harness(tmp_path: Path, empty_list: Path) -> AsyncIterator[Harness]:
    async with offline_harness(tmp_path, empty_list) as harness:
        yield harness


# --- reading ---


async def test_the_last_known_list_is_there_at_a_start_without_network(harness: Harness) -> None:
    plumber = (await harness.direct.add_from_text("call the plumber tomorrow 5pm #home +flat !high"))[0]
    await harness.direct.add_task(TaskFields(title="bring card", parent_id=plumber.id))
    await harness.direct.add_from_text("report from next month")
    await harness.direct.complete_tasks([(await harness.direct.add_from_text("done already"))[0].id])
    async with harness.followed() as backend:
        await backend.status()
        await backend.models()
    harness.proxy.go_away()
    async with harness.opened() as backend:
        known = await backend.last_known()
        assert known is not None
        assert list(known) == list((await harness.direct.tasks()).items)
        assert (await backend.tasks(TaskFilter(filter="#home"))).items[0].steps is not None
        assert [task.title for task in (await backend.tasks(TaskFilter(status="completed"))).items] == ["done already"]
        status = await backend.status()
        assert (status.model, status.link) == ("built-in", "reconnecting")
        assert status.pending == (await harness.direct.status()).pending
        assert (await backend.models())[0].name == "built-in"


async def test_nothing_is_shown_as_the_list_before_anything_is_known(harness: Harness) -> None:
    harness.proxy.go_away()
    async with harness.opened() as backend:
        assert await backend.last_known() is None
        with pytest.raises(Unreachable):
            await backend.tasks()
        with pytest.raises(Unreachable):
            await backend.status()


async def test_what_changed_while_nobody_looked_is_in_the_copy_after_the_next_start(harness: Harness) -> None:
    milk, eggs = await harness.direct.add_from_text("milk"), await harness.direct.add_from_text("eggs")
    async with harness.followed():
        pass
    await harness.direct.complete_tasks([milk[0].id])
    await harness.direct.delete_tasks([eggs[0].id])
    await harness.direct.add_from_text("bread")
    async with harness.followed() as backend:
        await shows(backend, "bread")


async def test_a_list_that_was_restored_from_a_backup_is_fetched_anew(harness: Harness) -> None:
    await harness.direct.add_from_text("milk")
    async with harness.followed() as backend:
        await backend._kept.put([Task(id=99, title="gone", created_at=harness.clock.now, updated_at=harness.clock.now)])
        await harness.direct.add_from_text("eggs")
        await shows(backend, "milk", "eggs")


async def test_the_copy_is_for_its_owner_alone(harness: Harness) -> None:
    async with harness.followed():
        files = list(harness.copy.parent.glob("copy.db*"))
        assert files
        assert all(file.stat().st_mode & 0o077 == 0 for file in files)


# --- edits without the server ---


async def test_edits_without_the_server_are_made_here_and_sent_once_in_order(harness: Harness) -> None:
    milk = (await harness.direct.add_from_text("milk"))[0]
    old = (await harness.direct.add_from_text("old"))[0]
    async with harness.followed() as backend:
        await gone_away(harness, backend)
        (call,) = await backend.add_from_text("call mom tomorrow 5pm #family")
        assert is_provisional(call.id)
        assert call.due_date == MONDAY + timedelta(days=1)
        call = await backend.edit_task(call, TaskFields(title="call dad"))
        call = await backend.edit_task(call, TaskFields(due="friday"))
        await backend.complete_tasks([milk.id])
        await backend.delete_tasks([old.id])
        assert [task.title for task in (await backend.tasks()).items] == ["call dad"]
        assert harness.told[-1].count == 5
        assert {call.id, milk.id, old.id} <= harness.told[-1].task_ids
        assert await harness.titles() == ["milk", "old"]
        harness.clock.advance(days=1)  # the words were read when they were written
        harness.proxy.away = False
        await sent(backend)
        (task,) = (await harness.direct.tasks()).items
        assert (task.title, task.due_date, task.due_time) == ("call dad", date(2026, 11, 27), time(17))
        assert task.tags == ("family",)
        assert await harness.titles(status="completed") == ["milk"]
        assert [one.title for one in await backend.last_known() or ()] == ["call dad"]
        assert (await backend.tasks()).items == (task,)
        assert harness.told[-1].count == 0
        assert harness.notes == []


async def test_they_survive_a_kill_and_a_start_without_network(harness: Harness) -> None:
    async with harness.followed() as backend:
        await gone_away(harness, backend)
        await backend.add_from_text("milk")
        # Nothing is closed: as if killed.
    async with harness.opened() as backend:
        assert [task.title for task in await backend.last_known() or ()] == ["milk"]
        harness.proxy.away = False
        async with following(backend):
            await sent(backend)
    assert await harness.titles() == ["milk"]


@pytest.mark.parametrize("swallowed", [1, 2, 3, 5])
async def test_cut_between_sending_and_answer_each_is_made_once(harness: Harness, swallowed: int) -> None:
    async with harness.followed() as backend:
        await gone_away(harness, backend)
        for number in range(swallowed):
            await backend.add_from_text(f"task {number}")
        harness.proxy.away = False
        harness.proxy.swallow = swallowed
        await sent(backend)
    assert await harness.titles() == [f"task {number}" for number in range(swallowed)]


async def test_an_edit_that_is_cut_off_waits_and_is_made_once(harness: Harness) -> None:
    async with harness.followed() as backend:
        harness.proxy.swallow = 10_000
        (milk,) = await backend.add_from_text("milk")
        assert is_provisional(milk.id)
        assert [edit.kind for edit in await backend._kept.edits()] == ["text"]
        harness.proxy.swallow = 0
        await sent(backend)
        assert [task.title for task in await backend.last_known() or ()] == ["milk"]
    assert await harness.titles() == ["milk"]


@pytest.mark.parametrize("reached", [False, True], ids=["before it arrived", "after it was made"])
async def test_a_program_that_is_killed_while_it_sends_sends_again(harness: Harness, reached: bool) -> None:
    async with harness.followed() as backend:
        edit = await backend._kept.note(PendingEdit(kind="text", key="k" * 32, text="milk"))
        if reached:
            await backend._send(edit)
    async with harness.followed() as backend:
        await sent(backend)
    assert await harness.titles() == ["milk"]


async def test_what_may_have_been_made_long_ago_is_not_made_again(harness: Harness) -> None:
    async with harness.followed() as backend:
        await backend._kept.note(PendingEdit(kind="text", key="k" * 32, text="milk"))
    harness.clock.advance(days=3)
    async with harness.followed() as backend:
        await sent(backend)
    assert await harness.titles() == []
    assert harness.notes == [
        "It isn't known whether “milk” was added, since the connection broke off long ago. It was not added again; "
        "look whether your list has it."
    ]


async def test_the_next_occurrence_is_the_servers_one(harness: Harness) -> None:
    plants = (await harness.direct.add_from_text("water the plants every day"))[0]
    async with harness.followed() as backend:
        await gone_away(harness, backend)
        changed = await backend.complete_tasks([plants.id])
        (following_one,) = [task for task in changed.tasks if not task.completed]
        await backend.edit_task(following_one, TaskFields(notes="and the roses"))
        harness.proxy.away = False
        await sent(backend)
        assert (await harness.direct.tasks()).items == (await backend.tasks()).items
    (now,) = (await harness.direct.tasks()).items
    assert (now.due_date, now.notes, now.previous_id) == (MONDAY + timedelta(days=1), "and the roses", plants.id)


FIELDS: list[TaskFields] = [
    {"snooze": "10 minutes"},
    {"snooze": "until friday 9am"},
    {"occurrence": "this", "due": "thursday 7pm"},
    {"occurrence": "this", "title": "pay rent in cash"},
    {"occurrence": "series", "due": "thursday"},
    {"occurrence": "series", "time": "8am", "title": "transfer rent"},
    {"occurrence": "series", "recurrence": "every 2 months", "due": "friday"},
    {"title": "oat milk"},
    {"due": "fri 5pm"},
    {"due": None, "recurrence": None},
    {"time": "8am"},
    {"recurrence": "every other friday"},
    {"recurrence": None},
    {"remind": "10 minutes before"},
    {"remind": None},
    {"priority": "high", "project": "home"},
    {"project": None, "tags": ["a", "b"]},
    {"add_tags": ["new"], "remove_tags": ["old"]},
    {"notes": "one\ntwo"},
    {"notes": None, "start": "thursday", "duration": 30},
    {"due_date": date(2026, 12, 24), "due_time": time(9)},
    {"due": "next monday", "remind": "tomorrow 8am"},
]


@pytest.mark.parametrize("fields", FIELDS, ids=lambda fields: "+".join(fields))
async def test_an_edit_comes_to_the_same_as_one_on_the_server(harness: Harness, fields: TaskFields) -> None:
    full = TaskFields(title="pay rent", due="tomorrow 6pm", recurrence="every month", tags=["old"], priority="low")
    full |= {"project": "flat", "remind": "1 hour before"}
    there, here = await harness.direct.add_task(full), await harness.direct.add_task(full)
    async with harness.followed() as backend:
        await gone_away(harness, backend)
        await backend.edit_task(here, fields)
        harness.proxy.away = False
        await sent(backend)
    there = await harness.direct.edit_task(there, fields)
    assert same(await harness.direct.task(here.id)) == same(there)


OF_AN_ODD_ONE: list[TaskFields] = [
    {"snooze": "10 minutes"},
    {"title": "transfer rent"},
    {"due": "saturday"},
    {"due": "tomorrow", "time": "8am"},
    {"recurrence": "every week"},
    {"recurrence": None},
    {"notes": "by card", "priority": "high"},
    {"occurrence": "this", "due": "tomorrow"},
    {"occurrence": "series", "due": "tomorrow"},
    {"occurrence": "series", "due": "sunday", "time": "9am"},
]


@pytest.mark.parametrize("fields", OF_AN_ODD_ONE, ids=lambda fields: "+".join(fields))
async def test_so_does_one_of_an_occurrence_that_differs_from_its_series(harness: Harness, fields: TaskFields) -> None:
    full = TaskFields(title="pay rent", due="tomorrow 6pm", recurrence="every month", remind="1 hour before")
    there, here = await harness.direct.add_task(full), await harness.direct.add_task(full)
    for each in (there, here):
        await harness.direct.edit_task(each, TaskFields(due="friday 7pm", title="pay in cash", occurrence="this"))
    there, here = await harness.direct.task(there.id), await harness.direct.task(here.id)
    assert here.series is not None
    async with harness.followed() as backend:
        await gone_away(harness, backend)
        await backend.edit_task(here, fields)
        harness.proxy.away = False
        await sent(backend)
    assert harness.notes == []
    there = await harness.direct.edit_task(there, fields)
    assert same(await harness.direct.task(here.id)) == same(there)


# --- skipping ---


async def test_a_skip_counts_from_when_it_was_made(harness: Harness) -> None:
    gym = (await harness.direct.add_from_text("gym every day"))[0]
    async with harness.followed() as backend:
        await gone_away(harness, backend)
        preview = await backend.skip_tasks([gym.id], dry_run=True)
        assert [task.due_date for task in preview.tasks] == [MONDAY + timedelta(days=1)]
        changed = await backend.skip_tasks([gym.id])
        assert [task.due_date for task in changed.tasks] == [MONDAY + timedelta(days=1)]
        harness.clock.advance(days=3)
        harness.proxy.away = False
        await sent(backend)
        assert (await backend.tasks()).items == (await harness.direct.tasks()).items
    assert (await harness.direct.task(gym.id)).due_date == MONDAY + timedelta(days=1)
    assert harness.notes == []


async def test_the_next_two_and_one_further_ahead_are_skipped_without_the_server(harness: Harness) -> None:
    gym = (await harness.direct.add_from_text("gym every friday"))[0]
    async with harness.followed() as backend:
        await gone_away(harness, backend)
        assert [task.due_date for task in (await backend.skip_tasks([gym.id], count=2)).tasks] == [date(2026, 12, 11)]
        preview = await backend.skip_tasks([gym.id], on="18 dec", dry_run=True)
        changed = await backend.skip_tasks([gym.id], on="24 dec..1 jan")
        assert [task.recurrence for task in changed.tasks] == ["FREQ=WEEKLY;BYDAY=FR;EXDATE=20261225,20270101"]
        assert [task.recurrence for task in preview.tasks] == ["FREQ=WEEKLY;BYDAY=FR;EXDATE=20261218"]
        harness.clock.advance(days=3)
        harness.proxy.away = False
        await sent(backend)
        assert (await backend.tasks()).items == (await harness.direct.tasks()).items
    there = await harness.direct.task(gym.id)
    assert (there.due_date, there.recurrence) == (date(2026, 12, 11), "FREQ=WEEKLY;BYDAY=FR;EXDATE=20261225,20270101")
    assert harness.notes == []


async def test_two_skips_and_an_edit_go_out_in_order(harness: Harness) -> None:
    gym = (await harness.direct.add_from_text("gym every day"))[0]
    async with harness.followed() as backend:
        await gone_away(harness, backend)
        await backend.skip_tasks([gym.id])
        await backend.edit_task(await backend.task(gym.id), TaskFields(title="swim"))
        await backend.skip_tasks([gym.id])
        harness.proxy.away = False
        harness.proxy.swallow = 2
        await sent(backend)
    now = await harness.direct.task(gym.id)
    assert (now.title, now.due_date) == ("swim", MONDAY + timedelta(days=2))
    assert harness.notes == []


async def test_what_was_done_elsewhere_is_not_skipped_as_well(harness: Harness) -> None:
    gym = (await harness.direct.add_from_text("gym every day"))[0]
    async with harness.followed() as backend:
        await gone_away(harness, backend)
        await backend.skip_tasks([gym.id])
        await harness.direct.skip_tasks([gym.id])
        await harness.direct.skip_tasks([gym.id])
        harness.proxy.away = False
        await sent(backend)
        assert (await backend.tasks()).items == (await harness.direct.tasks()).items
    assert (await harness.direct.task(gym.id)).due_date == MONDAY + timedelta(days=2)
    assert harness.notes == [
        f"An edit that waited was not saved: “gym” (it was to be skipped). Task {gym.id} “gym” isn't due on that day "
        "any more, so it was not skipped."
    ]


async def test_all_routines_are_skipped_until_a_day_with_their_steps(harness: Harness) -> None:
    gym = (await harness.direct.add_from_text("gym every day"))[0]
    bag = await harness.direct.add_task(TaskFields(title="pack", parent_id=gym.id, due="today"))
    last = (await harness.direct.add_from_text("pills every day until tomorrow"))[0]
    await harness.direct.complete_tasks([bag.id])
    async with harness.followed() as backend:
        await gone_away(harness, backend)
        changed = await backend.skip_tasks(until="friday")
        assert changed.removed == (last.id,)
        assert [edit.task_ids for edit in await backend._kept.edits()] == [(gym.id,), (last.id,)]
        assert not (await backend.task(bag.id)).completed
        harness.clock.advance(days=1)
        harness.proxy.away = False
        await sent(backend)
        assert (await backend.tasks()).items == (await harness.direct.tasks()).items
    assert (await harness.direct.task(gym.id)).due_date == date(2026, 11, 27)
    assert (await harness.direct.task(bag.id)).due_date == date(2026, 11, 27)
    assert await harness.titles() == ["gym", "pack"]


async def test_moves_to_several_days_wait_and_are_undone_together(harness: Harness) -> None:
    gym, milk = [(await harness.direct.add_from_text(line))[0] for line in ("gym on friday", "milk")]
    moves = [
        Move(task_id=gym.id, due_date=gym.due_date, to=date(2026, 11, 28)),
        Move(task_id=milk.id, due_date=None, to=date(2026, 11, 24)),
    ]
    async with harness.followed() as backend:
        await gone_away(harness, backend)
        await backend.move_tasks(moves, for_once=False)
        await backend.undo()
        assert [(await backend.task(each.id)).due_date for each in (gym, milk)] == [gym.due_date, None]
        await backend.move_tasks(moves, for_once=False)
        harness.proxy.away = False
        await sent(backend)
        assert (await backend.tasks()).items == (await harness.direct.tasks()).items
        back = [replace(move, due_date=move.to, to=date(2026, 12, 1)) for move in moves]
        await backend.move_tasks(back, for_once=False)
    assert {(await harness.direct.task(each.id)).due_date for each in (gym, milk)} == {date(2026, 12, 1)}
    await harness.direct.undo()
    assert [(await harness.direct.task(each.id)).due_date for each in (gym, milk)] == [move.to for move in moves]
    assert harness.notes == []


async def test_a_skip_that_is_cut_off_is_made_once(harness: Harness) -> None:
    gym = (await harness.direct.add_from_text("gym every day"))[0]
    await harness.direct.add_task(TaskFields(title="pack", parent_id=gym.id))
    async with harness.followed() as backend:
        harness.proxy.swallow = 10_000
        await backend.skip_tasks([gym.id])
        harness.proxy.swallow = 0
        await sent(backend)
    assert (await harness.direct.task(gym.id)).due_date == MONDAY + timedelta(days=1)
    assert harness.notes == []


async def test_completing_a_task_with_steps_that_is_cut_off_is_made_once(harness: Harness) -> None:
    trip = (await harness.direct.add_from_text("trip"))[0]
    await harness.direct.add_task(TaskFields(title="pack", parent_id=trip.id))
    async with harness.followed() as backend:
        harness.proxy.swallow = 10_000
        await backend.complete_tasks([trip.id])
        harness.proxy.swallow = 0
        await sent(backend)
    assert await harness.titles() == []
    assert harness.notes == []


# --- saved views and the history ---


async def test_saved_views_are_there_without_the_server_and_filter_by_it(harness: Harness) -> None:
    await harness.direct.add_from_text("report #work")
    await harness.direct.add_from_text("milk")
    await harness.direct.save_view(View(name="job", filter="#work", pinned=True))
    async with harness.followed() as backend:
        await until(lambda: backend._looked is not None)
        await harness.direct.save_view(View(name="late", filter="overdue"))
        harness.clock.advance(minutes=6)
        await harness.direct.add_from_text("bread")

        async def both() -> bool:
            return len(await backend._kept.views()) == 2

        await until(both, pause=0.01)
    harness.proxy.go_away()
    async with harness.opened() as backend:
        assert await backend.views() == await harness.direct.views()
        page = await backend.tasks(TaskFilter(status=None, filter="@job"))
        assert [task.title for task in page.items] == ["report"]
        with pytest.raises(Unreachable):
            await backend.save_view(View(name="job", filter="#home"))


@pytest.mark.parametrize(
    ("sentence", "use"),
    [
        ("Statistics need the server.", lambda backend: backend.stats()),
        ("Plans need the server.", lambda backend: backend.plan()),
        ("Plans need the server.", lambda backend: backend.propose_spread()),
        (
            "Moving tasks as a plan says needs the server.",
            lambda backend: backend.move_tasks([Move(task_id=1, due_date=MONDAY, to=MONDAY)]),
        ),
        ("Only the server knows your list as it was.", lambda backend: backend.tasks_as_of("yesterday")),
        ("Conversations are kept by the server.", lambda backend: backend.conversations()),
        ("Redo needs the server.", lambda backend: backend.redo()),
        ("Only edits that wait here can be undone without the server.", lambda backend: backend.undo()),
        ("Saving a view needs the server.", lambda backend: backend.save_view(View(name="job", filter="#home"))),
        ("Removing a view needs the server.", lambda backend: backend.delete_view("job")),
        ("An import needs the server.", lambda backend: backend.import_tasks([TaskDraft(title="milk")])),
    ],
)
async def test_what_needs_the_server_says_so(
    harness: Harness, sentence: str, use: Callable[[OfflineBackend], Awaitable[object]]
) -> None:
    await harness.direct.add_from_text("milk")
    async with harness.followed():
        pass
    harness.proxy.url = "http://127.0.0.1:1"  # where nobody listens: it is certain that nothing was sent
    async with harness.opened() as backend:
        with pytest.raises(Unreachable) as refused:
            await use(backend)
    assert refused.value.message.startswith(f"{sentence} ")
    assert len(refused.value.message) > len(sentence) + 10  # and what is wrong with the server


async def test_the_newest_history_is_readable_without_the_server(harness: Harness) -> None:
    milk = (await harness.direct.add_from_text("milk"))[0]
    await harness.direct.edit_task(milk, TaskFields(title="oat milk"))
    await harness.direct.add_from_text("bread")
    await harness.direct.undo()
    async with harness.followed() as backend:
        await until(lambda: backend._looked is not None)
        await gone_away(harness, backend)
        there = (await harness.direct.history()).items
        assert (await backend.history()).items == there
        assert backend.showed_copy
        await backend.edit_task(await backend.task(milk.id), TaskFields(notes="two litres"))
        newest, *others = (await backend.history(task_id=milk.id)).items
        assert (newest.task.notes, newest.by.kind) == ("two litres", "you")
        assert others == [entry for entry in there if entry.task_id == milk.id]
        with pytest.raises(NotUndoable, match="waits to be sent"):
            await backend.undo_changes(ChangeSelection(change_id=newest.id))
        first = await backend.history(limit=2)
        second = await backend.history(limit=2, cursor=first.next)
        assert [entry.id for entry in (*first.items, *second.items)] == [newest.id, *(each.id for each in there[:3])]
        harness.proxy.away = False
        await sent(backend)
        assert (await backend.history()).items == (await harness.direct.history()).items
        harness.proxy.go_away()
        await until(lambda: backend._down)
        assert (await backend.history()).items == (await harness.direct.history()).items


async def test_undo_of_what_waits_leaves_the_history_of_the_server_alone(harness: Harness) -> None:
    milk = (await harness.direct.add_from_text("milk"))[0]
    async with harness.followed() as backend:
        await until(lambda: backend._looked is not None)
        await gone_away(harness, backend)
        await backend.complete_tasks([milk.id])
        await backend.undo()
        assert not (await backend.task(milk.id)).completed
        with pytest.raises(Unreachable):
            await backend.undo()


# --- notes ---


async def test_a_note_survives_a_program_that_is_killed_before_it_shows_it(harness: Harness) -> None:
    milk = (await harness.direct.add_from_text("milk"))[0]
    async with harness.followed() as backend:
        await gone_away(harness, backend)
        await backend.edit_task(milk, TaskFields(title="oat milk"))
        await harness.direct.delete_tasks([milk.id])
        harness.proxy.away = True
    harness.proxy.away = False
    program = (sys.executable, "-m", "tests.client.remote.killed_at_a_note")
    process = await asyncio.create_subprocess_exec(*program, harness.proxy.url, token_for("ann"), str(harness.copy))
    assert await process.wait() == -signal.SIGKILL
    async with harness.opened() as backend:
        assert await backend._kept.edits() == ()
        assert [note.text for note in await backend.notes()] == [
            "“milk” was deleted elsewhere, so your edit was not saved (title oat milk)."
        ]


async def test_a_note_is_kept_until_it_is_dismissed(harness: Harness) -> None:
    async with both_sides(harness) as (backend, milk):
        await backend.edit_task(milk, TaskFields(title="oat milk"))
        await harness.direct.delete_tasks([milk.id])
    harness.proxy.go_away()
    async with harness.opened() as backend:
        (note,) = await backend.notes()
        assert note.text == "“milk” was deleted elsewhere, so your edit was not saved (title oat milk)."
        await backend.dismiss_note(note.id)
    async with harness.opened() as backend:
        assert await backend.notes() == ()


def same(task: Task) -> dict[str, Any]:
    return {name: getattr(task, name) for name in Task.__slots__ if name not in ("id", "created_at", "updated_at")}


async def test_words_that_cannot_be_read_are_refused_at_once(harness: Harness) -> None:
    milk = (await harness.direct.add_from_text("milk"))[0]
    async with harness.followed() as backend:
        await gone_away(harness, backend)
        with pytest.raises(InvalidInput):
            await backend.edit_task(milk, TaskFields(due="31 feb"))
        with pytest.raises(InvalidInput, match="Name at least one task"):
            await backend.delete_tasks([])
        with pytest.raises(Unreachable, match="doesn't have that task"):
            await backend.complete_tasks([77])
        assert await backend._kept.edits() == ()


async def test_an_edit_of_what_was_seen_before_is_refused(harness: Harness) -> None:
    milk = (await harness.direct.add_from_text("milk"))[0]
    async with harness.followed() as backend:
        await gone_away(harness, backend)
        harness.clock.advance(minutes=1)
        await backend.edit_task(milk, TaskFields(title="oat milk"))
        with pytest.raises(PreconditionFailed):
            await backend.edit_task(milk, TaskFields(title="soy milk"))


# --- undo ---


async def test_undo_takes_back_what_waits(harness: Harness) -> None:
    milk, eggs = await harness.direct.add_from_text("milk"), await harness.direct.add_from_text("eggs")
    async with harness.followed() as backend:
        await gone_away(harness, backend)
        await backend.add_from_text("bread")
        await backend.complete_tasks([milk[0].id, eggs[0].id])
        changed = await backend.undo()
        assert {task.title for task in changed.tasks} == {"milk", "eggs"}
        assert [task.title for task in (await backend.tasks()).items] == ["milk", "eggs", "bread"]
        await backend.edit_task(changed.tasks[0], TaskFields(title="oat milk"))
        await backend.undo()
        await backend.undo()
        assert await backend._kept.edits() == ()
        assert [task.title for task in (await backend.tasks()).items] == ["milk", "eggs"]
        with pytest.raises(Unreachable):
            await backend.undo()
        harness.proxy.away = False
    assert await harness.titles() == ["milk", "eggs"]


async def test_what_the_server_may_have_is_not_taken_back_here(harness: Harness) -> None:
    async with harness.followed() as backend:
        harness.proxy.swallow = 10_000
        await backend.add_from_text("milk")
        with pytest.raises(NotUndoable, match="may have that change already"):
            await backend.undo()


# --- conflicts ---


@asynccontextmanager
async def both_sides(harness: Harness) -> AsyncIterator[tuple[OfflineBackend, Task]]:
    """A task that is edited here and on the server before the link is back."""
    milk = (await harness.direct.add_from_text("milk tomorrow"))[0]
    async with harness.followed() as backend:
        await gone_away(harness, backend)
        harness.clock.advance(minutes=1)
        yield backend, milk
        harness.proxy.away = False
        await sent(backend)


async def test_changes_of_different_fields_go_together(harness: Harness) -> None:
    async with both_sides(harness) as (backend, milk):
        await backend.edit_task(milk, TaskFields(title="oat milk"))
        await harness.direct.edit_task(milk, TaskFields(priority="high"))
    task = await harness.direct.task(milk.id)
    assert (task.title, task.priority) == ("oat milk", "high")
    assert harness.notes == []


async def test_a_conflict_is_told_and_undo_brings_theirs_back(harness: Harness) -> None:
    async with both_sides(harness) as (backend, milk):
        await backend.edit_task(milk, TaskFields(title="oat milk", due="friday"))
        await harness.direct.edit_task(milk, TaskFields(title="soy milk"))
    assert (await harness.direct.task(milk.id)).title == "oat milk"
    assert harness.notes == [
        "“milk” was changed elsewhere while your edit waited. Yours was saved over it: title oat milk instead of soy "
        "milk. Undoing that change brings theirs back."
    ]
    await harness.direct.undo()
    assert (await harness.direct.task(milk.id)).title == "soy milk"


async def test_the_same_change_on_both_sides_is_none(harness: Harness) -> None:
    async with both_sides(harness) as (backend, milk):
        await backend.edit_task(milk, TaskFields(title="oat milk"))
        await harness.direct.edit_task(milk, TaskFields(title="oat milk"))
    assert harness.notes == []


async def test_an_edit_of_a_task_that_was_deleted_is_told(harness: Harness) -> None:
    async with both_sides(harness) as (backend, milk):
        edited = await backend.edit_task(milk, TaskFields(title="oat milk"))
        await backend.complete_tasks([edited.id])
        await harness.direct.delete_tasks([milk.id])
    assert harness.notes == [
        "“milk” was deleted elsewhere, so your edit was not saved (title oat milk).",
        "“oat milk” was deleted elsewhere, so your edit was not saved (it was to be done).",
    ]
    async with harness.opened() as backend:
        assert await backend.last_known() == ()


async def test_a_deletion_of_what_has_changed_is_told_and_undone(harness: Harness) -> None:
    async with both_sides(harness) as (backend, milk):
        await backend.delete_tasks([milk.id])
        await harness.direct.edit_task(milk, TaskFields(notes="two litres"))
    assert harness.notes == [
        "“milk” was deleted as you asked, although its notes had been changed elsewhere meanwhile. Undoing that brings "
        "it back."
    ]
    await harness.direct.undo()
    assert (await harness.direct.task(milk.id)).notes == "two litres"


async def test_what_the_server_refuses_is_told_with_all_it_held(harness: Harness) -> None:
    async with both_sides(harness) as (backend, milk):
        (step,) = [await backend.add_task(TaskFields(title="buy", parent_id=milk.id, notes="at the corner"))]
        await backend.edit_task(step, TaskFields(title="buy two"))
        await harness.direct.delete_tasks([milk.id])
    assert harness.notes[0].startswith("“buy” was deleted elsewhere")
    assert "at the corner" in harness.notes[0]
    assert harness.notes[1] == "An edit of “buy” was dropped with it (title buy two)."
