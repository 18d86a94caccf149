"""The task pane: the open tasks in sections, for keys and mouse. It posts requests and edits nothing itself."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from textual import events, on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.message import Message
from textual.widgets import Input

from kirotodo.client.tui.keymap import bindings, hints, keys_of
from kirotodo.client.tui.plain import one_line
from kirotodo.client.tui.widgets.task_list import Row, TaskList, sections
from kirotodo.core.domain.task import PRIORITIES, Priority, Task
from kirotodo.core.text import folding

EMPTY: Final = ("Nothing to do.", "", "{} adds a task here, or", "write it in the conversation.")


class TaskPane(Vertical):
    """Shows tasks by section. It is given them with `set_tasks` and `apply`, and posts what the user wants."""

    BINDINGS = bindings("tasks")

    class Request(Message):
        """The user wants something that the pane does not do itself."""

    @dataclass
    class CompleteRequested(Request):
        """Complete these tasks, or open them again."""

        task_ids: tuple[int, ...]
        completed: bool

    @dataclass
    class DeleteRequested(Request):
        """Delete these tasks."""

        tasks: tuple[Task, ...]

    @dataclass
    class PriorityRequested(Request):
        """Give the task this priority."""

        task: Task
        priority: Priority

    @dataclass
    class EditRequested(Request):
        """Ask for another title."""

        task: Task

    @dataclass
    class DueRequested(Request):
        """Ask for another due date."""

        task: Task

    @dataclass
    class DetailsRequested(Request):
        """Show everything about the task."""

        task: Task

    class AddRequested(Request):
        """Ask for a new task."""

    class UndoRequested(Request):
        """Undo the latest change to the list."""

    class RedoRequested(Request):
        """Redo what was undone last."""

    class LeaveRequested(Message):
        """Go back to the composer."""

    def __init__(self, *, clock: Callable[[], datetime], id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._clock = clock
        self._tasks: dict[int, Task] = {}
        self._kept: set[int] = set()
        self._more = 0
        self._loaded = False
        self._list = TaskList(now=self._now)

    def compose(self) -> ComposeResult:
        """Yield the list and the field for the filter."""
        yield self._list
        yield Input(id="task-filter", placeholder="words to look for", compact=True)

    def on_mount(self) -> None:
        """Show the sections."""
        self._lay_out()

    # --- what is shown ---

    @property
    def tasks(self) -> tuple[Task, ...]:
        """Return all tasks of the pane, in no order."""
        return tuple(self._tasks.values())

    @property
    def current(self) -> Task | None:
        """Return the task under the cursor."""
        return self._list.current

    def set_tasks(self, tasks: Sequence[Task], *, total: int | None = None) -> None:
        """Show these tasks and no others; `total` counts the whole list where it holds more."""
        self._tasks = {task.id: task for task in tasks}
        self._kept = set()
        self._more = max(0, (total or 0) - len(tasks))
        self._loaded = True
        self._lay_out()

    def apply(self, tasks: Iterable[Task], removed: Iterable[int] = ()) -> None:
        """Show changed tasks and drop removed ones. A task that was open here and is done now stays in its place."""
        for task in tasks:
            self._patch(task)
        for task_id in removed:
            self._tasks.pop(task_id, None)
            self._kept.discard(task_id)
        self._lay_out()

    def _patch(self, task: Task) -> None:
        known = task.id in self._tasks
        if self._more and not known and task.id < max(self._tasks, default=0):
            self._more -= 1
        if not task.completed:
            self._kept.discard(task.id)
        elif known and not self._tasks[task.id].completed:
            self._kept.add(task.id)
        self._tasks[task.id] = task

    def sweep(self) -> None:
        """Let go of the tasks that were done."""
        self._tasks = {task.id: task for task in self._tasks.values() if not task.completed}
        self._kept = set()
        self._lay_out()

    def focus(self, scroll_visible: bool = True) -> "TaskPane":
        """Focus the list."""
        self._list.focus(scroll_visible)
        return self

    def _now(self) -> datetime:
        return self._clock()

    def _lay_out(self) -> None:
        if not self.is_mounted:
            return
        now, words = self._now(), self._words()
        found = [task for task in self._tasks.values() if _holds(task, words)]
        rows: list[Row] = []
        for section in sections(found, today=now.date(), now=now, keep=self._kept):
            rows.append(Row(section=section))
            rows.extend(Row(task=task) for task in section.tasks)
        self._list.set_rows([*rows, *self._notes(bool(rows))])
        pending = sum(not task.completed for task in self._tasks.values()) + self._more
        self.border_title = Content(f"tasks · {pending}" if pending else "tasks")

    def _notes(self, some: bool) -> list[Row]:
        if not self._loaded:
            return []
        if some:
            return [Row(note=f"and {self._more:,} more")] if self._more else []
        if self._words():
            return [Row(note=f"No task contains “{one_line(self._filter.value)}”.")]
        return [Row(note=note.format(keys_of(self).label("tasks.new"))) for note in EMPTY]

    # --- the filter ---

    @property
    def _filter(self) -> Input:
        return self.query_one("#task-filter", Input)

    def _words(self) -> list[str]:
        return folding.without_apostrophes(folding.fold(self._filter.value)).split()

    @on(Input.Changed, "#task-filter")
    def _filter_changed(self, event: Input.Changed) -> None:
        event.stop()
        self._lay_out()

    @on(Input.Submitted, "#task-filter")
    def _filter_kept(self, event: Input.Submitted) -> None:
        event.stop()
        self.set_class(bool(self._words()), "-filtered")
        self._list.focus()

    def action_filter(self) -> None:
        """Show only tasks that contain these words."""
        self.add_class("-filtered")
        self._filter.focus()

    def action_leave(self) -> None:
        """Clear the filter, or go back to the composer."""
        if not self.has_class("-filtered"):
            self.post_message(self.LeaveRequested())
            return
        self._filter.value = ""
        self.remove_class("-filtered")
        self._list.focus()

    # --- keys and mouse ---

    def action_cursor_up(self) -> None:
        """Go to the task above."""
        self._list.move(-1)

    def action_cursor_down(self) -> None:
        """Go to the task below."""
        self._list.move(1)

    def action_page_up(self) -> None:
        """Scroll a page up."""
        self._list.page(-1)

    def action_page_down(self) -> None:
        """Scroll a page down."""
        self._list.page(1)

    def action_first(self) -> None:
        """Go to the first task."""
        self._list.move(-len(self._list.rows))

    def action_last(self) -> None:
        """Go to the last task."""
        self._list.move(len(self._list.rows))

    def action_done(self) -> None:
        """Complete the task, or reopen it."""
        if task := self.current:
            self.post_message(self.CompleteRequested((task.id,), not task.completed))

    def action_edit(self) -> None:
        """Change the title."""
        if task := self.current:
            self.post_message(self.EditRequested(task))

    def action_due(self) -> None:
        """Change when it is due, in words such as “fri 5pm”."""
        if task := self.current:
            self.post_message(self.DueRequested(task))

    def action_details(self) -> None:
        """Show and edit everything about the task."""
        if task := self.current:
            self.post_message(self.DetailsRequested(task))

    def action_priority(self) -> None:
        """Go to the next priority: none, low, medium, high."""
        if task := self.current:
            following = PRIORITIES[(PRIORITIES.index(task.priority) + 1) % len(PRIORITIES)]
            self.post_message(self.PriorityRequested(task, following))

    def action_delete(self) -> None:
        """Delete the task. Undo brings it back."""
        if task := self.current:
            self.post_message(self.DeleteRequested((task,)))

    def action_new(self) -> None:
        """Add a task."""
        self.post_message(self.AddRequested())

    def action_undo(self) -> None:
        """Undo the latest change to the list."""
        self.post_message(self.UndoRequested())

    def action_redo(self) -> None:
        """Redo what you undid last."""
        self.post_message(self.RedoRequested())

    @on(TaskList.CircleClicked)
    def _circle_clicked(self, event: TaskList.CircleClicked) -> None:
        event.stop()
        self.post_message(self.CompleteRequested((event.task.id,), not event.task.completed))

    @on(TaskList.TaskChosen)
    def _task_chosen(self, event: TaskList.TaskChosen) -> None:
        event.stop()
        self.post_message(self.DetailsRequested(event.task))

    def on_resize(self) -> None:
        """Show as many keys as fit into the border."""
        self.border_subtitle = hints("tasks", keys=keys_of(self), width=max(0, self.size.width - 2))

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        """Arrange the sections anew, since another day may have begun."""
        self._lay_out()


def _holds(task: Task, words: Sequence[str]) -> bool:
    if not words:
        return True
    tags = " ".join(f"#{tag}" for tag in task.tags)
    text = folding.fold(f"{task.title} {task.notes} +{task.project or ''} {tags} {task.id}")
    text = " ".join((text, *folding.joined(text)))
    return all(word in text or any(other in text for other in folding.joined(word)) for word in words)
