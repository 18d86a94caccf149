"""Following a turn: from the database what was, from memory or the database what comes."""

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import Final

from kirotodo.core.agent.hub import EventHub, TurnViewer
from kirotodo.core.agent.lookout import Lookout
from kirotodo.core.agent.runner import TurnRunner
from kirotodo.core.domain.conversation import FINAL
from kirotodo.core.errors import StorageError
from kirotodo.core.events import Recorded
from kirotodo.core.store.database import Database
from kirotodo.core.unbroken import unbroken

PAGE: Final = 500


@dataclass(kw_only=True)
class _Followed:
    """A turn being followed: the last event seen, and whether there are none after it."""

    database: Database
    user_id: str
    turn_id: str
    last: int
    over: bool = False


async def watch(
    *,
    database: Database,
    hub: EventHub,
    runner: TurnRunner,
    lookout: Lookout,
    user_id: str,
    turn_id: str,
    after: int,
) -> AsyncGenerator[Recorded, None]:
    """The turn's events with `seq` greater than `after`, up to the final one. Raises `NotFound`, or what the turn's
    owner in this process could not write down."""
    turn = _Followed(database=database, user_id=user_id, turn_id=turn_id, last=after)
    with hub.viewer(user_id, turn_id, after=after) as viewer:
        if viewer.behind:
            viewer.behind = False
            async for event in _stored(turn):
                turn.last = event.seq
                yield event
                if event.is_final:
                    return
        while not turn.over:
            viewer.seen = turn.last
            if not runner.runs(turn_id):
                lookout.look()
            for event in await _next(viewer, turn, patience=runner.patience):
                if event.seq > turn.last:
                    turn.last = event.seq
                    yield event
                    if event.is_final:
                        return


async def _stored(turn: _Followed) -> AsyncGenerator[Recorded, None]:
    """What is stored after the last event seen."""
    after = turn.last
    while True:
        page = await unbroken(_page(turn, after))
        for seq, data in page:
            after = seq
            yield Recorded(seq, data=data)
        if len(page) < PAGE:
            return


async def _refuse_a_silent_one(turn: _Followed) -> None:
    async with turn.database.read(turn.user_id) as store:
        status = (await store.turns.get(turn.turn_id)).turn.status
    if status == "running":
        raise StorageError(
            "Nobody can go on with this turn just now. Your message is saved; it goes on later by itself."
        )


async def _page(turn: _Followed, after: int) -> list[tuple[int, bytes]]:
    async with turn.database.read(turn.user_id) as store:
        page = await store.turns.events(turn.turn_id, after=after, limit=PAGE)
        if not page:
            record = await store.turns.get(turn.turn_id)  # tells a turn without news from one that is not there
            turn.over = record.turn.status in FINAL
        return page


async def _next(viewer: TurnViewer, turn: _Followed, *, patience: float) -> tuple[Recorded, ...]:
    """What came after the last event seen, perhaps nothing: from memory, or else from the database. Raises
    `StorageError` where a turn that runs was silent for longer than any deadline: nobody can go on with it."""
    try:
        async with asyncio.timeout(patience):
            await viewer.wait()
    except TimeoutError:
        await unbroken(_refuse_a_silent_one(turn))
    fresh = viewer.take()
    if viewer.error is not None:
        raise viewer.error
    if not viewer.behind:
        return fresh
    viewer.behind = False
    return tuple([event async for event in _stored(turn)])
