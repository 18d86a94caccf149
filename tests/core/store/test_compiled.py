"""Statements as text: as SQLAlchemy builds them, with values as SQLAlchemy stores them."""

import json
from datetime import UTC, date, datetime, time
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Date, Time
from sqlalchemy.dialects import sqlite

from kirotodo.core.store.columns import UtcDateTime
from kirotodo.core.store.revisions import HEAD
from kirotodo.core.store.sqlite.transactions import FILE, FROM_SQLITE, TO_SQLITE
from scripts.statements import compile_entry, of_key

CONTENT: Final[dict[str, Any]] = json.loads(FILE.read_text())
ENTRIES: Final[dict[str, Any]] = CONTENT["statements"]
STALE: Final = "statements.json is stale: run `make statements`"


def test_they_were_compiled_for_the_newest_schema() -> None:
    assert CONTENT["schema"] == HEAD, STALE


@pytest.mark.parametrize("key", ENTRIES)
def test_each_is_what_sqlalchemy_builds(key: str) -> None:
    statement, names = of_key(key)
    assert compile_entry(statement, names) == ENTRIES[key], STALE


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
