"""The statements of `core.store.statements`, given to the driver without SQLAlchemy's machinery in between.

To run a statement through it costs a server more CPU than to send it and to read what comes back. Such a statement is
compiled once for each set of parameters; what it takes and returns is converted as SQLAlchemy converts it. Statements
with lists of any length, and those made on the spot, still go the long way.
"""

from collections import namedtuple
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Dialect
from sqlalchemy.sql.compiler import SQLCompiler

from kirotodo.core.store.statement import AnyRow, AnyStatement, Statement

_Convert = Callable[[Any], Any]


class Rows(list[AnyRow]):
    """The rows that a statement returned; see `core.store.statement.Result`."""

    def all(self) -> Sequence[AnyRow]:
        """Return all rows."""
        return self

    def first(self) -> AnyRow | None:
        """Return the first row, None without any."""
        return self[0] if self else None


class Direct:
    """A statement as text: what it takes, in order, and what it returns."""

    def __init__(self, compiled: SQLCompiler, names: Sequence[str], dialect: Dialect) -> None:
        self.text = compiled.string
        defaults = {column.key: column.default.arg for column in compiled.insert_prefetch}  # type: ignore[union-attr]
        processors: Mapping[str, Any] = compiled._bind_processors
        self._given: list[tuple[str | None, Any, _Convert | None]] = []
        for name in compiled.positiontup or ():
            convert = processors.get(name)
            if name in names:
                self._given.append((name, None, convert))
            else:
                value = defaults.get(name, compiled.binds[name].effective_value)
                self._given.append((None, value if convert is None else convert(value), None))
        columns = compiled._result_columns
        found = namedtuple("Row", [column.keyname for column in columns], rename=True)  # type: ignore[misc]
        self._row: Any = type("Row", (found,), {"__slots__": (), "_mapping": property(found._asdict)})
        converted = ((at, column.type._cached_result_processor(dialect, None)) for at, column in enumerate(columns))
        self._converted = [(at, convert) for at, convert in converted if convert is not None]

    def values(self, parameters: Mapping[str, Any]) -> list[Any]:
        """Return the parameters in order."""
        return [
            value if name is None else parameters[name] if convert is None else convert(parameters[name])
            for name, value, convert in self._given
        ]

    def rows(self, found: Iterable[Iterable[Any]]) -> Rows:
        """Return what the statement returned as rows."""
        make = self._row._make
        if not self._converted:
            return Rows(map(make, found))
        rows = Rows()
        for each in found:
            row = list(each)
            for at, convert in self._converted:
                row[at] = convert(row[at])
            rows.append(make(row))
        return rows


_KNOWN: dict[tuple[str, tuple[str, ...]], Direct | None] = {}
"""What was compiled in this process, the same for each database; None for what SQLAlchemy has to run."""


class DirectStatements:
    """The statements that can go the short way, each compiled when it is asked for first."""

    def __init__(self, dialect: Dialect) -> None:
        self._dialect = dialect

    def find(self, statement: AnyStatement, parameters: Mapping[str, Any]) -> Direct | None:
        """Return the statement as text; None where SQLAlchemy has to run it."""
        if not isinstance(statement, Statement):
            return None
        key = (statement.key, tuple(parameters))
        if key not in _KNOWN:
            _KNOWN[key] = self._compiled(statement, key[1])
        return _KNOWN[key]

    def _compiled(self, statement: Statement, names: Sequence[str]) -> Direct | None:
        compiled: Any = statement.built.compile(dialect=self._dialect, column_keys=sorted(names))  # type: ignore[attr-defined]
        is_whole = not (compiled.literal_execute_params or compiled.post_compile_params)
        is_plain = all(column.default.is_scalar for column in compiled.insert_prefetch) and not compiled.update_prefetch
        return Direct(compiled, names, self._dialect) if is_whole and is_plain else None
