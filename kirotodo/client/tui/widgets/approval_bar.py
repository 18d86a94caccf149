"""A question of the agent in the composer's place: what it wants to do, to exactly which tasks, and five keys."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.message import Message
from textual.widgets import Button, Input, Static

from kirotodo.client.tui.entries import PendingApproval
from kirotodo.client.tui.keymap import bindings, keys_of
from kirotodo.client.tui.plain import clean, one_line, plain
from kirotodo.client.tui.shell import shell_of
from kirotodo.client.tui.widgets.approval_tasks import ApprovalTasks
from kirotodo.core.domain.conversation import Decision
from kirotodo.core.lazy_dataclasses import dataclass

_BUTTONS: Final = ("yes", "no", "always", "never", "edit")


class ApprovalBar(Vertical, can_focus=True):
    """Shows one question at a time."""

    BINDINGS = bindings("approval")

    @dataclass
    class Answered(Message):
        """The user has decided; `arguments` holds the edited ones."""

        turn_id: str
        call_id: str
        decision: Decision
        arguments: Mapping[str, Any] | None = None

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._pending: tuple[PendingApproval, ...] = ()
        self._tasks = ApprovalTasks(clock=lambda: shell_of(self).clock())
        self.display = False

    def _parts(self) -> ComposeResult:
        """Yield the question, the arguments, the tasks and the buttons."""
        yield Static(id="question", markup=False)
        field = Input(id="approval-arguments", compact=True, select_on_focus=False)
        field.cursor_blink = False
        yield field
        yield Static(id="approval-trouble", markup=False)
        yield self._tasks
        buttons = [Button(self._label(name), id=f"approve-{name}", compact=True) for name in _BUTTONS]
        for button in buttons:
            button.can_focus = False
        yield Horizontal(*buttons, id="approval-buttons")

    def _label(self, name: str) -> Content:
        return Content(f"{keys_of(self).label(f'approval.{name}')} {name}".strip())

    def show_keys(self) -> None:
        """Show the keys as they are now."""
        for button in self.query(Button):
            button.label = self._label((button.id or "").removeprefix("approve-"))

    @property
    def asking(self) -> bool:
        """Return whether a question is shown."""
        return bool(self._pending)

    # --- questions ---

    def show(self, pending: Sequence[PendingApproval]) -> None:
        """Show the first of these questions; the others wait their turn."""
        goes_on = self._tasks.choosing and self._pending[:1] == tuple(pending[:1])
        self._pending = tuple(pending)
        self.display = self.asking
        self.query("#approval-arguments, #approval-trouble").set(display=False)
        if not self._pending:
            self._tasks.show(None)
            return
        if not self.children:  # made with the first question: most conversations have none
            self.mount_all(self._parts())
        approval = self._pending[0].approval
        more = f"  (1 of {len(self._pending)})" if len(self._pending) > 1 else ""
        self.query_one("#question", Static).update(Content.assemble(plain(approval.question), (more, "$text-muted")))
        if not goes_on:
            self._tasks.show(approval)

    # --- answers ---

    def answer(self, decision: Decision, arguments: Mapping[str, Any] | None = None) -> None:
        """Post the user's decision on the question shown."""
        if self._pending:
            question = self._pending[0]
            self.post_message(self.Answered(question.turn_id, question.approval.call_id, decision, arguments))

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """Answer with the mouse."""
        event.stop()
        name = (event.button.id or "").removeprefix("approve-")
        getattr(self, f"action_{name}")()

    def action_yes(self) -> None:
        """Allow it, or what is left of it."""
        if self._tasks.choosing:
            self._tasks.action_agree()
        else:
            self.answer("yes")

    def action_no(self) -> None:
        """Refuse it. Esc does the same."""
        self.answer("no")

    def action_always(self) -> None:
        """Allow it, and don't ask again for this many or fewer."""
        if self._tasks.choosing:
            again = keys_of(self).label("chat.escape")
            self._trouble(f"“Always” is for the question as it was. {again} goes back to it.")
        else:
            self.answer("always")

    def action_never(self) -> None:
        """Don't allow it, and don't ask again in this conversation."""
        self.answer("never")

    def action_edit(self) -> None:
        """Let the user choose among the tasks, or edit the arguments of a call that does not name them."""
        if self._tasks.can_choose:
            self._tasks.begin()
        else:
            self._edit_arguments()

    def on_approval_tasks_agreed(self, message: ApprovalTasks.Agreed) -> None:
        """Say yes to the tasks that are left."""
        message.stop()
        if message.arguments is None:
            self._trouble(f"No task is left. {keys_of(self).label('chat.escape')} goes back, to say no.")
        else:
            self.focus()
            self.answer("yes", message.arguments)

    def on_approval_tasks_raw_requested(self, message: ApprovalTasks.RawRequested) -> None:
        """Edit the arguments of the call instead."""
        message.stop()
        self._tasks.leave()
        self._edit_arguments()

    def _edit_arguments(self) -> None:
        """Show the arguments for editing; enter says yes with them."""
        if self._pending:
            box = self.query_one("#approval-arguments", Input)
            box.value = one_line(json.dumps(dict(self._pending[0].approval.arguments), ensure_ascii=False, default=str))
            box.display = True
            box.focus()

    def leave_edit(self) -> bool:
        """Leave the tasks and the arguments as they were. Return False if nothing was being edited."""
        was_open = self._tasks.leave() or any(box.display for box in self.query("#approval-arguments"))
        self.query("#approval-arguments, #approval-trouble").set(display=False)
        if was_open:
            self.focus()
        return was_open

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Say yes with the edited arguments."""
        event.stop()
        try:
            arguments = json.loads(event.value)
        except ValueError as error:
            return self._trouble(f"This isn't valid JSON: {error}")
        if not isinstance(arguments, dict):
            return self._trouble("The arguments must be an object, in braces.")
        self.focus()
        self.answer("yes", arguments)

    def _trouble(self, sentence: str) -> None:
        trouble = self.query_one("#approval-trouble", Static)
        trouble.update(clean(sentence))
        trouble.display = True
