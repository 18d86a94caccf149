"""What to do first, and where what is overdue goes: rules that explain themselves and lose nothing."""

import datetime as dt
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kirotodo.core.domain.plan import Load, Spreading, next_week, ordered, scored_task, spread
from kirotodo.core.domain.task import PRIORITIES, Priority, Task

NOW = dt.datetime(2026, 11, 25, 10, 0, tzinfo=dt.UTC)
"""A Wednesday."""
TODAY = NOW.date()


def task(
    id: int,
    due: int | None = None,
    *,
    at: str | None = None,
    priority: Priority = "none",
    duration: int | None = None,
    start: int | None = None,
    weeks: int = 0,
) -> Task:
    return Task(
        id=id,
        title=f"task {id}",
        due_date=None if due is None else TODAY + dt.timedelta(days=due),
        due_time=None if at is None else dt.time.fromisoformat(at),
        priority=priority,
        duration=duration,
        start_date=None if start is None else TODAY + dt.timedelta(days=start),
        created_at=NOW - dt.timedelta(weeks=weeks),
        updated_at=NOW,
    )


@pytest.mark.parametrize(
    ("given_task", "why"),
    [
        (task(1, -3, priority="high"), "overdue by 3 days, high"),
        (task(1, -1, duration=90), "overdue by 1 day, takes 1 h 30 min"),
        (task(1, 0, at="09:00"), "was due at 09:00"),
        (task(1, 0, at="15:00", duration=10), "due today at 15:00, takes 10 min"),
        (task(1, 1, priority="low"), "due tomorrow, low"),
        (task(1, weeks=5), "on the list for 5 weeks"),
        (task(1, start=-1), "can be started"),
        (task(1), "no date"),
    ],
)
def test_the_score_is_explained(given_task: Task, why: str) -> None:
    assert scored_task(given_task, now=NOW).why == why


def test_the_most_pressing_comes_first() -> None:
    tasks = [
        task(1),
        task(2, 3),
        task(3, 0),
        task(4, -2),
        task(5, 0, at="14:00"),
        task(6, -2, priority="high"),
        task(7, priority="high"),
        task(8, 30, priority="high"),
        task(9, -1, start=2),
    ]
    plan = ordered(tasks, now=NOW, period="today")
    assert [each.task.id for each in plan.items] == [6, 4, 5, 3, 7, 2, 1]


def test_what_does_not_fit_is_told_apart_and_later_ones_may_fit() -> None:
    tasks = [task(1, -9, duration=60), task(2, -8, duration=90), task(3, -7, duration=45), task(4, -6)]
    plan = ordered(tasks, now=NOW, period="today", minutes=120)
    assert [(each.task.id, each.fits) for each in plan.items] == [(1, True), (2, False), (3, True), (4, None)]
    assert (plan.planned, plan.minutes) == (105, 120)


def test_what_is_not_shown_is_counted() -> None:
    plan = ordered([task(id, -1) for id in range(1, 31)], now=NOW, period="today", due=500)
    assert (len(plan.items), plan.more) == (20, 480)


TASKS = st.lists(
    st.builds(
        task,
        st.integers(1, 40),
        st.none() | st.integers(-20, 20),
        priority=st.sampled_from(PRIORITIES),
        duration=st.none() | st.integers(1, 300),
        weeks=st.integers(0, 60),
    ),
    max_size=40,
)


@given(TASKS, st.randoms(), st.none() | st.integers(1, 600))
def test_the_order_is_that_of_the_list_and_nothing_else(tasks: list[Task], random: object, minutes: int | None) -> None:
    tasks = list({each.id: each for each in tasks}.values())
    plan = ordered(tasks, now=NOW, period="week", minutes=minutes)
    assert ordered(tasks[::-1], now=NOW, period="week", minutes=minutes) == plan
    scores = [each.score for each in plan.items]
    assert scores == sorted(scores, reverse=True)
    assert plan.planned <= (minutes or 10**6)
    assert len({each.task.id for each in plan.items}) == len(plan.items)


MONDAY, FRIDAY = next_week(TODAY)
OVERDUE = st.lists(
    st.builds(
        Spreading,
        id=st.integers(1, 99),
        due_date=st.dates(TODAY - dt.timedelta(days=40), TODAY - dt.timedelta(days=1)),
        priority=st.integers(0, 3),
        minutes=st.integers(5, 300),
        last_day=st.none() | st.dates(TODAY, FRIDAY + dt.timedelta(days=5)),
    ),
    max_size=30,
    unique_by=lambda each: each.id,
)
LOADS = st.dictionaries(
    st.dates(MONDAY, FRIDAY), st.builds(Load, tasks=st.integers(0, 6), minutes=st.integers(0, 400)), max_size=5
)


def weekdays_until(day: dt.date) -> list[dt.date]:
    days = [MONDAY + dt.timedelta(days=number) for number in range((day - MONDAY).days + 1)]
    return [each for each in days if each.weekday() < 5]


def overloads(tasks: list[Spreading], load: dict[dt.date, Load], per_day: int) -> bool:
    """Hall's condition: whether some days are too few for those that have to be done by then."""
    ends = sorted({each.last_day for each in tasks if each.last_day is not None})
    for end in ends:
        room = sum(max(per_day - load.get(day, Load()).tasks, 0) for day in weekdays_until(end))
        if sum(each.last_day is not None and each.last_day <= end for each in tasks) > room:
            return True
    return False


@given(OVERDUE, LOADS, st.integers(1, 6))
def test_a_spread_loses_nothing_and_overloads_no_day_where_it_can_be_avoided(
    tasks: list[Spreading], load: dict[dt.date, Load], per_day: int
) -> None:
    found = spread(tasks, load, first=MONDAY, last=FRIDAY, per_day=per_day)
    assert found == spread(tasks[::-1], load, first=MONDAY, last=FRIDAY, per_day=per_day)
    possible = [each for each in tasks if each.last_day is None or weekdays_until(each.last_day)]
    assert sorted(found) == sorted(each.id for each in possible)
    assert all(day.weekday() < 5 and day >= MONDAY for day in found.values())
    assert all(each.last_day is None or found[each.id] <= each.last_day for each in possible)
    made = Counter(found.values())
    over = [day for day, count in made.items() if count + load.get(day, Load()).tasks > per_day]
    assert not over or overloads(possible, load, per_day)


def test_a_spread_fills_the_emptiest_days_with_the_important_first() -> None:
    load = {MONDAY: Load(tasks=2, minutes=60), MONDAY + dt.timedelta(days=1): Load(tasks=1, minutes=240)}
    tasks = [
        Spreading(id=1, due_date=TODAY - dt.timedelta(days=9), priority=0),
        Spreading(id=2, due_date=TODAY - dt.timedelta(days=2), priority=3),
        Spreading(id=3, due_date=TODAY - dt.timedelta(days=2), priority=1, last_day=MONDAY),
    ]
    found = spread(tasks, load, first=MONDAY, last=FRIDAY, per_day=3)
    assert {id: day.isoformat() for id, day in found.items()} == {1: "2026-12-03", 2: "2026-12-02", 3: "2026-11-30"}


def test_what_is_too_much_for_a_week_goes_on_into_the_next() -> None:
    tasks = [Spreading(id=id, due_date=TODAY) for id in range(1, 13)]
    found = spread(tasks, {}, first=MONDAY, last=FRIDAY, per_day=2)
    assert sorted(Counter(found.values()).values()) == [2] * 6
    assert max(found.values()) == MONDAY + dt.timedelta(days=7)
