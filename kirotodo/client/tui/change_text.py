"""What a direct edit, an undo or a redo did, in one sentence. Pure."""

from collections.abc import Collection

from kirotodo.core.domain.task import Changed

NAMED = 3


def summarize(verb: str, changed: Changed, *, only: Collection[int] | None = None) -> str:
    """`Undone: milk, eggs and 2 more`."""
    titles = [task.title for task in changed.tasks if only is None or task.id in only]
    titles += [_gone_title(changed, id) for id in changed.removed if only is None or id in only]
    if not titles:
        return f"{verb}."
    more = f" and {len(titles) - NAMED} more" if len(titles) > NAMED else ""
    return f"{verb}: {', '.join(titles[:NAMED])}{more}"


def _gone_title(changed: Changed, task_id: int) -> str:
    for change in changed.changes:
        for task in (change.before, change.after):
            if change.task_id == task_id and task is not None:
                return task.title
    return f"task {task_id}"
