"""News from other processes: one look at the database every now and then, for all who watch something in this one.

It asks for numbers alone (the newest event of each turn that is watched here and runs elsewhere, the revision of each
list), and only while there is such a viewer. Who hears of news reads them himself.
"""

import asyncio
import logging
from collections.abc import Callable, Coroutine
from typing import Any, Final

from kirotodo.core.agent.event_hub import EventHub
from kirotodo.core.aio import shielded
from kirotodo.core.errors import KirotodoError
from kirotodo.core.store.database import Database, Heads

log = logging.getLogger(__name__)

LOOK_SECONDS: Final = 0.2
QUIET_LOOKS: Final = 10
"""After so many looks without news of a turn we see whether the owner of one is gone."""
PATIENCE_SECONDS: Final = 2.0
"""How long after a look that failed the next one comes."""


class ChangePoller:
    """Looks for all viewers of this process. `take_over` goes on with turns that nobody runs any more."""

    def __init__(
        self, *, database: Database, hub: EventHub, take_over: Callable[[], Coroutine[Any, Any, object]]
    ) -> None:
        self._database = database
        self._hub = hub
        self._take_over = take_over
        self._revisions: dict[str, int] = {}
        self._quiet = 0
        self._looking: asyncio.Task[None] | None = None

    def look(self) -> None:
        """Keep looking from now on, until nobody watches anything that others may write."""
        if self._looking is None or self._looking.done():
            self._looking = asyncio.create_task(self._keep_looking(), name="news from other processes")

    async def aclose(self) -> None:
        """Stop looking."""
        if self._looking is not None:
            self._looking.cancel()
            await asyncio.gather(self._looking, return_exceptions=True)

    async def _keep_looking(self) -> None:
        while self._hub.lists or self._hub.turns_elsewhere:
            seconds = LOOK_SECONDS
            try:
                await self._look()
            except KirotodoError as error:
                log.warning("changes by other processes could not be polled: %s", error.message)
                seconds = PATIENCE_SECONDS
            except Exception:
                log.exception("changes by other processes could not be polled")  # viewers would wait for ever
                seconds = PATIENCE_SECONDS
            await asyncio.sleep(seconds)

    async def _look(self) -> None:
        turns = self._hub.turns_elsewhere
        # `marks` is None where the change token shows that nobody committed anything since: no query was made.
        marks = await shielded(self._database.marks(turns, self._hub.lists))
        news = marks is not None and self._notify(marks)
        self._quiet = 0 if news or not turns else self._quiet + 1
        if self._quiet >= QUIET_LOOKS:
            self._quiet = 0
            await shielded(self._take_over())

    def _notify(self, marks: Heads) -> bool:
        """Wake the viewers for whom there is news; whether there is any of a turn."""
        for user_id, revision in marks.revisions.items():
            if self._revisions.get(user_id) != revision:
                self._hub.list_grown(user_id, revision)
        self._revisions = dict(marks.revisions)
        grown = [turn_id for turn_id, last_seq in marks.last_seqs.items() if self._hub.grown(turn_id, last_seq)]
        return bool(grown)
