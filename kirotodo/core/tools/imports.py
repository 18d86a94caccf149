"""Adding many tasks that another program, or this one, wrote down before."""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from kirotodo.core.backend import ImportReport
from kirotodo.core.domain.task import PRIORITIES, TaskDraft
from kirotodo.core.errors import InvalidInput
from kirotodo.core.language.recurrence import parse_rule
from kirotodo.core.tools.names import clean_notes, clean_project, clean_tags, clean_title
from kirotodo.core.tools.tool import Standpoint

if TYPE_CHECKING:
    from kirotodo.core.store.database import Store


async def import_tasks(store: "Store", drafts: Sequence[TaskDraft], *, at: Standpoint) -> ImportReport:
    """Add every draft that can be taken, in order; the others are named with the reason, counted from 1."""
    added: list[int] = []
    skipped: list[str] = []
    for number, draft in enumerate(drafts, start=1):
        try:
            task = await store.tasks.add(_checked(draft, at=at))
        except InvalidInput as error:
            skipped.append(f"Row {number}: {error.message}")
        else:
            added.append(task.id)
    return ImportReport(added=tuple(added), skipped=tuple(skipped))


def _checked(draft: TaskDraft, *, at: Standpoint) -> TaskDraft:
    if draft.priority not in PRIORITIES:
        raise InvalidInput(f"A priority is one of {', '.join(PRIORITIES)}.")
    if draft.due_time is not None and draft.due_date is None:
        raise InvalidInput("A time of day needs a due date.")
    recurrence = draft.recurrence
    if recurrence is not None:
        recurrence = parse_rule(recurrence, now=at.now, preferences=at.preferences).rule
    return replace(
        draft,
        title=clean_title(draft.title),
        notes=clean_notes(draft.notes),
        project=clean_project(draft.project),
        tags=clean_tags(draft.tags),
        recurrence=recurrence,
    )
