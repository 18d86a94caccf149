"""The rules of the conversation on screen, without a screen: each is a call or two and what is shown after it."""

import subprocess
import sys
from collections.abc import Callable, Coroutine, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import pytest

from kirotodo.client.state import ClientState, Outgoing
from kirotodo.client.tui.background import BackgroundWork
from kirotodo.client.tui.conversation_view import Severity
from kirotodo.client.tui.entries import AnswerEntry, Entry, NoteEntry, PendingApproval, UserEntry, answer_key
from kirotodo.client.tui.model_picker import ModelPicker
from kirotodo.client.tui.turn_controller import PENDING, TurnController
from kirotodo.core.backend import Backend, ModelChoice
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

        super().__init__(nowhere, lambda message: None)
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

    async def watch(self, turn_id: str, visit: int, after: int = 0) -> None:
        self.calls.append(("watch", turn_id, visit))

    async def stop(self, turn_id: str) -> None:
        self.calls.append(("stop", turn_id))

    async def answer(
        self, turn_id: str, call_id: str, decision: Decision, arguments: Mapping[str, Any] | None = None
    ) -> None:
        self.calls.append(("answer", turn_id, call_id, decision, arguments))

    async def undo_call(self, turn_id: str, call_id: str) -> None:
        self.calls.append(("undo_call", turn_id, call_id))


class Bench:
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


async def ready(page: Transcript | None = None, **options: Any) -> Bench:
    bench = Bench(**options)
    await bench.load(page)
    return bench


async def talking(text: str = "first") -> Bench:
    """A new conversation with a turn under way."""
    bench = await ready()
    bench.controller.submit(text)
    bench.accept()
    return bench


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
    bench = await ready()
    bench.view.draft = ""
    bench.controller.submit("hello")
    (message,) = bench.work.sent
    assert bench.state.outbox == (message,)
    assert bench.view.history == bench.state.history == ["hello"]
    assert bench.view.entries == [UserEntry(key=PENDING, text="hello")]
    assert (bench.view.active, bench.view.waiting, bench.controller.busy) == (True, 1, True)


async def test_an_accepted_message_gets_its_number_and_its_turn_is_watched() -> None:
    bench = await talking("hello")
    message, answer = bench.view.entries
    assert message == UserEntry(key="user:1", text="hello", seq=1, turn_id="t1")
    assert answer == AnswerEntry(key=answer_key("t1"), turn_id="t1")
    assert bench.called("watch") == [("watch", "t1", 0)]
    assert (bench.state.outbox, bench.state.last_conversation, bench.controller.conversation_id) == ((), 1, 1)


async def test_the_draft_of_a_new_conversation_moves_with_it() -> None:
    bench = await ready()
    bench.controller.submit("hello")
    bench.view.draft = "typed meanwhile"
    bench.controller.note_draft()
    bench.accept()
    assert (bench.state.draft(None), bench.state.draft(1)) == ("", "typed meanwhile")


async def test_acceptance_of_an_earlier_visit_only_settles_the_message() -> None:
    bench = await ready()
    bench.controller.submit("hello")
    bench.controller.open(7)
    bench.accept(visit=0)
    assert bench.state.outbox == ()
    assert bench.called("watch") == []
    assert bench.controller.conversation_id is None


async def test_the_chosen_model_goes_along() -> None:
    bench = await ready()
    bench.models.update(
        (ModelChoice(name="a", model="a", place="", default=True), ModelChoice(name="b", model="b", place=""))
    )
    bench.models.choose("b")
    bench.controller.submit("hello")
    assert bench.work.sent[0].model == "b"


async def test_a_refused_message_is_back_in_the_composer() -> None:
    bench = await ready()
    bench.controller.submit("hello")
    bench.view.draft = "more"
    bench.refuse(InvalidInput("No."))
    assert bench.view.draft == "hello\nmore"
    assert bench.view.entries == []
    assert bench.view.toasts == [("No.", "error")]
    assert (bench.state.outbox, bench.state.draft(None), bench.controller.busy, bench.view.active) == (
        (),
        "hello\nmore",
        False,
        False,
    )


async def test_a_message_refused_in_a_conversation_left_goes_into_its_draft() -> None:
    bench = await ready(page(user(1, "q")))
    bench.controller.submit("hello")
    bench.controller.open(7)
    bench.refuse(InvalidInput("No."), visit=0)
    assert bench.state.draft(1) == "hello"
    assert bench.view.draft == ""


async def test_nobody_knows_of_an_unanswered_message_so_it_keeps_its_key() -> None:
    bench = await ready()
    for _ in range(2):
        bench.controller.submit("hello")
        bench.refuse(Unreachable("The server does not answer."))
    bench.controller.submit("other")
    first, again, other = [message.request_key for message in bench.work.sent]
    assert first == again != other


async def test_a_message_that_meets_a_live_turn_waits_first_in_the_queue_and_the_turn_is_watched() -> None:
    bench = await ready(page(user(1, "q")))
    bench.controller.submit("hello")
    bench.refuse(LiveTurn("A turn is under way.", turn_id="t9"))
    assert bench.view.queue == ["hello"]
    assert bench.called("watch") == [("watch", "t9", 0)]
    assert bench.view.toasts == []


async def test_a_live_turn_met_in_a_conversation_left_queues_the_message_there() -> None:
    bench = await ready(page(user(1, "q")))
    bench.controller.submit("hello")
    bench.state.set_queued(1, ["older"])
    bench.controller.open(7)
    bench.refuse(LiveTurn("A turn is under way.", turn_id="t9"), visit=0)
    assert bench.state.queued(1) == ("hello", "older")
    assert bench.view.queue == []


# --- the queue ---


async def test_what_is_typed_while_a_turn_runs_waits_and_goes_out_after_it() -> None:
    bench = await talking()
    for text in ("second", "third"):
        bench.controller.submit(text)
    assert (bench.view.queue, bench.view.held, bench.view.waiting) == (["second", "third"], False, 2)
    assert bench.state.queued(1) == ("second", "third")
    bench.finish()
    assert [message.text for message in bench.work.sent] == ["first", "second"]
    assert bench.view.queue == ["third"]
    assert bench.state.queued(1) == ("third",)


async def test_what_is_typed_before_the_conversation_is_known_goes_out_once_it_is() -> None:
    bench = Bench()
    bench.controller.submit("early")
    assert (bench.view.queue, bench.state.draft(None), bench.work.sent) == (["early"], "early", [])
    await bench.load(page(user(1, "q")))
    assert [(message.text, message.conversation_id) for message in bench.work.sent] == [("early", 1)]
    assert bench.state.draft(1) == ""


async def test_an_open_question_holds_messages_back() -> None:
    bench = await talking()
    bench.event(ApprovalRequested(turn_id="t1", seq=2, approval=APPROVAL))
    bench.controller.submit("second")
    assert bench.view.queue == ["second"]


@pytest.mark.parametrize(
    "end",
    [
        TurnFailed(turn_id="t1", seq=2, code="internal", message="No.", retryable=True),
        TurnCancelled(turn_id="t1", seq=2, response=""),
    ],
)
async def test_after_a_failed_or_stopped_turn_the_queue_is_held(end: TurnFailed | TurnCancelled) -> None:
    bench = await talking()
    bench.controller.submit("second")
    bench.event(end)
    assert (bench.view.queue, bench.view.held, bench.view.active) == (["second"], True, False)
    assert len(bench.work.sent) == 1


async def test_send_now_stops_the_turn_and_sends_that_one_next() -> None:
    bench = await talking()
    for text in ("second", "third"):
        bench.controller.submit(text)
    bench.controller.send_queued(1)
    assert bench.called("stop") == [("stop", "t1")]
    bench.event(TurnCancelled(turn_id="t1", seq=2, response=""))
    assert [message.text for message in bench.work.sent] == ["first", "third"]
    assert bench.view.queue == ["second"]


async def test_send_now_with_nothing_running_sends_at_once() -> None:
    bench = await talking()
    bench.controller.submit("second")
    bench.event(TurnFailed(turn_id="t1", seq=2, code="internal", message="No.", retryable=True))
    bench.controller.send_queued(0)
    assert [message.text for message in bench.work.sent] == ["first", "second"]


async def test_a_queued_message_is_edited_or_removed() -> None:
    bench = await talking()
    for text in ("second", "third"):
        bench.controller.submit(text)
    bench.view.draft = "draft"
    bench.controller.edit_queued(1)
    assert (bench.view.draft, bench.view.queue) == ("third\ndraft", ["second"])
    bench.controller.remove_queued(0)
    assert (bench.view.queue, bench.state.queued(1)) == ([], ())


async def test_the_queue_of_a_conversation_is_there_again_when_it_is_opened() -> None:
    state = ClientState()
    state.set_queued(1, ["kept"])
    bench = await ready(page(user(1, "q")), state=state)
    assert (bench.view.queue, bench.view.held, bench.work.sent) == (["kept"], True, [])


# --- the turn ---


async def test_events_are_shown_in_the_answer_of_their_turn() -> None:
    bench = await talking()
    bench.event(TextDelta(turn_id="t1", seq=2, step=1, attempt=1, text="hel"))
    bench.event(TextDelta(turn_id="t1", seq=3, step=1, attempt=1, text="lo"))
    assert bench.texts() == ["first", "hello"]
    assert bench.view.rings == 0
    bench.finish(title="Greeting")
    assert bench.texts() == ["first", "done"]
    assert (bench.view.title, bench.view.rings, bench.controller.live) == ("Greeting", 1, None)


async def test_events_of_another_turn_or_visit_are_dropped() -> None:
    bench = await talking()
    bench.event(TextDelta(turn_id="t0", seq=2, step=1, attempt=1, text="x"))
    bench.event(TextDelta(turn_id="t1", seq=2, step=1, attempt=1, text="x"), visit=-1)
    assert bench.texts() == ["first", ""]


async def test_tasks_that_a_turn_changes_are_shown_in_the_list() -> None:
    bench = await talking()
    milk = task(20, "milk")
    bench.event(TasksChanged(turn_id="t1", seq=2, tasks=(milk,), removed=(3,)))
    assert bench.view.tasks == [((milk,), (3,))]


async def test_stop_while_it_is_being_sent_stops_the_turn_once_it_is_accepted() -> None:
    bench = await ready()
    bench.controller.submit("first")
    bench.controller.stop()
    assert bench.called("stop") == []
    bench.accept()
    assert bench.called("stop") == [("stop", "t1")]


async def test_stop_without_a_link_takes_the_message_back() -> None:
    bench = await ready()
    bench.view.link_down = True
    bench.controller.submit("first")
    bench.controller.stop()
    assert bench.view.cancelled[-1] == f"send:{bench.work.sent[0].request_key}"
    assert (bench.view.draft, bench.view.entries, bench.controller.busy) == ("first", [], False)
    assert bench.view.toasts == [("Cancelled. The message is back in the composer.", "error")]


async def test_a_turn_that_can_no_longer_be_watched_has_failed() -> None:
    bench = await talking()
    bench.controller.answer.watch_lost("t1", NotFound("It is gone."), 0)
    answer = bench.view.entries[-1]
    assert isinstance(answer, AnswerEntry)
    assert (answer.status, answer.error, bench.controller.busy) == ("failed", "It is gone.", False)


async def test_retry_sends_the_message_of_the_last_failed_turn() -> None:
    bench = await talking()
    bench.event(TurnFailed(turn_id="t1", seq=2, code="internal", message="No.", retryable=True))
    bench.controller.retry()
    assert [message.text for message in bench.work.sent] == ["first", "first"]


async def test_retry_with_nothing_failed_says_so() -> None:
    bench = await ready()
    bench.controller.retry()
    assert bench.view.toasts == [("There is no failed turn to try again.", "warning")]


async def test_an_undone_call_is_marked_and_its_tasks_are_shown() -> None:
    bench = await talking()
    bench.controller.answer.undo_call("t1", "1.1")
    assert bench.called("undo_call") == [("undo_call", "t1", "1.1")]
    changed = Changed(tasks=(task(3),), removed=(20,), changes=(), skipped=("Task 4 has changed since.",))
    bench.controller.answer.call_undone("t1", "1.1", changed)
    assert bench.view.tasks == [((task(3),), (20,))]
    assert bench.view.toasts == [("Task 4 has changed since.", "warning")]


async def test_usage_is_the_sum_over_the_answers_and_priced_by_their_models() -> None:
    bench = await talking()
    model = ModelChoice(name="a", model="a", place="", default=True, input_price=1.0, output_price=2.0)
    bench.models.update((model,))
    bench.finish(model="a", usage=Usage(input_tokens=1_000_000, output_tokens=500_000))
    assert bench.view.usage.input_tokens == 1_000_000
    assert bench.view.cost == "$2.00"


# --- approvals ---


async def test_a_question_is_asked_and_answered() -> None:
    bench = await talking()
    bench.event(ApprovalRequested(turn_id="t1", seq=2, approval=APPROVAL))
    assert bench.view.approvals == [PendingApproval(turn_id="t1", approval=APPROVAL)]
    assert bench.view.rings == 1
    bench.controller.answer.answer("t1", "1.1", "yes")
    assert bench.view.approvals == []
    assert bench.called("answer") == [("answer", "t1", "1.1", "yes", None)]


async def test_a_question_repeated_is_asked_once_and_goes_when_answered_elsewhere() -> None:
    bench = await talking()
    for _ in range(2):
        bench.event(ApprovalRequested(turn_id="t1", seq=2, approval=APPROVAL))
    assert len(bench.view.approvals) == 1
    bench.event(ApprovalAnswered(turn_id="t1", seq=3, call_id="1.1", decision="no"))
    assert bench.view.approvals == []


async def test_an_answer_that_was_refused_is_asked_for_again() -> None:
    bench = await talking()
    bench.event(ApprovalRequested(turn_id="t1", seq=2, approval=APPROVAL))
    bench.controller.answer.answer("t1", "1.1", "yes", {"task_ids": "all"})
    bench.controller.answer.answer_refused("t1", InvalidInput("task_ids must be numbers."))
    assert len(bench.view.approvals) == 1
    assert bench.view.toasts == [("task_ids must be numbers.", "error")]


async def test_the_end_of_the_turn_takes_its_questions_away() -> None:
    bench = await talking()
    bench.event(ApprovalRequested(turn_id="t1", seq=2, approval=APPROVAL))
    bench.event(TurnCancelled(turn_id="t1", seq=3, response=""))
    assert bench.view.approvals == []


# --- opening conversations ---


def test_it_starts_with_the_conversation_that_was_open_last() -> None:
    state = ClientState()
    state.last_conversation = 4
    bench = Bench(state=state)
    bench.controller.start()
    assert (bench.controller.conversation_id, bench.work.calls) == (4, [("open_latest", 4, 0)])


def test_it_starts_with_the_one_asked_for() -> None:
    bench = Bench(conversation_id=7)
    bench.controller.start()
    assert bench.work.calls == [("open", 7, 0)]


def test_it_starts_with_a_new_one_and_sends_what_was_left_behind() -> None:
    state = ClientState()
    state.last_conversation = 4
    state.post(Outgoing(text="left", request_key="k1", conversation_id=4))
    bench = Bench(state=state, new=True)
    bench.controller.start()
    assert bench.controller.conversation_id is None
    assert bench.work.calls == [("open_new", 0), ("send_all", ["left"])]


async def test_a_page_is_shown_with_its_title_and_its_live_turn() -> None:
    bench = await ready(page(user(1, "q", "t1"), turns=[turn("t1", 1, "running")], before=1))
    assert (bench.view.title, bench.view.more, bench.texts()) == ("mine", True, ["q", ""])
    assert bench.called("watch") == [("watch", "t1", 0)]


async def test_another_conversation_is_opened_and_the_draft_stays_behind() -> None:
    bench = await talking()
    bench.view.draft = "half a thought"
    bench.controller.open(7)
    assert (bench.controller.loaded, bench.controller.live, bench.view.cancelled) == (False, None, ["watch"])
    await bench.load(page(user(1, "q"), id=7, title="other"))
    assert (bench.state.draft(1), bench.view.draft, bench.view.title) == ("half a thought", "", "other")
    assert bench.controller.conversation_id == bench.state.last_conversation == 7


async def test_the_conversation_on_screen_is_not_opened_again() -> None:
    bench = await ready(page(user(1, "q")))
    bench.controller.open(1)
    assert bench.work.calls == []


async def test_a_page_of_an_earlier_visit_is_dropped() -> None:
    bench = await ready(page(user(1, "q")))
    bench.controller.open(7)
    await bench.load(page(user(1, "late")), visit=0)
    assert (bench.texts(), bench.controller.loaded) == (["q"], False)


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
    bench = Bench(state=state)
    bench.view.draft = typed
    await bench.load(page(user(1, "q")))
    assert (bench.view.draft, state.draft(4), state.draft(1)) == kept


async def test_older_pages_come_before_the_first_entry() -> None:
    bench = await ready(page(user(5, "q"), before=5))
    bench.controller.load_older()
    assert bench.work.calls == [("older", 1, 5, 0)]
    bench.controller.older_loaded(page(user(1, "older")), 0)
    assert (bench.texts(), bench.view.more) == (["older", "q"], False)
    bench.controller.load_older()
    assert len(bench.called("older")) == 1


async def test_an_older_page_that_could_not_be_loaded_can_be_asked_for_again() -> None:
    bench = await ready(page(user(5, "q"), before=5))
    bench.controller.older_loaded(None, 0)
    assert bench.view.more
    bench.controller.load_older()
    assert bench.called("older") == [("older", 1, 5, 0)]


async def test_what_another_program_wrote_is_added_and_its_live_turn_watched() -> None:
    bench = await ready(page(user(1, "q", "t1"), turns=[turn("t1", 1)]))
    bench.controller.refresh()
    assert bench.work.calls == [("refresh", 1, 0)]
    newer = page(user(1, "q", "t1"), user(3, "theirs", "t3"), turns=[turn("t1", 1), turn("t3", 3, "running")])
    bench.controller.page_fetched(newer, 0)
    assert [text for text in bench.texts() if text] == ["q", "theirs"]
    assert bench.called("watch") == [("watch", "t3", 0)]
    bench.controller.page_fetched(newer, 0)
    assert len(bench.called("watch")) == 1


async def test_while_a_turn_runs_the_page_is_not_fetched_again() -> None:
    bench = await talking()
    bench.controller.refresh()
    bench.controller.page_fetched(page(user(5, "theirs")), 0)
    assert bench.called("refresh") == []
    assert bench.texts() == ["first", ""]


async def test_a_new_title_is_shown_and_that_of_another_conversation_is_not() -> None:
    bench = await ready(page(user(1, "q")))
    bench.controller.conversation_renamed(conversation(7, "other"))
    assert bench.view.title == "mine"
    bench.controller.conversation_renamed(conversation(1, "renamed"))
    assert bench.view.title == "renamed"


async def test_the_conversation_on_screen_deleted_leaves_a_new_one() -> None:
    bench = await ready(page(user(1, "q")))
    bench.controller.conversation_deleted(1)
    assert (bench.controller.deleted, bench.controller.conversation_id) == (1, None)
    assert bench.work.calls == [("open_new", 1)]


async def test_back_online_it_fetches_the_page_or_what_it_could_not_open() -> None:
    bench = Bench(conversation_id=7)
    bench.controller.reconnected()
    assert bench.work.calls == [("open", 7, 0)]
    await bench.load(page(user(1, "q"), id=7))
    bench.controller.reconnected()
    assert bench.work.calls[1:] == [("refresh", 7, 0)]
    bench.controller.open(8)
    bench.controller.reconnected()
    assert bench.work.calls[2:] == [("open", 8, 1), ("open", 8, 1)]


# --- drafts and notes ---


async def test_a_draft_is_put_on_disk_in_a_moment() -> None:
    bench = await ready()
    bench.view.draft = "half"
    bench.controller.note_draft()
    assert bench.state.draft(None) == "half"
    assert bench.view.saves[-1] == bench.controller.save


async def test_a_state_that_cannot_be_saved_is_reported_once(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    bench = await ready(state=ClientState(tmp_path / "file" / "state.json"))
    for text in ("a", "b"):
        bench.view.draft = text
        bench.controller.keep_draft()
    assert len(bench.view.toasts) == 1
    assert "cannot be saved" in bench.view.toasts[0][0]


async def test_a_note_stands_at_the_end() -> None:
    bench = await ready(page(user(1, "q")))
    bench.controller.note("The list could not be opened.")
    entry = bench.view.entries[-1]
    assert isinstance(entry, NoteEntry)
    assert entry.text == "The list could not be opened."


def test_the_rules_are_imported_without_textual() -> None:
    code = "import sys, kirotodo.client.tui.turn_controller; print('textual' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
