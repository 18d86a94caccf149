"""The rules of the conversation on screen, without a screen: each is a call or two and what is shown after it."""

import subprocess
import sys
from collections.abc import Callable, Coroutine, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import pytest
from textual.message_pump import MessagePump

from kirotodo.client.state import ClientState, Outgoing
from kirotodo.client.tui.background import BackgroundWork
from kirotodo.client.tui.conversation_view import Severity
from kirotodo.client.tui.entries import AnswerEntry, Entry, NoteEntry, PendingApproval, UserEntry, answer_key
from kirotodo.client.tui.model_picker import ModelPicker
from kirotodo.client.tui.turn_controller import PENDING, TurnController
from kirotodo.core.backend import Backend, ConversationHead, ModelChoice
from kirotodo.core.domain.conversation import (
    Approval,
    Conversation,
    Decision,
    Message,
    Sent,
    Transcript,
    Turn,
    TurnStatus,
    Usage,
)
from kirotodo.core.domain.task import Changed, Task
from kirotodo.core.errors import InvalidInput, LiveTurn, NotFound, Unreachable
from kirotodo.core.events import (
    ApprovalAnswered,
    ApprovalRequested,
    TasksChanged,
    TextDelta,
    TurnCancelled,
    TurnFailed,
    TurnFinished,
)
from tests.client.tui.list_host import NOW, task

APPROVAL: Final = Approval(call_id="1.1", tool="delete_task", arguments={"task_ids": [3]}, question="Delete it?")


class FakeView:
    """A screen that keeps what it is shown, and runs background work at once."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []
        self.draft = ""
        self.focused: int | None = None
        self.editing = False
        self.link_down = False
        self.title = ""
        self.more = False
        self.history: list[str] = []
        self.usage = Usage()
        self.cost = ""
        self.approvals: list[PendingApproval] = []
        self.active = False
        self.queue: list[str] = []
        self.held = False
        self.waiting = 0
        self.tasks: list[tuple[tuple[Task, ...], tuple[int, ...]]] = []
        self.toasts: list[tuple[str, Severity]] = []
        self.rings = 0
        self.saves: list[Callable[[], None]] = []
        self.cancelled: list[str] = []

    def show_title(self, title: str) -> None:
        self.title = title

    async def load_entries(self, entries: Sequence[Entry], *, more: bool) -> None:
        self.entries = list(entries)
        self.more = more

    def prepend_entries(self, entries: Sequence[Entry], *, more: bool) -> None:
        self.entries[:0] = entries
        self.more = more

    def append_entry(self, entry: Entry) -> None:
        self.entries.append(entry)

    def put_entry(self, entry: Entry, *, replacing: str | None = None) -> None:
        keys = [known.key for known in self.entries]
        key = replacing or entry.key
        if key in keys:
            self.entries[keys.index(key)] = entry
        else:
            self.entries.append(entry)

    def drop_entry(self, key: str) -> None:
        self.entries = [entry for entry in self.entries if entry.key != key]

    def show_sending(self, entry: Entry, history: Sequence[str]) -> None:
        self.entries.append(entry)
        self.history = list(history)

    def focus_message(self, seq: int) -> None:
        self.focused = seq

    def show_editing(self, editing: bool) -> None:
        self.editing = editing

    def show_usage(self, usage: Usage, cost: str) -> None:
        self.usage, self.cost = usage, cost

    def show_approvals(self, pending: Sequence[PendingApproval]) -> None:
        self.approvals = list(pending)

    def show_activity(self, active: bool) -> None:
        self.active = active

    def set_draft(self, text: str) -> None:
        self.draft = text

    def return_text(self, text: str) -> None:
        self.draft = "\n".join(filter(None, (text, self.draft)))

    def show_queue(self, texts: Sequence[str], *, held: bool, waiting: int) -> None:
        self.queue, self.held, self.waiting = list(texts), held, waiting

    def show_tasks(self, tasks: Sequence[Task], removed: Sequence[int]) -> None:
        self.tasks.append((tuple(tasks), tuple(removed)))

    def notify(self, text: str, severity: Severity = "information") -> None:
        self.toasts.append((text, severity))

    def ring(self) -> None:
        self.rings += 1

    def save_soon(self, save: Callable[[], None]) -> None:
        self.saves.append(save)

    def run(self, job: Coroutine[Any, Any, object], *, group: str = "work", exclusive: bool = False) -> None:
        with pytest.raises(StopIteration):
            job.send(None)

    def cancel(self, group: str) -> None:
        self.cancelled.append(group)


class RecordingWork(BackgroundWork):
    """Background work that notes what it is asked for; a test hands the results back itself."""

    def __init__(self) -> None:
        async def nowhere() -> Backend:
            raise AssertionError("no backend here")

        super().__init__(nowhere, chat=MessagePump, failed=lambda message: None)
        self.calls: list[tuple[Any, ...]] = []
        self.sent: list[Outgoing] = []

    async def open(self, conversation_id: int, visit: int, *, outbox: Sequence[Outgoing] = ()) -> None:
        self.calls.append(("open", conversation_id, visit))

    async def open_latest(self, preferred: int | None, visit: int, *, outbox: Sequence[Outgoing] = ()) -> None:
        self.calls.append(("open_latest", preferred, visit))

    async def open_new(self, visit: int) -> None:
        self.calls.append(("open_new", visit))

    async def older(self, conversation_id: int, before: int, visit: int) -> None:
        self.calls.append(("older", conversation_id, before, visit))

    async def refresh(self, conversation_id: int, visit: int) -> None:
        self.calls.append(("refresh", conversation_id, visit))

    async def send(self, message: Outgoing, visit: int) -> int | None:
        self.calls.append(("send", message.text, visit))
        self.sent.append(message)
        return None

    async def send_all(self, outbox: Sequence[Outgoing]) -> int | None:
        self.calls.append(("send_all", [message.text for message in outbox]))
        return None

    async def watch(self, turn_id: str, visit: int) -> None:
        self.calls.append(("watch", turn_id, visit))

    async def stop(self, turn_id: str) -> None:
        self.calls.append(("stop", turn_id))

    async def answer(
        self, turn_id: str, call_id: str, decision: Decision, arguments: Mapping[str, Any] | None = None
    ) -> None:
        self.calls.append(("answer", turn_id, call_id, decision, arguments))

    async def undo_call(self, turn_id: str, call_id: str) -> None:
        self.calls.append(("undo_call", turn_id, call_id))


class ControllerHarness:
    """A controller between a fake screen and recorded work."""

    def __init__(self, *, state: ClientState | None = None, **options: Any) -> None:
        self.state = state or ClientState()
        self.view = FakeView()
        self.work = RecordingWork()
        self.models = ModelPicker(None)
        self.controller = TurnController(self.view, self.work, state=self.state, models=self.models, **options)

    async def load(self, page: Transcript | None = None, *, visit: int | None = None) -> None:
        """A page arrives, by default that of the conversation being opened."""
        await self.controller.conversation_loaded(page, self.controller.visit if visit is None else visit)

    def accept(self, *, conversation_id: int = 1, seq: int = 1, turn_id: str = "t1", visit: int | None = None) -> None:
        """The last message sent is accepted."""
        sent = Sent(conversation_id=conversation_id, message_seq=seq, turn_id=turn_id)
        at = self.controller.visit if visit is None else visit
        self.controller.message_accepted(self.work.sent[-1], sent, at)

    def refuse(self, error: Exception, *, visit: int | None = None) -> None:
        """The last message sent is refused."""
        assert isinstance(error, InvalidInput | LiveTurn | Unreachable)
        at = self.controller.visit if visit is None else visit
        self.controller.message_refused(self.work.sent[-1], error, at)

    def event(self, event: Any, *, visit: int | None = None) -> None:
        """An event of a turn arrives."""
        self.controller.answer.event_arrived(event, self.controller.visit if visit is None else visit)

    def finish(self, *, title: str = "", model: str = "", usage: Usage | None = None) -> None:
        usage = usage or Usage()
        self.event(TurnFinished(turn_id="t1", seq=9, response="done", title=title, model=model, usage=usage))

    def texts(self) -> list[str]:
        return [entry.text for entry in self.view.entries]

    def called(self, name: str) -> list[tuple[Any, ...]]:
        return [call for call in self.work.calls if call[0] == name]


async def ready(page: Transcript | None = None, **options: Any) -> ControllerHarness:
    harness = ControllerHarness(**options)
    await harness.load(page)
    return harness


async def talking(text: str = "first") -> ControllerHarness:
    """A new conversation with a turn under way."""
    harness = await ready()
    harness.controller.submit(text)
    harness.accept()
    return harness


def conversation(id: int = 1, title: str = "mine") -> Conversation:
    return Conversation(id=id, title=title, created_at=NOW, updated_at=NOW)


def user(seq: int, text: str, turn_id: str = "") -> Message:
    return Message(conversation_id=1, seq=seq, role="user", content=text, turn_id=turn_id or f"t{seq}", created_at=NOW)


def turn(id: str, seq: int, status: TurnStatus = "finished", **fields: Any) -> Turn:
    return Turn(id=id, conversation_id=1, message_seq=seq, status=status, created_at=NOW, **fields)


def page(
    *messages: Message, id: int = 1, title: str = "mine", turns: Sequence[Turn] = (), before: int | None = None
) -> Transcript:
    return Transcript(conversation=conversation(id, title), messages=tuple(messages), turns=tuple(turns), before=before)


# --- sending ---


async def test_a_message_is_kept_as_outgoing_before_it_is_sent() -> None:
    harness = await ready()
    harness.view.draft = ""
    harness.controller.submit("hello")
    (message,) = harness.work.sent
    assert harness.state.outbox == (message,)
    assert harness.view.history == harness.state.history == ["hello"]
    assert harness.view.entries == [UserEntry(key=PENDING, text="hello")]
    assert (harness.view.active, harness.view.waiting, harness.controller.busy) == (True, 1, True)


async def test_an_accepted_message_gets_its_number_and_its_turn_is_watched() -> None:
    harness = await talking("hello")
    message, answer = harness.view.entries
    assert message == UserEntry(key="user:1", text="hello", seq=1, turn_id="t1")
    assert answer == AnswerEntry(key=answer_key("t1"), turn_id="t1")
    assert harness.called("watch") == [("watch", "t1", 0)]
    assert (harness.state.outbox, harness.state.last_conversation, harness.controller.conversation_id) == ((), 1, 1)


async def test_the_draft_of_a_new_conversation_moves_with_it() -> None:
    harness = await ready()
    harness.controller.submit("hello")
    harness.view.draft = "typed meanwhile"
    harness.controller.note_draft()
    harness.accept()
    assert (harness.state.draft(None), harness.state.draft(1)) == ("", "typed meanwhile")


async def test_acceptance_of_an_earlier_visit_only_settles_the_message() -> None:
    harness = await ready()
    harness.controller.submit("hello")
    harness.controller.open(7)
    harness.accept(visit=0)
    assert harness.state.outbox == ()
    assert harness.called("watch") == []
    assert harness.controller.conversation_id is None


async def test_the_chosen_model_goes_along() -> None:
    harness = await ready()
    harness.models.update(
        (ModelChoice(name="a", model="a", place="", default=True), ModelChoice(name="b", model="b", place=""))
    )
    harness.models.choose("b")
    harness.controller.submit("hello")
    assert harness.work.sent[0].model == "b"


async def test_a_refused_message_is_back_in_the_composer() -> None:
    harness = await ready()
    harness.controller.submit("hello")
    harness.view.draft = "more"
    harness.refuse(InvalidInput("No."))
    assert harness.view.draft == "hello\nmore"
    assert harness.view.entries == []
    assert harness.view.toasts == [("No.", "error")]
    assert (harness.state.outbox, harness.state.draft(None), harness.controller.busy, harness.view.active) == (
        (),
        "hello\nmore",
        False,
        False,
    )


async def test_a_message_refused_in_a_conversation_left_goes_into_its_draft() -> None:
    harness = await ready(page(user(1, "q")))
    harness.controller.submit("hello")
    harness.controller.open(7)
    harness.refuse(InvalidInput("No."), visit=0)
    assert harness.state.draft(1) == "hello"
    assert harness.view.draft == ""


async def test_nobody_knows_of_an_unanswered_message_so_it_keeps_its_key() -> None:
    harness = await ready()
    for _ in range(2):
        harness.controller.submit("hello")
        harness.refuse(Unreachable("The server does not answer."))
    harness.controller.submit("other")
    first, again, other = [message.request_key for message in harness.work.sent]
    assert first == again != other


async def test_a_message_that_meets_a_live_turn_waits_first_in_the_queue_and_the_turn_is_watched() -> None:
    harness = await ready(page(user(1, "q")))
    harness.controller.submit("hello")
    harness.refuse(LiveTurn("A turn is under way.", turn_id="t9"))
    assert harness.view.queue == ["hello"]
    assert harness.called("watch") == [("watch", "t9", 0)]
    assert harness.view.toasts == []


async def test_a_live_turn_met_in_a_conversation_left_queues_the_message_there() -> None:
    harness = await ready(page(user(1, "q")))
    harness.controller.submit("hello")
    harness.state.set_queued(1, ["older"])
    harness.controller.open(7)
    harness.refuse(LiveTurn("A turn is under way.", turn_id="t9"), visit=0)
    assert harness.state.queued(1) == ("hello", "older")
    assert harness.view.queue == []


# --- the queue ---


async def test_what_is_typed_while_a_turn_runs_waits_and_goes_out_after_it() -> None:
    harness = await talking()
    for text in ("second", "third"):
        harness.controller.submit(text)
    assert (harness.view.queue, harness.view.held, harness.view.waiting) == (["second", "third"], False, 2)
    assert harness.state.queued(1) == ("second", "third")
    harness.finish()
    assert [message.text for message in harness.work.sent] == ["first", "second"]
    assert harness.view.queue == ["third"]
    assert harness.state.queued(1) == ("third",)


async def test_what_is_typed_before_the_conversation_is_known_goes_out_once_it_is() -> None:
    harness = ControllerHarness()
    harness.controller.submit("early")
    assert (harness.view.queue, harness.state.draft(None), harness.work.sent) == (["early"], "early", [])
    await harness.load(page(user(1, "q")))
    assert [(message.text, message.conversation_id) for message in harness.work.sent] == [("early", 1)]
    assert harness.state.draft(1) == ""


async def test_an_open_question_holds_messages_back() -> None:
    harness = await talking()
    harness.event(ApprovalRequested(turn_id="t1", seq=2, approval=APPROVAL))
    harness.controller.submit("second")
    assert harness.view.queue == ["second"]


@pytest.mark.parametrize(
    "end",
    [
        TurnFailed(turn_id="t1", seq=2, code="internal", message="No.", retryable=True),
        TurnCancelled(turn_id="t1", seq=2, response=""),
    ],
)
async def test_after_a_failed_or_stopped_turn_the_queue_is_held(end: TurnFailed | TurnCancelled) -> None:
    harness = await talking()
    harness.controller.submit("second")
    harness.event(end)
    assert (harness.view.queue, harness.view.held, harness.view.active) == (["second"], True, False)
    assert len(harness.work.sent) == 1


async def test_send_now_stops_the_turn_and_sends_that_one_next() -> None:
    harness = await talking()
    for text in ("second", "third"):
        harness.controller.submit(text)
    harness.controller.send_queued(1)
    assert harness.called("stop") == [("stop", "t1")]
    harness.event(TurnCancelled(turn_id="t1", seq=2, response=""))
    assert [message.text for message in harness.work.sent] == ["first", "third"]
    assert harness.view.queue == ["second"]


async def test_send_now_with_nothing_running_sends_at_once() -> None:
    harness = await talking()
    harness.controller.submit("second")
    harness.event(TurnFailed(turn_id="t1", seq=2, code="internal", message="No.", retryable=True))
    harness.controller.send_queued(0)
    assert [message.text for message in harness.work.sent] == ["first", "second"]


async def test_a_queued_message_is_edited_or_removed() -> None:
    harness = await talking()
    for text in ("second", "third"):
        harness.controller.submit(text)
    harness.view.draft = "draft"
    harness.controller.edit_queued(1)
    assert (harness.view.draft, harness.view.queue) == ("third\ndraft", ["second"])
    harness.controller.remove_queued(0)
    assert (harness.view.queue, harness.state.queued(1)) == ([], ())


async def test_the_queue_of_a_conversation_is_there_again_when_it_is_opened() -> None:
    state = ClientState()
    state.set_queued(1, ["kept"])
    harness = await ready(page(user(1, "q")), state=state)
    assert (harness.view.queue, harness.view.held, harness.work.sent) == (["kept"], True, [])


# --- the turn ---


async def test_events_are_shown_in_the_answer_of_their_turn() -> None:
    harness = await talking()
    harness.event(TextDelta(turn_id="t1", seq=2, step=1, attempt=1, text="hel"))
    harness.event(TextDelta(turn_id="t1", seq=3, step=1, attempt=1, text="lo"))
    assert harness.texts() == ["first", "hello"]
    assert harness.view.rings == 0
    harness.finish(title="Greeting")
    assert harness.texts() == ["first", "done"]
    assert (harness.view.title, harness.view.rings, harness.controller.live) == ("Greeting", 1, None)


async def test_events_of_another_turn_or_visit_are_dropped() -> None:
    harness = await talking()
    harness.event(TextDelta(turn_id="t0", seq=2, step=1, attempt=1, text="x"))
    harness.event(TextDelta(turn_id="t1", seq=2, step=1, attempt=1, text="x"), visit=-1)
    assert harness.texts() == ["first", ""]


async def test_tasks_that_a_turn_changes_are_shown_in_the_list() -> None:
    harness = await talking()
    milk = task(20, "milk")
    harness.event(TasksChanged(turn_id="t1", seq=2, tasks=(milk,), removed=(3,)))
    assert harness.view.tasks == [((milk,), (3,))]


async def test_stop_while_it_is_being_sent_stops_the_turn_once_it_is_accepted() -> None:
    harness = await ready()
    harness.controller.submit("first")
    harness.controller.stop()
    assert harness.called("stop") == []
    harness.accept()
    assert harness.called("stop") == [("stop", "t1")]


async def test_stop_without_a_link_takes_the_message_back() -> None:
    harness = await ready()
    harness.view.link_down = True
    harness.controller.submit("first")
    harness.controller.stop()
    assert harness.view.cancelled[-1] == f"send:{harness.work.sent[0].request_key}"
    assert (harness.view.draft, harness.view.entries, harness.controller.busy) == ("first", [], False)
    assert harness.view.toasts == [("Cancelled. The message is back in the composer.", "error")]


async def test_a_turn_that_can_no_longer_be_watched_has_failed() -> None:
    harness = await talking()
    harness.controller.answer.watch_lost("t1", NotFound("It is gone."), 0)
    answer = harness.view.entries[-1]
    assert isinstance(answer, AnswerEntry)
    assert (answer.status, answer.error, harness.controller.busy) == ("failed", "It is gone.", False)


async def test_retry_sends_the_message_of_the_last_failed_turn() -> None:
    harness = await talking()
    harness.event(TurnFailed(turn_id="t1", seq=2, code="internal", message="No.", retryable=True))
    harness.controller.retry()
    assert [message.text for message in harness.work.sent] == ["first", "first"]


async def test_retry_with_nothing_failed_says_so() -> None:
    harness = await ready()
    harness.controller.retry()
    assert harness.view.toasts == [("No message failed or was stopped, so there is nothing to send again.", "warning")]


async def test_an_undone_call_is_marked_and_its_tasks_are_shown() -> None:
    harness = await talking()
    harness.controller.answer.undo_call("t1", "1.1")
    assert harness.called("undo_call") == [("undo_call", "t1", "1.1")]
    changed = Changed(tasks=(task(3),), removed=(20,), changes=(), skipped=("Task 4 has changed since.",))
    harness.controller.answer.call_undone("t1", "1.1", changed)
    assert harness.view.tasks == [((task(3),), (20,))]
    assert harness.view.toasts == [("Task 4 has changed since.", "warning")]


async def test_usage_is_the_sum_over_the_answers_and_priced_by_their_models() -> None:
    harness = await talking()
    model = ModelChoice(name="a", model="a", place="", default=True, input_price=1.0, output_price=2.0)
    harness.models.update((model,))
    harness.finish(model="a", usage=Usage(input_tokens=1_000_000, output_tokens=500_000))
    assert harness.view.usage.input_tokens == 1_000_000
    assert harness.view.cost == "$2.00"


# --- approvals ---


async def test_a_question_is_asked_and_answered() -> None:
    harness = await talking()
    harness.event(ApprovalRequested(turn_id="t1", seq=2, approval=APPROVAL))
    assert harness.view.approvals == [PendingApproval(turn_id="t1", approval=APPROVAL)]
    assert harness.view.rings == 1
    harness.controller.answer.answer("t1", "1.1", "yes")
    assert harness.view.approvals == []
    assert harness.called("answer") == [("answer", "t1", "1.1", "yes", None)]


async def test_a_question_repeated_is_asked_once_and_goes_when_answered_elsewhere() -> None:
    harness = await talking()
    for _ in range(2):
        harness.event(ApprovalRequested(turn_id="t1", seq=2, approval=APPROVAL))
    assert len(harness.view.approvals) == 1
    harness.event(ApprovalAnswered(turn_id="t1", seq=3, call_id="1.1", decision="no"))
    assert harness.view.approvals == []


async def test_an_answer_that_was_refused_is_asked_for_again() -> None:
    harness = await talking()
    harness.event(ApprovalRequested(turn_id="t1", seq=2, approval=APPROVAL))
    harness.controller.answer.answer("t1", "1.1", "yes", {"task_ids": "all"})
    harness.controller.answer.answer_refused("t1", InvalidInput("task_ids must be numbers."))
    assert len(harness.view.approvals) == 1
    assert harness.view.toasts == [("task_ids must be numbers.", "error")]


async def test_the_end_of_the_turn_takes_its_questions_away() -> None:
    harness = await talking()
    harness.event(ApprovalRequested(turn_id="t1", seq=2, approval=APPROVAL))
    harness.event(TurnCancelled(turn_id="t1", seq=3, response=""))
    assert harness.view.approvals == []


# --- opening conversations ---


def test_it_starts_with_the_conversation_that_was_open_last() -> None:
    state = ClientState()
    state.last_conversation = 4
    harness = ControllerHarness(state=state)
    harness.controller.start()
    assert (harness.controller.conversation_id, harness.work.calls) == (4, [("open_latest", 4, 0)])


def test_it_starts_with_the_one_asked_for() -> None:
    harness = ControllerHarness(conversation_id=7)
    harness.controller.start()
    assert harness.work.calls == [("open", 7, 0)]


def test_it_starts_with_a_new_one_and_sends_what_was_left_behind() -> None:
    state = ClientState()
    state.last_conversation = 4
    state.post(Outgoing(text="left", request_key="k1", conversation_id=4))
    harness = ControllerHarness(state=state, new=True)
    harness.controller.start()
    assert harness.controller.conversation_id is None
    assert harness.work.calls == [("open_new", 0), ("send_all", ["left"])]


async def test_a_page_is_shown_with_its_title_and_its_live_turn() -> None:
    harness = await ready(page(user(1, "q", "t1"), turns=[turn("t1", 1, "running")], before=1))
    assert (harness.view.title, harness.view.more, harness.texts()) == ("mine", True, ["q", ""])
    assert harness.called("watch") == [("watch", "t1", 0)]


async def test_another_conversation_is_opened_and_the_draft_stays_behind() -> None:
    harness = await talking()
    harness.view.draft = "half a thought"
    harness.controller.open(7)
    assert (harness.controller.loaded, harness.controller.live, harness.view.cancelled) == (False, None, ["watch"])
    await harness.load(page(user(1, "q"), id=7, title="other"))
    assert (harness.state.draft(1), harness.view.draft, harness.view.title) == ("half a thought", "", "other")
    assert harness.controller.conversation_id == harness.state.last_conversation == 7


async def test_the_conversation_on_screen_is_not_opened_again() -> None:
    harness = await ready(page(user(1, "q")))
    harness.controller.open(1)
    assert harness.work.calls == []


async def test_a_page_of_an_earlier_visit_is_dropped() -> None:
    harness = await ready(page(user(1, "q")))
    harness.controller.open(7)
    await harness.load(page(user(1, "late")), visit=0)
    assert (harness.texts(), harness.controller.loaded) == (["q"], False)


@pytest.mark.parametrize(
    ("typed", "draft", "kept"),
    [
        ("guessed", "of the latest", ("of the latest", "guessed", "of the latest")),
        (
            "guessed and more",
            "of the latest",
            ("of the latest\nguessed and more", "", "of the latest\nguessed and more"),
        ),
        ("guessed and more", "", ("guessed and more", "", "guessed and more")),
    ],
)
async def test_what_is_typed_while_it_opens_goes_to_the_conversation_it_turns_out_to_be(
    typed: str, draft: str, kept: tuple[str, str, str]
) -> None:
    state = ClientState()
    state.last_conversation = 4
    state.set_draft(4, "guessed")
    state.set_draft(1, draft)
    harness = ControllerHarness(state=state)
    harness.view.draft = typed
    await harness.load(page(user(1, "q")))
    assert (harness.view.draft, state.draft(4), state.draft(1)) == kept


async def test_older_pages_come_before_the_first_entry() -> None:
    harness = await ready(page(user(5, "q"), before=5))
    harness.controller.load_older()
    assert harness.work.calls == [("older", 1, 5, 0)]
    harness.controller.older_loaded(page(user(1, "older")), 0)
    assert (harness.texts(), harness.view.more) == (["older", "q"], False)
    harness.controller.load_older()
    assert len(harness.called("older")) == 1


async def test_an_older_page_that_could_not_be_loaded_can_be_asked_for_again() -> None:
    harness = await ready(page(user(5, "q"), before=5))
    harness.controller.older_loaded(None, 0)
    assert harness.view.more
    harness.controller.load_older()
    assert harness.called("older") == [("older", 1, 5, 0)]


async def test_what_another_program_wrote_is_added_and_its_live_turn_watched() -> None:
    harness = await ready(page(user(1, "q", "t1"), turns=[turn("t1", 1)]))
    harness.controller.refresh()
    assert harness.work.calls == [("refresh", 1, 0)]
    newer = page(user(1, "q", "t1"), user(3, "theirs", "t3"), turns=[turn("t1", 1), turn("t3", 3, "running")])
    harness.controller.page_fetched(newer, 0)
    assert [text for text in harness.texts() if text] == ["q", "theirs"]
    assert harness.called("watch") == [("watch", "t3", 0)]
    harness.controller.page_fetched(newer, 0)
    assert len(harness.called("watch")) == 1


async def test_while_a_turn_runs_the_page_is_not_fetched_again() -> None:
    harness = await talking()
    harness.controller.refresh()
    harness.controller.page_fetched(page(user(5, "theirs")), 0)
    assert harness.called("refresh") == []
    assert harness.texts() == ["first", ""]


def head(last_seq: int, *, id: int = 1, title: str = "mine", deleted: bool = False) -> ConversationHead:
    return ConversationHead(id=id, title=title, last_seq=last_seq, deleted=deleted)


async def test_after_ones_own_turn_the_page_is_not_fetched_again() -> None:
    harness = await ready(page(user(1, "q", "t0"), turns=[turn("t0", 1)]))
    harness.controller.submit("more")
    harness.controller.conversations_changed([head(2)])  # the message, before the server's answer to it
    harness.accept(seq=2)
    harness.controller.conversations_changed([head(3)])  # the answer, before the turn's last event
    harness.finish()
    harness.controller.conversations_changed([head(3, title="Shopping"), head(9, id=4)])
    assert harness.called("refresh") == []
    assert harness.view.title == "Shopping"


@pytest.mark.parametrize("heads", [[], [head(4)]], ids=["nobody says which", "one with more messages"])
async def test_after_a_message_of_another_program_the_page_is_fetched(heads: list[ConversationHead]) -> None:
    harness = await talking()
    harness.finish()
    harness.controller.conversations_changed(heads)
    assert harness.called("refresh") == [("refresh", 1, 0)]


async def test_what_another_program_wrote_during_a_turn_is_fetched_after_it() -> None:
    harness = await talking()
    harness.controller.conversations_changed([head(2)])
    harness.controller.conversations_changed([head(3)])
    assert harness.called("refresh") == []
    harness.finish()
    assert harness.called("refresh") == [("refresh", 1, 0)]


async def test_the_answer_of_a_turn_that_could_not_be_watched_is_fetched() -> None:
    harness = await talking()
    harness.controller.answer.watch_lost("t1", Unreachable("gone"), 0)
    harness.controller.conversations_changed([head(2)])
    assert harness.called("refresh") == [("refresh", 1, 0)]


async def test_a_failed_turn_without_words_leaves_no_answer_to_wait_for() -> None:
    harness = await talking()
    harness.event(TurnFailed(turn_id="t1", seq=2, code="model_error", message="down", retryable=True))
    harness.controller.conversations_changed([head(1)])
    assert harness.called("refresh") == []
    harness.controller.conversations_changed([head(2)])
    assert harness.called("refresh") == [("refresh", 1, 0)]


async def test_the_conversation_that_another_program_deleted_leaves_a_new_one() -> None:
    harness = await ready(page(user(1, "q")))
    harness.controller.conversations_changed([head(1, deleted=True)])
    assert harness.called("open_new") == [("open_new", 1)]
    assert harness.controller.deleted == 1


async def test_a_new_title_is_shown_and_that_of_another_conversation_is_not() -> None:
    harness = await ready(page(user(1, "q")))
    harness.controller.conversation_renamed(conversation(7, "other"))
    assert harness.view.title == "mine"
    harness.controller.conversation_renamed(conversation(1, "renamed"))
    assert harness.view.title == "renamed"


async def test_the_conversation_on_screen_deleted_leaves_a_new_one() -> None:
    harness = await ready(page(user(1, "q")))
    harness.controller.conversation_deleted(1)
    assert (harness.controller.deleted, harness.controller.conversation_id) == (1, None)
    assert harness.work.calls == [("open_new", 1)]


async def test_back_online_it_fetches_the_page_or_what_it_could_not_open() -> None:
    harness = ControllerHarness(conversation_id=7)
    harness.controller.reconnected()
    assert harness.work.calls == [("open", 7, 0)]
    await harness.load(page(user(1, "q"), id=7))
    harness.controller.reconnected()
    assert harness.work.calls[1:] == [("refresh", 7, 0)]
    harness.controller.open(8)
    harness.controller.reconnected()
    assert harness.work.calls[2:] == [("open", 8, 1), ("open", 8, 1)]


# --- drafts and notes ---


async def test_a_draft_is_put_on_disk_in_a_moment() -> None:
    harness = await ready()
    harness.view.draft = "half"
    harness.controller.note_draft()
    assert harness.state.draft(None) == "half"
    assert harness.view.saves[-1] == harness.controller.save


async def test_a_state_that_cannot_be_saved_is_reported_once(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    harness = await ready(state=ClientState(tmp_path / "file" / "state.json"))
    for text in ("a", "b"):
        harness.view.draft = text
        harness.controller.keep_draft()
    assert len(harness.view.toasts) == 1
    assert "cannot be saved" in harness.view.toasts[0][0]


async def test_a_note_stands_at_the_end() -> None:
    harness = await ready(page(user(1, "q")))
    harness.controller.note("The list could not be opened.")
    entry = harness.view.entries[-1]
    assert isinstance(entry, NoteEntry)
    assert entry.text == "The list could not be opened."


def test_the_rules_are_imported_without_textual() -> None:
    code = "import sys, kirotodo.client.tui.turn_controller; print('textual' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
