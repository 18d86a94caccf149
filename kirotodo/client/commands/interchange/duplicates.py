"""Which tasks of a file are on the list already, so that an import made twice doubles nothing."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from kirotodo.core.domain.task import Task, TaskDraft
from kirotodo.core.lazy_dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class Sorted:
    """The drafts that are new, with their places, and the places of those that are on the list already."""

    new: tuple[TaskDraft, ...]
    places: tuple[str, ...]
    known: tuple[str, ...]


def without_known(drafts: Sequence[TaskDraft], places: Sequence[str], tasks: Iterable[Task]) -> Sorted:
    """Return the drafts that no task of the list equals. A task stands for one draft: two alike in a file are two
    tasks, unless the list has two."""
    exact: Counter[Any] = Counter()
    alike: Counter[Any] = Counter()
    for task in tasks:
        exact[_exact(task)] += 1
        alike[_alike(task)] += 1
    kept: list[int] = []
    known: list[str] = []
    for number, draft in enumerate(drafts):
        counts, key = (alike, _alike(draft)) if draft.created_at is None else (exact, _exact(draft))
        if counts[key] > 0:
            counts[key] -= 1
            known.append(f"{places[number]}: “{draft.title[:60]}”")
        else:
            kept.append(number)
    return Sorted(new=_linked(drafts, kept), places=tuple(places[number] for number in kept), known=tuple(known))


def _linked(drafts: Sequence[TaskDraft], kept: Sequence[int]) -> tuple[TaskDraft, ...]:
    """Return what is kept, with parents and previous tasks by their new places; what points to one left out stands
    alone."""
    from dataclasses import replace

    place_of = {number + 1: place for place, number in enumerate(kept, start=1)}
    return tuple(
        replace(
            drafts[number],
            parent_id=place_of.get(drafts[number].parent_id or 0),
            previous_id=place_of.get(drafts[number].previous_id or 0),
        )
        for number in kept
    )


def _exact(task: Task | TaskDraft) -> Any:
    created = task.created_at
    return (_title(task), created.replace(microsecond=0) if created is not None else None)


def _alike(task: Task | TaskDraft) -> Any:
    return (
        *(_title(task), task.due_date, task.due_time),
        *((task.project or "").casefold(), task.notes.strip(), task.completed_at is not None),
    )


def _title(task: Task | TaskDraft) -> str:
    return " ".join(task.title.split()).casefold()
