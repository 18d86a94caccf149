"""The requests of the task pane: direct edits of the list, and dialogs for those that need text."""

from collections.abc import Collection, Sequence
from datetime import date

from kirotodo.client.tui.shell import Shell
from kirotodo.client.tui.widgets.task_pane import TaskPane
from kirotodo.core.backend import TaskFields
from kirotodo.core.domain.task import Changed, Task
from kirotodo.core.text.dates import describe_due

NAMED = 3


def summarize(verb: str, changed: Changed, *, only: Collection[int] | None = None) -> str:
    """Return a sentence such as `Undone: milk, eggs and 2 more`; `only` limits it to these tasks."""
    titles = [task.title for task in changed.tasks if only is None or task.id in only]
    titles += [_deleted_title(changed, id) for id in changed.removed if only is None or id in only]
    return f"{verb}: {first_of(titles)}" if titles else " ".join(changed.views) or f"{verb}."


def _deleted_title(changed: Changed, task_id: int) -> str:
    for change in changed.changes:
        for task in (change.before, change.after):
            if change.task_id == task_id and task is not None:
                return task.title
    return f"task {task_id}"


def handle_task_request(shell: Shell, request: TaskPane.Request) -> None:
    """Do what a key or a click in the task pane asks for."""
    match request:
        case TaskPane.CompleteRequested():
            _complete(shell, request.task_ids, request.completed)
        case TaskPane.DeleteRequested():
            ids = [task.id for task in request.tasks]
            undoes = f"{shell.keys.label('tasks.undo')} undoes"
            shell.edit(lambda backend: backend.delete_tasks(ids), f"Deleted: {_titles(request.tasks)} · {undoes}")
        case TaskPane.PriorityRequested():
            tasks, fields = (request.task, *request.others), TaskFields(priority=request.priority)
            notice = f"Priority {request.priority}: {_titles(tasks)}"
            shell.edit(lambda backend: backend.update_tasks([task.id for task in tasks], fields), notice)
        case TaskPane.SkipRequested():
            _skip(shell, [task.id for task in request.tasks])
        case TaskPane.UndoRequested():
            undo(shell)
        case TaskPane.RedoRequested():
            redo(shell)
        case _:
            _open_dialog(shell, request)


def undo(shell: Shell) -> None:
    """Undo the latest change to the list."""
    shell.edit(lambda backend: backend.undo(), lambda changed: summarize("Undone", changed), reverts="undo")


def redo(shell: Shell) -> None:
    """Redo what was undone last."""
    shell.edit(lambda backend: backend.redo(), lambda changed: summarize("Redone", changed), reverts="redo")


def _complete(shell: Shell, ids: Sequence[int], completed: bool) -> None:
    verb = "Done" if completed else "Open again"
    shell.edit(
        lambda backend: backend.complete_tasks(ids, completed=completed),
        lambda changed: summarize(verb, changed, only=ids),
    )


def _skip(shell: Shell, ids: Sequence[int]) -> None:
    """Skip the open occurrence of routines, all or none."""
    today = shell.clock().date()
    shell.edit(lambda backend: backend.skip_tasks(ids), lambda changed: skipped_to(changed, only=ids, today=today))


def skipped_to(changed: Changed, *, only: Collection[int], today: date) -> str:
    """Return where tasks were skipped to; the last occurrence of one is deleted, for which `skipped` has a sentence."""
    due = [(task, describe_due(task.due_date, task.due_time, today=today)) for task in changed.tasks]
    moved = [f"{task.title} ({day})" for task, day in due if task.id in only]
    return f"Skipped to {first_of(moved)}" if moved else summarize("Skipped", changed, only=only)


def _open_dialog(shell: Shell, request: TaskPane.Request) -> None:
    from kirotodo.client.tui.screens.task_edit import BulkScreen, DetailsScreen, DueScreen, NewTaskScreen, TitleScreen

    match request:
        case TaskPane.EditRequested():
            shell.open_screen(TitleScreen(request.task))
        case TaskPane.DueRequested():
            shell.open_screen(DueScreen(request.task, *request.others))
        case TaskPane.PostponeRequested():
            from kirotodo.client.tui.screens.postpone import PostponeScreen

            shell.open_screen(PostponeScreen(request.tasks, request.to))
        case TaskPane.BulkEditRequested():
            shell.open_screen(BulkScreen(request.tasks))
        case TaskPane.DetailsRequested():
            shell.open_screen(DetailsScreen(request.task, zone=shell.clock().tzinfo))
        case TaskPane.PageRequested():
            from kirotodo.client.tui.screens.task_page import TaskPageScreen

            shell.open_screen(TaskPageScreen(request.task, steps=request.steps))
        case TaskPane.AddRequested():
            shell.open_screen(NewTaskScreen())


def _titles(tasks: Sequence[Task]) -> str:
    return first_of([task.title for task in tasks])


def first_of(words: Sequence[str]) -> str:
    """Return the first few of some words, and how many more there are."""
    return ", ".join(words[:NAMED]) + (f" and {len(words) - NAMED} more" if len(words) > NAMED else "")
