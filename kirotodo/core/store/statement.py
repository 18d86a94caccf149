"""Statements by name, so that what runs them need not import what they are built with.

The statements themselves are SQLAlchemy expressions in `core.store.statements`, a module for each store. They are
imported when one has to be built; on SQLite most never are, see `core.store.sqlite.transactions`.
"""

import importlib
from functools import cached_property
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from sqlalchemy import Executable

Arguments: TypeAlias = tuple[object, ...]


class Statement:
    """A statement of `core.store.statements`; one with `arguments` is what the function of that name returns."""

    def __init__(self, module: str, name: str, arguments: Arguments = ()) -> None:
        self._module = module
        self._name = name
        self._arguments = arguments
        self.key = f"{module}.{name}{list(arguments) if arguments else ''}"
        """What it is called among the compiled ones."""

    @cached_property
    def built(self) -> "Executable":
        """Return the statement as SQLAlchemy has it."""
        found = getattr(importlib.import_module(f"{__package__}.statements.{self._module}"), self._name)
        built: Executable = found(*self._arguments) if self._arguments else found
        return built


AnyStatement: TypeAlias = "Statement | Executable"


def built(statement: AnyStatement) -> "Executable":
    """Return a statement as SQLAlchemy has it."""
    return statement.built if isinstance(statement, Statement) else statement


class Statements:
    """The statements of one module, as attributes."""

    def __init__(self, module: str) -> None:
        self._module = module
        self._with_arguments: dict[tuple[str, Arguments], Statement] = {}

    def __getattr__(self, name: str) -> Statement:
        if not name.isupper():
            raise AttributeError(name)
        found = vars(self)[name] = Statement(self._module, name)
        return found

    def made(self, name: str, *arguments: Any) -> Statement:
        """Return the statement that a function makes for these arguments."""
        key = (name, arguments)
        found = self._with_arguments.get(key)
        if found is None:
            found = self._with_arguments[key] = Statement(self._module, name, arguments)
        return found


class AnyRow(Protocol):
    """A row of a result: a tuple whose members have names too."""

    def __getitem__(self, index: int) -> Any: ...

    def __getattr__(self, name: str) -> Any: ...

    def __iter__(self) -> "Iterator[Any]": ...

    def __len__(self) -> int: ...


class Result(Protocol):
    """What a statement returned."""

    def all(self) -> "Sequence[AnyRow]":
        """Return all rows."""

    def first(self) -> AnyRow | None:
        """Return the first row, if there is any."""

    def __iter__(self) -> "Iterator[AnyRow]": ...


class Connection(Protocol):
    """An open transaction in which statements run."""

    async def execute(
        self, statement: AnyStatement, parameters: "Mapping[str, Any] | Sequence[Mapping[str, Any]] | None" = None
    ) -> Result:
        """Run a statement, with several sets of parameters if so many are given."""
