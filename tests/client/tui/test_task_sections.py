"""Tasks are laid out in the sections, order and words that people expect."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kirotodo.client.tui.widgets.task_list import RECENT, order, sections, urgency
from kirotodo.core.domain.task import PRIORITIES, Task

TODAY = date(2026, 11, 24)
"""A Tuesday."""
NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


def task(id: int, **fields: Any) -> Task:
    return Task(id=id, title=f"task {id}", created_at=NOW, updated_at=NOW, **fields)


def laid_out(*tasks: Task, keep: tuple[int, ...] = ()) -> list[tuple[str, list[int]]]:
    return [
        (section.title, [member.id for member in section.tasks])
        for section in sections(tasks, today=TODAY, now=NOW, keep=keep)
    ]


def test_tasks_fall_into_their_sections_and_empty_ones_are_left_out() -> None:
    assert laid_out(
        task(1),
        task(2, due_date=TODAY),
        task(3, due_date=TODAY + timedelta(days=1)),
        task(4, due_date=TODAY - timedelta(days=1)),
        task(5, completed_at=NOW),
    ) == [("Overdue", [4]), ("Today", [2]), ("Upcoming", [3]), ("No date", [1]), ("Done", [5])]
    assert laid_out(task(1)) == [("No date", [1])]
    assert laid_out() == []


def test_within_a_day_times_come_first_and_then_priority_and_number() -> None:
    assert laid_out(
        task(1, due_date=TODAY),
        task(2, due_date=TODAY, priority="high"),
        task(3, due_date=TODAY, due_time=time(17)),
        task(4, due_date=TODAY, due_time=time(9)),
        task(5, due_date=TODAY, priority="low"),
        task(6, due_date=TODAY),
    ) == [("Today", [4, 3, 2, 5, 1, 6])]


def test_without_a_date_the_higher_priority_comes_first_then_the_older() -> None:
    assert laid_out(task(3), task(1), task(2, priority="medium")) == [("No date", [2, 1, 3])]


def test_due_today_at_a_time_that_has_passed_stays_today_and_is_not_overdue() -> None:
    late = task(1, due_date=TODAY, due_time=time(9))
    assert laid_out(late) == [("Today", [1])]
    assert urgency(late, today=TODAY, now=time(12)) == "passed"
    assert urgency(late, today=TODAY, now=time(8)) == "today"


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, "none"),
        ({"due_date": TODAY - timedelta(days=1)}, "late"),
        ({"due_date": TODAY}, "today"),
        ({"due_date": TODAY, "due_time": time(12)}, "today"),
        ({"due_date": TODAY + timedelta(days=1), "due_time": time(1)}, "later"),
        ({"due_date": TODAY - timedelta(days=1), "completed_at": NOW}, "none"),
    ],
)
def test_urgency(fields: dict[str, Any], expected: str) -> None:
    assert urgency(task(1, **fields), today=TODAY, now=time(12)) == expected


def test_done_tasks_come_last_latest_first_and_leave_after_a_day() -> None:
    assert laid_out(
        task(1, completed_at=NOW - timedelta(hours=3)),
        task(2, completed_at=NOW - timedelta(hours=1)),
        task(3, completed_at=NOW - RECENT),
        task(4),
    ) == [("No date", [4]), ("Done", [2, 1])]


def test_a_kept_done_task_stays_where_it_stood() -> None:
    done = task(1, due_date=TODAY, due_time=time(9), completed_at=NOW)
    assert laid_out(done, task(2, due_date=TODAY), keep=(1,)) == [("Today", [1, 2])]


tasks = st.builds(
    task,
    st.integers(1, 10_000),
    due_date=st.none() | st.dates(date(2026, 11, 1), date(2026, 12, 31)),
    due_time=st.none() | st.times(),
    priority=st.sampled_from(PRIORITIES),
    completed_at=st.none() | st.timedeltas(timedelta(0), timedelta(hours=18)).map(lambda ago: NOW - ago),
)


@given(st.lists(tasks, unique_by=lambda one: one.id))
def test_no_task_is_lost_or_doubled_and_open_ones_are_in_order(some: list[Task]) -> None:
    laid = sections(some, today=TODAY, now=NOW)
    assert sorted(one.id for section in laid for one in section.tasks) == sorted(one.id for one in some)
    still_open = [one for section in laid if section.kind != "done" for one in section.tasks]
    assert still_open == sorted(still_open, key=order)
