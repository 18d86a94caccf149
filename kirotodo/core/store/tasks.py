"""The tasks of one user: made, read, changed, deleted. Never commits; every write is in the journal."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any, Final
from zoneinfo import ZoneInfo

from kirotodo.core.domain.task import (
    Page,
    ProjectCount,
    Status,
    Task,
    TaskDraft,
    TaskField,
    TaskFilter,
    TaskSnapshot,
    TaskStats,
)
from kirotodo.core.errors import InvalidInput, NotFound
from kirotodo.core.lazy_dataclasses import dataclass
from kirotodo.core.store.journal import Journal
from kirotodo.core.store.statement import Statements
from kirotodo.core.store.task_queries import page_of
from kirotodo.core.store.task_rows import (
    TASK_FIELDS,
    TaskRows,
    counted,
    moved,
    size_added,
    size_changed,
    size_recorded,
    text_size,
)
from kirotodo.core.store.transaction import Counters, Scope
from kirotodo.core.text.patterns import pattern

_SQL: Final = Statements("tasks")

OPEN_MAX: Final = 1_000
DONE_MAX: Final = 200
_WORDS_MAX: Final = 6
_MATCHES_MAX: Final = 50
_SNAPSHOT_WORD: Final = pattern(r"[^\W\d_]{4,}")


@dataclass(frozen=True, kw_only=True, slots=True)
class HiddenTasks:
    """Tasks that were made and are not shown yet: their ids, their group of changes, what they add to the counts."""

    group: int
    first: int
    last: int
    counts: Mapping[str, int]


class TaskStore:
    """Tasks in an open transaction. Unknown, deleted and foreign ids all raise the same `NotFound`."""

    def __init__(self, scope: Scope, rows: TaskRows, journal: Journal) -> None:
        self._scope = scope
        self._rows = rows
        self._journal = journal

    async def add(self, draft: TaskDraft) -> Task:
        """Make a task with the user's next id. Raises `InvalidInput` where the list is full,
        and `TooLarge` where the user's storage is, as all that adds text does."""
        numbers = await self._scope.advance(tasks=1, changes=1, stored=size_added(draft), **counted(draft))
        self._require_capacity(numbers, numbers.all_tasks)
        task = Task.from_draft(draft, id=numbers.task, now=self._scope.now)
        previous = draft.previous_id
        series = await self._rows.series_of([previous]) if previous is not None else {}
        await self._rows.insert(task, revision=numbers.revision, series_id=series.get(previous or 0))
        await self._journal.record(numbers.change, before=None, after=task)
        return task

    async def add_many(self, drafts: Sequence[TaskDraft]) -> tuple[Task, ...]:
        """Make many tasks, in a few statements. The parent and the previous task of each are among them, by
        their places, counted from 1. Raises `InvalidInput` where the list is full."""
        numbers = await self._scope.advance(
            tasks=len(drafts), changes=len(drafts), stored=sum(map(size_added, drafts)), **counted(*drafts)
        )
        self._require_capacity(numbers, numbers.all_tasks)
        added = self._tasks_of(drafts, numbers.task)
        series = await self._series_of_new(added)
        await self._rows.insert_many(added, revision=numbers.revision, hidden=False, series=series)
        await self._journal.record_added(numbers.change - len(drafts) + 1, added)
        return added

    async def add_hidden(self, drafts: Sequence[TaskDraft], *, after: Sequence["HiddenTasks"]) -> "HiddenTasks":
        """Make tasks that nobody sees until `show`: the part of many that comes `after` others.

        Parts that are never shown are purged like deleted tasks.
        """
        numbers = await self._scope.advance(tasks=len(drafts), changes=len(drafts), stored=sum(map(size_added, drafts)))
        self._require_capacity(numbers, numbers.all_tasks + len(drafts))
        # Hidden rows look deleted, so that no list or count includes them until `show` turns all of them over at once.
        added = self._tasks_of(drafts, numbers.task, after=after)
        await self._rows.insert_many(added, revision=0, hidden=True, series=await self._series_of_new(added))
        first_change = numbers.change - len(drafts) + 1
        group = after[0].group if after else first_change
        await self._journal.record_added(first_change, added, group=group)
        return HiddenTasks(group=group, first=added[0].id, last=added[-1].id, counts=counted(*added))

    async def show(self, parts: Sequence["HiddenTasks"]) -> tuple[int, ...]:
        """Show all parts at once, as one group of changes; the ids. Raises `InvalidInput` where the list is full."""
        by: Counter[str] = Counter()
        for part in parts:
            by.update(part.counts)
        numbers = await self._scope.advance(**by)
        self._require_capacity(numbers, numbers.all_tasks)
        for part in parts:
            await self._rows.show_many(part.first, part.last, revision=numbers.revision)
        await self._journal.show_added(parts[0].group)
        return tuple(task_id for part in parts for task_id in range(part.first, part.last + 1))

    async def _series_of_new(self, added: Sequence[Task]) -> dict[int, int]:
        """The series of tasks that follow another, which is one of them before it or is stored already."""
        new = {task.id for task in added}
        before = {task.previous_id for task in added if task.previous_id is not None}
        series = await self._rows.series_of(before - new)
        for task in added:
            if task.previous_id is not None:
                series[task.id] = series.get(task.previous_id, task.previous_id)
        return {task_id: first for task_id, first in series.items() if task_id in new}

    def _require_capacity(self, numbers: Counters, count: int) -> None:
        self._scope.require_bytes(numbers)
        most = self._scope.max_tasks
        if most is not None and count > most:
            raise InvalidInput(f"Your list may hold {most:,} tasks. Delete some you no longer need, then try again.")

    def _tasks_of(
        self, drafts: Sequence[TaskDraft], last_id: int, *, after: Sequence["HiddenTasks"] = ()
    ) -> tuple[Task, ...]:
        first_id = last_id - len(drafts) + 1
        ids = [task_id for part in after for task_id in range(part.first, part.last + 1)]
        ids += range(first_id, last_id + 1)
        return tuple(
            Task.from_draft(
                replace(draft, parent_id=_id_at(draft.parent_id, ids), previous_id=_id_at(draft.previous_id, ids)),
                id=first_id + place,
                now=self._scope.now,
            )
            for place, draft in enumerate(drafts)
        )

    async def get(self, task_id: int) -> Task:
        """Return a task. Raises `NotFound`."""
        return (await self.get_many((task_id,)))[0]

    async def get_many(self, task_ids: Sequence[int]) -> tuple[Task, ...]:
        """These tasks in this order, each once, or `NotFound` naming every missing one."""
        wanted = tuple(dict.fromkeys(task_ids))
        found = await self._rows.load([task_id for task_id in wanted if 0 < task_id < 2**31])
        visible = {task_id: task for task_id, (task, gone) in found.items() if not gone}
        missing = [task_id for task_id in wanted if task_id not in visible]
        if missing:
            raise NotFound(_no_such(missing))
        return tuple(visible[task_id] for task_id in wanted)

    async def known(self, task_ids: Sequence[int]) -> tuple[Task, ...]:
        """Return those of these tasks that are on the list, in this order, each once."""
        wanted = tuple(dict.fromkeys(task_id for task_id in task_ids if 0 < task_id < 2**31))
        found = await self._rows.load(wanted)
        return tuple(found[task_id][0] for task_id in wanted if task_id in found and not found[task_id][1])

    async def page(
        self, where: TaskFilter, *, today: date, zone: ZoneInfo, limit: int = 50, cursor: str | None = None
    ) -> Page[Task]:
        """A page of at most `limit` (1 to 200) tasks. `total` is known on every page, but where a tag or a
        search names more than 1,000 tasks and not all of them are on the first page. Raises `InvalidInput`."""
        return await page_of(self._scope, where, today=today, zone=zone, limit=limit, cursor=cursor)

    async def update(self, task_id: int, fields: Mapping[TaskField, Any]) -> Task:
        """Set exactly these fields. Where nothing changes, nothing is written."""
        unknown = set(fields) - set(TASK_FIELDS)
        if unknown:
            raise ValueError(f"a task has no such fields to set: {', '.join(sorted(unknown))}")
        before = await self.get(task_id)
        new = {**fields, "tags": tuple(fields["tags"])} if "tags" in fields else dict(fields)
        after = replace(before, **new)
        if after == before:
            return before
        after = replace(after, updated_at=self._scope.now)
        numbers = await self._scope.advance(changes=1, stored=size_changed(before, after), **moved(before, after))
        if text_size(after) > text_size(before):
            self._scope.require_bytes(numbers)
        await self._rows.update(before, after, revision=numbers.revision)
        await self._journal.record(numbers.change, before=before, after=after)
        return after

    async def delete(self, task_id: int) -> Task:
        """Put it out of sight; the journal can bring it back. Returns it as it was."""
        task = await self.get(task_id)
        numbers = await self._scope.advance(changes=1, stored=size_recorded(task), **counted(task, by=-1))
        await self._rows.hide([task.id], revision=numbers.revision)
        await self._rows.touch_parents((task,), revision=numbers.revision)
        await self._journal.record(numbers.change, before=task, after=None)
        return task

    async def next_of(self, task_id: int) -> Task | None:
        """The next occurrence that was made of this task, unless it is deleted."""
        row = await self._scope.first(_SQL.NEXT, {"the_id": task_id})
        return None if row is None else await self.get(int(row[0]))

    async def steps_of(self, task_ids: Sequence[int]) -> tuple[Task, ...]:
        """Return the steps of these tasks, parent by parent, each in its order."""
        rows = [
            row for parent in dict.fromkeys(task_ids) for row in await self._scope.rows(_SQL.STEPS, {"the_id": parent})
        ]
        return await self._rows.values(rows)

    async def repeating_before(self, day: date) -> tuple[Task, ...]:
        """Return the open tasks that repeat and are due before a day, by due date."""
        return await self._rows.values(await self._scope.rows(_SQL.REPEATING_BEFORE, {"the_day": day.isoformat()}))

    async def due_counts(self, first: date, last: date) -> dict[date, int]:
        """Return how many open tasks are due on each of these days that has any."""
        days = {"the_first": first.toordinal(), "the_last": last.toordinal()}
        return {date.fromordinal(row[0]): row[1] for row in await self._scope.rows(_SQL.DUE_COUNTS, days)}

    async def goes_on_without(self, task: Task) -> int | None:
        """Return the occurrence with which the series of `task` goes on or went on, if that is not `task` itself: one
        that is open and repeats, or a later one that is done."""
        first = (await self._rows.series_of([task.id])).get(task.id, task.id)
        state = (await self._rows.occurrences([first]))[first]
        others = sorted(state.repeating - {task.id})
        return others[-1] if others else state.newest if state.newest > task.id else None

    async def count_pending(self) -> int:
        """Return how many tasks are pending."""
        if self._scope.pending is not None:
            return self._scope.pending
        row = await self._scope.first(_SQL.PENDING)
        return 0 if row is None else int(row[0])

    async def stats(self, *, today: date, zone: ZoneInfo, period_days: int) -> TaskStats:
        """Counts of the period that ends today; a task is overdue once its due day is over."""
        from kirotodo.core.store.task_stats import stats_of

        pending = await self.count_pending()
        return await stats_of(self._scope, pending=pending, today=today, zone=zone, period_days=period_days)

    async def projects(self) -> tuple[ProjectCount, ...]:
        """Every project with its counts, by name; tasks without a project come last, as None."""
        from kirotodo.core.store.task_stats import projects_of

        return await projects_of(self._scope)

    async def snapshot(self, text: str, *, today: date, zone: ZoneInfo) -> TaskSnapshot:
        """Return the list as it helps to understand `text`, in a few statements however long it is."""
        return await snapshot_of(self._scope, text, today=today, zone=zone)

    async def tags(self) -> Mapping[str, int]:
        """Every tag of a pending task, by name, with how many pending tasks have it."""
        from kirotodo.core.store.task_stats import tags_of

        return await tags_of(self._scope)


def _id_at(place: int | None, ids: Sequence[int]) -> int | None:
    return ids[place - 1] if place else None


def _no_such(ids: Sequence[int]) -> str:
    if len(ids) == 1:
        return f"There is no task {ids[0]}."
    return f"There are no tasks {', '.join(map(str, ids[:-1]))} and {ids[-1]}."


async def snapshot_of(scope: Scope, text: str, *, today: date, zone: ZoneInfo) -> TaskSnapshot:
    """Return the list as it helps to understand `text`; see `TaskSnapshot`."""
    rows = TaskRows(scope)
    pending = await rows.values(await scope.rows(_SQL.OPEN, {"most": OPEN_MAX + 1}))
    done = await rows.values(await scope.rows(_SQL.DONE, {"most": DONE_MAX}))
    complete = len(pending) <= OPEN_MAX
    views = await _views_named(scope, text)
    done_total = len(done)
    if done_total == DONE_MAX:
        counts = await scope.first(_SQL.DONE_TOTAL)
        done_total = max(done_total, int(counts[0])) if counts is not None else done_total
    if complete and done_total < DONE_MAX:
        named = pending + done
        return TaskSnapshot(
            tasks=pending,
            done=done,
            projects=_projects(named),
            tags=_tags(named),
            done_total=done_total,
            views=views,
        )
    from kirotodo.core.store.task_stats import projects_of, tags_of

    matching = await _matching(scope, text, "pending" if done_total < DONE_MAX else "all", today=today, zone=zone)
    return TaskSnapshot(
        tasks=_joined(pending[:OPEN_MAX], (task for task in matching if not task.completed)),
        done=_joined(done, (task for task in matching if task.completed)),
        projects=tuple(each.project for each in await projects_of(scope) if each.project is not None),
        tags=tuple(await tags_of(scope)),
        complete=complete,
        done_total=done_total,
        views=views,
    )


async def _views_named(scope: Scope, text: str) -> tuple[str, ...]:
    """The names of the saved views, if the text speaks of a view at all."""
    if "view" not in text.casefold():
        return ()
    from kirotodo.core.store.views import ViewStore

    return tuple(view.name for view in await ViewStore(scope).all())


async def _matching(scope: Scope, text: str, status: Status, *, today: date, zone: ZoneInfo) -> list[Task]:
    """The tasks that have one of the longest words of the text, or its plural."""
    words = sorted(set(_SNAPSHOT_WORD.findall(text.casefold())), key=lambda word: (-len(word), word))[:_WORDS_MAX]
    found: list[Task] = []
    for word in words:
        where = TaskFilter(status=status, search=word.removesuffix("s"))
        page = await page_of(scope, where, today=today, zone=zone, limit=_MATCHES_MAX, cursor=None)
        found += page.items
    return found


def _joined(known: tuple[Task, ...], more: Iterable[Task]) -> tuple[Task, ...]:
    return tuple({task.id: task for task in (*known, *more)}.values())


def _projects(known: Iterable[Task]) -> tuple[str, ...]:
    return tuple({task.project.casefold(): task.project for task in known if task.project is not None}.values())


def _tags(known: Iterable[Task]) -> tuple[str, ...]:
    return tuple({tag.casefold(): tag for task in known for tag in task.tags}.values())
