"""One open transaction of one user: what every store of it shares, and how texts are made searchable in it."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, Protocol

from kirotodo.core.backend import ConversationHead, Rung
from kirotodo.core.errors import TooLarge
from kirotodo.core.lazy_dataclasses import dataclass
from kirotodo.core.store.leases import OwnedEvent
from kirotodo.core.store.statement import AnyRow, AnyStatement, Connection, Result, Statements
from kirotodo.core.text.search_terms import Document, Kind, Terms, fold

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, Select

    from kirotodo.core.domain.history import Actor
    from kirotodo.core.domain.webhook import WebhookEvent

_SQL: Final = Statements("transaction")


class AppendEvents(Protocol):
    """How a database stores events; see `Engine.append_events`."""

    async def __call__(self, connection: Connection, events: Sequence[OwnedEvent], *, waits: bool) -> dict[str, bool]:
        """Return the turns that are still so owned, each with whether a cancel was requested."""


_COUNTERS: Final = (
    *("last_task_id", "last_conversation_id", "last_change_id"),
    *("pending_count", "completed_count", "pending_steps", "completed_steps", "stored_bytes"),
)


_NEW_USER: Final = {"revision": 0, "webhooks": 0, **dict.fromkeys(_COUNTERS, 0)}


def hash_of(user_id: str) -> str:
    """Return what stays of the id of a deleted user."""
    import hashlib  # few need it, and to load OpenSSL takes as long as to load SQLite

    return hashlib.sha256(user_id.encode()).hexdigest()


@dataclass(frozen=True, kw_only=True, slots=True)
class Counters:
    """The user's newest ids, numbers of tasks and bytes of text after a bump, and how many webhooks are enabled.

    `steps` are those that lists don't show by themselves, open and done.
    """

    task: int
    conversation: int
    change: int
    revision: int
    pending: int
    completed: int
    stored: int
    webhooks: int
    steps: int

    @property
    def all_tasks(self) -> int:
        """Return how many tasks there are, steps among them."""
        return self.pending + self.completed + self.steps


class Scope:
    """The connection, the user, the moment, how texts are searched, and whose changes these are."""

    def __init__(
        self,
        connection: Connection,
        *,
        user_id: str,
        now: datetime,
        full_text: "FullText",
        append_events: AppendEvents,
        turn_id: str | None = None,
        call_id: str | None = None,
        actor: "Actor | None" = None,
        max_tasks: int | None = None,
        max_bytes: int | None = None,
        publishes: bool = False,
    ) -> None:
        self.publishes = publishes
        """Whether changes go to the operator's stream of events."""
        self.max_tasks = max_tasks
        self._max_bytes = max_bytes
        self.connection = connection
        self.user_id = user_id
        self.now = now
        self._full_text = full_text
        self._append_events = append_events
        self.turn_id = turn_id
        self.call_id = call_id
        self.actor = actor
        self.owed = 0
        """Bytes that are to be counted by the next `advance`, or at the end."""
        self.outbox: list[tuple[int, WebhookEvent]] = []
        """Changes that are to be sent; `shown_groups` are groups of them. Empty where nobody is sent any."""
        self.shown_groups: list[int] = []
        self.counters: Counters | None = None
        """As of the last `advance`; None as long as nothing was changed."""
        self.heads: dict[int, ConversationHead] = {}
        """The conversations that this transaction changed, as they are now."""
        self.rung: list[Rung] = []
        """The reminders whose receipts this transaction wrote."""

    @property
    def sends_changes(self) -> bool:
        """Whether changes are sent: to webhooks that the user has, as of the last `advance`, or to the stream."""
        return self.publishes or (self.counters is not None and self.counters.webhooks > 0)

    @property
    def pending(self) -> int | None:
        """How many tasks are pending, if this transaction happens to know."""
        return None if self.counters is None else self.counters.pending

    async def execute(self, statement: AnyStatement, parameters: Mapping[str, Any] | None = None) -> Result:
        """Run a statement as this user."""
        return await self.connection.execute(statement, {"uid": self.user_id, **(parameters or {})})

    async def rows(self, statement: AnyStatement, parameters: Mapping[str, Any] | None = None) -> Sequence[AnyRow]:
        """Run a statement as this user and return all its rows."""
        return (await self.execute(statement, parameters)).all()

    async def first(self, statement: AnyStatement, parameters: Mapping[str, Any] | None = None) -> AnyRow | None:
        """Run a statement as this user and return its first row, if it has any."""
        return (await self.execute(statement, parameters)).first()

    async def insert(self, statement: AnyStatement, *rows: Mapping[str, Any]) -> None:
        """Insert rows of this user."""
        values = [{"user_id": self.user_id, **row} for row in rows]
        if values:
            await self.connection.execute(statement, values[0] if len(values) == 1 else values)

    async def append_events(self, events: Sequence[OwnedEvent], *, waits: bool) -> dict[str, bool]:
        """Store events of turns, in the one statement that a database has for it; see `Engine.append_events`."""
        return await self._append_events(self.connection, events, waits=waits)

    async def on_user(self, statement: AnyStatement, parameters: Mapping[str, Any]) -> AnyRow:
        """Run an update of the user's row that returns something; a user who is new gets the row first."""
        row = await self.first(statement, parameters)
        if row is None:
            await self.make_user()
            row = await self.first(statement, parameters)
            assert row is not None
        return row

    async def make_user(self, *, email: str | None = None, password_hash: str | None = None) -> None:
        """Insert the user's row."""
        values = {"created_at": self.now, "email": email, "password_hash": password_hash}
        await self.execute(_SQL.MAKE_USER, {**_NEW_USER, **values, "uid_hash": hash_of(self.user_id)})

    async def advance(
        self,
        *,
        tasks: int = 0,
        conversations: int = 0,
        changes: int = 0,
        pending: int = 0,
        completed: int = 0,
        pending_steps: int = 0,
        completed_steps: int = 0,
        stored: int = 0,
    ) -> Counters:
        """Give out ids, keep the counts of tasks and bytes, and move the revision on: once in a transaction."""
        stored, self.owed = stored + self.owed, 0
        counted = (pending, completed, pending_steps, completed_steps)
        if self.counters is not None and not (tasks or conversations or changes or any(counted) or stored):
            return self.counters
        row = await self.on_user(
            _SQL.BUMP,
            {
                "by_last_task_id": tasks,
                "by_last_conversation_id": conversations,
                "by_last_change_id": changes,
                "by_pending_count": pending,
                "by_completed_count": completed,
                "by_pending_steps": pending_steps,
                "by_completed_steps": completed_steps,
                "by_stored_bytes": stored,
                "by_revision": 0 if self.counters else 1,
            },
        )
        self.counters = Counters(
            task=row[0],
            conversation=row[1],
            change=row[2],
            revision=row[3],
            pending=row[4],
            completed=row[5],
            stored=row[6],
            webhooks=row[7],
            steps=row[8],
        )
        return self.counters

    def require_bytes(self, numbers: Counters) -> None:
        """Raise `TooLarge` where the user has now stored more than they may. The transaction is then to be given up.

        Ask only where text is added: deleting, undoing and the answer to a message must always be possible.
        """
        if self._max_bytes is not None and numbers.stored > self._max_bytes:
            raise TooLarge(
                f"Your {self._max_bytes:,} bytes of storage are full. Delete tasks or conversations you do not need: "
                "their space is free again once the server has purged them."
            )

    # --- full-text search ---

    async def index(self, *texts: Document) -> None:
        """Make new texts searchable."""
        folded = [replace(each, text=fold(each.text)) for each in texts]
        rows = ({"kind": each.kind, "ref": each.ref, "part": each.part, "text": each.text} for each in folded)
        await self.insert(_SQL.INSERT_DOCUMENT, *rows)
        await self._full_text.added(self, folded)

    async def reindex(self, kind: Kind, ref: int, text: str, *, part: int = 0) -> None:
        """Replace a text that was searchable already."""
        folded = Document(kind=kind, ref=ref, part=part, text=fold(text))
        await self.execute(
            _SQL.UPDATE_DOCUMENT, {"the_kind": kind, "the_ref": ref, "the_part": part, "new_text": folded.text}
        )
        await self._full_text.changed(self, folded)

    async def unindex(self, kinds: Sequence[Kind], refs: Sequence[int]) -> None:
        """Forget the words of these tasks or conversations, whose documents are being deleted."""
        await self._full_text.removed(self, kinds, refs)

    async def find(self, kinds: Sequence[Kind], wanted: Terms) -> "Matches":
        """Return what matches all of these terms, as statements that have yet to be run."""
        return await self._full_text.find(self, kinds, wanted)


class Matches(Protocol):
    """What holds all of some terms, as statements that have yet to be run."""

    def refs(self) -> "Select[Any]":
        """The ids, however many."""

    def few_refs(self, limit: int) -> "Select[Any]":
        """The ids up to `limit`, as one text with commas; none says that there may be more than were looked at."""

    def size(self) -> "Select[Any]":
        """About how many texts would be looked at for all ids; 0 where no index knows any of these signs."""

    def holds(self, ref: "ColumnElement[Any]") -> "ColumnElement[bool]":
        """Whether the text of this one task or conversation holds it: for walks that ask one after another."""


class FullText(ABC):
    """A database's own way to search: SQLite and PostgreSQL each have one. By default the database keeps its index in
    step with the documents by itself."""

    async def added(self, scope: Scope, texts: Sequence[Document]) -> None:
        """Index texts that were stored just now, folded, in `search_documents`."""
        return

    async def changed(self, scope: Scope, text: Document) -> None:
        """Index a text that was stored in the place of another."""
        return

    async def removed(self, scope: Scope, kinds: Sequence[Kind], refs: Sequence[int]) -> None:
        """Take the texts of these tasks or conversations out of the index."""
        return

    @abstractmethod
    async def find(self, scope: Scope, kinds: Sequence[Kind], wanted: Terms) -> Matches:
        """Return what matches these terms."""
