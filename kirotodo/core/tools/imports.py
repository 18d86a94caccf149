"""Adding many tasks that another program, or this one, wrote down before."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from kirotodo.core.domain.recurrence import anchored, counts_hours
from kirotodo.core.domain.rule import read_rule
from kirotodo.core.domain.task import PRIORITIES, RecursFrom, TaskDraft
from kirotodo.core.errors import InvalidInput
from kirotodo.core.language.when.recurrence import parse_rule
from kirotodo.core.tools.names import clean_notes, clean_project, clean_tags, clean_title
from kirotodo.core.tools.timing import first_occurrence
from kirotodo.core.tools.tool import Standpoint

PART: Final = 500
"""Tasks that are stored in one transaction: more of them, and others would wait for it too long."""
AT_ONCE: Final = 100


@dataclass(frozen=True, slots=True)
class CheckedDrafts:
    """What can be taken of an import, and why the rest cannot, counted from 1. A parent is one of `drafts`, by its
    place, counted from 1 as well."""

    drafts: list[TaskDraft]
    skipped: tuple[str, ...]


async def checked_drafts(drafts: Sequence[TaskDraft], *, at: Standpoint) -> CheckedDrafts:
    """Check each draft. Many take seconds: others get their turn in between.

    The parent of a draft is one before it, by its place.
    """
    good: list[TaskDraft] = []
    skipped: list[str] = []
    places: dict[int, int] = {}
    for number, draft in enumerate(drafts, start=1):
        try:
            good.append(_checked(replace(draft, parent_id=places.get(draft.parent_id or 0)), at=at))
            places[number] = len(good)
        except InvalidInput as error:
            skipped.append(f"Row {number}: {error.message}")
        if number % AT_ONCE == 0:
            await asyncio.sleep(0)
    return CheckedDrafts(good, tuple(skipped))


def _checked(draft: TaskDraft, *, at: Standpoint) -> TaskDraft:
    if draft.priority not in PRIORITIES:
        raise InvalidInput(f"A priority is one of {', '.join(PRIORITIES)}.")
    if draft.due_time is not None and draft.due_date is None:
        raise InvalidInput("A time of day needs a due date.")
    return replace(
        draft if draft.recurrence is None else _repeating(draft, draft.recurrence, at=at),
        title=clean_title(draft.title),
        notes=clean_notes(draft.notes),
        project=clean_project(draft.project),
        tags=clean_tags(draft.tags),
    )


def _repeating(draft: TaskDraft, words: str, *, at: Standpoint) -> TaskDraft:
    """With its rule as it is stored, and with a due date where it has none."""
    read = parse_rule(words, now=at.now.replace(tzinfo=None), preferences=at.preferences)
    rule, due_date, due_time = read_rule(read.rule), draft.due_date, draft.due_time
    if len(rule.times) == 1 and not counts_hours(read.rule):
        rule, due_time = replace(rule, byhour=(), byminute=()), due_time or rule.times[0]
    if due_date is None:
        due_date, due_time = first_occurrence(str(rule), None, due_time, at=at)
    recurs_from: RecursFrom = "completion" if "completion" in (read.recurs_from, draft.recurs_from) else "schedule"
    stored = anchored(str(rule), due_date=due_date, recurs_from=recurs_from)
    return replace(draft, recurrence=stored, recurs_from=recurs_from, due_date=due_date, due_time=due_time)
