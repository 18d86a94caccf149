"""Column types of our own, the same on every database."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import BigInteger, DateTime, Dialect, Integer, String, Text
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
        """Return the moment as the database stores it. Raises `ValueError` for one without a time zone."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment needs a time zone to be stored")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        """Return a stored moment in UTC."""
        if value is None:
            return None
        moment: datetime = value
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


class octets(FunctionElement[int]):
    """The bytes of a text in UTF-8. Older SQLite has no function of that name."""

    inherit_cache = True
    name = "octet_length"
    type = BigInteger()


@compiles(octets)
def _octets(element: octets, compiler: SQLCompiler, **options: Any) -> str:
    return f"octet_length({compiler.process(element.clauses, **options)})"


@compiles(octets, "sqlite")
def _octets_in_sqlite(element: octets, compiler: SQLCompiler, **options: Any) -> str:
    return f"length(CAST({compiler.process(element.clauses, **options)} AS BLOB))"


class ParsedMoment(FunctionElement[datetime]):
    """The moment that a text says."""

    inherit_cache = True
    name = "moment_said"


@compiles(ParsedMoment, "sqlite")
def _moment_in_sqlite(element: ParsedMoment, compiler: SQLCompiler, **options: Any) -> str:
    return compiler.process(element.clauses, **options)


@compiles(ParsedMoment, "postgresql")
def _moment_in_postgresql(element: ParsedMoment, compiler: SQLCompiler, **options: Any) -> str:
    return f"(CAST({compiler.process(element.clauses, **options)} AS timestamp) AT TIME ZONE 'UTC')"


class QuarterHour(FunctionElement[int]):
    """The quarter of an hour that a moment lies in, counted from 1970, as `task_counts` has it."""

    inherit_cache = True
    name = "quarter_hour"
    type = Integer()


@compiles(QuarterHour, "sqlite")
def _quarter_in_sqlite(element: QuarterHour, compiler: SQLCompiler, **options: Any) -> str:
    # Cut to whole seconds, which strftime would round; counted from year 1, since division rounds towards zero.
    moment = f"substr({compiler.process(element.clauses, **options)}, 1, 19)"
    return f"((CAST(strftime('%s', {moment}) AS INTEGER) + 62135596800) / 900 - 69039552)"


@compiles(QuarterHour, "postgresql")
def _quarter_in_postgresql(element: QuarterHour, compiler: SQLCompiler, **options: Any) -> str:
    return f"CAST(floor(extract(epoch FROM {compiler.process(element.clauses, **options)}) / 900) AS integer)"


class DayNumber(FunctionElement[int]):
    """A date as Python's `date.toordinal` counts it."""

    inherit_cache = True
    name = "day_number"
    type = Integer()


@compiles(DayNumber, "sqlite")
def _day_in_sqlite(element: DayNumber, compiler: SQLCompiler, **options: Any) -> str:
    return f"CAST(julianday({compiler.process(element.clauses, **options)}) - 1721424.5 AS INTEGER)"


@compiles(DayNumber, "postgresql")
def _day_in_postgresql(element: DayNumber, compiler: SQLCompiler, **options: Any) -> str:
    return f"({compiler.process(element.clauses, **options)} - DATE '0001-01-01' + 1)"


class LeaseClock(FunctionElement[datetime]):
    """The present moment by the clock that leases are judged by, or one that lies ahead of it.

    It takes `now` by this process's clock, and perhaps a moment `then`. A PostgreSQL database has servers on several
    machines, so there each moment is put on the database's clock; the programs that share a SQLite file share a clock.
    """

    inherit_cache = True
    name = "lease_clock"
    type = UtcDateTime()


@compiles(LeaseClock, "sqlite")
def _lease_clock_in_sqlite(element: LeaseClock, compiler: SQLCompiler, **options: Any) -> str:
    return compiler.process(list(element.clauses)[-1], **options)


@compiles(LeaseClock, "postgresql")
def _lease_clock_in_postgresql(element: LeaseClock, compiler: SQLCompiler, **options: Any) -> str:
    # Not now(), which stands still while the transaction waits for its turn.
    if len(element.clauses) == 1:
        return "clock_timestamp()"
    now, then = (compiler.process(clause, **options) for clause in element.clauses)
    return f"(clock_timestamp() + ({then} - {now}))"


class JsonValues(FunctionElement[str]):
    """A row for every value of a JSON array: many values in one parameter. Name the column with `table_valued`."""

    inherit_cache = True
    name = "each"


@compiles(JsonValues, "sqlite")
def _each_in_sqlite(element: JsonValues, compiler: SQLCompiler, **options: Any) -> str:
    return f"json_each({compiler.process(element.clauses, **options)})"


@compiles(JsonValues, "postgresql")
def _each_in_postgresql(element: JsonValues, compiler: SQLCompiler, **options: Any) -> str:
    return f"json_array_elements_text(CAST({compiler.process(element.clauses, **options)} AS json))"


class JsonNumbers(FunctionElement[int]):
    """A row for every number of a JSON array. Name the column with `table_valued`."""

    inherit_cache = True
    name = "each_number"


@compiles(JsonNumbers, "sqlite")
def _each_number_in_sqlite(element: JsonNumbers, compiler: SQLCompiler, **options: Any) -> str:
    return f"json_each({compiler.process(element.clauses, **options)})"


@compiles(JsonNumbers, "postgresql")
def _each_number_in_postgresql(element: JsonNumbers, compiler: SQLCompiler, **options: Any) -> str:
    """Turned into numbers before anything is compared with them: row-level security lets no index serve otherwise."""
    given = f"json_array_elements_text(CAST({compiler.process(element.clauses, **options)} AS json))"
    return f"(SELECT CAST(text AS integer) AS value FROM {given} AS each(text) OFFSET 0)"


class JsonPairs(FunctionElement[str]):
    """A row for every member of a JSON object of texts. Name the columns with `table_valued`."""

    inherit_cache = True
    name = "each_pair"


@compiles(JsonPairs, "sqlite")
def _each_pair_in_sqlite(element: JsonPairs, compiler: SQLCompiler, **options: Any) -> str:
    return f"json_each({compiler.process(element.clauses, **options)})"


@compiles(JsonPairs, "postgresql")
def _each_pair_in_postgresql(element: JsonPairs, compiler: SQLCompiler, **options: Any) -> str:
    return f"json_each_text(CAST({compiler.process(element.clauses, **options)} AS json))"
