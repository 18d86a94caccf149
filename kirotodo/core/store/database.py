"""The database: opening it, and the transactions that everything else happens in.

`async with database.begin(user_id) as store:` is one write transaction, committed at the end and rolled back on an
exception; `read` is one reading transaction. Both are short: nobody waits for a model, a user or a viewer in one.
"""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Self

from kirotodo.core.domain.task import Task
from kirotodo.core.store.conversations import ConversationStore
from kirotodo.core.store.journal import Journal
from kirotodo.core.store.scope import Scope
from kirotodo.core.store.tasks import TaskStore
from kirotodo.core.store.turns import DanglingTurn, TurnStore


@dataclass(frozen=True, kw_only=True, slots=True)
class Since:
    """What changed after a revision: tasks as they are now, ids that are gone, whether any conversation changed, and
    the revision to ask with next time."""

    tasks: tuple[Task, ...]
    removed: tuple[int, ...]
    conversations: bool
    revision: int


class Store:
    """Everything of one user, in one open transaction. Never commits itself."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope
        self.user_id: str = scope.user_id
        self.now: datetime = scope.now
        self.journal = Journal(scope)
        self.tasks = TaskStore(scope, self.journal)
        self.conversations = ConversationStore(scope)
        self.turns = TurnStore(scope)

    async def revision(self) -> int:
        """Grows with every committed write to tasks or conversations; 0 before the first."""
        raise NotImplementedError

    async def changed_since(self, revision: int) -> Since:
        raise NotImplementedError

    async def timezone(self) -> str | None:
        """The user's IANA time zone, if it was ever set."""
        raise NotImplementedError

    async def set_timezone(self, name: str) -> None:
        raise NotImplementedError


class Database:
    """An open database. Made by `open`, let go of by `aclose`."""

    @classmethod
    async def open(cls, url: str, *, clock: Callable[[], datetime], read_only_ok: bool = False) -> Self:
        """Open the database at `url` (`sqlite:///path`), making it where there is none and migrating an older one
        after a backup copy. `clock` gives the aware UTC moment of each transaction.

        With `read_only_ok` a database that cannot be written is opened for reading, and `begin` raises
        `StorageReadOnly`. Raises `StorageTooNew` for a newer one, and other kinds of `StorageError`.
        """
        raise NotImplementedError

    def begin(
        self, user_id: str, *, turn_id: str | None = None, call_id: str | None = None
    ) -> AbstractAsyncContextManager[Store]:
        """One write transaction. Its changes are journaled for this turn and call, or as one direct edit.

        Makes the user's row on first use. Never begin a second one inside the first.
        """
        raise NotImplementedError

    def read(self, user_id: str) -> AbstractAsyncContextManager[Store]:
        """One reading transaction: every query in it sees the same moment."""
        raise NotImplementedError

    async def dangling(self) -> list[DanglingTurn]:
        """Every user's turns with status `running`."""
        raise NotImplementedError

    def change_token(self) -> object:
        """Equal tokens mean that nobody committed anything in between, in this program or another. Does not block."""
        raise NotImplementedError

    async def aclose(self) -> None:
        raise NotImplementedError
