"""Following a turn, or a list, from the edge: as frames for a viewer, or as the one outcome."""

from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing, contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Final

from pydantic import TypeAdapter

from kirotodo.core.backend import ListChanged
from kirotodo.core.domain.conversation import Turn
from kirotodo.core.errors import StorageError
from kirotodo.core.events import ApprovalRequested, TurnFailed
from kirotodo.core.local import LocalBackend
from kirotodo.server.streams import frame

WAITS: Final = (
    "The database does not answer at the moment. Your message is saved, and its answer goes on as soon as it does: "
    "there is no need to send it again."
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Outcome:
    """A turn that is over or parked, and why it failed if it did."""

    turn: Turn
    failure: TurnFailed | None = None


@contextmanager
def _turn_waits() -> Iterator[None]:
    """Say of an outage what is true of a turn: it is stored, and whoever runs it waits for the database as well."""
    try:
        yield
    except StorageError as error:
        error.public = WAITS
        raise


async def turn_frames(backend: LocalBackend, turn_id: str, *, after: int = 0) -> AsyncGenerator[bytes, None]:
    with _turn_waits():
        async with aclosing(backend.records(turn_id, after=after)) as events:
            async for event in events:
                yield frame(id=event.seq, event=event.kind, data=event.data)


async def list_frames(backend: LocalBackend, *, after: int | None) -> AsyncGenerator[bytes, None]:
    async with aclosing(backend.changes(after=after)) as news:
        async for changed in news:
            yield frame(id=changed.revision, event="list_changed", data=_list_changed().dump_json(changed))


async def outcome(backend: LocalBackend, turn_id: str) -> Outcome:
    """The turn once it is over, or waits for an approval."""
    with _turn_waits():
        return await _outcome(backend, turn_id)


async def _outcome(backend: LocalBackend, turn_id: str) -> Outcome:
    failure: TurnFailed | None = None
    async with aclosing(backend.watch(turn_id)) as events:
        async for event in events:
            match event:
                case ApprovalRequested():  # perhaps one that was answered since
                    turn = await backend.turn(turn_id)
                    if turn.status == "awaiting_approval":
                        return Outcome(turn=turn)
                case TurnFailed():
                    failure = event
                case _:
                    pass
    return Outcome(turn=await backend.turn(turn_id), failure=failure)


@cache
def _list_changed() -> TypeAdapter[ListChanged]:
    return TypeAdapter(ListChanged)
