"""The history of one user's list: who changed what, and how the list was at an earlier moment. Never commits."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from kirotodo.core.domain.history import ACTORS_OF, Actor, By, HistoryEntry
from kirotodo.core.domain.task import Page, Task
from kirotodo.core.errors import InvalidInput
from kirotodo.core.store.cursors import Cursor, checked_limit, decode, encode
from kirotodo.core.store.json_texts import load_task
from kirotodo.core.store.statement import AnyRow, Statements
from kirotodo.core.store.task_rows import TaskRows, counted
from kirotodo.core.store.transaction import Scope
from kirotodo.core.text.dates import describe_due

_SQL: Final = Statements("history")
_SORT: Final = "history"
_AN_INSTANT: Final = timedelta(microseconds=1)
PROGRAM_CHANGES: Final = 10_000
REWOUND_MAX: Final = 5_000
"""Tasks that may have changed since the moment that a list is asked for: each is put back before the list is read."""


class History:
    """The history in an open transaction."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope

    async def page(
        self,
        *,
        task_id: int | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        by: By | None = None,
        limit: int = 50,
        cursor: str | None = None,
    ) -> Page[HistoryEntry]:
        """Return a page of changes, the newest first, from `since` on and before `until`. Raises `InvalidInput`."""
        checked_limit(limit)
        given: dict[str, Any] = {"most": limit + 1}
        names: list[str] = []
        if cursor is not None:
            names, given["before_id"] = ["before"], decode(cursor, sort=_SORT, stages=[(int,)]).key[0]
        elif until is not None:
            names, given["before_id"] = ["before"], await self.last_before(until) + 1
        if since is not None:
            names, given["after_id"] = [*names, "after"], await self.last_before(since)
        if task_id is not None:
            names, given["the_task"] = [*names, "task"], task_id
        rows = await self._rows(by, tuple(names), given)
        rows = rows[: limit + 1]
        following = encode(Cursor(sort=_SORT, key=(rows[limit - 1].id,), total=None)) if len(rows) > limit else None
        return Page(items=tuple(_entry(row) for row in rows[:limit]), next=following)

    async def _rows(self, by: By | None, names: tuple[str, ...], given: dict[str, Any]) -> list[AnyRow]:
        if by is None:
            return list(await self._scope.rows(_SQL.made("page", None, names), given))
        found: list[AnyRow] = []
        # One walk along the index for each kind of actor, merged: no walk over the changes of all the others.
        for kind in actors_of(by):
            conditions = (*names, "by", *(("calendar",) if by == "calendar" else ()))
            found += await self._scope.rows(_SQL.made("page", kind, conditions), given)
        return sorted(found, key=lambda row: -row.id)

    async def one(self, change_id: int) -> HistoryEntry | None:
        """Return one change; None where there is none of this number, or it was purged."""
        row = await self._scope.first(_SQL.ONE, {"the_change": change_id})
        return None if row is None else _entry(row)

    async def programs(self) -> tuple[tuple[str, datetime], ...]:
        """Return the other programs that made changes, each with when it made its latest, the latest first. Only the
        newest `PROGRAM_CHANGES` are looked at, so that a long history costs no more."""
        rows = await self._scope.rows(_SQL.PROGRAMS, {"most": PROGRAM_CHANGES})
        return tuple((row.actor_name, row.last_at) for row in rows)

    async def last_before(self, moment: datetime) -> int:
        """Return the id of the newest change before a moment, 0 without any."""
        row = await self._scope.first(_SQL.LAST_BEFORE, {"the_moment": moment})
        return 0 if row is None else int(row[0])

    async def rewind(self, rows: TaskRows, moment: datetime) -> None:
        """Put every task back to what it was at a moment, in a transaction that is to be given up afterwards.

        Whatever reads the list then reads it as it was, with any filter and in any order. Raises `InvalidInput` for
        moments that the history does not reach back to.
        """
        kept = await self._scope.first(_SQL.HISTORY_FROM)
        if kept is not None and kept[0] is not None and moment < kept[0]:
            first = describe_due(kept[0].date(), kept[0].time(), today=self._scope.now.date())
            raise InvalidInput(f"Your history reaches back to {first} (UTC): what was before has been purged.")
        after = await self.last_before(moment + _AN_INSTANT)
        found = await self._scope.rows(_SQL.FIRST_SINCE, {"after_id": after})
        if len(found) > REWOUND_MAX:
            raise InvalidInput(
                f"More than {REWOUND_MAX:,} tasks have changed since then, too many to put the list together. "
                "Choose a later moment."
            )
        await self._put_back(rows, {row.task_id: load_task(row.before) for row in found})

    async def _put_back(self, rows: TaskRows, then: dict[int, Task | None]) -> None:
        there = await rows.load(then)
        by: dict[str, int] = {}
        for task_id, (task, gone) in there.items():
            for name, count in (*counted(then[task_id]).items(), *counted(None if gone else task, by=-1).items()):
                by[name] = by.get(name, 0) + count
        numbers = await self._scope.advance(**by)
        revision = numbers.revision
        await rows.hide([each for each, task in then.items() if task is None], revision=revision)
        await rows.show([each for each, task in then.items() if task is not None], revision=revision)
        for task_id, (task, _) in there.items():
            was = then[task_id]
            if was is not None and was != task:
                await rows.update(task, was, revision=revision)


def actors_of(by: By) -> Sequence[str | None]:
    """Return the kinds of actors that are meant, as they are stored: None where it is unknown who it was."""
    return [None if kind == "unknown" else kind for kind in ACTORS_OF[by]]


def _entry(row: AnyRow) -> HistoryEntry:
    return HistoryEntry(
        id=row.id,
        at=row.created_at,
        task_id=row.task_id,
        by=Actor(kind=row.actor or "unknown", name=row.actor_name, version=row.actor_version),
        before=load_task(row.before),
        after=load_task(row.after),
        group_id=row.group_id,
        turn_id=row.turn_id,
        call_id=row.call_id,
        replay=row.replay,
        replayed_id=row.replayed_id,
        undone=row.replay is None and row.undone_after is not None,
    )
