"""The conversation on screen: opening it, sending, the queue, stopping, drafts. The answer is in `live_answer.py`.

The rules are here and no widget is: a `ConversationView` shows what there is to show, and the screen hands the results
of the background work back.
"""

import uuid
from collections.abc import Coroutine, Sequence
from typing import TYPE_CHECKING, Any, Final

from kirotodo.client.state import ClientState, Outgoing
from kirotodo.client.tui.conversation_view import ConversationView
from kirotodo.client.tui.entries import AnswerEntry, NoteEntry, UserEntry, entries_of, user_key
from kirotodo.client.tui.live_answer import LiveAnswer
from kirotodo.client.tui.model_picker import ModelPicker
from kirotodo.core.backend import ConversationHead, KeptNote
from kirotodo.core.domain.conversation import FINAL, Conversation, Sent, Transcript, TurnStatus
from kirotodo.core.errors import KirotodoError, LiveTurn, Unreachable

if TYPE_CHECKING:
    from kirotodo.client.tui.background import BackgroundWork

PENDING: Final = "user:pending"
"""The key of the message that the backend has not accepted yet."""


class TurnController:
    """Keeps the state of one conversation view and decides what happens next.

    `visit` counts the conversations shown, so that late results of an earlier one are dropped. While `opening`, which
    conversation it will be is a guess.
    """

    def __init__(
        self,
        view: ConversationView,
        work: "BackgroundWork",
        *,
        state: ClientState,
        models: ModelPicker,
        conversation_id: int | None = None,
        new: bool = False,
    ) -> None:
        self._view = view
        self._work = work
        self._state = state
        self._models = models
        self._new = new
        self.answer = LiveAnswer(view, work, models=lambda: models.choices, ended=self._turn_ended)
        self._wanted = conversation_id
        self.conversation_id = None if new else conversation_id or state.last_conversation
        self._guessed_draft = state.draft(self.conversation_id)
        self.visit = 0
        self.opening = True
        self.loaded = False
        self.sending: Outgoing | None = None
        self.queued: list[str] = []
        self.deleted: int | None = None
        self._replaced: UserEntry | None = None
        self._unsure: dict[tuple[str, int | None, str | None], str] = {}
        self.editing: UserEntry | None = None
        self._aside = ""
        self._return_to: int | None = None
        self._notes: tuple[KeptNote, ...] = ()
        self._stop_wanted = False
        self._send_after_stop = False
        self._typed_early = False
        self._before: int | None = None
        self._asked: int | None = None
        self._seen = self._newest = 0

    @property
    def busy(self) -> bool:
        """Return whether a message has to wait its turn."""
        return not self.loaded or self.active

    @property
    def live(self) -> str | None:
        """Return the id of the turn under way."""
        return self.answer.turn_id

    @property
    def active(self) -> bool:
        """Return whether a message is being sent or answered."""
        return self.live is not None or self.sending is not None

    # --- opening conversations ---

    def start(self) -> None:
        """Open the first conversation; messages that were being sent when the program ended go out before it."""
        outbox = self._state.outbox
        if self._new:
            self.begin_new()
            self._view.run(self._work.send_all(outbox))
        elif self._wanted is not None:
            self._load_quietly(self._work.open(self._wanted, self.visit, outbox=outbox))
        else:
            self._load_quietly(self._work.open_latest(self._state.last_conversation, self.visit, outbox=outbox))

    def reconnected(self) -> None:
        """Catch up on what happened while the server was out of reach."""
        if self.loaded:
            self.refresh()
        elif self.opening:
            self.start()
        elif self._wanted is not None:
            self._load_quietly(self._work.open(self._wanted, self.visit))

    def open(self, conversation_id: int, seq: int | None = None) -> None:
        """Show another conversation, unless it is on screen already; from the message `seq`, if one is given."""
        if seq is not None and not self.active:
            self._leave()
            self._wanted, self._return_to = conversation_id, seq
            self._view.run(self._work.open_at(conversation_id, seq, self.visit))
        elif conversation_id != self.conversation_id or not self.loaded:
            self._leave()
            self._wanted = conversation_id
            self._view.run(self._work.open(conversation_id, self.visit))

    def begin_new(self) -> None:
        """Show an empty conversation, which begins with the next message."""
        if self.loaded or self.visit:
            self._leave()
        self.conversation_id = None
        self._view.run(self._work.open_new(self.visit))

    def _leave(self) -> None:
        """Leave the conversation on screen; its turn goes on without us."""
        self.keep_draft()
        self.opening = False
        self.visit += 1
        if self.editing is not None:  # what was typed is in the draft by now
            self.editing, self._aside = None, ""
            self._view.show_editing(False)
        self.loaded = False
        self.sending = None
        self._stop_wanted = self._send_after_stop = False
        self._seen = self._newest = 0
        self.queued = []
        self.answer.leave()
        self._view.show_activity(False)

    def _load_quietly(self, load: Coroutine[Any, Any, object]) -> None:
        self._view.run(self._work.quietly(load), group="open", exclusive=True)

    async def conversation_loaded(self, page: Transcript | None, visit: int) -> None:
        """Show a conversation's newest page, its draft and its queue; None is a new conversation."""
        if visit != self.visit:
            return
        guess, opening = self.conversation_id, self.opening
        self.conversation_id = page.conversation.id if page is not None else None
        self._before = page.before if page is not None else None
        self.loaded = True
        self.opening = False
        self._saw(_last_seq(page) if page is not None else 0)
        self._view.show_title(page.conversation.title if page is not None else "new conversation")
        await self._view.load_entries(entries_of(page) if page is not None else [], more=self._before is not None)
        self._append_notes(self._notes)
        self.answer.show_usage()
        self._take_up_draft(guess, opening)
        self.queued = [*self._state.queued(self.conversation_id), *self.queued]
        self._state.last_conversation = self.conversation_id
        self._keep_queue()
        if page is not None:
            self._watch_live_turn(page)
        if self._return_to is not None:
            self._view.focus_message(self._return_to)
            self._return_to = None
        if self._typed_early:
            self._send_next()

    def _take_up_draft(self, guess: int | None, opening: bool) -> None:
        """Show the draft; text typed before it was known which conversation this is stays."""
        state, elsewhere = self._state, guess != self.conversation_id
        if not opening or (elsewhere and self._view.draft == self._guessed_draft):
            self._view.set_draft(state.draft(self.conversation_id))
        elif elsewhere:
            state.set_draft(guess, "")
            if draft := state.draft(self.conversation_id):
                self._view.return_text(draft)
        if opening:
            self.note_draft()

    def load_older(self) -> None:
        """Load the page before the oldest entry, if there is one."""
        if self.conversation_id is not None and self._before is not None:
            self._view.run(self._work.older(self.conversation_id, self._before, self.visit))

    def older_loaded(self, page: Transcript | None, visit: int) -> None:
        """Show the page before the oldest entry; None where loading it failed, so that it can be asked for again."""
        if visit == self.visit:
            self._before = page.before if page is not None else self._before
            entries = entries_of(page) if page is not None else []
            self._view.prepend_entries(entries, more=self._before is not None)
            self.answer.show_usage()

    def conversations_changed(self, heads: Sequence[ConversationHead]) -> None:
        """Bring the conversation on screen up to date: load what another program wrote in it, and nothing where it has
        no more messages than are shown. Without `heads` nobody says which conversations changed."""
        if not heads:
            self.refresh()
        for head in heads:
            if head.id == self.conversation_id and self.loaded:
                self._head_moved(head)

    def _head_moved(self, head: ConversationHead) -> None:
        self._newest = max(self._newest, head.last_seq)
        if head.deleted:
            self.conversation_deleted(head.id)
            return
        self._view.show_title(head.title)
        self._catch_up()

    def _saw(self, seq: int) -> None:
        """Note that the messages up to this one are on screen."""
        self._seen = max(self._seen, seq)
        self._newest = max(self._newest, self._seen)

    def _catch_up(self) -> None:
        """Load what is not on screen yet, now or once the turn under way has ended."""
        if self._newest > self._seen:
            self.refresh()

    def refresh(self) -> None:
        """Load the newest page once more, after something changed in another program."""
        if self.conversation_id is not None and not self.busy:
            self._view.run(self._work.refresh(self.conversation_id, self.visit), group="refresh", exclusive=True)

    def page_fetched(self, page: Transcript, visit: int) -> None:
        """Add what was written in this conversation from another program."""
        if visit != self.visit or self.busy or page.conversation.id != self.conversation_id:
            return
        self._saw(_last_seq(page))
        self._view.show_title(page.conversation.title)
        known = {entry.key for entry in self._view.entries}
        newest = max((entry.seq for entry in self._view.entries if isinstance(entry, UserEntry)), default=0)
        fresh = False
        for entry in entries_of(page):
            fresh = fresh or (isinstance(entry, UserEntry) and entry.seq > newest)
            if fresh and entry.key not in known:
                self._view.append_entry(entry)
        self._watch_live_turn(page)

    def conversation_renamed(self, conversation: Conversation) -> None:
        """Show the new title, if it is that of the conversation on screen."""
        if conversation.id == self.conversation_id:
            self._view.show_title(conversation.title)

    def conversation_deleted(self, conversation_id: int) -> None:
        """Remember the conversation for /restore, and leave it if it is the one on screen."""
        self.deleted = conversation_id
        if conversation_id == self.conversation_id:
            self.begin_new()

    # --- sending ---

    def submit(self, text: str) -> None:
        """Send a message, or queue it where it has to wait."""
        if self.editing is not None:
            self._send_edited(text)
        elif self.busy or self.answer.approvals:
            self._typed_early = self._typed_early or not self.loaded
            self.queued.append(text)
            self.note_draft()
            self._keep_queue()
        else:
            self._send(text)

    # --- editing a message, and its variants ---

    def edit_message(self, entry: UserEntry) -> None:
        """Take a message into the composer, to send it again in its place; a draft is kept meanwhile."""
        if self._may_replace():
            self.leave_edit()
            self.editing, self._aside = entry, self._view.draft
            self._view.set_draft(entry.text)
            self._view.show_editing(True)

    def leave_edit(self) -> None:
        """Leave the message that is being edited as it is, and take the draft up again."""
        if self.editing is not None:
            self.editing = None
            self._view.set_draft(self._aside)
            self._end_edit()

    def _end_edit(self) -> None:
        self._aside = ""
        self._view.show_editing(False)
        self.note_draft()

    def send_again(self, entry: UserEntry) -> None:
        """Ask the same again, for another answer in its place."""
        if self._may_replace():
            self.leave_edit()
            self._send(entry.text, instead_of=entry)

    def show_variant(self, seq: int) -> None:
        """Show another variant of a message, with what followed it."""
        if self._may_replace() and self.conversation_id is not None:
            conversation_id = self.conversation_id
            self._leave()
            self._return_to = seq
            self._view.run(self._work.show_variant(conversation_id, seq, self.visit))

    def _may_replace(self) -> bool:
        if self.busy or self.answer.approvals:
            self._view.notify("Wait for the answer, or stop it first.", "warning")
            return False
        return True

    def _send_edited(self, text: str) -> None:
        entry, self.editing = self.editing, None
        if self.busy or self.answer.approvals or entry is None:
            self.editing = entry
            self._view.set_draft(text)
            self._view.notify("Wait for the answer, or stop it first.", "warning")
            return
        self._view.set_draft(self._aside)
        self._end_edit()
        self._send(text, instead_of=entry)

    def _show_instead(self, replaced: UserEntry, entry: UserEntry) -> None:
        """Show a message in the place of another, and nothing of what followed that."""
        keys = [each.key for each in self._view.entries]
        kept = self._view.entries[: keys.index(replaced.key)] if replaced.key in keys else []
        self._view.run(self._view.load_entries([*kept, entry], more=self._before is not None))

    def _send(self, text: str, *, instead_of: UserEntry | None = None) -> None:
        # On disk as outgoing, and no longer as a draft or in the queue, before it leaves: a crash at any moment
        # neither loses nor doubles it.
        state, place, model = self._state, self.conversation_id, self._models.chosen
        unsure = self._unsure.pop((text, place, model), None) if instead_of is None else None
        key = unsure or uuid.uuid4().hex
        replaced = instead_of.seq if instead_of is not None else None
        self.sending = Outgoing(text=text, request_key=key, conversation_id=place, model=model, instead_of=replaced)
        self._replaced = instead_of
        state.post(self.sending)
        state.set_queued(place, self.queued)
        state.remember(text)
        self.note_draft()
        self.save()
        pending = UserEntry(key=PENDING, text=text)
        self._view.show_sending(pending, state.history)
        if instead_of is not None:
            self._show_instead(instead_of, pending)
        self._view.show_activity(True)
        self._show_queue()
        self._view.run(self._work.send(self.sending, self.visit), group=_sending(self.sending))

    def message_accepted(self, outgoing: Outgoing, sent: Sent, visit: int) -> None:
        """Follow the turn of a message that the backend has stored."""
        state = self._state
        state.settle(outgoing)
        if visit != self.visit or self.sending is None:
            self.save()
            return
        self.sending = None
        if sent.conversation_id != self.conversation_id:
            state.set_draft(self.conversation_id, "")
            state.set_queued(self.conversation_id, ())
        self.conversation_id = state.last_conversation = sent.conversation_id
        seq, turn_id = sent.message_seq, sent.turn_id
        entry = UserEntry(key=user_key(seq), text=outgoing.text, seq=seq, turn_id=turn_id, variants=self._variants(seq))
        for note in sent.notes:
            self._view.notify(note, "warning")
        self._view.put_entry(entry, replacing=PENDING)
        self._saw(seq)
        self.watch_turn(turn_id, message_seq=seq)
        self.note_draft()
        self._keep_queue()
        if self._stop_wanted:
            self.stop()

    def _variants(self, seq: int) -> tuple[int, ...]:
        replaced, self._replaced = self._replaced, None
        return () if replaced is None else (*(replaced.variants or (replaced.seq,)), seq)

    def message_refused(self, outgoing: Outgoing, error: KirotodoError, visit: int) -> None:
        """Put the text of a refused message back where it came from, so that nothing is lost."""
        self._state.settle(outgoing)
        if outgoing.instead_of is not None and visit == self.visit and self.conversation_id is not None:
            # What it was to replace is still there, and was taken off the screen too soon.
            self._view.notify(error.message, "error")
            self.sending = self._replaced = None
            conversation_id, text = self.conversation_id, outgoing.text
            self._leave()
            self._state.set_draft(conversation_id, "\n".join(filter(None, (text, self._state.draft(conversation_id)))))
            self._view.run(self._work.open(conversation_id, self.visit))
            return
        if isinstance(error, Unreachable):
            # Nobody knows whether it was stored. Sent again as it is, it has the same key and is stored once.
            self._unsure[outgoing.text, outgoing.conversation_id, outgoing.model] = outgoing.request_key
        if visit == self.visit and self.sending is not None:
            self.sending = None
            self._stop_wanted = False
            self._view.drop_entry(PENDING)
            self._view.show_activity(self.active)
        here = visit == self.visit or (self.opening and outgoing.conversation_id == self.conversation_id)
        if isinstance(error, LiveTurn):
            self._queue_behind(error.turn_id, outgoing, here=here)
        else:
            self._view.notify(error.message, "error")
            self._return_to_draft(outgoing, here=here)
        self._keep_queue()

    def _queue_behind(self, turn_id: str, outgoing: Outgoing, *, here: bool) -> None:
        """Queue a message first that met a turn of somebody else, and follow that turn."""
        if here and self.loaded:
            self.watch_turn(turn_id)
            self.queued.insert(0, outgoing.text)
        else:
            queued = self._state.queued(outgoing.conversation_id)
            self._state.set_queued(outgoing.conversation_id, [outgoing.text, *queued])

    def _return_to_draft(self, outgoing: Outgoing, *, here: bool) -> None:
        if here:
            self._view.return_text(outgoing.text)
            self.note_draft()
        else:
            draft = self._state.draft(outgoing.conversation_id)
            self._state.set_draft(outgoing.conversation_id, "\n".join(filter(None, (outgoing.text, draft))))

    # --- the turn ---

    def watch_turn(self, turn_id: str, *, message_seq: int | None = None) -> None:
        """Show a turn under way from its beginning to its end; `message_seq` is the number of its message, if it is on
        screen."""
        self._asked = message_seq
        self.answer.watch(turn_id, self.visit)
        self._show_queue()

    def _watch_live_turn(self, page: Transcript) -> None:
        live = next((turn for turn in reversed(page.turns) if turn.status not in FINAL), None)
        if live is not None:
            self.watch_turn(live.id, message_seq=live.message_seq)

    def _turn_ended(self, status: TurnStatus, answered: bool) -> None:
        if answered and self._asked is not None:
            self._saw(self._asked + 1)  # the answer is stored as the message after it
        send_next = status == "finished" or (status == "cancelled" and self._send_after_stop)
        self._stop_wanted = self._send_after_stop = False
        self._show_queue()
        if send_next:
            self._send_next()
        self._catch_up()

    def stop(self) -> None:
        """Stop the live turn, or the message that is being sent; what was answered stays."""
        if self.live is not None:
            self.answer.stop()
        elif self.sending is not None and self._view.link_down:
            self._view.cancel(_sending(self.sending))
            error = Unreachable("Cancelled. The message is back in the composer.")
            self.message_refused(self.sending, error, self.visit)
        elif self.sending is not None:
            self._stop_wanted = True

    def retry(self, turn_id: str | None = None) -> None:
        """Send the message of a failed or stopped turn again; without an id, that of the last one."""
        entries = self._view.entries
        ended = [
            entry.turn_id
            for entry in entries
            if isinstance(entry, AnswerEntry) and entry.status in ("failed", "cancelled")
        ]
        wanted = turn_id or (ended[-1] if ended else "")
        messages = [entry for entry in entries if isinstance(entry, UserEntry)]
        place = next((place for place, message in enumerate(messages) if message.turn_id == wanted), None)
        if place is None:
            self._view.notify("No message failed or was stopped, so there is nothing to send again.", "warning")
            return
        text = messages[place].text
        if text in [*self.queued, *(message.text for message in messages[place + 1 :])]:
            self._view.notify("That message was sent again already.", "warning")
        else:
            self.submit(text)

    def latest_answer(self) -> str:
        """Return the text of the latest answer that has one."""
        texts = (entry.text.strip() for entry in reversed(self._view.entries) if isinstance(entry, AnswerEntry))
        return next(filter(None, texts), "")

    def note(self, text: str) -> None:
        """Add a line of the program itself at the end of the conversation."""
        self._view.append_entry(NoteEntry(key=f"note:{uuid.uuid4().hex}", text=text))

    def show_notes(self, notes: Sequence[KeptNote]) -> tuple[KeptNote, ...]:
        """Show notes that stay until they are dismissed, in whatever conversation is on screen. Return the new ones."""
        known = {note.id for note in self._notes}
        new = tuple(note for note in notes if note.id not in known)
        for note in self._notes:
            if note not in notes:
                self._view.drop_entry(_note_key(note.id))  # dismissed in another window
        self._notes = tuple(notes)
        if self.loaded:
            self._append_notes(new)
        return new

    def drop_note(self, note_id: int) -> None:
        """Show a note no more."""
        self._notes = tuple(note for note in self._notes if note.id != note_id)
        self._view.drop_entry(_note_key(note_id))

    def _append_notes(self, notes: Sequence[KeptNote]) -> None:
        for note in notes:
            self._view.append_entry(NoteEntry(key=_note_key(note.id), text=note.text, note_id=note.id))

    # --- the queue ---

    def edit_queued(self, index: int) -> None:
        """Take a queued message back into the composer."""
        self._view.return_text(self._unqueue(index))

    def remove_queued(self, index: int) -> None:
        """Remove a queued message."""
        self._unqueue(index)

    def send_queued(self, index: int) -> None:
        """Send a queued message next, and stop the turn that it would have to wait for."""
        self.queued.insert(0, self._unqueue(index))
        self._keep_queue()
        if self.busy:
            self._send_after_stop = True
            self.stop()
        else:
            self._send_next()

    def _unqueue(self, index: int) -> str:
        text = self.queued.pop(index)
        self._keep_queue()
        return text

    def _send_next(self) -> None:
        self._typed_early = False
        if self.queued and not self.busy:
            self._send(self.queued.pop(0))

    def _keep_queue(self) -> None:
        if self.loaded:
            self._state.set_queued(self.conversation_id, self.queued)
        self.save()
        self._show_queue()

    def _show_queue(self) -> None:
        waiting = len(self._state.outbox) + len(self.queued)
        self._view.show_queue(self.queued, held=self.loaded and not self.busy, waiting=waiting)

    # --- drafts ---

    def note_draft(self) -> None:
        """Keep the text of the composer, after what was entered before it was known in which conversation."""
        texts = [*(self.queued if self.opening else []), self._view.draft, self._aside]
        self._state.set_draft(self.conversation_id, "\n".join(text for text in texts if text))
        self._view.save_soon(self.save)

    def keep_draft(self) -> None:
        """Put the draft on disk now."""
        self.note_draft()
        self.save()

    def save(self) -> None:
        """Put on disk what changed, and report once if that fails."""
        self._state.save()
        if trouble := self._state.take_trouble():
            self._view.notify(trouble, "warning")


def _sending(message: Outgoing) -> str:
    """Return the group of the work that sends this message, so that it can be cancelled alone."""
    return f"send:{message.request_key}"


def _note_key(note_id: int) -> str:
    return f"kept:{note_id}"


def _last_seq(page: Transcript) -> int:
    """Return the number of the newest message of a newest page."""
    return page.messages[-1].seq if page.messages else 0
