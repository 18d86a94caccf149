"""The edits of a list, shared by the tools and by whoever edits without a model.

Each takes an open store, which it never commits, and a standpoint from which words such as "tomorrow" are read. What
reads words is imported where words are read: to complete or delete a task takes none.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from kirotodo.core.backend import TaskFields
from kirotodo.core.domain.task import PRIORITIES, Changed, RecursFrom, Task, TaskDraft
from kirotodo.core.errors import InvalidInput
from kirotodo.core.tools.user_clock import UserClock

if TYPE_CHECKING:
    from kirotodo.core.store.database import Store


async def make_next(store: "Store", task: Task, *, at: UserClock) -> Task | None:
    """Add the occurrence after `task`, which was just done; None where there is none, or it exists already."""
    if task.recurrence is None or await store.tasks.next_of(task.id) is not None:
        return None
    from kirotodo.core.domain.recurrence import anchored, next_occurrence, rule_after
    from kirotodo.core.tools.timing import before_due, moved_reminder

    rule = anchored(task.recurrence, due_date=task.due_date, recurs_from=task.recurs_from)
    due = next_occurrence(
        rule,
        due_date=task.due_date,
        due_time=task.due_time,
        done=at.now,
        zone=at.zone,
        recurs_from=task.recurs_from,
    )
    if due is None:
        return None
    remind_at = task.remind_at
    if task.remind_before is not None:
        remind_at = before_due(task.remind_before, due.date, due.time, at=at)
    elif remind_at is not None:
        old = (task.due_date or at.now.date(), task.due_time)
        remind_at = moved_reminder(remind_at, old, due, at=at)
    following = replace(
        TaskDraft.from_task(task),
        due_date=due.date,
        due_time=due.time,
        recurrence=rule_after(rule),
        remind_at=remind_at,
        previous_id=task.id,
        completed_at=None,
        created_at=None,
    )
    return await store.tasks.add(following)


async def drop_next(store: "Store", task: Task) -> None:
    """Take away the occurrence after `task`, which was opened again, unless it was done or changed meanwhile."""
    following = await store.tasks.next_of(task.id)
    if following is not None and not following.completed and following.updated_at == following.created_at:
        await store.tasks.delete(following.id)


async def add_task(store: "Store", fields: TaskFields, *, completed_at: datetime | None = None, at: UserClock) -> Task:
    """Add a task, as one that is done if the moment is given. Raises `InvalidInput`."""
    from kirotodo.core.tools.task_fields import draft_of

    draft = draft_of(fields, at=at)
    await _check_parent(store, draft.parent_id, ())
    return await store.tasks.add(replace(draft, completed_at=completed_at))


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
    await _check_parent(store, fields.get("parent_id"), ids)
    for task in await store.tasks.get_many(ids):
        await store.tasks.update(task.id, changes_of(fields, task, at=at))
    return store.journal.changed


async def complete_tasks(store: "Store", task_ids: Sequence[int], *, completed: bool = True, at: UserClock) -> Changed:
    """Set tasks done or open again; a recurring one leaves exactly one next occurrence. Raises `NotFound`.

    A task that already is as asked stays untouched. Opening one again takes its next occurrence away if that is still
    open, so that the same thing is never on the list twice.
    """
    for task in await store.tasks.get_many(_each_once(task_ids)):
        if task.completed == completed:
            continue
        await store.tasks.update(task.id, {"completed_at": store.now if completed else None})
        if completed:
            await make_next(store, task, at=at)
        else:
            await drop_next(store, task)
    return store.journal.changed


async def delete_tasks(store: "Store", task_ids: Sequence[int], *, at: UserClock) -> Changed:
    """Delete tasks, all or none. Raises `NotFound`."""
    for task in await store.tasks.get_many(_each_once(task_ids)):
        await store.tasks.delete(task.id)
    return store.journal.changed


async def _check_parent(store: "Store", parent_id: int | None, step_ids: Sequence[int]) -> None:
    """Raise `NotFound` or `InvalidInput` unless these may be steps of that task: steps have no steps of their own."""
    if parent_id is None:
        return
    parent = await store.tasks.get(parent_id)
    if parent.parent_id is not None:
        raise InvalidInput(f"Task {parent_id} is a step itself, so it can have no steps.")
    if parent_id in step_ids:
        raise InvalidInput("A task cannot be a step of itself.")
    if await store.tasks.steps_of(step_ids):
        raise InvalidInput("A task that has steps cannot become a step.")


def _each_once(task_ids: Sequence[int]) -> tuple[int, ...]:
    ids = tuple(dict.fromkeys(task_ids))
    if not ids:
        raise InvalidInput("Name at least one task.")
    return ids


def _drafts_from_text(text: str, *, at: UserClock) -> tuple[TaskDraft, ...]:
    """One line of a list may have its marks; a ticked box makes a task that is done."""
    from kirotodo.core.language.content import parse_inline
    from kirotodo.core.text.list_marks import read_item
    from kirotodo.core.tools.task_fields import draft_of, fields_of

    item = read_item(text)
    read = parse_inline(item.text, now=at.now, preferences=at.preferences)
    draft = draft_of(fields_of(read), at=at)
    return (replace(draft, completed_at=at.now.astimezone(UTC)) if item.done else draft,)


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
    for number, draft in enumerate(drafts, start=1):
        try:
            for other, what in ((draft.parent_id, "parent"), (draft.previous_id, "previous task")):
                if other is not None and number <= other <= len(drafts):
                    raise InvalidInput(f"Its {what}, row {other}, has to come before it.")
            parent = places.get(draft.parent_id or 0)
            above = good[parent - 1].parent_id if parent is not None else None
            linked = replace(draft, parent_id=above or parent, previous_id=places.get(draft.previous_id or 0))
            good.append(_checked(linked, at=at))
            places[number] = len(good)
        except InvalidInput as error:
            skipped.append(f"Row {number}: {error.message}")
        if number % AT_ONCE == 0:
            import asyncio  # here, since a single edit does without it

            await asyncio.sleep(0)
    return CheckedDrafts(good, tuple(skipped))


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
