"""The list and the conversations of the scripted backend: all in memory, and read without a grammar."""

import asyncio
import itertools
from collections import Counter
from collections.abc import AsyncIterator, Callable, Collection, Iterable, Sequence
from dataclasses import fields, replace
from datetime import date, datetime, time, timedelta
from typing import Any, Final

from kirotodo.core.backend import ConversationHead, ImportReport, LinkChanged, ListChanged, Rung, TaskFields
from kirotodo.core.domain.conversation import (
    Conversation,
    Message,
    Role,
    Transcript,
    Turn,
)
from kirotodo.core.domain.history import ACTORS_OF, CALENDAR_PREFIX, Actor, By, ChangeSelection, HistoryEntry, PastPage
from kirotodo.core.domain.plan import DayPlan, Move, Period, Spread, ordered
from kirotodo.core.domain.reminder import LATE_AFTER, Claim, Claimed, Reminder
from kirotodo.core.domain.task import TITLE_MAX, Change, Changed, DayCount, Page, Task, TaskDraft, TaskFilter, TaskStats
from kirotodo.core.domain.view import View
from kirotodo.core.errors import TASK_CHANGED, InvalidInput, KirotodoError, NotFound, NotUndoable, PreconditionFailed

_PENDING: Final = TaskFilter()
_PLAIN: Final = ("title", "notes", "priority", "recurrence", "recurs_from", "project", "due_date", "due_time")


def _run(days: Collection[date], last: date) -> int:
    """Return how many days in a row up to `last` are among these."""
    return next(length for length in itertools.count() if last - timedelta(days=length) not in days)


class ScriptedList:
    """Tasks in memory. Words for dates are few: `today`, `tomorrow`, `2026-11-27`, `2026-11-27 17:00`; moments of the
    past are given as such. The history has the edits, and not the steps of undo."""

    def __init__(self, *, clock: Callable[[], datetime], tasks: Sequence[Task] = ()) -> None:
        self.clock = clock
        self._tasks = {task.id: task for task in tasks}
        self._groups: list[tuple[Change, ...]] = []
        self._undone: list[tuple[Change, ...]] = []
        self._log: list[HistoryEntry] = []
        self._listeners: list[asyncio.Queue[ListChanged | LinkChanged]] = []
        self._published: list[ListChanged] = []
        self._views: dict[str, View] = {}
        self._faults: dict[str, KirotodoError] = {}
        self._rung: set[tuple[int, datetime]] = set()

    def break_down(self, method: str, error: KirotodoError) -> None:
        """The next call of this method raises."""
        self._faults[method] = error

    def _check(self, method: str) -> None:
        if error := self._faults.pop(method, None):
            raise error

    @property
    def pending(self) -> int:
        """Return the number of open tasks."""
        return sum(not task.completed for task in self._tasks.values())

    def take(self, tasks: Iterable[Task], removed: Iterable[int]) -> int:
        """What a turn or another program changed, as one group; gives the group's place."""
        self._apply({**{task.id: task for task in tasks}, **dict.fromkeys(removed)})
        return len(self._groups) - 1

    def change_elsewhere(self, tasks: Sequence[Task] = (), removed: Sequence[int] = ()) -> None:
        """Another program changes the list."""
        self.take(tasks, removed)

    def publish(self, change: ListChanged) -> None:
        """Tell all who follow the changes."""
        self._published.append(replace(change, revision=len(self._published) + 1, pending=self.pending))
        self._notify(self._published[-1])

    def _notify(self, change: ListChanged | LinkChanged) -> None:
        for listener in self._listeners:
            listener.put_nowait(change)

    # --- reading ---

    async def tasks(self, where: TaskFilter = _PENDING, *, limit: int = 50, cursor: str | None = None) -> Page[Task]:
        self._check("tasks")
        found = sorted((task for task in self._tasks.values() if _fits(task, where)), key=_order)
        start = int(cursor or 0)
        more = str(start + limit) if len(found) > start + limit else None
        return Page(items=tuple(found[start : start + limit]), next=more, total=len(found))

    async def tasks_as_of(
        self, moment: str, where: TaskFilter = _PENDING, *, limit: int = 50, cursor: str | None = None
    ) -> PastPage:
        self._check("tasks_as_of")
        then = datetime.fromisoformat(moment)
        state = dict(self._tasks)
        for entry in reversed(self._log):
            if entry.at > then:
                state.pop(entry.task_id, None)
                state |= {} if entry.before is None else {entry.task_id: entry.before}
        found = sorted((task for task in state.values() if _fits(task, where)), key=_order)
        return PastPage(as_of=then, items=tuple(found[:limit]), total=len(found))

    async def history(
        self,
        *,
        task_id: int | None = None,
        since: str | None = None,
        until: str | None = None,
        by: By | None = None,
        limit: int = 50,
        cursor: str | None = None,
    ) -> Page[HistoryEntry]:
        self._check("history")
        found = [
            entry
            for entry in reversed(self._log)
            if task_id in (None, entry.task_id)
            and (by is None or entry.by.kind in ACTORS_OF[by])
            and (by != "calendar" or (entry.by.name or "").startswith(CALENDAR_PREFIX))
            and (since is None or entry.at >= datetime.fromisoformat(since))
            and (until is None or entry.at < datetime.fromisoformat(until))
        ]
        start = int(cursor or 0)
        more = str(start + limit) if len(found) > start + limit else None
        return Page(items=tuple(found[start : start + limit]), next=more)

    async def task(self, task_id: int) -> Task:
        return self._get(task_id)

    async def views(self) -> tuple[View, ...]:
        self._check("views")
        return tuple(sorted(self._views.values(), key=lambda view: (not view.pinned, view.name)))

    async def save_view(self, view: View, *, instead_of: str | None = None) -> View:
        self._check("save_view")
        if instead_of is not None:
            await self.delete_view(instead_of)
        self._views[view.name] = view
        return view

    async def delete_view(self, name: str) -> View:
        self._check("delete_view")
        if name not in self._views:
            raise NotFound(f"There is no view “{name}”.")
        return self._views.pop(name)

    async def stats(self, *, period_days: int = 7) -> TaskStats:
        self._check("stats")
        today = self.clock().date()
        zone = self.clock().tzinfo
        done = Counter(task.completed_at.astimezone(zone).date() for task in self._tasks.values() if task.completed_at)
        added = Counter(task.created_at.astimezone(zone).date() for task in self._tasks.values())
        days = [today - timedelta(days=back) for back in range(period_days - 1, -1, -1)]
        due = [task.due_date for task in self._tasks.values() if not task.completed and task.due_date is not None]
        return TaskStats(
            period_days=period_days,
            pending=self.pending,
            overdue=sum(day < today for day in due),
            due_today=sum(day == today for day in due),
            completed=sum(done[day] for day in days),
            created=sum(added[day] for day in days),
            streak=_run(done, today) or _run(done, today - timedelta(days=1)),
            best_streak=max((_run(done, day) for day in done), default=0),
            days=tuple(DayCount(day=day, completed=done[day], created=added[day]) for day in days),
        )

    # --- editing ---

    async def add_from_text(self, text: str, *, dry_run: bool = False) -> tuple[Task, ...]:
        if not text.strip():
            raise InvalidInput("Say what to add.")
        if dry_run:
            return (Task(id=0, title=text.strip(), created_at=self.clock(), updated_at=self.clock()),)
        return (await self.add_task(TaskFields(title=text.strip())),)

    async def add_task(self, fields: TaskFields) -> Task:
        self._check("add_task")
        if not fields.get("title"):
            raise InvalidInput("A task needs a title.")
        id = max(self._tasks, default=0) + 1
        task = Task(id=id, title="", created_at=self.clock(), updated_at=self.clock())
        self._apply({id: self._edited(task, fields)})
        return self._tasks[id]

    async def update_tasks(self, task_ids: Sequence[int], fields: TaskFields) -> Changed:
        self._check("update_tasks")
        return self._apply({id: self._edited(self._get(id), fields) for id in task_ids})

    async def edit_task(self, seen: Task, fields: TaskFields) -> Task:
        self._check("edit_task")
        if self._get(seen.id).updated_at != seen.updated_at:
            raise PreconditionFailed(TASK_CHANGED)
        self._apply({seen.id: self._edited(self._get(seen.id), fields)})
        return self._tasks[seen.id]

    async def complete_tasks(self, task_ids: Sequence[int], *, completed: bool = True) -> Changed:
        self._check("complete_tasks")
        moment = self.clock() if completed else None
        return self._apply({id: replace(self._get(id), completed_at=moment) for id in task_ids})

    async def skip_tasks(
        self,
        task_ids: Sequence[int] | None = None,
        *,
        until: str | None = None,
        count: int | None = None,
        on: str | None = None,
        dry_run: bool = False,
    ) -> Changed:
        self._check("skip_tasks")
        tasks = [self._get(id) for id in task_ids or ()]
        if other := next((task for task in tasks if not task.repeats), None):
            raise InvalidInput(f"Task {other.id} “{other.title}” does not repeat, so there is no occurrence to skip.")
        moved = {task.id: replace(task, due_date=self.clock().date() + timedelta(days=7)) for task in tasks}
        return Changed(tasks=tuple(moved.values())) if dry_run else self._apply({**moved})

    async def plan(self, period: Period = "today", *, minutes: int | None = None) -> DayPlan:
        self._check("plan")
        return ordered(self._tasks.values(), now=self.clock(), period=period, minutes=minutes)

    async def propose_spread(self, *, per_day: int | None = None) -> Spread:
        self._check("propose_spread")
        return Spread()

    async def move_tasks(self, moves: Sequence[Move], *, for_once: bool = True) -> Changed:
        self._check("move_tasks")
        return self._apply({move.task_id: replace(self._get(move.task_id), due_date=move.to) for move in moves})

    async def delete_tasks(self, task_ids: Sequence[int]) -> Changed:
        self._check("delete_tasks")
        return self._apply({self._get(id).id: None for id in task_ids})

    async def import_tasks(
        self, drafts: Sequence[TaskDraft], *, on_progress: Callable[[int], None] | None = None
    ) -> ImportReport:
        start = max(self._tasks, default=0) + 1
        made: dict[int, Task | None] = {}
        for id, draft in enumerate(drafts, start):
            values = {known.name: getattr(draft, known.name) for known in fields(draft)}
            made[id] = Task(**{**values, "id": id, "created_at": self.clock(), "updated_at": self.clock()})
        self._apply(made)
        return ImportReport(added=tuple(made))

    # --- undo ---

    async def undo(self, *, groups: int = 1) -> Changed:
        self._check("undo")
        if not self._groups:
            raise NotUndoable("There is nothing to undo.")
        return self.undo_group(len(self._groups) - 1)

    def undo_group(self, place: int) -> Changed:
        """Put back one group, wherever it lies."""
        group = self._groups[place]
        self._groups[place] = ()
        while self._groups and not self._groups[-1]:
            self._groups.pop()
        self._undone.append(group)
        return self._put({change.task_id: change.before for change in group})

    async def undo_changes(self, which: ChangeSelection) -> Changed:
        self._check("undo_changes")
        wanted = [entry for entry in self._log if entry.id == which.change_id and not entry.undone]
        if not wanted:
            raise NotUndoable("There is nothing to undo there.")
        self._log[wanted[0].id - 1] = replace(wanted[0], undone=True)
        return self._put({wanted[0].task_id: wanted[0].before})

    async def redo(self) -> Changed:
        self._check("redo")
        if not self._undone:
            raise NotUndoable("There is nothing to do again.")
        group = self._undone.pop()
        self._groups.append(group)
        return self._put({change.task_id: change.after for change in group})

    # --- reminders ---

    async def claim_reminders(self, owner: str, *, limit: int = 50) -> Claimed:
        self._check("claim_reminders")
        waiting = sorted(
            (task.remind_at, task.id)
            for task in self._tasks.values()
            if task.remind_at is not None and not task.completed and (task.id, task.remind_at) not in self._rung
        )
        due = [(moment, id) for moment, id in waiting if moment <= self.clock()][:limit]
        later = [moment for moment, _ in waiting if moment > self.clock()]
        items = tuple(
            Reminder(task=self._tasks[id], remind_at=moment, epoch=1, late=self.clock() - moment >= LATE_AFTER)
            for moment, id in due
        )
        return Claimed(items=items, next_at=min(later, default=None))

    async def settle_reminders(self, owner: str, claims: Sequence[Claim], *, rung: bool = True) -> tuple[Rung, ...]:
        self._check("settle_reminders")
        if not rung:
            return ()
        self._rung.update((claim.task_id, claim.remind_at) for claim in claims)
        return tuple(Rung(task_id=each.task_id, remind_at=each.remind_at, rung_at=self.clock()) for each in claims)

    # --- the feed ---

    async def changes(self, *, after: int | None = None) -> AsyncIterator[ListChanged | LinkChanged]:
        listener: asyncio.Queue[ListChanged | LinkChanged] = asyncio.Queue()
        if after is None:
            listener.put_nowait(ListChanged(revision=len(self._published), pending=self.pending))
        for change in self._published[after:] if after is not None else ():
            listener.put_nowait(change)
        self._listeners.append(listener)
        try:
            while True:
                yield await listener.get()
        finally:
            self._listeners.remove(listener)

    # --- within ---

    def _get(self, task_id: int) -> Task:
        if task_id not in self._tasks:
            raise NotFound(f"There is no task {task_id}.")
        return self._tasks[task_id]

    def _apply(self, after: dict[int, Task | None]) -> Changed:
        changes = tuple(
            Change(id=number, task_id=id, before=self._tasks.get(id), after=task)
            for number, (id, task) in enumerate(after.items(), 1)
        )
        self._groups.append(changes)
        self._log += [
            HistoryEntry(
                id=len(self._log) + change.id,
                at=self.clock(),
                task_id=change.task_id,
                by=Actor(kind="you", name="screen"),
                before=change.before,
                after=change.after,
                group_id=len(self._groups),
            )
            for change in changes
        ]
        self._undone.clear()
        return replace(self._put(after), changes=changes)

    def _put(self, values: dict[int, Task | None]) -> Changed:
        for id, task in values.items():
            if task is None:
                self._tasks.pop(id, None)
            else:
                self._tasks[id] = task
        removed = tuple(id for id, task in values.items() if task is None)
        changed = Changed(tasks=tuple(task for task in values.values() if task is not None), removed=removed)
        self.publish(ListChanged(tasks=changed.tasks, removed=changed.removed))
        return changed

    def _edited(self, task: Task, fields: TaskFields) -> Task:
        given: dict[str, Any] = dict(fields)
        values: dict[str, Any] = {name: given[name] for name in _PLAIN if name in given}
        if len(str(values.get("title", "x")).strip()) not in range(1, TITLE_MAX + 1):
            raise InvalidInput(f"A title has 1 to {TITLE_MAX} characters.")
        if "due" in given:
            values["due_date"], values["due_time"] = self._moment(given["due"] or "")
        if "time" in given:
            values["due_time"] = time.fromisoformat(given["time"]) if given["time"] else None
        if "remind_at" in given:
            values["remind_at"] = given["remind_at"]
        if "snooze" in given:
            minutes = int(given["snooze"].split()[0])
            values["remind_at"] = self.clock() + timedelta(minutes=minutes)
        if "tags" in given:
            values["tags"] = tuple(given["tags"])
        added, gone = given.get("add_tags", ()), given.get("remove_tags", ())
        if added or gone:
            values["tags"] = tuple(tag for tag in (*task.tags, *added) if tag not in gone)
        return replace(task, **values, updated_at=self.clock())

    def _moment(self, words: str) -> tuple[date | None, time | None]:
        today = self.clock().date()
        day, _, hour = words.strip().partition(" ")
        named = {"": None, "today": today, "tomorrow": today + timedelta(days=1)}
        try:
            return (
                named[day] if day in named else date.fromisoformat(day),
                time.fromisoformat(hour) if hour else None,
            )
        except ValueError as error:
            raise InvalidInput(f"When is {words!r}? Say it as 2026-11-27 or 2026-11-27 17:00.") from error


def _fits(task: Task, where: TaskFilter) -> bool:
    if where.status != "all" and task.completed != (where.status == "completed"):
        return False
    if where.parent_id is not None and task.parent_id != where.parent_id:
        return False
    return where.search is None or where.search.casefold() in task.title.casefold()


def _order(task: Task) -> tuple[date, time, int]:
    return task.due_date or date.max, task.due_time or time.max, task.id


class ScriptedConversations(ScriptedList):
    """Conversations and messages with their turns as they stand."""

    def __init__(self, *, clock: Callable[[], datetime], tasks: Sequence[Task] = ()) -> None:
        super().__init__(clock=clock, tasks=tasks)
        self.turns: dict[str, Turn] = {}
        self._conversations: dict[int, Conversation] = {}
        self._messages: dict[int, list[Message]] = {}
        self._deleted: set[int] = set()

    def publish_conversations(self, *conversation_ids: int) -> None:
        """These conversations changed; without any, so many that nobody says which."""
        self.publish(ListChanged(conversations=True, heads=tuple(map(self._head, conversation_ids))))

    def _head(self, conversation_id: int) -> ConversationHead:
        return ConversationHead(
            id=conversation_id,
            title=self._conversations[conversation_id].title,
            last_seq=len(self._messages[conversation_id]),
            deleted=conversation_id in self._deleted,
        )

    async def conversations(
        self, *, search: str | None = None, limit: int = 50, cursor: str | None = None
    ) -> Page[Conversation]:
        self._check("conversations")
        found = [self._described(id) for id in reversed(self._conversations) if id not in self._deleted]
        if search:
            found = [known for known in found if search.casefold() in self._words(known.id)]
        found.sort(key=lambda known: known.updated_at, reverse=True)
        start = int(cursor or 0)
        more = str(start + limit) if len(found) > start + limit else None
        return Page(items=tuple(found[start : start + limit]), next=more, total=len(found))

    def _described(self, conversation_id: int) -> Conversation:
        messages = self._messages[conversation_id]
        preview = messages[-1].content[:80] if messages else ""
        return replace(self._conversations[conversation_id], preview=preview, message_count=len(messages))

    def _words(self, conversation_id: int) -> str:
        texts = [message.content for message in self._messages[conversation_id]]
        return "\n".join([self._conversations[conversation_id].title, *texts]).casefold()

    async def transcript(self, conversation_id: int, *, before: int | None = None, limit: int = 50) -> Transcript:
        self._check("transcript")
        conversation = self._conversation(conversation_id)
        older = [message for message in self._messages[conversation_id] if before is None or message.seq < before]
        page = older[-limit:]
        turn_ids = dict.fromkeys(message.turn_id for message in page)
        return Transcript(
            conversation=conversation,
            messages=tuple(page),
            turns=tuple(self.turns[id] for id in turn_ids if id in self.turns),
            before=page[0].seq if len(older) > limit else None,
        )

    async def rename_conversation(self, conversation_id: int, title: str) -> Conversation:
        self._check("rename_conversation")
        renamed = replace(self._conversation(conversation_id), title=title, updated_at=self.clock())
        self._conversations[conversation_id] = renamed
        self.publish_conversations(conversation_id)
        return renamed

    async def delete_conversation(self, conversation_id: int) -> None:
        self._check("delete_conversation")
        self._conversation(conversation_id)
        self._deleted.add(conversation_id)
        self.publish_conversations(conversation_id)

    async def restore_conversation(self, conversation_id: int) -> Conversation:
        self._deleted.discard(conversation_id)
        self.publish_conversations(conversation_id)
        return self._conversation(conversation_id)

    def _begin(self, title: str) -> Conversation:
        id = len(self._conversations) + 1
        now = self.clock()
        self._conversations[id] = Conversation(id=id, title=title, created_at=now, updated_at=now)
        self._messages[id] = []
        return self._conversations[id]

    def _write(self, conversation_id: int, role: Role, content: str, turn_id: str) -> int:
        messages = self._messages[conversation_id]
        seq = len(messages) + 1
        messages.append(
            Message(
                conversation_id=conversation_id,
                seq=seq,
                role=role,
                content=content,
                turn_id=turn_id,
                created_at=self.clock(),
            )
        )
        self._conversations[conversation_id] = replace(self._conversations[conversation_id], updated_at=self.clock())
        self.publish_conversations(conversation_id)
        return seq

    def _conversation(self, conversation_id: int) -> Conversation:
        if conversation_id not in self._conversations or conversation_id in self._deleted:
            raise NotFound(f"There is no conversation {conversation_id}.")
        return self._conversations[conversation_id]
