"""What calendar programs know of one user's tasks: under which names, and what they stored. Never commits.

A task has a row here once a program stored it; the name and UID of any other follow from its number.
"""

import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any, Final

from sqlalchemy import BindParameter, and_, bindparam, delete, insert, or_, select

from kirotodo.core.domain.calendar import CalendarChanges, CalendarItem, CalendarObject, SyncToken
from kirotodo.core.domain.task import Task
from kirotodo.core.errors import InvalidInput, NotFound
from kirotodo.core.lazy_dataclasses import dataclass
from kirotodo.core.store.json_texts import dump_task, load_task
from kirotodo.core.store.statement import Statements
from kirotodo.core.store.statements.transaction import UID
from kirotodo.core.store.tables import calendar_objects, tasks, users
from kirotodo.core.store.task_rows import TaskRows
from kirotodo.core.store.transaction import Scope, hash_of

_ROWS: Final = Statements("task_rows")
_C: Final = calendar_objects.c
_CHUNK: Final = 500
_DEFAULT: Final = re.compile(r"kirotodo-([1-9]\d{0,9})\.ics")
_GONE: Final = "deleted"
_IDS: Final[BindParameter[Any]] = bindparam("ids", expanding=True)
_NAMES: Final[BindParameter[Any]] = bindparam("names", expanding=True)
_COLUMNS: Final = (_C.task_id, _C.name, _C.uid, _C.parent_uid, _C.source, _C.base, _C.version)
_MINE: Final = _C.user_id == UID
_BY_ID: Final = select(*_COLUMNS).where(_MINE, _C.task_id.in_(_IDS))
_BY_NAME: Final = select(_C.task_id, _C.name).where(_MINE, _C.name.in_(_NAMES))
_BY_UID: Final = select(_C.task_id).where(_MINE, _C.uid == bindparam("the_uid"))
_WAITING: Final = select(_C.task_id).where(_MINE, _C.parent_uid == bindparam("the_uid"))
_INSERT: Final = insert(calendar_objects)
_DELETE: Final = delete(calendar_objects).where(_MINE, _C.task_id.in_(_IDS))
_KNOWN: Final = select(tasks.c.id).where(tasks.c.user_id == UID, tasks.c.id == bindparam("the_id"))
_REVISION: Final = select(users.c.revision, users.c.calendar_from).where(users.c.id == UID)
_AFTER: Final = bindparam("after_revision", type_=tasks.c.revision.type)
_CHANGED: Final = (
    select(tasks.c.id, tasks.c.revision, tasks.c.deleted_at)
    .where(
        tasks.c.user_id == UID,
        or_(tasks.c.revision > _AFTER, and_(tasks.c.revision == _AFTER, tasks.c.id > bindparam("after_id"))),
    )
    .order_by(tasks.c.revision, tasks.c.id)
)
_LAST_ID: Final = 2**31 - 1
STALE: Final = "This sync token is too old, or of another list. Read everything once more."


@dataclass(frozen=True, kw_only=True, slots=True)
class _Row:
    task_id: int
    name: str
    uid: str
    parent_uid: str | None = None
    source: str = ""
    base: str | None = None
    version: int = 0


class CalendarStore:
    """The calendar objects of a user, in an open transaction."""

    def __init__(self, scope: Scope, rows: TaskRows) -> None:
        self._scope = scope
        self._rows = rows

    async def objects_of(self, found: Sequence[Task]) -> tuple[CalendarObject, ...]:
        """Return these tasks as calendar programs know them."""
        parents = {task.parent_id for task in found if task.parent_id is not None}
        rows = await self._rows_of({*(task.id for task in found), *parents})
        return tuple(self._object(task, rows) for task in found)

    def _object(self, task: Task, rows: dict[int, _Row]) -> CalendarObject:
        row = rows[task.id]
        parent_uid = rows[task.parent_id].uid if task.parent_id is not None else None
        told = (dump_task(replace(task, steps=None)), row.name, row.uid, parent_uid, row.parent_uid, row.version)
        return CalendarObject(
            task=task,
            name=row.name,
            uid=row.uid,
            etag=hashlib.sha256(repr(told).encode("utf-8", "surrogatepass")).hexdigest()[:32],
            parent_uid=parent_uid,
            source=row.source,
            base=load_task(row.base),
        )

    async def _rows_of(self, ids: Iterable[int]) -> dict[int, _Row]:
        """Return the rows of tasks, or what they would be."""
        wanted = sorted(ids)
        rows = {task_id: self._default(task_id) for task_id in wanted}
        for start in range(0, len(wanted), _CHUNK):
            for row in await self._scope.rows(_BY_ID, {"ids": wanted[start : start + _CHUNK]}):
                rows[row.task_id] = _Row(**row._mapping)
        return rows

    def _default(self, task_id: int) -> _Row:
        uid = f"kirotodo-{task_id}-{hash_of(self._scope.user_id)[:12]}"
        return _Row(task_id=task_id, name=f"kirotodo-{task_id}.ics", uid=uid)

    async def named(self, names: Sequence[str]) -> tuple[CalendarObject, ...]:
        """Return those of these objects that there are."""
        ids: set[int] = set()
        taken: set[str] = set()
        for start in range(0, len(names), _CHUNK):
            for row in await self._scope.rows(_BY_NAME, {"names": list(names[start : start + _CHUNK])}):
                ids.add(row.task_id)
                taken.add(row.name)
        rest = {int(found[1]) for name in {*names} - taken if (found := _DEFAULT.fullmatch(name)) is not None}
        rows = await self._rows_of(task_id for task_id in rest if task_id <= _LAST_ID)
        ids |= {task_id for task_id, row in rows.items() if row == self._default(task_id)}
        return await self.objects_of(await self._live(ids))

    async def one(self, name: str) -> CalendarObject | None:
        """Return the object of a name; None where there is none."""
        return next(iter(await self.named([name])), None)

    async def with_uid(self, uid: str) -> CalendarObject | None:
        """Return the object with a UID; None where there is none."""
        row = await self._scope.first(_BY_UID, {"the_uid": uid})
        number = uid.removeprefix("kirotodo-").partition("-")[0]
        task_id = row[0] if row is not None else int(number) if number.isascii() and number.isdigit() else 0
        for found in await self.objects_of(await self._live([task_id])):
            if found.uid == uid:
                return found
        return None

    async def _live(self, ids: Iterable[int]) -> tuple[Task, ...]:
        found = await self._rows.load(task_id for task_id in sorted(ids) if 0 < task_id <= _LAST_ID)
        return tuple(task for task, gone in found.values() if not gone)

    async def steps_waiting_for(self, uid: str) -> tuple[Task, ...]:
        """Return the tasks that a program stored as steps of a task which was not there yet."""
        waiting = [row[0] for row in await self._scope.rows(_WAITING, {"the_uid": uid})]
        return tuple(task for task in await self._live(waiting) if task.parent_id is None)

    # --- changes ---

    async def token(self) -> SyncToken:
        """Return how far a program has come that has read everything now."""
        row = await self._scope.first(_REVISION)
        return SyncToken(revision=0 if row is None else int(row[0]))

    async def changes(self, after: SyncToken | None, *, limit: int | None) -> CalendarChanges:
        """Return what changed after a token, everything without one, and at most so much. Raises `NotFound` for a token
        from which on not all is known."""
        row = await self._scope.first(_REVISION)
        now, known_from = (0, 0) if row is None else (int(row[0]), int(row[1]))
        if after is not None and not known_from <= after.revision <= now:
            raise NotFound(STALE)
        revision, task_id = (0, 0) if after is None else (after.revision, after.task_id)
        parameters = {"after_revision": revision, "after_id": _LAST_ID if task_id is None else task_id}
        statement = _CHANGED if limit is None else _CHANGED.limit(limit + 1)
        if after is None:
            statement = statement.where(tasks.c.deleted_at.is_(None))
        found = await self._scope.rows(statement, parameters)
        more = limit is not None and len(found) > limit
        found = found[:limit] if more else found
        token = SyncToken(revision=found[-1].revision, task_id=found[-1].id) if more else SyncToken(revision=now)
        gone = [each.id for each in found if each.deleted_at is not None]
        live = await self._live(each.id for each in found if each.deleted_at is None)
        rows = await self._rows_of(gone)
        names = tuple(rows[task_id].name for task_id in gone if not rows[task_id].name.endswith(_GONE))
        return CalendarChanges(token=token, objects=await self.objects_of(live), removed=names, more=more)

    # --- writing ---

    async def save(self, task: Task, item: CalendarItem) -> None:
        """Store what a program sent for a task. Raises `InvalidInput` for a name that a task to come will have."""
        await self._free(task, item)
        was = (await self._rows_of([task.id]))[task.id]
        base = dump_task(task) or ""
        added = _size(item.source, base) - _size(was.source, was.base or "")
        numbers = await self._scope.advance(stored=added)
        if added > 0:
            self._scope.require_bytes(numbers)
        row = _Row(
            task_id=task.id,
            name=item.name,
            uid=item.uid,
            parent_uid=item.parent_uid,
            source=item.source,
            base=base,
            version=was.version + 1,
        )
        await self._put(row)
        await self._scope.execute(_ROWS.TOUCH, {"ids": [task.id], "new_revision": numbers.revision})

    async def rebase(self, task: Task) -> None:
        """Note that what a program stored for a task is how the task is now."""
        row = (await self._rows_of([task.id]))[task.id]
        await self._put(replace(row, base=dump_task(task)))

    async def _put(self, row: _Row) -> None:
        await self._scope.execute(_DELETE, {"ids": [row.task_id]})
        values = {name: getattr(row, name) for name in _Row.__dataclass_fields__}
        await self._scope.insert(_INSERT, values)

    async def _free(self, task: Task, item: CalendarItem) -> None:
        """Let nothing that was deleted have the name or the UID of an object."""
        for statement, given in ((_BY_NAME, {"names": [item.name]}), (_BY_UID, {"the_uid": item.uid})):
            for row in await self._scope.rows(statement, given):
                if row.task_id != task.id:
                    await self._scope.execute(_DELETE, {"ids": [row.task_id]})
        found = _DEFAULT.fullmatch(item.name)
        number = task.id if found is None else int(found[1])
        if number > task.id:
            raise InvalidInput("Names such as kirotodo-12.ics belong to the tasks of that number. Choose another one.")
        if number != task.id and await self._scope.first(_KNOWN, {"the_id": number}) is not None:
            default = self._default(number)
            await self._put(replace(default, name=f"{default.name}-{_GONE}", uid=f"{default.uid}-{_GONE}"))


def _size(*texts: str) -> int:
    return sum(len(text.encode("utf-8", "surrogatepass")) for text in texts)
