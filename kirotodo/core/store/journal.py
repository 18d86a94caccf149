"""The journal: every change of a task, before and after, in groups that undo and redo replay.

A group is what one turn changed, or one direct edit (one `begin` without a turn). A turn between whose changes
something else was changed has several groups, so that undoing group after group always goes straight back in time.
Undo works field by field: what has changed since is left alone and named in `Changed.skipped`. What undo and redo do to
a task is written down as a change too, with who did it, so that the journal holds every state that the list had.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from kirotodo.core.domain.task import Change, Changed, Task
from kirotodo.core.errors import NotUndoable
from kirotodo.core.store.json_texts import dump_task, load_task
from kirotodo.core.store.statement import AnyRow, Statements
from kirotodo.core.store.task_rows import TASK_FIELDS, TaskRows, counted, size_recorded
from kirotodo.core.store.transaction import Scope

if TYPE_CHECKING:
    from kirotodo.core.store.selective_undo import LaterChange, Selected

_SQL: Final = Statements("journal")
_VIEWS: Final = Statements("views")

HIDDEN: Final = 0
"""`undone_after` of changes that are not to be seen yet; no change has this id."""
REPLAYED: Final = -1
"""`undone_after` of steps of undo and redo, which are never undone themselves."""
_CHUNK: Final = 500


@dataclass(kw_only=True, slots=True)
class _Replay:
    """The tasks a replay works on, as they were and as they are to be (each with whether it is deleted), and what came
    of it."""

    there: Mapping[int, tuple[Task, bool]]
    tasks: dict[int, tuple[Task, bool]]
    changes: list[Change]
    skipped: list[str]
    later: Mapping[int, Sequence["LaterChange"]] | None = None
    """What came after the replayed changes and is to be kept, by task, where they need not be the newest ones."""


class Journal:
    """The changes of one user, in an open transaction."""

    def __init__(self, scope: Scope, rows: TaskRows) -> None:
        self._scope = scope
        self._rows = rows
        self._group: int | None = None
        self._replay_group: int | None = None
        self._changes: list[Change] = []
        self._touched: dict[int, Task | None] = {}
        self.is_whole = True
        """Whether `changed` names everything: tasks that are added by the hundred are not kept."""

    @property
    def changed(self) -> Changed:
        """What this transaction did so far: the tasks as they are now, the ids that are gone, the changes."""
        return self._changed(self._touched, self._changes)

    async def record(self, change_id: int, *, before: Task | None, after: Task | None) -> None:
        """Write down a change that has just been made. Every writer of tasks calls this."""
        task = after or before
        assert task is not None
        entry = {
            "id": change_id,
            "turn_id": self._scope.turn_id,
            "call_id": self._scope.call_id,
            "task_id": task.id,
            "before": dump_task(before),
            "after": dump_task(after),
            "created_at": self._scope.now,
            **self._by(),
        }
        await self._write(entry)
        self._send(change_id, before, after)
        self._touched[task.id] = after
        self._changes.append(Change(id=change_id, task_id=task.id, before=before, after=after))

    async def record_added(self, first_id: int, tasks: Sequence[Task], *, group: int | None = None) -> int:
        """Write down many tasks that have just been made, in one statement; the group that they are in.

        With `group` they are hidden ones of that group: nothing can be undone until `show_added`.
        """
        self.is_whole = False
        self._group = group or self._group or first_id
        shared = {
            "turn_id": self._scope.turn_id,
            "call_id": self._scope.call_id,
            "before": None,
            "created_at": self._scope.now,
            "group_id": self._group,
            "undone_after": None if group is None else HIDDEN,
            **self._by(),
        }
        entries = [
            {"id": first_id + place, "task_id": task.id, "after": dump_task(task), **shared}
            for place, task in enumerate(tasks)
        ]
        await self._scope.insert(_SQL.INSERT, *entries)
        if group is None:
            for place, task in enumerate(tasks):
                self._send(first_id + place, None, task)
            self._touched.update((task.id, task) for task in tasks)
        return self._group

    async def show_added(self, group: int) -> None:
        """Let the hidden changes of this group be undone from now on."""
        self.is_whole = False
        await self._scope.execute(_SQL.SHOW_ADDED, {"group": group})
        if self._scope.sends_changes:
            self._scope.shown_groups.append(group)

    async def undo(self, *, groups: int = 1, skip_turn: str | None = None) -> Changed:
        """Put back the latest `groups` groups that are not undone yet, leaving those of `skip_turn` alone.

        Raises `NotUndoable` where there is none at all.
        """
        done: list[Changed] = []
        for _ in range(groups):
            latest = await self._scope.first(_SQL.LATEST_GROUP, {"skip_turn": skip_turn or ""})
            view = await self._scope.first(_VIEWS.LATEST, {"most": 1})
            if view is not None and (latest is None or view[0] > latest[1]):
                done.append(await self._replay_view(view, undo=True))
                continue
            if latest is None:
                break
            entries = await self._scope.rows(_SQL.OF_GROUP, {"group": latest[0]})
            done.append(await self._replay(entries, undo=True))
        if not done:
            raise NotUndoable("There is nothing to undo.")
        return _joined(done)

    async def undo_tasks(self, task_ids: Sequence[int], *, skip_turn: str | None = None) -> Changed:
        """Put back what the latest turn that changed any of these tasks changed of them, with the occurrences that it
        made after them; what else that turn did stays.

        Raises `NotUndoable` where no turn changed them, or they were edited directly since.
        """
        latest = await self._scope.first(
            _SQL.LATEST_OF_TASKS, {"skip_turn": skip_turn or "", "task_ids": list(task_ids)}
        )
        if latest is None:
            raise NotUndoable("There is nothing to undo about that.")
        if latest.turn_id is None:
            raise NotUndoable("It was changed outside the chat since, so it was left as it is.")
        wanted = set(task_ids)
        group = await self._scope.rows(_SQL.OF_GROUP, {"group": latest.group_id})
        # The oldest first, since a next occurrence is made before its steps.
        entries = [
            entry
            for entry in reversed(group)
            if entry.task_id in wanted or _belongs(load_task(entry.after or entry.before), wanted)
        ]
        return await self._replay(entries[::-1], undo=True)

    async def latest(self, *, groups: int, skip_turn: str) -> tuple[int, tuple[int, ...]]:
        """Return the id of the newest change that `undo` would put back, 0 without any, and the tasks that it would put
        back with so many `groups`."""
        changes = await self._scope.rows(_SQL.LATEST_GROUPS, {"skip_turn": skip_turn, "groups": groups})
        of_views = await self._scope.rows(_VIEWS.LATEST, {"most": groups})
        both = [*((group, newest) for group, newest in changes), *((None, row[0]) for row in of_views)]
        found = sorted(both, key=lambda each: -each[1])[:groups]
        tasks: dict[int, None] = {}
        for group, _ in found:
            if group is not None:
                of_group = await self._scope.rows(_SQL.OF_GROUP, {"group": group})
                tasks |= dict.fromkeys(entry.task_id for entry in of_group)
        return (found[0][1] if found else 0), tuple(tasks)

    async def undo_call(self, turn_id: str, call_id: str) -> Changed:
        """Put back what one tool call changed, wherever it lies in the past. Raises `NotUndoable`."""
        entries = await self._scope.rows(_SQL.OF_CALL, {"turn": turn_id, "call": call_id})
        live = [entry for entry in entries if entry.undone_after is None]
        if not live:
            raise NotUndoable("That was already undone." if entries else "There is nothing to undo in that step.")
        return await self._replay(live, undo=True)

    async def undo_selected(self, which: "Selected", *, skip_turn: str | None = None) -> Changed:
        """Put back the selected changes, wherever they lie in the past. What was changed later stays as it is, and is
        named in `skipped`. Raises `NotFound` or `NotUndoable`."""
        from kirotodo.core.store.selective_undo import later_changes, selected_entries

        entries = await selected_entries(self._scope, which, skip_turn=skip_turn)
        return await self._replay(entries, undo=True, later=await later_changes(self._scope, entries))

    async def selected(self, which: "Selected", *, skip_turn: str | None = None) -> tuple[int, tuple[int, ...]]:
        """Return how many groups the selected changes are of, and the tasks that they are about. Raises as
        `undo_selected` does."""
        from kirotodo.core.store.selective_undo import selected_entries

        entries = await selected_entries(self._scope, which, skip_turn=skip_turn)
        return len({entry.group_id for entry in entries}), tuple(dict.fromkeys(entry.task_id for entry in entries))

    async def redo(self) -> Changed:
        """Do again what was undone, the oldest group of it first; a new change leaves nothing to redo.

        Raises `NotUndoable`.
        """
        entries = await self._scope.rows(_SQL.REDOABLE)
        view = await self._scope.first(_VIEWS.REDOABLE)
        if view is not None and (not entries or view[0] < entries[0].id):
            return await self._replay_view(view, undo=False)
        if not entries:
            raise NotUndoable("There is nothing to redo.")
        return await self._replay([entry for entry in entries if entry.group_id == entries[0].group_id], undo=False)

    async def _replay_view(self, entry: AnyRow, *, undo: bool) -> Changed:
        """Bring a saved view from what a change made of it to what it was, or back."""
        from kirotodo.core.store.views import ViewStore

        newest = (await self._scope.rows(_SQL.NEWEST_EDIT))[0][0]
        changed = await ViewStore(self._scope).replay(entry, undo=undo)
        await self._scope.execute(_VIEWS.MARK, {"the_id": entry[0], "newest": newest if undo else None})
        self._group = None
        return changed

    def _by(self) -> dict[str, Any]:
        by = self._scope.actor
        if by is None:
            return {"actor": None, "actor_name": None, "actor_version": None}
        return {"actor": by.kind, "actor_name": by.name, "actor_version": by.version}

    async def _write(self, entry: Mapping[str, Any]) -> None:
        if self._scope.turn_id is not None:
            new = {f"new_{name}": value for name, value in {**entry, "user_id": self._scope.user_id}.items()}
            await self._scope.execute(_SQL.INSERT_JOINING, new)
            return
        self._group = self._group or entry["id"]
        await self._scope.insert(_SQL.INSERT, {**entry, "group_id": self._group})

    async def _replay(
        self,
        entries: Sequence[AnyRow],
        *,
        undo: bool,
        later: Mapping[int, Sequence["LaterChange"]] | None = None,
    ) -> Changed:
        there = await self._rows.load(entry.task_id for entry in entries)
        replay = _Replay(there=there, tasks=dict(there), changes=[], skipped=[], later=later)
        for entry in entries:
            before, after = load_task(entry.before), load_task(entry.after)
            source, target = (after, before) if undo else (before, after)
            self._step(replay, entry, source, target)
        await self._keep_one_open(replay)
        newest = (await self._scope.rows(_SQL.NEWEST_EDIT))[0][0]
        await self._store(replay, kind="undo" if undo else "redo")
        await self._mark([entry.id for entry in entries], newest=newest if undo else None)
        self._group = None
        now = {task_id: None if gone else task for task_id, (task, gone) in replay.tasks.items()}
        # A task read before its steps were put back counts them as they were.
        counting = {task.parent_id or 0 for task, _ in replay.tasks.values()} & now.keys()
        for task_id, (task, gone) in (await self._rows.load(sorted(counting))).items() if counting else ():
            now[task_id] = None if gone else task
        self._touched.update(now)
        return self._changed(now, replay.changes, tuple(replay.skipped))

    async def _keep_one_open(self, replay: _Replay) -> None:
        """Leave alone what would be a second open occurrence of its series, or one that later ones followed."""
        opened = [
            task_id
            for task_id, now in replay.tasks.items()
            if _is_open_occurrence(*now) and not _is_open_occurrence(*replay.there[task_id])
        ]
        if not opened:
            return
        series = await self._rows.series_of(opened)
        states = await self._rows.occurrences(series.values())
        kept: dict[int, set[int]] = {}
        for task_id in sorted(opened, reverse=True):
            first = series[task_id]
            others = {*states[first].repeating, *kept.setdefault(first, set()), max(states[first].newest, task_id)}
            other = _goes_on_with(replay, task_id, others)
            if other is None:
                kept[first].add(task_id)
                continue
            title = replay.tasks[task_id][0].title
            replay.tasks[task_id] = replay.there[task_id]
            replay.changes[:] = [change for change in replay.changes if change.task_id != task_id]
            replay.skipped.append(f"Task {task_id} “{title}” was left alone: its series goes on with task {other}.")

    async def _store(self, replay: _Replay, *, kind: str) -> None:
        """Write what a replay came to, in a few statements: an import of thousands may be undone, and others wait."""
        steps = [
            (*replay.there[task_id], *now) for task_id, now in replay.tasks.items() if replay.there[task_id] != now
        ]
        if not replay.changes:
            return
        by: Counter[str] = Counter(
            changes=len(replay.changes),
            stored=sum(
                size_recorded(task) for each in replay.changes for task in (each.before, each.after) if task is not None
            ),
        )
        for was, was_gone, is_, gone in steps:
            by.update(counted(None if gone else is_))
            by.update(counted(None if was_gone else was, by=-1))
        numbers = await self._scope.advance(**by)
        taken = [task.id for _, was_gone, task, gone in steps if gone and not was_gone]
        brought = [task.id for _, was_gone, task, gone in steps if was_gone and not gone]
        await self._rows.hide(taken, revision=numbers.revision)
        await self._rows.show(brought, revision=numbers.revision)
        shown = [task for _, was_gone, task, gone in steps if was_gone != gone]
        await self._rows.touch_parents(shown, revision=numbers.revision)
        for was, _, is_, _ in steps:
            if was != is_:
                await self._rows.update(was, is_, revision=numbers.revision)
        await self._record_replay(replay, numbers.change - len(replay.changes) + 1, kind)

    async def _record_replay(self, replay: _Replay, first_id: int, kind: str) -> None:
        self._replay_group = self._replay_group or first_id
        shared = {
            "turn_id": self._scope.turn_id,
            "call_id": self._scope.call_id,
            "created_at": self._scope.now,
            "group_id": self._replay_group,
            "undone_after": REPLAYED,
            "replay": kind,
            **self._by(),
        }
        entries = (
            {
                "id": first_id + place,
                "task_id": change.task_id,
                "before": dump_task(change.before),
                "after": dump_task(change.after),
                "replayed_id": change.id,
                **shared,
            }
            for place, change in enumerate(replay.changes)
        )
        await self._scope.insert(_SQL.INSERT, *entries)
        for place, change in enumerate(replay.changes):
            self._send(first_id + place, change.before, change.after, restored=True)

    def _send(self, change_id: int, before: Task | None, after: Task | None, *, restored: bool = False) -> None:
        """Let a change be sent with the end of the transaction, where changes are sent anywhere."""
        if self._scope.sends_changes:
            from kirotodo.core.store.webhooks import event_of

            self._scope.outbox.append((change_id, event_of(before, after, restored=restored)))

    def _step(self, replay: _Replay, entry: AnyRow, source: Task | None, target: Task | None) -> None:
        """Bring one task from `source` to `target`, as far as it still is as `source` says."""
        task, gone = replay.tasks[entry.task_id]
        if target is None:
            self._take_away(replay, entry, task, gone, source)
        elif source is None:
            if gone:
                self._moved(replay, entry, before=None, after=task)
        elif gone:
            replay.skipped.append(f"Task {task.id} “{task.title}” is deleted, so it was left alone.")
        else:
            self._change_back(replay, entry, task, source, target)

    def _take_away(self, replay: _Replay, entry: AnyRow, task: Task, gone: bool, source: Task | None) -> None:
        if gone:
            return
        held = _held_by(replay, entry)
        if held is not None or (
            source is not None and any(getattr(task, name) != getattr(source, name) for name in TASK_FIELDS)
        ):
            replay.skipped.append(
                f"Task {task.id} “{task.title}” has changed since{_whose(held)}, so it was left alone."
            )
            return
        self._moved(replay, entry, before=task, after=None)

    def _change_back(self, replay: _Replay, entry: AnyRow, task: Task, source: Task, target: Task) -> None:
        differing = [name for name in TASK_FIELDS if getattr(source, name) != getattr(target, name)]
        holders = {name: _held_by(replay, entry, name) for name in differing}
        free = [name for name in differing if holders[name] is None and getattr(task, name) == getattr(source, name)]
        held = [name for name in differing if name not in free and getattr(task, name) != getattr(target, name)]
        if held:
            whose = _whose(next(filter(None, (holders[name] for name in held)), None))
            replay.skipped.append(
                f"The {' and the '.join(map(_word, held))} of task {task.id} “{task.title}” changed since{whose}, "
                "so it was left alone."
            )
        if not free:
            return
        after = replace(task, updated_at=self._scope.now, **{name: getattr(target, name) for name in free})
        self._moved(replay, entry, before=task, after=after)

    def _moved(self, replay: _Replay, entry: AnyRow, *, before: Task | None, after: Task | None) -> None:
        task = after or before
        assert task is not None
        replay.tasks[task.id] = (task, after is None)
        replay.changes.append(Change(id=entry.id, task_id=task.id, before=before, after=after))

    async def _mark(self, ids: list[int], *, newest: int | None) -> None:
        """Mark changes as undone while `newest` was the newest edit; without it, as done again."""
        for start in range(0, len(ids), _CHUNK):
            some = {"ids": ids[start : start + _CHUNK]}
            if newest is None:
                await self._scope.execute(_SQL.MARK_REDONE, some)
            else:
                await self._scope.execute(_SQL.MARK_UNDONE, {**some, "newest": newest})

    @staticmethod
    def _changed(touched: dict[int, Task | None], made: Sequence[Change], skipped: tuple[str, ...] = ()) -> Changed:
        return Changed(
            tasks=tuple(task for task in touched.values() if task is not None),
            removed=tuple(task_id for task_id, task in touched.items() if task is None),
            changes=tuple(made),
            skipped=skipped,
        )


def _held_by(replay: _Replay, entry: AnyRow, name: str | None = None) -> "LaterChange | None":
    """Return what came after a change, touched that field (or anything of the task), and is to be kept."""
    if replay.later is None:
        return None
    from kirotodo.core.store.selective_undo import held_by

    return held_by(replay.later.get(entry.task_id, ()), entry.id, name)


def _whose(change: "LaterChange | None") -> str:
    """Return by whom a task was changed later, as part of a sentence."""
    words = {"you": "you", "api": "another program", "import": "an import", "reminder": "a reminder"}
    if change is None or change.actor is None:
        return ""
    return f" (by {words.get(change.actor, 'the assistant')})"


def _is_open_occurrence(task: Task, gone: bool) -> bool:
    return task.repeats and not gone


def _goes_on_with(replay: _Replay, task_id: int, others: set[int]) -> int | None:
    """Return which of these occurrences of the series of a task is on the list and comes after it, or is open too."""
    for other in sorted(others - {task_id}, reverse=True):
        task, gone = replay.tasks.get(other, (None, False))
        if not gone and (other > task_id or task is None or task.repeats):
            return other
    return None


def _belongs(task: Task | None, ids: set[int]) -> bool:
    """Return whether a task is a step or the next occurrence of one of these, and count it among them then: a step of
    the next occurrence belongs to them too."""
    if task is None or not ids & {task.previous_id, task.parent_id}:
        return False
    ids.add(task.id)
    return True


def _joined(parts: Sequence[Changed]) -> Changed:
    now: dict[int, Task | None] = {}
    for part in parts:
        now.update({task.id: task for task in part.tasks})
        now.update(dict.fromkeys(part.removed))
    return Changed(
        tasks=tuple(task for task in now.values() if task is not None),
        removed=tuple(task_id for task_id, task in now.items() if task is None),
        changes=tuple(change for part in parts for change in part.changes),
        skipped=tuple(sentence for part in parts for sentence in part.skipped),
        views=tuple(sentence for part in parts for sentence in part.views),
    )


def _word(name: str) -> str:
    words = {
        "due_date": "due date",
        "due_time": "time",
        "completed_at": "completion",
        "remind_at": "reminder",
        "remind_before": "reminder's lead",
    }
    return words.get(name, name)
