"""The requests of the task pane: direct edits of the list, and dialogs for those that need text."""

from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from datetime import date, timedelta

from kirotodo.client.tui.shell import Shell
from kirotodo.client.tui.widgets.task_pane import TaskPane
from kirotodo.core.backend import Backend, TaskFields
from kirotodo.core.domain.plan import Move
from kirotodo.core.domain.task import Changed, Task
from kirotodo.core.errors import InvalidInput
from kirotodo.core.text.dates import describe_day, describe_due

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
        case TaskPane.ShiftRequested():
            _shift(shell, request.tasks, request.days)
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


def _shift(shell: Shell, tasks: Sequence[Task], by: int) -> None:
    """Move each task by a day, but not into the past."""
    today = shell.clock().date()
    days: dict[date, tuple[int, ...]] = {}
    for task in tasks:
        if (day := shifted(task.due_date, by, today=today)) is not None:
            days[day] = (*days.get(day, ()), task.id)
    moved = {id for ids in days.values() for id in ids}
    if not days:
        shell.toast(f"Nothing moves into the past: {_titles(tasks)}", "warning")
        return
    way = "a day later" if by > 0 else "a day earlier"
    when = describe_day(next(iter(days)), today=today) if len(days) == 1 else way
    notice = f"Due {when}: {_titles([task for task in tasks if task.id in moved])}"
    shell.edit(lambda backend: move_to(backend, tasks, days), notice)


def shifted(due: date | None, by: int, *, today: date) -> date | None:
    """Return the day so many days from the one that a task is due; None stands for a day in the past. What is overdue
    or has no date comes to lie on today."""
    if due is None or due < today:
        return today if by > 0 else None
    day = due + timedelta(days=by)
    return day if day >= today else None


async def move_to(backend: Backend, tasks: Sequence[Task], days: Mapping[date, Sequence[int]]) -> Changed:
    """Make tasks due on other days, in one undo."""
    if len(days) > 1:
        due = {task.id: task.due_date for task in tasks}
        moves = [Move(task_id=id, due_date=due[id], to=day) for day, ids in days.items() for id in ids]
        with suppress(InvalidInput):  # a server of an earlier release moves them only to one day at a time
            return await backend.move_tasks(moves, for_once=False)
    changed = [await backend.update_tasks(ids, TaskFields(due_date=day)) for day, ids in days.items()]
    return Changed(
        tasks=tuple(task for part in changed for task in part.tasks),
        removed=tuple(id for part in changed for id in part.removed),
        changes=tuple(change for part in changed for change in part.changes),
    )


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
