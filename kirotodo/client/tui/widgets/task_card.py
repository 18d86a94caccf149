"""The tasks that an answer lists, as rows that one can tick, edit, open and continue."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import datetime
from functools import partial

from textual import events
from textual.actions import SkipAction
from textual.content import Content
from textual.geometry import Offset
from textual.message import Message

from kirotodo.client.tui.keymap import bindings, keys_of
from kirotodo.client.tui.task_cards import Listing
from kirotodo.client.tui.widgets.task_list import NUMBER_MIN, circle_columns, task_line
from kirotodo.client.tui.widgets.task_pane import TaskPane
from kirotodo.client.tui.widgets.text_lines import TextLines
from kirotodo.core.domain.task import PRIORITIES, Task, TaskFilter
from kirotodo.core.lazy_dataclasses import dataclass


class TaskCard(TextLines):
    """Shows the tasks of a listing, and at its end how many more there are. It posts the requests of the task pane."""

    BINDINGS = bindings("card")
    ALLOW_SELECT = False

    @dataclass
    class MoreRequested(Message):
        """Load the tasks after those that are shown."""

        card: "TaskCard"
        where: TaskFilter
        cursor: str

    def __init__(self, listing: Listing, *, now: Callable[[], datetime]) -> None:
        super().__init__()
        self.listing = listing
        self._now = now
        self._cursor = 0
        self._loading = False

    def on_mount(self) -> None:
        """Show the tasks as they are now, as far as that is known."""
        for pane in self.screen.query(TaskPane):
            self.update_tasks(pane.tasks)

    # --- tasks ---

    def update_tasks(self, tasks: Iterable[Task], removed: Iterable[int] = ()) -> None:
        """Show changed tasks of the listing, and those that are gone no more."""
        known = {task.id: task for task in tasks}
        gone = set(removed)
        shown = tuple(known.get(task.id, task) for task in self.listing.tasks if task.id not in gone)
        if shown != self.listing.tasks:
            total = self.listing.total - (len(self.listing.tasks) - len(shown))
            self.listing = replace(self.listing, tasks=shown, total=total)
            self._cursor = max(0, min(self._cursor, len(shown) - 1))
            self.renew()

    def put(self, listing: Listing) -> None:
        """Show another listing, the cursor on the task where it was."""
        if listing == self.listing:
            return
        here = self.current
        places = [index for index, task in enumerate(listing.tasks) if here is not None and task.id == here.id]
        self._cursor = places[0] if places else max(0, min(self._cursor, len(listing.tasks) - 1))
        self.listing = listing
        self.renew()

    def add(self, tasks: Iterable[Task], *, cursor: str | None) -> None:
        """Show more tasks after the last one."""
        known = {task.id for task in self.listing.tasks}
        more = (task for task in tasks if task.id not in known)
        self._loading = False
        self.listing = replace(self.listing, tasks=(*self.listing.tasks, *more), cursor=cursor)
        self.renew()

    @property
    def current(self) -> Task | None:
        """Return the task under the cursor."""
        return self.listing.tasks[self._cursor] if self._cursor < len(self.listing.tasks) else None

    @property
    def _number_width(self) -> int:
        return max([NUMBER_MIN, *(len(str(task.id)) + 1 for task in self.listing.tasks)])

    # --- drawing ---

    def make_lines(self, width: int) -> list[Content]:
        """Return a line for each task, and one for those that are not shown."""
        now, number_width = self._now(), self._number_width
        lines = []
        for index, task in enumerate(self.listing.tasks):
            here = self.has_focus and index == self._cursor
            line = task_line(task, width=width, number_width=number_width, now=now, bare=here)
            lines.append(line.stylize("$block-cursor-foreground on $block-cursor-background") if here else line)
        if rest := self.listing.rest:
            lines.append(self._more_line(rest).truncate(width, ellipsis=True))
        return lines

    def _more_line(self, rest: int) -> Content:
        if self.listing.cursor is None:
            return Content.styled(f"  and {rest:,} more", "$text-muted")
        key = keys_of(self).label("card.more")
        return Content.assemble("  ", (key, "$accent"), f" show {rest:,} more")

    def on_focus(self) -> None:
        """Show the cursor."""
        self.renew()

    def on_blur(self) -> None:
        """Show no cursor."""
        self.renew()

    def places(self) -> Iterator[tuple[Offset, Callable[[], object]]]:
        """Return where each task lies, and what goes there."""
        for index in range(len(self.listing.tasks)):
            yield Offset(0, index), partial(self._go_to_task, index)

    def _go_to_task(self, index: int) -> None:
        self._cursor = max(0, min(index, len(self.listing.tasks) - 1))
        self.focus()
        self.renew()

    # --- keys and the mouse ---

    def _move(self, step: int) -> None:
        there = self._cursor + step
        if not 0 <= there < len(self.listing.tasks):
            raise SkipAction  # the transcript goes to its next item
        self._cursor = there
        self.renew()

    def action_cursor_up(self) -> None:
        """Go to the task above."""
        self._move(-1)

    def action_cursor_down(self) -> None:
        """Go to the task below."""
        self._move(1)

    def action_done(self) -> None:
        """Complete the task, or reopen it."""
        if task := self.current:
            self.post_message(TaskPane.CompleteRequested((task.id,), not task.completed))

    def action_edit(self) -> None:
        """Change the title."""
        if task := self.current:
            self.post_message(TaskPane.EditRequested(task))

    def action_due(self) -> None:
        """Change when it is due."""
        if task := self.current:
            self.post_message(TaskPane.DueRequested(task))

    def action_details(self) -> None:
        """Show and edit everything about the task."""
        if task := self.current:
            self.post_message(TaskPane.DetailsRequested(task))

    def action_priority(self) -> None:
        """Go to the next priority."""
        if task := self.current:
            following = PRIORITIES[(PRIORITIES.index(task.priority) + 1) % len(PRIORITIES)]
            self.post_message(TaskPane.PriorityRequested(task, following))

    def action_delete(self) -> None:
        """Delete the task. Undo brings it back."""
        if task := self.current:
            self.post_message(TaskPane.DeleteRequested((task,)))

    def action_postpone_tomorrow(self) -> None:
        """Make it due tomorrow."""
        if task := self.current:
            self.post_message(TaskPane.PostponeRequested((task,), "tomorrow"))

    def action_skip(self) -> None:
        """Skip this time of a task that repeats."""
        if task := self.current:
            self.post_message(TaskPane.SkipRequested((task,)))

    def action_more(self) -> None:
        """Show the tasks after those that are shown."""
        where, cursor = self.listing.where, self.listing.cursor
        if where is not None and cursor is not None and not self._loading:
            self._loading = True
            self.post_message(self.MoreRequested(self, where, cursor))

    def on_click(self, event: events.Click) -> None:
        """Complete a task, open it, or show more of them."""
        offset = event.get_content_offset(self)
        if offset is None or event.button != 1:
            return
        if offset.y >= len(self.listing.tasks):
            self.action_more()
            return
        self._cursor = offset.y
        self.renew()
        if offset.x in circle_columns(self._number_width):
            self.action_done()
        elif event.chain == 2:
            self.action_details()
