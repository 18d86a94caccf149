"""Statements as text: as SQLAlchemy builds them, with values as SQLAlchemy stores them."""

import json
import sqlite3
from contextlib import closing
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Date, Time
from sqlalchemy.dialects import sqlite

from kirotodo.core.store.columns import UtcDateTime
from kirotodo.core.store.revisions import HEAD, REVISIONS
from kirotodo.core.store.sqlite import driver, schema
from kirotodo.core.store.sqlite.transactions import FILE, FROM_SQLITE, TO_SQLITE
from scripts.statements import compile_entry, of_key, schema_statements

CONTENT: Final[dict[str, Any]] = json.loads(FILE.read_text())
ENTRIES: Final[dict[str, Any]] = CONTENT["statements"]
STALE: Final = "statements.json is stale: run `make statements`"


def test_they_were_compiled_for_the_newest_schema() -> None:
    assert CONTENT["schema"] == HEAD, STALE


@pytest.mark.parametrize("key", ENTRIES)
def test_each_is_what_sqlalchemy_builds(key: str) -> None:
    statement, names = of_key(key)
    assert compile_entry(statement, names) == ENTRIES[key], STALE


def test_a_turn_that_takes_long_needs_no_toolkit_either() -> None:
    assert any(key.startswith("leases.HOLD ") for key in ENTRIES)


def _everything(path: Path) -> dict[str, Any]:
    """Return what makes up a database: each thing in it as it was written, and the rows of each table."""
    with closing(driver.connect(path)) as connection:
        things = connection.execute("SELECT type, name, tbl_name, sql FROM sqlite_master").fetchall()
        rows = {
            name: connection.execute(f"SELECT * FROM {name}").fetchall() for kind, name, *_ in things if kind == "table"
        }
        settings = [connection.execute(f"PRAGMA {name}").fetchone() for name in ("journal_mode", "user_version")]
    return {"things": sorted(things, key=str), "rows": rows, "settings": settings}


def test_a_new_list_is_what_all_migrations_make(tmp_path: Path) -> None:
    assert json.loads(schema.FILE.read_text()) == {"schema": HEAD, "statements": schema_statements()}, (
        "schema.json is stale: run `make statements`"
    )
    new, migrated = tmp_path / "new.db", tmp_path / "migrated.db"
    schema.make_ready(new)
    for revision in (REVISIONS[0], HEAD):
        schema.move(migrated, revision, down=False)
    assert _everything(new) == _everything(migrated)


def test_a_new_list_is_migrated_where_its_schema_was_written_for_another_revision(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stale = tmp_path / "schema.json"
    stale.write_text(json.dumps({"schema": REVISIONS[-2], "statements": ["CREATE TABLE other (id INTEGER)"]}))
    monkeypatch.setattr(schema, "FILE", stale)
    path = tmp_path / "list.db"
    schema.make_ready(path)
    with closing(driver.connect(path)) as connection:
        assert schema.revision_of(connection, path) == HEAD


def test_a_new_list_that_cannot_be_made_whole_stays_empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = tmp_path / "schema.json"
    content = json.loads(schema.FILE.read_text())
    broken.write_text(
        json.dumps({**content, "statements": [*content["statements"], "CREATE TABLE tasks (id INTEGER)"]})
    )
    monkeypatch.setattr(schema, "FILE", broken)
    path = tmp_path / "list.db"
    with pytest.raises(sqlite3.OperationalError):
        schema.make_ready(path)
    with closing(driver.connect(path)) as connection:
        assert connection.execute("SELECT name FROM sqlite_master").fetchall() == []


MOMENTS: Final = st.datetimes(timezones=st.just(UTC))


@given(moment=st.none() | MOMENTS, day=st.none() | st.dates(), clock=st.none() | st.times())
def test_values_are_stored_as_sqlalchemy_stores_them(
    moment: datetime | None, day: date | None, clock: time | None
) -> None:
    dialect: Any = sqlite.dialect()
    for kind, type_, value in (("moment", UtcDateTime(), moment), ("date", Date(), day), ("time", Time(), clock)):
        ours = TO_SQLITE[kind](value)
        bind: Any = type_.dialect_impl(dialect).bind_processor(dialect)
        assert ours == bind(value)
        read: Any = type_.dialect_impl(dialect).result_processor(dialect, None)
        assert FROM_SQLITE[kind](ours) == read(ours) == value


def test_a_moment_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="time zone"):
        TO_SQLITE["moment"](datetime(2026, 11, 23))  # noqa: DTZ001
