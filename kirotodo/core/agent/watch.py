"""Following a turn: from the database what was, from memory or the database what comes."""

from collections.abc import AsyncIterator
from typing import Final

from kirotodo.core.agent.hub import EventHub, TurnViewer
from kirotodo.core.agent.runner import TurnRunner
from kirotodo.core.events import FINAL_EVENTS, TurnEvent, decode_event
from kirotodo.core.store.database import Database

POLL_SECONDS: Final = 0.25
"""How often a turn that another process runs is looked at."""
TAKE_OVER_POLLS: Final = 8
"""After how many of those looks without news we see whether its owner is gone."""
PAGE: Final = 500


async def watch(
    *, database: Database, hub: EventHub, runner: TurnRunner, user_id: str, turn_id: str, after: int
) -> AsyncIterator[TurnEvent]:
    """The turn's events with `seq` greater than `after`, up to the final one. Raises `NotFound`, or what the turn's
    owner in this process could not write down."""
    with hub.viewer(turn_id) as viewer:
        last = after
        async for event in _stored(database, user_id, turn_id, after=last):
            last = event.seq
            yield event
            if isinstance(event, FINAL_EVENTS):
                return
        idle = 0
        while True:
            fresh = await _next(viewer, runner, database, user_id, turn_id, last)
            idle = 0 if fresh else idle + 1
            for event in fresh:
                if event.seq > last:
                    last = event.seq
                    yield event
                    if isinstance(event, FINAL_EVENTS):
                        return
            if idle >= TAKE_OVER_POLLS:
                idle = 0
                await runner.take_over()


async def _stored(database: Database, user_id: str, turn_id: str, *, after: int) -> AsyncIterator[TurnEvent]:
    while True:
        async with database.read(user_id) as store:
            page = await store.turns.events(turn_id, after=after, limit=PAGE)
            if not page:
                await store.turns.get(turn_id)  # tells a turn without news from one that is not there
        for seq, data in page:
            after = seq
            yield decode_event(data)
        if len(page) < PAGE:
            return


async def _next(
    viewer: TurnViewer, runner: TurnRunner, database: Database, user_id: str, turn_id: str, last: int
) -> tuple[TurnEvent, ...]:
    """What came after `last`, perhaps nothing: from memory where the turn runs here, else from the database."""
    here = runner.runs(turn_id)
    await viewer.wait(None if here else POLL_SECONDS)
    fresh = viewer.take()
    if viewer.error is not None:
        raise viewer.error
    if viewer.behind or not (here or fresh):
        viewer.behind = False
        return tuple([event async for event in _stored(database, user_id, turn_id, after=last)])
    return fresh
