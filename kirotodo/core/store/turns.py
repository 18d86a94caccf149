"""The turns of one user: who owns them, their steps, tool calls (the receipts) and events. Never commits."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from kirotodo.core.domain.conversation import Approval, CallStatus, ToolCall, Turn, TurnStatus, Usage
from kirotodo.core.errors import LiveTurn, NotFound
from kirotodo.core.lazy_dataclasses import dataclass
from kirotodo.core.store.json_texts import (
    dump_approval,
    dump_mapping,
    load_approval,
    load_mapping,
)
from kirotodo.core.store.leases import Claimed, Lease, OwnedEvent, StaleOwner, lease_times
from kirotodo.core.store.statement import AnyRow, AnyStatement, Statements
from kirotodo.core.store.transaction import Scope

_SQL: Final = Statements("turns")


_CHUNK: Final = 500


@dataclass(frozen=True, kw_only=True, slots=True)
class TurnRecord:
    """A turn, and what only those who run turns need. `expired`: its lease is over. `last_seq` is the seq of its newest
    stored event, 0 without any."""

    turn: Turn
    epoch: int
    owner: str
    expired: bool
    cancel_requested: bool
    request_key: str | None
    fingerprint: str
    last_seq: int


@dataclass(frozen=True, kw_only=True, slots=True)
class StepRecord:
    """One run of the model: what it said and the calls it asked for, with their results as far as they have any.
    `opaque` is for the model alone."""

    step: int
    text: str
    calls: tuple[ToolCall, ...]
    opaque: Mapping[str, Any] | None = None


class TurnStore:
    """Turns in an open transaction. Unknown and foreign ids raise the same `NotFound`."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope

    async def create(
        self,
        *,
        turn_id: str,
        conversation_id: int,
        message_seq: int,
        request_key: str | None = None,
        fingerprint: str = "",
        model: str = "",
        owner: str,
        lease: timedelta,
        created_at: datetime | None = None,
        first: bool = False,
    ) -> None:
        """Store a running turn with epoch 1. Raises `LiveTurn` where the conversation has one under way; the `first`
        turn of one that this transaction began finds none."""
        live = None if first else await self.live(conversation_id)
        if live is not None:
            raise LiveTurn("The last message of this conversation is still being answered.", turn_id=live)
        await self._scope.insert(
            _SQL.INSERT,
            {
                "id": turn_id,
                "conversation_id": conversation_id,
                "message_seq": message_seq,
                "status": "running",
                "request_key": request_key,
                "fingerprint": fingerprint,
                "model": model,
                "input_tokens": 0,
                "output_tokens": 0,
                "cached_tokens": 0,
                "owner": owner,
                "epoch": 1,
                **lease_times(self._scope.now, lease),
                "cancel_requested": False,
                "response": "",
                "created_at": created_at or self._scope.now,
            },
        )

    async def get(self, turn_id: str) -> TurnRecord:
        """Return a turn with its calls. Raises `NotFound`."""
        row = await self._scope.first(_SQL.GET, {"the_id": turn_id, "lease_now": self._scope.now})
        if row is None:
            raise _no_such(turn_id)
        return await self._record(row)

    async def many(self, turn_ids: Sequence[str]) -> tuple[Turn, ...]:
        """Those of these turns that exist, in the order asked for, in two queries however many they are."""
        wanted = list(dict.fromkeys(turn_ids))
        rows = await self._in_chunks(_SQL.MANY, wanted)
        calls = await self._calls([row.id for row in rows])
        found = {row.id: _turn(row, tuple(calls.get(row.id, ()))) for row in rows}
        return tuple(found[turn_id] for turn_id in wanted if turn_id in found)

    async def by_request_key(self, key: str) -> TurnRecord | None:
        """Return the turn that a request with this key began, if there is one."""
        row = await self._scope.first(_SQL.BY_KEY, {"key": key, "lease_now": self._scope.now})
        return None if row is None else await self._record(row)

    async def live(self, conversation_id: int) -> str | None:
        """The id of the conversation's turn that is running or awaits an approval."""
        row = await self._scope.first(_SQL.OF_CONVERSATION, {"conversation": conversation_id})
        return None if row is None else str(row[0])

    async def claim(self, turn_id: str, *, owner: str, lease: timedelta, expected_epoch: int) -> int | None:
        """Take a turn over that is not over; its new epoch, or None if someone else was faster."""
        parameters = {
            "the_id": turn_id,
            "the_epoch": expected_epoch,
            "new_owner": owner,
            **lease_times(self._scope.now, lease),
        }
        row = await self._scope.first(_SQL.CLAIM, parameters)
        return None if row is None else int(row[0])

    async def take_over(self, turn_id: str, *, owner: str, lease: timedelta, expected_epoch: int) -> Claimed | None:
        """Claim a turn whose owner is gone, and count how often it was left behind without coming any further; a turn
        that was let go of in good order does not count. None if someone else was faster."""
        parameters = {
            "the_id": turn_id,
            "the_epoch": expected_epoch,
            "new_owner": owner,
            **lease_times(self._scope.now, lease),
        }
        row = await self._scope.first(_SQL.TAKE_OVER, parameters)
        return None if row is None else Claimed(epoch=int(row[0]), takeovers=int(row[1]))

    async def fence(self, turn_id: str, epoch: int) -> bool:
        """What each of the owner's transactions begins with, unless `append_event`, `add_step` or `finish` do it by the
        way; returns whether a cancel was requested.

        Raises `StaleOwner`.
        """
        return await self._owned(_SQL.FENCE, turn_id, epoch)

    async def release(self, turn_id: str, epoch: int) -> None:
        """End the lease now, so that anyone may claim the turn; a stale owner changes nothing."""
        parameters = {"the_id": turn_id, "the_epoch": epoch, "lease_now": self._scope.now}
        await self._scope.execute(_SQL.RELEASE, parameters)

    async def add_step(
        self,
        turn_id: str,
        step: int,
        text: str,
        calls: Sequence[ToolCall] = (),
        *,
        opaque: Mapping[str, Any] | None = None,
        epoch: int | None = None,
    ) -> bool:
        """Store a run of the model with the calls it asked for, as they stand. With `epoch` it is a fence as well."""
        cancel_requested = False
        kept = None if opaque is None else dump_mapping(opaque)
        if epoch is None:
            values = {"turn_id": turn_id, "step": step, "text": text, "opaque": kept}
            await self._scope.insert(_SQL.INSERT_STEP, values)
        else:
            new = {"new_step": step, "new_text": text, "new_opaque": kept}
            cancel_requested = await self._owned(_SQL.INSERT_OWNED_STEP, turn_id, epoch, **new)
        await self.add_calls(turn_id, calls)
        return cancel_requested

    async def add_calls(self, turn_id: str, calls: Sequence[ToolCall]) -> None:
        """Store calls of a step as they stand, with or without a receipt."""
        await self._scope.insert(
            _SQL.INSERT_CALL,
            *(
                {
                    "turn_id": turn_id,
                    "step": call.step,
                    "position": call.position,
                    "tool": call.tool,
                    "arguments": dump_mapping(call.arguments),
                    "result": None if call.result is None else dump_mapping(call.result),
                    "status": call.status,
                    "duration_ms": call.duration_ms,
                }
                for call in calls
            ),
        )

    async def steps(self, turn_ids: Sequence[str]) -> Mapping[str, tuple[StepRecord, ...]]:
        """The steps of these turns; a turn without any is not in the mapping."""
        wanted = list(dict.fromkeys(turn_ids))
        rows = await self._in_chunks(_SQL.STEPS, wanted)
        calls = await self._calls(list(dict.fromkeys(row.turn_id for row in rows)))
        found: dict[str, tuple[StepRecord, ...]] = {}
        for turn_id, step, text, kept in rows:
            of_step = tuple(call for call in calls.get(turn_id, ()) if call.step == step)
            opaque = None if kept is None else load_mapping(kept)
            record = StepRecord(step=step, text=text, calls=of_step, opaque=opaque)
            found[turn_id] = (*found.get(turn_id, ()), record)
        return found

    async def set_call(
        self,
        turn_id: str,
        step: int,
        position: int,
        *,
        status: CallStatus,
        result: Mapping[str, Any] | None = None,
        duration_ms: int = 0,
        arguments: Mapping[str, Any] | None = None,
    ) -> None:
        """The receipt of a call. `arguments`, if given, replace those it was asked with. Raises `NotFound`."""
        parameters: dict[str, Any] = {
            "the_id": turn_id,
            "the_step": step,
            "the_position": position,
            "status": status,
            "result": None if result is None else dump_mapping(result),
            "duration_ms": duration_ms,
        }
        if arguments is not None:
            parameters["arguments"] = dump_mapping(arguments)
        if await self._scope.first(_SQL.SET_CALL, parameters) is None:
            raise NotFound(f"There is no tool call {step}.{position} in this turn.")

    async def park(self, turn_id: str, approval: Approval) -> None:
        """Wait for the user: status `awaiting_approval`."""
        row = await self._scope.first(_SQL.PARK, {"the_id": turn_id, "new_approval": dump_approval(approval)})
        if row is None:
            raise _stale()

    async def unpark(self, turn_id: str) -> None:
        """Go on: status `running`, no approval. A turn that is not parked stays as it is."""
        await self._scope.execute(_SQL.UNPARK, {"the_id": turn_id})

    async def finish(
        self,
        turn_id: str,
        *,
        status: TurnStatus,
        response: str = "",
        error: str | None = None,
        model: str | None = None,
        usage: Usage | None = None,
        finished_at: datetime | None = None,
        epoch: int | None = None,
    ) -> bool:
        """Store the outcome of a turn; its lease and its approval end with it. A turn that is over stays as it is, and
        raises `StaleOwner`. Without `model` or `usage` these stay as they are. With `epoch` it is a fence as well."""
        parameters: dict[str, Any] = {
            "the_id": turn_id,
            "status": status,
            "response": response,
            "error": error,
            "approval": None,
            "lease_now": self._scope.now,
            "finished_at": finished_at or self._scope.now,
        }
        if model is not None:
            parameters["model"] = model
        if usage is not None:
            parameters["input_tokens"] = usage.input_tokens
            parameters["output_tokens"] = usage.output_tokens
            parameters["cached_tokens"] = usage.cached_tokens
        statement = _SQL.FINISH if epoch is None else _SQL.FINISH_OWNED
        row = await self._scope.first(statement, parameters if epoch is None else {**parameters, "the_epoch": epoch})
        if row is None:
            raise _stale()
        # The answer is stored three times more: with the turn, in its last step and in its last event.
        self._scope.owed += row[1] + 3 * len(response.encode("utf-8", "surrogatepass"))
        return bool(row[0])

    async def request_cancel(self, turn_id: str) -> None:
        """Ask the owner to stop; a turn that is over stays as it is. Raises `NotFound`."""
        if await self._scope.first(_SQL.CANCEL, {"the_id": turn_id}) is None:
            raise _no_such(turn_id)

    async def append_event(self, turn_id: str, epoch: int, seq: int, data: bytes) -> bool:
        """A fence that stores one event: all that a transaction for a piece of text consists of."""
        lease = Lease(user_id=self._scope.user_id, turn_id=turn_id, epoch=epoch)
        held = await self._scope.append_events([OwnedEvent(lease=lease, seq=seq, data=data)], waits=True)
        if turn_id not in held:
            raise _stale()
        return held[turn_id]

    async def append_events(self, turn_id: str, events: Sequence[tuple[int, bytes]]) -> None:
        """Store events without a fence, in a transaction that has one or begins the turn."""
        await self._scope.insert(
            _SQL.INSERT_EVENT, *({"turn_id": turn_id, "seq": seq, "data": data} for seq, data in events)
        )

    async def events(self, turn_id: str, *, after: int = 0, limit: int = 500) -> list[tuple[int, bytes]]:
        """The stored events with a seq greater than `after`, in order."""
        rows = await self._scope.rows(_SQL.EVENTS, {"the_id": turn_id, "after": after, "limit": limit})
        return [(row[0], row[1]) for row in rows]

    async def _owned(self, statement: AnyStatement, turn_id: str, epoch: int, **parameters: Any) -> bool:
        """Run a statement that does nothing for anybody but the turn's owner."""
        row = await self._scope.first(statement, {"the_id": turn_id, "the_epoch": epoch, **parameters})
        if row is None:
            raise _stale()
        return bool(row[0])

    async def _record(self, row: AnyRow) -> TurnRecord:
        calls = await self._calls([row.id])
        return TurnRecord(
            turn=_turn(row, tuple(calls.get(row.id, ()))),
            epoch=row.epoch,
            owner=row.owner,
            expired=row.expired,
            cancel_requested=row.cancel_requested,
            request_key=row.request_key,
            fingerprint=row.fingerprint,
            last_seq=row.last_seq,
        )

    async def _calls(self, turn_ids: list[str]) -> dict[str, list[ToolCall]]:
        calls: dict[str, list[ToolCall]] = {}
        for row in await self._in_chunks(_SQL.CALLS, turn_ids):
            calls.setdefault(row.turn_id, []).append(_call(row))
        return calls

    async def _in_chunks(self, statement: Any, ids: list[str]) -> list[AnyRow]:
        return [
            row
            for start in range(0, len(ids), _CHUNK)
            for row in await self._scope.rows(statement, {"ids": ids[start : start + _CHUNK]})
        ]


def _call(row: AnyRow) -> ToolCall:
    return ToolCall(
        id=f"{row.step}.{row.position}",
        step=row.step,
        position=row.position,
        tool=row.tool,
        arguments=load_mapping(row.arguments),
        result=None if row.result is None else load_mapping(row.result),
        status=row.status,
        duration_ms=row.duration_ms,
    )


def _turn(row: AnyRow, calls: tuple[ToolCall, ...]) -> Turn:
    return Turn(
        id=row.id,
        conversation_id=row.conversation_id,
        message_seq=row.message_seq,
        status=row.status,
        response=row.response,
        tool_calls=calls,
        approval=load_approval(row.approval),
        model=row.model,
        usage=Usage(input_tokens=row.input_tokens, output_tokens=row.output_tokens, cached_tokens=row.cached_tokens),
        error=row.error,
        created_at=row.created_at,
        finished_at=row.finished_at,
    )


def _no_such(turn_id: str) -> NotFound:
    return NotFound(f"There is no turn {turn_id}.")


def _stale() -> StaleOwner:
    return StaleOwner("This turn is over, or goes on somewhere else.")
