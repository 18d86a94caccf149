"""Looking after a PostgreSQL database: what `core.store.maintenance` does where the address is one. Blocks."""

from collections.abc import Iterator, Mapping
from typing import Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from kirotodo.core.aio import run_blocking
from kirotodo.core.errors import InvalidInput
from kirotodo.core.store.postgres import errors, schema
from kirotodo.core.store.postgres.address import address_of
from kirotodo.core.store.postgres.driver import make_migration_engine
from kirotodo.core.store.revisions import HEAD, REVISIONS
from kirotodo.core.store.task_counts import WRONG, wrong_counts

NO_COPIES: Final = (
    'PostgreSQL has its own tools for backups: create one with `pg_dump --format=custom --file=FILE "$DATABASE_URL"`, '
    'and restore it with `pg_restore --clean --if-exists --dbname="$DATABASE_URL" FILE`.'
)


def move(url: str, revision: str, *, down: bool) -> str | None:
    """Migrate the database to `revision`, up or down. See `schema.move`."""
    return run_blocking(schema.move(address_of(url), revision, down=down))


def look(url: str, tables: tuple[str, ...]) -> tuple[str, str | None, tuple[str, ...], Mapping[str, int]]:
    """Where it is, its revision, what is wrong with it, and how many rows each of these tables holds."""
    return run_blocking(_look(url, tables))


def refuse_copies() -> InvalidInput:
    """Return the error that names PostgreSQL's own tools for backups."""
    return InvalidInput(NO_COPIES)


async def _look(url: str, tables: tuple[str, ...]) -> tuple[str, str | None, tuple[str, ...], Mapping[str, int]]:
    address = address_of(url)
    with errors.translate_errors(address.place):
        async with make_migration_engine(address).connect() as connection:
            await connection.execute(text("SELECT set_config('app.operator', 'on', true)"))
            revision = await schema.revision_of(connection)
            wrong = (await connection.execute(WRONG)).one() if revision == HEAD else (0, 0)
            counts = {name: await _count(connection, name) for name in tables if await _there(connection, name)}
    return address.place, revision, (*_problems(revision), *wrong_counts(*wrong)), counts


async def _there(connection: AsyncConnection, table: str) -> bool:
    return bool(await connection.scalar(text("SELECT to_regclass(:name) IS NOT NULL"), {"name": table}))


async def _count(connection: AsyncConnection, table: str) -> int:
    return int(await connection.scalar(text(f"SELECT count(*) FROM {table}")))


def _problems(revision: str | None) -> Iterator[str]:
    if revision is None:
        yield "The database is empty. `kirotodo db upgrade` creates its tables."
    elif revision not in REVISIONS:
        yield "The database was migrated by a newer kirotodo. Update this one."
    elif revision != HEAD:
        yield "The database is from an older release. `kirotodo db upgrade` migrates it."
