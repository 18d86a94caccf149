"""What every engine on a SQLite file has in common: what it refuses, and how a transaction begins."""

from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Final

from kirotodo.core.store.leases import OwnedEvent, events_json
from kirotodo.core.store.sqlite import driver, errors
from kirotodo.core.store.statement import Connection, Statements
from kirotodo.core.store.transaction import FullText, Matches, Scope
from kirotodo.core.text.search_terms import Kind, Terms

_SQL: Final = Statements("sqlite")


class BaseEngine(ABC):
    """See `core.store.engine.Engine` for what each method promises."""

    def __init__(self, path: Path, mode: driver.Mode) -> None:
        self.path = path
        self.full_text = Fts5()
        self._mode = mode
        self.read_only = mode != "write"
        self._identity = _identity(path)

    def write(self, user_id: str, *, single: bool = False) -> AbstractAsyncContextManager[Connection]:
        return self._write("" if single else driver.BEGIN_TO_WRITE)

    async def append_events(
        self, connection: Connection, events: Sequence[OwnedEvent], *, waits: bool
    ) -> dict[str, bool]:
        rows = await connection.execute(_SQL.APPEND_EVENTS, {"pieces": events_json(events)})
        return {turn_id: bool(cancel_requested) for turn_id, cancel_requested in rows}

    def read(self, user_id: str) -> AbstractAsyncContextManager[Connection]:
        return self._transaction("BEGIN")

    def operate(self, *, writing: bool = False) -> AbstractAsyncContextManager[Connection]:
        return self._write(driver.BEGIN_TO_WRITE) if writing else self._transaction("BEGIN")

    async def require_writable(self) -> None:
        if self.read_only:
            raise errors.read_only(self.path)

    def require_same_file(self) -> None:
        """Raise `StorageCorrupt` where another file, or none, bears the name of the one that was opened."""
        # A file that was replaced or deleted stays writable through its open descriptor, and the writes are lost.
        if _identity(self.path) != self._identity:
            raise errors.gone(self.path)

    @asynccontextmanager
    async def _write(self, begin: str) -> AsyncIterator[Connection]:
        await self.require_writable()
        async with self._transaction(begin) as connection:
            yield connection

    @abstractmethod
    def _transaction(self, begin: str) -> AbstractAsyncContextManager[Connection]:
        """A transaction that begins so; with "" each statement is one of its own."""


class Fts5(FullText):
    """See `core.store.transaction.FullText`; triggers keep the index in step with the documents."""

    async def find(self, scope: Scope, kinds: Sequence[Kind], wanted: Terms) -> Matches:
        from kirotodo.core.store.sqlite.search import Fts5Matches

        return Fts5Matches(kinds, wanted)


def _identity(path: Path) -> tuple[int, int] | None:
    """Which file bears this name. One that was deleted can be written into while it is open, and then it is gone."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino
