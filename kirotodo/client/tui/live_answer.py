"""The answer under way: the events of its turn, the questions it asks, how it ends. Knows no widget."""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, assert_never

from kirotodo.client.tui.conversation_view import ConversationView
from kirotodo.client.tui.entries import (
    AnswerEntry,
    PendingApproval,
    Reverted,
    answer_key,
    fold,
    undone,
    with_undo_marked,
)
from kirotodo.client.tui.model_picker import cost_of
from kirotodo.core.backend import ModelChoice
from kirotodo.core.domain.conversation import Decision, TurnStatus, Usage
from kirotodo.core.domain.task import Changed
from kirotodo.core.errors import KirotodoError
from kirotodo.core.events import (
    FINAL_EVENTS,
    ApprovalAnswered,
    ApprovalRequested,
    TasksChanged,
    TextDelta,
    ToolCallFinished,
    ToolCallStarted,
    TurnCancelled,
    TurnEvent,
    TurnFailed,
    TurnFinished,
    TurnStarted,
)

if TYPE_CHECKING:
    from kirotodo.client.tui.background import BackgroundWork

WATCH: Final = "watch"
"""The group of the work that watches the turn."""


class LiveAnswer:
    """Follows one turn at a time, and calls `ended` with the status that each has at its end, and whether the answer
    on screen is that of the end."""

    def __init__(
        self,
        view: ConversationView,
        work: "BackgroundWork",
        *,
        models: Callable[[], Sequence[ModelChoice]],
        ended: Callable[[TurnStatus, bool], None],
    ) -> None:
        self._view = view
        self._work = work
        self._models = models
        self._ended = ended
        self._visit = 0
        self.turn_id: str | None = None
        self.approvals: list[PendingApproval] = []

    # --- the turn ---

    def watch(self, turn_id: str, visit: int) -> None:
        """Show a turn from its beginning to its end; `visit` tells its events from those of an earlier visit."""
        self.turn_id, self._visit = turn_id, visit
        self._view.show_activity(True)
        self._view.put_entry(AnswerEntry(key=answer_key(turn_id), turn_id=turn_id))
        self._view.run(self._work.watch(turn_id, visit), group=WATCH, exclusive=True)

    def leave(self) -> None:
        """Stop showing the turn, which goes on without us."""
        self._view.cancel(WATCH)
        self.turn_id = None
        self._set_approvals([])

    def stop(self) -> None:
        """Stop the turn; what it has answered stays."""
        if self.turn_id is not None:
            self._view.run(self._work.stop(self.turn_id))

    def event_arrived(self, event: TurnEvent, visit: int) -> None:
        """Bring the screen up to one more event."""
        if visit != self._visit or event.turn_id != self.turn_id:
            return
        if isinstance(event, TasksChanged):
            self._view.show_tasks(event.tasks, event.removed)
            return
        entry = self._entry(event.turn_id) or AnswerEntry(key=answer_key(event.turn_id), turn_id=event.turn_id)
        self._view.put_entry(fold(entry, event))
        self._follow(event)
        if isinstance(event, (ApprovalRequested, *FINAL_EVENTS)):
            self._view.ring()

    def _follow(self, event: TurnEvent) -> None:
        """Do what an event asks for beyond being shown in the answer."""
        match event:
            case ApprovalRequested():
                self._ask(PendingApproval(turn_id=event.turn_id, approval=event.approval))
            case ApprovalAnswered():
                self._settle(event.call_id)
            case TurnFinished():
                if event.title:
                    self._view.show_title(event.title)
                self._end("finished")
            case TurnFailed():
                self._end("failed")
            case TurnCancelled():
                self._end("cancelled")
            case ToolCallFinished():
                self._mark_undone_by(event)
            case TurnStarted() | TextDelta() | ToolCallStarted() | TasksChanged():
                pass
            case _:
                assert_never(event)

    def watch_lost(self, turn_id: str, error: KirotodoError, visit: int) -> None:
        """Show a turn that can no longer be watched as failed."""
        if visit == self._visit and turn_id == self.turn_id:
            key = answer_key(turn_id)
            self._view.put_entry(AnswerEntry(key=key, turn_id=turn_id, status="failed", error=error.message))
            self._end("failed", seen=False)

    def _end(self, status: TurnStatus, *, seen: bool = True) -> None:
        entry = self._entry(self.turn_id or "")
        answered = seen and entry is not None and bool(entry.text.strip())
        self.turn_id = None
        self._set_approvals([])
        self.show_usage()
        self._view.show_activity(False)
        self._ended(status, answered)

    # --- its questions ---

    def answer(
        self, turn_id: str, call_id: str, decision: Decision, arguments: Mapping[str, Any] | None = None
    ) -> None:
        """Send the user's decision; `arguments` where they were edited."""
        self._settle(call_id)
        self._view.run(self._work.answer(turn_id, call_id, decision, arguments))

    def answer_refused(self, turn_id: str, error: KirotodoError) -> None:
        """Ask again, where the question is still open."""
        self._view.notify(error.message, "error")
        entry = self._entry(turn_id)
        if entry is not None and entry.approval is not None and turn_id == self.turn_id:
            self._ask(PendingApproval(turn_id=turn_id, approval=entry.approval))

    def _ask(self, question: PendingApproval) -> None:
        known = {(pending.turn_id, pending.approval.call_id) for pending in self.approvals}
        new = [] if (question.turn_id, question.approval.call_id) in known else [question]
        self._set_approvals([*self.approvals, *new])

    def _settle(self, call_id: str) -> None:
        self._set_approvals([pending for pending in self.approvals if pending.approval.call_id != call_id])

    def _set_approvals(self, pending: list[PendingApproval]) -> None:
        self.approvals = pending
        self._view.show_approvals(pending)

    # --- its tool calls, and what it cost ---

    def undo_call(self, turn_id: str, call_id: str) -> None:
        """Undo what one tool call changed."""
        self._view.run(self._work.undo_call(turn_id, call_id))

    def call_undone(self, turn_id: str, call_id: str, changed: Changed) -> None:
        """Mark a tool call as undone and show the tasks as they are now."""
        if entry := self._entry(turn_id):
            self._view.put_entry(undone(entry, call_id))
        self._view.show_tasks(changed.tasks, changed.removed)
        for sentence in changed.skipped:
            self._view.notify(sentence, "warning")

    def list_reverted(self, what: Reverted, *, undone: bool) -> None:
        """Mark the tool calls whose changes were undone, or done again, from somewhere else than their own line."""
        if (entry := with_undo_marked(self._view.entries, what, undone=undone)) is not None:
            self._view.put_entry(entry)

    def _mark_undone_by(self, event: ToolCallFinished) -> None:
        result = event.result if event.tool == "undo" and event.status == "succeeded" else None
        if isinstance(result, Mapping):
            tasks = [task["id"] for task in result.get("tasks") or () if isinstance(task, Mapping) and "id" in task]
            what = Reverted(there=tasks, gone=result.get("removed") or ())
            self.list_reverted(what, undone=result.get("status") == "undone")

    def show_usage(self) -> None:
        """Show the tokens and the money that the loaded part of the conversation has cost."""
        used = [(entry.model, entry.usage) for entry in self._view.entries if isinstance(entry, AnswerEntry)]
        total = sum((usage for _, usage in used), Usage())
        self._view.show_usage(total, cost_of(used, self._models()))

    def _entry(self, turn_id: str) -> AnswerEntry | None:
        # From the end: nearly always it is the last entry, and there may be an event for every token.
        for entry in reversed(self._view.entries):
            if isinstance(entry, AnswerEntry) and entry.turn_id == turn_id:
                return entry
        return None
