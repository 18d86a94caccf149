"""The tasks of a question, which one can leave out, or move to other days, before one says yes to the rest."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any, Final

from textual import events
from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.message import Message
from textual.widgets import Static

from kirotodo.client.tui.keymap import bindings
from kirotodo.client.tui.plain import line
from kirotodo.client.tui.widgets.text_lines import MARK
from kirotodo.core.domain.conversation import Approval
from kirotodo.core.domain.task import Task
from kirotodo.core.lazy_dataclasses import dataclass
from kirotodo.core.text.dates import describe_day, describe_due

TAKEN: Final = "✓"


class ApprovalTasks(VerticalScroll, can_focus=False, inherit_bindings=False):
    """Shows what a call would do to which tasks. While it is edited it has the focus, and a cursor."""

    BINDINGS = bindings("pick")

    @dataclass
    class Agreed(Message):
        """The user says yes to what is left; no `arguments` where nothing is."""

        arguments: Mapping[str, Any] | None

    class RawRequested(Message):
        """The user wants to edit the arguments as they are."""

    def __init__(self, *, clock: Callable[[], datetime]) -> None:
        super().__init__(id="approval-tasks")
        self._clock = clock
        self._approval: Approval | None = None
        self._tasks: tuple[Task, ...] = ()
        self._days: dict[int, date] = {}
        self._left_out: set[int] = set()
        self._cursor = 0
        self._rows = Static(id="approval-list", markup=False)

    def compose(self) -> ComposeResult:
        """Yield the rows."""
        yield self._rows

    def show(self, approval: Approval | None) -> None:
        """Show the tasks of a question, all of them chosen."""
        self.can_focus = False
        self._approval, self._tasks = approval, approval.tasks if approval is not None else ()
        moves: Sequence[Mapping[str, Any]] = approval.arguments.get("moves") or () if approval is not None else ()
        self._days = {move["task_id"]: date.fromisoformat(move["to"]) for move in moves}
        self._left_out, self._cursor = set(), 0
        self.display = bool(self._tasks)
        self._draw()

    @property
    def choosing(self) -> bool:
        """Return whether the user is choosing."""
        return self.can_focus

    @property
    def can_choose(self) -> bool:
        """Return whether the call names its tasks one by one."""
        return bool(self._tasks) and self._approval is not None and bool({"task_ids", "moves"} & set(self._named))

    @property
    def _named(self) -> Mapping[str, Any]:
        given = self._approval.arguments if self._approval is not None else {}
        return {name: value for name, value in given.items() if value}

    def begin(self) -> None:
        """Let the user choose."""
        self.can_focus = True
        self.focus()
        self._draw()

    def leave(self) -> bool:
        """Choose all again. Return False where nobody was choosing."""
        was_open = self.can_focus
        if was_open:
            self.show(self._approval)
        return was_open

    # --- keys and mouse ---

    def action_cursor_up(self) -> None:
        """Go to the task above."""
        self._go(self._cursor - 1)

    def action_cursor_down(self) -> None:
        """Go to the task below."""
        self._go(self._cursor + 1)

    def _go(self, place: int) -> None:
        self._cursor = max(0, min(len(self._tasks) - 1, place))
        self._draw()
        top = round(self.scroll_y)
        wanted = max(self._cursor - self.size.height + 1, min(top, self._cursor))
        if wanted != top:
            self.scroll_to(y=wanted, animate=False, force=True)

    def action_leave_out(self) -> None:
        """Leave the task out, or take it in again."""
        self._left_out ^= {self._tasks[self._cursor].id}
        self._draw()

    def action_earlier(self) -> None:
        """Move it to a day before."""
        self._shift(-1)

    def action_later(self) -> None:
        """Move it to a day after."""
        self._shift(1)

    def _shift(self, days: int) -> None:
        task_id, today = self._tasks[self._cursor].id, self._clock().date()
        if task_id in self._days:
            self._days[task_id] = max(today, self._days[task_id] + timedelta(days=days))
            self._draw()

    def action_agree(self) -> None:
        """Say yes to what is left."""
        self.post_message(self.Agreed(self._arguments() if len(self._left_out) < len(self._tasks) else None))

    def action_raw(self) -> None:
        """Edit the arguments as they are."""
        self.post_message(self.RawRequested())

    def on_click(self, event: events.Click) -> None:
        """Leave out the task that was clicked, or take it in again."""
        place = event.y + round(self.scroll_y)
        if self.can_focus and 0 <= place < len(self._tasks):
            self._go(place)
            self.action_leave_out()

    # --- what is shown, and what becomes of it ---

    def _arguments(self) -> dict[str, Any]:
        assert self._approval is not None
        arguments = dict(self._approval.arguments)
        if ids := arguments.get("task_ids"):
            arguments["task_ids"] = [id for id in ids if id not in self._left_out]
        if moves := arguments.get("moves"):
            kept = (move for move in moves if move["task_id"] not in self._left_out)
            arguments["moves"] = [{**move, "to": self._days[move["task_id"]].isoformat()} for move in kept]
        return arguments

    def _draw(self) -> None:
        self._rows.update(Content("\n").join(self._row(place, task) for place, task in enumerate(self._tasks)))

    def _row(self, place: int, task: Task) -> Content:
        today = self._clock().date()
        due = describe_due(task.due_date, task.due_time, today=today)
        if (day := self._days.get(task.id)) is not None:
            due = f"{due} → {describe_day(day, today=today)}"
        out = task.id in self._left_out
        mark = f"{MARK if place == self._cursor else ' '} {' ' if out else TAKEN} " if self.can_focus else ""
        title = line(task.title).stylize("strike $text-muted") if out else line(task.title)
        row = Content.assemble((mark, "$accent"), (f"{task.id:>5} ", "$text-muted"), title, (f"  {due}", "$text-muted"))
        return row.rstrip()
