"""Taking away what is old and nobody can see any more, and users with everything of theirs. Never commits.

What can be seen stays: messages, the calls of a turn, tasks, and everything of a turn that is not over, whose receipts
keep its effects from happening twice.
"""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any, Final, Literal

from sqlalchemy import BindParameter, ColumnElement, Delete, Table, bindparam, delete, func, insert, select, update
from sqlmodel import SQLModel

from kirotodo.core.domain.conversation import FINAL
from kirotodo.core.lazy_dataclasses import dataclass
from kirotodo.core.store.statements.leases import LEASE_EXPIRED
from kirotodo.core.store.statements.transaction import UID, bytes_of
from kirotodo.core.store.tables import (
    calendar_objects,
    changes,
    conversations,
    deleted_users,
    messages,
    request_keys,
    search_documents,
    sessions,
    tasks,
    tool_calls,
    turn_events,
    turn_steps,
    turns,
    users,
    view_changes,
)
from kirotodo.core.store.task_counts import recount
from kirotodo.core.store.transaction import Scope, hash_of
from kirotodo.core.text.search_terms import Kind

_BEFORE: Final[BindParameter[Any]] = bindparam("before", type_=turns.c.created_at.type)
_IDS: Final[BindParameter[Any]] = bindparam("ids", expanding=True)
_OLD_TURNS: Final = select(turns.c.id).where(
    turns.c.user_id == UID, turns.c.status.in_(sorted(FINAL)), turns.c.finished_at < _BEFORE
)
_LIVE: Final = select(turns.c.id).where(
    turns.c.user_id == UID,
    turns.c.conversation_id == conversations.c.id,
    turns.c.status.not_in(sorted(FINAL)),
)
_DELETED_TASKS: Final = select(tasks.c.id).where(tasks.c.user_id == UID, tasks.c.deleted_at < _BEFORE)
_CALENDAR_FROM: Final = (
    update(users)
    .where(users.c.id == UID, users.c.calendar_from < bindparam("last", type_=users.c.calendar_from.type))
    .values(calendar_from=bindparam("last", type_=users.c.calendar_from.type))
)
_LAST_DELETED: Final = select(func.max(tasks.c.revision)).where(tasks.c.user_id == UID, tasks.c.deleted_at < _BEFORE)
_DELETED_CONVERSATIONS: Final = select(conversations.c.id).where(
    conversations.c.user_id == UID, conversations.c.deleted_at < _BEFORE, ~_LIVE.exists()
)
_CHUNK: Final = 500


@dataclass(frozen=True, kw_only=True, slots=True)
class Purged:
    """How many rows of each kind are gone, or would be."""

    tasks: int = 0
    conversations: int = 0
    changes: int = 0
    events: int = 0
    steps: int = 0
    sessions: int = 0
    request_keys: int = 0
    accounts: int = 0

    def __add__(self, other: "Purged") -> "Purged":
        mine, others = asdict(self), asdict(other)
        return Purged(**{name: count + others[name] for name, count in mine.items()})

    @property
    def anything(self) -> bool:
        """Return whether anything was deleted."""
        return any(asdict(self).values())


@dataclass(frozen=True, slots=True)
class _Old:
    """Rows of a table that are old, by a condition within a user."""

    table: Table
    condition: ColumnElement[bool]

    def count(self) -> Any:
        return select(func.count()).select_from(self.table).where(self.table.c.user_id == UID, self.condition)

    def delete(self) -> Delete:
        return delete(self.table).where(self.table.c.user_id == UID, self.condition)


_OLD: Final = {
    "changes": _Old(changes, changes.c.created_at < _BEFORE),
    "view_changes": _Old(view_changes, view_changes.c.created_at < _BEFORE),
    "events": _Old(turn_events, turn_events.c.turn_id.in_(_OLD_TURNS)),
    "steps": _Old(turn_steps, turn_steps.c.turn_id.in_(_OLD_TURNS)),
    "sessions": _Old(sessions, sessions.c.expires_at < _BEFORE),
    "request_keys": _Old(request_keys, request_keys.c.created_at < _BEFORE),
}


_HOLD_USER: Final = update(users).where(users.c.id == UID).values(revision=users.c.revision)
_HISTORY_FROM: Final = (
    update(users)
    .where(users.c.id == UID, func.coalesce(users.c.history_from, _BEFORE) <= _BEFORE)
    .values(history_from=_BEFORE)
)
_COUNT_BYTES: Final = (
    update(users)
    .where(users.c.id == UID)
    .values(
        stored_bytes=bytes_of(tasks, "title", "notes")
        + bytes_of(calendar_objects, "source", "base")
        + bytes_of(changes, "before", "after")
        + bytes_of(messages, "content")
        + bytes_of(turns, "response")
        + bytes_of(turn_steps, "text", "opaque")
        + bytes_of(tool_calls, "arguments", "result")
        + bytes_of(turn_events, "data")
    )
)


async def purge(scope: Scope, *, before: datetime, dry_run: bool) -> Purged:
    """Take away what was over, deleted or done before that moment; or, with `dry_run`, only count it."""
    given = {"before": before}
    gone_tasks = [row[0] for row in await scope.rows(_DELETED_TASKS, given)]
    gone_conversations = [row[0] for row in await scope.rows(_DELETED_CONVERSATIONS, given)]
    counts = {name: (await scope.rows(old.count(), given))[0][0] for name, old in _OLD.items()}
    if not dry_run:
        for old in _OLD.values():
            await scope.execute(old.delete(), given)
        if gone_tasks:
            last = (await scope.rows(_LAST_DELETED, given))[0][0]
            await scope.execute(_CALENDAR_FROM, {"last": last})
        await _take_away(scope, tasks, gone_tasks, ("task",))
        await _take_away(scope, conversations, gone_conversations, ("conversation", "message"))
        # Writers change the user's row first, so that nothing is written between these two.
        await scope.execute(_HOLD_USER)
        if counts["changes"]:
            await scope.execute(_HISTORY_FROM, given)
        await scope.execute(_COUNT_BYTES)
        await recount(scope)
    counts["changes"] += counts.pop("view_changes")
    return Purged(tasks=len(gone_tasks), conversations=len(gone_conversations), **counts)


_GRACE_OVER: Final = (
    users.c.id == UID,
    users.c.deletion_at <= bindparam("now", type_=users.c.deletion_at.type),
    ~select(turns.c.id)
    .where(
        turns.c.user_id == UID,
        turns.c.status == "running",
        ~LEASE_EXPIRED,
    )
    .exists(),
)
"""The grace time is over, and no server runs a turn of theirs, which could still write."""
_IS_OVER: Final = select(users.c.token_version).where(*_GRACE_OVER)
_SOME_TASKS: Final = select(tasks.c.id).where(tasks.c.user_id == UID).limit(_CHUNK)
_SOME_CONVERSATIONS: Final = select(conversations.c.id).where(conversations.c.user_id == UID).limit(_CHUNK // 50)
_OWNED: Final = tuple(
    delete(table).where(table.c.user_id == UID)
    for table in reversed(SQLModel.metadata.sorted_tables)
    if "user_id" in table.c and table is not deleted_users
)
_DELETE_USER: Final = delete(users).where(users.c.id == UID).returning(users.c.id)
_WAS_DELETED: Final = delete(deleted_users).where(deleted_users.c.user_id == bindparam("uid_hash"))
_IS_DELETED: Final = insert(deleted_users)


async def delete_some(scope: Scope) -> Literal["more", "deleted", "not due"]:
    """Delete a part of a user whose grace time is over: so much that others who write need not wait for long.

    The last part takes the user's row, which one caller gets, however many are at it.
    """
    row = await scope.first(_IS_OVER, {"now": scope.now, "lease_now": scope.now})
    if row is None:
        return "not due"
    some_tasks = [row[0] for row in await scope.rows(_SOME_TASKS)]
    some_conversations = [row[0] for row in await scope.rows(_SOME_CONVERSATIONS)]
    await _take_away(scope, tasks, some_tasks, ("task",))
    await _take_away(scope, conversations, some_conversations, ("conversation", "message"))
    if some_tasks or some_conversations:
        return "more"
    for rest in _OWNED:
        await scope.execute(rest)
    await scope.execute(_DELETE_USER)
    left = {"user_id": hash_of(scope.user_id), "token_version": row[0] + 1, "deleted_at": scope.now}
    await scope.execute(_WAS_DELETED, {"uid_hash": left["user_id"]})
    await scope.connection.execute(_IS_DELETED, left)
    return "deleted"


async def _take_away(scope: Scope, table: Table, ids: Sequence[int], kinds: Sequence[Kind]) -> None:
    """Rows with all that hangs on them, and what could be found of them."""
    documents = delete(search_documents).where(
        search_documents.c.user_id == UID, search_documents.c.kind.in_(kinds), search_documents.c.ref.in_(_IDS)
    )
    rows = delete(table).where(table.c.user_id == UID, table.c.id.in_(_IDS))
    for start in range(0, len(ids), _CHUNK):
        some = ids[start : start + _CHUNK]
        await scope.unindex(kinds, some)
        await scope.execute(documents, {"ids": some})
        await scope.execute(rows, {"ids": some})
