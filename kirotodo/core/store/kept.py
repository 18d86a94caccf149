"""A copy of the list that a user has on a server, in an open transaction: its tasks under the ids that they have there,
the edits that wait to be sent, and notes on them. Never commits, and nothing of what the server says is journaled.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from kirotodo.core.backend import KeptNote
from kirotodo.core.domain.history import HistoryEntry
from kirotodo.core.domain.pending_edit import PROVISIONAL, PendingEdit, is_provisional
from kirotodo.core.domain.task import Task
from kirotodo.core.domain.view import View
from kirotodo.core.store.journal import REPLAYED
from kirotodo.core.store.json_texts import dump_answer, dump_task, load_answer
from kirotodo.core.store.statement import AnyStatement, Result, Statements
from kirotodo.core.store.task_rows import TaskRows, counted, moved
from kirotodo.core.store.transaction import Scope
from kirotodo.core.store.views import view_row

_SQL: Final = Statements("kept")
_CHUNK: Final = 500
HISTORY_MAX: Final = 2_000
"""Changes that are kept of the server's history: the newest ones."""


class KeptStore:
    """The copy, the edits that wait, notes on them, and values by name. The file has tables of their own for what no
    list has, see `core.store.sqlite.kept`."""

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

    # --- notes ---

    async def notes(self) -> tuple[KeptNote, ...]:
        """Return the notes that were not dismissed, the oldest first."""
        return tuple(KeptNote(id=note_id, text=text) for note_id, text in (await self._run(_SQL.NOTES)).all())

    async def add_note(self, text: str) -> None:
        """Keep a note until it is dismissed."""
        await self._run(_SQL.ADD_NOTE, {"text": text})

    async def dismiss(self, note_id: int) -> None:
        """Forget a note."""
        await self._run(_SQL.DROP_NOTE, {"the_id": note_id})

    # --- saved views and the history, as the server has them ---

    async def put_views(self, views: Iterable[View]) -> None:
        """Take these for all the saved views."""
        await self._scope.execute(_SQL.DROP_VIEWS)
        await self._scope.insert(_VIEWS.INSERT, *(view_row(view, self._scope.now) for view in views))

    async def put_history(self, entries: Sequence[HistoryEntry]) -> None:
        """Store changes under the ids that they have on the server. What was changed here is forgotten once no edit
        waits: the server has it, or refused it."""
        ids = [entry.id for entry in entries]
        for start in range(0, len(ids), _CHUNK):
            await self._scope.execute(_SQL.DROP_CHANGES, {"ids": ids[start : start + _CHUNK]})
        if not await self.edits():
            await self._scope.execute(_SQL.DROP_OWN_CHANGES, {"the_first": PROVISIONAL})
        await self._scope.insert(_SQL.INSERT_CHANGES, *map(_change_row, entries))
        await self._scope.execute(_SQL.DROP_OLD_CHANGES, {"the_most": HISTORY_MAX})

    async def newest_change(self) -> int:
        """Return the id of the newest change that the server has made and that is known here, 0 without any."""
        row = await self._scope.first(_SQL.NEWEST_CHANGE, {"the_first": PROVISIONAL})
        return 0 if row is None else int(row[0])

    async def _run(self, statement: AnyStatement, parameters: Mapping[str, Any] | None = None) -> Result:
        return await self._scope.connection.execute(statement, parameters)

    # --- tasks ---

    async def reserve_ids(self) -> None:
        """Let new tasks, and changes that are made here, get provisional ids from now on."""
        numbers = await self._scope.advance()
        if numbers.task < PROVISIONAL:
            await self._scope.advance(tasks=PROVISIONAL - numbers.task)
        if numbers.change < PROVISIONAL:
            await self._scope.execute(_SQL.RENUMBER_CHANGES, {"the_first": PROVISIONAL})
            await self._scope.advance(changes=PROVISIONAL)

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
_VIEWS: Final = Statements("views")


def _change_row(entry: HistoryEntry) -> dict[str, Any]:
    undone_after = REPLAYED if entry.replay is not None else entry.id if entry.undone else None
    return {
        **{name: getattr(entry, name) for name in ("id", "task_id", "group_id", "turn_id", "call_id")},
        **{"replay": entry.replay, "replayed_id": entry.replayed_id, "created_at": entry.at},
        **{"before": dump_task(entry.before), "after": dump_task(entry.after), "undone_after": undone_after},
        "actor": None if entry.by.kind == "unknown" else entry.by.kind,
        **{"actor_name": entry.by.name, "actor_version": entry.by.version},
    }
