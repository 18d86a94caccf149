"""OfflineBackend: a RemoteBackend with a copy of the list on this computer.

Every edit of a task is written down before it is sent, and forgotten with its answer: whatever is cut in between, it is
sent again under the same key, so it is made once. While the server is away edits are made in the copy, and sent in
their order once it is back. See docs/decisions/0055-offline-edits.md.
"""

import asyncio
import logging
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import aclosing, contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, Final, TypeVar, cast

from pydantic import TypeAdapter
from pydantic_core import to_json, to_jsonable_python

from kirotodo.client.remote import conflicts
from kirotodo.client.remote.backend import PENDING, RemoteBackend
from kirotodo.client.remote.errors import OutcomeUnknown
from kirotodo.client.remote.http import Answer
from kirotodo.client.remote.kept import Kept, Made
from kirotodo.core.backend import (
    ImportReport,
    KeptNote,
    LinkChanged,
    ListChanged,
    ModelChoice,
    PendingEdits,
    Status,
    TaskFields,
)
from kirotodo.core.domain.conversation import Conversation, Sent
from kirotodo.core.domain.history import By, ChangeSelection, HistoryEntry, PastPage
from kirotodo.core.domain.pending_edit import EditKind, PendingEdit, is_provisional
from kirotodo.core.domain.plan import DayPlan, Move, Period, Spread
from kirotodo.core.domain.task import PAGE_MAX, Changed, Page, Task, TaskDraft, TaskFilter, TaskStats
from kirotodo.core.domain.view import View
from kirotodo.core.errors import (
    TASK_CHANGED,
    KeyReused,
    KirotodoError,
    NotFound,
    NotSignedIn,
    NotUndoable,
    PreconditionFailed,
    RateLimited,
    StorageError,
    Unreachable,
)
from kirotodo.core.lazy_dataclasses import dataclass

T = TypeVar("T")

OPEN_MAX: Final = 10_000
"""Open tasks that are shown from the copy at once."""
DONE_KEPT: Final = PAGE_MAX
"""Of the tasks that are done, the copy has those that were done last."""
KEYS_HOLD: Final = timedelta(hours=47)
"""A server knows the key of an edit for two days; what was sent under it before that may be made twice."""
LOOK_AGAIN: Final = timedelta(minutes=5)
"""How often views and history are fetched while the list changes, so that the copy has them once it is needed."""
HISTORY_PAGE: Final = 50
HISTORY_PAGES: Final = 4
OPEN: Final = TaskFilter(steps="show", scheduled="show")
DONE: Final = TaskFilter(status="completed", steps="show", sort="completed")
_KEPT: Final = "kept:"
"""Begins the cursors of pages of the copy."""
_STATUS: Final = "status"
_VIEWS: Final = "views"
_MODELS: Final = "models"
_MODEL_LIST: Final = TypeAdapter(tuple[ModelChoice, ...])
log = logging.getLogger(__name__)


@contextmanager
def _at_server(sentence: str) -> Iterator[None]:
    """Say first what the server is needed for, where it is away: much else goes on without it."""
    try:
        yield
    except OutcomeUnknown:
        raise
    except Unreachable as error:
        raise type(error)(f"{sentence} {error.message}") from error


@dataclass(frozen=True, kw_only=True, slots=True)
class _Items:
    items: tuple[Task, ...]


class OfflineBackend(RemoteBackend):
    """A user's list at a server, and a copy of it here. See `core.backend.Backend` for what each method promises.

    What can't be done with the copy raises `Unreachable` while the server is away, as it does without one.
    """

    def __init__(self, *args: Any, kept: Kept, now: Callable[[], datetime] = lambda: datetime.now(UTC), **options: Any):
        super().__init__(*args, **options)
        self._kept = kept
        self._now = now
        self._order = asyncio.Lock()
        """Held while edits are sent, so that each is sent after those that were made before it."""
        self._wake = asyncio.Event()
        self._listener: Callable[[PendingEdits], object] = lambda _: None
        self._whole = self._showed_copy = False
        self._heard = 0
        """How many changes came; `_looked` is how many there were when views and history were fetched last."""
        self._looked: int | None = None
        self._looked_at: datetime | None = None
        self._gone: set[int] = set()
        self._revision: int | None = None
        self._listening.enter_context(self._link.listening(self._hear))

    def _hear(self, change: LinkChanged) -> None:
        if change.link == "online":
            self._looked = self._looked_at = None
            self._wake.set()

    @property
    def _down(self) -> bool:
        return self._link.link != "online"

    # --- what waits ---

    async def last_known(self) -> tuple[Task, ...] | None:
        """See `core.backend.KeepsCopy`."""
        return await self._kept.open_tasks(OPEN_MAX)

    def on_pending(self, listener: Callable[[PendingEdits], object]) -> None:
        """See `core.backend.KeepsCopy`."""
        self._listener = listener

    async def _tell(self, **what_came: Any) -> None:
        edits = await self._kept.edits()
        ids = frozenset(task_id for edit in edits for task_id in edit.touched)
        self._listener(PendingEdits(count=len(edits), task_ids=ids, notes=await self._kept.notes(), **what_came))

    async def notes(self) -> tuple[KeptNote, ...]:
        """See `core.backend.KeepsCopy`."""
        return await self._kept.notes()

    async def dismiss_note(self, note_id: int) -> None:
        """See `core.backend.KeepsCopy`."""
        await self._kept.dismiss(note_id)

    # --- reading ---

    async def tasks(self, where: TaskFilter = PENDING, *, limit: int = 50, cursor: str | None = None) -> Page[Task]:
        if cursor is not None and cursor.startswith(_KEPT):
            return await self._kept_page(where, limit, cursor.removeprefix(_KEPT))
        if cursor is None:
            await self._sent_before()
        try:
            if cursor is None and await self._uses_copy():
                return await self._kept_page(where, limit, None)
            page = await super().tasks(where, limit=limit, cursor=cursor)
        except Unreachable:
            if cursor is not None or await self._kept.revision() is None:
                raise
            return await self._kept_page(where, limit, None)
        self._showed_copy = False
        return page

    @property
    def showed_copy(self) -> bool:
        """See `core.backend.KeepsCopy`."""
        return self._showed_copy

    async def _kept_page(self, where: TaskFilter, limit: int, cursor: str | None) -> Page[Task]:
        return self._of_copy(await self._kept.tasks(where, limit=limit, cursor=cursor))

    async def _uses_copy(self) -> bool:
        """Return whether to read from the copy at once: a request would be tried again and again before it fails."""
        return self._down and await self._kept.revision() is not None

    def _of_copy(self, page: Page[T]) -> Page[T]:
        self._showed_copy = True
        return page if page.next is None else replace(page, next=f"{_KEPT}{page.next}")

    async def task(self, task_id: int) -> Task:
        if is_provisional(task_id):
            return await self._kept.task(task_id)
        return await self._or_kept(partial(super().task, task_id), lambda: self._kept.task(task_id))

    async def status(self) -> Status:
        """Return the status; while the server is away, the last known one, with the tasks that are open here."""
        try:
            found = await super().status()
        except Unreachable:
            known = await self._kept.value(_STATUS)
            if known is None:
                raise
            found = TypeAdapter(Status).validate_json(known)
        else:
            await self._remember(_STATUS, found)
        if self._down and await self._kept.revision() is not None:
            pending = await self._kept.count_pending()
            found = replace(found, link=self._link.link, detail=self._link.detail, pending=pending)
        return found

    async def views(self) -> tuple[View, ...]:
        """Return the saved views; while the server is away, those that it had last."""
        try:
            found = await super().views()
        except Unreachable:
            if await self._kept.value(_VIEWS) is None:
                raise
            return await self._kept.views()
        await self._keep_views(found)
        return found

    async def _keep_views(self, found: tuple[View, ...]) -> None:
        text = to_json(found).decode()
        if text != await self._kept.value(_VIEWS):
            await self._kept.put_views(found)
            await self._kept.set_value(_VIEWS, text)

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
        """Return a page of changes; while the server is away, of those that are known here."""
        where: dict[str, Any] = {"task_id": task_id, "since": since, "until": until, "by": by, "limit": limit}
        if cursor is not None and cursor.startswith(_KEPT):
            return self._of_copy(await self._kept.history(**where, cursor=cursor.removeprefix(_KEPT)))
        if cursor is None:
            await self._sent_before()
        try:
            if (task_id is not None and is_provisional(task_id)) or (cursor is None and await self._uses_copy()):
                return self._of_copy(await self._kept.history(**where, cursor=None))
            page = await super().history(**where, cursor=cursor)
        except Unreachable:
            if cursor is not None or await self._kept.revision() is None:
                raise
            return self._of_copy(await self._kept.history(**where, cursor=None))
        self._showed_copy = False
        await self._kept.put_history(page.items)
        return page

    async def tasks_as_of(
        self, moment: str, where: TaskFilter = PENDING, *, limit: int = 50, cursor: str | None = None
    ) -> PastPage:
        with _at_server("Only the server knows your list as it was."):
            return await super().tasks_as_of(moment, where, limit=limit, cursor=cursor)

    async def stats(self, *, period_days: int = 7) -> TaskStats:
        with _at_server("Statistics need the server."):
            return await super().stats(period_days=period_days)

    async def plan(self, period: Period = "today", *, minutes: int | None = None) -> DayPlan:
        with _at_server("Plans need the server."):
            return await super().plan(period, minutes=minutes)

    async def propose_spread(self, *, per_day: int | None = None) -> Spread:
        with _at_server("Plans need the server."):
            return await super().propose_spread(per_day=per_day)

    async def conversations(
        self, *, search: str | None = None, limit: int = 50, cursor: str | None = None
    ) -> Page[Conversation]:
        with _at_server("Conversations are kept by the server."):
            return await super().conversations(search=search, limit=limit, cursor=cursor)

    async def models(self) -> tuple[ModelChoice, ...]:
        return await self._known(_MODELS, _MODEL_LIST, super().models())

    async def _known(self, name: str, kind: TypeAdapter[T], asking: Awaitable[T]) -> T:
        """Return what the server says, or said last."""
        try:
            found = await asking
        except Unreachable:
            known = await self._kept.value(name)
            if known is None:
                raise
            return kind.validate_json(known)
        await self._remember(name, found)
        return found

    async def _remember(self, name: str, value: Any) -> None:
        text = to_json(value).decode()
        if text != await self._kept.value(name):
            await self._kept.set_value(name, text)

    async def _or_kept(self, asking: Callable[[], Awaitable[T]], kept: Callable[[], Awaitable[T]]) -> T:
        if await self._uses_copy():
            with suppress(NotFound):
                return await kept()
        try:
            return await asking()
        except Unreachable as unreachable:
            try:
                return await kept()
            except NotFound:
                raise unreachable from None

    # --- edits that can wait ---

    async def add_from_text(self, text: str, *, dry_run: bool = False) -> tuple[Task, ...]:
        if not dry_run:
            return (await self._edit_tasks(_wanted("text", text=text)))[0]
        if self._down:
            return await self._kept.preview(text)
        preview = partial(super().add_from_text, text, dry_run=True)
        return await self._or_kept(preview, lambda: self._kept.preview(text))

    async def add_task(self, fields: TaskFields) -> Task:
        return (await self._edit_tasks(_wanted("add", fields=fields)))[0][0]

    async def update_tasks(self, task_ids: Sequence[int], fields: TaskFields) -> Changed:
        return (await self._edit_tasks(_wanted("update", task_ids, fields=fields)))[1]

    async def edit_task(self, seen: Task, fields: TaskFields) -> Task:
        return (await self._edit_tasks(_wanted("change", [seen.id], fields=fields, seen=seen)))[0][0]

    async def complete_tasks(self, task_ids: Sequence[int], *, completed: bool = True) -> Changed:
        return (await self._edit_tasks(_wanted("complete", task_ids, completed=completed)))[1]

    async def delete_tasks(self, task_ids: Sequence[int]) -> Changed:
        return (await self._edit_tasks(_wanted("delete", task_ids)))[1]

    async def _edit_tasks(self, wanted: PendingEdit) -> tuple[tuple[Task, ...], Changed]:
        """Make an edit: on the server where it answers, else in the copy, to be sent later."""
        async with self._order:
            if self._down or not await self._send_all():
                return await self._hold(wanted)
            edit = await self._kept.note(wanted)
            try:
                tasks, changed = await self._send(edit)
            except (Unreachable, StorageError):
                held = await self._hold(wanted, sent=edit)
                self._wake.set()
                return held
            except KirotodoError:
                await self._kept.drop(edit)
                raise
            except asyncio.CancelledError:
                self._wake.set()  # it may be on the server, so it is sent again until that is known
                raise
            await self._kept.settle(edit, tasks or changed.tasks, changed.removed)
            return tasks, changed

    async def _hold(self, wanted: PendingEdit, *, sent: PendingEdit | None = None) -> tuple[tuple[Task, ...], Changed]:
        try:
            made: Made = await self._kept.make(wanted, sent=sent)
        except NotFound:
            await self._tell()
            raise Unreachable(
                f"{self.address.host} doesn't answer, and the copy of your list on this computer doesn't have that "
                "task. Try again once the server is back."
            ) from None
        await self._tell()
        return made.tasks, made.changed

    # --- edits that need the server, after those that wait ---

    async def send(
        self,
        message: str,
        *,
        conversation_id: int | None = None,
        request_key: str | None = None,
        model: str | None = None,
        instead_of: int | None = None,
        keep_changes: bool = False,
    ) -> Sent:
        await self._sent_before(wait=self._insist)
        return await super().send(
            message,
            conversation_id=conversation_id,
            request_key=request_key,
            model=model,
            instead_of=instead_of,
            keep_changes=keep_changes,
        )

    async def undo(self, *, groups: int = 1) -> Changed:
        async with self._order:
            if await self._kept.edits() and (self._down or not await self._send_all()):
                changed = await self._kept.undo()
                await self._tell()
                return changed
            with _at_server("Only edits that wait here can be undone without the server."):
                return await super().undo(groups=groups)

    async def redo(self) -> Changed:
        await self._sent_before()
        with _at_server("Redo needs the server."):
            return await super().redo()

    async def undo_call(self, turn_id: str, call_id: str) -> Changed:
        await self._sent_before()
        with _at_server("Only edits that wait here can be undone without the server."):
            return await super().undo_call(turn_id, call_id)

    async def undo_changes(self, which: ChangeSelection) -> Changed:
        if which.change_id is not None and is_provisional(which.change_id):
            raise NotUndoable("That edit waits to be sent, or was sent since. Undo takes back the latest that wait.")
        await self._sent_before()
        with _at_server("Only edits that wait here can be undone without the server."):
            return await super().undo_changes(which)

    async def skip_tasks(
        self,
        task_ids: Sequence[int] | None = None,
        *,
        until: str | None = None,
        count: int | None = None,
        on: str | None = None,
        dry_run: bool = False,
    ) -> Changed:
        if dry_run or (task_ids is not None and not task_ids):  # none at all is wrong, while None means every routine
            await self._sent_before()
            preview = partial(super().skip_tasks, task_ids, until=until, count=count, on=on, dry_run=dry_run)
            return await self._or_kept(
                preview, lambda: self._kept.preview_skip(task_ids, until=until, count=count, on=on)
            )
        given = {"until": until, "count": count, "on": on}
        fields = {name: value for name, value in given.items() if value is not None}
        return (await self._edit_tasks(_wanted("skip", task_ids or (), fields=cast(TaskFields, fields))))[1]

    async def move_tasks(self, moves: Sequence[Move], *, for_once: bool = True) -> Changed:
        if for_once:
            await self._sent_before()
            with _at_server("Moving tasks as a plan says needs the server."):
                return await super().move_tasks(moves)
        fields = {"moves": to_jsonable_python(moves)}
        wanted = _wanted("move", [move.task_id for move in moves], fields=cast(TaskFields, fields))
        return (await self._edit_tasks(wanted))[1]

    async def save_view(self, view: View, *, instead_of: str | None = None) -> View:
        with _at_server("Saving a view needs the server."):
            return await super().save_view(view, instead_of=instead_of)

    async def delete_view(self, name: str) -> View:
        with _at_server("Removing a view needs the server."):
            return await super().delete_view(name)

    async def import_tasks(
        self, drafts: Sequence[TaskDraft], *, on_progress: Callable[[int], None] | None = None
    ) -> ImportReport:
        await self._sent_before()
        with _at_server("An import needs the server."):
            return await super().import_tasks(drafts, on_progress=on_progress)

    async def _sent_before(self, *, wait: bool = False) -> None:
        """Send the edits that wait, if the server can be reached; with `wait`, not before it can."""
        failures = 0
        while await self._kept.edits():
            async with self._order:
                if (wait or not self._down) and await self._send_all():
                    return
            if not wait:
                return
            failures += 1
            await self._link.rest(self._requests.backoff.after(failures))

    # --- sending ---

    async def _send_all(self) -> bool:
        """Send the edits that wait, in their order. Return whether none is left."""
        while edits := await self._kept.edits():
            try:
                await self._send_waiting(edits[0])
            except (Unreachable, StorageError, RateLimited, NotSignedIn) as error:
                log.info("An edit waits to be sent: %s", error.message)
                return False
        return True

    async def _send_waiting(self, edit: PendingEdit) -> None:
        """Send an edit that waits, and take in what came of it. Raises what says that it has to wait longer."""
        if edit.kind in ("text", "add") and edit.tried_at is not None and self._now() - edit.tried_at > KEYS_HOLD:
            await self._refused(edit, conflicts.unknown(edit))
            return
        edit = edit if edit.tried_at is not None else await self._kept.tried(edit)
        try:
            tasks, changed = await self._send(edit)
        except PreconditionFailed:
            await self._meet_conflict(edit)
        except NotFound:
            await self._refused(edit, conflicts.gone(edit))
        except (Unreachable, StorageError, RateLimited, NotSignedIn):
            raise
        except KeyReused:
            await self._refused(edit, conflicts.unknown(edit))
        except KirotodoError as error:
            await self._refused(edit, conflicts.refused(edit, error.message))
        else:
            note = edit.note or conflicts.overruled(edit, changed)
            await self._settled(edit, tasks or changed.tasks, changed.removed, note)

    async def _settled(self, edit: PendingEdit, tasks: Sequence[Task], removed: Sequence[int], note: str) -> None:
        ids = await self._kept.settle(edit, tasks, removed, note)
        gone = (*removed, *(one for one in edit.made if one not in ids), *ids)
        pending = {task_id for later in await self._kept.edits() for task_id in later.touched}
        now = [await self._kept.task(one) for one in ids.values() if one in pending]
        shown = [*(task for task in tasks if task.id not in pending), *now]
        await self._tell(tasks=tuple(shown), removed=gone)

    async def _meet_conflict(self, edit: PendingEdit) -> None:
        """Make an edit although its task has changed on the server, and say so where both changed the same."""
        now = await super().task(edit.task_ids[0])
        wanted = edit.fields if edit.values is None else edit.values
        note = conflicts.between(edit, wanted, now)
        await self._kept.replace(replace(edit, key=uuid.uuid4().hex, fields=wanted, seen=now, note=note, tried_at=None))

    async def _refused(self, edit: PendingEdit, note: str) -> None:
        now: list[Task] = []
        for task_id in edit.task_ids:
            with suppress(NotFound):
                if not is_provisional(task_id):
                    now.append(await super().task(task_id))
                    if now[-1].steps is not None:  # they may have been changed here along with it
                        now += await self._all(TaskFilter(status="all", parent_id=task_id))
        others = await self._kept.refuse(edit, now, note, conflicts.dropped)
        gone = {*edit.touched, *(one for other in others for one in other.touched)} - {task.id for task in now}
        await self._tell(tasks=tuple(now), removed=tuple(gone))

    async def _send(self, edit: PendingEdit) -> tuple[tuple[Task, ...], Changed]:
        """Send an edit. Return the tasks that it made or changed, and all that changed where the server says that."""
        method, path, body = _request(edit)
        headers = {"Idempotency-Key": edit.key}
        try:
            answer: Answer = await self._requests.ask("once", method, path, body=body, headers=headers)
        except PreconditionFailed as error:
            raise PreconditionFailed(TASK_CHANGED) from error
        match edit.kind:
            case "text":
                return answer.of(_Items).items, Changed()
            case "add" | "change":
                return (answer.of(Task),), Changed()
            case _:
                return (), answer.of(Changed)

    async def _keep_sending(self) -> None:
        """Send what waits whenever the server is there, for as long as the list is followed; complete the copy first
        where it is not whole."""
        await self._tell()
        failures = 0
        while True:
            self._wake.clear()
            done = False
            with suppress(KirotodoError):
                async with self._order:
                    done = self._down or await self._send_all()
                if done and not self._down:
                    await self._complete_copy()
                    await self._freshen()
            failures = 0 if done else failures + 1
            with suppress(TimeoutError):
                async with asyncio.timeout(None if done else self._requests.backoff.after(failures) + 1):
                    await self._wake.wait()

    # --- the copy ---

    async def changes(self, *, after: int | None = None) -> AsyncIterator[ListChanged | LinkChanged]:
        since = await self._kept.revision() if after is None else after
        self._whole, self._revision = since is not None, since
        sending = asyncio.create_task(self._keep_sending())
        try:
            async with aclosing(self._news(since)) as news:
                async for change in news:
                    yield await self._taken_in(change) if isinstance(change, ListChanged) else change
        finally:
            sending.cancel()
            await asyncio.gather(sending, return_exceptions=True)

    def _news(self, since: int | None) -> Any:
        return super().changes(after=since)

    async def _taken_in(self, change: ListChanged) -> ListChanged:
        """Keep what changed, and return as much of it as differs from what is shown: edits that wait stay."""
        if self._revision is not None and change.revision < self._revision:
            self._whole = False  # another list than the one this is a copy of: a backup was restored
        self._revision = change.revision
        self._gone |= set(change.removed)
        revision = change.revision if self._whole else None
        await self._kept.put(change.tasks, change.removed, revision=revision)
        held = {task_id for edit in await self._kept.edits() for task_id in edit.touched}
        if not held and change.pending not in (None, await self._kept.count_pending()):
            self._whole = False
        self._heard += 1
        if not self._whole or self._looks_again:
            self._wake.set()
        tasks = tuple(task for task in change.tasks if task.id not in held)
        return replace(change, tasks=tasks, removed=tuple(one for one in change.removed if one not in held))

    async def _complete_copy(self) -> None:
        """Fetch the whole list, unless the copy is whole."""
        if self._whole or self._revision is None:
            return
        revision, self._gone = self._revision, set()
        found = {task.id: task for task in await self._all(OPEN)}
        done = await super().tasks(DONE, limit=DONE_KEPT)
        found |= {task.id: task for task in done.items}
        for task in list(found.values()):
            if task.steps is not None and task.steps.total > sum(one.parent_id == task.id for one in found.values()):
                found |= {step.id: step for step in await self._all(TaskFilter(status="all", parent_id=task.id))}
        await self._kept.fill([task for task in found.values() if task.id not in self._gone], revision=revision)
        self._whole = True

    async def _freshen(self) -> None:
        """Fetch the saved views and what was changed last, unless that was done since the last change or just now."""
        heard = self._heard
        if self._looked == heard or not self._looks_again:
            return
        self._looked_at = self._now()
        with suppress(NotFound):  # a server of an earlier release has no views
            await self._keep_views(await super().views())
        known, cursor = await self._kept.newest_change(), None
        for _ in range(HISTORY_PAGES):
            page = await super().history(limit=HISTORY_PAGE, cursor=cursor)
            await self._kept.put_history(page.items)
            cursor = page.next
            if cursor is None or page.items[-1].id <= known:
                break
        self._looked = heard

    @property
    def _looks_again(self) -> bool:
        return self._looked_at is None or self._now() - self._looked_at >= LOOK_AGAIN

    async def _all(self, where: TaskFilter) -> list[Task]:
        tasks: list[Task] = []
        cursor: str | None = None
        while True:
            page = await super().tasks(where, limit=PAGE_MAX, cursor=cursor)
            tasks += page.items
            if page.next is None or page.next == cursor:
                return tasks
            cursor = page.next

    async def aclose(self) -> None:
        await super().aclose()
        await self._kept.aclose()


def _wanted(
    kind: EditKind, task_ids: Sequence[int] = (), *, fields: TaskFields | None = None, **more: Any
) -> PendingEdit:
    given: Mapping[str, Any] = {**fields} if fields is not None else {}
    return PendingEdit(kind=kind, key=uuid.uuid4().hex, task_ids=tuple(task_ids), fields=given, **more)


def _request(edit: PendingEdit) -> tuple[str, str, Any]:
    """Return the method, the path and the body of the request that makes an edit."""
    ids = list(edit.task_ids)
    match edit.kind:
        case "text":
            return "POST", "/tasks/from-text", {"text": edit.text, "dry_run": False}
        case "add":
            return "POST", "/tasks", dict(edit.fields)
        case "change":
            updated = {} if edit.seen is None else {"updated_at": edit.seen.updated_at}
            return "PATCH", f"/tasks/{ids[0]}", {**edit.fields, **updated}
        case "update":
            return "POST", "/tasks/update", {"task_ids": ids, "fields": dict(edit.fields)}
        case "complete":
            return "POST", "/tasks/complete", {"task_ids": ids, "completed": edit.completed}
        case "skip":
            return "POST", "/tasks/skip", {**({"task_ids": ids} if ids else {}), **edit.fields}
        case "move":
            return "POST", "/tasks/move", {**edit.fields, "for_once": False}
        case "delete":
            return "POST", "/tasks/delete", {"task_ids": ids}
