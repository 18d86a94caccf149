"""A copy of the list that a user has on a server, in an open transaction: its tasks under the ids that they have there,
and the edits that wait to be sent. Never commits, and nothing of what the server says is journaled.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from kirotodo.core.domain.pending_edit import PROVISIONAL, PendingEdit, is_provisional
from kirotodo.core.domain.task import Task
from kirotodo.core.store.json_texts import dump_answer, load_answer
from kirotodo.core.store.statement import AnyStatement, Result, Statements
from kirotodo.core.store.task_rows import TaskRows, counted, moved
from kirotodo.core.store.transaction import Scope

_SQL: Final = Statements("kept")


class KeptStore:
    """The copy, the edits that wait and values by name. The file has tables for them, see `core.store.sqlite.kept`."""

    def __init__(self, scope: Scope, rows: TaskRows) -> None:
        self._scope = scope
        self._rows = rows

    # --- values ---

    async def value(self, name: str) -> str | None:
        """Return the value of a name."""
        row = (await self._run(_SQL.VALUE, {"the_name": name})).first()
        return None if row is None else str(row[0])

    async def set_value(self, name: str, value: str | None) -> None:
        """Keep the value of a name; None forgets it."""
        await self._run(_SQL.DROP_VALUE, {"the_name": name})
        if value is not None:
            await self._run(_SQL.ADD_VALUE, {"name": name, "value": value})

    # --- edits ---

    async def edits(self) -> tuple[PendingEdit, ...]:
        """Return the edits that wait, in the order in which they were made."""
        rows = (await self._run(_SQL.EDITS)).all()
        return tuple(replace(load_answer(PendingEdit, value), seq=seq) for seq, value in rows)

    async def add(self, edit: PendingEdit) -> None:
        """Let an edit wait, after all others."""
        await self._run(_SQL.ADD_EDIT, {"value": dump_answer(edit)})

    async def change(self, edit: PendingEdit) -> None:
        """Store an edit that has changed."""
        await self._run(_SQL.CHANGE_EDIT, {"the_seq": edit.seq, "new_value": dump_answer(edit)})

    async def drop(self, edit: PendingEdit) -> None:
        """Forget an edit."""
        await self._run(_SQL.DROP_EDIT, {"the_seq": edit.seq})

    async def _run(self, statement: AnyStatement, parameters: Mapping[str, Any] | None = None) -> Result:
        return await self._scope.connection.execute(statement, parameters)

    # --- tasks ---

    async def reserve_ids(self) -> None:
        """Let new tasks get provisional ids from now on."""
        numbers = await self._scope.advance()
        if numbers.task < PROVISIONAL:
            await self._scope.advance(tasks=PROVISIONAL - numbers.task)

    async def put(self, tasks: Iterable[Task], removed: Iterable[int] = (), *, newest: bool = False) -> None:
        """Store tasks as the server has them, and drop those that are gone. A task that the copy has newer stays,
        unless these are certainly the `newest`."""
        given = {task.id: task for task in tasks}
        gone_ids = list(removed)
        known = await self._rows.load([*given, *gone_ids])
        revision = (await self._scope.advance()).revision
        counts: Counter[str] = Counter()
        fresh = [task for task in given.values() if task.id not in known]
        await self._rows.insert_many(
            fresh, revision=revision, hidden=False, series=await self._series_of(fresh) if fresh else {}
        )
        counts.update(counted(*fresh))
        for task_id, (before, gone) in known.items():
            task = given.get(task_id)
            if task is None:
                continue
            if gone:
                await self._rows.show([task_id], revision=revision)
                counts.update(counted(before))
            elif before.updated_at > task.updated_at and not newest:
                continue
            if replace(task, steps=None) != replace(before, steps=None):
                await self._rows.update(before, task, revision=revision)
                counts.update(moved(before, task))
        vanished = [known[task_id][0] for task_id in gone_ids if task_id in known and not known[task_id][1]]
        await self._rows.hide([task.id for task in vanished], revision=revision)
        counts.update(counted(*vanished, by=-1))
        await self._scope.advance(**{name: by for name, by in counts.items() if by})

    async def _series_of(self, fresh: Sequence[Task]) -> dict[int, int]:
        """Return the series of tasks that follow others: what comes before them may not be in the copy."""
        before = {task.id: task.previous_id for task in fresh if task.previous_id is not None}
        known = await self._rows.series_of(set(before.values()) - set(before))
        series: dict[int, int] = {}
        for task_id in sorted(before):
            previous = before[task_id]
            series[task_id] = series.get(previous, known.get(previous, previous))
        return series

    async def forget_others(self, task_ids: Iterable[int]) -> None:
        """Drop all tasks but these and those that the server doesn't know of yet."""
        kept = frozenset(task_ids)
        visible = [row[0] for row in await self._scope.rows(_SQL.VISIBLE)]
        await self.put((), [task_id for task_id in visible if task_id not in kept and not is_provisional(task_id)])

    async def renumber(self, ids: Mapping[int, int]) -> None:
        """Give tasks the ids that they have on the server, as they are here."""
        found = await self._rows.load(ids)
        await self.put(
            [
                replace(task, id=ids[task_id], parent_id=ids.get(task.parent_id or 0, task.parent_id))
                for task_id, (task, gone) in found.items()
                if not gone
            ],
            ids,
            newest=True,
        )
        steps = [
            row[0]
            for parent in ids
            for row in await self._scope.rows(_TASKS.STEPS, {"the_id": parent})
            if row[0] not in ids
        ]
        moved_steps = [task for task, gone in (await self._rows.load(steps)).values() if not gone]
        moved_steps = [replace(step, parent_id=ids[step.parent_id or 0]) for step in moved_steps]
        await self.put(moved_steps, newest=True)


_TASKS: Final = Statements("tasks")
