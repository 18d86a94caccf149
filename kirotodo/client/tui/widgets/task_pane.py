"""The task pane: the open tasks in sections, live, worked by keys and mouse. It asks by messages and edits nothing."""

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

from kirotodo.client.grouping import sections
from kirotodo.client.tui.keymap import bindings, hints
from kirotodo.client.tui.plain import one_line
from kirotodo.client.tui.widgets.task_list import Row, TaskList
from kirotodo.core.domain.task import PRIORITIES, Priority, Task

EMPTY: Final = ("Nothing to do.", "", "n adds a task here, or", "say it in the conversation.")


class TaskPane(Vertical):
    """Tasks by section. Feed it with `set_tasks` and `apply`; what a person asks for comes out as messages."""

    BINDINGS = bindings("tasks")

    class Request(Message):
        """A person asks for something that the pane does not do itself."""

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
        yield self._list
        yield Input(id="task-filter", placeholder="words to look for", compact=True)

    def on_mount(self) -> None:
        self._lay_out()

    # --- what is shown ---

    @property
    def tasks(self) -> tuple[Task, ...]:
        """All tasks the pane knows, in no order."""
        return tuple(self._tasks.values())

    @property
    def current(self) -> Task | None:
        """The task under the cursor."""
        return self._list.current

    def set_tasks(self, tasks: Sequence[Task], *, total: int | None = None) -> None:
        """Show these tasks and no others; `total` counts the whole list where it holds more."""
        self._tasks = {task.id: task for task in tasks}
        self._kept = set()
        self._more = max(0, (total or 0) - len(tasks))
        self._loaded = True
        self._lay_out()

    def apply(self, tasks: Iterable[Task], removed: Iterable[int] = ()) -> None:
        """Tasks as they are now, and ids that are gone. One that was open here and is done now stays in its place."""
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
            return [Row(note=f"No task holds “{one_line(self._filter.value)}”.")]
        return [Row(note=note) for note in EMPTY]

    # --- the filter ---

    @property
    def _filter(self) -> Input:
        return self.query_one("#task-filter", Input)

    def _words(self) -> list[str]:
        return self._filter.value.casefold().split()

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
        self.add_class("-filtered")
        self._filter.focus()

    def action_leave(self) -> None:
        if not self.has_class("-filtered"):
            self.post_message(self.LeaveRequested())
            return
        self._filter.value = ""
        self.remove_class("-filtered")
        self._list.focus()

    # --- keys and mouse ---

    def action_cursor_up(self) -> None:
        self._list.move(-1)

    def action_cursor_down(self) -> None:
        self._list.move(1)

    def action_page_up(self) -> None:
        self._list.page(-1)

    def action_page_down(self) -> None:
        self._list.page(1)

    def action_first(self) -> None:
        self._list.move(-len(self._list.rows))

    def action_last(self) -> None:
        self._list.move(len(self._list.rows))

    def action_done(self) -> None:
        if task := self.current:
            self.post_message(self.CompleteRequested((task.id,), not task.completed))

    def action_edit(self) -> None:
        if task := self.current:
            self.post_message(self.EditRequested(task))

    def action_due(self) -> None:
        if task := self.current:
            self.post_message(self.DueRequested(task))

    def action_details(self) -> None:
        if task := self.current:
            self.post_message(self.DetailsRequested(task))

    def action_priority(self) -> None:
        if task := self.current:
            following = PRIORITIES[(PRIORITIES.index(task.priority) + 1) % len(PRIORITIES)]
            self.post_message(self.PriorityRequested(task, following))

    def action_delete(self) -> None:
        if task := self.current:
            self.post_message(self.DeleteRequested((task,)))

    def action_new(self) -> None:
        self.post_message(self.AddRequested())

    def action_undo(self) -> None:
        self.post_message(self.UndoRequested())

    def action_redo(self) -> None:
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
        self.border_subtitle = hints("tasks", width=max(0, self.size.width - 2))

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        """A day may have begun since the last change."""
        self._lay_out()


def _holds(task: Task, words: Sequence[str]) -> bool:
    if not words:
        return True
    text = f"{task.title} {task.notes} +{task.project or ''} {' '.join(f'#{tag}' for tag in task.tags)} {task.id}"
    return all(word in text.casefold() for word in words)
