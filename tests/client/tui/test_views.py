"""Each view shows what it promises, in its sections and order; no open task is lost or doubled where all are shown."""

from datetime import time, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kirotodo.client.tui.screens.postpone import days_of, describe_days, postponed
from kirotodo.client.tui.screens.task_requests import shifted, skipped_to
from kirotodo.client.tui.views import BY_ID, Arrangement, arranged, bar, natural, progress
from kirotodo.core.domain.task import PRIORITIES, Change, Changed, Task
from tests.client.tui.list_host import NOW, TODAY, days, task

LATE = task(1, due_date=days(-3))
MORNING = task(2, due_date=TODAY, due_time=time(9))
NOON = task(3, due_date=TODAY, due_time=time(12))
EVENING = task(4, due_date=TODAY, due_time=time(18, 30))
ANY_TIME = task(5, due_date=TODAY)
TOMORROW = task(6, due_date=days(1), project="step 10", tags=("b", "a"))
FAR = task(7, due_date=days(90), project="Step 9")
UNDATED = task(8, project="step 9", priority="high")
DONE = task(9, completed_at=NOW - timedelta(hours=1))
DONE_BEFORE = task(10, completed_at=NOW - timedelta(days=1))
TASKS = (LATE, MORNING, NOON, EVENING, ANY_TIME, TOMORROW, FAR, UNDATED, DONE, DONE_BEFORE)


def shown(view: str, *tasks: Task, **options: Any) -> list[tuple[str, list[int]]]:
    sections = arranged(Arrangement(view=BY_ID[view], **options), tasks or TASKS, now=NOW)
    return [(section.title, [each.id for each in section.tasks]) for section in sections]


def test_today_has_what_is_late_then_the_day_by_its_parts_then_what_is_done() -> None:
    assert shown("today") == [
        ("Overdue", [1]),
        ("Morning", [2]),
        ("Afternoon", [3]),
        ("Evening", [4]),
        ("Any time", [5]),
        ("Done today", [9]),
    ]


def test_progress_counts_what_was_done_today_of_all_that_today_has() -> None:
    assert progress(TASKS, now=NOW) == (1, 6)
    assert progress([], now=NOW) == (0, 0)
    assert (bar(3, 7, 7), bar(0, 0, 3), bar(5, 5, 4)) == ("▰▰▰▱▱▱▱", "▱▱▱", "▰▰▰▰")


def test_upcoming_has_a_section_for_each_day_and_then_for_each_month() -> None:
    assert shown("upcoming") == [
        ("Today · Tue 24 Nov", [2, 3, 4, 5]),
        ("Tomorrow · Wed 25 Nov", [6]),
        ("February 2027", [7]),
    ]


def test_the_week_has_what_is_late_and_seven_days_with_something_due_or_not() -> None:
    week = shown("week")
    assert [title for title, _ in week] == [
        "Overdue",
        "Today · Tue 24 Nov",
        "Tomorrow · Wed 25 Nov",
        "Thu 26 Nov",
        "Fri 27 Nov",
        "Sat 28 Nov",
        "Sun 29 Nov",
        "Mon 30 Nov",
    ]
    assert [ids for _, ids in week] == [[1], [2, 3, 4, 5], [6], [], [], [], [], []]
    after = arranged(Arrangement(view=BY_ID["week"]), TASKS, now=NOW, weeks=1)
    assert [section.day for section in after] == [days(number) for number in range(7, 14)]


def test_done_is_by_day_the_latest_first() -> None:
    assert shown("done") == [("Today · Tue 24 Nov", [9]), ("Yesterday · Mon 23 Nov", [10])]


def test_projects_are_in_natural_order_whatever_their_case_and_those_without_come_last() -> None:
    sections = shown("projects", grouping="project")
    assert [title for title, _ in sections] == ["+Step 9", "+step 10", "No project"]
    assert sections[0][1] == [7, 8]


def test_a_task_stands_under_each_of_its_tags() -> None:
    assert shown("tags", grouping="tag")[:2] == [("#a", [6]), ("#b", [6])]


@pytest.mark.parametrize(
    ("view", "grouping", "groups"),
    [
        ("today", "priority", [("No priority", [1, 2, 3, 4, 5]), ("Done today", [9])]),
        ("upcoming", "project", [("+Step 9", [7]), ("+step 10", [6]), ("No project", [2, 3, 4, 5])]),
        ("week", "tag", [("#a", [6]), ("#b", [6]), ("No tag", [1, 2, 3, 4, 5])]),
        ("done", "project", [("No project", [9, 10])]),
        ("done", "nothing", [("Tasks", [9, 10])]),
    ],
)
def test_views_with_sections_of_their_own_take_other_groups_too(view: str, grouping: str, groups: object) -> None:
    assert shown(view, grouping=grouping) == groups


@pytest.mark.parametrize("view", ["today", "upcoming", "week", "done"])
def test_and_other_orders_within_their_sections(view: str) -> None:
    last = {"due_date": TODAY, "due_time": time(9), "completed_at": NOW if view == "done" else None}
    some = [task(1, "b", **last), task(2, "a", **last, priority="low"), task(3, "late", due_date=days(-1))]
    assert [2, 1] in [ids for _, ids in shown(view, *some, sorting="title")]
    assert [2, 1] in [ids for _, ids in shown(view, *some, sorting="priority")]


def test_grouping_and_sorting() -> None:
    by_title = [task(1, "step 10"), task(2, "Step 9", priority="low"), task(3, "apple")]
    assert shown("all", *by_title, grouping="nothing", sorting="title") == [("Tasks", [3, 2, 1])]
    assert shown("all", *by_title, grouping="priority") == [("Low priority", [2]), ("No priority", [1, 3])]
    assert shown("all", *by_title, sorting="priority") == [("No date", [2, 1, 3])]


tasks = st.builds(
    task,
    st.integers(1, 10_000),
    due_date=st.none() | st.dates(days(-30), days(100)),
    due_time=st.none() | st.times(),
    priority=st.sampled_from(PRIORITIES),
    project=st.none() | st.text(min_size=1, max_size=8),
    completed_at=st.none() | st.timedeltas(timedelta(0), timedelta(days=3)).map(lambda ago: NOW - ago),
)


@given(
    st.lists(tasks, unique_by=lambda one: one.id),
    st.sampled_from(["date", "project", "priority", "nothing"]),
    st.sampled_from(["due", "priority", "title", "created"]),
)
def test_however_arranged_every_open_task_is_there_once(some: list[Task], grouping: Any, sorting: Any) -> None:
    found = arranged(Arrangement(grouping=grouping, sorting=sorting), some, now=NOW)
    ids = [each.id for section in found for each in section.tasks if not each.completed]
    assert sorted(ids) == sorted(each.id for each in some if not each.completed)


@given(st.text(max_size=12), st.text(max_size=12))
def test_natural_keys_can_always_be_compared(one: str, other: str) -> None:
    assert isinstance(natural(one) < natural(other), bool)
    assert natural("step 9") < natural("Step 10")


@pytest.mark.parametrize(
    ("due", "to", "day"),
    [
        (None, "tomorrow", days(1)),
        (days(5), "tomorrow", days(1)),
        (days(5), "a day later", days(6)),
        (days(-5), "a day later", days(1)),
        (None, "a day later", days(1)),
        (days(-5), "next week", days(6)),
    ],
)
def test_nothing_is_postponed_into_the_past(due: Any, to: Any, day: Any) -> None:
    assert postponed(due, to, today=TODAY) == day


@pytest.mark.parametrize(
    ("due", "by", "day"),
    [
        (None, 1, TODAY),
        (None, -1, None),
        (days(-5), 1, TODAY),
        (days(-5), -1, None),
        (TODAY, -1, None),
        (TODAY, 1, days(1)),
        (days(1), -1, TODAY),
        (days(400), 1, days(401)),
    ],
)
def test_a_task_moves_by_a_day_but_not_into_the_past(due: Any, by: int, day: Any) -> None:
    assert shifted(due, by, today=TODAY) == day


def test_the_days_that_tasks_come_to_lie_on_are_named_with_how_many_each_gets() -> None:
    tasks = [task(number, due_date=days(number)) for number in (1, 2, 2, 3, 4, 5)]
    found = days_of(tasks, "a day later", today=TODAY)
    assert list(found) == [days(n) for n in (2, 3, 4, 5, 6)]
    assert describe_days(found, today=TODAY) == ("Thu 26 Nov (1), Fri 27 Nov (2), Sat 28 Nov (1) and 2 more days")
    four = days_of([task(number, due_date=days(number)) for number in (1, 2, 3, 4)], "a day later", today=TODAY)
    assert describe_days(four, today=TODAY).endswith(" and one more day")


def test_a_skip_names_where_the_tasks_went_without_their_steps_and_what_is_over() -> None:
    step = task(11, due_date=days(1), parent_id=4)
    assert skipped_to(Changed(tasks=(TOMORROW, EVENING, step)), only=[4, 6], today=TODAY) == (
        "Skipped to task 6 (Wed 25 Nov), task 4 (Tue 24 Nov, 18:30)"
    )
    over = Changed(removed=(1,), changes=(Change(id=1, task_id=1, before=LATE, after=None),))
    assert skipped_to(over, only=[1], today=TODAY) == "Skipped: task 1"
