"""The turns of one user: who owns them, their steps, tool calls (the receipts) and events. Never commits."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from kirotodo.core.domain.conversation import Approval, CallStatus, ToolCall, Turn, TurnStatus, Usage
from kirotodo.core.errors import Conflict
from kirotodo.core.store.scope import Scope


class StaleOwner(Conflict):
    """Another process took the turn over, or the turn is over: whoever sees this lets go of it silently."""


@dataclass(frozen=True, kw_only=True, slots=True)
class TurnRecord:
    """A turn and what only its owner cares for. `last_seq` is the seq of its newest stored event, 0 without any."""

    turn: Turn
    epoch: int
    owner: str
    lease_until: datetime
    cancel_requested: bool
    request_key: str | None
    fingerprint: str
    last_seq: int


@dataclass(frozen=True, kw_only=True, slots=True)
class StepRecord:
    """One run of the model: what it said and the calls it asked for, with their results as far as they have any."""

    step: int
    text: str
    calls: tuple[ToolCall, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class DanglingTurn:
    """A turn with status `running`, and until when its owner holds it."""

    user_id: str
    turn_id: str
    owner: str
    epoch: int
    lease_until: datetime


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
        lease_until: datetime,
        created_at: datetime | None = None,
    ) -> None:
        """Store a running turn with epoch 1. Raises `LiveTurn` where the conversation has one under way."""
        raise NotImplementedError

    async def get(self, turn_id: str) -> TurnRecord:
        raise NotImplementedError

    async def many(self, turn_ids: Sequence[str]) -> tuple[Turn, ...]:
        """Those of these turns that exist, in the order asked for, in two queries however many they are."""
        raise NotImplementedError

    async def by_request_key(self, key: str) -> TurnRecord | None:
        raise NotImplementedError

    async def live(self, conversation_id: int) -> str | None:
        """The id of the conversation's turn that is running or awaits an approval."""
        raise NotImplementedError

    async def claim(self, turn_id: str, *, owner: str, lease_until: datetime, expected_epoch: int) -> int | None:
        """Take a turn over that is not over; its new epoch, or None if someone else was faster."""
        raise NotImplementedError

    async def fence(self, turn_id: str, epoch: int) -> None:
        """The first statement of each of the owner's transactions. Raises `StaleOwner`."""
        raise NotImplementedError

    async def extend(self, turn_id: str, epoch: int, lease_until: datetime) -> bool:
        """Keep the lease; returns whether a cancel was requested. Raises `StaleOwner`."""
        raise NotImplementedError

    async def release(self, turn_id: str, epoch: int) -> None:
        """End the lease now, so that anyone may claim the turn; a stale owner changes nothing."""
        raise NotImplementedError

    async def add_step(self, turn_id: str, step: int, text: str, calls: Sequence[ToolCall] = ()) -> None:
        """Store a run of the model with the calls it asked for, as they stand."""
        raise NotImplementedError

    async def steps(self, turn_ids: Sequence[str]) -> Mapping[str, tuple[StepRecord, ...]]:
        """The steps of these turns; a turn without any is not in the mapping."""
        raise NotImplementedError

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
        raise NotImplementedError

    async def park(self, turn_id: str, approval: Approval) -> None:
        """Wait for the user: status `awaiting_approval`."""
        raise NotImplementedError

    async def unpark(self, turn_id: str) -> None:
        """Go on: status `running`, no approval. A turn that is not parked stays as it is."""
        raise NotImplementedError

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
    ) -> None:
        """Store the outcome of a turn; its lease and its approval end with it."""
        raise NotImplementedError

    async def request_cancel(self, turn_id: str) -> None:
        """Ask the owner to stop; a turn that is over stays as it is. Raises `NotFound`."""
        raise NotImplementedError

    async def append_events(self, turn_id: str, events: Sequence[tuple[int, bytes]]) -> None:
        raise NotImplementedError

    async def events(self, turn_id: str, *, after: int = 0, limit: int = 500) -> list[tuple[int, bytes]]:
        """The stored events with a seq greater than `after`, in order."""
        raise NotImplementedError
