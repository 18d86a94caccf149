"""The entries of a conversation on screen, made from a stored page or from the events of a turn. No widget here."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final, TypeAlias, assert_never

from kirotodo.core.domain.conversation import (
    Approval,
    CallStatus,
    Message,
    ToolCall,
    Transcript,
    Turn,
    TurnStatus,
    Usage,
)
from kirotodo.core.events import (
    ApprovalAnswered,
    ApprovalRequested,
    FinalEvent,
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

_CHANGING: Final = frozenset({"add_task", "complete_task", "update_task", "delete_task"})
"""Tools whose stored calls can be undone; events say so themselves."""


@dataclass(frozen=True, kw_only=True, slots=True)
class UserEntry:
    """A message of the user; `seq` is 0 until the backend has accepted it."""

    key: str
    text: str
    seq: int = 0
    turn_id: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Call:
    """A tool call as its line shows it."""

    id: str
    tool: str
    arguments: Mapping[str, Any]
    result: Mapping[str, Any] | None = None
    status: CallStatus = "pending"
    duration_ms: int = 0
    undoable: bool = False
    undone: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Step:
    """The text of one run of the model."""

    step: int
    attempt: int
    text: str


@dataclass(frozen=True, kw_only=True, slots=True)
class AnswerEntry:
    """The answer of a turn so far."""

    key: str
    turn_id: str
    status: TurnStatus = "running"
    steps: tuple[Step, ...] = ()
    response: str = ""
    calls: tuple[Call, ...] = ()
    approval: Approval | None = None
    error: str = ""
    retryable: bool = False
    model: str = ""
    usage: Usage = field(default_factory=Usage)

    @property
    def text(self) -> str:
        """Return the answer, or as much of it as has arrived."""
        return self.response or "".join(step.text for step in self.steps)

    @property
    def over(self) -> bool:
        """Return whether the turn has ended."""
        return self.status in ("finished", "failed", "cancelled")


@dataclass(frozen=True, kw_only=True, slots=True)
class NoteEntry:
    """A line of the program itself, which is not stored."""

    key: str
    text: str


@dataclass(frozen=True, kw_only=True, slots=True)
class PendingApproval:
    """A question of a turn that the user has not answered yet."""

    turn_id: str
    approval: Approval


Entry: TypeAlias = UserEntry | AnswerEntry | NoteEntry


def user_key(seq: int) -> str:
    """Return the key of the user's message with this number."""
    return f"user:{seq}"


def answer_key(turn_id: str) -> str:
    """Return the key of a turn's answer."""
    return f"answer:{turn_id}"


def entries_of(page: Transcript) -> list[Entry]:
    """Return the entries of a stored page: each message, and after it the answer of the turn that it began."""
    turns = {turn.id: turn for turn in page.turns}
    answers = {message.turn_id: message for message in page.messages if message.role == "assistant"}
    entries: list[Entry] = []
    for message in page.messages:
        if message.role == "user":
            entries.append(
                UserEntry(key=user_key(message.seq), text=message.content, seq=message.seq, turn_id=message.turn_id)
            )
            turn = turns.get(message.turn_id)
            if turn is not None and turn.message_seq == message.seq:
                entries.append(_answered(turn, answers.get(turn.id)))
        elif message.turn_id not in turns or not _begins_here(turns[message.turn_id], page):
            entries.append(_lone_answer(message, turns.get(message.turn_id)))
    return entries


def _begins_here(turn: Turn, page: Transcript) -> bool:
    return any(message.seq == turn.message_seq and message.role == "user" for message in page.messages)


def _lone_answer(message: Message, turn: Turn | None) -> AnswerEntry:
    """An answer whose question lies on the page before."""
    if turn is not None:
        return _answered(turn, message)
    return AnswerEntry(
        key=answer_key(message.turn_id), turn_id=message.turn_id, status="finished", response=message.content
    )


def _answered(turn: Turn, message: Message | None) -> AnswerEntry:
    over = turn.status in ("finished", "failed", "cancelled")
    response = message.content if message is not None else turn.response
    return AnswerEntry(
        key=answer_key(turn.id),
        turn_id=turn.id,
        status=turn.status,
        response=response if over else "",
        calls=tuple(_call(call) for call in turn.tool_calls) if over else (),
        error=turn.error or "",
        retryable=turn.status == "failed",
        model=turn.model,
        usage=turn.usage,
    )


def _call(call: ToolCall) -> Call:
    return Call(
        id=call.id,
        tool=call.tool,
        arguments=call.arguments,
        result=call.result,
        status=call.status,
        duration_ms=call.duration_ms,
        undoable=call.status == "succeeded" and call.tool in _CHANGING,
    )


def fold(entry: AnswerEntry, event: TurnEvent) -> AnswerEntry:
    """Return the answer after one more event of its turn."""
    match event:
        case TurnStarted():
            return replace(entry, model=event.model)
        case TextDelta():
            return replace(entry, steps=_with_delta(entry.steps, event))
        case ToolCallStarted():
            call = Call(id=event.call_id, tool=event.tool, arguments=event.arguments)
            return replace(entry, calls=(*(known for known in entry.calls if known.id != call.id), call))
        case ApprovalRequested():
            entry = replace(entry, status="awaiting_approval", approval=event.approval)
            return _with_call(entry, event.approval.call_id, status="awaiting_approval")
        case ApprovalAnswered():
            entry = replace(entry, status="running", approval=None)
            return _with_call(entry, event.call_id, status="denied" if event.decision == "no" else "pending")
        case ToolCallFinished():
            return _with_call(
                entry,
                event.call_id,
                status=event.status,
                result=event.result,
                duration_ms=event.duration_ms,
                undoable=event.undoable,
            )
        case TasksChanged():
            return entry
        case TurnFinished():
            return replace(_ended(entry, event), status="finished", response=event.response)
        case TurnFailed():
            return replace(_ended(entry, event), status="failed", error=event.message, retryable=event.retryable)
        case TurnCancelled():
            return replace(_ended(entry, event), status="cancelled", response=event.response)
        case _:
            assert_never(event)


def _ended(entry: AnswerEntry, event: FinalEvent) -> AnswerEntry:
    """Return the answer with what every end of a turn reports: the model and its usage, where known."""
    return replace(entry, model=event.model or entry.model, usage=event.usage, approval=None)


def _with_delta(steps: tuple[Step, ...], delta: TextDelta) -> tuple[Step, ...]:
    new = Step(step=delta.step, attempt=delta.attempt, text=delta.text)
    for index, known in enumerate(steps):
        if known.step != delta.step:
            continue
        if delta.attempt < known.attempt:
            return steps
        if delta.attempt == known.attempt:
            new = replace(known, text=known.text + delta.text)
        return (*steps[:index], new, *steps[index + 1 :])
    return (*steps, new)


def _with_call(entry: AnswerEntry, call_id: str, **values: Any) -> AnswerEntry:
    calls = tuple(replace(call, **values) if call.id == call_id else call for call in entry.calls)
    return replace(entry, calls=calls)


def undone(entry: AnswerEntry, call_id: str) -> AnswerEntry:
    """Return the answer with one call marked as undone."""
    return _with_call(entry, call_id, undone=True, undoable=False)
