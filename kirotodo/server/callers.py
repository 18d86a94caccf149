"""Who asks, and their own list: what every route under `/api/{user_id}` begins with.

The path's user must be the token's subject. Nothing is read or stored before that is known, and counted.
"""

from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import Depends, Header, Path, Request

from kirotodo.core.local import Core, LocalBackend
from kirotodo.server.auth import Principal, gate_of, owner
from kirotodo.server.drain import Drain
from kirotodo.server.schemas import ID_MAX, KEY_PATTERN, SEQ_MAX, Zone, known_zone

ConversationId = Annotated[int, Path(ge=1, le=ID_MAX, description="Counted per user.")]
TaskId = Annotated[int, Path(ge=1, le=ID_MAX, description="Counted per user.")]
TurnId = Annotated[str, Path(pattern=r"^[\w-]{1,64}$", description="As `turn_id` of an answer.")]
CallId = Annotated[str, Path(pattern=r"^[\w.-]{1,50}$", description="As `call_id` of an event.")]
RequestKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        pattern=KEY_PATTERN,
        description="The same key with the same body attaches to the turn it began.",
    ),
]
LastEventId = Annotated[int | None, Header(ge=0, le=SEQ_MAX, description="Where a stream is taken up again.")]


class Caller:
    """A signed-in user who asks for what is theirs."""

    def __init__(self, *, core: Core, principal: Principal, zone: str | None) -> None:
        self.principal = principal
        self._core = core
        self._zone = zone

    async def backend(self, *, zone: str | None = None) -> LocalBackend:
        """Their list, read in their time zone: the given one, which is remembered, else the one remembered."""
        chosen = await self._remembered(zone or self._zone)
        return self._core.of(self.principal.user_id, zone=chosen)

    async def _remembered(self, given: str | None) -> ZoneInfo | None:
        user_id = self.principal.user_id
        async with self._core.database.read(user_id) as store:
            kept = await store.timezone()
        if given is None:
            return _zone_or_none(kept)
        if given != kept:
            async with self._core.database.begin(user_id) as store:
                await store.set_timezone(given)
        return ZoneInfo(given)


async def caller(
    request: Request,
    principal: Annotated[Principal, Depends(owner)],
    x_timezone: Annotated[Zone | None, Header()] = None,
) -> Caller:
    """One who looks, or edits. Raises `NotSignedIn`, `Forbidden` or `RateLimited`."""
    await gate_of(request).limits.take_for(request, "request", principal.user_id)
    return Caller(core=request.app.state.core, principal=principal, zone=x_timezone)


async def speaker(
    request: Request,
    principal: Annotated[Principal, Depends(owner)],
    x_timezone: Annotated[Zone | None, Header()] = None,
) -> Caller:
    """One who lets a model work: the same, counted as a turn."""
    await gate_of(request).limits.take_for(request, "turn", principal.user_id)
    return Caller(core=request.app.state.core, principal=principal, zone=x_timezone)


async def mine(caller: Annotated[Caller, Depends(caller)]) -> LocalBackend:
    return await caller.backend()


async def drain_of(request: Request) -> Drain:
    drain: Drain = request.app.state.drain
    return drain


Called = Annotated[Caller, Depends(caller)]
Spoken = Annotated[Caller, Depends(speaker)]
Mine = Annotated[LocalBackend, Depends(mine)]
Draining = Annotated[Drain, Depends(drain_of)]


def _zone_or_none(name: str | None) -> ZoneInfo | None:
    """A zone that was stored; this machine may know fewer of them than the one that stored it."""
    try:
        return ZoneInfo(known_zone(name)) if name else None
    except ValueError:
        return None
