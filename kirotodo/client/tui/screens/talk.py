"""The conversation on screen as it goes on: sending, the live turn and its events, the queue, approvals, drafts.

What lies around it (layout, keys, commands, the task pane) is in `chat.py`.
"""

import uuid
from typing import Final, assert_never

from textual.widget import Widget

from kirotodo.client.state import Outgoing
from kirotodo.client.tui.entries import AnswerEntry, NoteEntry, UserEntry, answer_key, entries_of
from kirotodo.client.tui.messages import (
    AnswerRefused,
    CallUndone,
    ConversationLoaded,
    EventArrived,
    MessageAccepted,
    MessageRefused,
    OlderLoaded,
    PageFetched,
    TasksFetched,
    WatchLost,
)
from kirotodo.client.tui.model_picker import cost_of
from kirotodo.client.tui.screens.parts import PartsScreen
from kirotodo.client.tui.widgets.approval_bar import ApprovalBar
from kirotodo.client.tui.widgets.messages import AnswerEnd, ToolLine
from kirotodo.client.tui.widgets.queue import QueuedMessage
from kirotodo.core.backend import ModelChoice
from kirotodo.core.domain.conversation import FINAL, Usage
from kirotodo.core.domain.conversation import Transcript as Page
from kirotodo.core.errors import LiveTurn, Unreachable
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

PENDING: Final = "said:pending"


def _sending(message: Outgoing) -> str:
    """The group of the work that sends this message."""
    return f"send:{message.request_key}"


class TalkScreen(PartsScreen):
    """A screen with a conversation going on. `view` counts visits, so that late news of an earlier one is dropped."""

    def __init__(self) -> None:
        super().__init__()
        self.view = 0
        self.loaded = False
        self.live: str | None = None
        self.sending: Outgoing | None = None
        self.models: tuple[ModelChoice, ...] = ()
        self.model: str | None = None
        self._unsure: dict[tuple[str, int | None, str | None], str] = {}
        self._stop_wanted = False
        self._send_after_stop = False
        self._typed_early = False
        self._before: int | None = None

    @property
    def busy(self) -> bool:
        """Whether a message has to wait its turn."""
        return not self.loaded or self.live is not None or self.sending is not None

    # --- opening ---

    def visit(self) -> int:
        """Leave the conversation on screen for another one; what it was doing goes on without us."""
        self.keep_draft()
        self.opening = False
        self.workers.cancel_group(self.app, "watch")
        self.view += 1
        self.loaded = False
        self.live = self.sending = None
        self._stop_wanted = self._send_after_stop = False
        self.queued = []
        self.approval.clear()
        self.show_composer()
        return self.view

    async def on_conversation_loaded(self, message: ConversationLoaded) -> None:
        message.stop()
        if message.view != self.view:
            return
        page, guess, opening = message.transcript, self.conversation_id, self.opening
        self.conversation_id = page.conversation.id if page is not None else None
        self.loaded = True
        self.opening = False
        self.header.title = page.conversation.title if page is not None else "new conversation"
        await self.transcript.load(
            entries_of(page) if page is not None else [],
            more=page is not None and page.before is not None,
            empty=self.empty_state(),
        )
        self._before = page.before if page is not None else None
        self._show_usage()
        self._take_up_draft(guess, opening)
        self.queued = [*self.shell.state.queued(self.conversation_id), *self.queued]
        self.shell.state.last_conversation = self.conversation_id
        self._keep_queue()
        self._watch_live_turn(page)
        if self._typed_early:
            self._send_next()

    def _take_up_draft(self, guess: int | None, opening: bool) -> None:
        """At the start one may have typed before it was known which conversation this is: that is kept."""
        state = self.shell.state
        if not opening or (guess != self.conversation_id and self.composer.text == self.found):
            self.composer.put(state.draft(self.conversation_id))
        elif guess != self.conversation_id:
            state.set_draft(guess, "")
            if draft := state.draft(self.conversation_id):
                self.composer.give_back(draft)
        if opening:
            self._note_draft()

    def _watch_live_turn(self, page: Page | None) -> None:
        live = next((turn for turn in reversed(page.turns) if turn.status not in FINAL), None) if page else None
        if live is not None:
            self.watch_turn(live.id)

    def watch_turn(self, turn_id: str) -> None:
        """Show a turn under way from its beginning to its end."""
        self.live = turn_id
        self.show_keys()
        self.transcript.put(AnswerEntry(key=answer_key(turn_id), turn_id=turn_id))
        self.shell.work(self.shell.jobs.watch(turn_id, self.view), group="watch", exclusive=True)

    def on_transcript_older_wanted(self) -> None:
        if self.conversation_id is not None and self._before is not None:
            self.shell.work(self.shell.jobs.older(self.conversation_id, self._before, self.view))

    def on_older_loaded(self, message: OlderLoaded) -> None:
        message.stop()
        if message.view == self.view:
            page = message.transcript
            self._before = page.before if page is not None else self._before
            self.transcript.prepend(entries_of(page) if page is not None else [], more=self._before is not None)
            self._show_usage()

    def on_page_fetched(self, message: PageFetched) -> None:
        """Add what another program said in this conversation."""
        message.stop()
        page = message.transcript
        if message.view != self.view or self.busy or page.conversation.id != self.conversation_id:
            return
        self.header.title = page.conversation.title
        known = {entry.key for entry in self.transcript.entries}
        newest = max((entry.seq for entry in self.transcript.entries if isinstance(entry, UserEntry)), default=0)
        fresh = False
        for entry in entries_of(page):
            fresh = fresh or (isinstance(entry, UserEntry) and entry.seq > newest)
            if fresh and entry.key not in known:
                self.transcript.append(entry)
        self._watch_live_turn(page)

    # --- sending ---

    def submit(self, text: str) -> None:
        """Send a message, or queue it where one has to wait."""
        if self.busy or self.approval.asking:
            self._typed_early = self._typed_early or not self.loaded
            self.queued.append(text)
            self._note_draft()
            self._keep_queue()
        else:
            self._send(text)

    def _send(self, text: str) -> None:
        """It is on disk, and no draft or waiting message any more, before it leaves: a crash neither loses nor
        doubles it."""
        state = self.shell.state
        place, model = self.conversation_id, self.model
        key = self._unsure.pop((text, place, model), None) or uuid.uuid4().hex
        self.sending = Outgoing(text=text, request_key=key, conversation_id=place, model=model)
        state.post(self.sending)
        state.set_queued(self.conversation_id, self.queued)
        state.remember(text)
        self._note_draft()
        self.keep_state()
        self.composer.sent = list(state.history)
        self.before_sending()
        self.transcript.append(UserEntry(key=PENDING, text=text), follow=True)
        self._show_queue()
        self.shell.work(self.shell.jobs.send(self.sending, self.view), group=_sending(self.sending))

    def on_message_accepted(self, message: MessageAccepted) -> None:
        message.stop()
        state, sent = self.shell.state, message.sent
        state.settle(message.outgoing)
        if message.view != self.view or self.sending is None:
            self.keep_state()
            return
        self.sending = None
        if sent.conversation_id != self.conversation_id:
            state.set_draft(self.conversation_id, "")
            state.set_queued(self.conversation_id, ())
        self.conversation_id = state.last_conversation = sent.conversation_id
        text, key = message.outgoing.text, f"said:{sent.message_seq}"
        self.transcript.rekey(PENDING, UserEntry(key=key, text=text, seq=sent.message_seq, turn_id=sent.turn_id))
        self.watch_turn(sent.turn_id)
        self._note_draft()
        self._keep_queue()
        if self._stop_wanted:
            self.stop()

    def on_message_refused(self, message: MessageRefused) -> None:
        """Nothing is lost: the text goes back where it came from."""
        message.stop()
        state, outgoing, live = self.shell.state, message.outgoing, isinstance(message.error, LiveTurn)
        state.settle(outgoing)
        if isinstance(message.error, Unreachable):
            self._unsure[outgoing.text, outgoing.conversation_id, outgoing.model] = outgoing.request_key
        if not live:
            self.shell.say(message.error.message, "error")
        if message.view == self.view and self.sending is not None:
            self.sending = None
            self._stop_wanted = False
            self.transcript.drop(PENDING)
        here = message.view == self.view or (self.opening and outgoing.conversation_id == self.conversation_id)
        if here and isinstance(message.error, LiveTurn) and self.loaded:
            self.watch_turn(message.error.turn_id)
            self.queued.insert(0, outgoing.text)
        elif live:
            queued = state.queued(outgoing.conversation_id)
            state.set_queued(outgoing.conversation_id, [outgoing.text, *queued])
        elif here:
            self.composer.give_back(outgoing.text)
            self._note_draft()
        else:
            draft = state.draft(outgoing.conversation_id)
            state.set_draft(outgoing.conversation_id, "\n".join(filter(None, (outgoing.text, draft))))
        self._keep_queue()

    # --- the live turn ---

    def on_event_arrived(self, message: EventArrived) -> None:
        message.stop()
        if message.view == self.view and message.event.turn_id == self.live:
            self.apply(message.event)
            if isinstance(message.event, (ApprovalRequested, *FINAL_EVENTS)) and not self.app.app_focus:
                self.app.bell()  # nobody is looking, and now it is their move

    def apply(self, event: TurnEvent) -> None:
        """Bring the screen up to one more event of the live turn."""
        match event:
            case TurnStarted() | TextDelta() | ToolCallStarted() | ToolCallFinished():
                self.transcript.apply(event)
            case ApprovalRequested():
                self.transcript.apply(event)
                self.ask(event)
            case ApprovalAnswered():
                self.transcript.apply(event)
                self.approval.settle(event.call_id)
                self.show_composer()
            case TasksChanged():
                self.post_message(TasksFetched(event.tasks, event.removed))
            case TurnFinished():
                self.transcript.apply(event)
                self.header.title = event.title or self.header.title
                self._end_turn(send_next=True)
            case TurnFailed():
                self.transcript.apply(event)
                self._end_turn(send_next=False)
            case TurnCancelled():
                self.transcript.apply(event)
                self._end_turn(send_next=self._send_after_stop)
            case _:
                assert_never(event)

    def _end_turn(self, *, send_next: bool) -> None:
        self.live = None
        self._stop_wanted = self._send_after_stop = False
        self.approval.clear()
        self.show_composer()
        self._show_usage()
        self._show_queue()
        self.show_keys()
        if send_next:
            self._send_next()

    def on_watch_lost(self, message: WatchLost) -> None:
        message.stop()
        if message.view == self.view and message.turn_id == self.live:
            self.transcript.put(
                AnswerEntry(
                    key=answer_key(message.turn_id),
                    turn_id=message.turn_id,
                    status="failed",
                    error=message.error.message,
                )
            )
            self._end_turn(send_next=False)

    def stop(self) -> None:
        """Stop the live turn; what it has answered stays."""
        if self.live is not None:
            self.shell.work(self.shell.jobs.stop(self.live))
        elif self.sending is not None and self.header.waits:
            self.workers.cancel_group(self.app, _sending(self.sending))
            said = Unreachable("The message waits no longer and is back in the composer.")
            self.post_message(MessageRefused(self.sending, said, self.view))
        elif self.sending is not None:
            self._stop_wanted = True

    def on_answer_end_retry_requested(self, message: AnswerEnd.RetryRequested) -> None:
        message.stop()
        self.retry(message.turn_id)

    def retry(self, turn_id: str | None = None) -> None:
        """Send the message of a failed turn again; without an id, that of the last one."""
        failed = [
            entry for entry in self.transcript.entries if isinstance(entry, AnswerEntry) and entry.status == "failed"
        ]
        wanted = turn_id or (failed[-1].turn_id if failed else "")
        said = self.transcript.said(wanted)
        if said is not None:
            self.submit(said.text)
        else:
            self.shell.say("There is no failed turn to try again.", "warning")

    def _show_usage(self) -> None:
        answers = [entry for entry in self.transcript.entries if isinstance(entry, AnswerEntry)]
        self.header.usage = sum((answer.usage for answer in answers), Usage())
        self.header.cost = cost_of(answers, self.models)

    def on_tool_line_undo_requested(self, message: ToolLine.UndoRequested) -> None:
        message.stop()
        self.shell.work(self.shell.jobs.undo_call(message.turn_id, message.call_id))

    def on_call_undone(self, message: CallUndone) -> None:
        message.stop()
        self.transcript.mark_undone(message.turn_id, message.call_id)
        self.post_message(TasksFetched(message.changed.tasks, message.changed.removed))
        for sentence in message.changed.skipped:
            self.shell.say(sentence, "warning")

    # --- approvals ---

    def ask(self, event: ApprovalRequested) -> None:
        self.approval.ask(event.turn_id, event.approval)
        self.composer.popup.close(self.composer.before_cursor)
        self.composer.display = False
        self.show_keys()
        if self.focused is None or self.focused is self.composer:
            self.approval.focus()

    def show_composer(self) -> None:
        """Give the composer its place back, unless a question stands there."""
        if self.approval.asking or self.composer.display:
            return
        self.composer.display = True
        if self.focused is None or self.approval in self.focused.ancestors_with_self:
            self.composer.focus()

    def on_approval_bar_answered(self, message: ApprovalBar.Answered) -> None:
        message.stop()
        job = self.shell.jobs.answer(message.turn_id, message.call_id, message.decision, message.arguments)
        self.approval.settle(message.call_id)
        self.show_composer()
        self.shell.work(job)

    def on_answer_refused(self, message: AnswerRefused) -> None:
        """Ask again where the question still stands."""
        message.stop()
        self.shell.say(message.error.message, "error")
        entry = self.transcript.answer(message.turn_id)
        if entry is not None and entry.approval is not None and message.turn_id == self.live:
            self.ask(ApprovalRequested(turn_id=entry.turn_id, seq=0, approval=entry.approval))

    # --- the queue ---

    def on_queued_message_edit_asked(self, message: QueuedMessage.EditAsked) -> None:
        message.stop()
        self.composer.give_back(self._unqueue(message.place))
        self.composer.focus()

    def on_queued_message_remove_asked(self, message: QueuedMessage.RemoveAsked) -> None:
        message.stop()
        self._unqueue(message.place)
        rows = self.queue.query(QueuedMessage)
        (rows.first() if self.queued and rows else self.composer).focus()

    def on_queued_message_send_asked(self, message: QueuedMessage.SendAsked) -> None:
        message.stop()
        self.queued.insert(0, self._unqueue(message.place))
        self._keep_queue()
        self.composer.focus()
        if self.busy:
            self._send_after_stop = True
            self.stop()
        else:
            self._send_next()

    def _unqueue(self, place: int) -> str:
        text = self.queued.pop(place)
        self._keep_queue()
        return text

    def _send_next(self) -> None:
        self._typed_early = False
        if self.queued and not self.busy:
            self._send(self.queued.pop(0))
            self._show_queue()

    def _keep_queue(self) -> None:
        if self.loaded:
            self.shell.state.set_queued(self.conversation_id, self.queued)
        self.keep_state()
        self._show_queue()

    def _show_queue(self) -> None:
        self.header.waiting = len(self.shell.state.outbox) + len(self.queued)
        self.queue.show(self.queued, held=self.loaded and not self.busy)

    def note(self, text: str) -> None:
        """A line of the program itself at the end of the conversation."""
        self.transcript.append(NoteEntry(key=f"note:{uuid.uuid4().hex}", text=text))

    # --- left to the chat ---

    def show_keys(self) -> None:
        """Say which keys do what now."""

    def empty_state(self) -> Widget | None:
        """What stands in an empty conversation."""
        return None

    def before_sending(self) -> None:
        """A message is about to go out."""
