"""Column types of our own, the same on every database."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import DateTime, Dialect, Integer, String, Text
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeDecorator

SortKey = String().with_variant(String(collation="C"), "postgresql")
"""Text that compares by code point everywhere, as Python does."""
LongText = Text()


class UtcDateTime(TypeDecorator[datetime]):
    """An aware UTC moment. SQLite keeps no zone, so there it is stored without one and read back with UTC."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment needs a time zone to be stored")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        moment: datetime = value
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


class QuarterHour(FunctionElement[int]):
    """The quarter of an hour a moment lies in, counted from 1970: no local day anywhere begins inside one."""

    type = Integer()
    inherit_cache = True
    name = "quarter_hour"


@compiles(QuarterHour, "sqlite")
def _quarter_hour_in_sqlite(element: QuarterHour, compiler: SQLCompiler, **options: Any) -> str:
    return f"strftime('%s', {compiler.process(element.clauses, **options)}) / 900"


@compiles(QuarterHour, "postgresql")
def _quarter_hour_in_postgresql(element: QuarterHour, compiler: SQLCompiler, **options: Any) -> str:
    return f"floor(extract(epoch FROM {compiler.process(element.clauses, **options)}) / 900)"
