"""The edits of a list, shared by the tools and by whoever edits without a model.

Each takes an open store, which it never commits, and a standpoint from which words such as "tomorrow" are read. What
reads words is imported where words are read: to complete or delete a task takes none.
"""

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, cast

from kirotodo.core.backend import TaskFields
from kirotodo.core.domain.task import PRIORITIES, SKIPPED_MAX, Change, Changed, RecursFrom, Task, TaskDraft, TaskField
from kirotodo.core.errors import Conflict, InvalidInput
from kirotodo.core.lazy_dataclasses import dataclass
from kirotodo.core.text.patterns import pattern
from kirotodo.core.tools.user_clock import UserClock

if TYPE_CHECKING:
    from kirotodo.core.domain.routine import Occurrence
    from kirotodo.core.store.database import Store

AWAY_DAYS: Final = 366
"""How far ahead occurrences can be skipped."""


async def make_next(store: "Store", task: Task, *, at: UserClock) -> Task | None:
    """Add the occurrence after `task`, which was just done; None where there is none, or the series goes on already."""
    if task.recurrence is None or await store.tasks.goes_on_without(task) is not None:
        return None
    from kirotodo.core.domain.routine import following

    occurrence = following(task, done=at.now, zone=at.zone)
    if occurrence is None:
        return None
    values = _values_of(task, occurrence, at=at)
    draft = replace(TaskDraft.from_task(task), **values, previous_id=task.id, completed_at=None, created_at=None)
    added = await store.tasks.add(draft)
    if task.steps is not None:
        await _copy_steps(store, task, added)
    return added


def _values_of(task: Task, occurrence: "Occurrence", *, at: UserClock) -> dict[TaskField, Any]:
    """Return the fields that another occurrence of the series of `task` has. What was for once is over."""
    remind_at = task.remind_at
    if task.remind_before is not None:
        from kirotodo.core.tools.timing import before_due

        remind_at = before_due(task.remind_before, occurrence.date, occurrence.time, at=at)
    elif remind_at is not None:
        from kirotodo.core.tools.timing import moved_reminder

        old = (task.due_date or at.now.date(), task.due_time)
        remind_at = moved_reminder(remind_at, old, (occurrence.date, occurrence.time), at=at)
    start_date = task.start_date
    if start_date is not None and task.due_date is not None:
        start_date = start_date + (occurrence.date - task.due_date)
    return {
        "title": task.title if task.series is None else task.series.title,
        "due_date": occurrence.date,
        "due_time": occurrence.time,
        "start_date": start_date,
        "recurrence": occurrence.rule,
        "series": None,
        "remind_at": remind_at,
    }


async def _copy_steps(store: "Store", task: Task, following: Task) -> None:
    """Give the next occurrence the steps of `task`, all open again; their dates move with that of the task."""
    moves = task.due_date is not None and following.due_date is not None
    by = following.due_date - task.due_date if moves else timedelta()  # type: ignore[operator]
    for step in await store.tasks.steps_of([task.id]):
        fresh = replace(
            TaskDraft.from_task(step),
            parent_id=following.id,
            previous_id=step.id,
            due_date=step.due_date + by if step.due_date is not None else None,
            start_date=step.start_date + by if step.start_date is not None else None,
            remind_at=step.remind_at + by if step.remind_at is not None else None,
            completed_at=None,
            created_at=None,
        )
        await store.tasks.add(fresh)


async def drop_next(store: "Store", task: Task) -> None:
    """Take away the occurrence after `task`, which is to be open again, unless it was done or changed meanwhile."""
    following = await store.tasks.next_of(task.id)
    if following is None:
        return
    steps = await store.tasks.steps_of([following.id])
    if not any(each.completed or each.updated_at != each.created_at for each in (following, *steps)):
        await _delete(store, following)


async def _reopen(store: "Store", task: Task, ids: Sequence[int]) -> str | None:
    """Open a task again, as one of `ids`, and say so where its series goes on without it: it then is a task of its own.
    Raises `InvalidInput` for a step whose task stays done."""
    if task.parent_id is not None and task.parent_id not in ids:
        for parent in await store.tasks.known([task.parent_id]):
            if parent.completed:
                raise InvalidInput(
                    f"Task {task.id} is a step of task {parent.id}, which is done. Reopen task {parent.id} as well."
                )
    fields: dict[TaskField, Any] = {"completed_at": None}
    newer = None
    if task.recurrence is not None:
        await drop_next(store, task)
        newer = await store.tasks.goes_on_without(task)
    if newer is not None:
        fields |= {"recurrence": None, "recurs_from": "schedule", "series": None}
    await store.tasks.update(task.id, fields)
    if newer is None:
        return None
    return f"Task {task.id} “{task.title}” is open on its own; its series goes on with task {newer}."


async def add_task(store: "Store", fields: TaskFields, *, completed_at: datetime | None = None, at: UserClock) -> Task:
    """Add a task, as one that is done if the moment is given. Raises `InvalidInput`."""
    from kirotodo.core.tools.task_fields import draft_of

    return await add_draft(store, replace(draft_of(fields, at=at), completed_at=completed_at))


async def add_draft(store: "Store", draft: TaskDraft) -> Task:
    """Add a task, as the last of the steps where it has a parent, or at its `position` from 1. Raises `NotFound` or
    `InvalidInput`."""
    if draft.parent_id is None:
        return await store.tasks.add(replace(draft, position=0))
    from kirotodo.core.tools import steps

    siblings = await steps.checked_siblings(store, draft.parent_id, ())
    task = await store.tasks.add(replace(draft, position=steps.after(siblings)))
    if 0 < draft.position <= len(siblings):
        await steps.arrange(store, [*siblings, task], task.id, draft.position)
        return await store.tasks.get(task.id)
    return task


def preview_from_text(text: str, *, at: UserClock) -> tuple[Task, ...]:
    """Return what `add_from_text` would add, with ids 0. Raises `InvalidInput`."""
    now = at.now.astimezone(UTC)
    return tuple(Task.from_draft(draft, id=0, now=now) for draft in _drafts_from_text(text, at=at))


async def add_from_text(store: "Store", text: str, *, at: UserClock) -> tuple[Task, ...]:
    """Add what one line says: dates, `#tag`, `+project`, `!priority`, a ticked box. Raises `InvalidInput`."""
    return tuple([await store.tasks.add(draft) for draft in _drafts_from_text(text, at=at)])


async def update_tasks(store: "Store", task_ids: Sequence[int], fields: TaskFields, *, at: UserClock) -> Changed:
    """Change fields of tasks, all or none. Raises `NotFound` or `InvalidInput`."""
    if not fields:
        raise InvalidInput("Name at least one field to change.")
    from kirotodo.core.tools.task_fields import changes_of

    ids = _each_once(task_ids)
    own = cast(TaskFields, {name: value for name, value in fields.items() if name not in ("parent_id", "position")})
    for task in await store.tasks.get_many(ids):
        changes = changes_of(own, task, at=at)
        if "recurrence" in changes and task.recurrence is None and not task.completed:
            await _require_no_other(store, task)
        await store.tasks.update(task.id, changes)
    if len(own) < len(fields):
        from kirotodo.core.tools import steps

        await steps.move(store, ids, fields)
    return store.journal.changed


async def _require_no_other(store: "Store", task: Task) -> None:
    """Raise `InvalidInput` where an earlier occurrence of a series would repeat beside its newest."""
    newer = await store.tasks.goes_on_without(task)
    if newer is not None:
        raise InvalidInput(
            f"Task {task.id} is an earlier occurrence of a series that goes on with task {newer}. Change that one, or "
            "add a new task."
        )


@dataclass(frozen=True, slots=True)
class Skip:
    """What skipping comes to for one routine: its new fields, None where no occurrence is left."""

    task: Task
    fields: dict[TaskField, Any] | None

    @property
    def note(self) -> str | None:
        """Return a sentence where the routine is over."""
        if self.fields is not None:
            return None
        return f"That was the last occurrence of task {self.task.id} “{self.task.title}”, so it is deleted."


async def skip_tasks(
    store: "Store",
    task_ids: Sequence[int] | None,
    *,
    until: str | None = None,
    count: int | None = None,
    on: str | None = None,
    due_date: date | None = None,
    at: UserClock,
) -> Changed:
    """Skip occurrences of routines, all or none: the open one, all before the day `until`, the next `count`, or
    those `on` a day or some days ("next week", "24 dec..2 jan"); one further ahead is left out once its turn comes.

    Without `task_ids` it is about all routines. A series that has no occurrence left is over: its task is deleted.
    Raises `NotFound`, `InvalidInput`, or `Conflict` where a task is not due on `due_date`, if that is given.
    """
    skips, notes = await _skips(store, task_ids, until=until, count=count, on=on, due_date=due_date, at=at)
    for skip in skips:
        if skip.fields is None:
            await _delete(store, skip.task)
            continue
        if skip.task.steps is not None and "due_date" in skip.fields:
            await _renew_steps(store, skip.task, skip.fields["due_date"])
        await store.tasks.update(skip.task.id, skip.fields)  # last, so that it tells of its steps as they are now
    return replace(store.journal.changed, skipped=notes)


async def _renew_steps(store: "Store", task: Task, due_date: date) -> None:
    """Open the steps of a task that moved on to its next occurrence; their dates move with that of the task."""
    by = due_date - (task.due_date or due_date)
    for step in await store.tasks.steps_of([task.id]):
        fields: dict[TaskField, Any] = {
            "due_date": step.due_date + by if step.due_date is not None else None,
            "start_date": step.start_date + by if step.start_date is not None else None,
            "remind_at": step.remind_at + by if step.remind_at is not None else None,
            "completed_at": None,
        }
        await store.tasks.update(step.id, fields)


async def preview_skip(
    store: "Store",
    task_ids: Sequence[int] | None,
    *,
    until: str | None = None,
    count: int | None = None,
    on: str | None = None,
    due_date: date | None = None,
    at: UserClock,
) -> Changed:
    """Return what `skip_tasks` would come to, in a reading transaction; its changes have ids of 0."""
    skips, notes = await _skips(store, task_ids, until=until, count=count, on=on, due_date=due_date, at=at)
    changes = tuple(
        Change(
            id=0,
            task_id=skip.task.id,
            before=skip.task,
            after=None if skip.fields is None else replace(skip.task, **skip.fields),
        )
        for skip in skips
    )
    return Changed(
        tasks=tuple(change.after for change in changes if change.after is not None),
        removed=tuple(change.task_id for change in changes if change.after is None),
        changes=changes,
        skipped=notes,
    )


async def _skips(
    store: "Store",
    task_ids: Sequence[int] | None,
    *,
    until: str | None,
    count: int | None,
    on: str | None,
    due_date: date | None,
    at: UserClock,
) -> tuple[list[Skip], tuple[str, ...]]:
    """Return what skipping comes to, and a sentence for each routine that is over or that has nothing to skip."""
    if sum(each is not None for each in (until, on, count)) > 1:
        raise InvalidInput("Skip until a day, on a day, or a number of occurrences: only one of these at once.")
    if count is not None and not 1 <= count <= SKIPPED_MAX:
        raise InvalidInput(f"From 1 to {SKIPPED_MAX} occurrences can be skipped at once.")
    day, days = _back_on(until, at=at), _days_to_skip(on, at=at)
    if task_ids is None:
        if day is None:
            raise InvalidInput("Name the tasks to skip, or the day until which all routines are skipped.")
        tasks = await store.tasks.repeating_before(day)
    else:
        tasks = await store.tasks.get_many(_each_once(task_ids))
    skips: list[Skip] = []
    notes: list[str] = []
    for task in tasks:
        if due_date is not None and task.due_date != due_date:
            raise Conflict(f"Task {task.id} “{task.title}” isn't due on that day any more, so it was not skipped.")
        if day is not None and task.repeats and task.due_date is not None and task.due_date >= day:
            notes.append(f"Task {task.id} “{task.title}” is not due before then.")
            continue
        skips.append(skip := _skip(task, day, days, count or 1, at=at))
        notes += [skip.note] if skip.note is not None else []
    return skips, tuple(notes)


def _skip(task: Task, until: date | None, on: tuple[date, date] | None, count: int, *, at: UserClock) -> Skip:
    from kirotodo.core.domain.routine import current, skipped, skipped_on, skipped_until

    if task.completed:
        raise InvalidInput(f"Task {task.id} “{task.title}” is done, so there is nothing to skip.")
    if task.recurrence is None or task.due_date is None:
        raise InvalidInput(f"Task {task.id} “{task.title}” does not repeat, so there is no occurrence to skip.")
    if on is not None:
        first, last = on
        if not any(first <= day <= last for day in (task.due_date, current(task).date)):
            if last < current(task).date:
                raise InvalidInput(f"Task {task.id} “{task.title}” has no open occurrence then: it is due later.")
            return Skip(task, {"recurrence": skipped_on(task, first, last, zone=at.zone)})
        if first < last:
            until = last + timedelta(days=1)
    if until is None:
        occurrence = skipped(task, now=at.now, zone=at.zone, count=count)
    else:
        occurrence = skipped_until(task, until, now=at.now, zone=at.zone)
    return Skip(task, None if occurrence is None else _values_of(task, occurrence, at=at))


def _back_on(words: str | None, *, at: UserClock) -> date | None:
    """Return the first day that is not skipped. Raises `InvalidInput`."""
    if words is None:
        return None
    from kirotodo.core.tools.timing import read_due

    when = read_due(words, at=at)
    if when is None:
        raise InvalidInput("Name the first day that is not skipped, such as 12 dec or next monday.")
    if not 0 < (when.date - at.now.date()).days <= AWAY_DAYS:
        raise InvalidInput(f"The day until which to skip must be after today, and at most {AWAY_DAYS} days away.")
    return when.date


def _days_to_skip(words: str | None, *, at: UserClock) -> tuple[date, date] | None:
    """Return the first and the last day whose occurrences are skipped. Raises `InvalidInput`."""
    if words is None:
        return None
    from kirotodo.core.tools.timing import read_days

    days = read_days(words, at=at)
    if days is None:
        raise InvalidInput("Name the day of the occurrence to skip, such as 14 dec, next friday or next week.")
    if (days[1] - at.now.date()).days > AWAY_DAYS:
        raise InvalidInput(f"The day to skip must be at most {AWAY_DAYS} days away.")
    return days


async def complete_tasks(store: "Store", task_ids: Sequence[int], *, completed: bool = True, at: UserClock) -> Changed:
    """Set tasks done or open again; a recurring one leaves exactly one next occurrence. Raises `NotFound`, or
    `InvalidInput` for a step that is to be open while its task is done.

    A task that already is as asked stays untouched. Its open steps are completed with it, and come back open with the
    next occurrence. Opening one again takes its next occurrence away if that is still open and unchanged, so that the
    same thing is never on the list twice; where the series went on, the one that was opened repeats no more. Steps stay
    as they are.
    """
    ids = _each_once(task_ids)
    notes: list[str] = []
    for task in await store.tasks.get_many(ids):
        if task.completed == completed:
            continue
        if completed:
            await _complete(store, task, at=at)
        elif (note := await _reopen(store, task, ids)) is not None:
            notes.append(note)
    return replace(store.journal.changed, skipped=tuple(notes))


async def _complete(store: "Store", task: Task, *, at: UserClock) -> None:
    if task.open_steps:
        for step in await store.tasks.steps_of([task.id]):
            if not step.completed:
                await store.tasks.update(step.id, {"completed_at": store.now})
    await store.tasks.update(task.id, {"completed_at": store.now})
    await make_next(store, task, at=at)


async def delete_tasks(store: "Store", task_ids: Sequence[int], *, at: UserClock) -> Changed:
    """Delete tasks with their steps, all or none. Raises `NotFound`."""
    ids = _each_once(task_ids)
    gone: set[int] = set()
    for task in await store.tasks.get_many(ids):
        if task.id not in gone:
            gone |= await _delete(store, task)
    return store.journal.changed


async def _delete(store: "Store", task: Task) -> set[int]:
    """Delete a task and its steps; return all of their ids."""
    steps = await store.tasks.steps_of([task.id]) if task.steps is not None else ()
    for each in (*steps, task):
        await store.tasks.delete(each.id)
    return {task.id, *(step.id for step in steps)}


def _each_once(task_ids: Sequence[int]) -> tuple[int, ...]:
    ids = tuple(dict.fromkeys(task_ids))
    if not ids:
        raise InvalidInput("Name at least one task.")
    return ids


def _drafts_from_text(text: str, *, at: UserClock) -> tuple[TaskDraft, ...]:
    """One line of a list may have its marks; a ticked box makes a task that is done. "remind me to …" is reminded of
    when it is due, as in the chat."""
    from kirotodo.core.language.content import parse_inline
    from kirotodo.core.text.list_marks import read_item
    from kirotodo.core.tools.task_fields import draft_of, fields_of

    item = read_item(text)
    reminding = _REMIND_ME.match(item.text)
    read = parse_inline(
        item.text[reminding.end() :] if reminding else item.text, now=at.now, preferences=at.preferences
    )
    fields = fields_of(read, today=at.now.date())
    if reminding and "remind" not in fields and ("due" in fields or "recurrence" in fields):
        fields = {**fields, "remind": "at the time"}
    draft = draft_of(fields, at=at)
    return (replace(draft, completed_at=at.now.astimezone(UTC)) if item.done else draft,)


_REMIND_ME: Final = pattern(r"\s*(?:please\s+)?remind\s+me\s+(?:to|about|of|that)\s+(?=\S)", re.IGNORECASE)
PART: Final = 500
"""Tasks that are stored in one transaction: more of them, and others would wait for it too long."""
AT_ONCE: Final = 100


@dataclass(frozen=True, slots=True)
class CheckedDrafts:
    """The rows of an import that can be taken, and why the rest cannot, counted from 1. A parent or previous task is
    one of `drafts`, by its place, counted from 1 as well."""

    drafts: list[TaskDraft]
    skipped: tuple[str, ...]


async def checked_drafts(drafts: Sequence[TaskDraft], *, at: UserClock) -> CheckedDrafts:
    """Check each draft. Many take seconds: others get their turn in between.

    The parent of a draft, and its previous task, is one before it, by its place. A step of a step becomes one of the
    task above both.
    """
    good: list[TaskDraft] = []
    skipped: list[str] = []
    places: dict[int, int] = {}
    series = _SeriesOfDrafts()
    for number, draft in enumerate(drafts, start=1):
        try:
            for other, what in ((draft.parent_id, "parent"), (draft.previous_id, "previous task")):
                if other is not None and number <= other <= len(drafts):
                    raise InvalidInput(f"Its {what}, row {other}, has to come before it.")
            parent = places.get(draft.parent_id or 0)
            above = good[parent - 1].parent_id if parent is not None else None
            previous = series.joined(places.get(draft.previous_id or 0))
            linked = replace(draft, parent_id=above or parent, previous_id=previous)
            good.append(_checked(linked, at=at))
            places[number] = len(good)
            series.add(good[-1], len(good))
        except InvalidInput as error:
            skipped.append(f"Row {number}: {error.message}")
        if number % AT_ONCE == 0:
            import asyncio  # here, since a single edit does without it

            await asyncio.sleep(0)
    return CheckedDrafts(good, tuple(skipped))


class _SeriesOfDrafts:
    """Which drafts are of a series, by their places. After an open one that repeats, another series begins."""

    def __init__(self) -> None:
        self._first: dict[int, int] = {}
        self._open: set[int] = set()

    def joined(self, previous: int | None) -> int | None:
        """Return the draft before another, None where its series goes on already."""
        return None if previous is None or self._first[previous] in self._open else previous

    def add(self, draft: TaskDraft, place: int) -> None:
        self._first[place] = self._first.get(draft.previous_id or 0, place)
        if draft.recurrence is not None and draft.completed_at is None:
            self._open.add(self._first[place])


def _checked(draft: TaskDraft, *, at: UserClock) -> TaskDraft:
    from kirotodo.core.tools.task_fields import check_length, clean_notes, clean_project, clean_tags, clean_title

    if draft.priority not in PRIORITIES:
        raise InvalidInput(f"A priority is one of {', '.join(PRIORITIES)}.")
    if draft.due_time is not None and draft.due_date is None:
        raise InvalidInput("A time of day needs a due date.")
    check_length(draft.duration)
    return replace(
        draft if draft.recurrence is None else _repeating(draft, draft.recurrence, at=at),
        title=clean_title(draft.title),
        notes=clean_notes(draft.notes),
        project=clean_project(draft.project),
        tags=clean_tags(draft.tags),
    )


def _repeating(draft: TaskDraft, words: str, *, at: UserClock) -> TaskDraft:
    """With its rule as it is stored, and with a due date where it has none."""
    from kirotodo.core.domain.recurrence import anchored, counts_hours
    from kirotodo.core.domain.rule import read_rule
    from kirotodo.core.language.when.recurrence import parse_rule
    from kirotodo.core.tools.timing import first_occurrence

    read = parse_rule(words, now=at.now.replace(tzinfo=None), preferences=at.preferences)
    rule, due_date, due_time = read_rule(read.rule), draft.due_date, draft.due_time
    if len(rule.times) == 1 and not counts_hours(read.rule):
        rule, due_time = replace(rule, byhour=(), byminute=()), due_time or rule.times[0]
    if due_date is None:
        due_date, due_time = first_occurrence(str(rule), None, due_time, at=at)
    recurs_from: RecursFrom = "completion" if "completion" in (read.recurs_from, draft.recurs_from) else "schedule"
    stored = anchored(str(rule), due_date=due_date, recurs_from=recurs_from)
    return replace(draft, recurrence=stored, recurs_from=recurs_from, due_date=due_date, due_time=due_time)
