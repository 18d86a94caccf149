"""The database: opening it, and the transactions that everything else happens in.

`async with database.begin(user_id) as store:` is one write transaction, committed at the end and rolled back on an
exception; `read` is one reading transaction. Both are short: nobody waits for a model, a user or a viewer in one.
"""

import json
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Final, Literal, Self

from kirotodo.core.backend import ConversationHead, ListChanged
from kirotodo.core.errors import StorageError, StorageFull, StorageReadOnly
from kirotodo.core.lazy_dataclasses import dataclass
from kirotodo.core.store.engine import Engine
from kirotodo.core.store.journal import Journal
from kirotodo.core.store.leases import DanglingTurn, Lease, OwnedEvent, lease_times
from kirotodo.core.store.postgres.address import is_postgres
from kirotodo.core.store.statement import Connection, Statements
from kirotodo.core.store.task_rows import TaskRows
from kirotodo.core.store.tasks import TaskStore
from kirotodo.core.store.transaction import Scope, hash_of

if TYPE_CHECKING:
    from kirotodo.core.domain.history import Actor
    from kirotodo.core.domain.reminder import Claim
    from kirotodo.core.store.accounts import Account, AccountStore, SessionStatus
    from kirotodo.core.store.calendar import CalendarStore
    from kirotodo.core.store.conversations import ConversationStore
    from kirotodo.core.store.history import History
    from kirotodo.core.store.kept import KeptStore
    from kirotodo.core.store.purge import Purged
    from kirotodo.core.store.reminders import ReminderStore
    from kirotodo.core.store.request_keys import RequestKeyStore
    from kirotodo.core.store.turns import TurnStore
    from kirotodo.core.store.views import ViewStore
    from kirotodo.core.store.webhooks import ClaimedDelivery, WebhookStore

_SQL: Final = Statements("database")
_LEASES: Final = Statements("leases")
_WEBHOOKS: Final = Statements("webhooks")
_REMINDERS: Final = Statements("reminders")

REFUSED_SECONDS: Final = 10.0
_CHUNK: Final = 500
REMEMBERED: Final = timedelta(days=400)
"""How long the token version of a deleted user is kept: no token holds for longer."""
HEADS_MAX: Final = 20
"""Conversations that are named after a change; where more of them changed, it is only said that some did."""
NEWS_MAX: Final = 200
"""Changes of one transaction that viewers are given from memory."""


class _NotKept(Exception):
    """Rolls a transaction back."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Heads:
    """How far things have come: the seq of the newest event of each turn, the revision of each user's list."""

    last_seqs: Mapping[str, int]
    revisions: Mapping[str, int]


class Store:
    """Everything of one user, in one open transaction. Never commits itself."""

    def __init__(self, scope: Scope) -> None:
        rows = TaskRows(scope)
        self._scope = scope
        self._rows = rows
        self.user_id: str = scope.user_id
        self.now: datetime = scope.now
        self.journal = Journal(scope, rows)
        self.tasks = TaskStore(scope, rows, self.journal)

    # What many a transaction does without is imported when it is used: a look at the list starts sooner.

    @cached_property
    def conversations(self) -> "ConversationStore":
        """Return the user's conversations."""
        from kirotodo.core.store.conversations import ConversationStore

        return ConversationStore(self._scope)

    @cached_property
    def turns(self) -> "TurnStore":
        """Return the user's turns."""
        from kirotodo.core.store.turns import TurnStore

        return TurnStore(self._scope)

    @cached_property
    def accounts(self) -> "AccountStore":
        """Return the user's account and sessions."""
        from kirotodo.core.store.accounts import AccountStore

        return AccountStore(self._scope)

    @cached_property
    def reminders(self) -> "ReminderStore":
        """Return the reminders of the user's tasks."""
        from kirotodo.core.store.reminders import ReminderStore

        return ReminderStore(self._scope, self._rows)

    @cached_property
    def views(self) -> "ViewStore":
        """Return the user's saved views."""
        from kirotodo.core.store.views import ViewStore

        return ViewStore(self._scope)

    @cached_property
    def calendar(self) -> "CalendarStore":
        """Return the user's tasks as calendar programs know them."""
        from kirotodo.core.store.calendar import CalendarStore

        return CalendarStore(self._scope, self._rows)

    @cached_property
    def request_keys(self) -> "RequestKeyStore":
        """Return the answers to the user's requests."""
        from kirotodo.core.store.request_keys import RequestKeyStore

        return RequestKeyStore(self._scope)

    @cached_property
    def webhooks(self) -> "WebhookStore":
        """Return the user's webhooks."""
        from kirotodo.core.store.webhooks import WebhookStore

        return WebhookStore(self._scope)

    @cached_property
    def kept(self) -> "KeptStore":
        """Return what makes this the copy of a list on a server, which only the file of a copy has."""
        from kirotodo.core.store.kept import KeptStore

        return KeptStore(self._scope, self._rows)

    @cached_property
    def history(self) -> "History":
        """Return the history of the user's list."""
        from kirotodo.core.store.history import History

        return History(self._scope)

    async def revision(self) -> int:
        """Grows with every committed write to tasks or conversations; 0 before the first."""
        row = await self._scope.first(_SQL.REVISION)
        return 0 if row is None else int(row[0])

    @property
    def changed(self) -> bool:
        """Whether this transaction changed the list or a conversation, so far."""
        return self._scope.counters is not None

    def news(self) -> ListChanged | None:
        """Return what this transaction changed, as `changed_since` the revision before it would; None where nothing
        was changed, or more than is kept in memory."""
        counters, changed = self._scope.counters, self.journal.changed
        if counters is None or not self.journal.is_whole or len(changed.changes) > NEWS_MAX:
            return None
        heads = tuple(self._scope.heads.values())
        return ListChanged(
            revision=counters.revision,
            tasks=changed.tasks,
            removed=changed.removed,
            conversations=bool(heads),
            heads=heads,
            pending=counters.pending,
            rung=tuple(self._scope.rung),
        )

    async def changed_since(self, revision: int) -> ListChanged:
        """Return what changed after this revision."""
        row = await self._scope.first(_SQL.REVISION)
        now, pending = (0, 0) if row is None else (int(row[0]), int(row[1]))
        if now <= revision:
            return ListChanged(pending=pending, revision=now)
        rows = await self._scope.rows(_SQL.TASKS_SINCE, {"since": revision})
        visible = await self._rows.values([row for row in rows if row.deleted_at is None])
        found = await self._scope.rows(_SQL.CONVERSATIONS_SINCE, {"since": revision, "most": HEADS_MAX + 1})
        heads = tuple(
            ConversationHead(id=row.id, title=row.title, last_seq=row.last_seq, deleted=row.deleted_at is not None)
            for row in found
        )
        return ListChanged(
            tasks=visible,
            removed=tuple(row.id for row in rows if row.deleted_at is not None),
            conversations=bool(heads),
            heads=heads if len(heads) <= HEADS_MAX else (),
            pending=pending,
            revision=now,
            rung=await self.reminders.rung_since(revision),
        )

    async def timezone(self) -> str | None:
        """The user's IANA time zone, if it was ever set."""
        row = await self._scope.first(_SQL.TIMEZONE)
        return None if row is None else row[0]

    async def set_timezone(self, name: str) -> None:
        """Store the user's IANA time zone."""
        await self._scope.on_user(_SQL.SET_TIMEZONE, {"new_timezone": name})


class Database:
    """An open database. Made by `open`, let go of by `aclose`."""

    def __init__(
        self,
        engine: Engine,
        clock: Callable[[], datetime],
        *,
        max_tasks: int | None = None,
        max_bytes: int | None = None,
        publishes: bool = False,
    ) -> None:
        self._engine = engine
        self._max_tasks, self._max_bytes = max_tasks, max_bytes
        self._publishes = publishes
        self._clock = clock
        self._token: object = None
        self._refused: tuple[float, StorageError] | None = None
        self.answered_at = time.monotonic()
        """When it last saw a transaction through, by the monotonic clock."""

    @classmethod
    async def open(
        cls,
        url: str,
        *,
        clock: Callable[[], datetime],
        read_only_ok: bool = False,
        pool_size: int = 10,
        pooler: Literal["none", "transaction"] = "none",
        migrate: bool = True,
        inline: bool = False,
        max_tasks: int | None = None,
        max_bytes: int | None = None,
        publishes: bool = False,
    ) -> Self:
        """Open the database at `url`. `clock` gives the aware UTC moment of each transaction. A list may hold
        `max_tasks`, and all texts of a user `max_bytes`; any number without them. With `publishes` every change enters
        the outbox of the operator's stream.

        A SQLite file (`sqlite:///path`) is made where there is none, and an older one is migrated after a backup copy.
        With `read_only_ok` one that cannot be written is opened for reading, and `begin` raises `StorageReadOnly`.
        Raises `StorageTooNew` for a newer one. With `inline` its statements run in this thread, one transaction at a
        time, and no event loop is needed: for a command, see `core.inline`.

        PostgreSQL (`postgresql://user:password@host/name`) is asked over at most `pool_size` connections; `pooler` says
        what stands before it. Only with `migrate`, and no pooler, is it migrated here; else an older one raises
        `StorageBehind`. Raises `StorageDown` where it does not answer, and other kinds of `StorageError`.
        """
        if is_postgres(url):
            from kirotodo.core.store.postgres.engine import PostgresEngine

            postgres = await PostgresEngine.open(url, pool_size=pool_size, pooler=pooler, migrate=migrate)
            return cls(postgres, clock, max_tasks=max_tasks, max_bytes=max_bytes, publishes=publishes)
        sqlite: Engine
        if inline:
            from kirotodo.core.store.sqlite.inline import InlineEngine

            sqlite = await InlineEngine.open(url, read_only_ok=read_only_ok)
        else:
            from kirotodo.core.store.sqlite.engine import SqliteEngine

            sqlite = await SqliteEngine.open(url, read_only_ok=read_only_ok)
        return cls(sqlite, clock, max_tasks=max_tasks, max_bytes=max_bytes, publishes=publishes)

    @asynccontextmanager
    async def begin(
        self,
        user_id: str,
        *,
        turn_id: str | None = None,
        call_id: str | None = None,
        actor: "Actor | None" = None,
        single: bool = False,
    ) -> AsyncIterator[Store]:
        """One write transaction. Its changes are journaled for this turn and call, or as one direct edit, as made by
        `actor`.

        Makes the user's row with the first write that needs it. Never begin a second one inside the first. `single`
        is for `append_events`.
        """
        try:
            async with self._engine.write(user_id, single=single) as connection:
                scope = self._scope(connection, user_id, turn_id=turn_id, call_id=call_id, actor=actor)
                store = Store(scope)
                yield store
                if scope.owed:
                    await scope.advance()
                if scope.outbox or scope.shown_groups:
                    await store.webhooks.enqueue(scope.outbox, scope.shown_groups)
        except (StorageFull, StorageReadOnly) as error:
            self._refused = (time.monotonic(), error)
            raise
        self._refused = None
        self.answered_at = time.monotonic()

    async def require_writable(self) -> None:
        """Raise `StorageReadOnly`, `StorageFull` or `StorageBehind` where nothing can be written.

        That a disk is full shows only where something is written: the last such failure counts for a few seconds, so
        that other servers get the work meanwhile and this one is tried again.
        """
        if self._refused is not None and time.monotonic() - self._refused[0] < REFUSED_SECONDS:
            raise self._refused[1]
        await self._engine.require_writable()

    @asynccontextmanager
    async def read(self, user_id: str) -> AsyncIterator[Store]:
        """One reading transaction: every query in it sees the same moment."""
        async with self._engine.read(user_id) as connection:
            yield Store(self._scope(connection, user_id))
        self.answered_at = time.monotonic()

    @asynccontextmanager
    async def as_of(self, user_id: str, moment: datetime) -> AsyncIterator[Store]:
        """A transaction in which the user's tasks are as they were at that moment, for reading. Nothing of it is kept.

        The journal is played back onto the rows, so that every filter, order and search works on them, and the
        transaction is rolled back. It has to be one that writes: SQLite lets nobody else write meanwhile. Raises
        `InvalidInput` for moments that the history does not reach back to.
        """
        with suppress(_NotKept):
            async with self._engine.write(user_id) as connection:
                store = Store(self._scope(connection, user_id))
                await store.history.rewind(store._rows, moment)
                yield store
                raise _NotKept

    def _scope(
        self,
        connection: Connection,
        user_id: str,
        *,
        turn_id: str | None = None,
        call_id: str | None = None,
        actor: "Actor | None" = None,
    ) -> Scope:
        return Scope(
            connection,
            user_id=user_id,
            now=self._clock(),
            full_text=self._engine.full_text,
            append_events=self._engine.append_events,
            turn_id=turn_id,
            call_id=call_id,
            actor=actor,
            max_tasks=self._max_tasks,
            max_bytes=self._max_bytes,
            publishes=self._publishes,
        )

    async def dangling(self) -> list[DanglingTurn]:
        """Every user's turns with status `running`."""
        async with self._engine.operate() as connection:
            rows = await connection.execute(_LEASES.DANGLING, {"lease_now": self._clock()})
            return [DanglingTurn(**row._mapping) for row in rows]

    async def account_of(self, email: str) -> "Account | None":
        """The account with this address, folded, whoever's it is."""
        from kirotodo.core.store.accounts import BY_EMAIL, Account

        async with self._engine.operate() as connection:
            row = (await connection.execute(BY_EMAIL, {"the_email": email})).first()
            return None if row is None else Account(**row._mapping)

    async def live_versions(self, of: Sequence[tuple[str, str | None]]) -> dict[tuple[str, str | None], int]:
        """Return the token version of each of these users, for those of their sessions that are live: a session that
        is over is left out, and no session at all is always live. A user who is to be deleted is left out too."""
        from kirotodo.core.store.accounts import LIVE_SESSIONS

        versions: dict[str, int] = {}
        live: set[tuple[str, str | None]] = {(user_id, None) for user_id, session_id in of if session_id is None}
        async with self._engine.operate() as connection:
            for start in range(0, len(of), _CHUNK):
                some = of[start : start + _CHUNK]
                parameters = {"the_users": list({user_id for user_id, _ in some})}
                versions.update(await _token_versions(connection, parameters["the_users"]))
                session_ids = [session_id for _, session_id in some if session_id is not None]
                found = await connection.execute(
                    LIVE_SESSIONS, {**parameters, "the_sessions": session_ids, "now": self._clock()}
                )
                live.update((row[0], row[1]) for row in found)
        return {key: versions[key[0]] for key in of if key in live and key[0] in versions}

    async def session_statuses(
        self, of: Sequence[tuple[str, str | None]]
    ) -> "dict[tuple[str, str | None], SessionStatus]":
        """Return how things stand for tokens of these users and, where they belong to one, sessions. A user who has no
        row, or not yet, is left out."""
        from kirotodo.core.store.accounts import STATUSES, SessionStatus, agent_status_of

        parameters = {
            "the_users": json.dumps([user_id for user_id, _ in of]),
            "the_sessions": json.dumps([session_id for _, session_id in of if session_id is not None]),
        }
        now = self._clock()
        async with self._engine.operate() as connection:
            rows = (await connection.execute(STATUSES, parameters)).all()
        found = {row.id: row for row in rows}
        agents = {(row.id, row.session_id): agent_status_of(row) for row in rows if row.session_id is not None}
        live = {
            (row.id, row.session_id)
            for row in rows
            if row.session_id is not None and row.revoked_at is None and row.expires_at > now
        }
        return {
            (user_id, session_id): SessionStatus(
                email=found[user_id].email,
                token_version=found[user_id].token_version,
                live=session_id is None or (user_id, session_id) in live,
                deletion_at=found[user_id].deletion_at,
                timezone=found[user_id].timezone,
                agent=agents.get((user_id, session_id)),
            )
            for user_id, session_id in of
            if user_id in found
        }

    async def hold(self, leases: Sequence[Lease], *, lease: timedelta) -> dict[str, bool]:
        """Renew these leases, whoever's turns they are, in one transaction. Return the turns that are still so owned,
        each with whether a cancel was requested."""
        held: dict[str, bool] = {}
        async with self._engine.operate(writing=True) as connection:
            for start in range(0, len(leases), _CHUNK):
                some = [(each.user_id, each.turn_id, each.epoch) for each in leases[start : start + _CHUNK]]
                for turn_id, cancel_requested in await connection.execute(
                    _LEASES.HOLD, {"held": some, **lease_times(self._clock(), lease)}
                ):
                    held[turn_id] = bool(cancel_requested)
        return held

    async def append_events(self, events: Sequence[OwnedEvent]) -> dict[str, bool]:
        """Store events of turns of whichever users, in one statement. Return the turns that are still so owned, each
        with whether a cancel was requested. Where there are several, those that somebody else is writing to are left
        out as well, so that none waits for another."""
        first = events[0].lease
        async with self.begin(first.user_id, turn_id=first.turn_id, single=True) as store:
            return await store._scope.append_events(events, waits=len(events) == 1)

    async def claim_reminders(self, owner: str, *, limit: int, lease: timedelta) -> "list[tuple[str, Claim]]":
        """Claim reminders that are due of all users that have a target, the earliest first, each with its user."""
        from kirotodo.core.domain.reminder import Claim

        now = self._clock()
        parameters = {"the_now": now, "the_owner": owner, "most": limit, **lease_times(now, lease)}
        async with self._engine.operate(writing=True) as connection:
            rows = (await connection.execute(_REMINDERS.CLAIM_FOR_TARGETS, parameters)).all()
        return [(row[0], Claim(task_id=row[1], remind_at=row[2], epoch=row[3])) for row in rows]

    async def next_reminder(self) -> datetime | None:
        """Return when `claim_reminders` may find something: the next reminder of such a user, or one whose lease runs
        out."""
        now = self._clock()
        found: list[datetime] = []
        async with self._engine.operate() as connection:
            for statement in (_REMINDERS.NEXT_OF_TARGETS, _REMINDERS.RETRY_OF_TARGETS):
                row = (await connection.execute(statement, {"the_now": now})).first()
                found += [row[0]] if row is not None and row[0] is not None else []
        return min(found, default=None)

    def now(self) -> datetime:
        """The moment, by the clock of this database's transactions."""
        return self._clock()

    async def marks(self, of_turns: Sequence[tuple[str, str]], of_users: Sequence[str]) -> Heads | None:
        """How far these turns (each of a user) and these users' lists have come; None where the database knows without
        looking that nobody wrote anything since it was asked last."""
        token = self._engine.change_token()
        if token == self._token:
            return None
        last_seqs: dict[str, int] = {}
        revisions: dict[str, int] = {}
        async with self._engine.operate() as connection:
            if of_turns:
                watched = json.dumps({turn_id: user_id for user_id, turn_id in of_turns})
                for turn_id, last_seq in await connection.execute(_LEASES.LAST_SEQS, {"watched": watched}):
                    last_seqs[turn_id] = last_seq
            for start in range(0, len(of_users), _CHUNK):
                user_ids = list(of_users[start : start + _CHUNK])
                for user_id, revision in await connection.execute(_SQL.REVISIONS, {"watched": user_ids}):
                    revisions[user_id] = revision
        self._token = token
        return Heads(last_seqs=last_seqs, revisions=revisions)

    @property
    def read_only(self) -> bool:
        """Whether it can only be read; see `open`."""
        return self._engine.read_only

    def pool(self) -> tuple[int, int]:
        """Connections in use, and how many there may be."""
        return self._engine.connections()

    async def delete_users(self, *, dry_run: bool = False) -> int:
        """Delete the users whose grace time is over, with everything of theirs; or, with `dry_run`, only count them.

        Several servers may do this at the same time: each user is deleted, and counted, once.
        """
        from kirotodo.core.store.purge import delete_some

        now = self._clock()
        async with self._engine.operate() as connection:
            due = [row[0] for row in await connection.execute(_SQL.DUE, {"now": now})]
        if dry_run:
            return len(due)
        count = 0
        for user_id in due:
            part = "more"
            while part == "more":
                async with self.begin(user_id) as store:
                    part = await delete_some(store._scope)
            count += part == "deleted"
        async with self._engine.operate(writing=True) as connection:
            await connection.execute(_SQL.FORGET_DELETED, {"until": now - REMEMBERED})
        return count

    async def due_webhooks(self, *, limit: int) -> list[tuple[str, int]]:
        """Return webhooks, each with its user, that something is due for and nobody sends it."""
        now = self._clock()
        async with self._engine.operate() as connection:
            rows = await connection.execute(_WEBHOOKS.DUE, {"the_now": now, "most": limit, "lease_now": now})
            return [(row[0], row[1]) for row in rows]

    async def claim_deliveries(
        self, user_id: str, webhook_id: int, *, limit: int, lease: timedelta
    ) -> "list[ClaimedDelivery]":
        """Claim what is due for a webhook and nobody else sends: what was tried least often first."""
        from kirotodo.core.store.webhooks import ClaimedDelivery

        now = self._clock()
        given = {"the_user": user_id, "the_webhook": webhook_id, "the_now": now, "most": limit}
        async with self._engine.operate(writing=True) as connection:
            rows = (await connection.execute(_WEBHOOKS.CLAIM, {**given, **lease_times(now, lease)})).all()
        claims = [ClaimedDelivery(**row._mapping) for row in rows]
        return sorted(claims, key=lambda claim: (claim.attempts, claim.change_id))

    async def users_to_publish(self, *, limit: int) -> list[str]:
        """Return users with changes that are to go to the stream, and that nobody sends."""
        now = self._clock()
        async with self._engine.operate() as connection:
            rows = await connection.execute(_WEBHOOKS.DUE_ON_STREAM, {"the_now": now, "most": limit, "lease_now": now})
            return [row[0] for row in rows]

    async def claim_changes(self, user_id: str, *, limit: int, lease: timedelta) -> "list[ClaimedDelivery]":
        """Claim the oldest changes of a user that are to go to the stream, in their order; none while others do."""
        from kirotodo.core.store.webhooks import ClaimedDelivery

        now = self._clock()
        given = {"the_user": user_id, "the_now": now, "most": limit, **lease_times(now, lease)}
        async with self._engine.operate(writing=True) as connection:
            await connection.execute(_WEBHOOKS.LOCK_STREAM, {"the_user": user_id})
            rows = (await connection.execute(_WEBHOOKS.CLAIM_ON_STREAM, given)).all()
        return sorted((ClaimedDelivery(**row._mapping) for row in rows), key=lambda claim: claim.change_id)

    async def forget_deliveries(self, *, until: datetime) -> None:
        """Forget what was delivered, or given up, before that moment."""
        async with self._engine.operate(writing=True) as connection:
            await connection.execute(_WEBHOOKS.FORGET, {"until": until})

    async def purge(self, *, before: datetime, dry_run: bool = False) -> "Purged":
        """Take away what was over, deleted or done before that moment and cannot be seen any more, user by user, and
        the users whose grace time is over."""
        from kirotodo.core.store.purge import Purged, purge

        done = Purged(accounts=await self.delete_users(dry_run=dry_run))
        last = ""
        while True:
            async with self._engine.operate() as connection:
                users_next = [
                    row[0] for row in await connection.execute(_SQL.NEXT_USERS, {"last": last, "most": _CHUNK})
                ]
            for user_id in users_next:
                transaction = self.read(user_id) if dry_run else self.begin(user_id)
                async with transaction as store:
                    done += await purge(store._scope, before=before, dry_run=dry_run)
            if not users_next:
                return done
            last = users_next[-1]

    async def aclose(self) -> None:
        """Close every connection."""
        await self._engine.aclose()


async def _token_versions(connection: Connection, user_ids: Sequence[str]) -> dict[str, int]:
    """Return the token versions of users who are there to stay, and of those who have no row (yet, or any more)."""
    from kirotodo.core.store.accounts import VERSIONS, VERSIONS_LEFT

    rows = (await connection.execute(VERSIONS, {"the_users": user_ids})).all()
    versions = {user_id: version for user_id, version, deletion_at in rows if deletion_at is None}
    without_row = {hash_of(user_id): user_id for user_id in {*user_ids}.difference(row[0] for row in rows)}
    if without_row:
        left = dict.fromkeys(without_row, 0)
        found = await connection.execute(VERSIONS_LEFT, {"the_hashes": list(without_row)})
        left.update((row[0], row[1]) for row in found)
        versions.update((without_row[hashed], version) for hashed, version in left.items())
    return versions
