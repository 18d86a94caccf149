"""Reminders of one user: claimed, settled and listed, and where a server rings. Never commits.

Which reminder waits is kept by triggers on `tasks` (migration 0020); here is what those do who ring. See decision 0040.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from kirotodo.core.backend import Rung
from kirotodo.core.domain.reminder import LATE_AFTER, Claim, Reminder, ReminderTarget, Upcoming
from kirotodo.core.store.leases import lease_times
from kirotodo.core.store.statement import Statements
from kirotodo.core.store.task_rows import TaskRows
from kirotodo.core.store.transaction import Scope

_SQL: Final = Statements("reminders")
RUNG_MAX: Final = 200
"""Reminders that a change of the list names as having rung."""


class ReminderStore:
    """Reminders in an open transaction."""

    def __init__(self, scope: Scope, rows: TaskRows) -> None:
        self._scope = scope
        self._rows = rows

    async def waiting(self) -> Upcoming | None:
        """Return the reminder that rings next, or should have rung already; None where there is none."""
        row = await self._scope.first(_SQL.NEXT)
        return None if row is None else Upcoming(remind_at=row[0], task_id=row[1], title=row[2])

    async def claim(self, owner: str, *, limit: int, lease: timedelta) -> tuple[Reminder, ...]:
        """Claim what is due and nobody else has claimed, the earliest first; what this owner has claimed already is
        given again, so that a lost response loses nothing."""
        now = self._scope.now
        found = await self._scope.rows(
            _SQL.CLAIM, {"the_now": now, "the_owner": owner, "most": limit, **lease_times(now, lease)}
        )
        return await self.claimed(
            tuple(Claim(task_id=row.task_id, remind_at=row.next_at, epoch=row.epoch) for row in found)
        )

    async def claimed(self, claims: Sequence[Claim]) -> tuple[Reminder, ...]:
        """Return claims with their tasks, the earliest first."""
        tasks = await self._rows.load(claim.task_id for claim in claims)
        return tuple(
            Reminder(
                task=tasks[claim.task_id][0],
                remind_at=claim.remind_at,
                epoch=claim.epoch,
                late=self._scope.now - claim.remind_at >= LATE_AFTER,
                again=claim.epoch > 1,
            )
            for claim in sorted(claims, key=lambda claim: (claim.remind_at, claim.task_id))
            if claim.task_id in tasks
        )

    async def next_at(self) -> datetime | None:
        """Return when there may be something to claim: the next reminder, or one whose lease by others runs out."""
        now = self._scope.now
        waiting = await self._scope.first(_SQL.NEXT_FREE, {"the_now": now})
        leased = await self._scope.first(_SQL.FREE_AGAIN, {"the_now": now})
        return min((row[0] for row in (waiting, leased) if row is not None and row[0] is not None), default=None)

    async def settle(self, owner: str, claims: Sequence[Claim]) -> tuple[Rung, ...]:
        """Write the receipts of what rang. Return those that were still this owner's to ring."""
        now, rung = self._scope.now, []
        revision = (await self._scope.advance()).revision
        for claim in claims:
            parameters = {
                "the_task": claim.task_id,
                "the_owner": owner,
                "the_epoch": claim.epoch,
                "the_moment": claim.remind_at,
                "the_now": now,
                "new_revision": revision,
            }
            if await self._scope.first(_SQL.SETTLE, parameters) is not None:
                rung.append(Rung(task_id=claim.task_id, remind_at=claim.remind_at, rung_at=now))
        self._scope.rung += rung
        return tuple(rung)

    async def release(self, owner: str, claims: Sequence[Claim], *, retry_after: timedelta = timedelta()) -> None:
        """Let go of what could not be rung; a server tries again after `retry_after`, an open chat at once."""
        times = lease_times(self._scope.now, retry_after)
        for claim in claims:
            parameters = {"the_task": claim.task_id, "the_owner": owner, "the_epoch": claim.epoch, **times}
            await self._scope.execute(_SQL.RELEASE, parameters)

    async def rung_since(self, revision: int) -> tuple[Rung, ...]:
        """Return what rang after this revision, at most `RUNG_MAX`."""
        rows = await self._scope.rows(_SQL.RUNG_SINCE, {"since": revision, "most": RUNG_MAX})
        return tuple(Rung(task_id=row.task_id, remind_at=row.rung_for, rung_at=row.rung_at) for row in rows)

    async def targets(self) -> tuple[ReminderTarget, ...]:
        """Return where a server rings for the user, with the secrets."""
        rows = await self._scope.rows(_SQL.TARGETS)
        return tuple(ReminderTarget(kind=row.kind, url=row.url, secret=row.secret or None) for row in rows)

    async def set_target(self, target: ReminderTarget) -> None:
        """Ring here from now on, in place of the target of that kind."""
        await self._scope.first(_SQL.REMOVE_TARGET, {"the_kind": target.kind})
        await self._scope.advance()
        row = {"kind": target.kind, "url": target.url, "secret": target.secret or "", "created_at": self._scope.now}
        await self._scope.insert(_SQL.SET_TARGET, row)

    async def remove_target(self, kind: str) -> bool:
        """Ring there no more. Return whether there was such a target."""
        return await self._scope.first(_SQL.REMOVE_TARGET, {"the_kind": kind}) is not None
