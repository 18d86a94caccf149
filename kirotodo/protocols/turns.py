"""Waits for a turn on behalf of a program that wants one answer and not its events."""

from contextlib import aclosing
from typing import TYPE_CHECKING, cast

from kirotodo.core.backend import Backend
from kirotodo.core.domain.conversation import Turn
from kirotodo.core.events import FINAL_EVENTS, ApprovalRequested, TurnEvent

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator


async def outcome(backend: Backend, turn_id: str) -> Turn:
    """Return the turn once it is over or waits for an approval. Raises `NotFound`."""
    turn = await backend.turn(turn_id)
    if turn.status != "running":
        return turn
    # Every event is stored before it is seen, so one that waited and was answered since is passed over below.
    async with aclosing(cast("AsyncGenerator[TurnEvent, None]", backend.watch(turn_id))) as events:
        async for event in events:
            if isinstance(event, FINAL_EVENTS):
                break
            if isinstance(event, ApprovalRequested):
                turn = await backend.turn(turn_id)
                if turn.status == "awaiting_approval":
                    return turn
    return await backend.turn(turn_id)
