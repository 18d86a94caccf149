"""Routines through anything that can be done with them: one open occurrence of each, on the days that its rule names.

The days are compared with counting days, weeks and months one by one, which shares nothing with what it checks.
"""

import calendar
import contextlib
import datetime as dt
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from kirotodo.core import inline
from kirotodo.core.backend import TaskFields
from kirotodo.core.domain.routine import current, upcoming
from kirotodo.core.domain.rule import read_rule
from kirotodo.core.domain.task import RecursFrom, Task, TaskFilter
from kirotodo.core.errors import InvalidInput, NotUndoable
from kirotodo.core.language.preferences import Preferences
from kirotodo.core.store.database import Database
from kirotodo.core.tools import edits
from kirotodo.core.tools.user_clock import UserClock
from tests.examples import examples
from tests.lists import list_at

ZONES = tuple(map(ZoneInfo, ("UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Pacific/Kiritimati")))
DAY = dt.timedelta(days=1)


@dataclass(frozen=True)
class Routine:
    """A rule as a person would count it: every so many days, weeks on weekdays, or months (years) on a day."""

    freq: str
    every: int = 1
    weekdays: tuple[int, ...] = ()
    day: int = 0
    recurs_from: RecursFrom = "schedule"

    @property
    def rule(self) -> str:
        """The rule as RFC 5545 would have it, were it not for short months."""
        names = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
        byday = f";BYDAY={','.join(names[day] for day in self.weekdays)}" if self.weekdays else ""
        byday += f";BYMONTHDAY={self.day}" if self.freq == "MONTHLY" else ""
        byday += ";BYMONTH=2;BYMONTHDAY=29" if self.freq == "YEARLY" else ""
        return f"FREQ={self.freq};INTERVAL={self.every}{byday}"

    def is_on(self, day: dt.date, start: dt.date) -> bool:
        """Whether a day is one of the rule's, counted from one of its days."""
        months = (day.year - start.year) * 12 + day.month - start.month
        if self.freq == "DAILY":
            return (day - start).days % self.every == 0
        if self.freq == "WEEKLY":
            weeks = (day - DAY * day.weekday() - (start - DAY * start.weekday())).days // 7
            return weeks % self.every == 0 and day.weekday() in self.weekdays
        last = calendar.monthrange(day.year, day.month)[1]
        every = self.every * (12 if self.freq == "YEARLY" else 1)
        return months % every == 0 and day.day == min(29 if self.freq == "YEARLY" else self.day, last)

    def after(self, due: dt.date, done: dt.date) -> dt.date:
        """When the next occurrence is due, counting day by day."""
        if self.recurs_from == "schedule":
            day = max(due + DAY, done)
            while not self.is_on(day, due):
                day += DAY
            return day
        if self.freq == "DAILY":
            return done + DAY * self.every
        day = done + DAY * (7 * (self.every - 1) + 1)
        while day.weekday() not in self.weekdays:
            day += DAY
        return day


ROUTINES = st.one_of(
    st.builds(Routine, st.just("DAILY"), st.integers(1, 10), recurs_from=st.sampled_from(["schedule", "completion"])),
    st.builds(
        Routine,
        st.just("WEEKLY"),
        st.integers(1, 4),
        st.sets(st.integers(0, 6), min_size=1, max_size=3).map(lambda days: tuple(sorted(days))),
        recurs_from=st.sampled_from(["schedule", "completion"]),
    ),
    st.builds(Routine, st.just("MONTHLY"), st.integers(1, 3), day=st.integers(27, 31)),
    st.builds(Routine, st.just("YEARLY"), st.integers(1, 2)),
)


class Series(RuleBasedStateMachine):
    """One list with a few routines, on a clock that only moves forward, while its owner travels."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = TemporaryDirectory()
        self.now = dt.datetime(2027, 1, 20, 12, tzinfo=dt.UTC)
        self.zone = ZONES[1]
        self.routines: dict[int, Routine] = {}
        self.calls = 0
        url = list_at(Path(self.folder.name) / "list.db")
        self.database = inline.run(Database.open(url, clock=self.clock, inline=True))

    def clock(self) -> dt.datetime:
        self.now += dt.timedelta(microseconds=1)
        return self.now

    def teardown(self) -> None:
        inline.run(self.database.aclose())
        self.folder.cleanup()

    # --- how the list is reached

    def at(self) -> UserClock:
        return UserClock(now=self.now.astimezone(self.zone), zone=self.zone, preferences=Preferences())

    def edit(self, edit: Any, *arguments: Any, **more: Any) -> Any:
        """Make one edit, as one call of a turn of its own."""
        self.calls += 1

        async def made() -> Any:
            async with self.database.begin("ann", turn_id=f"turn-{self.calls}", call_id="1.1") as store:
                return await edit(store, *arguments, **more)

        return inline.run(made())

    def listed(self) -> dict[int, Task]:
        async def read() -> dict[int, Task]:
            async with self.database.read("ann") as store:
                page = await store.tasks.page(
                    TaskFilter(status="all"), today=self.now.date(), zone=self.zone, limit=200
                )
            return {task.id: task for task in page.items}

        return inline.run(read())

    def by_series(self) -> dict[int, list[Task]]:
        async def read() -> dict[int, int]:
            async with self.database.read("ann") as store:
                return await store._rows.series_of(tasks)

        tasks = self.listed()
        found: dict[int, list[Task]] = {}
        for task_id, first in sorted(inline.run(read()).items()):
            found.setdefault(first, []).append(tasks[task_id])
        return found

    def pick(self, data: st.DataObject, wanted: Any) -> Task | None:
        ids = sorted(task.id for task in self.listed().values() if wanted(task))
        return self.listed()[data.draw(st.sampled_from(ids))] if ids else None

    # --- what is done

    @initialize(routines=st.lists(ROUTINES, min_size=1, max_size=2), month=st.integers(1, 12))
    def add(self, routines: list[Routine], month: int) -> None:
        for routine in routines:
            day = dt.date(2027, month, 1)
            while not routine.is_on(day, dt.date(2024, 2, 29) if routine.freq == "YEARLY" else dt.date(2026, 12, 31)):
                day += DAY
            fields = TaskFields(title="routine", due_date=day, recurrence=routine.rule, recurs_from=routine.recurs_from)
            task = self.edit(edits.add_task, fields, at=self.at())
            self.routines[task.id] = routine

    @rule(hours=st.integers(1, 500), zone=st.sampled_from(ZONES))
    def time_passes_and_places_change(self, hours: int, zone: ZoneInfo) -> None:
        self.now += dt.timedelta(hours=hours)
        self.zone = zone

    @rule(data=st.data())
    def complete(self, data: st.DataObject) -> None:
        task = self.pick(data, lambda task: task.repeats)
        if task is None:
            return
        before, here = set(self.listed()), current(task)
        self.edit(edits.complete_tasks, [task.id], at=self.at())
        after = self.listed()
        made = next((after[each] for each in after if each not in before), None)
        self.agrees(task, here.date, here.rule, self.at().now.date(), None if made is None else current(made).date)
        assert made is None or (made.title, made.series, made.due_date) == ("routine", None, current(made).date)

    @rule(data=st.data())
    def complete_twice(self, data: st.DataObject) -> None:
        task = self.pick(data, lambda task: task.repeats)
        if task is not None:
            self.edit(edits.complete_tasks, [task.id], at=self.at())
            before = self.listed()
            self.edit(edits.complete_tasks, [task.id], at=self.at())
            assert self.listed() == before

    @rule(data=st.data())
    def skip(self, data: st.DataObject) -> None:
        task = self.pick(data, lambda task: task.repeats)
        if task is not None:
            here = current(task)
            self.edit(edits.skip_tasks, [task.id], at=self.at())
            done = max(self.at().now.date(), here.date)
            after = self.listed().get(task.id)
            self.agrees(task, here.date, here.rule, done, None if after is None else after.due_date)

    @rule(days=st.integers(1, 40))
    def go_away(self, days: int) -> None:
        back = self.at().now.date() + DAY * days
        self.edit(edits.skip_tasks, None, until=back.isoformat(), at=self.at())
        assert all(task.due_date >= back for task in self.listed().values() if task.repeats and task.due_date)

    @rule(data=st.data(), count=st.integers(1, 4))
    def skip_the_next(self, data: st.DataObject, count: int) -> None:
        task = self.pick(data, lambda task: task.repeats)
        if task is not None:
            here = current(task)
            self.edit(edits.skip_tasks, [task.id], count=count, at=self.at())
            after = self.listed().get(task.id)
            done = max(self.at().now.date(), here.date)
            self.agrees(task, here.date, here.rule, done, None if after is None else after.due_date, skips=count)

    @rule(data=st.data(), ahead=st.integers(1, 3))
    def skip_further_ahead(self, data: st.DataObject, ahead: int) -> None:
        task = self.pick(data, lambda task: task.repeats)
        if task is None:
            return
        days = [each.date for each in upcoming(task, zone=self.zone, count=ahead)]
        now = self.at().now.date()
        if len(days) < ahead or (days[-1] - now).days > edits.AWAY_DAYS or days[-1] == task.due_date:
            return
        try:
            self.edit(edits.skip_tasks, [task.id], on=days[-1].isoformat(), at=self.at())
        except InvalidInput as error:
            assert (task.recurs_from, "not known yet" in error.message) == ("completion", True)  # noqa: PT017
            return
        assert task.recurs_from == "schedule"
        after = self.listed()[task.id]
        assert (after.due_date, after.series) == (task.due_date, task.series)
        assert [each.date for each in upcoming(after, zone=self.zone, count=ahead - 1)] == days[:-1]
        assert days[-1] not in {each.date for each in upcoming(after, zone=self.zone, count=ahead + 3)}

    def agrees(
        self, task: Task, due: dt.date, text: str, done: dt.date, found: dt.date | None, *, skips: int = 1
    ) -> None:
        series = next(first for first, tasks in self.by_series_with(task.id).items() if task.id in tasks)
        parsed, routine = read_rule(text), self.routines[series]
        expected, left = due, parsed.count
        while skips:
            expected = routine.after(expected, done)
            if left == 1 or (parsed.until is not None and expected > parsed.until):
                assert found is None
                return
            left = None if left is None else left - 1
            skips -= expected not in parsed.exdate
            done = max(done, expected)
        assert found == expected

    def by_series_with(self, task_id: int) -> dict[int, set[int]]:
        async def read() -> dict[int, int]:
            async with self.database.read("ann") as store:
                return await store._rows.series_of([task_id])

        return {first: {each} for each, first in inline.run(read()).items()}

    @rule(data=st.data())
    def open_again(self, data: st.DataObject) -> None:
        task = self.pick(data, lambda task: task.completed)
        if task is not None:
            self.edit(edits.complete_tasks, [task.id], completed=False, at=self.at())
            assert not self.listed()[task.id].completed

    @rule(data=st.data())
    def delete(self, data: st.DataObject) -> None:
        task = self.pick(data, lambda _: True)
        if task is not None:
            self.edit(edits.delete_tasks, [task.id], at=self.at())

    @rule(data=st.data(), days=st.integers(-3, 9))
    def move_once(self, data: st.DataObject, days: int) -> None:
        task = self.pick(data, lambda task: task.repeats)
        if task is not None:
            day = current(task).date + DAY * days
            fields = TaskFields(title="once", due_date=day, occurrence="this")
            self.edit(edits.update_tasks, [task.id], fields, at=self.at())
            after = self.listed()[task.id]
            assert (after.title, after.due_date, current(after)) == ("once", day, current(task))

    @rule(data=st.data(), end=st.sampled_from(["2 times", "forever", "for 5 weeks"]))
    def end_otherwise(self, data: st.DataObject, end: str) -> None:
        task = self.pick(data, lambda task: task.repeats)
        if task is not None:
            try:
                self.edit(edits.update_tasks, [task.id], TaskFields(recurrence=end), at=self.at())
            except InvalidInput as error:
                assert "before it is due next" in error.message  # noqa: PT017 (a refusal is one way it may go)

    @rule(data=st.data())
    def repeat_again(self, data: st.DataObject) -> None:
        """An earlier occurrence that was opened cannot repeat beside the newest."""
        task = self.pick(data, lambda task: not task.completed and task.recurrence is None)
        if task is not None:
            routine = self.routines[next(iter(self.by_series_with(task.id)))]
            fields = TaskFields(recurrence=routine.rule, recurs_from=routine.recurs_from)
            try:
                self.edit(edits.update_tasks, [task.id], fields, at=self.at())
            except InvalidInput as error:
                assert "goes on with task" in error.message  # noqa: PT017

    @rule(redo=st.booleans())
    def undo_or_redo(self, redo: bool) -> None:
        async def replay(store: Any) -> None:
            await (store.journal.redo() if redo else store.journal.undo())

        with contextlib.suppress(NotUndoable):
            self.edit(replay)

    @precondition(lambda self: self.calls > 1)
    @rule(data=st.data())
    def undo_one_call(self, data: st.DataObject) -> None:
        turn = data.draw(st.integers(1, self.calls))

        async def replay(store: Any) -> None:
            await store.journal.undo_call(f"turn-{turn}", "1.1")

        with contextlib.suppress(NotUndoable):
            self.edit(replay)

    # --- what holds

    @invariant()
    def one_occurrence_is_open(self) -> None:
        for first, tasks in self.by_series().items():
            repeating = [task for task in tasks if task.repeats]
            assert len(repeating) <= 1
            assert not repeating or repeating[0] == tasks[-1]
            if self.routines[first].recurs_from == "schedule":
                days = [current(task).date for task in tasks if task.recurrence is not None]
                assert days == sorted(set(days))


Series.TestCase.settings = settings(max_examples=examples(25), stateful_step_count=25, deadline=None)
TestSeries = Series.TestCase
