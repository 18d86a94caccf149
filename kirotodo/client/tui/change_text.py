"""The sentence for what a direct edit, an undo or a redo did."""

from collections.abc import Collection

from kirotodo.core.domain.task import Changed

NAMED = 3


def summarize(verb: str, changed: Changed, *, only: Collection[int] | None = None) -> str:
    """Return a sentence such as `Undone: milk, eggs and 2 more`; `only` limits it to these tasks."""
    titles = [task.title for task in changed.tasks if only is None or task.id in only]
    titles += [_deleted_title(changed, id) for id in changed.removed if only is None or id in only]
    if not titles:
        return f"{verb}."
    more = f" and {len(titles) - NAMED} more" if len(titles) > NAMED else ""
    return f"{verb}: {', '.join(titles[:NAMED])}{more}"


def _deleted_title(changed: Changed, task_id: int) -> str:
    for change in changed.changes:
        for task in (change.before, change.after):
            if change.task_id == task_id and task is not None:
                return task.title
    return f"task {task_id}"
