"""Routines and plans through the port, in this process and over HTTP."""

from dataclasses import replace
from datetime import date
from unittest.mock import ANY

import pytest

from kirotodo.core.backend import Backend, TaskFields
from kirotodo.core.domain.plan import Move
from kirotodo.core.errors import Conflict, InvalidInput, NotFound


async def test_an_occurrence_is_skipped_and_a_preview_changes_nothing(backend: Backend) -> None:
    gym = await backend.add_task(TaskFields(title="gym", due="friday 18:00", recurrence="every friday"))
    milk = await backend.add_task(TaskFields(title="milk"))
    preview = await backend.skip_tasks(until="12 dec", dry_run=True)
    assert [task.due_date for task in preview.tasks] == [date(2026, 12, 18)]
    assert (await backend.task(gym.id)).due_date == date(2026, 11, 27)
    changed = await backend.skip_tasks([gym.id])
    assert [task.due_date for task in changed.tasks] == [date(2026, 12, 4)]
    for wrong in ({"task_ids": [milk.id]}, {"task_ids": [gym.id], "until": "yesterday"}, {}):
        with pytest.raises(InvalidInput):
            await backend.skip_tasks(**wrong)
    with pytest.raises(NotFound):
        await backend.skip_tasks([99])


async def test_the_next_few_or_one_further_ahead_are_skipped(backend: Backend) -> None:
    gym = await backend.add_task(TaskFields(title="gym", due="friday 18:00", recurrence="every friday"))
    changed = await backend.skip_tasks([gym.id], count=2)
    assert [task.due_date for task in changed.tasks] == [date(2026, 12, 11)]
    await backend.undo()
    preview = await backend.skip_tasks([gym.id], on="11 dec", dry_run=True)
    assert [task.recurrence for task in preview.tasks] == ["FREQ=WEEKLY;BYDAY=FR;EXDATE=20261211"]
    assert (await backend.task(gym.id)).recurrence == gym.recurrence
    changed = await backend.skip_tasks([gym.id], on="11 dec")
    assert [(task.due_date, task.recurrence) for task in changed.tasks] == [
        (date(2026, 11, 27), "FREQ=WEEKLY;BYDAY=FR;EXDATE=20261211")
    ]
    done = await backend.complete_tasks([gym.id])
    (december,) = [task for task in done.tasks if not task.completed]
    assert december.due_date == date(2026, 12, 4)
    done = await backend.complete_tasks([december.id])
    assert [(task.due_date, task.recurrence) for task in done.tasks if not task.completed] == [
        (date(2026, 12, 18), "FREQ=WEEKLY;BYDAY=FR")
    ]


async def test_the_open_occurrence_is_skipped_by_its_day_and_a_wrong_day_changes_nothing(backend: Backend) -> None:
    gym = await backend.add_task(TaskFields(title="gym", due="friday 18:00", recurrence="every friday"))
    changed = await backend.skip_tasks([gym.id], on="friday")
    assert [(task.due_date, task.recurrence) for task in changed.tasks] == [(date(2026, 12, 4), gym.recurrence)]
    for wrong in ({"on": "14 dec"}, {"on": "27 nov"}, {"on": "1 jan 2029"}, {"on": ""}, {"count": 2, "on": "4 dec"}):
        with pytest.raises(InvalidInput):
            await backend.skip_tasks([gym.id], **wrong)
    assert (await backend.task(gym.id)).due_date == date(2026, 12, 4)


@pytest.mark.parametrize(
    ("on", "due", "rule"),
    [
        ("next week", date(2026, 11, 27), "FREQ=WEEKLY;BYDAY=FR;EXDATE=20261204"),
        ("this week", date(2026, 12, 4), "FREQ=WEEKLY;BYDAY=FR"),
        ("4 dec..20 dec", date(2026, 11, 27), "FREQ=WEEKLY;BYDAY=FR;EXDATE=20261204,20261211,20261218"),
        ("tomorrow..5 dec", date(2026, 12, 11), "FREQ=WEEKLY;BYDAY=FR"),
    ],
)
async def test_the_occurrences_of_some_days_are_skipped_in_one_undo(
    backend: Backend, on: str, due: date, rule: str
) -> None:
    gym = await backend.add_task(TaskFields(title="gym", due="friday 18:00", recurrence="every friday"))
    changed = await backend.skip_tasks([gym.id], on=on)
    assert [(task.due_date, task.recurrence) for task in changed.tasks] == [(due, rule)]
    undone = await backend.undo()
    assert [(task.due_date, task.recurrence) for task in undone.tasks] == [(gym.due_date, gym.recurrence)]
    for wrong in ("5 dec..10 dec", "20 dec..4 dec", "1 dec..1 jan 2029", "last week", ".."):
        with pytest.raises(InvalidInput):
            await backend.skip_tasks([gym.id], on=wrong)
    assert (await backend.task(gym.id)).recurrence == gym.recurrence


async def test_an_exception_is_changed_with_the_rule(backend: Backend) -> None:
    gym = await backend.add_task(TaskFields(title="gym", due="friday 18:00", recurrence="every friday"))
    await backend.skip_tasks([gym.id], on="11 dec")
    await backend.update_tasks([gym.id], TaskFields(recurrence="until christmas"))
    rule = "FREQ=WEEKLY;BYDAY=FR;UNTIL=20261225"
    assert (await backend.task(gym.id)).recurrence == f"{rule};EXDATE=20261211"
    await backend.update_tasks([gym.id], TaskFields(recurrence="every friday, except 4 Dec 2026 and 18 dec"))
    assert (await backend.task(gym.id)).recurrence == "FREQ=WEEKLY;BYDAY=FR;EXDATE=20261204,20261218"
    with pytest.raises(InvalidInput):
        await backend.update_tasks([gym.id], TaskFields(recurrence="every friday except whenever"))
    await backend.update_tasks([gym.id], TaskFields(recurrence="every friday"))
    assert (await backend.task(gym.id)).recurrence == gym.recurrence


async def test_one_occurrence_differs_from_its_series(backend: Backend) -> None:
    gym = await backend.add_task(TaskFields(title="gym", due="friday 18:00", recurrence="every friday"))
    await backend.update_tasks([gym.id], TaskFields(title="swim", time="9am", occurrence="this"))
    swim = await backend.task(gym.id)
    assert swim.series is not None
    assert (swim.title, swim.series.title, swim.series.due_date) == ("swim", "gym", date(2026, 11, 27))
    await backend.complete_tasks([gym.id])
    (following,) = (await backend.tasks()).items
    assert (following.title, following.due_time, following.series) == ("gym", gym.due_time, None)


async def test_a_plan_says_why_and_what_does_not_fit(backend: Backend) -> None:
    await backend.add_task(TaskFields(title="report", due_date=date(2026, 11, 20), duration=90, priority="high"))
    await backend.add_task(TaskFields(title="call", due="today", duration=20))
    plan = await backend.plan(minutes=60)
    assert [(each.task.title, each.fits) for each in plan.items] == [("report", False), ("call", True)]
    assert plan.items[0].reasons == ("overdue by 3 days", "high", "takes 1 h 30 min")
    with pytest.raises(InvalidInput):
        await backend.plan(minutes=0)


async def test_a_spread_is_carried_out_as_it_was_proposed_or_not_at_all(backend: Backend) -> None:
    for title in ("a", "b"):
        await backend.add_task(TaskFields(title=title, due_date=date(2026, 11, 20)))
    proposal = await backend.propose_spread(per_day=1)
    assert proposal.moves == (
        Move(task_id=1, due_date=date(2026, 11, 20), to=date(2026, 11, 30)),
        Move(task_id=2, due_date=date(2026, 11, 20), to=date(2026, 12, 1)),
    )
    await backend.update_tasks([2], TaskFields(due="tomorrow"))
    with pytest.raises(Conflict, match="has changed meanwhile"):
        await backend.move_tasks(proposal.moves)
    assert (await backend.task(1)).due_date == date(2026, 11, 20)
    changed = await backend.move_tasks(proposal.moves[:1])
    assert [(task.id, task.due_date) for task in changed.tasks] == [(1, date(2026, 11, 30))]
    await backend.undo()
    assert (await backend.task(1)).due_date == date(2026, 11, 20)
    with pytest.raises(InvalidInput):
        await backend.propose_spread(per_day=0)


async def test_tasks_move_each_to_a_day_of_its_own_in_one_undo(backend: Backend) -> None:
    gym = await backend.add_task(TaskFields(title="gym", due="friday", recurrence="every 3 days"))
    milk = await backend.add_task(TaskFields(title="milk"))
    moves = [
        Move(task_id=gym.id, due_date=gym.due_date, to=date(2026, 11, 28)),
        Move(task_id=milk.id, due_date=None, to=date(2026, 11, 24)),
    ]
    with pytest.raises(Conflict):
        await backend.move_tasks([*moves[:1], replace(moves[1], due_date=date(2026, 11, 20))], for_once=False)
    await backend.move_tasks(moves, for_once=False)
    assert (await backend.task(milk.id)).due_date == date(2026, 11, 24)
    moved = await backend.task(gym.id)
    assert (moved.due_date, moved.series) == (date(2026, 11, 28), None), "what follows is counted from the new day"
    await backend.undo()
    assert (await backend.task(gym.id), await backend.task(milk.id)) == (
        replace(gym, updated_at=ANY),
        replace(milk, updated_at=ANY),
    )
