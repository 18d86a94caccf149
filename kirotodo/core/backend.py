"""The port between a client and the core.

`LocalBackend` runs the core in this process, `RemoteBackend` speaks to a server.

Every method raises errors of `core.errors` and nothing else. No method holds a connection while it waits.
"""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import field
from datetime import date, datetime
from datetime import time as time_of_day
from typing import TYPE_CHECKING, Any, Literal, Protocol, TypedDict, runtime_checkable

from kirotodo.core.domain.task import (
    Changed,
    Page,
    Priority,
    RecursFrom,
    Task,
    TaskDraft,
    TaskFilter,
    TaskStats,
)
from kirotodo.core.lazy_dataclasses import dataclass

if TYPE_CHECKING:
    from kirotodo.core.domain.conversation import Conversation, Decision, Sent, Transcript, Turn, Usage
    from kirotodo.core.domain.history import By, ChangeSelection, HistoryEntry, PastPage
    from kirotodo.core.domain.integration import Integration
    from kirotodo.core.domain.plan import DayPlan, Move, Period, Spread
    from kirotodo.core.domain.reminder import Claim, Claimed, ReminderTarget, TargetKind
    from kirotodo.core.domain.view import View
    from kirotodo.core.domain.webhook import Webhook, WebhookDelivery, WebhookEvent, WebhookTest
    from kirotodo.core.events import TurnEvent

OccurrenceScope = Literal["this", "series"]
Link = Literal["local", "online", "reconnecting", "offline"]


class TaskFields(TypedDict, total=False):
    """Fields of a task, as values or in a person's words; those left out stay as they are.

    `due` takes words ("tomorrow at 5pm", "2026-11-27", "fri 17:00"), as do `time` ("5pm"), `recurrence` ("every other
    friday", or an RRULE) and `remind` ("10 minutes before", "tomorrow 8am"). None (or "") takes a value away.
    `due_date`, `due_time` and `remind_at` are what a task has there, and go without `due`, `time` and `remind`;
    `remind_before` is so many minutes before it is due. `snooze` ("10 minutes", "until tomorrow 9") puts the next ring
    off, and leaves alone what `remind_before` says of later ones. `start_date` is the day before which it is not to be
    done (`start` takes words), `duration` how many minutes it takes. `parent_id` is the task of which it is a step,
    None makes it a task of its own; `position` is its place among the steps, counted from 1. `tags` replaces all;
    `add_tags` and `remove_tags` change some.

    `recurrence` also takes an end alone ("until christmas", "5 more times", "forever"): the rest of the rule stays.
    `occurrence` says what of a repeating task changes: "this" gives its open occurrence another title, date or time for
    once; "series" moves the days of the rule along with the date. Without it, a new date moves what is counted from it.
    """

    title: str
    notes: str | None
    due: str | None
    due_date: date | None
    time: str | None
    due_time: time_of_day | None
    start: str | None
    start_date: date | None
    duration: int | None
    parent_id: int | None
    position: int
    recurrence: str | None
    recurs_from: RecursFrom
    occurrence: OccurrenceScope
    priority: Priority
    project: str | None
    tags: Sequence[str]
    add_tags: Sequence[str]
    remove_tags: Sequence[str]
    remind: str | None
    remind_at: datetime | None
    remind_before: int | None
    snooze: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Status:
    """Where the list lives and what answers: for the status chip and `doctor`.

    `place` reads "local" or the server's host; `detail` is an honest sentence where the link is not in order.
    """

    link: Link
    place: str
    model: str
    user: str
    pending: int
    detail: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class ModelChoice:
    """A model that may answer: `name` is what to ask for it by, `model` what its service calls it.

    `place` reads "local" or the service's host. Prices are for a million tokens, None where none is configured.
    """

    name: str
    model: str
    place: str
    default: bool = False
    input_price: float | None = None
    output_price: float | None = None
    cached_price: float | None = None
    currency: str = "$"

    def cost(self, usage: "Usage") -> float | None:
        """Return what `usage` costs in `currency`; None where no price is configured."""
        if self.input_price is None or self.output_price is None:
            return None
        cached_price = self.input_price if self.cached_price is None else self.cached_price
        fresh = max(0, usage.input_tokens - usage.cached_tokens)
        millionths = fresh * self.input_price + usage.cached_tokens * cached_price
        return (millionths + usage.output_tokens * self.output_price) / 1_000_000


@dataclass(frozen=True, kw_only=True, slots=True)
class ConversationHead:
    """What a conversation is called and how far it has come; `last_seq` is the number of its newest message."""

    id: int
    title: str
    last_seq: int
    deleted: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Rung:
    """A reminder that rang, wherever that was: of which task, for which moment, and when."""

    task_id: int
    remind_at: datetime
    rung_at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class ListChanged:
    """The list or its conversations changed, here or in another program: tasks as they are now, ids that are gone.

    `revision` is what to follow on after, see `Backend.changes`. `pending` counts the open tasks; None from a server of
    an earlier release. `heads` are the conversations that changed; none although `conversations` is true means that
    they were too many to name. `rung` are reminders that rang.
    """

    revision: int = 0
    tasks: tuple[Task, ...] = ()
    removed: tuple[int, ...] = ()
    conversations: bool = False
    heads: tuple[ConversationHead, ...] = ()
    pending: int | None = None
    rung: tuple[Rung, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class LinkChanged:
    """The link to a server is good (again) or was lost; a list in this process has none.

    Where it is good again, what happened meanwhile may have been missed. `wait` is how many seconds the server wants to
    be left alone, after which it is asked again without anybody's doing.
    """

    link: Link
    place: str
    detail: str = ""
    wait: float | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class KeptNote:
    """A sentence on an edit that did not go as it was meant: a conflict, or one that could not be made. It is kept
    until it is dismissed."""

    id: int
    text: str


@dataclass(frozen=True, kw_only=True, slots=True)
class PendingEdits:
    """How many edits wait to be sent to a server, and of which tasks.

    `tasks` and `removed` are what became of those that were sent since; `notes` are all that were not dismissed.
    """

    count: int = 0
    task_ids: frozenset[int] = frozenset()
    tasks: tuple[Task, ...] = ()
    removed: tuple[int, ...] = ()
    notes: tuple[KeptNote, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class ImportReport:
    """The outcome of an import: ids made, and the rows left out, a sentence each."""

    added: tuple[int, ...] = ()
    skipped: tuple[str, ...] = ()


AgentScope = Literal["read", "add", "all"]
"""What an agent may do: look at everything; also add tasks; or everything that its user may, but for their account."""
TokenScope = Literal["read", "add", "all", "calendar", "feed"]
"""What a token opens: what the scope of an agent says; the tasks over CalDAV alone (`calendar`, an app password); or a
calendar of what has a time of day, to look at (`feed`, the end of its address)."""


@dataclass(frozen=True, kw_only=True, slots=True)
class AgentToken:
    """A program that may use the list, until `expires_at` or until it is revoked.

    `token` is known only when it is made; `last_used_at` is right to the hour.
    """

    name: str
    scope: TokenScope
    created_at: datetime
    expires_at: datetime
    last_used_at: datetime | None = None
    token: str | None = field(default=None, repr=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class ToolInfo:
    """A tool that another program may call. `parameters` is a JSON Schema; `changes` is the scope that it needs."""

    name: str
    description: str
    parameters: Mapping[str, Any]
    changes: AgentScope


@dataclass(frozen=True, kw_only=True, slots=True)
class ToolApproval:
    """A question that a person has to answer before a tool call is carried out, and the tasks it is about."""

    id: str
    question: str
    tasks: tuple[Task, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class ToolAnswer:
    """What the user answered to the question of that id."""

    id: str
    decision: Literal["yes", "no"]


@dataclass(frozen=True, kw_only=True, slots=True)
class ToolOutcome:
    """What came of a tool call. `repeated` says that it was carried out before, and this is the answer of then."""

    tool: str
    status: Literal["succeeded", "failed", "needs_approval", "denied"]
    result: Mapping[str, Any]
    approval: ToolApproval | None = None
    repeated: bool = False


class Backend(Protocol):
    """A user's list and conversations."""

    # --- turns ---

    async def send(
        self,
        message: str,
        *,
        conversation_id: int | None = None,
        request_key: str | None = None,
        model: str | None = None,
        instead_of: int | None = None,
        keep_changes: bool = False,
    ) -> "Sent":
        """Store `message` (1 to 10,000 characters) and start the turn that answers it; returns at once.

        Without `conversation_id` a new conversation begins. The same `request_key` with the same message attaches to
        the turn it started before. A plain yes or no to a parked turn answers its approval and attaches to that turn.
        `model` is the name of one of `models()`; without it the default one answers.

        `instead_of` is the `seq` of an earlier message of the user, whose place this one takes: that one stays as
        another variant, with all that followed it, see `show_branch`. What the turns from there on changed is undone,
        as far as nobody changed it later, unless `keep_changes`.

        Raises `InvalidInput`, `NotFound`, `LiveTurn` (that conversation's turn is not over) or `KeyReused`.
        """

    def watch(self, turn_id: str, *, after: int = 0) -> "AsyncIterator[TurnEvent]":
        """Yield the turn's events with `seq` greater than `after`: what was, then what comes, up to the final event.

        Goes on through a parked approval. Raises `NotFound`. Closing the iterator does not stop the turn.
        """

    async def turn(self, turn_id: str) -> "Turn":
        """Return the turn as it stands. Raises `NotFound`."""

    async def cancel(self, turn_id: str) -> "Turn":
        """Stop the turn and keep its partial answer; a turn that is over stays as it is. Raises `NotFound`."""

    async def answer(
        self,
        turn_id: str,
        call_id: str,
        decision: "Decision",
        *,
        arguments: Mapping[str, Any] | None = None,
    ) -> "Turn":
        """Answer the approval that the turn is parked on. "Always" also lets the same tool act on as many tasks in each
        later turn of this conversation.

        `arguments`, if given, replace the call's; where the question covers several calls, their `task_ids` choose
        among the tasks that it names. Raises `NotFound`, `InvalidInput`, or `Conflict` if that approval is
        not open any more.
        """

    # --- conversations ---

    async def conversations(
        self, *, search: str | None = None, limit: int = 50, cursor: str | None = None
    ) -> "Page[Conversation]":
        """Return conversations, latest first; with `search` those whose title or messages hold the words."""

    async def transcript(self, conversation_id: int, *, before: int | None = None, limit: int = 50) -> "Transcript":
        """Return the newest `limit` messages (those older than `seq` `before`, if given). Raises `NotFound`."""

    async def rename_conversation(self, conversation_id: int, title: str) -> "Conversation":
        """Rename a conversation. Raises `NotFound` or `InvalidInput`."""

    async def delete_conversation(self, conversation_id: int) -> None:
        """Hide a conversation; `restore_conversation` brings it back. A live turn in it is cancelled."""

    async def restore_conversation(self, conversation_id: int) -> "Conversation":
        """Bring a deleted conversation back. Raises `NotFound`."""

    async def show_branch(self, conversation_id: int, seq: int) -> "Conversation":
        """Show a variant of a message, and what followed it, in the place of the one that is shown. The tasks stay as
        they are. Raises `NotFound`, or `LiveTurn`."""

    # --- tasks, without a model ---

    async def tasks(self, where: TaskFilter = ..., *, limit: int = 50, cursor: str | None = None) -> Page[Task]:
        """Return a page of the list (at most 200). `total` is always known, unless a search or tag finds a lot."""

    async def tasks_as_of(
        self, moment: str, where: TaskFilter = ..., *, limit: int = 50, cursor: str | None = None
    ) -> "PastPage":
        """Return a page of the list as it was at a moment of the past, in words ("friday", "yesterday 5pm") or as a
        moment with its offset; at the end of a day or period. "Today" in `where` is that day. Raises `InvalidInput`,
        also for moments that the history does not reach back to."""

    async def history(
        self,
        *,
        task_id: int | None = None,
        since: str | None = None,
        until: str | None = None,
        by: "By | None" = None,
        limit: int = 50,
        cursor: str | None = None,
    ) -> "Page[HistoryEntry]":
        """Return a page of changes, the newest first: of one task, deleted ones too, and `by` somebody, if given.
        `since` and `until` are times of the past, in words or as a moment; both take in the day or period that they
        name. Raises `InvalidInput`."""

    async def task(self, task_id: int) -> Task:
        """Return one task. Raises `NotFound`."""

    async def add_from_text(self, text: str, *, dry_run: bool = False) -> tuple[Task, ...]:
        """Add what one line says, with its dates, `#tag`, `+project` and `!priority`; usually one task.

        `dry_run` gives what it would be, with ids 0. Raises `InvalidInput`.
        """

    async def add_task(self, fields: TaskFields) -> Task:
        """Add a task from fields; `title` is required. Raises `InvalidInput`."""

    async def update_tasks(self, task_ids: Sequence[int], fields: TaskFields) -> Changed:
        """Change fields of tasks, all or none. Raises `NotFound` or `InvalidInput`."""

    async def edit_task(self, seen: Task, fields: TaskFields) -> Task:
        """Change fields of one task that was read as `seen`, and return it. Raises `PreconditionFailed` where it has
        changed since, so that an edit made elsewhere is not lost, else as `update_tasks`."""

    async def complete_tasks(self, task_ids: Sequence[int], *, completed: bool = True) -> Changed:
        """Set tasks done, or open again (a set, no toggle). A recurring one leaves its next occurrence in `tasks`. Open
        steps are completed with their task: who would ask first, as the setting `open_steps` says, asks before."""

    async def skip_tasks(
        self,
        task_ids: Sequence[int] | None = None,
        *,
        until: str | None = None,
        count: int | None = None,
        on: str | None = None,
        dry_run: bool = False,
    ) -> Changed:
        """Skip the open occurrence of routines, or instead: all before the day `until`, the next `count`, or those
        `on` a day or some days. Days are in words. Occurrences further ahead are left out of the rule, and nothing else
        moves.

        Without `task_ids` it is about all routines, which takes `until`. A routine without another occurrence is
        deleted. `dry_run` gives what it would be. Raises `NotFound` or `InvalidInput`.
        """

    async def delete_tasks(self, task_ids: Sequence[int]) -> Changed:
        """Delete tasks with their steps, all or none; `undo` brings them back. Raises `NotFound`."""

    async def undo(self, *, groups: int = 1) -> Changed:
        """Put back the latest `groups` groups of changes (a turn's, or a direct edit's). Raises `NotUndoable`."""

    async def undo_call(self, turn_id: str, call_id: str) -> Changed:
        """Put back what one tool call changed, wherever it lies in the past.

        Raises `NotFound` or `NotUndoable`.
        """

    async def undo_changes(self, which: "ChangeSelection") -> Changed:
        """Put back the selected changes, wherever they lie in the past. Fields that somebody changed later stay as they
        are, and are named in `skipped`.

        Raises `InvalidInput` for a selection of nothing or of words that cannot be read, `NotFound` or `NotUndoable`.
        """

    async def redo(self) -> Changed:
        """Do again what the last undo took back. Raises `NotUndoable`."""

    async def stats(self, *, period_days: int = 7) -> TaskStats:
        """Return counts and streaks."""

    async def plan(self, period: "Period" = "today", *, minutes: int | None = None) -> "DayPlan":
        """Return what to do first, with reasons, and what does not fit into so many minutes (by default those left of
        today). Raises `InvalidInput`."""

    async def propose_spread(self, *, per_day: int | None = None) -> "Spread":
        """Return weekdays of next week for what is overdue, as a proposal for `move_tasks`; nothing is changed.

        A day gets at most `per_day` tasks where that can be done. Raises `InvalidInput`.
        """

    async def move_tasks(self, moves: "Sequence[Move]", *, for_once: bool = True) -> Changed:
        """Give tasks other due dates, all or none, in one undo; `for_once` leaves the series of a routine where it is.

        Raises `NotFound`, `InvalidInput`, or `Conflict` where a task's due date is not that of its move any more.
        """

    async def views(self) -> "tuple[View, ...]":
        """Return the saved views, pinned ones first, by name. One whose filter can't be read says why, and where."""

    async def save_view(self, view: "View", *, instead_of: str | None = None) -> "View":
        """Save a view, in place of the one of its name. With `instead_of`, change that one, its name included.

        Raises `InvalidInput`, with the place where it is a `FilterError`, or `NotFound`.
        """

    async def delete_view(self, name: str) -> "View":
        """Remove a view and return it as it was; its tasks stay. Raises `NotFound`."""

    async def import_tasks(
        self, drafts: Sequence[TaskDraft], *, on_progress: Callable[[int], None] | None = None
    ) -> ImportReport:
        """Add many tasks in one undoable group. `on_progress` is told how many are stored, as far as that is known."""

    # --- reminders ---

    async def claim_reminders(self, owner: str, *, limit: int = 50) -> "Claimed":
        """Claim reminders that are due, at most 50, to ring them: whoever else asks gets others, or those whose lease
        ran out before they were settled. `owner` names who asks, and is given again what it has claimed already.
        Raises `InvalidInput`."""

    async def settle_reminders(self, owner: str, claims: "Sequence[Claim]", *, rung: bool = True) -> tuple[Rung, ...]:
        """Write down that these rang, or with `rung` false let go of them for others to ring. Return the receipts that
        were written: those of claims that were still this owner's, for reminders that were not moved meanwhile."""

    # A server rings elsewhere, so a list in this process has no targets and raises `InvalidInput`.

    async def reminder_targets(self) -> "tuple[ReminderTarget, ...]":
        """Return where the server rings, without the secrets."""

    async def set_reminder_target(self, kind: "TargetKind", url: str, *, secret: str | None = None) -> "ReminderTarget":
        """Let the server ring there from now on, in place of an earlier target of this kind. This answer is the only
        one with the secret; a webhook without one gets one. Raises `InvalidInput`."""

    async def remove_reminder_target(self, kind: "TargetKind") -> None:
        """Let the server ring there no more. Raises `NotFound`."""

    # --- the rest ---

    def changes(self, *, after: int | None = None) -> AsyncIterator[ListChanged | LinkChanged]:
        """Yield changes from now on, here or in another program, until closed; those since the revision `after` come
        first, if one is given. Without one it begins with an empty change, whose revision is that of now. A backend
        with a link tells of it here, of a good one whenever it begins to follow."""

    async def models(self) -> tuple[ModelChoice, ...]:
        """Return the models to choose from, the default one first; their names differ. No service is contacted."""

    async def status(self) -> Status:
        """Return where the list lives and what answers by default."""

    # --- programs that run a model of their own ---

    async def tools(self) -> tuple[ToolInfo, ...]:
        """Return the tools that another program may call: those of a turn, and `say`, which begins one."""

    async def call_tool(
        self,
        tool: str,
        arguments: Mapping[str, Any],
        *,
        request_key: str | None = None,
        answer: ToolAnswer | None = None,
        agent: str | None = None,
    ) -> ToolOutcome:
        """Carry out one tool call, once: the same `request_key`, or without one the same call of the same agent within
        a minute, gets the first outcome as long as that stands.

        What a turn has to ask about comes back as `needs_approval`; the same call with the `answer` of the user goes
        on, bound to the tasks of the question. A call that is wrong comes back as `failed`, with a sentence. `agent` is
        what the program calls itself. `say` returns once the turn has begun, with its `turn_id`.

        Raises `KeyReused`, or `Conflict` where the question is not open.
        """

    async def integrations(self) -> "tuple[Integration, ...]":
        """Return what is connected: programs that may use the list, and where changes and reminders are sent."""

    async def agent_tokens(self) -> tuple[AgentToken, ...]:
        """Return the agents whose tokens hold, oldest first, without the tokens themselves."""

    async def create_agent_token(self, name: str, scope: TokenScope, *, days: int = 365) -> AgentToken:
        """Make a token with which an agent of that name may use this list. Nobody can read it again later. One of the
        scope `calendar` is an app password for CalDAV, one of `feed` is what an address of a calendar ends in.

        Raises `InvalidInput`, or `Conflict` where a token of that name holds already.
        """

    async def revoke_agent_token(self, name: str) -> None:
        """End the token of that name. Raises `NotFound`."""

    # --- webhooks: a server sends changes, so a list in this process has none and raises `InvalidInput` ---

    async def webhooks(self) -> "tuple[Webhook, ...]":
        """Return the webhooks, without their secrets."""

    async def add_webhook(self, url: str, events: "Sequence[WebhookEvent]" = ()) -> "Webhook":
        """Send every change there from now on, or those of these kinds. This answer is the only one with the secret.

        Raises `InvalidInput`, or `Conflict` where there are too many.
        """

    async def enable_webhook(self, webhook_id: int, *, enabled: bool = True) -> "Webhook":
        """Enable or disable a webhook. A disabled one is sent nothing, also not later. Raises `NotFound`."""

    async def remove_webhook(self, webhook_id: int) -> None:
        """Forget a webhook and everything that is on its way there. Raises `NotFound`."""

    async def test_webhook(self, webhook_id: int) -> "WebhookTest":
        """Send a message that is no change, now and once. Raises `NotFound`."""

    async def webhook_deliveries(
        self, webhook_id: int, *, limit: int = 50, cursor: str | None = None
    ) -> "Page[WebhookDelivery]":
        """Return a page of deliveries, the newest change first. Raises `NotFound`."""

    async def redeliver(self, webhook_id: int, change_id: int) -> "WebhookDelivery":
        """Send a change there once more, with the same id. Raises `NotFound`."""

    async def aclose(self) -> None:
        """Let go of everything. Live turns are left for the next start to finish."""


@runtime_checkable
class KeepsCopy(Protocol):
    """A backend whose list is elsewhere, with a copy of it here: it can be read and edited while the link is down."""

    async def last_known(self) -> tuple[Task, ...] | None:
        """Return the open tasks as they were last known, with the edits that wait, at once and without a request; None
        where nothing is known yet."""

    @property
    def showed_copy(self) -> bool:
        """Return whether what was read last came from the copy, since the server is away."""

    def on_pending(self, listener: "Callable[[PendingEdits], object]") -> None:
        """Call `listener` with the edits that wait now, and whenever others do."""

    async def notes(self) -> tuple[KeptNote, ...]:
        """Return the notes on edits that did not go as they were meant, the oldest first."""

    async def dismiss_note(self, note_id: int) -> None:
        """Forget a note, which its user has read."""
