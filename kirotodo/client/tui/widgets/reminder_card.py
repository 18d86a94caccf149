"""Reminders that rang, above the composer: what to do now, and done, snooze or open for the one shown first."""

from collections.abc import Sequence
from typing import Final, Literal

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.message import Message
from textual.widgets import Button, Static

from kirotodo.client.tui.keymap import bindings, keys_of
from kirotodo.client.tui.plain import line
from kirotodo.client.tui.shell import shell_of
from kirotodo.core.domain.reminder import Reminder
from kirotodo.core.domain.task import Task
from kirotodo.core.lazy_dataclasses import dataclass
from kirotodo.core.text.dates import describe_due, describe_moment

Choice = Literal["done", "snooze", "open"]
_BUTTONS: Final[tuple[Choice, ...]] = ("done", "snooze", "open")
SNOOZE: Final = "10 minutes"


class ReminderCard(Vertical, can_focus=True):
    """Shows one reminder at a time and how many more there are. It never takes the focus by itself."""

    BINDINGS = bindings("reminder")

    @dataclass
    class Chosen(Message):
        """The user has decided what becomes of a reminder."""

        task: Task
        choice: Choice

    class Left(Message):
        """No reminder is left, or the user wants to go back to writing."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._waiting: list[Reminder] = []
        self.display = False

    def _parts(self) -> ComposeResult:
        """Yield the reminder and the buttons."""
        yield Static(id="reminder-task", markup=False)
        buttons = [Button(self._label(name), id=f"remind-{name}", compact=True) for name in _BUTTONS]
        for button in buttons:
            button.can_focus = False
        yield Horizontal(*buttons, id="reminder-buttons")

    def _label(self, name: str) -> Content:
        return Content(f"{keys_of(self).label(f'reminder.{name}')} {name}".strip())

    def show_keys(self) -> None:
        """Show the keys as they are now."""
        for button in self.query(Button):
            button.label = self._label((button.id or "").removeprefix("remind-"))

    def add(self, reminders: Sequence[Reminder]) -> None:
        """Show reminders that just rang, behind those that are shown already."""
        known = {each.task.id for each in reminders}
        self._waiting = [each for each in self._waiting if each.task.id not in known] + list(reminders)
        self._show()

    def forget(self, tasks: Sequence[Task], removed: Sequence[int]) -> None:
        """Take reminders away whose task was done, deleted or given another reminder, wherever that was."""
        settled = {*removed}
        for task in tasks:
            settled |= {
                each.task.id
                for each in self._waiting
                if each.task.id == task.id and (task.completed or task.remind_at != each.remind_at)
            }
        if settled & {each.task.id for each in self._waiting}:
            self._waiting = [each for each in self._waiting if each.task.id not in settled]
            self._show()

    def _show(self) -> None:
        had_focus = self.has_focus
        self.display = bool(self._waiting)
        if not self._waiting:
            if had_focus:
                self.post_message(self.Left())
            return
        if not self.children:  # made with the first reminder
            self.mount_all(self._parts())
        first, now = self._waiting[0], shell_of(self).clock()
        words = []
        if first.task.due_date is not None:
            words.append(
                f"due {describe_due(first.task.due_date, first.task.due_time, today=now.date(), relative=True)}"
            )
        if first.late:
            words.append(f"missed {describe_moment(first.remind_at, now=now)}")
        if first.again:
            words.append("perhaps shown before")
        if len(self._waiting) > 1:
            words.append(f"{len(self._waiting) - 1} more")
        text = Content.assemble(
            ("Reminder  ", "$warning"),
            (f"{first.task.id} ", "$text-muted"),
            line(first.task.title),
            (f"  {' · '.join(words)}" if words else "", "$text-muted"),
        )
        self.query_one("#reminder-task", Static).update(text)

    # --- choices ---

    def choose(self, choice: Choice) -> None:
        """Post what becomes of the reminder shown, and show the next."""
        if self._waiting:
            self.post_message(self.Chosen(self._waiting.pop(0).task, choice))
            self._show()

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """Choose with the mouse."""
        event.stop()
        for name in _BUTTONS:
            if event.button.id == f"remind-{name}":
                self.choose(name)

    def action_done(self) -> None:
        """Complete the task."""
        self.choose("done")

    def action_snooze(self) -> None:
        """Remind again in ten minutes."""
        self.choose("snooze")

    def action_open(self) -> None:
        """Show everything about the task."""
        self.choose("open")

    def action_dismiss(self) -> None:
        """Take the reminder away; it has rung."""
        if self._waiting:
            self._waiting.pop(0)
            self._show()
        else:
            self.post_message(self.Left())
