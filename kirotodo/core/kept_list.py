"""A copy of the list that a user has on a server, for when the server is away: read at once, edited with the same rules
as any list, and with the edits that wait to be sent in the same transactions.
"""

import asyncio
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import field, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Self, cast

from kirotodo.core.backend import KeptNote, TaskFields
from kirotodo.core.domain.history import Actor, By, HistoryEntry
from kirotodo.core.domain.pending_edit import PendingEdit
from kirotodo.core.domain.task import PAGE_MAX, Change, Changed, Page, Task, TaskFilter
from kirotodo.core.domain.view import View
from kirotodo.core.errors import (
    TASK_CHANGED,
    NotUndoable,
    PreconditionFailed,
    StorageCorrupt,
    StorageTooNew,
)
from kirotodo.core.lazy_dataclasses import dataclass
from kirotodo.core.local import LOCAL_USER, Core, utc_now
from kirotodo.core.store.database import Store

if TYPE_CHECKING:
    from kirotodo.core.settings import Settings
    from kirotodo.core.tools.user_clock import UserClock

_REVISION: Final = "revision"
_FIELDS: Final = (
    *("title", "notes", "priority", "due_date", "due_time", "start_date", "duration", "recurrence", "recurs_from"),
    *("remind_at", "remind_before", "project", "tags", "parent_id"),
)
"""What of a task is sent as values."""
_DATES: Final = ("due_date", "due_time")
_FOR_ONCE: Final = ("title", *_DATES)
_HERE: Final = Actor(kind="you")
NOTHING_WAITS: Final = "Nothing that waits to be sent can be undone. What the server has can be, once it is back."
SENT_ALREADY: Final = "The server may have that change already. Undo it once the server is back."


@dataclass(frozen=True, kw_only=True, slots=True)
class Made:
    """What an edit came to in the copy."""

    tasks: tuple[Task, ...] = ()
    changed: Changed = field(default_factory=Changed)


class KeptList:
    """The copy of one list, in a file of its own. Raises `StorageError` in its kinds."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self._database = core.database
        self._list = core.of(LOCAL_USER)

    @classmethod
    async def open(cls, path: Path, settings: "Settings", *, clock: Callable[[], datetime] = utc_now) -> Self:
        """Open the copy at `path`, or begin one. A damaged one, or a newer release's, is set aside."""
        from kirotodo.core.store.sqlite import kept as files

        kept = settings.replaced(database_url=f"sqlite:///{path}")
        try:
            core = await Core.open(kept, clock=clock)
        except (StorageCorrupt, StorageTooNew):
            await asyncio.to_thread(files.set_aside, path)
            core = await Core.open(kept, clock=clock)
        try:
            await asyncio.to_thread(files.add_tables, path)
            async with core.database.begin(LOCAL_USER) as store:
                await store.kept.reserve_ids()
        except BaseException:
            await core.aclose()
            raise
        return cls(core)

    async def aclose(self) -> None:
        """Close the file."""
        await self._core.aclose()

    # --- what it holds ---

    async def revision(self) -> int | None:
        """Return the revision of the server's list that this is a copy of; None as long as it never was whole."""
        found = await self.value(_REVISION)
        return None if found is None else int(found)

    async def value(self, name: str) -> str | None:
        """Return what is kept under a name."""
        async with self._database.read(LOCAL_USER) as store:
            return await store.kept.value(name)

    async def set_value(self, name: str, value: str | None) -> None:
        """Keep a text under a name; None forgets it."""
        async with self._database.begin(LOCAL_USER) as store:
            await store.kept.set_value(name, value)

    async def tasks(self, where: TaskFilter, *, limit: int, cursor: str | None) -> Page[Task]:
        """Return a page of the copy, as `Backend.tasks` does."""
        return await self._list.tasks(where, limit=limit, cursor=cursor)

    async def task(self, task_id: int) -> Task:
        """Return one task. Raises `NotFound`."""
        return await self._list.task(task_id)

    async def preview(self, text: str) -> tuple[Task, ...]:
        """Return what a line would add. Raises `InvalidInput`."""
        return await self._list.add_from_text(text, dry_run=True)

    async def preview_skip(
        self,
        task_ids: Sequence[int] | None,
        *,
        until: str | None = None,
        count: int | None = None,
        on: str | None = None,
    ) -> Changed:
        """Return what skipping would come to. Raises what `Backend.skip_tasks` raises."""
        return await self._list.skip_tasks(task_ids, until=until, count=count, on=on, dry_run=True)

    async def views(self) -> tuple[View, ...]:
        """Return the saved views."""
        return await self._list.views()

    async def history(
        self,
        *,
        task_id: int | None,
        since: str | None,
        until: str | None,
        by: By | None,
        limit: int,
        cursor: str | None,
    ) -> Page[HistoryEntry]:
        """Return a page of the changes that are known here, as `Backend.history` does: the newest ones of the server,
        and the edits that wait."""
        return await self._list.history(task_id=task_id, since=since, until=until, by=by, limit=limit, cursor=cursor)

    async def newest_change(self) -> int:
        """Return the id of the newest change of the server that is known here, 0 without any."""
        async with self._database.read(LOCAL_USER) as store:
            return await store.kept.newest_change()

    async def open_tasks(self, most: int) -> tuple[Task, ...] | None:
        """Return the open tasks, as many as `most`; None as long as the copy never was whole."""
        if await self.revision() is None:
            return None
        tasks: list[Task] = []
        cursor: str | None = None
        while len(tasks) < most:
            page = await self.tasks(TaskFilter(), limit=PAGE_MAX, cursor=cursor)
            tasks += page.items
            cursor = page.next
            if cursor is None:
                break
        return tuple(tasks)

    async def count_pending(self) -> int:
        """Return how many tasks are open."""
        async with self._database.read(LOCAL_USER) as store:
            return await store.tasks.count_pending()

    # --- what the server says ---

    async def put(self, tasks: Iterable[Task], removed: Iterable[int] = (), *, revision: int | None = None) -> None:
        """Take in what changed on the server. What waits to be sent of a task stays as it is here."""
        async with self._database.begin(LOCAL_USER) as store:
            held = _touched(await store.kept.edits())
            await store.kept.put(
                [task for task in tasks if task.id not in held], [one for one in removed if one not in held]
            )
            if revision is not None:
                await store.kept.set_value(_REVISION, str(revision))

    async def put_views(self, views: Sequence[View]) -> None:
        """Take these for all the saved views."""
        async with self._database.begin(LOCAL_USER) as store:
            await store.kept.put_views(views)

    async def put_history(self, entries: Sequence[HistoryEntry]) -> None:
        """Keep a part of the server's history. Once no edit waits, what was changed here is no part of it any more."""
        async with self._database.begin(LOCAL_USER) as store:
            await store.kept.put_history(entries)

    async def fill(self, tasks: Sequence[Task], *, revision: int) -> None:
        """Take these tasks for all that the server has."""
        async with self._database.begin(LOCAL_USER) as store:
            held = _touched(await store.kept.edits())
            await store.kept.put([task for task in tasks if task.id not in held])
            await store.kept.forget_others([*(task.id for task in tasks), *held])
            await store.kept.set_value(_REVISION, str(revision))

    # --- edits that wait ---

    async def edits(self) -> tuple[PendingEdit, ...]:
        """Return the edits that wait, in the order in which they were made."""
        async with self._database.read(LOCAL_USER) as store:
            return await store.kept.edits()

    async def notes(self) -> tuple[KeptNote, ...]:
        """Return the notes that were not dismissed, the oldest first."""
        async with self._database.read(LOCAL_USER) as store:
            return await store.kept.notes()

    async def dismiss(self, note_id: int) -> None:
        """Forget a note."""
        async with self._database.begin(LOCAL_USER) as store:
            await store.kept.dismiss(note_id)

    async def note(self, edit: PendingEdit) -> PendingEdit:
        """Write down an edit that is about to be sent, so that it is sent once whatever happens."""
        noted = replace(edit, tried_at=self._core.clock())
        async with self._database.begin(LOCAL_USER) as store:
            await store.kept.add(noted)
            return (await store.kept.edits())[-1]

    async def tried(self, edit: PendingEdit) -> PendingEdit:
        """Write down that an edit is about to be sent for the first time."""
        noted = replace(edit, tried_at=self._core.clock())
        await self.replace(noted)
        return noted

    async def replace(self, edit: PendingEdit) -> None:
        """Store an edit that has changed."""
        async with self._database.begin(LOCAL_USER) as store:
            await store.kept.change(edit)

    async def drop(self, edit: PendingEdit) -> None:
        """Forget an edit that was refused before it showed here."""
        async with self._database.begin(LOCAL_USER) as store:
            await store.kept.drop(edit)

    async def make(self, wanted: PendingEdit, *, sent: PendingEdit | None = None) -> Made:
        """Make an edit here, and let it wait to be sent: as values, so that it means what it means today. Where it was
        `sent` as it was made, and the server may have it, that stays as it was sent.

        Raises what a backend raises.
        """
        at = self._clock()
        async with self._database.begin(LOCAL_USER, actor=_HERE) as store:
            made = await _carry_out(store, wanted, at)
            if sent is None:
                for edit in _as_values(wanted, made.changed, at):
                    await store.kept.add(edit)
            else:
                await store.kept.change(_as_sent(sent, made.changed))
            return made

    async def settle(
        self, edit: PendingEdit, tasks: Sequence[Task], removed: Sequence[int], note: str = ""
    ) -> dict[int, int]:
        """Forget an edit that the server has made, and take in what it answered; keep the `note` on it, if there is
        one. Return the ids that tasks got there, by those that they had here."""
        ids = _real_ids(edit, tasks)
        async with self._database.begin(LOCAL_USER) as store:
            await store.kept.drop(edit)
            if note:
                await store.kept.add_note(note)
            now = {task.id: task for task in tasks}
            for later in await store.kept.edits():
                await store.kept.change(_rebased(later, ids, now))
            held = _touched(await store.kept.edits())
            await store.kept.renumber(ids)
            await store.kept.put((), [one for one in edit.made if one not in ids])
            await store.kept.put(
                [task for task in tasks if task.id not in held],
                [one for one in removed if one not in held],
                newest=True,
            )
        return ids

    async def refuse(
        self, edit: PendingEdit, now: Sequence[Task], note: str, dropped: Callable[[PendingEdit], str]
    ) -> tuple[PendingEdit, ...]:
        """Forget an edit that the server refused, and all that waits on the tasks that it would have made; keep the
        `note` on it, if there is one, and what `dropped` says of each of the others. `now` are its tasks as the server
        has them; those that are not among them are gone. Return what else was forgotten."""
        async with self._database.begin(LOCAL_USER) as store:
            await store.kept.drop(edit)
            made = frozenset(edit.made)
            others = tuple(later for later in await store.kept.edits() if not made.isdisjoint(later.task_ids))
            for later in others:
                await store.kept.drop(later)
            for sentence in filter(None, (note, *map(dropped, others))):
                await store.kept.add_note(sentence)
            gone = {*edit.touched, *(one for later in others for one in later.made)} - {task.id for task in now}
            held = _touched(await store.kept.edits())
            await store.kept.put([task for task in now if task.id not in held], gone, newest=True)
        return others

    async def undo(self) -> Changed:
        """Undo the edits that were made last together, if none of them was sent. Raises `NotUndoable`."""
        async with self._database.begin(LOCAL_USER) as store:
            edits = await store.kept.edits()
            if not edits:
                raise NotUndoable(NOTHING_WAITS)
            group = [edit for edit in edits if edit.group == edits[-1].group]
            if any(edit.tried_at is not None for edit in group):
                raise NotUndoable(SENT_ALREADY)
            changed = await store.journal.undo()
            if _touched(group).isdisjoint(change.task_id for change in changed.changes):
                raise NotUndoable(NOTHING_WAITS)
            for edit in group:
                await store.kept.drop(edit)
            held = _touched(await store.kept.edits())
            seen = [edit.seen for edit in group if edit.seen is not None and edit.seen.id not in held]
            await store.kept.put(seen, newest=True)
            return replace(changed, tasks=await store.tasks.known([task.id for task in changed.tasks]))

    def _clock(self) -> "UserClock":
        from kirotodo.core.tools.user_clock import UserClock

        zone = self._list.zone
        return UserClock(now=self._core.clock().astimezone(zone), zone=zone, preferences=self._core.preferences)


# --- carrying out ---


async def _carry_out(store: Store, wanted: PendingEdit, at: "UserClock") -> Made:
    from kirotodo.core.tools import edits

    fields = TaskFields() if wanted.kind == "move" else cast(TaskFields, _read_fields(wanted.fields))
    ids = list(wanted.task_ids)
    tasks: tuple[Task, ...] = ()
    changed = Changed()
    match wanted.kind:
        case "text":
            tasks = await edits.add_from_text(store, wanted.text, at=at)
        case "add":
            tasks = (await edits.add_task(store, fields, at=at),)
        case "change" | "update":
            await _require_unchanged(store, wanted)
            changed = await edits.update_tasks(store, ids, fields, at=at)
            tasks = await store.tasks.get_many(ids)
        case "complete":
            changed = await edits.complete_tasks(store, ids, completed=wanted.completed, at=at)
        case "skip":
            changed = await edits.skip_tasks(store, ids or None, **_which(wanted), at=at)
        case "move":
            changed = await _move(store, wanted, at)
        case "delete":
            changed = await edits.delete_tasks(store, ids, at=at)
    return Made(tasks=tasks, changed=replace(store.journal.changed, skipped=changed.skipped))


async def _move(store: Store, wanted: PendingEdit, at: "UserClock") -> Changed:
    import msgspec

    from kirotodo.core.domain.plan import Move
    from kirotodo.core.tools.plans import move_tasks

    return await move_tasks(store, msgspec.convert(wanted.fields["moves"], list[Move]), for_once=False, at=at)


async def _require_unchanged(store: Store, wanted: PendingEdit) -> None:
    for task in await store.tasks.get_many(wanted.task_ids):
        if wanted.seen is not None and task.updated_at != wanted.seen.updated_at:
            raise PreconditionFailed(TASK_CHANGED)


def _read_fields(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return fields of JSON as `TaskFields` has them."""
    import msgspec

    return msgspec.convert(dict(fields), TaskFields, strict=False) if fields else {}


def _plain(value: Any) -> Any:
    import msgspec

    return msgspec.to_builtins(value)


# --- what is sent ---


def _as_values(wanted: PendingEdit, changed: Changed, at: "UserClock") -> list[PendingEdit]:
    """Return what an edit came to as edits that are sent: one for each task, so that each finds its own conflicts."""
    if wanted.kind == "skip":
        made = _skips(wanted, changed, at)
    else:
        made = [edit for change in changed.changes if (edit := _of_change(wanted, change, changed)) is not None]
    return [replace(edit, key=uuid.uuid4().hex, group=wanted.key) for edit in made]


def _skips(wanted: PendingEdit, changed: Changed, at: "UserClock") -> list[PendingEdit]:
    """Return a skip for each routine: of the occurrence that was open here, as of now, whenever it is sent."""
    before = {change.task_id: change.before for change in reversed(changed.changes)}
    routines = [
        task
        for task in before.values()
        if task is not None and task.repeats and task.due_date is not None and _is_meant(task, wanted, before)
    ]
    which = _which_as_values(wanted, at)
    return [
        PendingEdit(
            kind="skip",
            key="",
            task_ids=(task.id,),
            fields=_plain({**which, "due_date": task.due_date, "made_at": at.now}),
            seen=task,
            title=task.title,
            also=_steps_of(task, changed),
        )
        for task in reversed(routines)
    ]


def _steps_of(task: Task, changed: Changed) -> tuple[int, ...]:
    """Return the steps of a task that changed with it."""
    steps = (each.task_id for each in changed.changes if each.before is not None and each.before.parent_id == task.id)
    return tuple(dict.fromkeys(steps))


def _is_meant(task: Task, wanted: PendingEdit, others: Mapping[int, Task | None]) -> bool:
    """Return whether a task was to be skipped itself: steps that repeat come along with their task."""
    return task.id in wanted.task_ids if wanted.task_ids else task.parent_id not in others


def _which(wanted: PendingEdit) -> dict[str, Any]:
    """Return which occurrences are skipped, as `skip_tasks` takes it."""
    return {name: value for name in ("until", "count", "on") if (value := wanted.fields.get(name)) is not None}


def _which_as_values(wanted: PendingEdit, at: "UserClock") -> dict[str, Any]:
    """Return which occurrences are skipped, with days as dates: "friday" may be another day once it is sent."""
    from kirotodo.core.tools.timing import read_days

    which = _which(wanted)
    for name in ("until", "on"):
        days = read_days(which[name], at=at) if name in which else None
        if days is not None:
            one = name == "until" or days[0] == days[1]
            which[name] = days[0].isoformat() if one else f"{days[0].isoformat()}..{days[1].isoformat()}"
    return which


def _of_change(wanted: PendingEdit, change: Change, changed: Changed) -> PendingEdit | None:
    before, after = change.before, change.after
    if wanted.kind in ("text", "add"):
        if before is not None or after is None:
            return None  # a step that made room for the new one
        fields = {name: value for name, value in _values(after).items() if value not in (None, "", [])}
        if wanted.fields.get("position") is not None:
            fields["position"] = wanted.fields["position"]
        return PendingEdit(kind="add", key="", fields=fields, made={after.id: 0}, title=after.title)
    if before is None or change.task_id not in wanted.task_ids:
        return None
    edit = PendingEdit(
        kind=wanted.kind,
        key="",
        task_ids=(before.id,),
        seen=before,
        title=before.title,
        also=_steps_of(before, changed),
    )
    if wanted.kind == "complete":
        return replace(edit, completed=wanted.completed, made=_made_after(before, changed))
    if wanted.kind == "delete" or after is None:
        return edit
    return replace(edit, kind="change", fields=_differences(before, after, wanted))


def _as_sent(sent: PendingEdit, changed: Changed) -> PendingEdit:
    """Return an edit that was sent with what it came to here."""
    new = [change.after for change in changed.changes if change.before is None and change.after is not None]
    made = {task.id: task.previous_id or 0 for task in new}
    values: Mapping[str, Any] | None = None
    if sent.kind == "change":
        own = [change for change in changed.changes if change.before is not None and change.task_id in sent.task_ids]
        values = {name: value for change in own for name, value in _differences_of(change).items()}
    touched = {change.task_id for change in changed.changes if change.before is not None}
    return replace(sent, made=made, values=values, also=tuple(sorted(touched.difference(sent.task_ids))))


def _made_after(task: Task, changed: Changed) -> dict[int, int]:
    """Return the tasks that followed from completing one, the next occurrence and its steps, by what they follow."""
    new = [change.after for change in changed.changes if change.before is None and change.after is not None]
    nexts = [each for each in new if each.previous_id == task.id]
    steps = [each for each in new if any(each.parent_id == one.id for one in nexts)]
    return {each.id: each.previous_id or 0 for each in (*nexts, *steps)}


def _values(task: Task) -> dict[str, Any]:
    plain = _plain(task)
    return {name: plain[name] for name in _FIELDS}


def _differences_of(change: Change) -> dict[str, Any]:
    assert change.before is not None
    if change.after is None:
        return {}
    before, after = _values(change.before), _values(change.after)
    return {name: value for name, value in after.items() if value != before[name]}


def _differences(before: Task, after: Task, wanted: PendingEdit) -> dict[str, Any]:
    fields = _differences_of(Change(id=0, task_id=before.id, before=before, after=after))
    if "snooze" in wanted.fields and after.remind_before is not None:
        fields["remind_before"] = after.remind_before  # else the moment would be all that there is of the reminder
    elif after.remind_before is not None:
        fields.pop("remind_at", None)  # it follows from the due date, on the server as here
    if "occurrence" in wanted.fields:
        fields = {**_for_occurrence(fields, after, wanted), "occurrence": wanted.fields["occurrence"]}
    if "position" in wanted.fields:
        fields["position"] = wanted.fields["position"]
    return fields


def _for_occurrence(fields: Mapping[str, Any], after: Task, wanted: PendingEdit) -> dict[str, Any]:
    """Return what is sent of an edit that says if it is for one occurrence or for the series: what follows from that is
    found on the server as it was here, so that what it names is sent although the open occurrence has it already."""
    given = set(wanted.fields)
    named = {"title"} & given | (set(_DATES) if given & {"due", "due_date", "time", "due_time"} else set())
    plain = _values(after)
    kept = {name: value for name, value in fields.items() if name not in ("recurrence", "recurs_from")}
    if wanted.fields["occurrence"] == "this":
        kept = {name: value for name, value in kept.items() if name in _FOR_ONCE}
    elif "recurrence" in given:
        kept |= {name: plain[name] for name in ("recurrence", "recurs_from")}
    return kept | {name: plain[name] for name in named}


# --- what was sent ---


def _touched(edits: Iterable[PendingEdit]) -> set[int]:
    return {task_id for edit in edits for task_id in edit.touched}


def _real_ids(edit: PendingEdit, tasks: Sequence[Task]) -> dict[int, int]:
    """Return the ids that new tasks got on the server, by those that they have here."""
    if edit.kind in ("text", "add"):
        return dict(zip(edit.made, (task.id for task in tasks), strict=False))
    by_previous = {task.previous_id: task.id for task in tasks if task.previous_id is not None}
    return {made: by_previous[previous] for made, previous in edit.made.items() if previous in by_previous}


def _rebased(edit: PendingEdit, ids: Mapping[int, int], now: Mapping[int, Task]) -> PendingEdit:
    """Return an edit that waits after one that was made: with the ids that tasks have now, based on what they are."""
    task_ids = tuple(ids.get(task_id, task_id) for task_id in edit.task_ids)
    fields = dict(edit.fields)
    if fields.get("parent_id") in ids:
        fields["parent_id"] = ids[fields["parent_id"]]
    made = {task_id: ids.get(previous, previous) for task_id, previous in edit.made.items()}
    also = tuple(ids.get(task_id, task_id) for task_id in edit.also)
    seen = edit.seen
    if seen is not None and len(task_ids) == 1 and task_ids[0] in now:
        seen = now[task_ids[0]]
    return replace(edit, task_ids=task_ids, made=made, also=also, seen=seen, fields=fields)
