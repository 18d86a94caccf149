import importlib
import pkgutil
from collections.abc import Iterator

import pytest
from sqlalchemy import ClauseElement, Executable, Insert
from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import CreateIndex, CreateTable
from sqlmodel import SQLModel

from kirotodo.core import store


def _statements() -> Iterator[tuple[str, ClauseElement]]:
    for module in pkgutil.iter_modules(store.__path__):
        if module.name == "migrations":
            continue
        for name, value in vars(importlib.import_module(f"kirotodo.core.store.{module.name}")).items():
            if isinstance(value, Executable) and isinstance(value, ClauseElement):
                yield f"{module.name}.{name}", value


POSTGRESQL = postgresql.dialect()  # type: ignore[no-untyped-call]
STATEMENTS = dict(_statements())


@pytest.mark.parametrize("name", STATEMENTS)
def test_every_statement_can_be_said_to_postgresql(name: str) -> None:
    statement = STATEMENTS[name]
    columns = list(statement.table.c.keys()) if isinstance(statement, Insert) else None  # as the store fills it
    assert str(statement.compile(dialect=POSTGRESQL, column_keys=columns))


def test_there_are_statements_to_say() -> None:
    assert len(STATEMENTS) > 40


@pytest.mark.parametrize("name", SQLModel.metadata.tables)
def test_every_table_and_its_keys_begin_with_the_user(name: str) -> None:
    table = SQLModel.metadata.tables[name]
    assert str(CreateTable(table).compile(dialect=POSTGRESQL))
    for index in table.indexes:
        assert str(CreateIndex(index).compile(dialect=POSTGRESQL))
        assert next(iter(index.columns)).name == "user_id"
    if name not in {"users", "search_documents"}:
        assert next(iter(table.primary_key.columns)).name == "user_id"
