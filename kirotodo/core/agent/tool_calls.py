"""Running a tool call: its effect, its receipt and its events in one transaction, exactly once.

The first call of a step is stored with the step itself: whoever goes on with a turn finds both or neither.

A weak model that has added a task often asks for the very same call again. Equal calls of one step are all carried out
("add milk twice" is two calls of one step); an equal call of a later step is not, since nothing tells it from a model
that goes round in circles. Decision 0025 has the reasons.
"""

import logging
import time
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime
from typing import Any, Final, Literal
from zoneinfo import ZoneInfo

from kirotodo.core.agent.approvals import TOO_MANY, CallBatch, Question
from kirotodo.core.agent.turn_log import TextFlow, TurnLog, TurnTransaction
from kirotodo.core.domain.conversation import Approval, CallStatus, ToolCall
from kirotodo.core.errors import OperatorError, ToolError, UserError
from kirotodo.core.events import ApprovalRequested, TasksChanged, ToolCallFinished, ToolCallStarted
from kirotodo.core.language.preferences import Preferences
from kirotodo.core.lazy_dataclasses import dataclass
from kirotodo.core.store.conversations import NEVER
from kirotodo.core.store.leases import StaleOwner
from kirotodo.core.store.turns import StepRecord
from kirotodo.core.tools.approval import REFUSED
from kirotodo.core.tools.base import ToolContext, Tools, failure
from kirotodo.core.tools.user_clock import UserClock

log = logging.getLogger(__name__)

DENIED = "The user said no. Nothing was changed."
REPEATS_MAX: Final = 3
"""After so many repeated calls a turn is ended."""
ALREADY_DONE: Final = "already_done"
_MESSAGE: Final = (
    "This very call was already carried out in this turn, with the same arguments; nothing was done again. "
    "Answer the user now."
)


@dataclass(frozen=True, kw_only=True, slots=True)
class TurnContext:
    """The surroundings of a tool call besides the store: the tools, the clock, how words are read, and whether to ask
    before open steps are completed with their task."""

    tools: Tools
    zone: ZoneInfo
    preferences: Preferences
    asks_for_steps: bool = False

    def context(self, entry: TurnTransaction, log: TurnLog, call: ToolCall) -> ToolContext:
        """Return what a tool call of this turn runs in."""
        now: datetime = entry.store.now.astimezone(self.zone)
        return ToolContext(
            store=entry.store,
            now=now,
            zone=self.zone,
            preferences=self.preferences,
            turn_id=log.turn_id,
            call_id=call.id,
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class FinishedCall:
    """A call with its result, and how many tasks are open now, where it changed some."""

    call: ToolCall
    open_tasks: int | None


@dataclass(frozen=True, kw_only=True, slots=True)
class PendingStep:
    """A step that is not stored yet: what the model said, all the calls it asked for, what it wants back with them."""

    flow: TextFlow
    calls: tuple[ToolCall, ...]
    opaque: Mapping[str, Any] | None


async def run_call(
    turn: TurnLog,
    call: ToolCall,
    conversation_id: int,
    around: TurnContext,
    *,
    batch: CallBatch | None = None,
    step: PendingStep | None = None,
    repeated: Mapping[str, Any] | None = None,
    too_many: bool = False,
) -> FinishedCall | None:
    """Run `call` and return it with its result; return None where the turn was parked for an approval instead.

    `batch` is what a question before it would cover. A failed call has no effect but its receipt. Where `call` is the
    first of a `step`, that is stored with it. One that only repeats another is not run: `repeated` is its result.
    """
    started = time.perf_counter()
    if repeated is not None:
        async with _writing(turn, call, step) as entry:
            ended = await _receipt(entry, turn, call, "succeeded", repeated, started, step=step)
            return FinishedCall(call=ended, open_tasks=None)
    try:
        async with _writing(turn, call, step) as entry:
            if too_many:
                raise ToolError(TOO_MANY)
            context = around.context(entry, turn, call)
            ready = around.tools.validate(call.tool, call.arguments)
            question = await _question(entry, turn, batch, conversation_id, at=context.user_clock) if batch else None
            if question == "refused":
                ended = await _receipt(entry, turn, call, "denied", failure(REFUSED), started, step=step)
                return FinishedCall(call=ended, open_tasks=None)
            if question is not None:
                await _park(entry, turn, call, question, step)
                return None
            result = await ready.run(context)
            # The receipt commits with the effect: a call that has one is never run again, and one without had none.
            ended = await _receipt(entry, turn, call, "succeeded", result, started, step=step)
            changed = bool(entry.store.journal.changed.changes)
            return FinishedCall(call=ended, open_tasks=await entry.store.tasks.count_pending() if changed else None)
    except StaleOwner:
        raise  # another process owns the turn: nothing more may be written, not even a receipt
    except (ToolError, UserError) as error:
        result = failure(error.message)
    except OperatorError:
        raise  # the database is in trouble, not the call: it runs again once that is over
    except Exception:
        ids = {"user_id": turn.user_id, "turn_id": turn.turn_id}
        log.exception("tool %s failed in turn %s", call.tool, turn.turn_id, extra=ids)
        result = failure("This tool failed unexpectedly; nothing was changed by it.")
    # The transaction above was rolled back; the receipt of the failure needs one of its own.
    async with _writing(turn, call, step) as entry:
        ended = await _receipt(entry, turn, call, "failed", result, started, step=step)
        return FinishedCall(call=ended, open_tasks=None)


@asynccontextmanager
async def _writing(turn: TurnLog, call: ToolCall, step: PendingStep | None) -> AsyncIterator[TurnTransaction]:
    """A transaction for this call, and for its step before it. The call itself, the first of the step, is left to be
    stored with its receipt."""
    if step is None:
        async with turn.write(call_id=call.id) as entry:
            yield entry
        return
    flow, calls = step.flow, step.calls
    async with turn.write(
        call_id=call.id,
        first=lambda turns: turns.add_step(
            turn.turn_id, flow.step, flow.text, calls[1:], opaque=step.opaque, epoch=turn.epoch
        ),
    ) as entry:
        flow.emit_rest(entry)
        for each in calls:
            entry.emit(ToolCallStarted, call_id=each.id, tool=each.tool, arguments=each.arguments)
        yield entry


async def refuse(entry: TurnTransaction, turn: TurnLog, call: ToolCall, status: CallStatus, reason: str) -> None:
    """Close a call that will not run, within the caller's transaction."""
    await _receipt(entry, turn, call, status, failure(reason), time.perf_counter())


async def _question(
    entry: TurnTransaction, turn: TurnLog, batch: CallBatch, conversation_id: int, *, at: UserClock
) -> Question | Literal["refused"] | None:
    if batch.denied:
        return "refused"
    granted = await entry.store.conversations.granted(conversation_id, batch.tool)
    question = await batch.question_for(entry.store, turn_id=turn.turn_id, granted=max(0, granted), at=at)
    return "refused" if question is not None and granted == NEVER else question


async def _park(
    entry: TurnTransaction, turn: TurnLog, call: ToolCall, question: Question, step: PendingStep | None
) -> None:
    approval = Approval(
        call_id=call.id,
        tool=call.tool,
        arguments=question.arguments,
        question=question.text,
        tasks=question.tasks,
    )
    if step is not None:
        await entry.store.turns.add_calls(turn.turn_id, [call])
    await entry.store.turns.set_call(
        turn.turn_id,
        call.step,
        call.position,
        status="awaiting_approval",
        result=None,
        duration_ms=0,
        arguments=question.arguments if question.bound else None,
    )
    await entry.store.turns.park(turn.turn_id, approval)
    entry.emit(ApprovalRequested, approval=approval)


async def _receipt(
    entry: TurnTransaction,
    turn: TurnLog,
    call: ToolCall,
    status: CallStatus,
    result: Mapping[str, Any],
    started: float,
    *,
    step: PendingStep | None = None,
) -> ToolCall:
    """Store what came of a call; with its `step`, whose first it is, the call itself too."""
    duration_ms = round((time.perf_counter() - started) * 1000)
    ended = replace(call, status=status, result=result, duration_ms=duration_ms)
    if step is None:
        await entry.store.turns.set_call(
            turn.turn_id, call.step, call.position, status=status, result=result, duration_ms=duration_ms
        )
    else:
        await entry.store.turns.add_calls(turn.turn_id, [ended])
    changed = entry.store.journal.changed
    entry.emit(
        ToolCallFinished,
        call_id=call.id,
        tool=call.tool,
        status=status,
        result=result,
        duration_ms=duration_ms,
        undoable=bool(changed.changes),
    )
    if changed.tasks or changed.removed:
        entry.emit(TasksChanged, tasks=changed.tasks, removed=changed.removed)
    return ended


def repeated_result(call: ToolCall, steps: Sequence[StepRecord], tools: Tools) -> Mapping[str, Any] | None:
    """Return the result of a call that repeats one of an earlier step, None where it is to be carried out.

    Looking at the list again is no repetition once something was changed.
    """
    found: ToolCall | None = None
    for earlier in _earlier(call, steps):
        if earlier.status != "succeeded" or _is_repeat(earlier):
            continue
        if _same(earlier, call):
            found = earlier
        elif found is not None and tools.changes_tasks(earlier.tool) and not tools.changes_tasks(call.tool):
            found = None
    if found is None:
        return None
    named = {
        name: (found.result or {})[name] for name in ("task_id", "task_ids", "title") if name in (found.result or {})
    }
    return {"status": ALREADY_DONE, "message": _MESSAGE, **named}


def goes_in_circles(steps: Sequence[StepRecord]) -> bool:
    """Return whether the last step only repeated what came before, and that has happened often enough.

    A call that failed is carried out again, it may work now; asking for it again and again counts as well.
    """
    repeats = [[_is_repeat(call) or _failed_before(call, steps) for call in step.calls] for step in steps]
    return bool(repeats) and all(repeats[-1]) and sum(map(sum, repeats)) >= REPEATS_MAX


def _is_repeat(call: ToolCall) -> bool:
    return call.result is not None and call.result.get("status") == ALREADY_DONE


def _failed_before(call: ToolCall, steps: Sequence[StepRecord]) -> bool:
    return call.status == "failed" and any(
        earlier.status == "failed" and _same(earlier, call) for earlier in _earlier(call, steps)
    )


def _earlier(call: ToolCall, steps: Sequence[StepRecord]) -> Iterator[ToolCall]:
    """Yield the calls of the steps before that of `call`."""
    return (earlier for step in steps for earlier in step.calls if earlier.step < call.step)


def _same(one: ToolCall, other: ToolCall) -> bool:
    return one.tool == other.tool and _given(one.arguments) == _given(other.arguments)


def _given(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Return the arguments without those that say nothing."""
    return {name: value for name, value in arguments.items() if value not in (None, "")}
