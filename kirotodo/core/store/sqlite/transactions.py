"""A transaction on a connection to SQLite, whether its statements run in a thread or here and now.

To import SQLAlchemy and to build the tables and statements takes longer than all that a command does with its list. So
the statements that commands and turns run are compiled when they change (`make statements`) and shipped as
`statements.json`; a test compiles them anew and compares. All others are built by SQLAlchemy when they are needed.

What costs in a server is the hop to the connection's thread, not the statement. So rows are fetched in the hop that
asked for them; and what returns nothing (the begin, a write without RETURNING) waits for the next statement that does,
or for the commit, and goes along with it. A write that fails is therefore told by a later statement, or by the commit.
"""

import json
import sqlite3
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, time
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Final, TypeAlias

from kirotodo.core.store.revisions import HEAD
from kirotodo.core.store.statement import AnyStatement, Result, Statement, built

if TYPE_CHECKING:
    from sqlalchemy import Executable

Text: TypeAlias = tuple[str, Sequence[Any], bool]
"""What to execute, its parameters, and whether these are many sets of them."""
Outcome: TypeAlias = tuple[Any, int, int | None, list[Any]]
"""Description, row count, last row id and rows of a cursor."""

# --- statements that were compiled ahead of time ---

FILE: Final = Path(__file__).with_name("statements.json")
Parameters: TypeAlias = Mapping[str, Any] | Sequence[Mapping[str, Any]] | None
LIST: Final = "list"
"""The kind of a parameter that stands for any number of values."""
TUPLES: Final = "tuples"
"""The kind of a parameter that stands for any number of tuples."""


def _moment_in(value: datetime | None) -> str | None:
    if value is None:
        return None
    if value.tzinfo is None:
        raise ValueError("a moment needs a time zone to be stored")
    return value.astimezone(UTC).replace(tzinfo=None).isoformat(sep=" ", timespec="microseconds")


def _moment_out(value: str | None) -> datetime | None:
    return None if value is None else datetime.fromisoformat(value).replace(tzinfo=UTC)


def _date_in(value: date | None) -> str | None:
    return None if value is None else value.isoformat()


def _date_out(value: str | None) -> date | None:
    return None if value is None else date.fromisoformat(value)


def _time_in(value: time | None) -> str | None:
    return None if value is None else value.isoformat(timespec="microseconds")


def _time_out(value: str | None) -> time | None:
    return None if value is None else time.fromisoformat(value)


def _flag_out(value: int | None) -> bool | None:
    return None if value is None else bool(value)


Convert: TypeAlias = Callable[[Any], Any]
TO_SQLITE: Final[Mapping[str, Convert]] = {"moment": _moment_in, "date": _date_in, "time": _time_in}
FROM_SQLITE: Final[Mapping[str, Convert]] = {
    "moment": _moment_out,
    "date": _date_out,
    "time": _time_out,
    "flag": _flag_out,
}
"""How values of these kinds are stored, as SQLAlchemy stores them. All others are stored as they are."""


class Row(tuple[Any, ...]):
    """A row whose members have names. Each statement has a subclass that knows them."""

    __slots__ = ()
    places: ClassVar[Mapping[str, int]] = {}

    def __getattr__(self, name: str) -> Any:
        try:
            return self[self.places[name]]
        except KeyError:
            raise AttributeError(name) from None

    @property
    def _mapping(self) -> Mapping[str, Any]:
        return dict(zip(self.places, self, strict=True))


class Rows(list[Any]):
    """The rows that a statement returned; see `core.store.statement.Result`."""

    def all(self) -> Sequence[Any]:
        """Return all rows."""
        return self

    def first(self) -> Any:
        """Return the first row, None without any."""
        return self[0] if self else None


class Compiled:
    """A statement as text: what it takes, in order, and what it returns."""

    def __init__(self, entry: Mapping[str, Any]) -> None:
        self._text: str = entry["sql"]
        self._given = [(kind, value, TO_SQLITE.get(kind)) for kind, value in entry["given"]]
        self._lists = [(kind, name) for kind, name in entry["given"] if kind in (LIST, TUPLES)]
        got = entry["got"]
        self._row = type("Row", (Row,), {"__slots__": (), "places": {name: at for at, (name, _) in enumerate(got)}})
        self._converted = [(at, FROM_SQLITE[kind]) for at, (_, kind) in enumerate(got) if kind in FROM_SQLITE]

    def text(self, parameters: Mapping[str, Any]) -> str:
        """Return the statement, with as many marks as each list has values."""
        text = self._text
        for kind, name in self._lists:
            given = parameters[name]
            if kind == LIST:
                marks = ", ".join("?" * len(given))
            else:
                marks = "VALUES " + ", ".join(f"({', '.join('?' * len(each))})" for each in given)
            text = text.replace(marker(name), marks, 1)
        return text

    def values(self, parameters: Mapping[str, Any]) -> list[Any]:
        """Return the parameters in order."""
        values: list[Any] = []
        for kind, given, convert in self._given:
            if kind == "=":
                values.append(given)
            elif kind == LIST:
                values.extend(parameters[given])
            elif kind == TUPLES:
                values.extend(value for each in parameters[given] for value in each)
            else:
                values.append(parameters[given] if convert is None else convert(parameters[given]))
        return values

    def rows(self, found: Iterable[Sequence[Any]]) -> Rows:
        """Return what the statement returned as rows."""
        if not self._converted:
            return Rows(map(self._row, found))
        rows = Rows()
        for each in found:
            row = list(each)
            for at, convert in self._converted:
                row[at] = convert(row[at])
            rows.append(self._row(row))
        return rows


def marker(name: str) -> str:
    """Return what stands in a text for the marks of a list, as SQLAlchemy writes it."""
    return f"__[POSTCOMPILE_{name}]"


def key_of(statement: Statement, parameters: Mapping[str, Any]) -> str:
    """Return what a statement with these parameters is called in the file: their names decide the columns of an INSERT
    or UPDATE."""
    return f"{statement.key} {','.join(parameters)}"


@cache
def _file() -> str:
    try:
        text = FILE.read_text("utf-8")
    except OSError:
        return ""
    # Another schema has other columns: what was compiled for it says nothing about this one.
    return text if text.startswith(f'{{"schema": "{HEAD}"') else ""


@cache
def _compiled(key: str) -> Compiled | None:
    # Each statement is a line. A command runs ten of two hundred, and to read the others would take longer than these.
    text, name = _file(), f"\n{json.dumps(key)}: "
    at = text.find(name)
    if at < 0:
        return None
    line = text[at + len(name) : text.find("\n", at + len(name))]
    return Compiled(json.loads(line.rstrip(",")))


def find(statement: AnyStatement, parameters: Parameters) -> Compiled | None:
    """Return the statement as text; None where it has to be built."""
    if not isinstance(statement, Statement):
        return None
    names = parameters if isinstance(parameters, Mapping) else parameters[0] if parameters else {}
    return _compiled(key_of(statement, names))


# --- transactions ---


class Transactions(ABC):
    """What a connection to SQLite adds to the driver's: what waits to go along in its next hop."""

    def __init__(self) -> None:
        self._waiting: list[Text] = []
        self._reading = self._begun = False
        self._alone = True

    @abstractmethod
    async def hop(self, function: Callable[[sqlite3.Connection], Any]) -> Any:
        """Call the function with SQLite's connection, where that connection lives."""

    @abstractmethod
    def commit_here(self) -> None:
        """Let go of a moment that was only looked at: nothing is written and nobody is waited for."""

    def will_begin(self, begin: str) -> None:
        """Let the next statement begin a transaction; with "" each statement is one of its own."""
        self._alone = not begin
        # BEGIN is not sent yet: it goes along with the first statement, and saves a hop to the thread.
        self._waiting = [] if self._alone else [(begin, (), False)]
        # A plain BEGIN is deferred and takes no write lock, so ending it has nothing to write and nobody to wait for.
        self._reading = begin == "BEGIN"
        self._begun = False

    def can_wait(self, text: Text) -> bool:
        """Whether this is done with the next statement, or the commit."""
        if self._alone or not _returns_nothing(text[0]):
            return False
        # Its error, if any, is then raised by a later statement or the commit: each rolls all of it back alike.
        self._waiting.append(text)
        return True

    async def run(self, text: Text) -> Outcome:
        """Execute this with what waits, and return its outcome."""
        statements = self._taken(text)
        outcome: Outcome = await self.hop(lambda connection: execute(connection, statements))
        return outcome

    async def end(self) -> None:
        """Commit."""
        # Where nothing but the begin waits, SQLite never heard of this transaction.
        if self._alone or (not self._begun and len(self._waiting) <= 1):
            return
        if self._reading and not self._waiting:
            self.commit_here()
        else:
            statements = self._taken(("COMMIT", (), False))
            await self.hop(lambda connection: _commit(connection, statements))

    async def undo(self) -> None:
        """Roll back."""
        self._waiting = []
        # What was never sent is dropped with the list above; SQLite has nothing to undo.
        if self._begun:
            await self.hop(sqlite3.Connection.rollback)

    def _taken(self, last: Text) -> list[Text]:
        # Marked as begun before it runs: if the statement fails half way, the rollback has to reach SQLite.
        statements, self._waiting, self._begun = [*self._waiting, last], [], True
        return statements


class SqliteConnection(ABC):
    """Runs statements in the transaction of a connection: as text where they are compiled, else through SQLAlchemy.

    See `core.store.statement.Connection`.
    """

    def __init__(self, driver: Transactions) -> None:
        self.driver = driver

    async def execute(self, statement: AnyStatement, parameters: Parameters = None) -> Result:
        """Run a statement."""
        found = find(statement, parameters)
        if found is None:
            return await self._through_sqlalchemy(built(statement), parameters)
        if parameters is None or isinstance(parameters, Mapping):
            given = parameters or {}
            text: Text = (found.text(given), found.values(given), False)
        else:
            text = (found.text(parameters[0]), [found.values(each) for each in parameters], True)
        if self.driver.can_wait(text):
            return Rows()
        _, _, _, rows = await self.driver.run(text)
        return found.rows(rows)

    @abstractmethod
    async def _through_sqlalchemy(self, statement: "Executable", parameters: Parameters) -> Result:
        """Run a statement that is not compiled."""


@cache
def _returns_nothing(operation: str) -> bool:
    return operation.startswith(("INSERT ", "UPDATE ", "DELETE ")) and " RETURNING " not in operation


def execute(connection: sqlite3.Connection, statements: Sequence[Text]) -> Outcome:
    """Execute these, and say what came of the last one."""
    for operation, parameters, many in statements:
        cursor = (connection.executemany if many else connection.execute)(operation, parameters)
        rows = cursor.fetchall() if cursor.description else []
        outcome = (cursor.description, cursor.rowcount, cursor.lastrowid, rows)
        cursor.close()
    return outcome


def _commit(connection: sqlite3.Connection, statements: Sequence[Text]) -> None:
    """Execute these, the last of which commits; a transaction that cannot is undone, since nobody else will."""
    try:
        execute(connection, statements)
    except BaseException:
        connection.rollback()
        raise
